"""Synthetic demand of known size, held under a ceiling: the bar of planning.md part 2."""

from __future__ import annotations

import numpy as np

from netquota.planning.hidden import Observed
from netquota.planning.samples import BIN_S, Coverage
from netquota.planning.workdays import LocalTimes

MEDIAN_BY_HOUR = (2, 2, 2, 2, 2, 3, 5, 20, 55, 85, 100, 95, 60, 70, 95, 90, 55, 25, 12, 8, 6, 5, 4, 3)
DAYS, FIRST_BIN, LAST_BIN = 20, 90, 191
MEGABIT = 1_000_000


def office_demand(seed: int) -> np.ndarray:
    """Mbit/s by working day and office bin."""
    rng = np.random.default_rng(seed)
    noise, day = rng.standard_normal((DAYS, 288)), rng.standard_normal((DAYS, 1))
    z = np.empty_like(noise)
    z[:, 0] = noise[:, 0]
    for at in range(1, 288):
        z[:, at] = 0.6 * z[:, at - 1] + 0.8 * noise[:, at]
    median = np.interp(np.arange(288) / 12, np.arange(24) + 0.5, MEDIAN_BY_HOUR)
    return (median * np.exp(0.45 * z + 0.10 * day))[:, FIRST_BIN : LAST_BIN + 1]


def true_p95(demand: np.ndarray) -> float:
    """The p95 by the rule of part 1, Mbit/s."""
    return float(np.sort(demand.ravel())[::-1][demand.size * 5 // 100])


def seen_under(demand: np.ndarray, ceiling_mbps: float | np.ndarray) -> Observed:
    """What is measured of the demand where nothing passes 95 % of the ceiling (one, or one for each bin)."""
    ceiling = np.broadcast_to(np.asarray(ceiling_mbps, dtype=np.float64), demand.shape)
    ceiling_bits = np.round(ceiling * MEGABIT * BIN_S).astype(np.int64).ravel()
    wanted = np.round(demand.ravel() * MEGABIT * BIN_S / 8).astype(np.int64)
    days, bins = demand.shape
    day = np.repeat(np.arange(days, dtype=np.int64), bins)
    hour = np.tile(np.arange(FIRST_BIN, FIRST_BIN + bins, dtype=np.int64) // 12, days)
    octets = np.minimum(wanted, -(-95 * ceiling_bits // 800))
    return Observed(octets, ceiling_bits, LocalTimes(day, hour), Coverage(demand.size, demand.size))
