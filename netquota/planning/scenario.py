"""What if: growth, a new application or office, another price, a link lost; by the plan's own functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from netquota.errors import NotFound
from netquota.planning.capacity import MEGABIT_BPS, SATURATION_PERMILLE, Application, capacity
from netquota.planning.cost import LinkCost, total_rp
from netquota.planning.samples import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class LinkDemand:
    """A link's office-hour demand (bit/s, bin by bin, hidden demand included), its price and the months to pay."""

    link: str
    demand_bps: IntArray
    capacity_bps: int
    price_rp: int
    months: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """One scenario. Growth and prices are in thousandths of today's; applications are added to a link by its name.

    `lost` links give their demand to the others in proportion to their capacity.
    """

    name: str
    growth_permille: int = 1000
    price_permille: int = 1000
    applications: Mapping[str, Sequence[Application]] = field(default_factory=dict[str, Sequence[Application]])
    lost: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A scenario's links with capacity and cost, rupiah before PPN."""

    name: str
    links: tuple[LinkCost, ...]

    @property
    def total_rp(self) -> int:
        """Sum of the links."""
        return total_rp(self.links)


def play(
    what_if: WhatIf, links: Sequence[LinkDemand], step: int = MEGABIT_BPS, permille: int = SATURATION_PERMILLE
) -> Outcome:
    """Capacity and cost of each remaining link under a scenario. Raises `NotFound` for a link that is not there."""
    known = {link.link for link in links}
    for name in (*what_if.applications, *what_if.lost):
        if name not in known:
            raise NotFound("link", name)
    kept = [link for link in links if link.link not in what_if.lost]
    moved = [_grown(link, what_if) for link in links if link.link in what_if.lost]
    whole = sum(link.capacity_bps for link in kept)
    costs: list[LinkCost] = []
    for link in kept:
        demand = _grown(link, what_if)
        for extra in moved:
            demand = demand + (extra * link.capacity_bps // whole if whole else extra // len(kept))
        price = (2 * link.price_rp * what_if.price_permille + 1000) // 2000
        costs.append(LinkCost(link.link, capacity(demand, step, permille) or 0, price, link.months))
    return Outcome(what_if.name, tuple(costs))


def _grown(link: LinkDemand, what_if: WhatIf) -> IntArray:
    """The link's demand after growth, with what new applications add to every office bin."""
    added = sum(application.demand_bps for application in what_if.applications.get(link.link, ()))
    grown = (2 * link.demand_bps * what_if.growth_permille + 1000) // 2000
    return (grown + added).astype(np.int64)
