"""Computing the studies of all offices and links: one after another, stored as they are done, telling how far it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from netquota.clock import Clock
from netquota.planning.workdays import WorkCalendar
from netquota.services.planning.days import work_calendar
from netquota.services.planning.figures import Study
from netquota.services.planning.steps import shifts
from netquota.services.planning.stored import row_of
from netquota.services.planning.studying import YEARS_AHEAD, Raw, finished, history_days, raw, trials_of
from netquota.services.planning.subjects import Named, planned
from netquota.storage import plan_store
from netquota.storage.database import Connection, Database

Progress = Callable[[int, int, str], None]
"""Told of each step: how many are done, of how many, and what comes next."""


def quiet(_done: int, _of: int, _next: str) -> None:
    """Where nobody waits."""


def compute(database: Database, zone: ZoneInfo, clock: Clock, progress: Progress = quiet) -> int:
    """Study every office and link that has samples, and keep what was found. How many were.

    Memory: one subject's bins at a time, and some 100 kB of back-tests of each.
    """
    with database.read() as connection:
        everyone = planned(connection)
        today = clock.now().astimezone(zone).date()
        span = history_days(connection, zone, today, everyone)
        if span is None:
            return 0
        calendar = calendar_of(connection, zone, span)
        known = shifts(connection)
    steps, found = 2 * len(everyone), list[Raw]()
    for at, named in enumerate(everyone):
        progress(at, steps, named.key)
        with database.read() as connection:
            half = raw(connection, named, *span, calendar, known.get((named.subject.kind, named.subject.id), ()))
        if half is not None:
            found.append(half)
    pool = trials_of(found)
    for at, half in enumerate(found):
        progress(len(everyone) + at, steps, half.named.key)
        _keep(database, half, finished(half, pool), int(clock.now().timestamp()))
    with database.write() as connection:
        plan_store.forget_others(connection, [(each.named.subject.kind, each.named.subject.id) for each in found])
    progress(steps, steps, "")
    return len(found)


def calendar_of(connection: Connection, zone: ZoneInfo, span: tuple[date, date]) -> WorkCalendar:
    """The calendar of a history and of the years that it is forecast into."""
    return work_calendar(connection, zone, range(span[0].year, span[1].year + YEARS_AHEAD + 1))


def study_one(connection: Connection, named: Named, zone: ZoneInfo, now_s: int) -> Study | None:
    """One subject anew, without storing it; its forecast's bands rest on its own back-test alone."""
    today = datetime.fromtimestamp(now_s, UTC).astimezone(zone).date()
    span = history_days(connection, zone, today, [named])
    if span is None:
        return None
    known = shifts(connection).get((named.subject.kind, named.subject.id), ())
    half = raw(connection, named, *span, calendar_of(connection, zone, span), known)
    return None if half is None else finished(half, {})


def _keep(database: Database, half: Raw, study: Study, made_s: int) -> None:
    subject = half.named.subject
    row = row_of(subject.kind, subject.id, study, half.demand_down, half.demand_up, made_s)
    with database.write() as connection:
        plan_store.put_study(connection, row)
