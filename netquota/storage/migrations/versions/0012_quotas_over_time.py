"""Quotas over time: what they were before, lots of a period, reduced counting, resets by hand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, add, big, ident, index_where, text

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    add(
        "quota",
        text("change_mode", 8, "prorate"),
        text("newcomers", 8, "whole"),
        text("reduced", 400),
        big("turned_from_s", nullable=True),
        big("turned_until_s", nullable=True),
    )
    add(
        "ledger_entry",
        big("forgiven", 0),
        sa.Column("rest", sa.SmallInteger, nullable=False, server_default="0"),
    )
    op.create_table(
        "quota_change",
        ident(),
        sa.Column("quota_id", Key, sa.ForeignKey("quota.id", ondelete="CASCADE"), nullable=False, index=True),
        big("at_s"),
        big("before"),
        sa.Column("mode", sa.String(8), nullable=False),
    )
    op.create_table(
        "quota_lot",
        sa.Column("quota_id", sa.BigInteger, primary_key=True),
        sa.Column("subject_id", sa.BigInteger, primary_key=True),
        sa.Column("period_start_s", sa.BigInteger, primary_key=True),
        sa.Column("position", sa.SmallInteger, primary_key=True),
        big("octets"),
        sa.Column("periods_left", sa.Integer, nullable=False, server_default="0"),
        big("until_s", nullable=True),
        big("used_at", 0),
        sa.Column("ended", sa.Boolean, nullable=False, server_default=sa.false()),
        sqlite_with_rowid=False,
    )
    index_where("ix_quota_lot_ends", "quota_lot", ["until_s"], "until_s IS NOT NULL")
