"""Holt-Winters with a damped additive trend and additive season, by statsmodels (extra `planning`), on logarithms."""

from __future__ import annotations

import importlib.util
import warnings
from typing import Any, cast

import numpy as np

from netquota.planning.normal import FloatArray
from netquota.planning.trend_models import filled, naive_with_drift


def is_available() -> bool:
    """Whether statsmodels is installed."""
    return importlib.util.find_spec("statsmodels") is not None


def holt_winters(logs: FloatArray, season: int, horizon: int) -> FloatArray:
    """The forecast of so many periods; where the fit fails, last season's values with their drift."""
    # An extra, and heavy to load; it comes without types.
    from statsmodels.tsa.holtwinters import ExponentialSmoothing  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a fit that stopped early: the back-test tells how good it is
        model = cast(
            "Any",
            ExponentialSmoothing(
                filled(logs, season), trend="add", damped_trend=True, seasonal="add", seasonal_periods=season,
                initialization_method="heuristic",
            ),
        )  # fmt: skip
        try:
            ahead = np.asarray(model.fit().forecast(horizon), dtype=np.float64)
        except (ValueError, np.linalg.LinAlgError):
            return naive_with_drift(logs, season, horizon)
    return ahead if bool(np.isfinite(ahead).all()) else naive_with_drift(logs, season, horizon)
