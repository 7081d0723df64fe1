"""Known steps in the use of offices and links, as planners confirmed them: from a local day on, so many thousandths."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from netquota.storage.database import Connection, is_postgresql
from netquota.storage.plan_tables import plan_step

_KEY = ("kind", "subject_id", "day")
_s = plan_step.c


class StepRow(NamedTuple):
    """A step of one subject; 1200 thousandths = a fifth more than before. `made_s` epoch seconds."""

    kind: int
    subject_id: int
    day: date
    permille: int
    note: str
    by: str
    made_s: int


def put(connection: Connection, row: StepRow) -> None:
    """Keep a step, in place of one of the same subject and day."""
    insert = (postgresql.insert if is_postgresql(connection) else sqlite.insert)(plan_step)
    fresh = {name: insert.excluded[name] for name in ("permille", "note", "by", "made_s")}
    statement = insert.on_conflict_do_update(index_elements=list(_KEY), set_=fresh)
    connection.execute(statement, row._asdict() | {"day": row.day.isoformat()})


def forget(connection: Connection, kind: int, subject_id: int, day: date) -> bool:
    """Remove a step; whether there was one."""
    mine = and_(_s.kind == kind, _s.subject_id == subject_id, _s.day == day.isoformat())
    return connection.execute(delete(plan_step).where(mine)).rowcount > 0


def of_subject(connection: Connection, kind: int, subject_id: int) -> list[StepRow]:
    """The steps of one subject, by day."""
    return [row for row in every(connection, (kind,)) if row.subject_id == subject_id]


def every(connection: Connection, kinds: Iterable[int]) -> list[StepRow]:
    """The steps of all subjects of these kinds, by subject and day."""
    columns = (_s.kind, _s.subject_id, _s.day, _s.permille, _s.note, _s.by, _s.made_s)
    query = select(*columns).where(_s.kind.in_(list(kinds))).order_by(_s.kind, _s.subject_id, _s.day)
    return [StepRow(row[0], row[1], date.fromisoformat(row[2]), *row[3:]) for row in connection.execute(query)]
