"""Forecasts on real series, against the figures of planning.md part 3."""

from __future__ import annotations

import pytest

from netquota.planning.backtest import Scores, roll, score
from netquota.planning.holt_winters import holt_winters
from netquota.planning.trend_models import Model, naive_with_drift, seasonal_naive
from tests.unit.planning.real_series import series

# series: length, (origins scored, of), then MASE, coverage and pinball of each model
BAR = {
    "elec_equip": (257, (153, 174), (0.927, 0.889, 0.402), (0.674, 0.922, 0.285), (1.030, 0.909, 0.433)),
    "co2": (526, (108, 128), (2.018, 0.819, 0.328), (0.657, 0.937, 0.150), (0.817, 0.873, 0.197)),
    "elnino": (732, (141, 161), (0.998, 0.925, 0.315), (0.793, 0.917, 0.231), (1.057, 0.912, 0.345)),
}
COARSER = {"elec_equip": 7, "co2": 5, "elnino": 7}


def scored(name: str, model: Model, coarser: int = 1) -> Scores:
    one = series(name)
    return score(roll(one.values, one.season, one.horizon, one.origins(coarser), model))


def figures(found: Scores) -> tuple[float | None, float | None, float | None]:
    return found.mase, found.coverage, found.pinball


@pytest.mark.parametrize("name", BAR)
def test_the_simple_models_do_as_well_as_was_measured(name: str) -> None:
    length, origins, naive, _, drift = BAR[name]
    assert len(series(name).values) == length
    found = scored(name, seasonal_naive)
    assert (found.scored, found.origins) == origins
    assert figures(found) == pytest.approx(naive, abs=0.002)
    assert figures(scored(name, naive_with_drift)) == pytest.approx(drift, abs=0.002)


@pytest.mark.parametrize("name", BAR)
def test_holt_winters_beats_the_seasonal_naive(name: str) -> None:
    """With fewer origins than the bar, so that the suite stays quick; the whole is the long test below."""
    naive, found = (scored(name, model, COARSER[name]) for model in (seasonal_naive, holt_winters))
    assert None not in (*figures(naive), *figures(found))
    assert found.mase < naive.mase
    assert found.pinball < naive.pinball
    assert found.mase == pytest.approx(BAR[name][3][0], abs=0.1)
    assert 0.8 <= found.coverage <= 1


@pytest.mark.long
@pytest.mark.parametrize("name", BAR)
def test_holt_winters_on_all_origins(name: str) -> None:
    found = scored(name, holt_winters)
    assert (found.scored, found.origins) == BAR[name][1]
    assert figures(found) == pytest.approx(BAR[name][3], abs=0.02)
    assert found.coverage is not None
    assert 0.85 <= found.coverage <= 0.95
    assert found.mase is not None
    assert found.mase < BAR[name][2][0]
    assert found.pinball is not None
    assert found.pinball < BAR[name][2][2]
