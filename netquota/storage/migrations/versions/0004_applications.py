"""What offices report of their applications, and the steps by which each is followed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, big, ident, rate, text

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "application",
        ident(),
        sa.Column("code", sa.String(64), nullable=False, unique=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("opd_id", Key, sa.ForeignKey("opd.id"), nullable=False, index=True),
        sa.Column("function", sa.String(200), nullable=False),
        sa.Column("task", sa.Text),
        text("hosting", 8, "inside"),
        sa.Column("address", sa.String(400)),
        sa.Column("site_id", Key, sa.ForeignKey("site.id")),
        sa.Column("users", sa.Integer),
        *rate("need"),
        big("created_s"),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "application_step",
        ident(),
        sa.Column(
            "application_id",
            Key,
            sa.ForeignKey("application.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("step", sa.String(12), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("on_day", sa.String(10), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        text("note", 1000),
        text("material", 400),
        sa.Column("users", sa.Integer),
        *rate("share"),
        sa.Column("until_day", sa.String(10)),
        sa.Column("review_day", sa.String(10)),
        big("at_s"),
    )
    op.create_table(
        "application_none",
        sa.Column("opd_id", Key, sa.ForeignKey("opd.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
        sa.Column("by", sa.String(64), nullable=False),
        big("at_s"),
    )
