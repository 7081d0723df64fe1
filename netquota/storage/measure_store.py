"""What the samples of a span come to, kept so that pages need not read a month of them: P95, volume, completeness."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from netquota.storage.database import Connection, is_postgresql
from netquota.storage.sample_tables import usage_measure

LATELY = "30d"
"""The span of the last 30 days; others are local months, `2026-11`."""
SESSIONS, INTERFACE = 1, 2
_KEY = ("kind", "subject_id", "span", "source")


class Measure(NamedTuple):
    """Rates in bit/s, octets, bins; `source` SESSIONS or INTERFACE; `kind` as in domain.samples."""

    kind: int
    subject_id: int
    span: str
    source: int
    p95_down_bps: int | None
    p95_up_bps: int | None
    down: int
    up: int
    valid: int
    coarse: int
    expected: int
    made_s: int


def put(connection: Connection, found: Iterable[Measure]) -> None:
    """Keep these, in place of what stood there for the same subject, span and source."""
    rows = [one._asdict() for one in sorted(found, key=lambda one: one[:4])]
    if rows:
        insert = (postgresql.insert if is_postgresql(connection) else sqlite.insert)(usage_measure)
        fresh = {column.name: insert.excluded[column.name] for column in usage_measure.c if column.name not in _KEY}
        connection.execute(insert.on_conflict_do_update(index_elements=list(_KEY), set_=fresh), rows)


def of_span(connection: Connection, span: str, kinds: Sequence[int]) -> list[Measure]:
    """All that is kept of a span, of these kinds."""
    m = usage_measure.c
    query = select(usage_measure).where(m.span == span, m.kind.in_(kinds)).order_by(m.kind, m.subject_id, m.source)
    return [Measure(*row) for row in connection.execute(query)]


def of_subject(connection: Connection, kind: int, subject_id: int) -> list[Measure]:
    """All that is kept of a subject, by span."""
    m = usage_measure.c
    query = select(usage_measure).where(m.kind == kind, m.subject_id == subject_id).order_by(m.span, m.source)
    return [Measure(*row) for row in connection.execute(query)]


def made(connection: Connection) -> dict[str, int]:
    """When each span was measured last, epoch seconds."""
    m = usage_measure.c
    rows = connection.execute(select(m.span, func.max(m.made_s)).group_by(m.span))
    return {row[0]: row[1] for row in rows}
