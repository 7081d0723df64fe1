"""The last readings of applications' hosts at the gateways that count them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, big

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.create_table(
        "address_reading",
        sa.Column("application_id", Key, sa.ForeignKey("application.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("host", sa.String(253), primary_key=True),
        sa.Column("nas_id", Key, sa.ForeignKey("nas.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("gateway", sa.String(253), primary_key=True),
        big("at_s"),
        big("up_ticks", nullable=True),
        sa.Column("down", sa.String(20), nullable=False),
        sa.Column("up", sa.String(20), nullable=False),
        sqlite_with_rowid=False,
    )
