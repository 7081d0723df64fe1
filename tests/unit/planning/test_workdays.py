"""Office hours and working days: local time, Ramadan, days off; the table of working days of planning.md part 3."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
import numpy as np
import pytest

from netquota.errors import InvalidValue
from netquota.planning.samples import BIN_S
from netquota.planning.workdays import OfficeHours, WorkCalendar, in_office_hours, local_times, on_working_days

JAKARTA = ZoneInfo("Asia/Jakarta")
YEARS = {
    2025: (19, 20, 19, 16, 17, 18, 23, 20, 21, 23, 20, 21),
    2026: (20, 18, 17, 21, 16, 20, 23, 19, 22, 22, 21, 21),
    2027: (19, 19, 15, 22, 16, 21, 22, 21, 22, 21, 22, 22),
}


def national(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("ID", years=year, categories=("public", "government")))


@pytest.mark.parametrize("year", YEARS)
def test_working_days_by_month(year: int) -> None:
    calendar = WorkCalendar(JAKARTA, national(year))
    counted = tuple(
        len(calendar.working_days(date(year, month, 1), date(year, month, monthrange(year, month)[1])))
        for month in range(1, 13)
    )
    assert counted == YEARS[year]


def test_2026_has_25_days_off_of_which_8_are_collective_leave() -> None:
    leave = holidays.country_holidays("ID", years=2026, categories=("government",))
    assert (len(national(2026)), len(leave)) == (25, 8)


def marked(day: date, calendar: WorkCalendar, hours: OfficeHours | None = None) -> tuple[time, time, int] | None:
    """First and last bin's local start within office hours, and how many bins, of one local day."""
    start = datetime.combine(day, time(0), calendar.zone)
    inside = in_office_hours(int(start.timestamp()), 288, hours or OfficeHours(), calendar)
    if not inside.any():
        return None
    at = np.flatnonzero(inside)
    first, last = ((start + timedelta(seconds=BIN_S * int(each))).time() for each in (at[0], at[-1]))
    return first, last, len(at)


RAMADAN = ((date(2026, 2, 18), date(2026, 3, 19)),)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 1, 5), (time(7, 30), time(15, 55), 102)),
        (date(2026, 1, 9), (time(7, 30), time(16, 25), 108)),
        (date(2026, 1, 10), None),
        (date(2026, 1, 1), None),  # New Year
        (date(2026, 2, 19), (time(8), time(14, 55), 84)),
        (date(2026, 2, 20), (time(8), time(15, 25), 90)),
    ],
)
def test_office_hours_of_a_day(day: date, expected: tuple[time, time, int] | None) -> None:
    assert marked(day, WorkCalendar(JAKARTA, national(2026), RAMADAN)) == expected


def test_an_office_may_set_hours_of_its_own_and_work_on_saturdays() -> None:
    week = (((time(7), time(14)),) * 6) + (None,)
    assert marked(date(2026, 1, 10), WorkCalendar(JAKARTA), OfficeHours(week, week)) == (time(7), time(13, 55), 84)


@pytest.mark.parametrize("week", [((time(8), time(8)),) * 7, (None,) * 6])
def test_hours_that_cannot_be_are_refused(week: tuple[tuple[time, time] | None, ...]) -> None:
    with pytest.raises(InvalidValue):
        OfficeHours(usual=week)


def test_a_ramadan_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidValue, match="ramadans"):
        WorkCalendar(JAKARTA, ramadans=((date(2026, 3, 19), date(2026, 2, 18)),))


def test_working_bins_are_those_of_local_working_days() -> None:
    calendar = WorkCalendar(JAKARTA, frozenset({date(2026, 1, 6)}))
    start = datetime(2026, 1, 4, 17, tzinfo=UTC)  # Monday 00.00 in Jakarta
    inside = on_working_days(int(start.timestamp()), 3 * 288, calendar)
    assert inside.reshape(3, 288).all(axis=1).tolist() == [True, False, True]
    assert inside.sum() == 2 * 288
    assert len(on_working_days(0, 0, calendar)) == 0


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Europe/Berlin", "America/Havana", "Asia/Kathmandu"])
def test_local_day_and_hour_agree_with_the_clock_also_where_it_jumps(zone: str) -> None:
    here = ZoneInfo(zone)
    for start in (datetime(2026, 3, 28, 3, 25, tzinfo=UTC), datetime(2026, 10, 24, 3, tzinfo=UTC)):
        start_s = int(start.timestamp())
        times = local_times(start_s, 600, here)
        for at in range(600):
            local = datetime.fromtimestamp(start_s + BIN_S * at, UTC).astimezone(here)
            expected = (local.toordinal(), local.hour)
            if (local.utcoffset(), expected) != (local.replace(fold=1).utcoffset(), expected):
                continue  # an hour that comes twice: the first of both may be meant
            assert (times.day[at], times.hour[at]) == expected
