"""Lists for people, page by page: orders to gateways, refused log-ins, clients with their gateways. Reads only.

Running sessions are in session_report.py, use over time in usage_report.py, the city's counts in city_report.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select

from netquota.domain.scope import EVERYTHING, Scope
from netquota.storage import gateway_store
from netquota.storage.database import Connection
from netquota.storage.gateway_store import GatewayRow
from netquota.storage.guest_names import is_code, shown
from netquota.storage.order_store import OrderKind, OrderState
from netquota.storage.schema import (
    accounting_session,
    decision_record,
    employee,
    enforcement,
    gateway,
    gateway_problem,
    nas,
    opd,
)

_NEWEST_ORDERS = 20_000


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order as its page shows it; epoch milliseconds, rates in bit/s, `reasons` as JSON."""

    id: int
    session_id: int
    gateway: str
    nas: str
    username: str
    name: str | None
    kind: OrderKind
    state: OrderState
    down_bps: int | None
    up_bps: int | None
    code: str
    reasons: str
    attempts: int
    created_ms: int
    sent_ms: int | None
    ended_ms: int | None
    error_cause: int | None
    result: str


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders are wanted; None = any; `before_id` goes on where the last page ended.

    `scope`: of what the asking person may see at all (by the person's office, or the place's host).
    """

    nas_id: int | None = None
    employee_id: int | None = None
    session_id: int | None = None
    state: OrderState | None = None
    before_id: int | None = None
    most: int = 25
    scope: Scope = EVERYTHING


def order_lines(connection: Connection, wanted: OrderFilter) -> list[OrderLine]:
    """Orders that match, newest first; but for one session's, among the newest 20,000 alone."""
    e, s = enforcement.c, accounting_session.c
    pairs: tuple[tuple[ColumnElement[Any], object], ...] = (
        (gateway.c.nas_id, wanted.nas_id),
        (e.employee_id, wanted.employee_id),
        (e.session_id, wanted.session_id),
        (e.state, wanted.state),
    )
    conditions = [column == value for column, value in pairs if value is not None]
    if wanted.before_id is not None:
        conditions.append(e.id < wanted.before_id)
    if wanted.scope.opd_ids is not None:
        own = sorted(wanted.scope.opd_ids)
        conditions.append(or_(employee.c.opd_id.in_(own), s.opd_id.in_(own)))
    if wanted.session_id is None:  # no index leads to a person's or a client's: look among the newest
        newest = select(func.coalesce(func.max(e.id), 0) - _NEWEST_ORDERS).scalar_subquery()
        conditions.append(e.id > newest)
    query = (
        select(
            e.id, e.session_id, gateway.c.identifier, nas.c.name, shown(s.username), employee.c.name, e.kind,
            e.state, e.desired_down_bps, e.desired_up_bps, e.code, e.reasons, e.attempts, e.created_ms, e.sent_ms,
            e.ended_ms, e.error_cause, e.result,
        )
        .select_from(enforcement)
        .join(accounting_session, s.id == e.session_id)
        .join(gateway, gateway.c.id == e.gateway_id)
        .join(nas, nas.c.id == gateway.c.nas_id)
        .outerjoin(employee, employee.c.id == e.employee_id)
        .where(*conditions)
        .order_by(e.id.desc())
        .limit(wanted.most)
    )  # fmt: skip
    return [OrderLine(*row[:6], OrderKind(row[6]), OrderState(row[7]), *row[8:]) for row in connection.execute(query)]


def orders_at(connection: Connection, at_ms: int) -> dict[str, int]:
    """How many of the newest 20,000 orders were written at an epoch millisecond (by one change), by their state."""
    e = enforcement.c
    floor = select(func.coalesce(func.max(e.id), 0) - _NEWEST_ORDERS).scalar_subquery()
    query = select(e.state, func.count()).where(e.id > floor, e.created_ms == at_ms).group_by(e.state)
    return {row[0]: row[1] for row in connection.execute(query)}


@dataclass(frozen=True, slots=True)
class Denial:
    """A refused log-in; `reasons` as JSON, `at_s` epoch seconds; `name` and `opd` where the account is known."""

    id: int
    at_s: int
    username: str
    employee_id: int | None
    name: str | None
    opd: str | None
    nas: str | None
    gateway: str
    mac: str
    code: str
    reasons: str


@dataclass(frozen=True, slots=True)
class DenialFilter:
    """Which refusals are wanted, since and until epoch seconds; None = any.

    `scope`: of what the asking person may see at all (names that nobody has belong to no office). `before_id` goes on
    where the last page ended.
    """

    since_s: int
    until_s: int | None = None
    code: str | None = None
    nas_id: int | None = None
    employee_id: int | None = None
    opd_id: int | None = None
    search: str = ""
    page: int = 1
    size: int = 25
    scope: Scope = EVERYTHING
    before_id: int | None = None


def denials(connection: Connection, wanted: DenialFilter) -> tuple[list[Denial], int]:
    """One page of the refusals that match, newest first, and how many there are in all."""
    d = decision_record.c
    conditions = _denial_conditions(wanted)
    joined = (
        decision_record.outerjoin(nas, nas.c.id == d.nas_id)
        .outerjoin(employee, employee.c.id == d.employee_id)
        .outerjoin(opd, opd.c.id == employee.c.opd_id)
    )
    total = connection.execute(select(func.count()).select_from(joined).where(*conditions)).scalar_one()
    query = (
        select(
            d.id, d.at_s, shown(d.username), d.employee_id, employee.c.name, opd.c.code, nas.c.name, d.gateway, d.mac,
            d.code, d.reasons,
        )
        .select_from(joined)
        .where(*conditions)
        .order_by(d.at_s.desc(), d.id.desc())
        .offset((wanted.page - 1) * wanted.size)
        .limit(wanted.size)
    )  # fmt: skip
    return [Denial(*row) for row in connection.execute(query)], total


def denial_causes(connection: Connection, wanted: DenialFilter) -> list[tuple[str, int]]:
    """How many refusals of the span each reason's code has, most first; the filters but the span do not matter."""
    d, count = decision_record.c, func.count()
    query = select(d.code, count).where(*_span(wanted)).group_by(d.code).order_by(count.desc(), d.code)
    if wanted.scope.opd_ids is not None:
        query = query.join(employee, employee.c.id == d.employee_id)
        query = query.where(employee.c.opd_id.in_(sorted(wanted.scope.opd_ids)))
    return [(code, number) for code, number in connection.execute(query)]


def _span(wanted: DenialFilter) -> list[ColumnElement[bool]]:
    d = decision_record.c
    conditions = [d.accepted.is_(False), d.at_s >= wanted.since_s]
    return conditions if wanted.until_s is None else [*conditions, d.at_s < wanted.until_s]


def _denial_conditions(wanted: DenialFilter) -> list[ColumnElement[bool]]:
    d = decision_record.c
    pairs: tuple[tuple[ColumnElement[Any], object], ...] = (
        (d.code, wanted.code),
        (d.nas_id, wanted.nas_id),
        (d.employee_id, wanted.employee_id),
        (employee.c.opd_id, wanted.opd_id),
    )
    conditions = _span(wanted) + [column == value for column, value in pairs if value is not None]
    if wanted.before_id is not None:
        conditions.append(d.id < wanted.before_id)
    if wanted.scope.opd_ids is not None:
        conditions.append(employee.c.opd_id.in_(sorted(wanted.scope.opd_ids)))
    text = wanted.search.strip().lower()
    if text:
        columns = (shown(d.username), employee.c.name, employee.c.nip, d.mac)
        found = [func.lower(column).contains(text, autoescape=True) for column in columns]
        conditions.append(or_(is_code(text), *found))
    return conditions


class Problem(NamedTuple):
    """Packets of a client dropped for one cause; epoch seconds, `first_s` since when without a day's pause."""

    cause: str
    packets: int
    last_s: int
    first_s: int = 0


@dataclass(frozen=True, slots=True)
class ClientLine:
    """A RADIUS client with the gateways behind it and its dropped packets; epoch seconds."""

    id: int
    name: str
    address: str
    family: str
    authenticator_policy: str
    authenticator_seen: bool
    gateways: tuple[GatewayRow, ...] = ()
    problems: tuple[Problem, ...] = field(default=())

    @property
    def last_packet_s(self) -> int | None:
        """When any gateway behind it was heard last; None = never."""
        return max((row.last_packet_s for row in self.gateways if row.last_packet_s is not None), default=None)

    @property
    def last_accounting_s(self) -> int | None:
        """When any gateway behind it accounted last; None = never."""
        return max((row.last_accounting_s for row in self.gateways if row.last_accounting_s is not None), default=None)


def clients(connection: Connection, nas_ids: Sequence[int] | None = None) -> list[ClientLine]:
    """All clients by name (or these), also those that were never heard."""
    behind: dict[int, list[GatewayRow]] = {}
    for row in gateway_store.gateways(connection):
        behind.setdefault(row.nas_id, []).append(row)
    n = nas.c
    query = select(n.id, n.name, n.address, n.family, n.authenticator_policy, n.authenticator_seen).order_by(n.name)
    if nas_ids is not None:
        query = query.where(n.id.in_(nas_ids))
    dropped = _problems(connection)
    return [
        ClientLine(*row, gateways=tuple(behind.get(row.id, ())), problems=tuple(dropped.get(row.id, ())))
        for row in connection.execute(query)
    ]


def _problems(connection: Connection) -> dict[int, list[Problem]]:
    of = gateway_problem.c
    query = select(of.nas_id, of.cause, of["count"], of.last_s, of.first_s)
    query = query.order_by(of.nas_id, of["count"].desc(), of.cause)
    found: dict[int, list[Problem]] = {}
    for nas_id, *rest in connection.execute(query):
        found.setdefault(nas_id, []).append(Problem(*rest))
    return found
