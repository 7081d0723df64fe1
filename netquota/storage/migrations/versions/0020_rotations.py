"""Groups that take turns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, big, ident, rate, text

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "rotation",
        ident(),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("name", sa.String(120), nullable=False),
        text("turn", 8, "weekly"),
        sa.Column("every", sa.Integer, nullable=False, server_default="1"),
        text("times", 120, "00:00"),
        sa.Column("starts_on", sa.String(10)),
        *rate("bonus"),
        *rate("ceiling"),
        big("octets", nullable=True),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sqlite_autoincrement=True,
    )
    for kind in ("opd", "employee"):
        op.create_table(
            f"rotation_{kind}",
            ident(),
            sa.Column("rotation_id", Key, sa.ForeignKey("rotation.id", ondelete="CASCADE"), nullable=False),
            sa.Column("position", sa.Integer, nullable=False),
            sa.Column(f"{kind}_id", Key, sa.ForeignKey(f"{kind}.id"), nullable=False, index=True),
            sa.UniqueConstraint("rotation_id", f"{kind}_id"),
        )
    op.create_table(
        "rotation_stage",
        *_of_rotation("from_s"),
        sa.Column("turn", sa.String(8), nullable=False),
        sa.Column("every", sa.Integer, nullable=False),
        sa.Column("times", sa.String(120), nullable=False),
        sa.Column("anchor", sa.String(10), nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("members", sa.Text, nullable=False),
    )
    op.create_table("rotation_swap", *_of_rotation("start_s"), big("member_id"))
    op.create_table(
        "rotation_given",
        *_of_rotation("start_s"),
        big("end_s"),
        big("member_id"),
        big("at_s"),
        text("note", 400),
    )


def _of_rotation(moment: str) -> tuple[sa.Column[int], sa.Column[int]]:
    owner = sa.ForeignKey("rotation.id", ondelete="CASCADE")
    return (
        sa.Column("rotation_id", Key, owner, primary_key=True, autoincrement=False),
        sa.Column(moment, sa.BigInteger, primary_key=True, autoincrement=False),
    )
