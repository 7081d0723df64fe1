"""Use case of the clock: samples are kept as long as the settings say, then their sums alone, then nothing.

What is deleted was summed in the same transaction, so that no octet is lost between the two; each step is short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from netquota.domain.periods import Period, PeriodKind
from netquota.domain.samples import APPLICATION, HOUR_S, LINK, LINK_INTERFACE, PERSON, SITE, SITE_INTERFACE
from netquota.services.rolling import DAY_S, day_of
from netquota.services.shift import Shift, in_parts
from netquota.settings import Retention
from netquota.storage import interface_store, rollup_store, uptime_store

SUBJECTS_IN_STEP = 10
SUMS_IN_STEP = 50


@dataclass(frozen=True, slots=True)
class Terms:
    """For how many days samples, hours and days of a kind of subject are kept."""

    samples: int
    hours: int
    days: int


def terms(kept: Retention) -> dict[int, Terms]:
    """What the settings say, by kind of subject."""
    place = Terms(kept.site_samples_days, kept.site_sums_days, kept.site_sums_days)
    return {
        PERSON: Terms(kept.samples_days, kept.hours_days, kept.hours_days),
        SITE: place, SITE_INTERFACE: place, LINK: place, LINK_INTERFACE: place,
        APPLICATION: place,
    }  # fmt: skip


def forget_samples(shift: Shift, kept: Retention, zone: ZoneInfo) -> str:
    """Let go of what is older than its term; only what was summed already."""
    samples = sums = 0
    for kind, term in terms(kept).items():
        samples += _close_samples(shift, kind, term.samples, zone)
        sums += _forget_sums(shift, kind, term)
    before_s = shift.now_s - kept.site_samples_days * DAY_S
    with shift.step() as (_, connection):
        uptime_store.forget(connection, before_s)
    with shift.step() as (_, connection):
        interface_store.forget_reach(connection, before_s)
    return f"{samples} samples summed and forgotten, {sums} sums forgotten"


def _close_samples(shift: Shift, kind: int, kept_days: int, zone: ZoneInfo) -> int:
    """A day of a few subjects at a time, the oldest first; then the sums of that day again, as late ones were added."""
    days, closed = Period(PeriodKind.DAY, zone), 0
    with shift.reading() as (_, connection):
        subject_ids = rollup_store.sampled_subjects(connection, kind)
        rolled_s = rollup_store.rolled_to(connection) or 0
    before_s = min(shift.now_s - kept_days * DAY_S, rolled_s) // HOUR_S * HOUR_S
    for part in in_parts(subject_ids, SUBJECTS_IN_STEP):
        closed += _close_part(shift, kind, part, before_s, days)
    return closed


def _close_part(shift: Shift, kind: int, part: Sequence[int], before_s: int, days: Period) -> int:
    closed = 0
    while True:
        with shift.reading() as (_, connection):
            first = rollup_store.first_bin(connection, kind, part)
        if first is None or first >= before_s:
            return closed
        start_s, end_s = day_of(days, first)
        with shift.step() as (_, connection):
            to_s = min(before_s, -(-end_s // HOUR_S) * HOUR_S)
            closed += rollup_store.close(connection, kind, part, first // HOUR_S * HOUR_S, to_s)
            rollup_store.roll_day(connection, kind, part, start_s, end_s)


def _forget_sums(shift: Shift, kind: int, term: Terms) -> int:
    forgotten = 0
    with shift.reading() as (_, connection):
        subject_ids = rollup_store.summed_subjects(connection, kind)
    for part in in_parts(subject_ids, SUMS_IN_STEP):
        with shift.step() as (_, connection):
            forgotten += rollup_store.forget_hours(connection, kind, part, shift.now_s - term.hours * DAY_S)
            forgotten += rollup_store.forget_days(connection, kind, part, shift.now_s - term.days * DAY_S)
    return forgotten
