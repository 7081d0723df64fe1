"""What a ceiling did: how often use was at it (saturation), what was left unused, what lay idle while others waited.

Exact: shares are fractions. Use and ceiling of a bin stand in one unit (bits or octets, as the caller has them).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from netquota.planning.samples import Bins, BoolArray, IntArray

LIMIT_PERCENT = 95
"""From this share of its ceiling on a bin is at the limit."""


def at_limit(used: IntArray, ceiling: IntArray) -> BoolArray:
    """Which bins are at their limit: 100·used ≥ 95·ceiling; without a ceiling (0) never."""
    return (ceiling > 0) & (100 * used >= LIMIT_PERCENT * ceiling)


def bins_at_limit(bins: Bins) -> BoolArray:
    """Which bins are at the limit in either direction; only usable ones can be."""
    down = at_limit(8 * bins.down, bins.ceiling_down_bits)
    return bins.usable & (down | at_limit(8 * bins.up, bins.ceiling_up_bits))


def bounded(bins: Bins) -> BoolArray:
    """Which usable bins had a ceiling, in either direction."""
    return bins.usable & ((bins.ceiling_down_bits > 0) | (bins.ceiling_up_bits > 0))


@dataclass(frozen=True, slots=True)
class Saturation:
    """So many bins at the limit, of so many valid ones that had a ceiling."""

    at_limit: int
    bounded: int

    @property
    def share(self) -> Fraction | None:
        """At the limit of those with a ceiling; None where no bin had one."""
        return Fraction(self.at_limit, self.bounded) if self.bounded else None


def saturation(bins: Bins, among: BoolArray | None = None) -> Saturation:
    """Share at the limit; with office hours as `among` it is the saturation."""
    inside = np.ones(len(bins), dtype=np.bool_) if among is None else among
    return Saturation(int((bins_at_limit(bins) & inside).sum()), int((bounded(bins) & inside).sum()))


@dataclass(frozen=True, slots=True, eq=False)
class Bounded:
    """One subject's use under its ceiling in one direction, bin by bin, in one unit; `usable` marks the valid bins."""

    code: str
    used: IntArray
    ceiling: IntArray
    usable: BoolArray

    @property
    def counted(self) -> BoolArray:
        """Valid bins that had a ceiling."""
        return self.usable & (self.ceiling > 0)


@dataclass(frozen=True, slots=True)
class Idleness:
    """What a subject left: shares of its ceiling unused and idle while another waited, of bins at the limit."""

    code: str
    unused: Fraction
    while_others_waited: Fraction
    at_limit: Fraction


def idleness(link: Sequence[Bounded]) -> list[Idleness]:
    """For each subject of a link; those that never had a ceiling in a valid bin are left out.

    "While others waited" counts the same missing use, but only in bins in which another subject was at its limit.
    """
    waiting = [subject.counted & at_limit(subject.used, subject.ceiling) for subject in link]
    all_waiting = np.sum(waiting, axis=0) if link else np.zeros(0)
    found: list[Idleness] = []
    for subject, waits in zip(link, waiting, strict=True):
        counted = subject.counted
        ceiling = int(subject.ceiling[counted].sum())
        if not ceiling:
            continue
        others = counted & (all_waiting - waits > 0)
        found.append(
            Idleness(
                subject.code,
                Fraction(_left(subject, counted), ceiling),
                Fraction(_left(subject, others), ceiling),
                Fraction(int((counted & waits).sum()), int(counted.sum())),
            )
        )
    return found


def _left(subject: Bounded, among: BoolArray) -> int:
    return int((subject.ceiling[among] - subject.used[among]).sum())
