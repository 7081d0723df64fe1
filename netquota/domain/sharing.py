"""Sharing a ceiling: weighted max-min fairness with floors and caps, on integers (planning.md §5.1). Pure.

One direction at a time, bit/s throughout. Which of the changes leave, and when, is share_order.py's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import lcm
from typing import NamedTuple

from netquota.errors import InvalidValue

LEAST_BPS = 8_000
"""Nothing lower is sent: many gateways read 0 as unlimited, and nobody works with less."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one sharer asks of a ceiling in one direction, bit/s; `weight` at least 1. Raises `InvalidValue`."""

    id: int
    weight: int
    floor: int
    cap: int
    demand: int

    def __post_init__(self) -> None:
        if self.weight < 1:
            raise InvalidValue("weight", self.weight, "give a whole number from 1 on")
        if min(self.floor, self.cap, self.demand) < 0:
            raise InvalidValue("claim", self, "give rates from 0 on")


@dataclass(frozen=True, slots=True)
class Limit:
    """A ceiling of its own, in bit/s, over some of the sharers: a site's under its OPD's, a link's part of it."""

    rate: int
    members: frozenset[int]


def share(ceiling: int, claims: Iterable[Claim]) -> dict[int, int]:
    """Each sharer's bit/s by id; the sum is min(ceiling, sum of caps). The order of claims does not matter.

    Floors first (scaled where they exceed the ceiling), then demands in proportion to weight, then the rest as headroom
    up to the caps. Remainders go to the largest fractions, ties to the lower id.
    """
    claims = sorted(claims, key=lambda claim: claim.id)
    floors = [min(claim.floor, claim.cap) for claim in claims]
    total = sum(floors)
    if total > ceiling:
        return _rounded(ceiling, [(claim.id, ceiling * low) for claim, low in zip(claims, floors, strict=True)], total)
    wanted = [max(low, min(c.cap, c.demand)) for c, low in zip(claims, floors, strict=True)]
    rest = ceiling - sum(wanted)
    if rest <= 0:
        rows = zip(claims, floors, wanted, strict=True)
        return _filled(ceiling, [_Trough(claim.id, claim.weight, low, high) for claim, low, high in rows])
    rooms = [claim.cap - want for claim, want in zip(claims, wanted, strict=True)]
    troughs = [_Trough(claim.id, claim.weight, 0, room) for claim, room in zip(claims, rooms, strict=True)]
    headroom = _filled(min(rest, sum(rooms)), troughs)
    return {claim.id: want + headroom[claim.id] for claim, want in zip(claims, wanted, strict=True)}


def share_within(ceiling: int, claims: Sequence[Claim], limits: Iterable[Limit]) -> dict[int, int]:
    """`share()` where parts of the sharers have ceilings of their own: what a part may not take, the others get.

    Limits are nested or apart; the inner ones hold first.
    """
    left = sorted(limits, key=lambda limit: (len(limit.members), sorted(limit.members)))
    held: dict[int, int] = {}
    while True:
        free = [claim for claim in claims if claim.id not in held]
        given = held | share(max(0, ceiling - sum(held.values())), free)
        over = next((limit for limit in left if sum(given[one] for one in limit.members) > limit.rate), None)
        if over is None:
            return given
        left.remove(over)
        inside = [_held_to(claim, held.get(claim.id)) for claim in claims if claim.id in over.members]
        held |= share(over.rate, inside)


def _held_to(claim: Claim, most: int | None) -> Claim:
    return claim if most is None else replace(claim, cap=min(claim.cap, most))


def demand(rate: int | None, allocation: int, cap: int) -> int:
    """What a session would use, bit/s: from its last interval's `rate` and the `allocation` it had then.

    Its cap where it used over nine tenths (it may want more) or nothing is known yet, else a quarter more than it used.
    """
    if rate is None or 10 * rate > 9 * allocation:
        return cap
    return min(cap, rate * 5 // 4)


def reserve(ceiling: int, floor: int, permille: int = 10, floors: int = 4) -> int:
    """What is kept free for newcomers: a share of the ceiling or some floors, the larger; never over a quarter."""
    return min(ceiling // 4, max(ceiling * permille // 1000, floors * floor))


def link_shares(capacity: int, offices: Iterable[Claim]) -> dict[int, int]:
    """What each OPD may use of a provider link: the link's capacity is a ceiling over its OPDs' ceilings.

    A claim's cap and demand are the OPD's ceiling, its floor what is guaranteed to it.
    """
    return share(capacity, offices)


class _Trough(NamedTuple):
    """One vessel under the rising level: filled from `low` to `high`, `weight` wide."""

    id: int
    weight: int
    low: int
    high: int


def _filled(amount: int, troughs: Sequence[_Trough]) -> dict[int, int]:
    """Fill to one level so that the sum is `amount`, which lies between the sums of `low` and `high`."""
    if not troughs:
        return {}
    scale = lcm(*(trough.weight for trough in troughs))
    level, width = _level(amount, troughs, scale)
    denominator = width * scale
    shares: list[tuple[int, int]] = []
    for trough in troughs:
        share_of = min(trough.high * denominator, max(trough.low * denominator, trough.weight * level))
        shares.append((trough.id, share_of))
    return _rounded(amount, shares, denominator)


def _level(amount: int, troughs: Sequence[_Trough], scale: int) -> tuple[int, int]:
    """The level at which the troughs hold `amount`: numerator and `width` of numerator / (width * scale).

    Heights are counted in 1/scale, so that each trough begins and ends to rise at a whole one.
    """
    edges = [(t.low * scale // t.weight, t.weight) for t in troughs if t.low < t.high]
    edges += [(t.high * scale // t.weight, -t.weight) for t in troughs if t.low < t.high]
    edges.sort()
    left = (amount - sum(trough.low for trough in troughs)) * scale
    height, width = 0, 0
    for edge, change in edges:
        if width and left <= width * (edge - height):
            return height * width + left, width
        left -= width * (edge - height)
        height, width = edge, width + change
    return height, 1


def _rounded(amount: int, shares: Sequence[tuple[int, int]], denominator: int) -> dict[int, int]:
    """Whole numbers that sum to `amount`: largest remainder, ties to the lower id."""
    if denominator == 0:
        return {key: 0 for key, _ in shares}
    given = {key: numerator // denominator for key, numerator in shares}
    missing = amount - sum(given.values())
    by_fraction = sorted(shares, key=lambda one: (-(one[1] % denominator), one[0]))
    for key, _ in by_fraction[:missing]:
        given[key] += 1
    return given
