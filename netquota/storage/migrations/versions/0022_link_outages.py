"""Outages of provider links."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, big, ident

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    owner = sa.ForeignKey("provider_link.id", ondelete="CASCADE")
    op.create_table(
        "link_outage",
        ident(),
        sa.Column("link_id", Key, owner, nullable=False, index=True),
        big("from_s"),
        big("until_s", nullable=True),
        sa.Column("why", sa.String(200), nullable=False),
        sa.Column("by", sa.String(120), nullable=False),
        big("began_s", nullable=True),
        big("ended_s", nullable=True),
        sa.Column("settled", sa.Boolean, nullable=False, server_default=sa.true()),
    )
