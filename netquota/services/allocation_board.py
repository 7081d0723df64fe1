"""The capacity of a link beside what its offices have of it, and what each method would give them.

Proposals divide the link's download: what is guaranteed first, the rest by headcount, by measured use or by weight, in
whole steps. The upload goes along in the link's own proportion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from netquota.domain.people import Opd
from netquota.domain.places import ProviderLink
from netquota.domain.units import Rate
from netquota.errors import InvalidValue
from netquota.planning.proposals import Claimant, by_key
from netquota.services.facts import Policy
from netquota.services.measures import Measures
from netquota.storage import city_report
from netquota.storage.database import Connection

STEP_BPS: Final = 1_000_000


class Method(StrEnum):
    """By what the part of a link that is not guaranteed is dealt out."""

    HEADCOUNT = "headcount"
    USE = "use"
    WEIGHT = "weight"


@dataclass(frozen=True, slots=True)
class Seat:
    """One office at a link: what it has and needs, and what each method would give it (bit/s, download)."""

    opd: Opd
    people: int
    p95_bps: int | None
    proposed: Mapping[Method, int]
    other_links: tuple[str, ...] = ()

    @property
    def ceiling_bps(self) -> int | None:
        """Its ceiling to the user; None without one."""
        return None if self.opd.ceiling is None else self.opd.ceiling.down_bps

    @property
    def guaranteed_bps(self) -> int:
        """What is promised to it."""
        return 0 if self.opd.guaranteed is None else self.opd.guaranteed.down_bps


@dataclass(frozen=True, slots=True)
class Board:
    """A link's offices. `gap_bps`: by so much the guaranteed rates pass the capacity (0: they do not)."""

    link: ProviderLink
    seats: tuple[Seat, ...]

    @property
    def guaranteed_bps(self) -> int:
        """All that is promised."""
        return sum(seat.guaranteed_bps for seat in self.seats)

    @property
    def ceilings_bps(self) -> int:
        """All ceilings together."""
        return sum(seat.ceiling_bps or 0 for seat in self.seats)

    @property
    def gap_bps(self) -> int:
        """By how much the promises pass the capacity."""
        return max(0, self.guaranteed_bps - self.link.capacity.down_bps)

    @property
    def oversubscribed_permille(self) -> int:
        """Ceilings against capacity: 1000 = as much as there is."""
        capacity = self.link.capacity.down_bps
        return self.ceilings_bps * 1000 // capacity if capacity else 0

    @property
    def unlimited(self) -> tuple[str, ...]:
        """Offices without a ceiling: they may take all of it."""
        return tuple(seat.opd.code for seat in self.seats if seat.ceiling_bps is None)

    def rate(self, down_bps: int) -> Rate:
        """A download with the upload that goes along, in whole steps of kbit/s."""
        capacity = self.link.capacity
        up_bps = down_bps * capacity.up_bps // max(1, capacity.down_bps) // 1000 * 1000
        return Rate(down_bps, max(1000, up_bps))


def boards_now(connection: Connection, policy: Policy, measures: Measures, now_s: int) -> list[Board]:
    """Every link with the people and the measured use of its offices as they are now, the largest first."""
    people = city_report.people_by_opd(connection)
    p95 = {opd_id: each.down_bps for opd_id, each in measures.of_opds(connection, now_s).items()}
    return boards(policy, people, p95)


def boards(policy: Policy, people: Mapping[int, int], p95: Mapping[int, int | None]) -> list[Board]:
    """Every link, the largest first; `people` and `p95` (bit/s) by office id."""
    found = [board(policy, link, people, p95) for link in policy.snapshot.links.values()]
    return sorted(found, key=lambda each: (-each.link.capacity.down_bps, each.link.name))


def board(policy: Policy, link: ProviderLink, people: Mapping[int, int], p95: Mapping[int, int | None]) -> Board:
    """One link with the offices that have a site on it, by code."""
    hosts: dict[int, Opd] = {}
    elsewhere: dict[int, set[str]] = {}
    for site in policy.snapshot.sites.values():
        if site.link is None:
            continue
        if site.link.id == link.id:
            hosts[site.host.id] = site.host
        else:
            elsewhere.setdefault(site.host.id, set()).add(site.link.name)
    opds = sorted(hosts.values(), key=lambda opd: opd.code)
    proposals = {method: _proposal(link, opds, method, people, p95) for method in Method}
    return Board(
        link,
        tuple(
            Seat(
                opd, people.get(opd.id, 0), p95.get(opd.id),
                {method: shares[opd.code] for method, shares in proposals.items() if opd.code in shares},
                tuple(sorted(elsewhere.get(opd.id, ()))),
            )
            for opd in opds
        ),
    )  # fmt: skip


def _proposal(
    link: ProviderLink, opds: Sequence[Opd], method: Method, people: Mapping[int, int], p95: Mapping[int, int | None]
) -> Mapping[str, int]:  # fmt: skip
    """Shares by code; none where the guaranteed rates need more than there is."""
    keys: Mapping[Method, Callable[[Opd], int]] = {
        Method.HEADCOUNT: lambda opd: people.get(opd.id, 0),
        Method.USE: lambda opd: p95.get(opd.id) or 0,
        Method.WEIGHT: lambda opd: opd.weight,
    }
    key_of = keys[method]
    claimants = [
        Claimant(opd.code, 0 if opd.guaranteed is None else opd.guaranteed.down_bps, key_of(opd)) for opd in opds
    ]
    try:
        return by_key(link.capacity.down_bps, STEP_BPS, claimants).shares
    except InvalidValue:
        return {}
