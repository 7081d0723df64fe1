"""Whatever the zone does to its clocks, periods cover time without gap or overlap."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from netquota.domain.periods import Period, PeriodKind, bounds

# Half-hour and whole-day jumps, changes at midnight and at 00:01, dates that never were.
ODD_ZONES = (
    "Asia/Jakarta",
    "Europe/Berlin",
    "Africa/Cairo",
    "America/Havana",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Antarctica/Troll",
)
THREE_YEARS_S = 3 * 366 * 86400
MOMENTS = st.builds(
    lambda since, after_us: since + timedelta(microseconds=after_us),
    # In the earlier years Apia crosses the date line and St John's changes its clock at 00:01.
    st.sampled_from((datetime(2025, 1, 1, tzinfo=UTC), datetime(2009, 6, 1, tzinfo=UTC))),
    st.integers(0, THREE_YEARS_S * 10**6),
)
PERIODS = st.builds(
    Period,
    kind=st.sampled_from(PeriodKind),
    zone=st.sampled_from(ODD_ZONES).map(ZoneInfo),
    reset_time=st.one_of(st.just(time(0)), st.times()),
    reset_day=st.integers(1, 31),
    month=st.integers(1, 12),
    week_start=st.integers(0, 6),
    every_n=st.integers(1, 40),
    anchor=st.dates(date(2009, 1, 1), date(2029, 1, 1)),
)


@given(PERIODS, MOMENTS)
def test_a_period_holds_now_and_meets_its_neighbours(period: Period, now: datetime) -> None:
    start, end = bounds(period, now)
    assert start <= now < end
    assert bounds(period, start) == (start, end)
    assert bounds(period, end)[0] == end
    assert bounds(period, end - datetime.resolution)[1] == end
    assert bounds(period, start - datetime.resolution)[1] == start
