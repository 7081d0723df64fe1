"""Dividing a given total among offices: exactly, by dynamic programming, so that the fewest bins are saturated.

The counts are not convex in what is allotted, so that a greedy step by step division is wrong (planning.md part 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from netquota.errors import InvalidValue
from netquota.planning.limits import LIMIT_PERCENT
from netquota.planning.proposals import Claimant, by_key
from netquota.planning.samples import IntArray

_IMPOSSIBLE = np.int64(2**61)


@dataclass(frozen=True, slots=True, eq=False)
class Office:
    """An office's guaranteed rate, its demand in each office bin, and how heavily a saturated bin of it weighs.

    `key` is what the remainder is dealt out by (headcount). Demand and guaranteed stand in the unit of the total.
    """

    code: str
    guaranteed: int
    demand: IntArray
    weight: int = 1
    key: int = 0


@dataclass(frozen=True, slots=True)
class Division:
    """What each office gets of a total; the `extra` is the remainder, dealt out by key and not needed by the demand.

    `saturated` counts each office's saturated bins at its `allotted` share, without the extra; `cost` weighs them.
    """

    allotted: Mapping[str, int]
    extra: Mapping[str, int]
    saturated: Mapping[str, int]
    cost: int
    left_over: int
    undivided: int

    @property
    def total_saturated(self) -> int:
        """Saturated bins of all offices."""
        return sum(self.saturated.values())


def divide(total: int, step: int, offices: Sequence[Office]) -> Division:
    """The division of `total`, in whole steps, with the least sum of weight × saturated office bins.

    Of equal costs the one that spends least, then the first in the order of codes' shares. Raises `InvalidValue` where
    the guaranteed rates exceed the total.
    """
    offices = sorted(offices, key=lambda office: office.code)
    steps = total // step
    least = [-(-office.guaranteed // step) for office in offices]
    if sum(least) > steps:
        gap = sum(least) * step - total
        raise InvalidValue("total", total, f"the guaranteed rates need {sum(least) * step}: {gap} more")
    counts = [saturated_bins(office, steps, step) for office in offices]
    costs = [_costs(count, office.weight, low) for count, office, low in zip(counts, offices, least, strict=True)]
    shares = _cheapest(costs, steps)
    left_over = total - sum(shares) * step
    dealt = by_key(left_over, step, [Claimant(office.code, 0, office.key) for office in offices])
    saturated = {o.code: int(count[share]) for o, count, share in zip(offices, counts, shares, strict=True)}
    return Division(
        {office.code: share * step for office, share in zip(offices, shares, strict=True)},
        dealt.shares,
        saturated,
        sum(office.weight * saturated[office.code] for office in offices),
        left_over,
        dealt.undivided,
    )


def saturated_bins(office: Office, steps: int, step: int) -> IntArray:
    """How many bins with any demand are at the limit when 0, 1 … `steps` steps are allotted."""
    wanted = np.sort(100 * office.demand[office.demand > 0])
    limits = LIMIT_PERCENT * step * np.arange(steps + 1, dtype=np.int64)
    return (len(wanted) - np.searchsorted(wanted, limits, side="left")).astype(np.int64)


def _costs(count: IntArray, weight: int, least: int) -> IntArray:
    cost = count * weight
    cost[:least] = _IMPOSSIBLE
    return cost


def _cheapest(costs: Sequence[IntArray], steps: int) -> list[int]:
    """Steps for each office: by least cost, then least spent, then the earlier offices' shares as small as can be.

    `behind[i][s]` is the least cost of the offices from i on when they spend exactly s. Walking forward over it, the
    smallest share that keeps to the optimum is taken, so that no choice needs to be remembered.
    """
    behind = [np.full(steps + 1, _IMPOSSIBLE, dtype=np.int64)]
    behind[0][0] = 0
    for cost in reversed(costs):
        behind.append(_combined(cost, behind[-1]))
    behind.reverse()
    left = int(np.argmin(behind[0]))
    shares: list[int] = []
    for cost, rest in zip(costs, behind[1:], strict=True):
        share = int(np.argmin(cost[: left + 1] + rest[left::-1]))
        shares.append(share)
        left -= share
    return shares


def _combined(cost: IntArray, rest: IntArray) -> IntArray:
    """For each sum s the least cost[x] + rest[s − x]: a (min, +) convolution, all x of one s in a row."""
    steps = len(cost)
    padded = np.concatenate([np.full(steps - 1, _IMPOSSIBLE, dtype=np.int64), rest])
    # Row s of the windows is rest[s − steps + 1 … s]: backwards, that is rest[s − x] for x from 0 on.
    rows = sliding_window_view(padded, steps)[:, ::-1]
    return np.minimum((rows + cost).min(axis=1), _IMPOSSIBLE)
