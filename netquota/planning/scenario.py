"""What if: growth, a new application or office, another price, a link lost; by the plan's own functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from netquota.errors import InvalidValue, NotFound
from netquota.planning.capacity import MEGABIT_BPS, SATURATION_PERMILLE, Application, capacity
from netquota.planning.cost import LinkCost, total_rp
from netquota.planning.samples import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class LinkDemand:
    """A link's office-hour demand (bit/s, bin by bin, hidden demand included), its price and the months to pay.

    `people`: those of the offices whose main link it is; 0 = not known.
    """

    link: str
    demand_bps: IntArray
    capacity_bps: int
    price_rp: int
    months: int
    people: int = 0


@dataclass(frozen=True, slots=True)
class NewOffice:
    """A new office of so many people, each of whom wants what the people of the link's offices want, bin by bin."""

    people: int

    def demand_bps(self, link: LinkDemand) -> IntArray:
        """What it adds to each of the link's bins, rounded half up. Raises `InvalidValue` where nobody is known."""
        if link.people < 1:
            raise InvalidValue("offices", link.link, "choose a link whose offices have people: theirs is the measure")
        return (2 * link.demand_bps * self.people + link.people) // (2 * link.people)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """One scenario. Growth and prices are in thousandths of today's; applications and offices are added to a link by
    its name, after growth. `lost` links give their demand, with what was added, to the others by capacity.
    """

    name: str
    growth_permille: int = 1000
    price_permille: int = 1000
    applications: Mapping[str, Sequence[Application]] = field(default_factory=dict[str, Sequence[Application]])
    lost: frozenset[str] = frozenset()
    offices: Mapping[str, Sequence[NewOffice]] = field(default_factory=dict[str, Sequence[NewOffice]])


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
    """Capacity and cost of each remaining link under a scenario.

    Raises `NotFound` for a link that is not there, `InvalidValue` for a new office where nobody is known.
    """
    known = {link.link for link in links}
    for name in (*what_if.applications, *what_if.offices, *what_if.lost):
        if name not in known:
            raise NotFound("link", name)
    kept = [link for link in links if link.link not in what_if.lost]
    moved = [_grown(link, what_if) for link in links if link.link in what_if.lost]
    whole = sum(link.capacity_bps for link in kept)
    costs: list[LinkCost] = []
    for link in kept:
        demand = _grown(link, what_if)
        for extra in moved:
            demand = demand + _share(extra, link.capacity_bps if whole else 1, whole or len(kept))
        price = (2 * link.price_rp * what_if.price_permille + 1000) // 2000
        costs.append(LinkCost(link.link, capacity(demand, step, permille) or 0, price, link.months))
    return Outcome(what_if.name, tuple(costs))


def _share(demand: IntArray, part: int, whole: int) -> IntArray:
    """A part of a demand, down to whole bit/s; exact also where demand times capacity is beyond 64 bits."""
    return (demand.astype(object) * part // whole).astype(np.int64)


def _grown(link: LinkDemand, what_if: WhatIf) -> IntArray:
    """The link's demand after growth, with what new applications and offices add to every office bin."""
    grown = (2 * link.demand_bps * what_if.growth_permille + 1000) // 2000
    for application in what_if.applications.get(link.link, ()):
        grown = grown + application.demand_bps
    for office in what_if.offices.get(link.link, ()):
        grown = grown + office.demand_bps(link)
    return grown.astype(np.int64)
