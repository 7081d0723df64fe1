"""What two readings of an interface's counters tell: growth, once; wraps, resets, gaps and swapped cards (IF-MIB).

Runs for SNMP and for what gateways push alike. Octets, epoch seconds by the server's clock; reads no clock, keeps
nothing. Counters are those of RFC 2863: 64 bits (ifHCInOctets), else 32; sysUpTime is in hundredths of a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from netquota.domain.quota import split
from netquota.domain.samples import BIN_S, COARSE_AFTER_S

TICKS_BITS: Final = 32
"""sysUpTime turns over after 497 days."""
TICK_SLACK: Final = 3000
"""How much a gateway's clock and the way of its answers may differ over one interval: 30 s."""
LONGEST_GAP_S: Final = 31 * 86_400
"""After so long a silence nobody knows what a counter did: it begins anew."""
MOST_BPS: Final = 400 * 10**9
"""More is no traffic of a city's gateway, whatever its interface says: many virtual ones say 10 Mbit/s, or nothing."""
LEAST_BPS: Final = 10**9
"""What any interface is thought to be able to carry where a counter fell, whatever speed it says."""
SLIVER_S: Final = 30
"""A piece of a bin so short is the jitter of a reading at the bin's edge: its octets go with the bin beside it."""


class Faces(StrEnum):
    """To which side an interface looks; its input comes from there."""

    PROVIDER = "provider"
    USERS = "users"


class ReadingKind(StrEnum):
    """How a reading stood to the one before it."""

    FIRST = "first"
    GREW = "grew"
    LATE = "late"
    WRAP = "wrap"
    RESET = "reset"
    JUMP = "jump"


@dataclass(frozen=True, slots=True)
class Reading:
    """Counters at a moment: octets in and out, the gateway's up-time (None: not told), which row of its table it was.

    `speed_bps`: what the interface says it can carry; None or 0: not told.
    """

    at_s: int
    input: int
    output: int
    up_ticks: int | None = None
    if_index: int | None = None
    bits: int = 64
    speed_bps: int | None = None


@dataclass(frozen=True, slots=True)
class Growth:
    """Octets that passed in [from_s, to_s), and how that was told; nothing where `is_counted` is false."""

    kind: ReadingKind
    input: int = 0
    output: int = 0
    from_s: int = 0
    to_s: int = 0

    @property
    def is_counted(self) -> bool:
        """Whether it says what passed in its time, be it nothing."""
        return self.to_s > self.from_s


@dataclass(frozen=True, slots=True)
class Traffic:
    """Octets to the users (down) and from them (up)."""

    down: int
    up: int


def judge(before: Reading | None, now: Reading) -> Growth:
    """What passed between two readings of one interface. Keep `now` as the last one unless the kind is LATE.

    An up-time that began again says nothing by itself: an agent may start anew while the counters go on. A counter that
    fell wrapped where its width and the interface's speed allow that, and the gateway did not start anew; else it began
    again at zero, if the interface could carry what it stands at since. More than any interface carries is no traffic
    but another counter, and so is one that fell by a little: what passed is not known then.
    """
    if before is None:
        return Growth(ReadingKind.FIRST)
    elapsed_s = now.at_s - before.at_s
    if elapsed_s <= 0:
        return Growth(ReadingKind.LATE)
    if elapsed_s > LONGEST_GAP_S or _is_another(before, now):
        return Growth(ReadingKind.FIRST)
    fell = now.input < before.input or now.output < before.output
    if not fell:
        found = Growth(ReadingKind.GREW, now.input - before.input, now.output - before.output, before.at_s, now.at_s)
    else:
        found = _wrapped(before, now) or _begun_again(before, now) or Growth(ReadingKind.JUMP)
    return found if _fits(found, MOST_BPS) else Growth(ReadingKind.JUMP)


def _is_another(before: Reading, now: Reading) -> bool:
    """Whether the name now means another counter: another row of the gateway's table, another width."""
    moved = None not in (before.if_index, now.if_index) and before.if_index != now.if_index
    return moved or before.bits != now.bits


def restarted(before: Reading, now: Reading) -> bool:
    """Whether the gateway started anew between two readings: its up-time is not what it was and the time since."""
    if before.up_ticks is None or now.up_ticks is None:
        return False
    expected = before.up_ticks + 100 * (now.at_s - before.at_s)
    behind = (expected - now.up_ticks) % (1 << TICKS_BITS)
    return TICK_SLACK < behind < (1 << TICKS_BITS) - TICK_SLACK


def _wrapped(before: Reading, now: Reading) -> Growth | None:
    """Growth over the counter's end, where only that explains the fall."""
    if restarted(before, now):
        return None
    whole = 1 << now.bits
    grown = (now.input - before.input) % whole, (now.output - before.output) % whole
    found = Growth(ReadingKind.WRAP, *grown, before.at_s, now.at_s)
    return found if _fits(found, max(now.speed_bps or 0, LEAST_BPS)) else None


def _begun_again(before: Reading, now: Reading) -> Growth | None:
    """What was counted since zero: since the gateway's start where that is known; what passed before it is lost.

    None where it is more than the interface carries in that time.
    """
    from_s = before.at_s
    if restarted(before, now) and now.up_ticks is not None:
        from_s = min(max(from_s, now.at_s - now.up_ticks // 100), now.at_s - 1)
    found = Growth(ReadingKind.RESET, now.input, now.output, from_s, now.at_s)
    return found if _fits(found, max(now.speed_bps or 0, LEAST_BPS)) else None


def _fits(found: Growth, most_bps: int) -> bool:
    """Whether an interface of this speed could carry that much: half as much again, for clocks that are not exact."""
    seconds = found.to_s - found.from_s + SLIVER_S
    return 16 * max(found.input, found.output) <= 3 * most_bps * seconds


def traffic(found: Growth, faces: Faces) -> Traffic:
    """The growth as its users see it: what comes in from the provider goes down to them."""
    if faces is Faces.PROVIDER:
        return Traffic(found.input, found.output)
    return Traffic(found.output, found.input)


def rates(found: Growth, faces: Faces) -> tuple[int, int]:
    """Mean rates (down, up) of the growth in bit/s."""
    seconds, octets = max(1, found.to_s - found.from_s), traffic(found, faces)
    return octets.down * 8 // seconds, octets.up * 8 // seconds


def in_bins(found: Growth, faces: Faces) -> list[tuple[int, int, int]]:
    """(start of the 5-minute bin, down, up): in proportion to time, in whole octets that add up exactly.

    Every bin of the time is named, with 0 where nothing passed: it was read.
    """
    if not found.is_counted:
        return []
    octets = traffic(found, faces)
    edges = range(found.from_s // BIN_S * BIN_S + BIN_S, found.to_s, BIN_S)
    pieces = zip(
        split(octets.down, found.from_s, found.to_s, edges),
        split(octets.up, found.from_s, found.to_s, edges),
        strict=True,
    )
    bins = [(start // BIN_S * BIN_S, down, up) for (start, down), (_, up) in pieces]
    return _without_slivers(bins, found)


def _without_slivers(bins: list[tuple[int, int, int]], found: Growth) -> list[tuple[int, int, int]]:
    if len(bins) > 1 and found.to_s - bins[-1][0] < SLIVER_S:
        bins[-2:] = [_together(bins[-2], bins[-1])]
    if len(bins) > 1 and bins[0][0] + BIN_S - found.from_s < SLIVER_S:
        bins[:2] = [_together(bins[1], bins[0])]
    return bins


def _together(kept: tuple[int, int, int], other: tuple[int, int, int]) -> tuple[int, int, int]:
    return kept[0], kept[1] + other[1], kept[2] + other[2]


def is_coarse(found: Growth) -> bool:
    """Whether it says little of each bin, as it is over a long time."""
    return found.to_s - found.from_s > COARSE_AFTER_S
