"""More or less for a set of offices until a moment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, big, ident, rate

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "event",
        ident(),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("name", sa.String(120), nullable=False),
        big("from_s", nullable=True),
        big("until_s"),
        *rate("bonus"),
        *rate("ceiling"),
        sa.Column("leaves_permille", sa.Integer),
        sa.Column("reason", sa.String(200), nullable=False),
        big("created_s", 0),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "event_opd",
        ident(),
        sa.Column("event_id", Key, sa.ForeignKey("event.id", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("opd_id", Key, sa.ForeignKey("opd.id"), nullable=False, index=True),
        sa.UniqueConstraint("event_id", "opd_id"),
    )
