"""Simple forecasts on the log scale: seasonal naive, naive with a drift, a Theil-Sen line. numpy alone.

Each takes logarithms (NaN = missing), the season's length in periods, and how many periods ahead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from netquota.planning.normal import FloatArray

Model: TypeAlias = Callable[[FloatArray, int, int], FloatArray]

DRIFT_SEASONS = 3
DRIFT_SHARE = 0.7
DRIFT_AGREEMENT = 0.9


def seasonal_naive(logs: FloatArray, season: int, horizon: int) -> FloatArray:
    """What was a season ago; with season 1 the last value."""
    known = filled(logs, season)
    return known[len(known) - season + np.arange(horizon) % season]


def naive_with_drift(logs: FloatArray, season: int, horizon: int) -> FloatArray:
    """Last season's values, moved on by 0.7 of the median slope per season (Theil-Sen) against the 3 seasons before.

    Slopes compare the same slots; unless 90 % of them have one sign there is no drift.
    """
    known = filled(logs, season)
    earlier = min(DRIFT_SEASONS, len(known) // season - 1)
    last = known[-season:]
    gaps = range(1, earlier + 1)
    slopes = [(last - known[len(known) - (gap + 1) * season : len(known) - gap * season]) / gap for gap in gaps]
    seasons_ahead = np.arange(horizon) // season + 1
    return seasonal_naive(logs, season, horizon) + _agreed(slopes) * seasons_ahead


def _agreed(slopes: list[FloatArray]) -> float:
    if not slopes:
        return 0.0
    every = np.concatenate(slopes)
    agreement = max(float((every > 0).mean()), float((every < 0).mean()))
    return DRIFT_SHARE * float(np.median(every)) if agreement >= DRIFT_AGREEMENT else 0.0


def theil_sen(logs: FloatArray, season: int, horizon: int) -> FloatArray:  # noqa: ARG001 - a model's arguments
    """A line through the periods by the median of all slopes, without seasons; robust against odd periods."""
    at = np.flatnonzero(np.isfinite(logs))
    values = logs[at]
    earlier, later = np.triu_indices(len(at), k=1)
    slope = float(np.median((values[later] - values[earlier]) / (at[later] - at[earlier]))) if len(at) > 1 else 0.0
    level = float(np.median(values - slope * at))
    return level + slope * (len(logs) + np.arange(horizon, dtype=np.float64))


def filled(logs: FloatArray, season: int) -> FloatArray:
    """Missing periods filled for a model that cannot do without: by the neighbours, at the end by the season before."""
    known = np.flatnonzero(np.isfinite(logs))
    whole = np.interp(np.arange(len(logs)), known, logs[known])
    for at in range(int(known[-1]) + 1, len(logs)):
        if at >= season:
            whole[at] = whole[at - season]
    return whole
