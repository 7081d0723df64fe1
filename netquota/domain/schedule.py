"""Schedules: named windows of local time that give another rate or plan; which one holds now, and until when.

Holidays are asked of the caller. The answers hold until `next_edge`, so callers keep them until then.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from netquota.domain.periods import local_instant
from netquota.domain.units import Rate
from netquota.errors import InvalidValue

EVERY_DAY = frozenset(range(7))

_ONE_DAY = timedelta(days=1)
_A_WEEK_AHEAD = 9
_A_YEAR_AHEAD = 400


class Holidays(StrEnum):
    """Whether a window asks if the day it begins on is a holiday."""

    ANY = "any"
    ONLY = "only"
    EXCEPT = "except"


class Season(StrEnum):
    """Whether a window asks if the day it begins on is in Ramadan, by the days that the office confirmed."""

    ANY = "any"
    ONLY = "only"
    EXCEPT = "except"


Span = tuple[date, date]
"""First and last local day, both included."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `from_time` to `to_time` local, on the days that all conditions allow.

    Where `to_time` is not after `from_time` the window ends on the next day (equal: 24 hours); weekday (0 Monday to 6
    Sunday), date, holiday and season are those of its beginning. `ramadans`: the spans that `season` asks for.
    Raises `InvalidValue`.
    """

    name: str
    weekdays: frozenset[int] = EVERY_DAY
    from_time: time = time(0)
    to_time: time = time(0)
    dates: Span | None = None
    holidays: Holidays = Holidays.ANY
    rate: Rate | None = None
    plan_key: str | None = None
    season: Season = Season.ANY
    ramadans: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= EVERY_DAY:
            raise InvalidValue("weekdays", sorted(self.weekdays), "name at least one day, 0 (Monday) to 6 (Sunday)")
        if self.dates is not None and self.dates[0] > self.dates[1]:
            raise InvalidValue("dates", self.dates, "put the first date before the last")

    def begins_on(self, day: date, is_holiday: Callable[[date], bool]) -> bool:
        """Whether the window begins on this local day."""
        if day.weekday() not in self.weekdays:
            return False
        if self.dates is not None and not self.dates[0] <= day <= self.dates[1]:
            return False
        if self.season is not Season.ANY:
            within = any(first <= day <= last for first, last in self.ramadans)
            if within is not (self.season is Season.ONLY):
                return False
        return self.holidays is Holidays.ANY or is_holiday(day) is (self.holidays is Holidays.ONLY)

    def span(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Start and end (UTC) of the window that begins on `day`; empty where the clock skips it all."""
        last = day if self.to_time > self.from_time else day + _ONE_DAY
        return local_instant(day, self.from_time, zone), local_instant(last, self.to_time, zone)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Windows in order of precedence: the first that holds wins."""

    key: str
    zone: ZoneInfo
    windows: tuple[Window, ...]


def window_at(schedule: Schedule, now: datetime, is_holiday: Callable[[date], bool]) -> Window | None:
    """The window in force at `now` (aware), None outside of all."""
    today = now.astimezone(schedule.zone).date()
    # A window of yesterday may reach into today; tomorrow's may have begun where a clock went back over midnight.
    days = (today, today - _ONE_DAY, today + _ONE_DAY)
    return next((window for window in schedule.windows if _holds(window, schedule.zone, days, now, is_holiday)), None)


def next_edge(schedule: Schedule, now: datetime, is_holiday: Callable[[date], bool]) -> datetime | None:
    """The first moment (UTC) after `now` at which `window_at` answers differently, None without one within a year.

    Exact over midnight and changes of the clock. It costs up to milliseconds: keep the answer until it passes.
    """
    here = window_at(schedule, now, is_holiday)
    today = now.astimezone(schedule.zone).date()
    for days_ahead in _horizons(schedule):
        # What begins later than the horizon's last day cannot have an edge before that day.
        limit = local_instant(today + timedelta(days=days_ahead), time(0), schedule.zone)
        edges = {edge for edge in _edges(schedule, today, days_ahead, is_holiday) if now < edge <= limit}
        for edge in sorted(edges):
            if window_at(schedule, edge, is_holiday) is not here:
                return edge
    return None


def _holds(
    window: Window, zone: ZoneInfo, days: tuple[date, ...], now: datetime, is_holiday: Callable[[date], bool]
) -> bool:
    for day in days:
        if window.begins_on(day, is_holiday):
            start, end = window.span(day, zone)
            if start <= now < end:
                return True
    return False


def _horizons(schedule: Schedule) -> tuple[int, ...]:
    """Without dates, holidays and seasons the week repeats itself, so looking further is in vain."""
    if all(_is_weekly(window) for window in schedule.windows):
        return (_A_WEEK_AHEAD,)
    return (_A_WEEK_AHEAD, _A_YEAR_AHEAD)


def _is_weekly(window: Window) -> bool:
    return window.dates is None and window.holidays is Holidays.ANY and window.season is Season.ANY


def _edges(schedule: Schedule, today: date, days_ahead: int, is_holiday: Callable[[date], bool]) -> Iterator[datetime]:
    for offset in range(-2, days_ahead + 1):
        day = today + timedelta(days=offset)
        for window in schedule.windows:
            if window.begins_on(day, is_holiday):
                yield from window.span(day, schedule.zone)
