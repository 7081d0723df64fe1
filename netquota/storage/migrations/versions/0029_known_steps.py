"""Known steps in a forecast: from a day on an office or link uses more, or less, than before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import big, ident, text

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_table(
        "plan_step",
        ident(),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        big("subject_id"),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("permille", sa.Integer, nullable=False),
        text("note", 200),
        sa.Column("by", sa.String(120), nullable=False),
        big("made_s"),
        sa.UniqueConstraint("kind", "subject_id", "day"),
        sqlite_autoincrement=True,
    )
