"""How much capacity a demand needs so that it is seldom at its limit; together against one by one; months ahead.

Exact integers in bit/s. The demand is that of office hours, hidden demand included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from netquota.errors import InvalidValue
from netquota.planning.limits import LIMIT_PERCENT
from netquota.planning.samples import IntArray

SATURATION_PERMILLE = 10
"""Service level: under 1 % of the office-hour samples may be at the limit."""
SIMULTANEITY_PERMILLE = 300
"""How many of an application's users are at it in one bin; a setting, to be agreed with the office."""
MEGABIT_BPS = 1_000_000


def may_be_saturated(number: int, permille: int = SATURATION_PERMILLE) -> int:
    """How many of so many samples may be at the limit while the share stays under the service level."""
    if not 0 < permille <= 1000:
        raise InvalidValue("permille", permille, "give thousandths from 1 to 1000")
    return -(-number * permille // 1000) - 1


def deciding_demand(demand: IntArray | Sequence[int], permille: int = SATURATION_PERMILLE) -> int | None:
    """The highest demand that must not be at the limit, in the samples' unit; None without samples."""
    values = np.asarray(demand, dtype=np.int64)
    if not len(values):
        return None
    at = len(values) - 1 - may_be_saturated(len(values), permille)
    return int(np.partition(values, at)[at])


def capacity_for(demand: int, step: int = MEGABIT_BPS) -> int:
    """The smallest multiple of `step` under whose 95 % the demand still lies."""
    if demand < 0 or step < 1:
        raise InvalidValue("demand", (demand, step), "give a demand from 0 and a step from 1 on")
    return step * (100 * demand // (LIMIT_PERCENT * step) + 1)


def capacity(
    demand: IntArray | Sequence[int], step: int = MEGABIT_BPS, permille: int = SATURATION_PERMILLE
) -> int | None:
    """The capacity that samples of demand need, in their unit; None without samples."""
    deciding = deciding_demand(demand, permille)
    return None if deciding is None else capacity_for(deciding, step)


def bought(down: int | None, up: int | None) -> int | None:
    """The larger of both directions: a link is bought by it."""
    return max((value for value in (down, up) if value is not None), default=None)


@dataclass(frozen=True, slots=True)
class Together:
    """Capacity of each subject singly, and of all on one link."""

    singly: Mapping[str, int]
    together: int

    @property
    def sum_singly(self) -> int:
        """What separate links would need."""
        return sum(self.singly.values())

    @property
    def gain(self) -> Fraction:
        """Multiplexing gain: separate links' capacity over that of one link."""
        return Fraction(self.sum_singly, self.together)


def together(
    demands: Mapping[str, IntArray], step: int = MEGABIT_BPS, permille: int = SATURATION_PERMILLE
) -> Together | None:
    """Capacity of subjects whose demands stand bin by bin beside each other; None without any bin."""
    arrays = list(demands.values())
    if not arrays or not len(arrays[0]):
        return None
    singly = {code: capacity(demand, step, permille) or 0 for code, demand in demands.items()}
    return Together(singly, capacity(np.stack(arrays).sum(axis=0), step, permille) or 0)


@dataclass(frozen=True, slots=True)
class Application:
    """A new application: so many users at `rate_bps` each, of whom `simultaneity_permille` are at it at once."""

    users: int
    rate_bps: int
    simultaneity_permille: int = SIMULTANEITY_PERMILLE

    @property
    def demand_bps(self) -> int:
        """What it adds to every office bin, rounded half up."""
        return (self.users * self.rate_bps * self.simultaneity_permille + 500) // 1000


@dataclass(frozen=True, slots=True)
class Outlook:
    """p95 forecast for the months that capacity is bought for, with the interval's ends, against the p95 of now."""

    now_bps: int
    forecast_bps: int
    low_bps: int
    high_bps: int

    def __post_init__(self) -> None:
        if self.now_bps <= 0:
            raise InvalidValue("now_bps", self.now_bps, "give the p95 measured now, above 0")


@dataclass(frozen=True, slots=True)
class Need:
    """The capacity wanted, and what it would be at the lower and upper end of the forecast's interval."""

    capacity: int
    low: int
    high: int


def need_ahead(deciding: int, outlook: Outlook, added: int = 0, step: int = MEGABIT_BPS) -> Need:
    """Capacity months ahead: today's deciding demand × (forecast p95 / p95 now), plus what applications add."""
    ends = (outlook.forecast_bps, outlook.low_bps, outlook.high_bps)
    return Need(*(capacity_for(scaled(deciding, end, outlook.now_bps) + added, step) for end in ends))


def scaled(demand: int, numerator: int, denominator: int) -> int:
    """demand × numerator / denominator, rounded half up."""
    return (2 * demand * numerator + denominator) // (2 * denominator)
