"""Tables of assessment rounds: the round, and a line for each office with its figures, proposal, answer, conclusion.

Instants are epoch seconds (`*_s`, UTC), days local dates as texts, rates bit/s; `figures` are JSON.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table, Text

from netquota.storage.columns import Key, big, ident, metadata, rate

# A table reads best with its name in one line and each column in one.
# fmt: off

assessment_round = Table(
    "assessment_round", metadata, ident(),
    Column("name", String(120), nullable=False),
    Column("from_day", String(10), nullable=False),  # the first and last local day that are measured
    Column("to_day", String(10), nullable=False),
    Column("due_day", String(10), nullable=False),  # by when the offices answer
    Column("method", String(12), nullable=False),  # headcount | use | weight
    Column("state", String(12), nullable=False, server_default="prepared"),  # prepared | sent | closed
    Column("why", String(200), nullable=False, server_default=""),
    Column("by", String(120), nullable=False),
    big("made_s"),
    big("measured_s", nullable=True),
    big("sent_s", nullable=True),
    big("closed_s", nullable=True),
    Column("draft_id", Key, ForeignKey("limit_draft.id", ondelete="SET NULL")),
    sqlite_autoincrement=True,
)
assessment_line = Table(
    "assessment_line", metadata,
    Column("round_id", Key, ForeignKey("assessment_round.id", ondelete="CASCADE"), primary_key=True,
           autoincrement=False),
    Column("opd_id", Key, ForeignKey("opd.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("figures", Text, nullable=False),
    Column("move", String(8), nullable=False),  # keep | raise | lower
    Column("ground", String(12), nullable=False),
    *rate("proposed"),
    *rate("adjusted"),
    Column("adjusted_why", String(400), nullable=False, server_default=""),
    Column("adjusted_by", String(120), nullable=False, server_default=""),
    big("adjusted_s", nullable=True),
    Column("reply", String(8), nullable=False, server_default=""),  # agrees | remarks
    Column("remark", String(1000), nullable=False, server_default=""),
    Column("replied_by", String(120), nullable=False, server_default=""),
    big("replied_s", nullable=True),
    Column("conclusion", String(8), nullable=False, server_default=""),  # kept | changed | budget
    Column("note", String(400), nullable=False, server_default=""),
    Column("concluded_by", String(120), nullable=False, server_default=""),
    big("concluded_s", nullable=True),
)
