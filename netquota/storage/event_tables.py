"""Tables of events: more or less for a set of offices until a moment. Instants are epoch seconds, rates bit/s."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, UniqueConstraint

from netquota.storage.columns import Key, big, ident, metadata, rate, version

# A table reads best with its name in one line and each column in one.
# fmt: off

event = Table(
    "event", metadata, ident(),
    Column("key", String(64), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    big("from_s", nullable=True),  # null: when it was made
    big("until_s"),
    *rate("bonus"),
    *rate("ceiling"),
    Column("leaves_permille", Integer),  # of a cut; null: nothing is cut
    Column("reason", String(200), nullable=False),  # its people read it
    big("created_s", 0),
    version(),
    sqlite_autoincrement=True,
)
event_opd = Table(
    "event_opd", metadata, ident(),
    Column("event_id", Key, ForeignKey("event.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("opd_id", Key, ForeignKey("opd.id"), nullable=False, index=True),
    UniqueConstraint("event_id", "opd_id"),
)
