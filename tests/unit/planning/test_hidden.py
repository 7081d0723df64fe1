"""Hidden demand within the bar of planning.md part 2, its refusals, and the mathematics under it."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from netquota.planning.censored import Counts, fit
from netquota.planning.hidden import (
    Finding,
    HiddenDemand,
    Observed,
    demand_quantile,
    hidden_demand,
    likely_demand,
    observed,
)
from netquota.planning.normal import hazard, log_upper, quantile, upper
from netquota.planning.samples import Coverage, rate_bps
from netquota.planning.workdays import OfficeHours, WorkCalendar, in_office_hours, local_times
from tests.unit.planning.capped_demand import MEGABIT, office_demand, seen_under, true_p95

ERRORS = {
    120: ((22, -33.7, 1.9), (22, -33.7, 3.1), (25, -38.1, -1.1)),
    100: ((35, -44.7, 3.6), (36, -44.8, 5.5), (37, -48.4, -2.4)),
    85: ((47, -53.0, 5.5), (49, -53.0, 6.1), (49, -56.1, -2.5)),
    70: ((62, -61.3, 6.5), (63, -61.3, 16.2), (64, -63.9, 2.6)),
}
TRUE_P95 = (171.8, 172.0, 184.0)
CASES = [(ceiling, seed, *row) for ceiling, rows in ERRORS.items() for seed, row in enumerate(rows, start=1)]


def error(found: int | None, demand: np.ndarray) -> float:
    assert found is not None
    return 100 * (found / MEGABIT / true_p95(demand) - 1)


@pytest.mark.parametrize(("ceiling", "seed", "censored", "plain", "estimated"), CASES)
def test_hidden_demand_is_found_where_the_plain_percentile_is_far_off(
    ceiling: int, seed: int, censored: int, plain: float, estimated: float
) -> None:
    demand = office_demand(seed)
    assert true_p95(demand) == pytest.approx(TRUE_P95[seed - 1], abs=0.05)
    found = hidden_demand(seen_under(demand, ceiling), seed=1, draws=20)
    assert round(100 * found.censored_share) == censored
    assert error(found.measured_bps, demand) == pytest.approx(plain, abs=0.06)
    assert error(found.p95_bps, demand) == pytest.approx(estimated, abs=0.5)
    if ceiling >= 85:
        assert abs(error(found.p95_bps, demand)) <= 10
        assert abs(error(found.measured_bps, demand)) > 25


@pytest.mark.parametrize(("ceiling", "mean_error"), [(120, 3.0), (100, 4.6), (85, 4.9), (75, 5.0), (65, 8.5)])
def test_mean_absolute_error_over_eight_seeds(ceiling: int, mean_error: float) -> None:
    demands = [office_demand(seed) for seed in range(1, 9)]
    errors = [abs(error(hidden_demand(seen_under(d, ceiling), 1, 2).p95_bps, d)) for d in demands]
    assert np.mean(errors) == pytest.approx(mean_error, abs=0.1)


def test_of_the_forty_cases_35_lie_within_ten_percent_and_the_worst_at_17_and_a_half() -> None:
    errors = [
        abs(error(hidden_demand(seen_under(office_demand(seed), ceiling), 1, 2).p95_bps, office_demand(seed)))
        for ceiling in (120, 100, 85, 75, 65)
        for seed in range(1, 9)
    ]
    assert sum(each <= 10 for each in errors) == 35
    assert max(errors) == pytest.approx(17.5, abs=0.5)


@pytest.mark.parametrize(("ceiling", "p95", "low", "high"), [(100, 178.0, 160.9, 206.6), (85, 181.3, 165.1, 214.6)])
def test_the_interval_comes_from_drawing_whole_days(ceiling: int, p95: float, low: float, high: float) -> None:
    found = hidden_demand(seen_under(office_demand(1), ceiling), seed=1)
    assert (found.finding, found.draws) == (Finding.ESTIMATE, 200)
    assert found.p95_bps is not None
    assert found.low_bps is not None
    assert found.high_bps is not None
    assert found.p95_bps / MEGABIT == pytest.approx(p95, abs=0.5)
    assert found.low_bps / MEGABIT == pytest.approx(low, rel=0.05)
    assert found.high_bps / MEGABIT == pytest.approx(high, rel=0.07)
    assert found.low_bps / MEGABIT < true_p95(office_demand(1)) < found.high_bps / MEGABIT
    assert found == hidden_demand(seen_under(office_demand(1), ceiling), seed=1)


def test_one_office_month_takes_well_under_a_second() -> None:
    ceilings = np.random.default_rng(2).choice(np.arange(60, 140, 0.5), (20, 102))
    for seen in (seen_under(office_demand(1), 85), seen_under(office_demand(1), ceilings)):
        begun = perf_counter()
        hidden_demand(seen, seed=1)
        assert perf_counter() - begun < 3


@pytest.mark.long
def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    inside = 0
    for seed in range(1, 41):
        demand = office_demand(seed)
        found = hidden_demand(seen_under(demand, 100), seed)
        assert found.low_bps is not None
        assert found.high_bps is not None
        inside += found.low_bps <= true_p95(demand) * MEGABIT <= found.high_bps
    assert inside >= 30


# --- refusals ---


def test_without_a_ceiling_that_was_reached_nothing_is_hidden() -> None:
    found = hidden_demand(seen_under(office_demand(1), 400), seed=1)
    assert found.finding is Finding.NOTHING_HIDDEN
    assert (found.p95_bps, found.low_bps, found.high_bps) == (found.measured_bps, None, None)


def refused(seen: Observed) -> HiddenDemand:
    found = hidden_demand(seen, seed=1)
    assert (found.p95_bps, found.low_bps, found.high_bps, found.classes) == (None, None, None, ())
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_over_seventy_percent_at_the_limit_only_at_least_is_said(seed: int) -> None:
    found = refused(seen_under(office_demand(seed), 55))
    assert found.finding is Finding.AT_LEAST
    assert found.measured_bps == pytest.approx(0.95 * 55 * MEGABIT, abs=1)


def test_over_half_at_the_limit_the_figure_is_rough() -> None:
    assert hidden_demand(seen_under(office_demand(1), 70), 1, 2).finding is Finding.ROUGH


def test_under_ten_working_days_or_ninety_percent_only_at_least_is_said() -> None:
    demand = office_demand(1)
    assert refused(seen_under(demand[:9], 100)).finding is Finding.AT_LEAST
    assert hidden_demand(seen_under(demand[:10], 100), 1, 2).finding is Finding.ESTIMATE
    seen = seen_under(demand, 100)
    thin = replace(seen, coverage=Coverage(2040, 2300))
    assert refused(thin).finding is Finding.AT_LEAST


def test_under_half_of_the_bins_there_is_no_figure_at_all() -> None:
    seen = seen_under(office_demand(1), 100)
    found = refused(replace(seen, coverage=Coverage(2040, 5000)))
    assert (found.finding, found.measured_bps) == (Finding.NO_FIGURE, None)
    empty = seen_under(np.zeros((0, 102)), 100)
    assert refused(empty).finding is Finding.NO_FIGURE


# --- odd data ---


def test_an_hour_that_is_always_at_its_limit_takes_its_ceiling_and_a_common_spread() -> None:
    demand = office_demand(1)
    demand[:, 30:42] = 1000  # 10 o'clock
    found = hidden_demand(seen_under(demand, 100), 1, 2)
    at_ten = next(each for each in found.classes if each.hour == 10)
    assert (at_ten.bins, at_ten.censored, at_ten.sigma) == (240, 240, 0.3)
    assert at_ten.mu == pytest.approx(math.log(95 * MEGABIT))


def test_bins_without_any_use_are_no_demand() -> None:
    demand = office_demand(1)
    demand[:, 54:66] = 0  # noon
    found = hidden_demand(seen_under(demand, 100), 1, 2)
    assert sum(each.zeros for each in found.classes if each.hour == 12) == 240
    assert abs(error(found.p95_bps, demand)) < 10
    idle = np.zeros((20, 102))
    idle[:, :3] = 500
    assert hidden_demand(seen_under(idle, 100), 1, 2).p95_bps == 0


def test_a_steady_rate_under_a_ceiling_stays_what_it_is() -> None:
    demand = np.full((20, 102), 40.0)
    demand[:, 50:54] = 300
    found = hidden_demand(seen_under(demand, 100), 1, 20)
    assert found.p95_bps is not None
    assert 40 * MEGABIT <= found.p95_bps < 400 * MEGABIT


def test_ceilings_may_differ_from_bin_to_bin() -> None:
    demand = office_demand(1)
    ceilings = np.random.default_rng(2).choice(np.arange(60, 200, 0.25), demand.shape)
    found = hidden_demand(seen_under(demand, ceilings), 1, 20)
    assert found.finding is Finding.ESTIMATE
    assert abs(error(found.p95_bps, demand)) < 8


def test_likely_demand_keeps_what_was_used_and_spreads_what_was_hidden() -> None:
    demand = office_demand(1)
    seen = seen_under(demand, 100)
    found = hidden_demand(seen, 1, 2)
    likely = likely_demand(seen, found)
    free = ~seen.censored
    assert [rate_bps(int(octets)) for octets in seen.octets[free][:50]] == likely[free][:50].tolist()
    assert (likely[seen.censored] >= 95 * MEGABIT - 1).all()
    ranked = np.sort(likely)[::-1]
    assert ranked[102] == pytest.approx(found.p95_bps, rel=0.01)
    assert ranked[20] == pytest.approx(demand_quantile(found, 0.99), rel=0.03)
    assert demand_quantile(found, 0.95) == found.p95_bps
    unlimited = seen_under(demand, 400)
    assert demand_quantile(hidden_demand(unlimited, 1, 2), 0.95) is None


def test_what_is_observed_are_the_usable_office_bins() -> None:
    zone = ZoneInfo("Asia/Jakarta")
    start_s = int(datetime(2026, 1, 4, 17, tzinfo=UTC).timestamp())
    number = 7 * 288
    office = in_office_hours(start_s, number, OfficeHours(), WorkCalendar(zone))
    usable = np.ones(number, dtype=np.bool_)
    usable[:100] = False
    seen = observed(
        np.arange(number), np.zeros(number, dtype=np.int64), usable, office, local_times(start_s, number, zone)
    )
    assert (len(seen.octets), seen.days) == (4 * 102 + 108 - 10, 5)
    assert (seen.coverage, seen.octets[0]) == (Coverage(506, 516), 100)


# --- mathematics ---


@given(st.floats(-37, 37))
def test_the_normal_distribution_agrees_with_the_error_function(z: float) -> None:
    exact = 0.5 * math.erfc(z / math.sqrt(2))
    at = np.array([z])
    assert upper(at)[0] == pytest.approx(exact, rel=1e-11, abs=1e-300)
    assert log_upper(at)[0] == pytest.approx(stats.norm.logsf(z), rel=1e-11, abs=1e-300)
    assert hazard(at)[0] == pytest.approx(math.exp(stats.norm.logpdf(z) - stats.norm.logsf(z)), rel=1e-10, abs=1e-300)


@given(st.floats(1e-12, 1 - 1e-12))
def test_the_quantile_turns_the_distribution_around(p: float) -> None:
    assert stats.norm.cdf(quantile(np.array([p]))[0]) == pytest.approx(p, rel=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_the_fit_is_the_most_likely_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    number, mu, sigma = int(rng.integers(20, 300)), rng.normal(0, 0.4), rng.uniform(0.1, 1.5)
    y = rng.normal(mu, sigma, number)
    threshold = np.array([mu + sigma * rng.uniform(-1.2, 1.5), mu + sigma * rng.uniform(-1.2, 1.5)])
    which = rng.integers(0, 2, number)
    above = y >= threshold[which]
    free = y[~above]
    censored = np.array([[[float((above & (which == k)).sum()) for k in (0, 1)]]])

    def unlikely(p: np.ndarray) -> float:
        tails = stats.norm.logsf(threshold, p[0], math.exp(p[1])) @ censored[0, 0]
        return -float(stats.norm.logpdf(free, p[0], math.exp(p[1])).sum() + tails)

    best = optimize.minimize(
        unlikely, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-10, "maxiter": 4000}
    )
    one = lambda value: np.array([[float(value)]])  # noqa: E731
    found = fit(Counts(one(len(free)), one(free.sum()), one((free**2).sum()), threshold[np.newaxis], censored))
    assert found.mu[0, 0] == pytest.approx(best.x[0], abs=1e-5)
    assert found.sigma[0, 0] == pytest.approx(math.exp(best.x[1]), abs=1e-5)
