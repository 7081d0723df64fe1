"""How often bands that rest on all subjects' errors held: the coverage to show beside a pooled band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from netquota.planning.backtest import LEAST_ORIGINS, Trials, half_width, neighbours


@dataclass(frozen=True, slots=True, eq=False)
class Dated:
    """A subject's back-test; `first` is the number of its first period on a clock that all subjects share."""

    first: int
    trials: Trials


def pooled_coverage(subjects: Sequence[Dated], level: float = 0.9) -> float | None:
    """Share of actual values within bands made of the errors of all subjects that were known then; None without any."""
    every = [each for each in subjects if len(each.trials.origins)]
    if not every:
        return None
    horizon = min(each.trials.horizon for each in every)
    at = np.concatenate([each.first + each.trials.origins for each in every])
    errors = np.concatenate([np.abs(each.trials.errors[:, :horizon]) for each in every])
    inside: list[float] = []
    for moment in np.unique(at).tolist():
        for ahead in range(1, horizon + 1):
            first, last = neighbours(ahead, horizon)
            known = at + last <= moment
            judged = errors[at == moment, ahead - 1]
            judged = judged[np.isfinite(judged)]
            if int(known.sum()) < LEAST_ORIGINS or not len(judged):
                continue
            pool = errors[known, first - 1 : last]
            q = half_width(pool[np.isfinite(pool)], level)
            inside += [] if q is None else (judged <= q + math.ulp(q)).astype(np.float64).tolist()
    return sum(inside) / len(inside) if inside else None
