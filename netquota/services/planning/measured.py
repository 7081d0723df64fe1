"""Measures of a subject over any range of local days (planning.md part 1), office hours and other hours apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np

from netquota.domain.periods import start_of
from netquota.domain.samples import BIN_S, LINK, SITE
from netquota.errors import InvalidValue
from netquota.planning.busy_hour import BusyHour, busy_hour_of
from netquota.planning.hidden import DRAWS, HiddenDemand, Observed, hidden_demand, observed
from netquota.planning.limits import bins_at_limit, bounded
from netquota.planning.percentile import both_percentiles
from netquota.planning.samples import Bins, BoolArray, Coverage, IntArray, State, rate_bps
from netquota.planning.workdays import (
    LocalTimes,
    OfficeHours,
    WorkCalendar,
    in_office_hours,
    local_times,
    on_working_days,
)
from netquota.services import usage
from netquota.services.planning.days import work_calendar
from netquota.services.planning.figures import Busy, Hidden, Measured, Part
from netquota.services.planning.hours import hours_of
from netquota.services.planning.people import online, people
from netquota.services.planning.subjects import Named
from netquota.services.sampled import bins_for
from netquota.services.usage import SETTLED_S, Sources
from netquota.storage.database import Connection

SEED = 8
LONGEST_DAYS = 1200
"""A range reaches no further: 37 months of bins are some 10 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A range's bins with what the calendar says of each."""

    bins: Bins
    times: LocalTimes
    office: BoolArray
    working: BoolArray
    calendar: WorkCalendar
    hours: OfficeHours

    def direction(self, name: str) -> tuple[IntArray, IntArray]:
        """Octets and ceilings (bits) of `down` or `up`."""
        if name == "down":
            return self.bins.down, self.bins.ceiling_down_bits
        return self.bins.up, self.bins.ceiling_up_bits

    def observed(self, name: str, among: slice | None = None) -> Observed:
        """One direction as hidden demand is estimated from it, in the whole range or a slice of it."""
        part = among or slice(None)
        octets, ceiling = self.direction(name)
        times = LocalTimes(self.times.day[part], self.times.hour[part])
        return observed(octets[part], ceiling[part], self.bins.usable[part], self.office[part], times)

    def sliced(self, part: slice) -> Seen:
        """A run of the bins."""
        b = self.bins
        bins = Bins(
            b.start_s + BIN_S * (part.start or 0), b.down[part], b.up[part], b.state[part],
            b.ceiling_down_bits[part], b.ceiling_up_bits[part],
        )  # fmt: skip
        times = LocalTimes(self.times.day[part], self.times.hour[part])
        return Seen(bins, times, self.office[part], self.working[part], self.calendar, self.hours)


def seen(bins: Bins, calendar: WorkCalendar, hours: OfficeHours) -> Seen:
    """Bins beside the calendar."""
    number = len(bins)
    return Seen(
        bins, local_times(bins.start_s, number, calendar.zone),
        in_office_hours(bins.start_s, number, hours, calendar), on_working_days(bins.start_s, number, calendar),
        calendar, hours,
    )  # fmt: skip


def bounds(first: date, last: date, zone: ZoneInfo, now_s: int) -> tuple[int, int]:
    """Epoch seconds of the local days from `first` to `last`, both included, as far as bins have settled.

    Raises `InvalidValue` for a range that is empty, too long or yet to come.
    """
    if last < first:
        raise InvalidValue("to", last, f"give a day from {first} on")
    if (last - first).days >= LONGEST_DAYS:
        raise InvalidValue("from", first, f"give a range of at most {LONGEST_DAYS} days")
    from_s, to_s = start_of(first, zone), start_of(last + timedelta(days=1), zone)
    to_s = min(to_s, (now_s - SETTLED_S) // BIN_S * BIN_S)
    if to_s <= from_s:
        raise InvalidValue("from", first, "give a day that has been")
    return from_s, to_s


def read(connection: Connection, named: Named, from_s: int, to_s: int, zone: ZoneInfo) -> tuple[Seen, Sources]:
    """The bins of a range, and where they were read."""
    told = usage.sources(connection, named.subject.sampled_as, named.subject.members, from_s, to_s)
    bins = bins_for(connection, named.subject, from_s, to_s, told)
    years = _years(from_s, to_s, zone)
    return seen(bins, work_calendar(connection, zone, years), hours_of(connection, named.subject)), told


def _years(from_s: int, to_s: int, zone: ZoneInfo) -> Iterable[int]:
    days = local_times(from_s // BIN_S * BIN_S, 1, zone).day[0], local_times(to_s // BIN_S * BIN_S, 1, zone).day[0]
    return range(date.fromordinal(int(days[0])).year, date.fromordinal(int(days[1])).year + 1)


def measure(
    connection: Connection, named: Named, first: date, last: date, zone: ZoneInfo, now_s: int, draws: int = DRAWS
) -> Measured:
    """A subject over local days, with hidden demand of both directions."""
    from_s, to_s = bounds(first, last, zone, now_s)
    found, told = read(connection, named, from_s, to_s, zone)
    lost = unaccounted(connection, named, from_s, to_s)
    counted = people(connection, named, from_s, to_s, found.calendar)
    there = online(connection, named, found.bins.start_s, found.office)
    return replace(measured(found, first, last, source_word(told), lost, draws), people=counted, online=there)


def measured(
    found: Seen, first: date, last: date, source: str, unaccounted_permille: int | None, draws: int = DRAWS
) -> Measured:
    """What bins come to."""
    everything = np.ones(len(found.bins), dtype=np.bool_)
    return Measured(
        first, last, source, unaccounted_permille, part(found.bins, everything), part(found.bins, found.office),
        part(found.bins, ~found.office), busy(found),
        tuple(hidden(hidden_demand(found.observed(way), SEED, draws), way) for way in ("down", "up")),
    )  # fmt: skip


def source_word(told: Sources) -> str:
    """`accounting`, `interface` or, of an office whose sites differ, `mixed`."""
    if told.interfaces and told.sessions:
        return "mixed"
    return "interface" if told.interfaces else "accounting"


def unaccounted(connection: Connection, named: Named, from_s: int, to_s: int) -> int | None:
    """Thousandths of what the interfaces of a site or link measured that no session accounts for."""
    if named.subject.kind not in (SITE, LINK):
        return None
    found = usage.unaccounted(connection, named.subject.kind, named.subject.id, from_s, to_s)
    if found is None or found.measured == 0:
        return None
    return max(0, 1000 * (found.measured - found.accounted) // found.measured)


def part(bins: Bins, among: BoolArray) -> Part:
    """The bins that `among` marks."""
    usable = bins.usable & among
    share = Coverage(int(usable.sum()), int(among.sum()))
    limits = bounded(bins) & among
    down = up = means = peaks = (None, None)
    if not share.is_too_thin:
        down, up = both_percentiles(bins, among)
        down, up = (None if octets is None else rate_bps(octets) for octets in (down, up))
        means = tuple(_rate(int(way[usable].sum()), share.usable) for way in (bins.down, bins.up))
        peaks = tuple(rate_bps(int(way[usable].max())) if share.usable else None for way in (bins.down, bins.up))
        return Part(
            share.expected, share.usable, int((among & (bins.state == State.COARSE)).sum()),
            int(bins.down[among].sum()), int(bins.up[among].sum()), means[0], means[1], down, up, peaks[0], peaks[1],
            int((bins_at_limit(bins) & among).sum()), int(limits.sum()), _unused(bins, limits),
        )  # fmt: skip
    return Part(
        share.expected, share.usable, int((among & (bins.state == State.COARSE)).sum()), int(bins.down[among].sum()),
        int(bins.up[among].sum()), None, None, None, None, None, None, int((bins_at_limit(bins) & among).sum()),
        int(limits.sum()), None,
    )  # fmt: skip


def _rate(octets: int, bins: int) -> int | None:
    return rate_bps(octets, BIN_S * bins) if bins else None


def _unused(bins: Bins, among: BoolArray) -> int | None:
    """Thousandths of the download ceiling that nobody used, in the bins that had one."""
    ceiling = int(bins.ceiling_down_bits[among].sum())
    if not ceiling:
        return None
    left = np.maximum(0, bins.ceiling_down_bits[among] - 8 * bins.down[among])
    return 1000 * int(left.sum()) // ceiling


def busy(found: Seen) -> Busy | None:
    """The busy hour of the busier direction over working days."""
    hours = {
        way: busy_hour_of(found.bins, found.direction(way)[0], found.times, found.working) for way in ("down", "up")
    }
    known: list[tuple[Fraction, str, BusyHour]] = [(b.traffic, way, b) for way, b in hours.items() if b is not None]
    if not known:
        return None
    _, way, best = max(known, key=lambda each: (each[0], each[1] == "down"))
    return Busy(best.hour, _whole(best.traffic), _whole(best.mean_of_daily_peaks), best.days, way)


def _whole(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def hidden(found: HiddenDemand, direction: str) -> Hidden:
    """As it is stored and shown."""
    return Hidden(
        direction, found.finding.value, found.measured_bps, found.p95_bps, found.low_bps, found.high_bps,
        found.censored, found.bins, found.days, found.coverage.permille, found.draws, found.seed,
    )  # fmt: skip
