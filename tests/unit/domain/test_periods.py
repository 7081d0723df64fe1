"""The known answers for periods: days of 23 to 25 hours, clipped reset days, budget years."""

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from netquota.domain.periods import (
    Period,
    PeriodKind,
    bounds,
    bounds_after_change,
    current,
    local_instant,
    starts_within,
)
from netquota.errors import InvalidValue

JAKARTA = ZoneInfo("Asia/Jakarta")
ZONES = {
    "Jakarta": "Asia/Jakarta",
    "Jayapura": "Asia/Jayapura",
    "Berlin": "Europe/Berlin",
    "Cairo": "Africa/Cairo",
    "Havana": "America/Havana",
}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "rule", "zone", "now", "start", "end", "hours"),
    [
        ("day", {}, "Jakarta", "2026-03-31 17:00", "2026-03-31 17:00", "2026-04-01 17:00", 24),
        ("day", {}, "Jayapura", "2026-03-31 17:00", "2026-03-31 15:00", "2026-04-01 15:00", 24),
        ("day", {}, "Berlin", "2026-03-29 12:00", "2026-03-28 23:00", "2026-03-29 22:00", 23),
        ("day", {}, "Berlin", "2026-10-25 12:00", "2026-10-24 22:00", "2026-10-25 23:00", 25),
        ("day", {}, "Cairo", "2024-04-26 12:00", "2024-04-25 22:00", "2024-04-26 21:00", 23),
        ("day", {}, "Havana", "2024-11-03 12:00", "2024-11-03 04:00", "2024-11-04 05:00", 25),
        ("day", {"reset_time": time(6)}, "Jakarta", "2026-05-04 22:59:59", "2026-05-03 23:00", "2026-05-04 23:00", 24),
        ("week", {}, "Jakarta", "2026-01-01 00:00", "2025-12-28 17:00", "2026-01-04 17:00", 168),
        ("month", {}, "Jakarta", "2026-02-28 16:59:59", "2026-01-31 17:00", "2026-02-28 17:00", 672),
        ("month", {"reset_day": 31}, "Jakarta", "2026-02-27 17:00", "2026-02-27 17:00", "2026-03-30 17:00", 744),
        ("month", {}, "Berlin", "2026-03-15 00:00", "2026-02-28 23:00", "2026-03-31 22:00", 743),
        (
            "quarter",
            {"reset_day": 31, "month": 2},
            "Jakarta",
            "2026-05-15 00:00",
            "2026-02-27 17:00",
            "2026-05-30 17:00",
            2208,
        ),
        (
            "budget",
            {"reset_day": 15, "month": 7},  # it is a calendar year whatever else is set
            "Jakarta",
            "2026-12-31 16:59:59",
            "2025-12-31 17:00",
            "2026-12-31 17:00",
            8760,
        ),
        ("year", {}, "Jakarta", "2026-12-31 16:59:59", "2025-12-31 17:00", "2026-12-31 17:00", 8760),
        (
            "year",
            {"reset_day": 29, "month": 2},
            "Jakarta",
            "2027-03-01 00:00",
            "2027-02-27 17:00",
            "2028-02-28 17:00",
            8784,
        ),
        ("every", {"every_n": 10}, "Jakarta", "2026-01-31 00:00", "2026-01-24 17:00", "2026-02-03 17:00", 240),
        ("every", {"every_n": 10}, "Jakarta", "2025-12-31 00:00", "2025-12-25 17:00", "2026-01-04 17:00", 240),
        (
            "every",
            {"every_n": 3, "anchor": date(2026, 3, 27)},
            "Berlin",
            "2026-03-30 00:00",
            "2026-03-29 22:00",
            "2026-04-01 22:00",
            72,
        ),
    ],
)
def test_a_period_begins_and_ends_by_the_local_clock(
    kind: str, rule: dict[str, Any], zone: str, now: str, start: str, end: str, hours: int
) -> None:
    period = Period(PeriodKind(kind), ZoneInfo(ZONES[zone]), **rule)
    found = bounds(period, utc(now))
    assert found == (utc(start), utc(end))
    assert (found[1] - found[0]).total_seconds() == hours * 3600
    assert current(period, utc(now)) == (int(utc(start).timestamp()), int(utc(end).timestamp()))


@pytest.mark.parametrize(
    ("zone", "day", "at", "instant"),
    [
        (
            "Europe/Berlin",
            date(2026, 3, 29),
            time(2, 30),
            "2026-03-29 01:00",
        ),  # skipped: the first instant after the gap
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), "2026-10-25 00:30"),  # comes twice: the first
        ("Africa/Cairo", date(2024, 4, 26), time(0), "2024-04-25 22:00"),
        ("Pacific/Apia", date(2011, 12, 30), time(9), "2011-12-30 10:00"),  # a day that never was
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03 15:30"),  # half an hour
        ("Asia/Jakarta", date(2026, 3, 29), time(7, 30, 15), "2026-03-29 00:30:15"),
    ],
)
def test_a_local_time_that_is_skipped_or_comes_twice_means_one_instant(
    zone: str, day: date, at: time, instant: str
) -> None:
    assert local_instant(day, at, ZoneInfo(zone)) == utc(instant)


def test_week_may_start_on_sunday() -> None:
    start, _ = bounds(Period(PeriodKind.WEEK, JAKARTA, week_start=6), utc("2026-01-01 00:00"))
    assert start == utc("2025-12-27 17:00")


def test_a_changed_rule_ends_the_running_period_at_its_own_next_start() -> None:
    by_month, by_week = Period(PeriodKind.MONTH, JAKARTA), Period(PeriodKind.WEEK, JAKARTA)
    assert bounds_after_change(by_month, by_week, utc("2026-04-15 05:00")) == (
        utc("2026-03-31 17:00"),
        utc("2026-04-19 17:00"),
    )


def test_edges_lie_strictly_inside_what_is_divided() -> None:
    days = Period(PeriodKind.DAY, JAKARTA)
    first, second = (int(utc(text).timestamp()) for text in ("2026-01-01 17:00", "2026-01-02 17:00"))
    assert starts_within(days, first - 60, second + 1) == [first, second]
    assert starts_within(days, first, second) == []
    assert starts_within(days, first + 9, first + 9) == []


@pytest.mark.parametrize(
    "rule",
    [
        {"reset_day": 0},
        {"reset_day": 32},
        {"month": 13},
        {"week_start": 7},
        {"every_n": 0},
        {"reset_time": time(0, tzinfo=UTC)},
    ],
)
def test_an_impossible_rule_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        Period(PeriodKind.MONTH, JAKARTA, **rule)
