"""Quota periods as pure functions of a rule and a moment: local calendar days, weeks, months, turned into UTC instants.

Nothing here remembers anything: callers keep the bounds they were given until the end has come.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from netquota.errors import InvalidValue

_ONE_DAY = timedelta(days=1)
_ONE_SECOND = timedelta(seconds=1)


class PeriodKind(StrEnum):
    """How long a period lasts; `budget` is the budget year (UU 17/2003), `every` counts local days from an anchor."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    BUDGET = "budget"
    EVERY = "every"


_MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.YEAR: 12, PeriodKind.BUDGET: 12}


@dataclass(frozen=True, slots=True)
class Period:
    """A rule for periods, each beginning at local `reset_time` of its first day.

    `reset_day` (1-31, clipped to shorter months) holds for month, quarter and year, but not for the budget year, which
    is a calendar year; quarters and years are counted from `month` (1-12); `week_start` is 0 for Monday to 6 for
    Sunday; `every_n` (days) and `anchor` (the local first day of some period) belong to `every`. Raises `InvalidValue`.
    """

    kind: PeriodKind
    zone: ZoneInfo
    reset_time: time = time(0)
    reset_day: int = 1
    month: int = 1
    week_start: int = 0
    every_n: int = 1
    anchor: date = date(2026, 1, 5)

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("reset_day", self.reset_day, 1, 31),
            ("month", self.month, 1, 12),
            ("week_start", self.week_start, 0, 6),
            ("every_n", self.every_n, 1, 3660),
        ):
            if not least <= value <= most:
                raise InvalidValue(name, value, f"give a number from {least} to {most}")
        if self.reset_time.tzinfo is not None:
            raise InvalidValue("reset_time", self.reset_time, "give a local time; the zone stands beside it")


def bounds(period: Period, now: datetime) -> tuple[datetime, datetime]:
    """Start and end (aware, UTC) of the period that holds `now` (aware): start <= now < end, and ends meet starts."""
    first = _first_day(period, now.astimezone(period.zone).date())
    start = local_instant(first, period.reset_time, period.zone)
    while start > now:
        first = _first_day(period, first - _ONE_DAY)
        start = local_instant(first, period.reset_time, period.zone)
    end = start
    while end <= now:
        first, start = _following_first_day(period, first), end
        end = local_instant(first, period.reset_time, period.zone)
    return start, end


def current(period: Period, now: datetime) -> tuple[int, int]:
    """`bounds` as whole epoch seconds, (start_s, end_s): what ledger rows are keyed by."""
    start, end = bounds(period, now)
    return int(start.timestamp()), int(end.timestamp())


def starts_within(period: Period, from_s: int, to_s: int) -> list[int]:
    """Starts of periods strictly between two epoch seconds, ascending: the edges over which a report is divided."""
    starts: list[int] = []
    at_s = from_s
    while at_s < to_s:
        _, at_s = current(period, datetime.fromtimestamp(at_s, UTC))
        if at_s < to_s:
            starts.append(at_s)
    return starts


def bounds_after_change(old: Period, new: Period, now: datetime) -> tuple[datetime, datetime]:
    """The running period once its rule changes at `now`: begun by the old rule, ended by the new."""
    return bounds(old, now)[0], bounds(new, now)[1]


def local_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a local date and time.

    A local time that the clock skips means the first instant after the gap, one that comes twice means the first.
    """
    local = datetime.combine(day, at)
    instant = local.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local:
        return instant
    return _end_of_gap(local.replace(tzinfo=zone, fold=1).astimezone(UTC), instant, zone)


def start_of(day: date, zone: ZoneInfo) -> int:
    """When a local day begins, epoch seconds."""
    return int(local_instant(day, time(0), zone).timestamp())


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first whole second in (before, after] that has the offset of `after`; clocks jump on whole seconds."""
    offset = after.astimezone(zone).utcoffset()
    before = before.replace(microsecond=0)
    low, high = 0, -((before - after) // _ONE_SECOND)
    while high - low > 1:
        middle = (low + high) // 2
        if (before + middle * _ONE_SECOND).astimezone(zone).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return before + high * _ONE_SECOND


def _first_day(period: Period, day: date) -> date:
    """The first day of the period that the local `day` belongs to."""
    match period.kind:
        case PeriodKind.DAY:
            return day
        case PeriodKind.WEEK:
            return day - timedelta(days=(day.weekday() - period.week_start) % 7)
        case PeriodKind.EVERY:
            return day - timedelta(days=(day - period.anchor).days % period.every_n)
        case _:
            months = _MONTHS[period.kind]
            index = 12 * day.year + day.month - _counted_from(period)
            first = _reset_date(period, index - index % months)
            return first if first <= day else _reset_date(period, index - index % months - months)


def _following_first_day(period: Period, first: date) -> date:
    match period.kind:
        case PeriodKind.DAY:
            return first + _ONE_DAY
        case PeriodKind.WEEK:
            return first + timedelta(days=7)
        case PeriodKind.EVERY:
            return first + timedelta(days=period.every_n)
        case _:
            return _reset_date(period, 12 * first.year + first.month - _counted_from(period) + _MONTHS[period.kind])


def _reset_date(period: Period, index: int) -> date:
    """The wanted reset day in a month counted from `month` of year 0, clipped to that month's last day."""
    year, month0 = divmod(index + _counted_from(period) - 1, 12)
    wanted = 1 if period.kind is PeriodKind.BUDGET else period.reset_day
    return date(year, month0 + 1, min(wanted, monthrange(year, month0 + 1)[1]))


def _counted_from(period: Period) -> int:
    """The month from which quarters and years count; a budget year is a calendar year, whatever else is set."""
    return 1 if period.kind is PeriodKind.BUDGET else period.month
