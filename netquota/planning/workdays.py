"""Working days and office hours in local time: which days count, which bins lie in them, how many are in Ramadan.

Holidays, collective leave and Ramadan come in as values: the government decrees them each year.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

import numpy as np

from netquota.domain.periods import local_instant
from netquota.errors import InvalidValue
from netquota.planning.samples import BIN_S, BoolArray, IntArray

MONDAY_TO_FRIDAY = frozenset(range(5))
_ONE_DAY = timedelta(days=1)

DayHours: TypeAlias = tuple[time, time] | None
"""Opening and closing local time of a weekday, None where the office is closed."""


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """A city's days: its zone, days off (holidays and collective leave alike) and Ramadans as (first, last) days.

    `collective_leave` (*cuti bersama*) names those of the days off that are leave, for the forecast's calendar.
    """

    zone: ZoneInfo
    days_off: frozenset[date] = frozenset()
    ramadans: tuple[tuple[date, date], ...] = ()
    collective_leave: frozenset[date] = frozenset()
    weekdays: frozenset[int] = MONDAY_TO_FRIDAY

    def __post_init__(self) -> None:
        for first, last in self.ramadans:
            if first > last:
                raise InvalidValue("ramadans", (first, last), "put the first day before the last")

    def is_working_day(self, day: date) -> bool:
        """Monday to Friday (or the weekdays set), and no day off."""
        return day.weekday() in self.weekdays and day not in self.days_off

    def in_ramadan(self, day: date) -> bool:
        """Whether the day lies in a Ramadan of the confirmed table."""
        return any(first <= day <= last for first, last in self.ramadans)

    def working_days(self, first: date, last: date) -> list[date]:
        """The working days from `first` to `last`, both included."""
        return [day for day in days_between(first, last) if self.is_working_day(day)]


def days_between(first: date, last: date) -> Iterator[date]:
    """All days from `first` to `last`, both included."""
    for step in range((last - first).days + 1):
        yield first + step * _ONE_DAY


def _week(monday_to_thursday: tuple[time, time], friday: tuple[time, time]) -> tuple[DayHours, ...]:
    return (monday_to_thursday,) * 4 + (friday, None, None)


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """An office's hours by weekday (Monday first), and in Ramadan; breaks are included.

    The defaults are computed from Perpres 21/2023 (start 07.30, 37.5 h a week net; in Ramadan 08.00, 32.5 h); each
    mayor may set others. Raises `InvalidValue`.
    """

    usual: tuple[DayHours, ...] = field(default=_week((time(7, 30), time(16)), (time(7, 30), time(16, 30))))
    ramadan: tuple[DayHours, ...] = field(default=_week((time(8), time(15)), (time(8), time(15, 30))))

    def __post_init__(self) -> None:
        for name, week in (("usual", self.usual), ("ramadan", self.ramadan)):
            if len(week) != 7:
                raise InvalidValue(name, len(week), "give seven days, Monday first")
            for hours in week:
                if hours is not None and hours[0] >= hours[1]:
                    raise InvalidValue(name, hours, "an office opens before it closes, on one day")

    def on(self, day: date, calendar: WorkCalendar) -> DayHours:
        """The hours of a local day; None where the office is closed."""
        if day in calendar.days_off:
            return None
        return (self.ramadan if calendar.in_ramadan(day) else self.usual)[day.weekday()]


def in_office_hours(start_s: int, number: int, hours: OfficeHours, calendar: WorkCalendar) -> BoolArray:
    """Which of the consecutive bins belong to office hours: a bin belongs if its start does."""
    inside = np.zeros(number, dtype=np.bool_)
    for day, first, last in _bins_of_days(start_s, number, calendar.zone):
        span = hours.on(day, calendar)
        if span is not None:
            opens, closes = (bin_from(start_s, day, at, calendar.zone) for at in span)
            inside[max(opens, first) : max(min(closes, last), first)] = True
    return inside


def on_working_days(start_s: int, number: int, calendar: WorkCalendar) -> BoolArray:
    """Which of the consecutive bins start on a working day (local)."""
    inside = np.zeros(number, dtype=np.bool_)
    for day, first, last in _bins_of_days(start_s, number, calendar.zone):
        inside[first:last] = calendar.is_working_day(day)
    return inside


@dataclass(frozen=True, slots=True, eq=False)
class LocalTimes:
    """Local day (proleptic ordinal) and clock hour of each bin's start."""

    day: IntArray
    hour: IntArray


def local_times(start_s: int, number: int, zone: ZoneInfo) -> LocalTimes:
    """The local day and clock hour of consecutive bins."""
    day, hour = np.zeros(number, dtype=np.int64), np.zeros(number, dtype=np.int64)
    for local_day, first, last in _bins_of_days(start_s, number, zone):
        day[first:last] = local_day.toordinal()
        for clock in range(24):
            hour[max(bin_from(start_s, local_day, time(clock), zone), first) : last] = clock
    return LocalTimes(day, hour)


def bin_from(start_s: int, day: date, at: time, zone: ZoneInfo) -> int:
    """Index of the first bin that starts at or after a local time; may lie outside the range."""
    return -((start_s - int(local_instant(day, at, zone).timestamp())) // BIN_S)


def _bins_of_days(start_s: int, number: int, zone: ZoneInfo) -> Sequence[tuple[date, int, int]]:
    """(local day, its first bin, the first bin after it), clipped to the range."""
    if not number:
        return []
    first_day, last_day = (
        datetime.fromtimestamp(at, UTC).astimezone(zone).date() for at in (start_s, start_s + BIN_S * (number - 1))
    )
    edges = [bin_from(start_s, day, time(0), zone) for day in days_between(first_day, last_day + _ONE_DAY)]
    clipped = [min(max(edge, 0), number) for edge in edges]
    return list(zip(days_between(first_day, last_day), clipped, clipped[1:], strict=False))
