"""One round over a shared ceiling: from what its sessions have and want to the rates to order now (planning.md §5).

Both directions are shared by themselves; what is ordered for a session is its whole rate. The service and the
simulation of a city plan by the same functions here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from netquota.domain.share_order import Leaving, Standing, due, leaving, starting_rate
from netquota.domain.sharing import LEAST_BPS, Claim, Limit, reserve, share_within
from netquota.domain.units import Rate

NEWCOMER = -1
"""The id of who has no session yet; those of sessions begin at 1."""
_NOTHING = Rate(0, 0)

Side = Callable[[Rate], int]


def down(rate: Rate) -> int:
    """The rate to the user, bit/s."""
    return rate.down_bps


def up(rate: Rate) -> int:
    """The rate from the user, bit/s."""
    return rate.up_bps


@dataclass(frozen=True, slots=True)
class Member:
    """A running session under a ceiling.

    `cap`: what it would get without the ceiling's sharing; `applied`: what was asked for it last; `held`: the most that
    its gateway may have; `demand`: what it would use; `moves`: False where CoA does not work, so that it keeps `held`.
    """

    id: int
    cap: Rate
    applied: Rate
    held: Rate
    demand: Rate
    weight: int = 1
    moves: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """Sessions with a ceiling of their own under the whole one; `reserved` of it is promised to newcomers."""

    rate: Rate
    members: frozenset[int]
    reserved: Rate = _NOTHING


@dataclass(frozen=True, slots=True)
class Headroom:
    """What is kept free of a ceiling for newcomers: a share of it or some floors, the larger; never over a quarter."""

    permille: int = 10
    floors: int = 4


USUAL_HEADROOM: Final = Headroom()


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What is shared, who has parts of it, and by which rules; `reserved` is promised to newcomers already."""

    rate: Rate
    floor_bps: int
    parts: tuple[Part, ...] = ()
    reserved: Rate = _NOTHING
    headroom: Headroom = USUAL_HEADROOM

    def for_sharing(self, side: Side, of: Part | None = None) -> int:
        """What targets may sum to in one direction, bit/s: the ceiling, or a part `of` it, less what is kept free.

        Newcomers begin within a part as within the whole, so each keeps something free for them.
        """
        rate, reserved = (side(self.rate), self.reserved) if of is None else (side(of.rate), of.reserved)
        free = reserve(rate, self.floor_bps, self.headroom.permille, self.headroom.floors)
        return max(0, rate - free - side(reserved))


@dataclass(frozen=True, slots=True)
class Plan:
    """What to order now, reductions before increases; the sessions whose increase waits for room; what is idle."""

    orders: tuple[tuple[int, Rate], ...] = ()
    waiting: frozenset[int] = field(default_factory=frozenset[int])


def plan(ceiling: Ceiling, members: Sequence[Member]) -> Plan:
    """The orders that may leave now. Whatever of them is acknowledged, the sum of `held` passes no ceiling by them."""
    downs, ups = (_leaving(ceiling, members, side) for side in (down, up))
    new_down = dict((*downs.reductions, *downs.increases))
    new_up = dict((*ups.reductions, *ups.increases))
    in_turn = dict.fromkeys(key for step in _steps(downs, ups) for key, _ in step)
    by_id = {member.id: member for member in members}
    orders = tuple(
        (key, Rate(new_down.get(key, by_id[key].applied.down_bps), new_up.get(key, by_id[key].applied.up_bps)))
        for key in in_turn
    )
    return Plan(orders, frozenset((*downs.waiting, *ups.waiting)))


def _steps(downs: Leaving, ups: Leaving) -> tuple[tuple[tuple[int, int], ...], ...]:
    return downs.reductions, ups.reductions, downs.increases, ups.increases


def targets(ceiling: Ceiling, members: Sequence[Member], side: Side) -> dict[int, int]:
    """What each moving session should come to have in one direction, bit/s."""
    moving = [_claim(member, ceiling.floor_bps, side) for member in members if member.moves]
    ids = frozenset(claim.id for claim in moving)
    whole, *parts = _for_sharing(ceiling, members, ids, side)
    shares = share_within(whole.rate, moving, parts)
    return {key: max(LEAST_BPS, rate) for key, rate in shares.items()}


def start(
    ceiling: Ceiling, members: Sequence[Member], cap: Rate, parts: Sequence[int] = (), weight: int = 1
) -> Rate | None:
    """The rate that a newcomer begins with, so that every ceiling holds; None: nothing is free, it may try again.

    `cap`: what it would get without the sharing; `parts`: the numbers of the ceiling's parts in which it stands.
    """
    joined = tuple(
        replace(part, members=part.members | {NEWCOMER}) if number in parts else part
        for number, part in enumerate(ceiling.parts)
    )
    everybody = [*members, Member(NEWCOMER, cap, _NOTHING, _NOTHING, cap, weight)]
    rates = [_start(replace(ceiling, parts=joined), everybody, side) for side in (down, up)]
    return None if rates[0] is None or rates[1] is None else Rate(rates[0], rates[1])


def _start(ceiling: Ceiling, members: Sequence[Member], side: Side) -> int | None:
    wanted = targets(ceiling, members, side)[NEWCOMER]
    free = side(ceiling.rate) - side(ceiling.reserved) - sum(side(member.held) for member in members)
    for part in ceiling.parts:
        if NEWCOMER in part.members:
            inside = sum(side(member.held) for member in members if member.id in part.members)
            free = min(free, side(part.rate) - side(part.reserved) - inside)
    return starting_rate(wanted, free, ceiling.floor_bps)


def _claim(member: Member, floor_bps: int, side: Side) -> Claim:
    return Claim(member.id, member.weight, floor_bps, side(member.cap), side(member.demand))


def _for_sharing(ceiling: Ceiling, members: Sequence[Member], ids: frozenset[int], side: Side) -> list[Limit]:
    """What the targets of these sessions may sum to under the whole and each part; others keep what they hold."""
    whole = Limit(max(0, ceiling.for_sharing(side) - _kept(members, side)), ids)
    return [
        whole,
        *(
            Limit(max(0, ceiling.for_sharing(side, part) - _kept(members, side, part)), part.members & ids)
            for part in ceiling.parts
        ),
    ]


def _kept(members: Sequence[Member], side: Side, part: Part | None = None) -> int:
    """What sessions keep that no order reaches: it is lost to the others."""
    inside = (member for member in members if not member.moves and (part is None or member.id in part.members))
    return sum(side(member.held) for member in inside)


def _leaving(ceiling: Ceiling, members: Sequence[Member], side: Side) -> Leaving:
    wanted = targets(ceiling, members, side)
    standings = [
        Standing(member.id, member.weight, side(member.applied), side(member.held), wanted[member.id])
        for member in members
        if member.moves
    ]
    ids = frozenset(wanted)
    changes = due(_for_sharing(ceiling, members, ids, side), standings)
    limits = [Limit(side(ceiling.rate) - side(ceiling.reserved) - _kept(members, side), ids)]
    limits += [
        Limit(side(part.rate) - side(part.reserved) - _kept(members, side, part), part.members & ids)
        for part in ceiling.parts
    ]
    return leaving(limits, standings, changes)
