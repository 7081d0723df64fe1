"""Use cases of the clock: samples are summed by hour and by local day, to the octet, in steps that nobody waits for.

A sum is a function of its samples, so making it anew changes nothing. What a report adds to an hour that was summed is
noted with it (sample_marks), and that hour is summed again; the nightly check finds whatever a wrong clock hid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from netquota.domain.periods import Period, PeriodKind, current
from netquota.domain.samples import (
    APPLICATION,
    BINS_IN_HOUR,
    HOUR_S,
    LINK,
    LINK_INTERFACE,
    PERSON,
    SETTLED_AFTER_S,
    SITE,
    SITE_INTERFACE,
)
from netquota.services.shift import Shift, in_parts
from netquota.storage import rollup_store, sample_marks
from netquota.storage.database import Connection

KINDS = (LINK, LINK_INTERFACE, SITE, SITE_INTERFACE, APPLICATION, PERSON)
DAY_S = 86_400
ROWS_IN_STEP = 5000
"""Samples that one step reads at most: some ten milliseconds under the writer's lock of SQLite."""
LATE_IN_STEP = 300
CHECKED_BACK_S = 35 * DAY_S
"""No report reaches further back, so no sum can be wrong before."""


@dataclass(slots=True)
class _Tally:
    hours: int = 0
    days: int = 0
    late: int = 0

    def told(self) -> str:
        return f"{self.hours} hours and {self.days} days summed, {self.late} of them again"


def roll_up(shift: Shift, zone: ZoneInfo) -> str:
    """Sum what has settled since the last time, and again what came late."""
    tally = _Tally()
    days = Period(PeriodKind.DAY, zone)
    until_s = (shift.now_s - SETTLED_AFTER_S) // HOUR_S * HOUR_S
    for kind, subject_ids in _known(shift):
        _roll_kind(shift, kind, subject_ids, until_s, tally)
    _note_rolled(shift, until_s)
    _roll_days(shift, days, until_s, tally)
    _roll_late(shift, days, until_s, tally)
    return tally.told()


def check(shift: Shift, zone: ZoneInfo) -> str:
    """Compare the sums of the last weeks with their samples, and make anew those that differ. How many did."""
    with shift.reading() as (_, connection):
        until_s = rollup_store.rolled_to(connection)
    if until_s is None:
        return "nothing summed yet"
    days, wrong = Period(PeriodKind.DAY, zone), 0
    for kind, subject_ids in _known(shift):
        for subject_id in subject_ids:
            with shift.reading() as (_, connection):
                found = rollup_store.differing(connection, kind, [subject_id], until_s - CHECKED_BACK_S, until_s)
            wrong += len(found)
            for _, hour_s in found:
                with shift.step() as (_, connection):
                    _roll_again(connection, kind, [subject_id], (hour_s, hour_s + HOUR_S), day_of(days, hour_s))
    return f"{wrong} sums were wrong and made anew"


def day_of(days: Period, at_s: int) -> tuple[int, int]:
    """The local day that holds an epoch second: its start and end."""
    return current(days, datetime.fromtimestamp(at_s, UTC))


def _known(shift: Shift) -> list[tuple[int, list[int]]]:
    found: list[tuple[int, list[int]]] = []
    for kind in KINDS:
        with shift.reading() as (_, connection):
            found.append((kind, rollup_store.sampled_subjects(connection, kind)))
    return found


def _roll_kind(shift: Shift, kind: int, subject_ids: Sequence[int], until_s: int, tally: _Tally) -> None:
    """All hours of a kind up to an epoch second that were not summed yet; a day of few subjects at a time at most."""
    with shift.reading() as (_, connection):
        from_s = rollup_store.rolled_to(connection) or 0
    hours_in_step = min(24, max(1, (until_s - from_s) // HOUR_S))
    for part in in_parts(subject_ids, max(1, ROWS_IN_STEP // (BINS_IN_HOUR * hours_in_step))):
        at_s = _first_hour(shift, kind, part, from_s, until_s)
        while at_s < until_s:
            to_s = min(until_s, at_s + hours_in_step * HOUR_S)
            with shift.step() as (_, connection):
                rolled = rollup_store.roll_hours(connection, kind, part, at_s, to_s)
            tally.hours += rolled
            at_s = to_s if rolled else _first_hour(shift, kind, part, to_s, until_s)


def _first_hour(shift: Shift, kind: int, part: Sequence[int], since_s: int, until_s: int) -> int:
    """The first hour from an epoch second on with a sample of these; `until_s` where there is none."""
    with shift.reading() as (_, connection):
        found = rollup_store.first_bin(connection, kind, part, since_s)
    return until_s if found is None else found // HOUR_S * HOUR_S


def _note_rolled(shift: Shift, until_s: int) -> None:
    with shift.step() as (_, connection):
        rollup_store.set_rolled_to(connection, max(until_s, rollup_store.rolled_to(connection) or until_s))


def _roll_days(shift: Shift, days: Period, until_s: int, tally: _Tally) -> None:
    """The local days that are over and were not summed yet."""
    with shift.reading() as (_, connection):
        from_s = rollup_store.days_rolled_to(connection) or 0
    over_s = day_of(days, until_s)[0]
    for kind in KINDS if from_s < over_s else ():
        with shift.reading() as (_, connection):
            subject_ids = rollup_store.summed_subjects(connection, kind)
        for part in in_parts(subject_ids, ROWS_IN_STEP // 24):
            _roll_days_of(shift, days, kind, part, (from_s, over_s), tally)
    with shift.step() as (_, connection):
        rollup_store.set_days_rolled_to(connection, max(from_s, over_s))


def _roll_days_of(
    shift: Shift, days: Period, kind: int, part: Sequence[int], bounds: tuple[int, int], tally: _Tally
) -> None:
    at_s: int | None = bounds[0]
    while True:
        with shift.reading() as (_, connection):
            at_s = rollup_store.first_hour(connection, kind, part, at_s)
        if at_s is None or at_s >= bounds[1]:
            return
        start_s, end_s = day_of(days, at_s)
        with shift.step() as (_, connection):
            tally.days += rollup_store.roll_day(connection, kind, part, start_s, end_s)
        at_s = end_s


def _roll_late(shift: Shift, days: Period, until_s: int, tally: _Tally) -> None:
    """What was noted as late, a local day of some subjects at a time; a note is let go once its hour was summed."""
    while True:
        with shift.reading() as (_, connection):
            found = sample_marks.late(connection, LATE_IN_STEP)
        if not found.ids:
            return
        by_day: dict[tuple[int, tuple[int, int]], list[tuple[int, int]]] = {}
        for kind, subject_id, hour_s in found.hours:
            if hour_s < until_s:
                by_day.setdefault((kind, day_of(days, hour_s)), []).append((subject_id, hour_s))
        for (kind, day), late in by_day.items():
            subject_ids, hours = sorted({one[0] for one in late}), [one[1] for one in late]
            with shift.step() as (_, connection):
                _roll_again(connection, kind, subject_ids, (min(hours), max(hours) + HOUR_S), day)
            tally.late += len(late)
        with shift.step() as (_, connection):
            sample_marks.settled(connection, found.ids)


def _roll_again(
    connection: Connection, kind: int, subject_ids: Sequence[int], hours: tuple[int, int], day: tuple[int, int]
) -> None:
    """Hours of one local day anew and, where it was summed already, the day."""
    rollup_store.roll_hours(connection, kind, subject_ids, *hours)
    if day[1] <= (rollup_store.days_rolled_to(connection) or 0):
        rollup_store.roll_day(connection, kind, subject_ids, *day)
