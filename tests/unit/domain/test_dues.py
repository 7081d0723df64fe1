"""Dues are pure functions of time: each comes once, in order, and none between two looks is lost."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netquota.domain.dues import Dues, Edges, Multiples, Starts
from netquota.domain.periods import Period, PeriodKind
from netquota.domain.schedule import Schedule, Window

WIB = ZoneInfo("Asia/Jakarta")
OFFICE_HOURS = Schedule("kerja", WIB, (Window("kerja", frozenset(range(5)), time(7, 30), time(16)),))


def at(*local: int) -> int:
    return int(datetime(*local, tzinfo=WIB).timestamp())  # type: ignore[misc]


def no_holiday(_day: date) -> bool:
    return False


MONTHS = Starts(frozenset({Period(PeriodKind.MONTH, WIB)}))
DAYS_AND_MONTHS = Starts(frozenset({Period(PeriodKind.MONTH, WIB), Period(PeriodKind.DAY, WIB)}))
HOURS = Edges((OFFICE_HOURS,), no_holiday, [at(2026, 11, 24, 12), at(2026, 11, 25, 9)])


@pytest.mark.parametrize(("dues", "now", "due"), [
    (MONTHS, at(2026, 11, 24), at(2026, 12, 1)),
    (MONTHS, at(2026, 12, 1), at(2027, 1, 1)),  # what is due now has come
    (DAYS_AND_MONTHS, at(2026, 11, 30, 23, 59), at(2026, 12, 1)),
    (Starts(frozenset()), at(2026, 11, 24), None),
    (HOURS, at(2026, 11, 24, 9), at(2026, 11, 24, 12)),
    (HOURS, at(2026, 11, 24, 12), at(2026, 11, 24, 16)),
    (Edges((), no_holiday), at(2026, 11, 24), None),
    (Multiples(60), 119, 120),
    (Multiples(60), 120, 180),
])  # fmt: skip
def test_the_next_due_lies_ahead(dues: Dues, now: int, due: int | None) -> None:
    assert dues.following(now) == due


def test_what_was_missed_is_due_in_order() -> None:
    assert DAYS_AND_MONTHS.between(at(2026, 11, 29, 5), at(2026, 12, 2)) == [
        at(2026, 11, 30), at(2026, 12, 1), at(2026, 12, 2),
    ]  # fmt: skip
    assert HOURS.between(at(2026, 11, 24, 7, 30), at(2026, 11, 25, 9)) == [
        at(2026, 11, 24, 12), at(2026, 11, 24, 16), at(2026, 11, 25, 7, 30), at(2026, 11, 25, 9),
    ]  # fmt: skip


def test_a_sweep_that_was_missed_often_is_due_once() -> None:
    assert Multiples(60).between(0, 3605) == [3600]
    assert Multiples(60).between(3600, 3605) == []


@pytest.mark.parametrize("dues", [MONTHS, DAYS_AND_MONTHS, HOURS], ids=["months", "days", "hours"])
@given(looks=st.lists(st.integers(0, 40 * 86_400), min_size=2, max_size=5))
def test_however_often_one_looks_each_due_is_seen_once(dues: Dues, looks: list[int]) -> None:
    """F13, F14: no due is lost or doubled between two looks."""
    first = at(2026, 11, 20)
    moments = sorted(first + look for look in looks)
    seen = [due for after, to in pairwise(moments) for due in dues.between(after, to)]
    assert seen == dues.between(moments[0], moments[-1])
    ahead, following = moments[0], list[int]()
    while (due := dues.following(ahead)) is not None and due <= moments[-1]:
        following.append(due)
        ahead = due
    assert following == seen


def test_dues_are_meant_in_the_citys_zone() -> None:
    assert MONTHS.following(at(2026, 11, 24)) == int(datetime(2026, 11, 30, 17, tzinfo=UTC).timestamp())
