"""Tables of planning: what was computed of offices and links, tasks that compute, scenarios, budget documents.

Instants are epoch seconds (`*_s`, UTC); `kind` is one of domain.samples; texts of figures are JSON.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from netquota.storage.columns import Key, big, ident, metadata, version

# A table reads best with its name in one line and each column in one.
# fmt: off

plan_study = Table(  # the newest study of an office or link
    "plan_study", metadata,
    Column("kind", SmallInteger, primary_key=True),
    Column("subject_id", BigInteger, primary_key=True),
    Column("study", Text, nullable=False),
    Column("demand", LargeBinary, nullable=False),  # of each recent office bin, both directions
    big("made_s"),
)
plan_task = Table(  # what takes long, done by a process of its own
    "plan_task", metadata, ident(),
    Column("what", String(16), nullable=False),  # study | render | assess
    Column("subject", String(200), nullable=False, server_default=""),
    Column("state", String(8), nullable=False, server_default="waiting"),  # waiting | running | done | failed
    Column("done", Integer, nullable=False, server_default="0"),  # steps
    Column("steps", Integer, nullable=False, server_default="0"),
    Column("says", String(200), nullable=False, server_default=""),
    Column("by", String(120), nullable=False),
    big("asked_s"),
    big("began_s", nullable=True),
    big("beat_s", nullable=True),  # when it last said something
    big("ended_s", nullable=True),
    Column("takes", Integer, nullable=False, server_default="0"),  # how often a process took it up
    sqlite_autoincrement=True,
)
plan_scenario = Table(
    "plan_scenario", metadata, ident(),
    Column("name", String(80), nullable=False, unique=True),
    Column("terms", Text, nullable=False),
    Column("by", String(120), nullable=False),
    big("made_s"),
    version(),
    sqlite_autoincrement=True,
)
plan_step = Table(  # what a planner knows of a subject's use that no history tells
    "plan_step", metadata, ident(),
    Column("kind", SmallInteger, nullable=False),
    big("subject_id"),
    Column("day", String(10), nullable=False),  # local, from which on it holds
    Column("permille", Integer, nullable=False),  # of what it was before
    Column("note", String(200), nullable=False, server_default=""),
    Column("by", String(120), nullable=False),
    big("made_s"),
    UniqueConstraint("kind", "subject_id", "day"),
    sqlite_autoincrement=True,
)
budget_document = Table(  # a version of a budget request, with all that it is made of
    "budget_document", metadata, ident(),
    Column("kind", String(8), nullable=False),  # APBD | APBD-P
    Column("year", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(8), nullable=False, server_default="draft"),  # draft | approved
    Column("number", String(80), nullable=False, server_default=""),
    Column("choices", Text, nullable=False),  # what the planner filled in
    Column("input", Text, nullable=False),  # canonical JSON of documents.inputs.BudgetInput
    Column("input_sha256", String(64), nullable=False, index=True),
    Column("by", String(120), nullable=False),
    big("made_s"),
    Column("approved_by", String(120)),
    big("approved_s", nullable=True),
    sqlite_autoincrement=True,
)
budget_file = Table(
    "budget_file", metadata,
    Column("document_id", Key, ForeignKey("budget_document.id", ondelete="CASCADE"), primary_key=True,
           autoincrement=False),
    Column("name", String(80), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
)
