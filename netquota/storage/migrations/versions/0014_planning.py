"""Planning: what was computed, tasks that compute, scenarios, budget documents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from netquota.storage.migrations.steps import Key, big, ident, text

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "plan_study",
        sa.Column("kind", sa.SmallInteger, primary_key=True),
        sa.Column("subject_id", sa.BigInteger, primary_key=True),
        sa.Column("study", sa.Text, nullable=False),
        sa.Column("demand", sa.LargeBinary, nullable=False),
        big("made_s"),
    )
    _add_tasks()
    op.create_table(
        "plan_scenario",
        ident(),
        sa.Column("name", sa.String(80), nullable=False, unique=True),
        sa.Column("terms", sa.Text, nullable=False),
        sa.Column("by", sa.String(120), nullable=False),
        big("made_s"),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sqlite_autoincrement=True,
    )
    _add_documents()


def _add_tasks() -> None:
    op.create_table(
        "plan_task",
        ident(),
        sa.Column("what", sa.String(16), nullable=False),
        text("subject", 200),
        text("state", 8, "waiting"),
        sa.Column("done", sa.Integer, nullable=False, server_default="0"),
        sa.Column("steps", sa.Integer, nullable=False, server_default="0"),
        text("says", 200),
        sa.Column("by", sa.String(120), nullable=False),
        big("asked_s"),
        big("began_s", nullable=True),
        big("beat_s", nullable=True),
        big("ended_s", nullable=True),
        sqlite_autoincrement=True,
    )


def _add_documents() -> None:
    op.create_table(
        "budget_document",
        ident(),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        text("state", 8, "draft"),
        text("number", 80),
        sa.Column("choices", sa.Text, nullable=False),
        sa.Column("input", sa.Text, nullable=False),
        sa.Column("input_sha256", sa.String(64), nullable=False),
        sa.Column("by", sa.String(120), nullable=False),
        big("made_s"),
        sa.Column("approved_by", sa.String(120)),
        big("approved_s", nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_budget_document_input_sha256", "budget_document", ["input_sha256"])
    owner = sa.ForeignKey("budget_document.id", ondelete="CASCADE")
    op.create_table(
        "budget_file",
        sa.Column("document_id", Key, owner, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
