"""Five-minute bins of one subject: octets, how far each can be trusted, and what the ceiling would have let through.

The bins of a range lie side by side in arrays, aligned to UTC. Where they come from is the caller's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from netquota.errors import InvalidValue

BIN_S = 300
"""Length of a bin; bins begin at whole multiples of it."""
COARSE_S = 900
"""A report that spans more than this says too little about when its octets flowed."""
SILENT_INTERVALS = 3
"""A gateway is known up where it spoke within so many interim intervals before and after."""

IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
StateArray: TypeAlias = NDArray[np.uint8]


class State(IntEnum):
    """What is known of a bin: nothing; its octets; or only octets spread from a long report."""

    MISSING = 0
    VALID = 1
    COARSE = 2


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Consecutive bins from `start_s` (epoch seconds): octets of both directions, state, and ceilings in bits.

    A ceiling is what it would have let through in the bin, in bits; 0 means that none was in force. Arrays are of one
    length. Raises `InvalidValue`.
    """

    start_s: int
    down: IntArray
    up: IntArray
    state: StateArray
    ceiling_down_bits: IntArray
    ceiling_up_bits: IntArray

    def __post_init__(self) -> None:
        if self.start_s % BIN_S:
            raise InvalidValue("start_s", self.start_s, f"give a multiple of {BIN_S}")
        lengths = {len(each) for each in (self.down, self.up, self.state, self.ceiling_down_bits, self.ceiling_up_bits)}
        if len(lengths) != 1:
            raise InvalidValue("bins", sorted(lengths), "give arrays of one length")

    def __len__(self) -> int:
        return len(self.state)

    @property
    def starts_s(self) -> IntArray:
        """Start of each bin, epoch seconds."""
        return self.start_s + BIN_S * np.arange(len(self), dtype=np.int64)

    @property
    def usable(self) -> BoolArray:
        """Which bins percentiles, saturation and busy hours may count: valid and not coarse."""
        return self.state == State.VALID


def rate_bps(octets: int, seconds: int = BIN_S) -> int:
    """Octets in so many seconds as bit/s, rounded half up: for display; comparisons use octets."""
    return (16 * octets + seconds) // (2 * seconds)


def rates_bps(octets: IntArray) -> IntArray:
    """`rate_bps` of whole bins."""
    return (16 * octets + BIN_S) // (2 * BIN_S)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a subject beside its octets; all times in epoch seconds.

    `heard_s`: when any packet (or another sign of life) came from its gateway. `sessions`: (from, to) of its sessions.
    `reports`: (from, to) that each accounting report covers.
    """

    heard_s: Sequence[int]
    interim_s: int
    sessions: Iterable[tuple[int, int]] = ()
    reports: Iterable[tuple[int, int]] = ()


def states(start_s: int, counted: BoolArray, evidence: Evidence) -> StateArray:
    """The state of consecutive bins; `counted` tells in which of them octets were counted.

    Valid: octets were counted, or the gateway was known up and no session was open (then 0). What a report over more
    than 15 minutes covers is coarse. All else is missing, never 0, and never guessed.
    """
    number = len(counted)
    quiet = _known_up(start_s, number, evidence) & ~_covered(start_s, number, evidence.sessions)
    state = np.where(counted | quiet, State.VALID, State.MISSING).astype(np.uint8)
    long = ((from_s, to_s) for from_s, to_s in evidence.reports if to_s - from_s > COARSE_S)
    state[counted & _covered(start_s, number, long)] = State.COARSE
    return state


def _known_up(start_s: int, number: int, evidence: Evidence) -> BoolArray:
    """Bins before and after which something was heard, each within three interim intervals."""
    heard = np.sort(np.asarray(evidence.heard_s, dtype=np.int64))
    if not len(heard):
        return np.zeros(number, dtype=np.bool_)
    starts = start_s + BIN_S * np.arange(number, dtype=np.int64)
    patience = SILENT_INTERVALS * evidence.interim_s
    before = np.searchsorted(heard, starts, side="right") - 1
    after = np.searchsorted(heard, starts + BIN_S, side="left")
    heard_before = (before >= 0) & (starts - heard[before] <= patience)
    heard_after = (after < len(heard)) & (heard[np.minimum(after, len(heard) - 1)] - starts - BIN_S <= patience)
    return heard_before & heard_after


def _covered(start_s: int, number: int, spans: Iterable[tuple[int, int]]) -> BoolArray:
    """Bins that any of the spans [from, to) touches."""
    steps = np.zeros(number + 1, dtype=np.int64)
    for from_s, to_s in spans:
        first = min(max((from_s - start_s) // BIN_S, 0), number)
        last = min(max(-((start_s - to_s) // BIN_S), first), number)
        steps[first] += 1
        steps[last] -= 1
    return np.cumsum(steps[:-1]) > 0


def ceiling_bits(start_s: int, number: int, steps: Sequence[tuple[int, int]]) -> IntArray:
    """What a ceiling lets through in each bin, in bits: sum over its pieces of ceiling x seconds.

    `steps`: (from epoch second, bit/s), ascending, each in force until the next; 0 bit/s = no ceiling. A bin of which
    a piece has no ceiling has none (0).
    """
    bits = np.zeros(number, dtype=np.int64)
    bounded_s = np.zeros(number, dtype=np.int64)
    end_s = start_s + BIN_S * number
    followers = [*(from_s for from_s, _ in steps[1:]), end_s]
    for (from_s, bps), to_s in zip(steps, followers, strict=False):
        first, last = max(from_s, start_s) - start_s, min(to_s, end_s) - start_s
        if first < last and bps > 0:
            seconds = _seconds_by_bin(first, last, number)
            bits += bps * seconds
            bounded_s += seconds
    bits[bounded_s < BIN_S] = 0
    return bits


def _seconds_by_bin(first_s: int, last_s: int, number: int) -> IntArray:
    """How many seconds of [first, last), counted from the first bin's start, fall into each bin."""
    edges = BIN_S * np.arange(number + 1, dtype=np.int64)
    return np.diff(np.clip(edges, first_s, last_s))


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the expected bins could be used; stands beside every figure."""

    usable: int
    expected: int

    @property
    def is_thin(self) -> bool:
        """Under 90 %: the figure carries a warning."""
        return 10 * self.usable < 9 * self.expected

    @property
    def is_too_thin(self) -> bool:
        """Under 50 %, or nothing expected: no figure, only this reason."""
        return 2 * self.usable < self.expected or self.expected == 0

    @property
    def permille(self) -> int:
        """In thousandths, rounded down: what is not whole never reads as 1000."""
        return 1000 * self.usable // self.expected if self.expected else 0


def coverage(bins: Bins, among: BoolArray | None = None) -> Coverage:
    """Coverage of the bins, or of those `among` marks."""
    if among is None:
        return Coverage(int(bins.usable.sum()), len(bins))
    return Coverage(int((bins.usable & among).sum()), int(among.sum()))
