"""Tables of groups that take turns: what people edit, the stages that follow from it, single turns, turns as given.

Instants are epoch seconds (`*_s`, UTC), local times and dates texts, rates bit/s; a member is an OPD's or person's id.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from netquota.storage.columns import Key, big, ident, metadata, rate, version

# A table reads best with its name in one line and each column in one.
# fmt: off

rotation = Table(
    "rotation", metadata, ident(),
    Column("key", String(64), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("turn", String(8), nullable=False, server_default="weekly"),  # daily | weekly | shift | workday
    Column("every", Integer, nullable=False, server_default="1"),
    Column("times", String(120), nullable=False, server_default="00:00"),  # local, "07:00, 12:00"
    Column("starts_on", String(10)),  # local date; null: the day on which it was made
    Column("choice", String(12), nullable=False, server_default="order"),  # order | longest_wait
    *rate("bonus"),
    *rate("ceiling"),
    big("octets", nullable=True),
    version(),
    sqlite_autoincrement=True,
)
rotation_opd = Table(
    "rotation_opd", metadata, ident(),
    Column("rotation_id", Key, ForeignKey("rotation.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("opd_id", Key, ForeignKey("opd.id"), nullable=False, index=True),
    UniqueConstraint("rotation_id", "opd_id"),
)
rotation_employee = Table(
    "rotation_employee", metadata, ident(),
    Column("rotation_id", Key, ForeignKey("rotation.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("employee_id", Key, ForeignKey("employee.id"), nullable=False, index=True),
    UniqueConstraint("rotation_id", "employee_id"),
)
rotation_stage = Table(  # rule and order in force from a moment on
    "rotation_stage", metadata,
    Column("rotation_id", Key, ForeignKey("rotation.id", ondelete="CASCADE"), primary_key=True),
    Column("from_s", BigInteger, primary_key=True),
    Column("turn", String(8), nullable=False),
    Column("every", Integer, nullable=False),
    Column("times", String(120), nullable=False),
    Column("anchor", String(10), nullable=False),  # local date
    Column("first", BigInteger, nullable=False),  # number of the turn that the first of the order has
    Column("members", Text, nullable=False),  # JSON list of ids, in the order of their turns
    Column("choice", String(12), nullable=False, server_default="order"),
)
rotation_swap = Table(  # single turns that another member has, or that were given to who waited longest
    "rotation_swap", metadata,
    Column("rotation_id", Key, ForeignKey("rotation.id", ondelete="CASCADE"), primary_key=True),
    Column("start_s", BigInteger, primary_key=True),
    big("member_id"),
)
rotation_given = Table(  # turns whose ceiling and octets were given: each once
    "rotation_given", metadata,
    Column("rotation_id", Key, ForeignKey("rotation.id", ondelete="CASCADE"), primary_key=True),
    Column("start_s", BigInteger, primary_key=True),
    big("end_s"),
    big("member_id"),
    big("at_s"),
    Column("note", String(400), nullable=False, server_default=""),  # what could not be given, and why
)
