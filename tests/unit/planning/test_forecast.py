"""Forecasts of an office's own history: methods, refusals, calendar, known steps, bands and what they rest on."""

from __future__ import annotations

import math
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netquota.errors import InvalidValue
from netquota.planning import forecast as forecasting
from netquota.planning.backtest import half_width
from netquota.planning.bands import Basis
from netquota.planning.calendar_effects import calendar_effects
from netquota.planning.forecast import (
    Forecast,
    History,
    LevelShift,
    Method,
    Refusal,
    Study,
    forecast,
    longest_horizon,
    study,
)
from netquota.planning.forecast_months import busiest, by_month, volumes
from netquota.planning.grid import Grain, shares, spans, working_days
from netquota.planning.pooled_coverage import Dated, pooled_coverage
from netquota.planning.trend_models import filled, naive_with_drift, seasonal_naive, theil_sen
from netquota.planning.workdays import WorkCalendar

PLAIN = WorkCalendar(ZoneInfo("Asia/Jakarta"))
RAMADANS = (
    (date(2023, 3, 23), date(2023, 4, 21)),
    (date(2024, 3, 12), date(2024, 4, 9)),
    (date(2025, 3, 1), date(2025, 3, 30)),
    (date(2026, 2, 19), date(2026, 3, 19)),
)
FASTING = WorkCalendar(ZoneInfo("Asia/Jakarta"), ramadans=RAMADANS)
MEGABIT = 1_000_000
MONDAY = date(2025, 10, 6)


def noise(number: int, size: float, seed: int = 3) -> np.ndarray:
    return size * np.random.default_rng(seed).standard_normal(number)


def weekly(logs: np.ndarray, first: date = MONDAY, **more: object) -> History:
    values = np.round(100 * MEGABIT * np.exp(logs)).astype(np.int64)
    covered = more.pop("coverage", np.full(len(values), 1000))
    return History(Grain.WEEK, first, values, np.asarray(covered), **more)  # type: ignore[arg-type]


def monthly(logs: np.ndarray, first: date = date(2023, 1, 1), **more: object) -> History:
    values = np.round(100 * MEGABIT * np.exp(logs)).astype(np.int64)
    return History(Grain.MONTH, first, values, np.full(len(values), 1000), **more)  # type: ignore[arg-type]


def studied(history: History, horizon: int, calendar: WorkCalendar = PLAIN) -> Study:
    found = study(history, horizon, calendar)
    assert isinstance(found, Study)
    return found


def foretold(history: History, horizon: int, calendar: WorkCalendar = PLAIN) -> Forecast:
    return forecast(studied(history, horizon, calendar))


def growing_weeks(number: int = 56, seed: int = 3) -> np.ndarray:
    return 0.008 * np.arange(number) + noise(number, 0.04, seed)


# --- which method ---


def test_thirteen_months_are_forecast_by_a_robust_line_by_weeks() -> None:
    found = foretold(weekly(growing_weeks()), 26)
    assert (found.method, found.naive_was_better) == (Method.THEIL_SEN, False)
    truth = [100 * MEGABIT * math.exp(0.008 * (56 + at)) for at in range(26)]
    for point, value in zip(found.points, truth, strict=True):
        assert point.forecast == pytest.approx(value, rel=0.1)
        assert point.low is not None
        assert point.high is not None
        assert point.low <= point.low_80 <= point.forecast <= point.high_80 <= point.high  # type: ignore[operator]
    assert found.points[0].span.first == MONDAY + timedelta(weeks=56)


def test_three_years_are_forecast_with_their_season() -> None:
    at = np.arange(40)
    found = foretold(monthly(0.01 * at + 0.3 * np.sin(2 * np.pi * at / 12) + noise(40, 0.03)), 12)
    assert (found.method, found.naive_was_better) == (Method.HOLT_WINTERS, False)
    assert found.scores.mase is not None
    assert found.naive_scores.mase is not None
    assert found.scores.mase < found.naive_scores.mase
    truth = 100 * MEGABIT * np.exp(0.01 * np.arange(40, 52) + 0.3 * np.sin(2 * np.pi * np.arange(40, 52) / 12))
    assert [point.forecast for point in found.points] == pytest.approx(truth.tolist(), rel=0.12)


def test_without_the_extra_last_seasons_values_move_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasting, "is_available", lambda: False)
    at = np.arange(40)
    found = foretold(monthly(0.02 * at + 0.3 * np.sin(2 * np.pi * at / 12)), 12)
    assert found.method is Method.DRIFT
    assert found.points[0].forecast == pytest.approx(found.points[0].naive * math.exp(0.7 * 0.24), rel=0.01)


def test_where_the_model_did_worse_the_seasonal_naive_is_used_and_named() -> None:
    walk = np.cumsum(noise(70, 0.15, seed=8))
    found = foretold(weekly(walk), 12)
    assert (found.method, found.naive_was_better) == (Method.NAIVE, True)
    assert all(point.forecast == point.naive for point in found.points)
    assert found.scores == found.naive_scores


@pytest.mark.parametrize("number", [0, 25])
def test_under_26_weeks_there_is_no_forecast(number: int) -> None:
    assert study(weekly(growing_weeks(number)), 4, PLAIN) == Refusal(number, 26)
    assert study(monthly(np.zeros(5)), 1, PLAIN) == Refusal(5, 6)


@pytest.mark.parametrize(("number", "longest"), [(40, 40), (200, 104)])
def test_no_forecast_reaches_further_than_the_history_or_24_months(number: int, longest: int) -> None:
    history = weekly(growing_weeks(number))
    assert longest_horizon(history) == longest
    with pytest.raises(InvalidValue, match=f"1 to {longest} weeks"):
        study(history, longest + 1, PLAIN)
    with pytest.raises(InvalidValue, match="horizon"):
        study(history, 0, PLAIN)


def test_weeks_that_were_hardly_measured_are_missing_not_guessed() -> None:
    logs = growing_weeks(60)
    broken = logs.copy()
    broken[[0, 1, 20, 21, 59]] = -4
    covered = np.full(60, 1000)
    covered[[0, 1, 20, 21, 59]] = 699
    found = foretold(weekly(broken, coverage=covered), 10)
    assert (found.periods, found.dropped) == (57, 5)
    assert found.points[0].span.first == MONDAY + timedelta(weeks=59)
    assert found.points[-1].forecast == pytest.approx(100 * MEGABIT * math.exp(0.008 * 68), rel=0.1)
    seventy = np.full(60, 700)
    assert foretold(weekly(logs, coverage=seventy), 10).dropped == 0


# --- calendar ---


def ramadan_history(number: int, first: date) -> np.ndarray:
    share = shares(spans(Grain.MONTH, first, number), FASTING).ramadan
    return 0.01 * np.arange(number) - 0.35 * share + noise(number, 0.01)


def test_ramadan_is_learned_from_two_of_them_and_added_to_the_next() -> None:
    first = date(2023, 1, 1)
    logs = ramadan_history(36, first)
    periods = spans(Grain.MONTH, first, 36)
    effects = calendar_effects(logs, periods, shares(periods, FASTING), FASTING)
    assert effects.ramadan == pytest.approx(-0.35, abs=0.06)
    found = foretold(monthly(logs, first), 4, FASTING)
    assert not any(point.widened for point in found.points)
    march = next(point for point in found.points if point.span.first == date(2026, 3, 1))
    april = next(point for point in found.points if point.span.first == date(2026, 4, 1))
    assert march.forecast < 0.9 * april.forecast


def test_one_ramadan_teaches_nothing_and_widens_the_next() -> None:
    first = date(2025, 1, 6)
    periods = spans(Grain.WEEK, first, 56)
    share = shares(periods, FASTING).ramadan
    found = foretold(weekly(growing_weeks(56) - 0.3 * share, first), 12, FASTING)
    assert found.effects.ramadan is None
    touched = [point for point in found.points if point.widened]
    assert {point.span.first for point in touched} == {date(2026, 2, 16) + timedelta(weeks=at) for at in range(5)}
    calm = [point for point in found.points if not point.widened]

    def width(point: object) -> float:
        return math.log(point.high / point.forecast)  # type: ignore[attr-defined]

    assert width(touched[0]) > 1.3 * width(calm[0])


def test_weeks_of_collective_leave_and_the_years_end_count_alike() -> None:
    calendar = WorkCalendar(PLAIN.zone, collective_leave=frozenset({date(2026, 3, 20)}))
    periods = spans(Grain.WEEK, date(2025, 12, 15), 15)
    leave = shares(periods, calendar).leave
    assert leave.tolist() == [0, 0.6, 0.6] + [0] * 10 + [1, 0]


def test_leave_is_learned_from_two_occurrences() -> None:
    first = date(2024, 1, 1)
    periods = spans(Grain.WEEK, first, 110)
    share = shares(periods, PLAIN).leave
    logs = 0.005 * np.arange(110) - 0.5 * share + noise(110, 0.01)
    assert calendar_effects(logs, periods, shares(periods, PLAIN), PLAIN).leave == pytest.approx(-0.5, abs=0.1)
    early = periods[:50]
    assert calendar_effects(logs[:50], early, shares(early, PLAIN), PLAIN).leave is None


# --- known steps ---


def test_a_confirmed_step_ahead_lifts_the_forecast_from_its_day_on() -> None:
    logs = growing_weeks(56)
    granted = MONDAY + timedelta(weeks=60)
    plain = foretold(weekly(logs), 8)
    lifted = foretold(weekly(logs, shifts=(LevelShift(granted, 1250, "MPP baru"),)), 8)
    ratios = [after.forecast / before.forecast for before, after in zip(plain.points, lifted.points, strict=True)]
    assert ratios == pytest.approx([1] * 4 + [1.25] * 4, abs=1e-6)


def test_a_confirmed_step_behind_is_no_growth() -> None:
    logs = noise(56, 0.01)
    logs[40:] += math.log(1.5)
    stepped = weekly(logs, shifts=(LevelShift(MONDAY + timedelta(weeks=40), 1500),))
    found = foretold(stepped, 20)
    assert found.points[-1].forecast == pytest.approx(150 * MEGABIT, rel=0.05)
    with pytest.raises(InvalidValue, match="permille"):
        LevelShift(MONDAY, 0)


def test_a_step_within_a_week_counts_by_its_working_days() -> None:
    logs = noise(56, 0.01)
    wednesday = MONDAY + timedelta(weeks=56, days=2)
    found = foretold(weekly(logs, shifts=(LevelShift(wednesday, 2000),)), 2)
    assert found.points[0].forecast == pytest.approx(100 * MEGABIT * 2**0.6, rel=0.03)
    assert found.points[1].forecast == pytest.approx(200 * MEGABIT, rel=0.03)


# --- bands ---


def test_bands_rest_on_their_own_back_test_then_on_all_offices_then_on_the_root_of_the_horizon() -> None:
    found = studied(weekly(growing_weeks(50)), 40)
    alone = [point.basis for point in forecast(found).points]
    others = [studied(weekly(growing_weeks(50, seed)), 40).used for seed in range(10, 16)]
    pooled = [point.basis for point in forecast(found, others).points]
    assert alone == [Basis.OWN] * 15 + [Basis.FEW] * 18 + [Basis.STRETCHED] * 7
    assert pooled == [Basis.OWN] * 15 + [Basis.POOLED] * 22 + [Basis.STRETCHED] * 3


def test_with_the_least_history_the_band_is_narrow_in_words_not_in_figures() -> None:
    points = foretold(weekly(growing_weeks(26)), 26).points
    assert all(point.low is None or point.low < point.forecast for point in points)
    assert points[-1].basis in {Basis.STRETCHED, Basis.NONE}


@pytest.mark.parametrize(
    ("number", "level", "rank"),
    [(9, 0.9, 9), (8, 0.9, None), (19, 0.9, 18), (20, 0.9, 19), (4, 0.8, 4), (3, 0.8, None)],
)
def test_the_half_width_is_an_order_statistic_of_the_errors(number: int, level: float, rank: int | None) -> None:
    errors = np.random.default_rng(1).permutation(np.arange(1.0, number + 1))
    assert half_width(errors, level) == rank


def test_the_measured_coverage_stands_beside_the_band() -> None:
    inside = [foretold(weekly(growing_weeks(100, seed)), 8).scores.coverage for seed in range(6)]
    assert None not in inside
    assert 0.8 <= np.mean(inside) <= 0.99  # type: ignore[arg-type]
    assert foretold(weekly(growing_weeks(28)), 8).scores.coverage is None


# --- months and volumes ---


def test_weeks_make_months_by_their_working_days() -> None:
    found = foretold(weekly(growing_weeks(56)), 12)
    months = by_month(found.points, PLAIN)
    assert [month.first for month in months] == [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)]
    assert [month.is_whole for month in months] == [True, True, False]
    assert [month.working_days for month in months] == [21, 23, 16]
    november = [point for point in found.points if point.span.first < date(2026, 12, 1)]
    weights = [sum(day.month == 11 for day in PLAIN.working_days(p.span.first, p.span.last)) for p in november]
    mean = sum(p.forecast * w for p, w in zip(november, weights, strict=True)) / 21
    assert months[0].forecast == pytest.approx(mean, abs=1)
    assert busiest(months) == months[-1]
    assert busiest([]) is None


def test_a_volume_is_that_of_a_working_day_times_the_working_days() -> None:
    calendar = WorkCalendar(PLAIN.zone, frozenset({date(2026, 11, 3)}))
    found = foretold(weekly(growing_weeks(56)), 2, calendar)
    first = volumes(found.points)[0]
    assert first.working_days == 4
    assert (first.forecast, first.high) == (4 * found.points[0].forecast, 4 * (found.points[0].high or 0))


def test_months_and_weeks_begin_where_they_should() -> None:
    assert [span.last for span in spans(Grain.MONTH, date(2027, 11, 1), 4)] == [
        date(2027, 11, 30), date(2027, 12, 31), date(2028, 1, 31), date(2028, 2, 29),
    ]  # fmt: skip
    assert working_days(spans(Grain.WEEK, MONDAY, 2), PLAIN) == [5, 5]
    for grain, first in ((Grain.WEEK, date(2026, 1, 1)), (Grain.MONTH, date(2026, 1, 2))):
        with pytest.raises(InvalidValue, match="begins on"):
            spans(grain, first, 1)


# --- models ---


def test_the_drift_is_held_back_where_slopes_disagree() -> None:
    rising = np.log(np.arange(1, 25, dtype=float) + 10)
    assert (naive_with_drift(rising, 6, 6) > seasonal_naive(rising, 6, 6)).all()
    mixed = noise(24, 1.0)
    assert naive_with_drift(mixed, 6, 6).tolist() == seasonal_naive(mixed, 6, 6).tolist()
    short = noise(6, 1.0)
    assert naive_with_drift(short, 6, 6).tolist() == short.tolist()


@given(st.floats(-1, 1), st.floats(-0.1, 0.1), st.integers(3, 30), st.integers(0, 5))
def test_a_line_is_continued_whatever_is_missing_or_odd(level: float, slope: float, number: int, gap: int) -> None:
    logs = level + slope * np.arange(number)
    if number > 8:
        logs[gap] = np.nan
        logs[gap + 1] = 50
    assert theil_sen(logs, 1, 3) == pytest.approx(level + slope * np.arange(number, number + 3), abs=0.5)


def test_gaps_are_filled_by_neighbours_and_at_the_end_by_the_season_before() -> None:
    logs = np.array([1, 2, math.nan, 4, 5, math.nan])
    assert filled(logs, 4).tolist() == [1, 2, 3, 4, 5, 2]
    assert filled(logs, 6).tolist() == [1, 2, 3, 4, 5, 5]


def test_pooled_bands_hold_as_often_as_they_say() -> None:
    studies = [studied(weekly(growing_weeks(50, seed)), 12) for seed in range(20, 32)]
    held = pooled_coverage([Dated(0, each.used) for each in studies])
    assert held is not None
    assert 0.84 <= held <= 0.96
    assert pooled_coverage([Dated(0, studied(weekly(growing_weeks(26)), 12).used)]) is None
    assert pooled_coverage([]) is None
