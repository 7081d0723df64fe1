"""A forecast by month from one by week, and volumes from volumes per working day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from netquota.planning.bands import Basis
from netquota.planning.forecast import Point
from netquota.planning.workdays import WorkCalendar, days_between


@dataclass(frozen=True, slots=True)
class MonthAhead:
    """A calendar month ahead: the mean of its periods by their working days.

    `working_days` of the month are covered by the forecast; `is_whole`: all of them. `basis` is that of the least
    certain period.
    """

    first: date
    working_days: int
    is_whole: bool
    forecast: int
    low: int | None
    high: int | None
    low_80: int | None
    high_80: int | None
    naive: int
    basis: Basis
    widened: bool


def volumes(points: Sequence[Point]) -> list[Point]:
    """A forecast of octets per working day as octets of each period."""
    return [
        replace(
            point,
            forecast=point.forecast * point.working_days, naive=point.naive * point.working_days,
            low=_times(point.low, point.working_days), high=_times(point.high, point.working_days),
            low_80=_times(point.low_80, point.working_days), high_80=_times(point.high_80, point.working_days),
        )
        for point in points
    ]  # fmt: skip


def by_month(points: Sequence[Point], calendar: WorkCalendar) -> list[MonthAhead]:
    """Months ahead of a p95, or of a volume per working day, each the mean by working days of what lies in it."""
    parts: dict[date, list[tuple[Point, int]]] = {}
    for point in points:
        counts: dict[date, int] = {}
        for day in calendar.working_days(point.span.first, point.span.last):
            counts[day.replace(day=1)] = counts.get(day.replace(day=1), 0) + 1
        for month, days in counts.items():
            parts.setdefault(month, []).append((point, days))
    return [_month(first, rows, calendar) for first, rows in sorted(parts.items())]


def busiest(months: Sequence[MonthAhead]) -> MonthAhead | None:
    """The month with the highest forecast, ties to the earlier: capacity is bought for it."""
    return max(months, key=lambda month: (month.forecast, -month.first.toordinal()), default=None)


def _month(first: date, rows: Sequence[tuple[Point, int]], calendar: WorkCalendar) -> MonthAhead:
    covered = sum(days for _, days in rows)
    last = next(day for day in days_between(first.replace(day=28), date.max) if day.month != first.month)
    whole = sum(calendar.is_working_day(day) for day in days_between(first, last) if day.month == first.month)
    order = list(Basis)

    def mean(name: str) -> int | None:
        values = [(getattr(point, name), days) for point, days in rows]
        if any(value is None for value, _ in values):
            return None
        return (2 * sum(value * days for value, days in values) + covered) // (2 * covered)

    return MonthAhead(
        first, covered, covered == whole, mean("forecast") or 0, mean("low"), mean("high"), mean("low_80"),
        mean("high_80"), mean("naive") or 0, max((point.basis for point, _ in rows), key=order.index),
        any(point.widened for point, _ in rows),
    )  # fmt: skip


def _times(value: int | None, days: int) -> int | None:
    return None if value is None else value * days
