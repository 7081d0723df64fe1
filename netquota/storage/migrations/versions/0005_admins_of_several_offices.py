"""Admins: operators of several offices, a second factor with recovery codes, tokens for programs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, big, changing, ident, text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _add_offices()
    with changing("admin") as batch:
        batch.drop_constraint("fk_admin_opd_id", type_="foreignkey")
        batch.drop_column("opd_id")
        batch.add_column(sa.Column("totp_encrypted", sa.LargeBinary))
        batch.add_column(big("totp_step", 0))
    op.create_table(
        "recovery_code",
        ident(),
        _of_admin(),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        big("used_s", nullable=True),
        sa.UniqueConstraint("admin_id", "digest", name="uq_recovery_code_admin_id_digest"),
    )
    _add_tokens()


def _of_admin(*, index: bool = False) -> sa.Column[int]:
    return sa.Column("admin_id", Key, sa.ForeignKey("admin.id", ondelete="CASCADE"), nullable=False, index=index)


def _add_offices() -> None:
    op.create_table(
        "admin_opd",
        ident(),
        _of_admin(),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("opd_id", Key, sa.ForeignKey("opd.id"), nullable=False, index=True),
        sa.UniqueConstraint("admin_id", "opd_id", name="uq_admin_opd_admin_id_opd_id"),
    )
    op.execute(
        "INSERT INTO admin_opd (admin_id, position, opd_id) SELECT id, 1, opd_id FROM admin WHERE opd_id IS NOT NULL"
    )


def _add_tokens() -> None:
    op.create_table(
        "api_token",
        ident(),
        _of_admin(index=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("scopes", sa.String(200), nullable=False),
        big("created_s"),
        big("expires_s", nullable=True),
        big("revoked_s", nullable=True),
        big("used_s", nullable=True),
        text("used_address", 45),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "api_answer",
        sa.Column("token_id", Key, sa.ForeignKey("api_token.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("key", sa.String(128), primary_key=True),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.Text, nullable=False, server_default="{}"),
        sa.Column("body", sa.Text, nullable=False, server_default=""),
        big("at_s", index=True),
    )
