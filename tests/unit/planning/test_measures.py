"""The known answers of planning.md part 1: samples, percentile, busy hour, limits, load-duration, fairness, unused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netquota.errors import InvalidValue
from netquota.planning.busy_hour import busy_hour, hour_means
from netquota.planning.fairness import jain
from netquota.planning.limits import Bounded, at_limit, idleness, saturation
from netquota.planning.percentile import billed, both_percentiles, dropped, load_duration, percentile
from netquota.planning.samples import (
    BIN_S,
    Bins,
    Coverage,
    Evidence,
    State,
    ceiling_bits,
    coverage,
    rate_bps,
    rates_bps,
    states,
)
from netquota.planning.workdays import LocalTimes

MEGABIT = 1_000_000


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@pytest.mark.parametrize(("octets", "bps"), [(0, 0), (18, 0), (19, 1), (37_500_000, 1_000_000)])
def test_octets_of_a_bin_are_shown_as_bits_per_second_rounded_half_up(octets: int, bps: int) -> None:
    assert rate_bps(octets) == rates_bps(ints(octets))[0] == bps


@pytest.mark.parametrize(
    ("samples", "cut", "p95"),
    [
        (list(range(1, 21)), 1, 19),
        (list(range(1, 20)), 0, 19),
        (list(range(1, 41)), 2, 38),
        (list(range(1, 101)), 5, 95),
        ([7], 0, 7),
        ([], 0, None),
        (list(range(1, 8641)), 432, 8208),
        (list(range(1, 8541)), 427, 8113),
        ([50] * 15 + [10] * 285, 15, 10),
        ([50] * 16 + [10] * 284, 15, 50),
    ],
)
def test_p95_drops_the_top_five_percent_and_takes_the_highest_left(
    samples: list[int], cut: int, p95: int | None
) -> None:
    assert dropped(len(samples)) == cut
    assert percentile(samples) == percentile(samples[::-1]) == p95


def test_billed_is_the_larger_direction_and_never_the_percentile_of_the_sum() -> None:
    down, up = [18] * 10 + [18] * 8 + [30, 40], [17] * 16 + [35, 36, 37, 17]
    assert (percentile(down), percentile(up)) == (30, 36)
    assert billed(percentile(down), percentile(up)) == 36
    assert billed(None, 3) == 3
    assert billed(None, None) is None


def test_a_percentile_outside_1_to_100_is_refused() -> None:
    with pytest.raises(InvalidValue, match="from 1 to 100"):
        percentile([1], 0)
    assert percentile([1, 2, 3], 100) == 3


@given(st.lists(st.integers(0, 2**45), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_nearest_rank(samples: list[int], q: int) -> None:
    rank = -(-q * len(samples) // 100)
    assert percentile(samples, q) == sorted(samples)[rank - 1]


def test_load_duration_begins_with_the_peak_and_holds_p95_at_five_percent() -> None:
    samples = list(range(1, 21))
    assert load_duration(samples) == [20, 20, 19, 18, 15, 10, 1]
    assert load_duration([]) == []


def test_the_busy_hour_is_the_clock_hour_that_carries_most_on_average() -> None:
    rates = {0: (40, 60, 50), 1: (70, 50, 40), 2: (30, 55, 60)}
    means = {(day, 9 + at): Fraction(rate) for day, row in rates.items() for at, rate in enumerate(row)}
    found = busy_hour(means)
    assert found is not None
    assert (found.hour, found.traffic, found.mean_of_daily_peaks, found.days) == (10, 55, Fraction(190, 3), 3)


def test_of_equal_hours_the_earlier_is_busy_and_without_hours_none_is() -> None:
    found = busy_hour({(0, 14): Fraction(5), (0, 9): Fraction(5)})
    assert found is not None
    assert found.hour == 9
    assert busy_hour({}) is None


@pytest.mark.parametrize(("usable", "expected"), [(12, {(1, 9): Fraction(8 * 600, 300)}), (10, None), (9, {})])
def test_an_hour_needs_ten_of_its_twelve_bins(usable: int, expected: dict[tuple[int, int], Fraction] | None) -> None:
    octets = np.full(12, 600, dtype=np.int64)
    times = LocalTimes(np.full(12, 1), np.full(12, 9))
    means = hour_means(octets, np.arange(12) < usable, times)
    assert means == ({(1, 9): Fraction(16)} if expected is None else expected)


@pytest.mark.parametrize(
    ("steps", "ceiling_octets", "octets", "limited"),
    [
        ([(0, 10 * MEGABIT)], 375_000_000, 356_250_000, True),
        ([(0, 10 * MEGABIT)], 375_000_000, 356_249_999, False),
        ([(0, 10 * MEGABIT), (120, 20 * MEGABIT)], 600_000_000, 569_999_999, False),
        ([(0, 10 * MEGABIT), (120, 20 * MEGABIT)], 600_000_000, 570_000_000, True),
        ([(0, 0)], 0, 1_000_000_000, False),
        ([], 0, 1_000_000_000, False),
    ],
)
def test_at_the_limit_from_95_percent_of_what_the_ceiling_let_through(
    steps: list[tuple[int, int]], ceiling_octets: int, octets: int, limited: bool
) -> None:
    ceiling = ceiling_bits(0, 1, steps)
    assert ceiling[0] == 8 * ceiling_octets
    assert at_limit(8 * ints(octets), ceiling)[0] == limited


def test_a_bin_of_which_a_piece_had_no_ceiling_has_none() -> None:
    assert list(ceiling_bits(300, 4, [(0, 8), (700, 0), (1000, 16)])) == [2400, 0, 0, 4800]


def bins(down: list[int], ceiling_bps: int = 0, state: list[State] | None = None, start_s: int = 0) -> Bins:
    number = len(down)
    known = np.array([State.VALID] * number if state is None else state, dtype=np.uint8)
    ceiling = ceiling_bits(start_s, number, [(start_s, ceiling_bps)])
    zero = np.zeros(number, dtype=np.int64)
    return Bins(start_s, ints(*down), zero, known, ceiling, ceiling)


def test_only_valid_bins_with_a_ceiling_count_for_saturation() -> None:
    full = 10 * MEGABIT * BIN_S // 8
    found = saturation(
        bins(
            [full, full, full, 0, 1], 10 * MEGABIT, [State.VALID, State.COARSE, State.MISSING, State.VALID, State.VALID]
        )
    )
    assert (found.at_limit, found.bounded, found.share) == (1, 3, Fraction(1, 3))
    assert saturation(bins([full])).share is None


def test_unused_and_idle_while_others_waited() -> None:
    everywhere = np.ones(4, dtype=np.bool_)
    first, second = idleness(
        [
            Bounded("A", ints(2, 4, 10, 6), np.full(4, 10), everywhere),
            Bounded("B", ints(5, 5, 1, 4), np.full(4, 5), everywhere),
        ]
    )
    assert (first.unused, first.while_others_waited, first.at_limit) == (
        Fraction(9, 20),
        Fraction(7, 20),
        Fraction(1, 4),
    )
    assert (second.unused, second.while_others_waited, second.at_limit) == (
        Fraction(1, 4),
        Fraction(1, 5),
        Fraction(1, 2),
    )


def test_an_office_that_waits_alone_leaves_nothing_while_others_wait() -> None:
    everywhere = np.ones(2, dtype=np.bool_)
    waiting, calm = idleness(
        [
            Bounded("A", ints(96, 10), np.full(2, 100), everywhere),
            Bounded("B", ints(10, 10), np.full(2, 100), everywhere),
        ]
    )
    assert (waiting.while_others_waited, calm.while_others_waited) == (Fraction(0), Fraction(90, 200))


@pytest.mark.parametrize(
    ("rates", "weights", "index"),
    [
        ((1, 1, 1, 1), None, Fraction(1)),
        ((4, 0, 0, 0), None, Fraction(1, 4)),
        ((2, 1), None, Fraction(9, 10)),
        ((10, 20, 30), None, Fraction(6, 7)),
        ((10, 20, 30), (1, 2, 3), Fraction(1)),
        ((0, 0), None, None),
        ((), None, None),
    ],
)
def test_jains_index(rates: tuple[int, ...], weights: tuple[int, ...] | None, index: Fraction | None) -> None:
    assert jain(rates, weights) == index


def test_a_weight_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidValue, match="weights"):
        jain((1, 2), (1, 0))


# --- valid, zero, missing, coarse ---


def seen(counted: list[bool], evidence: Evidence) -> list[State]:
    return [State(value) for value in states(0, np.array(counted), evidence)]


def test_a_bin_without_octets_is_zero_only_while_the_gateway_was_up_and_nobody_was_on() -> None:
    heard = [0, 900, 1800]
    evidence = Evidence(heard, interim_s=300, sessions=[(600, 1000)])
    assert seen([False] * 8, evidence) == [
        State.VALID,
        State.VALID,
        State.MISSING,
        State.MISSING,  # somebody was on, yet nothing was counted
        State.VALID,
        State.VALID,
        State.MISSING,
        State.MISSING,  # nothing was heard afterwards
    ]


def test_a_gateway_that_is_silent_for_more_than_three_intervals_is_not_known_up() -> None:
    assert (
        seen([False] * 6, Evidence([0, 1800], interim_s=300))
        == [State.MISSING] * 2 + [State.VALID] * 2 + [State.MISSING] * 2
    )
    assert seen([False], Evidence([], interim_s=300)) == [State.MISSING]


def test_what_was_counted_is_valid_and_what_a_long_report_spread_is_coarse() -> None:
    evidence = Evidence([], interim_s=300, reports=[(0, 900), (1200, 2101)])
    found = seen([True, True, True, True, True, True, True, True], evidence)
    assert found == [State.VALID] * 4 + [State.COARSE] * 4
    assert seen([True], Evidence([], 300, reports=[(0, 901)])) == [State.COARSE]


def test_coarse_bins_are_left_out_of_the_percentile_and_of_coverage() -> None:
    marked = bins([1, 2, 1000, 4], state=[State.VALID, State.VALID, State.COARSE, State.MISSING])
    assert both_percentiles(marked) == (2, 0)
    assert coverage(marked) == Coverage(2, 4)
    assert coverage(marked, np.array([True, True, False, False])) == Coverage(2, 2)


@pytest.mark.parametrize(
    ("usable", "expected", "thin", "too_thin", "permille"),
    [
        (90, 100, False, False, 900),
        (899, 1000, True, False, 899),
        (50, 100, True, False, 500),
        (499, 1000, True, True, 499),
        (9999, 10_000, False, False, 999),
        (0, 0, False, True, 0),
    ],
)
def test_coverage_warns_under_90_percent_and_refuses_under_50(
    usable: int, expected: int, thin: bool, too_thin: bool, permille: int
) -> None:
    found = Coverage(usable, expected)
    assert (found.is_thin, found.is_too_thin, found.permille) == (thin, too_thin, permille)


def test_bins_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(InvalidValue, match="multiple of 300"):
        bins([1], start_s=10)
    good = bins([1, 2])
    with pytest.raises(InvalidValue, match="one length"):
        Bins(0, good.down[:1], good.up, good.state, good.ceiling_down_bits, good.ceiling_up_bits)


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 10**9)), max_size=5).map(
        lambda rows: sorted(dict(rows).items())
    )
)
def test_ceiling_bits_are_the_sum_over_the_pieces(steps: list[tuple[int, int]]) -> None:
    def in_force(second: int) -> int:
        return next((bps for from_s, bps in reversed(steps) if from_s <= second), 0)

    found = ceiling_bits(600, 3, steps)
    for at, start in enumerate((600, 900, 1200)):
        rates = [in_force(second) for second in range(start, start + BIN_S)]
        assert found[at] == (sum(rates) if all(rates) else 0)
