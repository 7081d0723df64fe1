"""An assessment round (*tinjauan*): need against use of every office over some days, and what follows from it.

Pure: what is proposed, on what ground, and how a round and each of its lines may go on. Rates in bit/s; the download
decides what is proposed, as on the allocation board.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from netquota.domain.requests import SATURATED_PERMILLE
from netquota.domain.units import Rate
from netquota.errors import Conflict, InvalidValue

LEAST_COVERAGE_PERMILLE: Final = 500
HARDLY_PERMILLE: Final = 2
"""At the limit in so much of office hours at most: hardly ever."""
STEP_BPS: Final = 1_000_000
ROOM_PERCENT: Final = 125
"""What a lowered ceiling leaves above the 95th percentile."""
IDLE_PERCENT: Final = 50
"""An office whose 95th percentile is over this part of its ceiling keeps it."""
WORTH_PERCENT: Final = 90
"""A lower ceiling is worth proposing where it is at most this part of the one in force."""


class RoundState(StrEnum):
    """Where a round is: prepared by the ICT office, with the offices, closed."""

    PREPARED = "prepared"
    SENT = "sent"
    CLOSED = "closed"


class Move(StrEnum):
    """What is proposed of an office's ceiling."""

    KEEP = "keep"
    RAISE = "raise"
    LOWER = "lower"


class Ground(StrEnum):
    """Why: too little was measured; it has no ceiling; it is often at its limit, and gets more, or its link has no
    more; it leaves most of its ceiling unused; what it has fits."""

    THIN = "thin"
    UNLIMITED = "unlimited"
    AT_LIMIT = "at_limit"
    NO_MORE = "no_more"
    ROOM = "room"
    FITS = "fits"


class Conclusion(StrEnum):
    """What the ICT office concluded of an office."""

    KEPT = "kept"
    CHANGED = "changed"
    BUDGET = "budget"


class Reply(StrEnum):
    """What an office answered to its sheet."""

    AGREES = "agrees"
    REMARKS = "remarks"


@dataclass(frozen=True, slots=True)
class Use:
    """What a round knows of an office: its limits (bit/s, None = none) and people, what was measured in office hours
    over the round's days, what it says that it needs, and what its link's division by the round's method gives it.

    Rates are bit/s, shares thousandths; None = too little is known. `hidden_*`: demand that the limit hid, an estimate
    with its interval (download). `needed_*`: what its reported applications need together; `asked_*`: its open requests
    (their numbers in `requests`), on top of the ceiling.
    """

    people: int = 0
    ceiling_down_bps: int | None = None
    ceiling_up_bps: int | None = None
    guaranteed_down_bps: int | None = None
    guaranteed_up_bps: int | None = None
    coverage_permille: int = 0
    p95_down_bps: int | None = None
    p95_up_bps: int | None = None
    peak_down_bps: int | None = None
    busy_hour: int | None = None
    busy_bps: int | None = None
    at_limit_permille: int | None = None
    unused_permille: int | None = None
    hidden_bps: int | None = None
    hidden_low_bps: int | None = None
    hidden_high_bps: int | None = None
    finding: str = ""
    applications: int = 0
    needed_down_bps: int = 0
    needed_up_bps: int = 0
    requests: tuple[str, ...] = ()
    asked_down_bps: int = 0
    asked_up_bps: int = 0
    link: str = ""
    share_down_bps: int | None = None
    share_up_bps: int | None = None

    @property
    def ceiling(self) -> Rate | None:
        """Its ceiling."""
        return _rate(self.ceiling_down_bps, self.ceiling_up_bps)

    @property
    def guaranteed(self) -> Rate | None:
        """What is promised to it."""
        return _rate(self.guaranteed_down_bps, self.guaranteed_up_bps)

    @property
    def share(self) -> Rate | None:
        """What the division of its link gives it; None where it has none."""
        return _rate(self.share_down_bps, self.share_up_bps)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A move, the ceiling after it (None where there is none), and its ground."""

    move: Move
    rate: Rate | None
    ground: Ground


def proposed(use: Use) -> Proposal:
    """What the figures propose. The direction follows from use against the limit, the size from the link's division.

    Raised where over 1 % of office hours were at the limit, to what the division gives; lowered where hardly any was
    and the 95th percentile is under half of the ceiling, never under what is guaranteed, reported or asked for.
    """
    ceiling = use.ceiling
    if ceiling is None:
        return Proposal(Move.KEEP, None, Ground.UNLIMITED)
    if use.coverage_permille < LEAST_COVERAGE_PERMILLE or use.at_limit_permille is None or use.p95_down_bps is None:
        return Proposal(Move.KEEP, ceiling, Ground.THIN)
    if use.at_limit_permille > SATURATED_PERMILLE:
        more = ceiling.at_least(use.share or ceiling)
        if more.down_bps == ceiling.down_bps:
            return Proposal(Move.KEEP, ceiling, Ground.NO_MORE)
        return Proposal(Move.RAISE, more, Ground.AT_LIMIT)
    less = _lowered(use, ceiling)
    if use.at_limit_permille <= HARDLY_PERMILLE and less is not None:
        return Proposal(Move.LOWER, less, Ground.ROOM)
    return Proposal(Move.KEEP, ceiling, Ground.FITS)


def _lowered(use: Use, ceiling: Rate) -> Rate | None:
    """A ceiling that still leaves room for all that is known; None where it is hardly lower, or use is not low."""
    down, up = use.p95_down_bps or 0, use.p95_up_bps or 0
    if 100 * down > IDLE_PERCENT * ceiling.down_bps:
        return None
    asked = Rate(ceiling.down_bps + use.asked_down_bps, ceiling.up_bps + use.asked_up_bps)
    floors = [
        Rate(_whole(down * ROOM_PERCENT // 100), _whole(up * ROOM_PERCENT // 100)),
        Rate(_whole(use.needed_down_bps), _whole(use.needed_up_bps)), use.guaranteed or Rate(0, 0),
        asked if use.requests else Rate(0, 0),
    ]  # fmt: skip
    least = use.share or Rate(0, 0)
    for floor in floors:
        least = least.at_least(floor)
    found = least.at_least(Rate(STEP_BPS, STEP_BPS)).capped_by(ceiling)
    return found if 100 * found.down_bps <= WORTH_PERCENT * ceiling.down_bps else None


def move_to(ceiling: Rate | None, rate: Rate | None) -> Move:
    """What a ceiling after the round is beside the one before it; the download decides, then the upload."""
    if rate is None or ceiling is None or rate == ceiling:
        return Move.KEEP if rate == ceiling else Move.RAISE if rate is None else Move.LOWER
    return Move.RAISE if (rate.down_bps, rate.up_bps) > (ceiling.down_bps, ceiling.up_bps) else Move.LOWER


_NEXT: Final[Mapping[RoundState, frozenset[RoundState]]] = {
    RoundState.PREPARED: frozenset({RoundState.SENT}),
    RoundState.SENT: frozenset({RoundState.CLOSED}),
}


def check_next(before: RoundState, after: RoundState) -> None:
    """Raise `Conflict` where a round cannot go on so."""
    if after not in _NEXT.get(before, frozenset()):
        raise Conflict(f"the round is {before}; it cannot become {after}")


def check_conclusion(conclusion: Conclusion, ceiling: Rate | None, rate: Rate | None) -> None:
    """Raise `InvalidValue` where a conclusion does not fit what is proposed or adjusted."""
    move = move_to(ceiling, rate)
    if conclusion is Conclusion.CHANGED and move is Move.KEEP:
        raise InvalidValue("conclusion", conclusion, "adjust the proposal first: it is what the office has")
    if conclusion is Conclusion.BUDGET and (rate is None or move is not Move.RAISE):
        raise InvalidValue("conclusion", conclusion, "adjust the proposal first to what the budget should bring")


def _rate(down_bps: int | None, up_bps: int | None) -> Rate | None:
    return None if down_bps is None or up_bps is None else Rate(down_bps, up_bps)


def _whole(bps: int) -> int:
    """In whole steps, upwards."""
    return -(-bps // STEP_BPS) * STEP_BPS
