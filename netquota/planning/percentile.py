"""The 95th percentile as providers bill it, and the load-duration curve: nearest rank, exact, without interpolation.

planning.md part 1: n samples, drop the floor(n·(100 − q)/100) highest, take the highest left.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netquota.errors import InvalidValue
from netquota.planning.samples import Bins, BoolArray, IntArray

LOAD_PERCENTS = (0, 1, 5, 10, 25, 50, 100)


def dropped(number: int, q: int = 95) -> int:
    """How many of the highest of so many samples are dropped."""
    if not 0 < q <= 100:
        raise InvalidValue("q", q, "give a percentile from 1 to 100")
    return number * (100 - q) // 100


def percentile(samples: IntArray | Sequence[int], q: int = 95) -> int | None:
    """The q-th percentile of the samples; None without any."""
    values = np.asarray(samples, dtype=np.int64)
    if not len(values):
        return None
    at = len(values) - 1 - min(dropped(len(values), q), len(values) - 1)
    return int(np.partition(values, at)[at])


def billed(down: int | None, up: int | None) -> int | None:
    """What a provider counts: the larger of the two directions' percentiles, never the percentile of the sum."""
    return max((value for value in (down, up) if value is not None), default=None)


def both_percentiles(bins: Bins, among: BoolArray | None = None, q: int = 95) -> tuple[int | None, int | None]:
    """Percentile of each direction, (down, up) in octets per bin, over the usable bins (that `among` marks)."""
    counted = bins.usable if among is None else bins.usable & among
    return percentile(bins.down[counted], q), percentile(bins.up[counted], q)


def load_duration(samples: IntArray | Sequence[int], percents: Sequence[int] = LOAD_PERCENTS) -> list[int]:
    """What was reached or passed in so many percent of the samples: 0 % is the peak, 5 % the 95th percentile."""
    values = np.sort(np.asarray(samples, dtype=np.int64))[::-1]
    if not len(values):
        return []
    return [int(values[min(len(values) - 1, len(values) * percent // 100)]) for percent in percents]
