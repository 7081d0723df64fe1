"""Notices on their way to people, what stands wrong in the city, and where the people of the office are reached."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, add, big, ident, index_where, text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    add(
        "admin",
        sa.Column("mail", sa.String(254)),
        sa.Column("phone", sa.String(40)),
        sa.Column("telegram", sa.String(40)),
    )
    _add_notices()
    _add_deliveries()
    op.create_table(
        "trouble",
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("topic", sa.String(24), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        big("since_s"),
        big("seen_s"),
        big("told_s", nullable=True),
    )


def _add_notices() -> None:
    op.create_table(
        "notice",
        ident(),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("topic", sa.String(24), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        big("at_s"),
        big("until_s"),
        big("addressed_s", nullable=True),
        sa.UniqueConstraint("key", name="uq_notice_key"),
        sqlite_autoincrement=True,
    )
    index_where("ix_notice_unaddressed", "notice", ["id"], "addressed_s IS NULL")


def _add_deliveries() -> None:
    op.create_table(
        "notice_delivery",
        ident(),
        sa.Column("notice_id", Key, sa.ForeignKey("notice.id", ondelete="CASCADE"), nullable=False),
        sa.Column("topic", sa.String(24), nullable=False),
        sa.Column("channel", sa.String(12), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        text("name", 200),
        big("opd_id", nullable=True),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        text("state", 12, "waiting"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        big("created_s"),
        big("until_s"),
        big("next_s"),
        big("claim", 0),
        big("ended_s", nullable=True),
        text("result", 200),
        sa.UniqueConstraint("notice_id", "channel", "address", name="uq_notice_delivery_notice_id_channel_address"),
        sqlite_autoincrement=True,
    )
    index_where("ix_notice_delivery_open", "notice_delivery", ["channel", "next_s"], "ended_s IS NULL")
    op.create_index("ix_notice_delivery_address", "notice_delivery", ["address", "ended_s"])
    op.create_index("ix_notice_delivery_ended", "notice_delivery", ["ended_s"])
