"""How good forecasts and hidden demand are: the back-test on public series, and demand that a ceiling cut off.

The figures of docs/planning.md: MASE and pinball (lower is better), how often the 90 % band held, origins scored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from netquota.planning.backtest import Scores, roll, score
from netquota.planning.hidden import hidden_demand
from netquota.planning.holt_winters import holt_winters
from netquota.planning.trend_models import Model, naive_with_drift, seasonal_naive
from tests.unit.planning.capped_demand import MEGABIT, office_demand, seen_under, true_p95
from tests.unit.planning.real_series import Series, hourly, series

NAMES = ("elec_equip", "co2", "elnino")
MODELS: dict[str, Model] = {
    "seasonal naive": seasonal_naive, "Holt-Winters, damped": holt_winters, "naive with drift": naive_with_drift,
}  # fmt: skip
CEILINGS, SEEDS = (120, 100, 85, 70), (1, 2, 3)


@dataclass(frozen=True)
class Forecasting:
    """How a model did on a series of so many periods."""

    series: str
    periods: int
    model: str
    scores: Scores

    def __str__(self) -> str:
        s = self.scores
        figures = " ".join(
            f"{value:8.3f}" if value is not None else "       –" for value in (s.mase, s.coverage, s.pinball)
        )
        return f"{self.series:12} {self.periods:6} {self.model:22} {figures} {s.scored:6} of {s.origins}"


@dataclass(frozen=True)
class Hiding:
    """Errors in per cent against the true p95, of what was measured and of the estimate; share of bins at the limit."""

    ceiling: int
    seed: int
    censored: float
    plain: float
    estimated: float

    def __str__(self) -> str:
        return f"{self.ceiling:7} {self.seed:5} {100 * self.censored:10.0f} {self.plain:+10.1f} {self.estimated:+10.1f}"


def backtests(traffic: Path | None) -> Iterator[Forecasting]:
    """Every model on every series; `traffic`: a file of hourly values, one a line, beside the public ones."""
    found: dict[str, Series] = {name: series(name) for name in NAMES}
    if traffic is not None:
        found["traffic"] = hourly(traffic)
    for name, one in found.items():
        for model, forecast in MODELS.items():
            trials = roll(one.values, one.season, one.horizon, one.origins(), forecast)
            yield Forecasting(name, len(one.values), model, score(trials))


def hidden() -> Iterator[Hiding]:
    """Synthetic demand of known size under a ceiling."""
    for ceiling in CEILINGS:
        for seed in SEEDS:
            demand = office_demand(seed)
            found = hidden_demand(seen_under(demand, ceiling), seed=1, draws=2)
            plain, estimated = (
                100 * ((bps or 0) / MEGABIT / true_p95(demand) - 1) for bps in (found.measured_bps, found.p95_bps)
            )
            yield Hiding(ceiling, seed, float(found.censored_share), plain, estimated)
