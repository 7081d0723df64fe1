"""How good a forecast would have been: rolling origins, refitted at each; MASE, pinball, coverage of its intervals.

The intervals are split-conformal (Vovk; Lei et al. 2018): their width is what the errors of earlier origins were.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from netquota.planning.normal import FloatArray
from netquota.planning.samples import IntArray
from netquota.planning.trend_models import Model

LEAST_ORIGINS = 20
"""Fewer earlier origins than this say too little of one subject's errors."""
_EVER = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """Forecasts and actual values by origin and horizon; `scale` is each origin's mean seasonal change before it.

    An origin is the number of periods known then. NaN where the actual value is missing or not yet known.
    """

    origins: IntArray
    forecast: FloatArray
    actual: FloatArray
    scale: FloatArray

    @property
    def horizon(self) -> int:
        """Periods ahead."""
        return self.forecast.shape[1]

    def since(self, first: int) -> Trials:
        """The trials from an origin on."""
        kept = self.origins >= first
        return Trials(self.origins[kept], self.forecast[kept], self.actual[kept], self.scale[kept])

    @property
    def errors(self) -> FloatArray:
        """ln(actual / forecast)."""
        return np.log(self.actual / self.forecast)


def roll(values: FloatArray, season: int, horizon: int, origins: Iterable[int], model: Model) -> Trials:
    """Forecast at each origin from what was known then. `values` are positive, NaN = missing."""
    at = np.array(list(origins), dtype=np.int64)
    logs = np.log(values)
    ahead = [np.exp(model(logs[:origin], season, horizon)) for origin in at]
    after = np.concatenate([values, np.full(horizon, np.nan)])
    actual = [after[origin : origin + horizon] for origin in at]
    shape = (len(at), horizon)
    return Trials(
        at, np.array(ahead).reshape(shape), np.array(actual).reshape(shape),
        np.array([seasonal_change(values[:origin], season) for origin in at], dtype=np.float64),
    )  # fmt: skip


def seasonal_change(values: FloatArray, season: int) -> float:
    """Mean |y_t − y_{t−season}| of a training part; NaN where nothing can be compared or nothing changed."""
    change = np.abs(values[season:] - values[:-season])
    known = change[np.isfinite(change)]
    mean = float(known.mean()) if len(known) else 0.0
    return mean if mean > 0 else math.nan


def mase(trials: Trials) -> float | None:
    """Mean absolute scaled error over all origins: under 1 is better than what the season before says."""
    scaled = np.abs(trials.actual - trials.forecast) / trials.scale[:, np.newaxis]
    return _mean([float(row[np.isfinite(row)].mean()) for row in scaled if bool(np.isfinite(row).any())])


def neighbours(horizon: int, longest: int) -> tuple[int, int]:
    """Horizons (first, last) whose errors count for one: those within ± max(1, longest/12)."""
    width = max(1, longest // 12)
    return max(1, horizon - width), min(longest, horizon + width)


def known_errors(
    trials: Trials, horizon: int, now: int, errors: FloatArray | None = None
) -> tuple[FloatArray, int]:  # fmt: skip
    """|errors| at and around a horizon of the origins whose outcome was known at `now`, and of how many origins.

    `errors`: the trials' own, where the caller asks often.
    """
    first, last = neighbours(horizon, trials.horizon)
    known = (trials.errors if errors is None else errors)[trials.origins + last <= now, first - 1 : last]
    return np.abs(known[np.isfinite(known)]), int(np.isfinite(known).any(axis=1).sum())


def half_width(errors: FloatArray, level: float) -> float | None:
    """q of a band forecast·e^{±q}: the ceil((n + 1)·level)-th smallest |error|; None where n is too small for it."""
    rank = math.ceil((len(errors) + 1) * level - 1e-9)
    return None if rank > len(errors) else float(np.partition(errors, rank - 1)[rank - 1])


@dataclass(frozen=True, slots=True)
class Scores:
    """How a model did: MASE over all origins; coverage and pinball loss over the scored ones only.

    Pinball is the sum of the losses at the band's two ends, scaled as MASE is. None where nothing could be scored.
    """

    mase: float | None
    coverage: float | None
    pinball: float | None
    origins: int
    scored: int


def score(trials: Trials, level: float = 0.9) -> Scores:
    """Score the bands that would have been given at each origin from the errors known then."""
    errors = trials.errors
    judged = [list(_judged(trials, errors, at, level)) for at in range(len(trials.origins))]
    inside = [float(row[0]) for rows in judged for row in rows]
    losses = [row[1] for rows in judged for row in rows if math.isfinite(row[1])]
    return Scores(mase(trials), _mean(inside), _mean(losses), len(judged), sum(bool(rows) for rows in judged))


def _judged(trials: Trials, errors: FloatArray, at: int, level: float) -> Iterable[tuple[bool, float]]:
    """(within the band, pinball loss) of each horizon of one origin that had a band and has an actual value."""
    origin = int(trials.origins[at])
    for horizon in range(1, trials.horizon + 1):
        actual, ahead = float(trials.actual[at, horizon - 1]), float(trials.forecast[at, horizon - 1])
        if not math.isfinite(actual):
            continue
        known, origins = known_errors(trials, horizon, origin, errors)
        q = half_width(known, level) if origins >= LEAST_ORIGINS else None
        if q is not None:
            low, high = ahead * math.exp(-q), ahead * math.exp(q)
            tail = (1 - level) / 2
            loss = _pinball(actual, low, tail) + _pinball(actual, high, 1 - tail)
            yield low <= actual <= high, loss / float(trials.scale[at])


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _pinball(actual: float, quantile: float, tau: float) -> float:
    gap = actual - quantile
    return max(tau * gap, (tau - 1) * gap)


def pooled_errors(subjects: Sequence[Trials], horizon: int) -> tuple[FloatArray, int]:
    """`known_errors` of many subjects together, as far as they are known: their relative errors have one shape."""
    found = [known_errors(each, horizon, _EVER) for each in subjects if horizon <= each.horizon]
    return (np.concatenate([errors for errors, _ in found]) if found else np.zeros(0)), sum(n for _, n in found)
