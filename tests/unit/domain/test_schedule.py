"""Which window holds and until when: first match, midnight, dates, holidays, changes of the clock."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from netquota.domain.schedule import Holidays, Schedule, Season, Window, next_edge, window_at
from netquota.domain.units import Rate
from netquota.errors import InvalidValue

JAKARTA, BERLIN, HAVANA = ZoneInfo("Asia/Jakarta"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/Havana")
WORKDAYS = frozenset(range(5))
FRIDAY = frozenset({4})
HOLIDAY = date(2026, 1, 16)

OFFICE = Window("office", WORKDAYS, time(7, 30), time(16), holidays=Holidays.EXCEPT, rate=Rate(10, 10))
NIGHT = Window("night", FRIDAY, time(22), time(6), rate=Rate(50, 50))
RAMADAN = Window("ramadan", WORKDAYS, time(8), time(15), dates=(date(2026, 2, 18), date(2026, 3, 19)), rate=Rate(5, 5))
FEAST = Window("feast", holidays=Holidays.ONLY, rate=Rate(1, 1))
CITY = Schedule("city", JAKARTA, (RAMADAN, OFFICE, NIGHT, FEAST))


def local(text: str, zone: ZoneInfo = JAKARTA, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def is_holiday(day: date) -> bool:
    return day == HOLIDAY


@pytest.mark.parametrize(
    ("now", "name", "edge"),
    [
        ("2026-01-05 07:29:59", None, "2026-01-05 07:30"),
        ("2026-01-05 07:30", "office", "2026-01-05 16:00"),
        ("2026-01-05 16:00", None, "2026-01-06 07:30"),
        ("2026-01-09 23:00", "night", "2026-01-10 06:00"),  # Friday's, over midnight
        ("2026-01-10 05:59:59", "night", "2026-01-10 06:00"),
        ("2026-01-10 06:00", None, "2026-01-12 07:30"),
        ("2026-01-10 23:00", None, "2026-01-12 07:30"),  # Saturday night is not Friday's
        ("2026-01-15 16:00", None, "2026-01-16 00:00"),  # the holiday begins
        ("2026-01-16 09:00", "feast", "2026-01-16 22:00"),  # no office hours; Friday's night comes first
        ("2026-01-16 23:00", "night", "2026-01-17 06:00"),
        ("2026-02-18 07:45", "office", "2026-02-18 08:00"),
        ("2026-02-18 08:00", "ramadan", "2026-02-18 15:00"),  # first match wins
        ("2026-02-18 15:00", "office", "2026-02-18 16:00"),
        ("2026-03-20 08:00", "office", "2026-03-20 16:00"),  # the day after the last
    ],
)
def test_the_first_window_that_holds_wins_until_its_edge(now: str, name: str | None, edge: str) -> None:
    window = window_at(CITY, local(now), is_holiday)
    assert (window.name if window else None) == name
    assert next_edge(CITY, local(now), is_holiday) == local(edge)


SPANS = ((date(2026, 2, 19), date(2026, 3, 20)), (date(2027, 2, 8), date(2027, 3, 9)))
FASTING = Window("fasting", WORKDAYS, time(8), time(15), season=Season.ONLY, ramadans=SPANS, rate=Rate(5, 5))
USUAL = Window("usual", WORKDAYS, time(7, 30), time(16), season=Season.EXCEPT, ramadans=SPANS, rate=Rate(9, 9))
YEAR = Schedule("year", JAKARTA, (FASTING, USUAL))


@pytest.mark.parametrize(
    ("now", "name", "edge"),
    [
        ("2026-02-18 07:30", "usual", "2026-02-18 16:00"),  # the day before the first
        ("2026-02-19 07:30", None, "2026-02-19 08:00"),
        ("2026-03-20 14:59:59", "fasting", "2026-03-20 15:00"),  # the last day
        ("2026-03-20 15:00", None, "2026-03-23 07:30"),
        ("2027-02-08 08:00", "fasting", "2027-02-08 15:00"),
        ("2028-02-08 08:00", "usual", "2028-02-08 16:00"),  # nobody said when that year's is
    ],
)
def test_hours_of_ramadan_hold_on_the_days_that_are_known(now: str, name: str | None, edge: str) -> None:
    window = window_at(YEAR, local(now), is_holiday)
    assert (window.name if window else None) == name
    assert next_edge(YEAR, local(now), is_holiday) == local(edge)


def test_the_next_ramadan_is_seen_from_afar() -> None:
    only = Schedule("only", JAKARTA, (FASTING,))
    assert next_edge(only, local("2026-03-20 15:00"), is_holiday) == local("2027-02-08 08:00")


def test_an_edge_where_the_same_window_goes_on_is_none() -> None:
    always = Schedule("always", JAKARTA, (Window("always", rate=Rate(1, 1)), OFFICE))
    assert window_at(always, local("2026-01-05 00:00"), is_holiday) is always.windows[0]
    assert next_edge(always, local("2026-01-05 09:00"), is_holiday) is None


def test_a_window_under_another_has_no_edge_of_its_own() -> None:
    lunch = Window("lunch", WORKDAYS, time(12), time(13))
    schedule = Schedule("lunch", JAKARTA, (OFFICE, lunch))
    assert next_edge(schedule, local("2026-01-05 11:00"), is_holiday) == local("2026-01-05 16:00")


def test_a_schedule_without_windows_never_changes() -> None:
    empty = Schedule("empty", JAKARTA, ())
    assert window_at(empty, local("2026-01-05 09:00"), is_holiday) is None
    assert next_edge(empty, local("2026-01-05 09:00"), is_holiday) is None


def test_dates_far_ahead_are_found() -> None:
    fair = Window("fair", dates=(date(2026, 11, 23), date(2026, 11, 23)))
    schedule = Schedule("fair", JAKARTA, (fair,))
    assert next_edge(schedule, local("2026-01-05 09:00"), is_holiday) == local("2026-11-23 00:00")
    assert next_edge(schedule, local("2026-11-23 09:00"), is_holiday) == local("2026-11-24 00:00")
    assert next_edge(schedule, local("2026-11-24 00:00"), is_holiday) is None


def test_the_night_over_a_change_of_the_clock_ends_by_the_local_clock() -> None:
    saturday_night = Schedule("night", BERLIN, (Window("night", frozenset({5}), time(22), time(6)),))
    spring, autumn = local("2026-03-28 23:00", BERLIN), local("2026-10-24 23:00", BERLIN)
    assert next_edge(saturday_night, spring, is_holiday) == datetime(2026, 3, 29, 4, tzinfo=UTC)
    assert next_edge(saturday_night, autumn, is_holiday) == datetime(2026, 10, 25, 5, tzinfo=UTC)


def test_a_window_that_the_clock_skips_does_not_hold() -> None:
    skipped = Schedule("skipped", BERLIN, (Window("skipped", from_time=time(2), to_time=time(3)),))
    assert window_at(skipped, datetime(2026, 3, 29, 1, tzinfo=UTC), is_holiday) is None
    assert next_edge(skipped, datetime(2026, 3, 29, 0, tzinfo=UTC), is_holiday) == datetime(2026, 3, 30, 0, tzinfo=UTC)


def test_an_hour_that_comes_twice_begins_at_its_first() -> None:
    early = Schedule("early", HAVANA, (Window("early", from_time=time(0), to_time=time(1)),))
    first, second = local("2024-11-03 00:30", HAVANA), local("2024-11-03 00:30", HAVANA, fold=1)
    assert window_at(early, first, is_holiday) is window_at(early, second, is_holiday) is early.windows[0]
    assert next_edge(early, first, is_holiday) == datetime(2024, 11, 3, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong",
    [{"weekdays": frozenset({7})}, {"weekdays": frozenset()}, {"dates": (date(2026, 2, 1), date(2026, 1, 1))}],
)
def test_an_impossible_window_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        Window("wrong", **wrong)
