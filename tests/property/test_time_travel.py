"""Three years under a clock that is looked at now and then, and set back: each period begins once, in every zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netquota.domain.dues import Starts
from netquota.domain.periods import Period, PeriodKind, current

FROM_S = int(datetime(2024, 12, 15, tzinfo=UTC).timestamp())
TO_S = FROM_S + 3 * 366 * 86_400
HOUR_S, DAY_S = 3600, 86_400
ODD_ZONES = (
    *("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Europe/Berlin", "Africa/Cairo", "America/Havana"),
    *("America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "Antarctica/Troll"),
)
_LONGEST = {
    PeriodKind.DAY: 1, PeriodKind.WEEK: 7, PeriodKind.MONTH: 31, PeriodKind.QUARTER: 92, PeriodKind.YEAR: 366,
    PeriodKind.BUDGET: 366, PeriodKind.EVERY: 40,
}  # fmt: skip

rules = st.builds(
    Period,
    kind=st.sampled_from(PeriodKind),
    zone=st.sampled_from(ODD_ZONES).map(ZoneInfo),
    reset_time=st.sampled_from((time(0), time(2, 30), time(6), time(23, 59))),
    reset_day=st.integers(1, 31),
    month=st.integers(1, 12),
    every_n=st.integers(1, 40),
    anchor=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
)
jumps = st.lists(
    st.one_of(st.integers(1, HOUR_S), st.integers(1, 45 * DAY_S), st.integers(-3 * DAY_S, -1)), max_size=60
)


def walked(period: Period) -> list[int]:
    """The starts within the three years, one period after the other."""
    found: list[int] = []
    _, at_s = current(period, datetime.fromtimestamp(FROM_S, UTC))
    while at_s <= TO_S:
        found.append(at_s)
        _, at_s = current(period, datetime.fromtimestamp(at_s, UTC))
    return found


@settings(max_examples=60, deadline=None)
@given(rules, jumps)
def test_however_the_clock_is_looked_at_each_period_begins_once(period: Period, steps: list[int]) -> None:
    dues, seen, done = Starts(frozenset({period})), FROM_S, list[int]()
    now_s = FROM_S
    for step in [*steps, TO_S]:
        now_s = min(TO_S, max(FROM_S, now_s + step))
        if now_s > seen:  # a clock that was set back finds everything done
            done += dues.between(seen, now_s)
            seen = now_s
    assert done == walked(period)
    assert all(dues.following(before) == after for before, after in pairwise(done))


def check_zone(name: str, kind: PeriodKind) -> None:
    zone = ZoneInfo(name)
    starts = walked(Period(kind, zone, reset_day=31, every_n=10))
    spans = [after - before for before, after in pairwise(starts)]
    assert all(0 < span <= _LONGEST[kind] * DAY_S + 2 * HOUR_S for span in spans), name
    for start_s in starts:
        local = datetime.fromtimestamp(start_s, UTC).astimezone(zone)
        before = datetime.fromtimestamp(start_s - 1, UTC).astimezone(zone)
        assert local.date() > before.date(), f"{name}: a period begins where a local day does"


@pytest.mark.parametrize("kind", PeriodKind)
def test_three_years_of_each_kind_meet_in_odd_zones(kind: PeriodKind) -> None:
    for name in ODD_ZONES:
        check_zone(name, kind)


@pytest.mark.long
@pytest.mark.parametrize("kind", PeriodKind)
def test_three_years_of_each_kind_meet_in_every_zone_of_the_world(kind: PeriodKind) -> None:
    for name in sorted(available_timezones()):
        check_zone(name, kind)
