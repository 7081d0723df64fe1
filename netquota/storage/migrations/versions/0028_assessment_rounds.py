"""Assessment rounds, with a line for each office."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, big, ident, rate, text

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "assessment_round",
        ident(),
        sa.Column("name", sa.String(120), nullable=False),
        *(sa.Column(name, sa.String(10), nullable=False) for name in ("from_day", "to_day", "due_day")),
        sa.Column("method", sa.String(12), nullable=False),
        text("state", 12, "prepared"),
        text("why", 200),
        sa.Column("by", sa.String(120), nullable=False),
        big("made_s"),
        *(big(name, nullable=True) for name in ("measured_s", "sent_s", "closed_s")),
        sa.Column("draft_id", Key, sa.ForeignKey("limit_draft.id", ondelete="SET NULL")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "assessment_line",
        _owned_by("round_id", "assessment_round.id"),
        _owned_by("opd_id", "opd.id"),
        sa.Column("figures", sa.Text, nullable=False),
        sa.Column("move", sa.String(8), nullable=False),
        sa.Column("ground", sa.String(12), nullable=False),
        *rate("proposed"),
        *rate("adjusted"),
        text("adjusted_why", 400),
        text("adjusted_by", 120),
        big("adjusted_s", nullable=True),
        text("reply", 8),
        text("remark", 1000),
        text("replied_by", 120),
        big("replied_s", nullable=True),
        text("conclusion", 8),
        text("note", 400),
        text("concluded_by", 120),
        big("concluded_s", nullable=True),
    )


def _owned_by(name: str, of: str) -> sa.Column[int]:
    owner = sa.ForeignKey(of, ondelete="CASCADE")
    return sa.Column(name, Key, owner, primary_key=True, autoincrement=False)
