"""Requests for more: who asks, what for, how they are assessed, and how each may go on.

An office asks for a higher ceiling, an employee for a higher rate or more volume of his own. Small ones the ICT office
decides; those over a set size wait for the head of the office after the ICT office has recommended them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from netquota.domain.units import Rate
from netquota.errors import Conflict, InvalidValue


class RequestState(StrEnum):
    """Where a request is."""

    NEW = "new"
    ASSESSED = "assessed"
    WAITS_FOR_HEAD = "waits_head"
    APPROVED = "approved"
    REFUSED = "refused"
    BUDGET = "budget"
    WITHDRAWN = "withdrawn"


OPEN: Final = frozenset({RequestState.NEW, RequestState.ASSESSED, RequestState.WAITS_FOR_HEAD})
_NEXT: Final[Mapping[RequestState, frozenset[RequestState]]] = {
    RequestState.NEW: frozenset(RequestState) - {RequestState.NEW},
    RequestState.ASSESSED: frozenset(RequestState) - {RequestState.NEW},
    RequestState.WAITS_FOR_HEAD: frozenset(RequestState) - {RequestState.NEW, RequestState.WAITS_FOR_HEAD},
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: a rate in bit/s on top of what there is, or octets in the running period; until a local day
    (included; None = lasting)."""

    rate: Rate | None = None
    octets: int | None = None
    until: date | None = None


def check_wanted(wanted: Wanted, reason: str, today: date, *, for_office: bool) -> None:
    """Raise `InvalidValue` where a request says nothing that could be decided."""
    if wanted.rate is None and wanted.octets is None:
        raise InvalidValue("wanted", "", "say how much more, such as 20M/10M or 5 GB")
    if wanted.rate is not None and (min(wanted.rate.down_bps, wanted.rate.up_bps) < 0 or wanted.rate == Rate(0, 0)):
        raise InvalidValue("wanted", wanted.rate, "ask for more than nothing")
    if for_office and wanted.octets is not None:
        raise InvalidValue("wanted", wanted.octets, "an office asks for a rate; volume of its pool is given by hand")
    if wanted.until is not None and wanted.until < today:
        raise InvalidValue("until", wanted.until, "give a day to come, or leave it empty")
    if not reason.strip():
        raise InvalidValue("reason", "", "say what it is for; it is weighed against what is measured")


def check_move(before: RequestState, after: RequestState) -> None:
    """Raise `Conflict` where a request cannot go on so."""
    if after not in _NEXT.get(before, frozenset()):
        raise Conflict(f"the request is {before} already; reload and look at it again")


def needs_head(rate: Rate | None, above: Rate | None) -> bool:
    """Whether what is given passes what the ICT office may give alone (None: it may give all)."""
    if rate is None or above is None:
        return False
    return rate.down_bps > above.down_bps or rate.up_bps > above.up_bps


def number_of(year: int, count: int) -> str:
    """The number of the n-th request of a local year: `P-2026-014`."""
    return f"P-{year}-{count:03}"


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured over the last 30 days, beside which a request is weighed: 95th percentiles in bit/s, the
    share of valid office-hour bins at the ceiling (permille), how much of the data was there (permille)."""

    p95_down_bps: int | None
    p95_up_bps: int | None
    at_limit_permille: int | None
    coverage_permille: int
    ceiling: Rate | None

    @property
    def headroom(self) -> Rate | None:
        """What of the ceiling the 95th percentile leaves; None where either is unknown."""
        if self.ceiling is None or self.p95_down_bps is None or self.p95_up_bps is None:
            return None
        return Rate(self.ceiling.down_bps - self.p95_down_bps, self.ceiling.up_bps - self.p95_up_bps)


class Advice(StrEnum):
    """What the figures say of a request."""

    NEEDED = "needed"
    ROOM_LEFT = "room_left"
    UNCLEAR = "unclear"


SATURATED_PERMILLE: Final = 10


def advice(figures: Figures, wanted: Rate | None) -> Advice:
    """Needed: at its limit in over 1 % of office-hour bins (planning.md part 4's service level). Room left: never
    there, and the 95th percentile leaves more than is asked for. Else unclear, as with under half of the data."""
    if figures.coverage_permille < 500 or figures.at_limit_permille is None:
        return Advice.UNCLEAR
    if figures.at_limit_permille > SATURATED_PERMILLE:
        return Advice.NEEDED
    room = figures.headroom
    if wanted is None or room is None:
        return Advice.UNCLEAR
    fits = room.down_bps >= wanted.down_bps and room.up_bps >= wanted.up_bps
    return Advice.ROOM_LEFT if fits else Advice.UNCLEAR
