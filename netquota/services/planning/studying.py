"""The study of an office or link: its history, what it hides, its forecast, and the demand that capacity is for.

It takes about a second of computing, so it is done by the clock or on demand, and stored; pages read it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from itertools import combinations
from statistics import median
from zoneinfo import ZoneInfo

import numpy as np

from netquota.domain.periods import local_instant, start_of
from netquota.domain.samples import BIN_S
from netquota.planning import forecast as forecasting
from netquota.planning.backtest import Trials, mase
from netquota.planning.forecast import Forecast, History, LevelShift, Refusal, forecast, longest_horizon
from netquota.planning.forecast_months import by_month
from netquota.planning.grid import Grain, spans
from netquota.planning.hidden import hidden_demand, likely_demand
from netquota.planning.limits import saturation
from netquota.planning.percentile import load_duration, percentile
from netquota.planning.samples import Bins, IntArray, State, rate_bps, rates_bps
from netquota.planning.workdays import WorkCalendar
from netquota.services.planning.days import day_of, months_between
from netquota.services.planning.figures import Ahead, DayUse, KnownStep, Measured, Month, Outlook, Study
from netquota.services.planning.hours import hours_of
from netquota.services.planning.measured import (
    SEED,
    Seen,
    hidden,
    measured,
    part,
    seen,
    source_word,
    unaccounted,
)
from netquota.services.planning.people import online, people
from netquota.services.planning.subjects import Named
from netquota.services.sampled import bins_for
from netquota.services.usage import sources
from netquota.storage import rollup_store
from netquota.storage.database import Connection

METHOD = "1"
"""Changes when the same samples would give other figures."""
RECENT_WEEKS = 12
WHATS = ("down", "up", "volume")
YEARS_AHEAD = 3
"""A calendar reaches so many years beyond the history: forecasts go no further."""
_HORIZON_MONTHS = 24
_DAY = timedelta(days=1)
_NOON = time(12)
_LEAST_GAP, _MOST_GAPS = 72, 10
_WHOLE_MONTH, _LEAST_MONTHS = 28 * 288, 6


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """A subject half studied: everything but the forecasts, which look at all subjects' back-tests.

    `demand_*`: bit/s of each office bin of the recent weeks, hidden demand included, −1 where nothing is known.
    """

    named: Named
    first: date
    last: date
    recent: Measured
    months: tuple[Month, ...]
    studies: dict[str, forecasting.Study | Refusal]
    days: tuple[DayUse, ...]
    load: tuple[tuple[int, int], ...]
    heat: tuple[tuple[int | None, ...], ...]
    gaps: tuple[tuple[int, int], ...]
    demand_down: IntArray
    demand_up: IntArray
    calendar: WorkCalendar
    steps: tuple[KnownStep, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Books:
    """A subject's whole history with its demand (bit/s, each bin, both directions) and where its recent part begins."""

    seen: Seen
    demand: dict[str, IntArray]
    recent: slice


def history_days(
    connection: Connection, zone: ZoneInfo, today: date, named: Sequence[Named]
) -> tuple[date, date] | None:
    """The whole local days for which these have samples: from the first one on, to yesterday.

    At most 37 months; None where there are none.
    """
    firsts: list[int] = []
    for each in named:
        kind, members = each.subject.sampled_as, list(each.subject.members)
        for sampled in (kind, kind + 2):  # a site's or link's own samples, and those of its interface
            found = rollup_store.first_bin(connection, sampled, members)
            if found is not None:
                firsts.append(found)
    if not firsts:
        return None
    first = day_of(min(firsts) - 1, zone) + _DAY  # the first whole day
    return max(first, today - timedelta(days=37 * 30)), today - _DAY


def raw(
    connection: Connection, named: Named, first: date, last: date, calendar: WorkCalendar, shifts: Sequence[LevelShift]
) -> Raw | None:
    """Everything but the forecasts; None where the subject has no bin in these days that can be used."""
    zone = calendar.zone
    from_s, to_s = start_of(first, zone), start_of(last + _DAY, zone)
    told = sources(connection, named.subject.sampled_as, named.subject.members, from_s, to_s)
    bins = bins_for(connection, named.subject, from_s, to_s, told)
    found = seen(bins, calendar, hours_of(connection, named.subject))
    if not found.bins.usable.any():
        return None
    recent_first = max(first, _monday(last + _DAY) - timedelta(weeks=RECENT_WEEKS))
    recent_last = max(recent_first, _monday(last + _DAY) - _DAY) if _monday(last + _DAY) > recent_first else last
    at = slice((start_of(recent_first, zone) - from_s) // BIN_S, (start_of(recent_last + _DAY, zone) - from_s) // BIN_S)
    books = _Books(found, {"down": rates_bps(found.bins.down), "up": rates_bps(found.bins.up)}, at)
    months = tuple(_months(books, first, last))
    late = found.sliced(at)
    bounds = start_of(recent_first, zone), start_of(recent_last + _DAY, zone)
    lost = unaccounted(connection, named, *bounds)
    recent = measured(late, recent_first, recent_last, source_word(told), lost)
    there = online(connection, named, late.bins.start_s, late.office)
    recent = replace(recent, people=people(connection, named, *bounds, calendar), online=there)
    return Raw(
        named, first, last, recent, months, _histories(books, first, last, shifts), tuple(_days(books, first, last)),
        _load(late), _heat(late), _gaps(found.bins), _recent_demand(books, "down"), _recent_demand(books, "up"),
        calendar, tuple(KnownStep(shift.day, shift.permille, shift.note) for shift in shifts),
    )  # fmt: skip


def _monday(day: date) -> date:
    return day - day.weekday() * _DAY


def _places(books: _Books, first: date, last: date) -> slice:
    """The bins of local days, as far as there are any."""
    zone, start_s, number = books.seen.calendar.zone, books.seen.bins.start_s, len(books.seen.bins)
    ends = ((start_of(day, zone) - start_s) // BIN_S for day in (first, last + _DAY))
    begin, end = (min(max(at, 0), number) for at in ends)
    return slice(begin, end)


def _months(books: _Books, first: date, last: date) -> Iterator[Month]:
    """Month by month; as a month's demand is estimated its office bins take it, in `books.demand`."""
    for month in months_between(first, last):
        at = _places(books, month, _last_of(month))
        inside = books.seen.sliced(at)
        if not len(inside.bins):
            continue
        everything = np.ones(len(inside.bins), dtype=np.bool_)
        estimated = {way: _estimate(books, at, way) for way in ("down", "up")}
        ceilings = inside.bins.ceiling_down_bits
        yield Month(
            month, part(inside.bins, everything), part(inside.bins, inside.office), estimated["down"][0],
            estimated["up"][0], int(ceilings[-1]) // BIN_S or None, estimated["down"][1],
        )  # fmt: skip


def _last_of(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - _DAY


def _estimate(books: _Books, at: slice, way: str) -> tuple[int | None, str]:
    """p95 of a month's demand over office hours and what was found; writes the demand of its bins at the limit."""
    observed = books.seen.observed(way, at)
    found = hidden_demand(observed, SEED, draws=1)
    inside = np.flatnonzero((books.seen.office & books.seen.bins.usable)[at]) + at.start
    if found.classes:
        books.demand[way][inside] = likely_demand(observed, found)
    return hidden(found, way).demand_bps, found.finding.value


def _recent_demand(books: _Books, way: str) -> IntArray:
    office = books.seen.office[books.recent]
    usable = books.seen.bins.usable[books.recent][office]
    return np.where(usable, books.demand[way][books.recent][office], -1)


def _histories(
    books: _Books, first: date, last: date, shifts: Sequence[LevelShift]
) -> dict[str, forecasting.Study | Refusal]:
    """Back-tests of demand (down, up) and of volume per working day: by weeks, from two years on by months."""
    grain = Grain.MONTH if (last - first).days >= 730 else Grain.WEEK
    begins = first.replace(day=1) if grain is Grain.MONTH else _monday(first)
    number = len(months_between(first, last)) if grain is Grain.MONTH else (_monday(last + _DAY) - begins).days // 7
    values: dict[str, list[int]] = {what: [] for what in WHATS}
    shares: dict[str, list[int]] = {"office": [], "working": []}
    for span in spans(grain, begins, max(number, 1)):
        at = _places(books, span.first, span.last)
        bins, office = books.seen.bins, books.seen.office[at]
        usable, working = bins.usable[at], books.seen.working[at]
        for way in ("down", "up"):
            values[way].append(percentile(books.demand[way][at][usable & office]) or 0)
        days = int(working.sum()) / 288
        octets = int((bins.down[at] + bins.up[at])[working].sum())
        values["volume"].append(round(octets / days) if days >= 1 else 0)
        shares["office"].append(_permille(int((usable & office).sum()), int(office.sum())))
        shares["working"].append(_permille(int((usable & working).sum()), int(working.sum())))
    return {what: _studied(books, grain, begins, values[what], shares, what, shifts) for what in WHATS}


def _studied(
    books: _Books, grain: Grain, begins: date, values: Sequence[int], shares: dict[str, list[int]], what: str,
    shifts: Sequence[LevelShift],
) -> forecasting.Study | Refusal:  # fmt: skip
    share = shares["working" if what == "volume" else "office"]
    history = History(grain, begins, np.array(values, np.int64), np.array(share, np.int64), tuple(shifts))
    horizon = longest_horizon(history)
    if horizon < 1:
        return Refusal(0, grain.half_year)
    return forecasting.study(history, horizon, books.seen.calendar)


def _permille(part_of: int, whole: int) -> int:
    return 1000 * part_of // whole if whole else 0


def _days(books: _Books, first: date, last: date) -> Iterator[DayUse]:
    """Each working day's p95 of use in office hours, busier direction of the day, with the ceiling at noon."""
    seen_, zone = books.seen, books.seen.calendar.zone
    for day in seen_.calendar.working_days(first, last):
        at = _places(books, day, day)
        usable = (seen_.bins.usable & seen_.office)[at]
        rates = percentile(seen_.bins.down[at][usable]) if usable.any() else None
        noon = (int(local_instant(day, _NOON, zone).timestamp()) - seen_.bins.start_s) // BIN_S
        ceiling = int(seen_.bins.ceiling_down_bits[min(noon, len(seen_.bins) - 1)]) // BIN_S
        limits = saturation(seen_.sliced(at).bins, seen_.office[at])
        yield DayUse(day, None if rates is None else rate_bps(rates), ceiling, limits.at_limit, limits.bounded)


def _gaps(bins: Bins) -> tuple[tuple[int, int], ...]:
    """The longest runs of bins of which nothing is known, from six hours on, in order of time."""
    missing = np.concatenate([[False], bins.state == State.MISSING, [False]])
    edges = np.flatnonzero(missing[1:] != missing[:-1])
    runs = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= _LEAST_GAP]
    longest = sorted(sorted(runs, key=lambda run: run[0] - run[1])[:_MOST_GAPS])
    return tuple((bins.start_s + BIN_S * a, bins.start_s + BIN_S * b) for a, b in longest)


def _load(late: Seen) -> tuple[tuple[int, int], ...]:
    percents = (0, 1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100)
    octets = late.bins.down[late.bins.usable]
    return tuple(zip(percents, (rate_bps(each) for each in load_duration(octets, percents)), strict=False))


def _heat(late: Seen) -> tuple[tuple[int | None, ...], ...]:
    """Mean download by weekday and clock hour over the usable bins."""
    usable = late.bins.usable
    weekday = (late.times.day[usable] + 6) % 7  # the ordinal 1 was a Monday
    place = 24 * weekday + late.times.hour[usable]
    counts = np.bincount(place, minlength=168)
    sums = np.zeros(168, dtype=np.int64)
    np.add.at(sums, place, late.bins.down[usable])
    means = [rate_bps(int(total), BIN_S * int(n)) if n else None for total, n in zip(sums, counts, strict=True)]
    return tuple(tuple(means[24 * day : 24 * day + 24]) for day in range(7))


def finished(found: Raw, pool: dict[str, Sequence[Trials]]) -> Study:
    """With forecasts; `pool`: the back-tests of all subjects by figure, for those whose own are few."""
    outlooks = tuple(_outlook(found, what, pool.get(what, ())) for what in WHATS)
    return Study(
        found.named.word, found.named.key, found.first, found.last, found.recent, found.months, outlooks, found.days,
        found.load, found.heat, found.gaps, growth(found.months), SEED, METHOD, found.steps,
    )  # fmt: skip


def _outlook(found: Raw, what: str, others: Sequence[Trials]) -> Outlook:
    studied = found.studies[what]
    if isinstance(studied, Refusal):
        return Outlook(
            what, "week", "", False, (), None, None, None, None, 0, 0, 0, False, (studied.known, studied.needed)
        )
    told = forecast(studied, others)
    months = tuple(
        Ahead(
            m.first, m.working_days, m.is_whole, m.forecast, m.low, m.high, m.low_80, m.high_80, m.naive,
            m.basis.value, m.widened,
        )
        for m in by_month(told.points, found.calendar)[:_HORIZON_MONTHS]
        if _last_of(m.first) > found.last  # else its last days alone are ahead of the last whole week
    )  # fmt: skip
    return Outlook(
        what, studied.grain.value, told.method.value, told.naive_was_better, months, _thousandths(told.scores.coverage),
        _thousandths(told.coverage_80), _thousandths(_mase(told, studied)), _thousandths(told.naive_scores.mase),
        told.scores.scored, told.periods, told.dropped, told.effects.ramadan is not None,
    )  # fmt: skip


def _mase(told: Forecast, studied: forecasting.Study) -> float | None:
    """The model's own error, also where the seasonal naive is used because of it."""
    return mase(studied.trials) if told.naive_was_better else told.scores.mase


def _thousandths(value: float | None) -> int | None:
    return None if value is None else round(1000 * value)


def trials_of(found: Sequence[Raw]) -> dict[str, Sequence[Trials]]:
    """The back-tests of all subjects by figure."""
    return {
        what: [each.used for raw_ in found if not isinstance(each := raw_.studies[what], Refusal)] for what in WHATS
    }


def growth(months: Sequence[Month]) -> int | None:
    """Thousandths by which demand (download) grows in a year: the median slope between its whole months.

    None with less than half a year of them. A month that is not whole, or lacks data, says nothing.
    """
    known = [
        (12 * month.month.year + month.month.month, month.demand_down_bps)
        for month in months[:-1]
        if month.demand_down_bps and month.office.coverage >= 0.7 and month.whole.expected >= _WHOLE_MONTH
    ]
    slopes = [
        math.log(later / earlier) / (after - before)
        for (before, earlier), (after, later) in combinations(known, 2)
    ]  # fmt: skip
    return round(1000 * math.expm1(12 * median(slopes))) if len(known) >= _LEAST_MONTHS else None
