"""Capacity for a service level, scenarios, and the division of a total: planning.md part 4 on what was studied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from netquota.domain.samples import LINK, OPD
from netquota.errors import InvalidValue, NotFound
from netquota.planning.capacity import (
    MEGABIT_BPS,
    SATURATION_PERMILLE,
    Outlook,
    capacity_for,
    deciding_demand,
    need_ahead,
    scaled,
)
from netquota.planning.division import Division, Office, divide
from netquota.planning.percentile import percentile
from netquota.planning.samples import IntArray
from netquota.planning.scenario import LinkDemand, Outcome, WhatIf, play
from netquota.services.planning import stored
from netquota.services.planning.figures import Study
from netquota.services.planning.stored import Demand, Kept
from netquota.storage import plan_policy
from netquota.storage.database import Connection
from netquota.storage.plan_policy import PlannedLink, PlannedOpd

MOST_STEPS = 2_000
"""In so many steps a total is divided at most: time and memory grow with their square."""


@dataclass(frozen=True, slots=True)
class Level:
    """What is wanted: thousandths of office bins that may be at the limit, in which steps capacity is bought, and for
    which months (first days, both included)."""

    first: date
    last: date
    permille: int = SATURATION_PERMILLE
    step_bps: int = MEGABIT_BPS

    def __post_init__(self) -> None:
        if not 1 <= self.permille <= 1000:
            raise InvalidValue("permille", self.permille, "give thousandths from 1 to 1000")
        if self.step_bps < 1:
            raise InvalidValue("step", self.step_bps, "give a step above 0")
        if self.last < self.first:
            raise InvalidValue("last", self.last, f"give a month from {self.first} on")

    @classmethod
    def of_coming_year(cls, today: date, permille: int = SATURATION_PERMILLE) -> Level:
        """The twelve months from the next on."""
        first = date(today.year + today.month // 12, today.month % 12 + 1, 1)
        return cls(first, date(today.year + 1, today.month, 1), permille)


@dataclass(frozen=True, slots=True)
class Need:
    """The capacity that a subject needs. `deciding_bps` is today's demand that must not be at its limit, `now_bps` the
    p95 of today's demand; `month` with `forecast_bps` the busiest forecast of the level's months (None: no forecast, so
    that capacity is today's)."""

    direction: str
    deciding_bps: int
    now_bps: int
    month: date | None
    forecast_bps: int | None
    capacity_bps: int
    low_bps: int
    high_bps: int
    bins: int


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """Everything studied, by (kind, id), beside the policy of now."""

    links: Sequence[PlannedLink]
    opds: Sequence[PlannedOpd]
    studies: Mapping[tuple[int, int], Kept]
    demands: Mapping[tuple[int, int], Demand]

    def study(self, kind: int, ident: int) -> Study | None:
        """A subject's study."""
        found = self.studies.get((kind, ident))
        return None if found is None else found.study

    def link(self, name: str) -> PlannedLink:
        """A link by its name. Raises `NotFound`."""
        for link in self.links:
            if link.name == name:
                return link
        raise NotFound("link", name)

    def opd(self, code: str) -> PlannedOpd:
        """An office by its code. Raises `NotFound`."""
        for opd in self.opds:
            if opd.code == code:
                return opd
        raise NotFound("opd", code)

    def opds_on(self, link_id: int) -> list[PlannedOpd]:
        """The offices whose main link it is, by code."""
        return [opd for opd in self.opds if opd.link_id == link_id]

    @property
    def oldest_s(self) -> int | None:
        """When the oldest of the studies was made, epoch seconds."""
        return min((each.made_s for each in self.studies.values()), default=None)


def book(connection: Connection, demand_of: tuple[int, ...] = (LINK, OPD)) -> Book:
    """Read it all: for a city of 60 offices some 6 MB of demand, of which pages take the kinds that they need."""
    rows = stored.kept(connection, (LINK, OPD))
    of = {"link": LINK, "opd": OPD}
    return Book(
        plan_policy.links(connection), plan_policy.opds(connection),
        {(of[row.study.word], row.subject_id): row for row in rows},
        stored.demands(connection, demand_of) if demand_of else {},
    )  # fmt: skip


def need(study: Study, demand: Demand, level: Level, added_bps: int = 0) -> Need | None:
    """The larger need of both directions; None without any known bin."""
    found = [_need(study, demand, level, way, added_bps) for way in ("down", "up")]
    known = [each for each in found if each is not None]
    return max(known, key=lambda each: (each.capacity_bps, each.direction == "down"), default=None)


def _need(study: Study, demand: Demand, level: Level, way: str, added_bps: int) -> Need | None:
    bins = demand.known(way)
    deciding, now = deciding_demand(bins, level.permille), percentile(bins)
    if deciding is None or now is None:
        return None
    outlook = study.outlook(way)
    month = None if outlook is None else outlook.busiest(level.first, level.last)
    if month is None or now <= 0:
        capacity = capacity_for(deciding + added_bps, level.step_bps)
        return Need(way, deciding, now, None, None, capacity, capacity, capacity, len(bins))
    low, high = month.low_bps or month.bps, month.high_bps or month.bps
    ahead = need_ahead(deciding, Outlook(now, month.bps, low, high), added_bps, level.step_bps)
    return Need(way, deciding, now, month.month, month.bps, ahead.capacity, ahead.low, ahead.high, len(bins))


def ahead_permille(study: Study, demand: Demand, level: Level, way: str = "down") -> int:
    """Thousandths that the demand of the level's busiest month is of today's; 1000 without a forecast."""
    found = _need(study, demand, level, way, 0)
    if found is None or found.forecast_bps is None:
        return 1000
    return scaled(1000, found.forecast_bps, found.now_bps)


def divided(of: Book, link_id: int, total_bps: int, level: Level) -> Division:
    """A total among the offices of a link so that the fewest office bins are at their limit, in the level's busiest
    month: in the level's steps, or in larger ones where these were over `MOST_STEPS`. Raises `InvalidValue` where the
    guaranteed rates exceed it."""
    step = level.step_bps * max(1, -(-total_bps // (level.step_bps * MOST_STEPS)))
    offices: list[Office] = []
    for opd in of.opds_on(link_id):
        study, demand = of.study(OPD, opd.id), of.demands.get((OPD, opd.id))
        bins = np.zeros(0, dtype=np.int64)
        if study is not None and demand is not None:
            bins = grown(demand.known("down"), ahead_permille(study, demand, level))
        offices.append(Office(opd.code, opd.guaranteed_bps, bins, opd.weight, opd.people))
    least = sum(-(-office.guaranteed // step) for office in offices)
    fits = least * step <= total_bps or sum(office.guaranteed for office in offices) > total_bps
    return divide(total_bps, step if fits else level.step_bps, offices)


def grown(bins: IntArray, permille: int) -> IntArray:
    """Demand in thousandths of what it is, half up."""
    return (2 * bins * permille + 1000) // 2000


def played(of: Book, what_if: WhatIf, level: Level, prices: Mapping[str, int], months: int) -> Outcome:
    """A scenario over all links that were studied, from the demand of the level's busiest month.

    Raises `NotFound`, `InvalidValue`.
    """
    links: list[LinkDemand] = []
    for link in of.links:
        study, demand = of.study(LINK, link.id), of.demands.get((LINK, link.id))
        if study is not None and demand is not None:
            way = study.direction
            bins = np.maximum(demand.down if way == "down" else demand.up, 0)
            ahead = grown(bins, ahead_permille(study, demand, level, way))
            price = prices.get(link.name, link.unit_price_rp)
            people = sum(opd.people for opd in of.opds_on(link.id))
            links.append(LinkDemand(link.name, ahead, link.down_bps, price, months, people))
    return play(what_if, _beside(links), level.step_bps, level.permille)


def _beside(links: Sequence[LinkDemand]) -> list[LinkDemand]:
    """Of one length: a link that was studied over fewer bins has none before."""
    longest = max((len(link.demand_bps) for link in links), default=0)
    return [
        replace(link, demand_bps=np.concatenate([np.zeros(longest - len(link.demand_bps), np.int64), link.demand_bps]))
        for link in links
    ]
