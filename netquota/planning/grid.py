"""The weeks or months that a history and its forecast are counted in, and what the calendar says of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

import numpy as np

from netquota.errors import InvalidValue
from netquota.planning.normal import FloatArray
from netquota.planning.workdays import WorkCalendar, days_between

_ONE_DAY = timedelta(days=1)
YEARS_END = (24, 31)
"""First and last day of December on which offices are half empty."""


class Grain(StrEnum):
    """How long one period lasts: a week from Monday, or a calendar month."""

    WEEK = "week"
    MONTH = "month"

    @property
    def season(self) -> int:
        """Periods in a year."""
        return 52 if self is Grain.WEEK else 12

    @property
    def longest(self) -> int:
        """Periods in 24 months: no forecast reaches further."""
        return 2 * self.season

    @property
    def half_year(self) -> int:
        """Periods in 26 weeks: with less there is no forecast."""
        return self.season // 2


@dataclass(frozen=True, slots=True)
class Span:
    """One period by its first and last local day."""

    first: date
    last: date

    @property
    def middle(self) -> date:
        """The day that says which month and year a week belongs to (its Thursday)."""
        return self.first + (self.last - self.first) // 2


def spans(grain: Grain, first: date, number: int) -> list[Span]:
    """So many consecutive periods; `first` is a Monday or the first of a month. Raises `InvalidValue`."""
    if grain is Grain.WEEK:
        if first.weekday() != 0:
            raise InvalidValue("first", first, "a week begins on a Monday")
        starts = [first + 7 * at * _ONE_DAY for at in range(number + 1)]
    else:
        if first.day != 1:
            raise InvalidValue("first", first, "a month begins on its first day")
        starts = [_months_on(first, at) for at in range(number + 1)]
    return [Span(start, after - _ONE_DAY) for start, after in pairwise(starts)]


def _months_on(first: date, months: int) -> date:
    year, month0 = divmod(12 * first.year + first.month - 1 + months, 12)
    return date(year, month0 + 1, 1)


def working_days(periods: Sequence[Span], calendar: WorkCalendar) -> list[int]:
    """Working days of each period, known ahead as far as holidays are."""
    return [len(calendar.working_days(period.first, period.last)) for period in periods]


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """Shares (0-1) of each period's working days in Ramadan, and in weeks of collective leave or at the year's end."""

    ramadan: FloatArray
    leave: FloatArray


def shares(periods: Sequence[Span], calendar: WorkCalendar) -> Shares:
    """How much of each period lies in Ramadan and in the weeks in which offices are half empty."""
    leave_weeks = {_week(day) for day in calendar.collective_leave}

    def is_leave(day: date) -> bool:
        ends_year = day.month == 12 and YEARS_END[0] <= day.day <= YEARS_END[1]
        return ends_year or _week(day) in leave_weeks

    rows: list[tuple[float, float]] = []
    for period in periods:
        days = calendar.working_days(period.first, period.last)
        number = max(len(days), 1)
        rows.append(
            (sum(calendar.in_ramadan(day) for day in days) / number, sum(is_leave(day) for day in days) / number)
        )
    table = np.array(rows, dtype=np.float64).reshape(-1, 2)
    return Shares(table[:, 0], table[:, 1])


def _week(day: date) -> date:
    return day - day.weekday() * _ONE_DAY


def ramadans_within(periods: Sequence[Span], calendar: WorkCalendar) -> int:
    """How many Ramadans have a day in any of the periods."""
    days = {day for period in periods for day in days_between(period.first, period.last)}
    return sum(any(day in days for day in days_between(first, last)) for first, last in calendar.ramadans)
