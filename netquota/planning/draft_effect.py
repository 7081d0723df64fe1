"""What another limit would have done to use that was measured: who would have been cut, what a link's P95 becomes.

Pure, on whole octets by bins of five minutes. A lower limit cuts what is above it. A higher one frees bins that stood
at the old limit: how far they would have risen nobody knows, so that the P95 after it lies between two bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from netquota.planning.limits import LIMIT_PERCENT
from netquota.planning.percentile import percentile
from netquota.planning.samples import BIN_S, BoolArray, IntArray

_UNLIMITED: Final = np.int64(2**62)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """An office's octets by bin in one direction, its limit in force and the drafted one (bit/s; None = no limit)."""

    name: str
    octets: IntArray
    old_bps: int | None
    new_bps: int | None


@dataclass(frozen=True, slots=True)
class Hit:
    """What the drafted limit does: bins that it would have cut, octets it would have cut, bins that it frees."""

    name: str
    bins: int
    cut_bins: int
    cut_octets: int
    freed_bins: int

    @property
    def cut_permille(self) -> int:
        """The part of the bins with any use that would have been cut."""
        return 1000 * self.cut_bins // self.bins if self.bins else 0


@dataclass(frozen=True, slots=True)
class LinkEffect:
    """A link's P95 (bit/s): as measured, and after the draft at least and at most; None without enough bins."""

    name: str
    before_bps: int | None
    least_bps: int | None
    most_bps: int | None


def hit(measured: Measured) -> Hit:
    """What a drafted limit would have done to one office's use."""
    used, new, old = measured.octets, _octets(measured.new_bps), _octets(measured.old_bps)
    cut = used > new
    return Hit(
        measured.name, int((used > 0).sum()), int(cut.sum()), int((used[cut] - new).sum()),
        int(_at_limit(used, old).sum()) if new > old else 0,
    )  # fmt: skip


def link_effect(name: str, offices: Sequence[Measured]) -> LinkEffect:
    """What all the drafted limits together make of a link's P95; `offices`: all that it serves, changed or not."""
    if not offices:
        return LinkEffect(name, None, None, None)
    before = np.sum([each.octets for each in offices], axis=0)
    least = np.sum([np.minimum(each.octets, _octets(each.new_bps)) for each in offices], axis=0)
    most = np.sum([_risen(each) for each in offices], axis=0)
    return LinkEffect(name, _p95_bps(before), _p95_bps(least), _p95_bps(most))


def _risen(measured: Measured) -> IntArray:
    """The use where each bin at the old limit rose to the new one."""
    used, new, old = measured.octets, _octets(measured.new_bps), _octets(measured.old_bps)
    if new <= old or measured.new_bps is None:
        return np.minimum(used, new)
    return np.where(_at_limit(used, old), new, used)


def _at_limit(used: IntArray, limit: np.int64) -> BoolArray:
    if limit == _UNLIMITED:
        return np.zeros(len(used), dtype=np.bool_)
    return 100 * used >= LIMIT_PERCENT * limit


def _octets(bps: int | None) -> np.int64:
    """What a limit lets pass in a bin."""
    return _UNLIMITED if bps is None else np.int64(bps * BIN_S // 8)


def _p95_bps(octets: IntArray) -> int | None:
    found = percentile(octets)
    return None if found is None else found * 8 // BIN_S
