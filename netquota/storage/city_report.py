"""The city at a glance, for the overview: counts, refusals, gateways, orders, jobs. Reads only; epoch seconds.

History is read from its newest end (bounded by number), never walked through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, distinct, func, select, union

from netquota.domain.people import AccountKind, Status
from netquota.storage.database import Connection
from netquota.storage.order_store import OrderState
from netquota.storage.schema import (
    decision_record,
    employee,
    enforcement,
    gateway,
    job_run,
    nas,
    opd,
    provider_link,
    site,
)

_NEWEST_DECISIONS = 50_000
_NEWEST_ORDERS = 20_000


@dataclass(frozen=True, slots=True)
class Refusals:
    """Log-ins since a moment: how many in all, and the refused by their reason's code, most first."""

    attempts: int
    by_code: tuple[tuple[str, int], ...]

    @property
    def refused(self) -> int:
        """How many were refused."""
        return sum(count for _, count in self.by_code)


def refusals(connection: Connection, since_s: int) -> Refusals:
    """Log-ins since an epoch second; attempts are counted among the newest 50,000."""
    d = decision_record.c
    count = func.count()
    causes = select(d.code, count).where(d.accepted.is_(False), d.at_s >= since_s).group_by(d.code)
    by_code = tuple((code, number) for code, number in connection.execute(causes.order_by(count.desc(), d.code)))
    newest = select(d.at_s).order_by(d.id.desc()).limit(_NEWEST_DECISIONS).subquery()
    attempts = connection.execute(select(func.count()).select_from(newest).where(newest.c.at_s >= since_s)).scalar_one()
    return Refusals(attempts, by_code)


def people_count(connection: Connection) -> int:
    """How many accounts are active."""
    return connection.execute(select(func.count()).select_from(employee).where(_active_person())).scalar_one()


def _active_person() -> ColumnElement[bool]:
    """An account that is active and somebody's: the line of an office is no person."""
    return and_(employee.c.status == Status.ACTIVE, employee.c.kind == AccountKind.PERSON)


def people_by_opd(connection: Connection) -> dict[int, int]:
    """How many active accounts each office has, by its id."""
    query = select(employee.c.opd_id, func.count()).where(_active_person()).group_by(employee.c.opd_id)
    return {row[0]: row[1] for row in connection.execute(query)}


def people_by_plan(connection: Connection) -> dict[int, int]:
    """How many active accounts have each plan, by themselves or by their office."""
    has = func.coalesce(employee.c.plan_id, opd.c.default_plan_id)
    joined = employee.join(opd, opd.c.id == employee.c.opd_id)
    query = select(has, func.count()).select_from(joined).where(_active_person()).group_by(has)
    return {row[0]: row[1] for row in connection.execute(query) if row[0] is not None}


class OpdLine(NamedTuple):
    """An office with its limits (bit/s), as the overview and the list show it."""

    id: int
    code: str
    name: str
    status: str
    ceiling_down_bps: int | None
    ceiling_up_bps: int | None
    guaranteed_down_bps: int | None
    guaranteed_up_bps: int | None


def opd_lines(connection: Connection) -> list[OpdLine]:
    """All offices by code."""
    return [
        OpdLine(*row) for row in connection.execute(select(*(opd.c[n] for n in OpdLine._fields)).order_by(opd.c.code))
    ]


class LinkLine(NamedTuple):
    """A provider link with its capacity (bit/s) and how many offices have a site on it."""

    id: int
    name: str
    provider: str
    capacity_down_bps: int
    capacity_up_bps: int
    opds: int


def link_lines(connection: Connection) -> list[LinkLine]:
    """All provider links, the largest first."""
    link = provider_link.c
    query = (
        select(
            link.id, link.name, link.provider, link.capacity_down_bps, link.capacity_up_bps,
            func.count(distinct(site.c.opd_id)),
        )
        .select_from(provider_link.outerjoin(site, site.c.link_id == link.id))
        .group_by(link.id, link.name, link.provider, link.capacity_down_bps, link.capacity_up_bps)
        .order_by(link.capacity_down_bps.desc(), link.name)
    )  # fmt: skip
    return [LinkLine(*row) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class OrderTroubles:
    """Orders of one gateway that need somebody: waiting too long, refused and given up lately; epoch milliseconds."""

    gateway_id: int
    gateway: str
    nas: str
    waiting: int
    refused: int
    given_up: int
    oldest_ms: int


def order_troubles(connection: Connection, waiting_before_ms: int, since_ms: int) -> list[OrderTroubles]:
    """By gateway: orders open since before `waiting_before_ms`, and those that ended badly since `since_ms`.

    Ended ones are looked for among the newest 20,000 orders.
    """
    e, g = enforcement.c, gateway.c
    floor = select(func.coalesce(func.max(enforcement.c.id), 0) - _NEWEST_ORDERS).scalar_subquery()
    waits = and_(e.ended_ms.is_(None), e.created_ms < waiting_before_ms)
    failed = and_(e.id > floor, e.ended_ms >= since_ms, e.state.in_((OrderState.REFUSED, OrderState.GIVEN_UP)))
    # Two index walks and a union: an OR of both would read the whole history.
    troubled = union(select(e.id).where(waits, e.gateway_id > 0), select(e.id).where(failed))

    def number(condition: Any) -> Any:
        return func.sum(case((condition, 1), else_=0))

    query = (
        select(
            g.id, g.identifier, nas.c.name, number(waits), number(e.state == OrderState.REFUSED),
            number(e.state == OrderState.GIVEN_UP), func.min(e.created_ms),
        )
        .select_from(enforcement.join(gateway, g.id == e.gateway_id).join(nas, nas.c.id == g.nas_id))
        .where(e.id.in_(troubled))
        .group_by(g.id, g.identifier, nas.c.name)
        .order_by(func.min(e.created_ms))
    )  # fmt: skip
    return [OrderTroubles(*row[:3], *(int(value) for value in row[3:])) for row in connection.execute(query)]


class JobLine(NamedTuple):
    """The last run of a job, and the usual time between its runs (None: it ran once); epoch seconds."""

    job: str
    due_s: int
    started_s: int
    ended_s: int | None
    state: str
    result: str
    every_s: int | None


def job_lines(connection: Connection) -> list[JobLine]:
    """The last run of each job."""
    j = job_run.c
    newest = select(j.job, func.max(j.due_s).label("due_s")).group_by(j.job).subquery()
    earlier = job_run.alias("earlier")
    before = (
        select(func.max(earlier.c.due_s)).where(earlier.c.job == j.job, earlier.c.due_s < j.due_s).scalar_subquery()
    )
    query = (
        select(j.job, j.due_s, j.started_s, j.ended_s, j.state, j.result, j.due_s - before)
        .join(newest, and_(newest.c.job == j.job, newest.c.due_s == j.due_s))
        .order_by(j.job)
    )
    return [JobLine(*row) for row in connection.execute(query)]


def sites_of_opds(connection: Connection) -> Mapping[int, list[tuple[int, str, str | None, str | None]]]:
    """By host OPD: (site id, name, mode, link's name)."""
    query = (
        select(site.c.opd_id, site.c.id, site.c.name, site.c.mode, provider_link.c.name)
        .select_from(site.outerjoin(provider_link, provider_link.c.id == site.c.link_id))
        .order_by(site.c.name)
    )
    found: dict[int, list[tuple[int, str, str | None, str | None]]] = {}
    for opd_id, *rest in connection.execute(query):
        found.setdefault(opd_id, []).append((rest[0], rest[1], rest[2], rest[3]))
    return found
