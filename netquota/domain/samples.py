"""Samples of use: subjects, 5-minute bins, and what is known of a bin: octets, none, nothing (planning.md part 1).

A bin without octets is 0 only while the gateways that would have counted them were known to be up; else it is missing.
Spans are half-open, [from, to), in epoch seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from netquota.domain.units import Rate

BIN_S: Final = 300
HOUR_S: Final = 3600
BINS_IN_HOUR: Final = HOUR_S // BIN_S
HEARD_S: Final = 900
"""Three interim intervals: after a longer silence nobody knows whether a gateway was up."""
COARSE_AFTER_S: Final = 900
"""Octets of a report over a longer time say little of each of its bins."""

SETTLED_AFTER_S: Final = 1800
"""An hour is summed so long after its end."""
LATE_AFTER_S: Final = SETTLED_AFTER_S // 2
"""What is written later than this after an hour's end is noted as late; what was not noted is written by then."""

PERSON: Final = 1
SITE: Final = 2
LINK: Final = 3
SITE_INTERFACE: Final = 4
LINK_INTERFACE: Final = 5
OPD: Final = 6
APPLICATION: Final = 7
"""What flows between users and the hosts of a reported application, as gateways count it."""
INTERFACE_OF: Final = {SITE: SITE_INTERFACE, LINK: LINK_INTERFACE}
"""The kind under which the interface of a site or a link is measured."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time [from_s, to_s)."""

    from_s: int
    to_s: int


Spans = tuple[Span, ...]


def joined(spans: Iterable[Span], pause_s: int = 0) -> Spans:
    """The spans in order, those that touch (or are at most `pause_s` apart) as one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.from_s, one.to_s)):
        if found and span.from_s <= found[-1].to_s + pause_s:
            found[-1] = Span(found[-1].from_s, max(found[-1].to_s, span.to_s))
        else:
            found.append(span)
    return tuple(found)


def common(one: Spans, other: Spans) -> Spans:
    """When both hold; each in order and without overlap."""
    found: list[Span] = []
    a, b = 0, 0
    while a < len(one) and b < len(other):
        from_s, to_s = max(one[a].from_s, other[b].from_s), min(one[a].to_s, other[b].to_s)
        if from_s < to_s:
            found.append(Span(from_s, to_s))
        if one[a].to_s <= other[b].to_s:
            a += 1
        else:
            b += 1
    return tuple(found)


def within(spans: Spans, from_s: int, to_s: int) -> Spans:
    """The part of the spans that lies in [from_s, to_s)."""
    return common(spans, (Span(from_s, to_s),)) if from_s < to_s else ()


def holds(spans: Spans, from_s: int, to_s: int) -> bool:
    """Whether one of the spans (in order, without overlap) holds all of [from_s, to_s)."""
    at = bisect_right(spans, from_s, key=lambda span: span.from_s) - 1
    return at >= 0 and spans[at].to_s >= to_s


@dataclass(frozen=True, slots=True)
class Ceiling:
    """From an epoch second on this rate was the most; None: no ceiling."""

    from_s: int
    rate: Rate | None


def late_hours(bins: Iterable[tuple[int, int, int]], now_s: int) -> list[tuple[int, int, int]]:
    """The hours of these bins (kind, subject, start) that may have been summed by `now_s`, epoch seconds."""
    before_s = (now_s - LATE_AFTER_S) // HOUR_S * HOUR_S
    return [(kind, subject, bin_s // HOUR_S * HOUR_S) for kind, subject, bin_s in bins if bin_s < before_s]


def mask_of(bins: Iterable[int], hour_s: int) -> int:
    """The bins of an hour as twelve bits, its first bin the lowest."""
    found = 0
    for bin_s in bins:
        found |= 1 << (bin_s - hour_s) // BIN_S
    return found


def bins_of(mask: int, hour_s: int) -> list[int]:
    """The starts of the bins that a mask of an hour names, ascending."""
    return [hour_s + place * BIN_S for place in range(BINS_IN_HOUR) if mask >> place & 1]
