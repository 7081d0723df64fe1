"""Which changes of a shared ceiling leave, and when: hysteresis and the safe order (planning.md §5.2). Pure.

One direction, bit/s. The sum of what gateways may hold never passes the ceiling by a change that leaves: reductions go
at once, an increase only where it fits beside all that is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from netquota.domain.sharing import LEAST_BPS, Limit

IDLE_PERMILLE = 20
"""So much of the ceiling may lie idle before kept-back increases are released."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A session against its target. `applied`: what it was asked for last; `held`: the most that its gateway may have.

    `held` is the maximum of what is applied and of everything sent and not yet answered.
    """

    id: int
    weight: int
    applied: int
    held: int
    target: int


def due(limits: Sequence[Limit], standings: Sequence[Standing]) -> dict[int, int]:
    """The sessions whose rate should change, with their targets; changes under a tenth are kept back.

    Of those kept back, cuts are released, largest first, until the sums fit the limits that they are under; gains,
    largest first, while more than 2 % of each limit that they are under would lie idle.
    """
    wanted = {one.id: one.target for one in standings if one.target != one.applied}
    small = [one for one in standings if one.id in wanted and 10 * abs(one.target - one.applied) < one.applied]
    changes = dict(wanted)
    for one in small:
        del changes[one.id]
    will_have = {one.id: changes.get(one.id, one.applied) for one in standings}
    sums = [_Sum(limit, sum(rate for key, rate in will_have.items() if key in limit.members)) for limit in limits]
    for one in sorted(small, key=lambda one: (one.target - one.applied, one.id)):
        mine = [each for each in sums if one.id in each.limit.members]
        if one.target < one.applied and any(each.is_over for each in mine):
            _release(one, changes, mine)
    for one in sorted(small, key=lambda one: (one.applied - one.target, one.id)):
        mine = [each for each in sums if one.id in each.limit.members]
        if one.target > one.applied and all(each.is_idle for each in mine):
            _release(one, changes, mine)
    return changes


@dataclass(slots=True)
class _Sum:
    """What the sessions under a limit will have together."""

    limit: Limit
    in_all: int

    @property
    def is_over(self) -> bool:
        return self.in_all > self.limit.rate

    @property
    def is_idle(self) -> bool:
        return 1000 * (self.limit.rate - self.in_all) > IDLE_PERMILLE * self.limit.rate


def _release(one: Standing, changes: dict[int, int], sums: Iterable[_Sum]) -> None:
    changes[one.id] = one.target
    for each in sums:
        each.in_all += one.target - one.applied


@dataclass(frozen=True, slots=True)
class Leaving:
    """What may leave now, reductions first, each largest (reductions) or neediest (increases) first; what must wait."""

    reductions: tuple[tuple[int, int], ...]
    increases: tuple[tuple[int, int], ...]
    waiting: tuple[int, ...]


def leaving(limits: Sequence[Limit], standings: Sequence[Standing], changes: Mapping[int, int]) -> Leaving:
    """The changes that keep every limit: all reductions, and the increases that fit beside what is held.

    A limit's rate is what it leaves to these sessions (others and reservations subtracted by the caller); a change is
    made whole or not at all.
    """
    changing = [one for one in standings if one.id in changes]
    falling = [one for one in changing if changes[one.id] < one.applied]
    reductions = sorted(falling, key=lambda one: (changes[one.id] - one.applied, one.id))
    room = [_Room(limit, standings) for limit in limits]
    increases: list[tuple[int, int]] = []
    waiting: list[int] = []
    rising = [one for one in changing if changes[one.id] > one.applied]
    for one in sorted(rising, key=lambda one: (Fraction(one.applied, one.weight), one.id)):
        growth = max(0, changes[one.id] - one.held)
        mine = [place for place in room if one.id in place.limit.members]
        if any(growth > place.free for place in mine):
            waiting.append(one.id)
            continue
        for place in mine:
            place.free -= growth
        increases.append((one.id, changes[one.id]))
    return Leaving(tuple((one.id, changes[one.id]) for one in reductions), tuple(increases), tuple(waiting))


class _Room:
    """What is free under one limit."""

    def __init__(self, limit: Limit, standings: Sequence[Standing]) -> None:
        self.limit = limit
        self.free = limit.rate - sum(one.held for one in standings if one.id in limit.members)


def starting_rate(share: int, free: int, floor: int) -> int | None:
    """What a newcomer begins with: its share, but no more than its floor or half of what is free, and never over that.

    None where nothing over 8 kbit/s is free: then it is refused, and may try again.
    """
    if free <= LEAST_BPS:
        return None
    return min(share, max(floor, free // 2), free)
