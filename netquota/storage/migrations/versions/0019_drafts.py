"""Drafts of limits, what they would have done, and the availability that a provider promises."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, add, big, ident, text

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    add("provider_link", sa.Column("availability_permille", sa.Integer))
    op.create_table(
        "limit_draft",
        ident(),
        text("name", 120),
        text("state", 12, "draft"),
        text("why", 200),
        text("by", 120),
        big("made_s"),
        big("publish_s", nullable=True),
        big("ended_s", nullable=True),
        big("shadow_from_s", nullable=True),
        big("shadow_until_s", nullable=True),
        text("outcome", 400),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "draft_change",
        _of_draft(),
        sa.Column("kind", sa.String(24), primary_key=True),
        sa.Column("key", sa.String(253), primary_key=True),
        sa.Column("field", sa.String(40), primary_key=True),
        text("value", 1000),
    )
    op.create_table(
        "draft_hit",
        _of_draft(),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("name", sa.String(253), primary_key=True),
        sa.Column("bins", sa.Integer, nullable=False),
        sa.Column("cut_bins", sa.Integer, nullable=False),
        big("cut_octets"),
        sa.Column("freed_bins", sa.Integer, nullable=False),
    )


def _of_draft() -> sa.Column[int]:
    owner = sa.ForeignKey("limit_draft.id", ondelete="CASCADE")
    return sa.Column("draft_id", Key, owner, primary_key=True, autoincrement=False)
