"""More for a set of offices while an event lasts, or less in an emergency; over by itself at its moment. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from netquota.domain.units import Rate


@dataclass(frozen=True, slots=True)
class OfficeEvent:
    """From `from_s` until `until_s` (epoch s) people of these offices have at least `bonus` (bit/s), or are cut.

    `leaves_permille`: what a cut leaves of each speed, in thousandths; None: nothing is cut. `why` is read by them.
    """

    id: int
    key: str
    opd_ids: frozenset[int]
    from_s: int
    until_s: int
    bonus: Rate | None = None
    leaves_permille: int | None = None
    why: str = ""

    def holds(self, at_s: int) -> bool:
        """Whether it is on at a moment."""
        return self.from_s <= at_s < self.until_s


def next_turn(events: Iterable[OfficeEvent], at_s: int) -> int | None:
    """The first moment (epoch s) after `at_s` at which one of them begins or ends."""
    moments = (moment for each in events for moment in (each.from_s, each.until_s))
    return min((moment for moment in moments if moment > at_s), default=None)


def cut(rate: Rate, leaves_permille: int, floor_bps: int) -> Rate:
    """What a cut leaves of a rate: never under the floor, never more than there was."""
    left = Rate(rate.down_bps * leaves_permille // 1000, rate.up_bps * leaves_permille // 1000)
    return left.at_least(Rate(floor_bps, floor_bps)).capped_by(rate)


def taken_from(ceiling: Rate, leaves_permille: int) -> Rate:
    """What a cut takes from a ceiling (negative, bit/s): rounded so that at least its share is left."""
    return Rate(*(-(side - (side * leaves_permille + 999) // 1000) for side in (ceiling.down_bps, ceiling.up_bps)))


@dataclass(frozen=True, slots=True)
class Part:
    """Of what stands in a ceiling besides what is the office's own: `rate` (bit/s), negative where it takes away.

    `leaves_permille`: a cut to so many thousandths, whose rate follows from the ceiling and the parts before it.
    """

    rate: Rate
    leaves_permille: int | None = None


def restacked(ceiling: Rate, held: Iterable[Part], wanted: Sequence[Part], least: Rate) -> tuple[Rate, list[Rate]]:
    """The ceiling with the parts `wanted` in place of those it holds, and the rate of each of them then.

    Nothing is left below `least`, save what was lower already. A cut's rate is what it really takes, so when all parts
    are gone the office has its own ceiling again, whatever came and went meanwhile and in whichever order.
    """
    own = _sum(ceiling, (_negative(part.rate) for part in held))
    floor = least.capped_by(ceiling)
    left = _sum(own, (part.rate for part in wanted if part.leaves_permille is None)).at_least(floor)
    rates: list[Rate] = []
    for part in wanted:
        if part.leaves_permille is None:
            rates.append(part.rate)
            continue
        before = left
        left = _sum(before, [taken_from(before, part.leaves_permille)]).at_least(least.capped_by(before))
        rates.append(_sum(left, [_negative(before)]))
    return left, rates


def _sum(rate: Rate, more: Iterable[Rate]) -> Rate:
    found = [rate, *more]
    return Rate(sum(each.down_bps for each in found), sum(each.up_bps for each in found))


def _negative(rate: Rate) -> Rate:
    return Rate(-rate.down_bps, -rate.up_bps)
