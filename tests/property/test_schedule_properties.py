"""Between now and the next edge the answer is one; at the edge it is another."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from netquota.domain.schedule import Holidays, Schedule, Season, Window, next_edge, window_at

ZONES = ("Asia/Jakarta", "Europe/Berlin", "Africa/Cairo", "America/Havana", "America/St_Johns", "Australia/Lord_Howe")
HOURS = st.sampled_from([time(hour, minute) for hour in range(24) for minute in (0, 30)])
DATES = st.tuples(st.dates(date(2010, 10, 1), date(2010, 12, 1)), st.integers(0, 40)).map(
    lambda given_dates: (given_dates[0], given_dates[0] + timedelta(days=given_dates[1]))
)
WINDOWS = st.builds(
    Window,
    name=st.just("window"),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    from_time=HOURS,
    to_time=HOURS,
    dates=st.none() | DATES,
    holidays=st.sampled_from(Holidays),
    season=st.sampled_from(Season),
    ramadans=st.just(((date(2010, 10, 20), date(2010, 11, 18)),)),
)
SCHEDULES = st.builds(
    Schedule,
    key=st.just("any"),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    windows=st.lists(WINDOWS, max_size=4).map(tuple),
)


def is_holiday(day: date) -> bool:
    return day.day in (1, 10, 11)


@given(SCHEDULES, st.integers(0, 70 * 86400), st.integers(0, 10**6))
def test_the_next_edge_is_the_first_change(schedule: Schedule, after_s: int, within_millionths: int) -> None:
    now = datetime(2010, 10, 1, tzinfo=UTC) + timedelta(seconds=after_s)
    here, edge = window_at(schedule, now, is_holiday), next_edge(schedule, now, is_holiday)
    until = edge or now + timedelta(days=20)
    between = now + (until - now) * within_millionths / 10**6
    assume(between < until)
    assert window_at(schedule, between, is_holiday) is here
    if edge is not None:
        assert edge > now
        assert window_at(schedule, edge, is_holiday) is not here
        assert window_at(schedule, edge - datetime.resolution, is_holiday) is here
