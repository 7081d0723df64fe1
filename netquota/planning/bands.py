"""How wide a forecast's band is at each horizon, and where that comes from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from netquota.planning.backtest import LEAST_ORIGINS, Trials, half_width, known_errors, pooled_errors
from netquota.planning.normal import FloatArray


class Basis(StrEnum):
    """Whose errors made a band. Beyond what was ever tested it is the last band, grown with the root of the horizon."""

    OWN = "own back-test"
    POOLED = "all offices' back-tests"
    FEW = "few back-tests of its own"
    STRETCHED = "further than any back-test"
    NONE = "not known yet"


@dataclass(frozen=True, slots=True)
class Bands:
    """Half widths q of forecast·e^{±q} by horizon, None where nothing is known, and what each rests on."""

    widths: tuple[float | None, ...]
    basis: tuple[Basis, ...]

    def ends(self, ahead: FloatArray, stretch: FloatArray) -> list[tuple[int | None, int | None]]:
        """Lower and upper end of each period ahead; `stretch` multiplies the widths."""
        found: list[tuple[int | None, int | None]] = []
        for value, width, factor in zip(ahead.tolist(), self.widths, stretch.tolist(), strict=True):
            if width is None:
                found.append((None, None))
            else:
                ends = (value * math.exp(sign * width * factor) for sign in (-1, 1))
                low, high = (int(np.floor(end + 0.5)) for end in ends)
                found.append((low, high))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Own:
    """A subject's back-test by the model in use, and by whatever model its shorter history would have had, too."""

    trials: Trials
    all_trials: Trials


def bands(own: Own, others: Sequence[Trials], now: int, level: float) -> Bands:
    """The bands of each horizon: from its own back-test of 20 origins, else all subjects', else what there is."""
    widths: list[float | None] = []
    basis: list[Basis] = []
    for horizon in range(1, own.trials.horizon + 1):
        width, on = _width(own, others, now, horizon, level)
        if width is None:
            width, on = _stretched(widths, horizon)
        widths.append(width)
        basis.append(on)
    return Bands(tuple(widths), tuple(basis))


def _width(own: Own, others: Sequence[Trials], now: int, horizon: int, level: float) -> tuple[float | None, Basis]:
    errors, origins = known_errors(own.trials, horizon, now)
    if origins >= LEAST_ORIGINS:
        return half_width(errors, level), Basis.OWN
    pool, pooled_origins = pooled_errors(others, horizon)
    if pooled_origins >= LEAST_ORIGINS:
        return half_width(pool, level), Basis.POOLED
    few = half_width(errors, level)
    if few is None:
        few = half_width(known_errors(own.all_trials, horizon, now)[0], level)
    return few, Basis.FEW


def _stretched(widths: Sequence[float | None], horizon: int) -> tuple[float | None, Basis]:
    last = len(widths)
    if not last or widths[-1] is None:
        return None, Basis.NONE
    return widths[-1] * math.sqrt(horizon / last), Basis.STRETCHED
