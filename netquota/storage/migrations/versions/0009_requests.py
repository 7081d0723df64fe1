"""Requests for more bandwidth, and parts of an office's ceiling that are given for good or for a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, big, ident, rate, text

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "ceiling_grant",
        ident(),
        sa.Column("opd_id", Key, sa.ForeignKey("opd.id", ondelete="CASCADE"), nullable=False, index=True),
        big("down_bps"),
        big("up_bps"),
        big("from_s"),
        big("until_s", nullable=True),
        sa.Column("origin", sa.String(80), nullable=False),
        sa.Column("why", sa.String(1000), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("review_day", sa.String(10)),
        big("began_s", nullable=True),
        big("ended_s", nullable=True),
        sa.Column("settled", sa.Boolean, nullable=False, server_default=sa.true()),
    )
    op.create_table(
        "bandwidth_request",
        ident(),
        sa.Column("number", sa.String(20), nullable=False, unique=True),
        sa.Column("opd_id", Key, sa.ForeignKey("opd.id"), nullable=False, index=True),
        sa.Column("employee_id", Key, sa.ForeignKey("employee.id"), index=True),
        sa.Column("application_id", Key, sa.ForeignKey("application.id", ondelete="SET NULL")),
        *rate("wanted"),
        big("wanted_octets", nullable=True),
        sa.Column("until_day", sa.String(10)),
        sa.Column("reason", sa.String(1000), nullable=False),
        text("state", 12, "new"),
        sa.Column("by", sa.String(64), nullable=False),
        big("created_s"),
        sa.Column("figures", sa.Text),
        text("assessment", 1000),
        sa.Column("assessed_by", sa.String(64)),
        text("decision", 1000),
        sa.Column("decided_by", sa.String(64)),
        big("decided_s", nullable=True),
        sa.Column("ceiling_grant_id", Key, sa.ForeignKey("ceiling_grant.id", ondelete="SET NULL")),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sqlite_autoincrement=True,
    )
