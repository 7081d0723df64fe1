"""The known answers for splitting, reduced counting, carry-over and pro-rating, and how a quota stands."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from netquota.domain.carrying import Lot, carry_over, prorate
from netquota.domain.periods import Period, PeriodKind, current
from netquota.domain.quota import (
    Action,
    ChangeMode,
    Direction,
    LedgerFigure,
    Quota,
    QuotaChange,
    QuotaState,
    QuotaSubject,
    bounds_of,
    charge,
    measured,
    octets_in,
    remaining,
    split,
    split_both,
    starts_of,
    state,
    warning_line,
)
from netquota.domain.units import Octets2, Rate
from netquota.errors import InvalidValue

MONTHLY = Quota(
    id=1,
    key="monthly",
    subject=QuotaSubject.PERSON,
    direction=Direction.TOTAL,
    period=Period(PeriodKind.MONTH, ZoneInfo("Asia/Jakarta")),
    octets=1000,
    throttle=Rate(256_000, 256_000),
)


def figure(used: int, granted: int = 0, carried_in: int = 0) -> LedgerFigure:
    return LedgerFigure(1, 7, 0, 100, used, granted, carried_in)


@pytest.mark.parametrize(
    ("octets", "from_s", "to_s", "edges", "pieces"),
    [
        (1000, 100, 400, [300], [(100, 667), (300, 333)]),
        (1000, 0, 900, [300, 600], [(0, 334), (300, 333), (600, 333)]),
        (1, 0, 600, [300], [(0, 1), (300, 0)]),  # a tie goes to the earlier piece
        (2, 0, 900, [300, 600], [(0, 1), (300, 1), (600, 0)]),
        (7, 0, 1500, [300, 600, 900, 1200], [(0, 2), (300, 2), (600, 1), (900, 1), (1200, 1)]),
        (1000000000001, 250, 310, [300], [(250, 833333333334), (300, 166666666667)]),
        (500, 300, 300, [300], [(300, 500)]),
        (500, 400, 300, [300, 350], [(300, 500)]),  # a clock set back: what is known is when it was told
        (500, 300, 600, [300, 600], [(300, 500)]),  # an edge belongs to the later piece
        (500, 310, 590, [0, 900], [(310, 500)]),
        (7, 0, 1500, range(0, 9000, 300), [(0, 2), (300, 2), (600, 1), (900, 1), (1200, 1)]),
    ],
)
def test_a_count_is_divided_by_time_and_adds_up(
    octets: int, from_s: int, to_s: int, edges: list[int] | range, pieces: list[tuple[int, int]]
) -> None:
    assert split(octets, from_s, to_s, edges) == pieces
    both = split_both(Octets2(octets, 2 * octets), from_s, to_s, edges)
    assert [(start, piece.input) for start, piece in both] == pieces
    assert [(start, piece.output) for start, piece in both] == split(2 * octets, from_s, to_s, edges)


def test_reduced_counting_keeps_the_rest() -> None:
    rest, charged = 0, []
    for octets in (1, 1, 1, 1000, 999):
        counted, rest = charge(octets, 500, rest)
        charged.append(counted)
    assert (charged, rest) == ([0, 1, 0, 500, 500], 0)


@pytest.mark.parametrize(
    ("share_permille", "cap", "kept", "periods"),
    [
        # carried in, entitled, used, over, expires, carried on
        (
            500,
            400,
            1,
            [
                (0, 1000, 100, 0, 0, 400),
                (400, 1400, 1300, 0, 0, 50),
                (50, 1050, 1000, 0, 0, 25),
                (25, 1025, 999, 0, 0, 13),
                (13, 1013, 0, 0, 13, 400),
                (400, 1400, 0, 0, 400, 400),
            ],
        ),
        (
            1000,
            1500,
            2,
            [
                (0, 1000, 0, 0, 0, 1000),
                (1000, 2000, 0, 0, 0, 1500),
                (1500, 2500, 2600, 100, 0, 0),
                (0, 1000, 500, 0, 0, 500),
                (500, 1500, 0, 0, 0, 1500),
            ],
        ),
    ],
)
def test_what_is_left_is_carried_on_and_expires(
    share_permille: int, cap: int, kept: int, periods: list[tuple[int, ...]]
) -> None:
    quota = replace(MONTHLY, carry_share_permille=share_permille, carry_cap_octets=cap, carry_kept_periods=kept)
    lots: tuple[Lot, ...] = ()
    for carried_in, entitled, used, over, expires, carried_on in periods:
        assert sum(lot.octets for lot in lots) == carried_in
        assert figure(used, carried_in=carried_in).entitled(quota) == entitled
        closed = carry_over(quota, quota.octets, used, lots)
        assert (closed.over, closed.expired, closed.carried_in) == (over, expires, carried_on)
        lots = closed.lots


def test_older_lots_are_used_before_newer_ones() -> None:
    quota = replace(MONTHLY, carry_share_permille=1000, carry_cap_octets=5000, carry_kept_periods=3)
    closed = carry_over(quota, 1000, 450, (Lot(300, 2), Lot(400, 3)))
    assert closed.lots == (Lot(250, 2), Lot(1000, 3))


def test_a_grant_until_a_moment_goes_on_whole_and_ends_as_used() -> None:
    quota = replace(MONTHLY, carry_share_permille=500, carry_cap_octets=1000)
    grant = Lot(400, until_s=150, used_at=100)
    assert (grant.left(100), grant.left(300), grant.left(900)) == (400, 200, 0)
    closed = carry_over(quota, 1000, 300, (grant,), ends_s=100)
    assert closed.lots == (Lot(200, until_s=150), Lot(450, 1))  # 100 of the 300 were used before it was given
    ended = grant.ended(300)
    assert ended.octets == 200
    closed = carry_over(quota, 1000, 1100, (replace(ended, until_s=90), Lot(50, 1)), ends_s=100)
    assert (closed.over, closed.expired, closed.lots) == (0, 0, (Lot(75, 1),))


def test_nothing_is_carried_on_by_default() -> None:
    assert carry_over(MONTHLY, 1000, 0, ()).lots == ()


def jakarta_s(month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    return int(datetime(2026, month, day, hour, minute, second, tzinfo=ZoneInfo("Asia/Jakarta")).timestamp())


APRIL = (jakarta_s(4, 1), jakarta_s(5, 1))
GB = 10**9


@pytest.mark.parametrize(
    ("old", "new", "changed_s", "octets"),
    [
        (10 * GB, 20 * GB, jakarta_s(4, 16), 15_000_000_000),
        (20 * GB, 10 * GB, jakarta_s(4, 11, 9, 30), 13_465_277_777),
        (0, 10 * GB, jakarta_s(4, 21, 8, 0, 1), 3_222_218_364),
        (10 * GB, 20 * GB, jakarta_s(3, 1), 20 * GB),
        (10 * GB, 20 * GB, jakarta_s(6, 1), 10 * GB),
    ],
)
def test_a_change_counts_from_its_moment(old: int, new: int, changed_s: int, octets: int) -> None:
    assert prorate(old, new, *APRIL, changed_s) == octets


@pytest.mark.parametrize(
    ("mode", "octets"), [(ChangeMode.PRORATE, 15 * GB), (ChangeMode.WHOLE, 20 * GB), (ChangeMode.NEXT, 10 * GB)]
)
def test_the_mode_says_what_a_change_means_for_this_period(mode: ChangeMode, octets: int) -> None:
    change = QuotaChange(jakarta_s(4, 16), 10 * GB, mode)
    doubled = replace(MONTHLY, octets=20 * GB, changes=(change,))
    assert octets_in(doubled, *APRIL) == octets
    assert octets_in(doubled, jakarta_s(3, 1), jakarta_s(4, 1)) == 10 * GB
    assert octets_in(doubled, jakarta_s(5, 1), jakarta_s(6, 1)) == 20 * GB
    assert figure(0).entitled(doubled) == 10 * GB  # its period was long before


@pytest.mark.parametrize(
    ("changes", "octets"),
    [
        ([(1, "prorate", 10)], 20),  # at the very start
        ([(11, "prorate", 10), (21, "prorate", 40)], (10 + 40 + 20) / 3),
        ([(11, "whole", 10), (21, "prorate", 40)], (2 * 40 + 20) / 3),  # what was before the whole change is forgotten
        ([(11, "prorate", 10), (21, "whole", 40)], 20),
        ([(11, "next", 10), (21, "prorate", 40)], (2 * 10 + 20) / 3),  # what is for the next waits there
        ([(11, "prorate", 10), (21, "next", 40)], (10 + 2 * 40) / 3),
    ],
)
def test_several_changes_in_one_period_each_count_from_their_moment(
    changes: list[tuple[int, str, int]], octets: float
) -> None:
    made = tuple(QuotaChange(jakarta_s(4, day), before * GB, ChangeMode(mode)) for day, mode, before in changes)
    found = octets_in(replace(MONTHLY, octets=20 * GB, changes=made), *APRIL)
    assert found == pytest.approx(octets * GB, abs=1)


def test_a_changed_rule_ends_the_running_period_at_its_own_next_start() -> None:
    jakarta = ZoneInfo("Asia/Jakarta")
    turned = jakarta_s(4, 1), jakarta_s(4, 20)  # by the month until the 15th, by the week since
    weekly = replace(MONTHLY, period=Period(PeriodKind.WEEK, jakarta), turned=turned)
    assert bounds_of(weekly, jakarta_s(4, 15)) == turned
    assert bounds_of(weekly, jakarta_s(4, 20)) == (jakarta_s(4, 20), jakarta_s(4, 27))
    assert bounds_of(weekly, jakarta_s(3, 31)) == (jakarta_s(3, 30), jakarta_s(4, 1))  # a late report: no overlap
    assert starts_of(weekly, jakarta_s(3, 29), jakarta_s(4, 28)) == [
        jakarta_s(3, 30), jakarta_s(4, 1), jakarta_s(4, 20), jakarta_s(4, 27)
    ]  # fmt: skip
    moment = datetime.fromtimestamp(jakarta_s(4, 15), jakarta)
    assert bounds_of(MONTHLY, jakarta_s(4, 15)) == current(MONTHLY.period, moment)


@pytest.mark.parametrize(
    ("standing", "expected", "left"),
    [
        (figure(0), QuotaState.REMAINING, 1000),
        (figure(799), QuotaState.REMAINING, 201),
        (figure(800), QuotaState.WARNED, 200),
        (figure(999), QuotaState.WARNED, 1),
        (figure(1000), QuotaState.SPENT, 0),
        (figure(1200), QuotaState.SPENT, 0),
        (figure(1000, granted=200), QuotaState.WARNED, 200),
        (figure(1000, carried_in=400), QuotaState.REMAINING, 400),
        (figure(600, granted=-500), QuotaState.SPENT, 0),  # a lowered quota: spent, never negative
        (figure(0, granted=-2000), QuotaState.SPENT, 0),
    ],
)
def test_a_quota_stands_by_what_is_used_of_what_is_entitled(
    standing: LedgerFigure, expected: QuotaState, left: int
) -> None:
    assert (state(MONTHLY, standing), remaining(MONTHLY, standing)) == (expected, left)


def test_the_highest_warning_line_reached_is_told() -> None:
    quota = replace(MONTHLY, warn_permille=(500, 950, 800))
    lines = [warning_line(quota, figure(used)) for used in (499, 500, 800, 949, 950)]
    assert lines == [None, 500, 800, 800, 950]
    assert state(replace(MONTHLY, warn_permille=()), figure(999)) is QuotaState.REMAINING


def test_a_direction_measures_its_own_octets() -> None:
    octets = Octets2(input=3, output=40)
    assert [measured(direction, octets) for direction in Direction] == [43, 40, 3]


@pytest.mark.parametrize(
    "wrong",
    [
        {"octets": -1},
        {"action": Action.THROTTLE, "throttle": None},
        {"warn_permille": (0,)},
        {"warn_permille": (1001,)},
        {"carry_share_permille": 1001},
    ],
)
def test_an_impossible_quota_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        replace(MONTHLY, **wrong)
