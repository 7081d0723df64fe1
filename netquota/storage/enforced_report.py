"""What was enforced, from both of its records: refused or slowed log-ins, and orders to gateways. Reads only.

Each record keeps its own place on the way through the pages (`Cursor`), so that none is left out or told twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from netquota.domain.enforcement import OrderKind
from netquota.domain.policy import Code
from netquota.domain.scope import EVERYTHING, Scope
from netquota.storage.guest_names import is_code, shown
from netquota.storage.order_store import OrderState
from netquota.storage.schema import accounting_session, decision_record, employee, enforcement, gateway, nas, opd

_NEWEST = 100_000
SLOWING = (Code.QUOTA_THROTTLED, Code.QUOTA_STEP, Code.QUOTA_LANDING)


class EnforcedKind(StrEnum):
    """What was done to somebody."""

    REFUSED = "refused"
    SLOWED = "slowed"
    LIMITED = "limited"
    ENDED = "ended"


class Cursor(NamedTuple):
    """The last number seen of each record; only older ones follow."""

    decision: int
    order: int


class Enforced(NamedTuple):
    """One entry, from a log-in (`state` None) or an order; epoch ms, bit/s; `reasons` as JSON, `code` the cause."""

    at_ms: int
    id: int
    kind: EnforcedKind
    username: str
    employee_id: int | None
    name: str | None
    opd: str | None
    nas: str | None
    gateway: str | None
    mac: str
    code: str
    reasons: str
    state: OrderState | None = None
    down_bps: int | None = None
    up_bps: int | None = None
    attempts: int = 0
    cause_ms: int | None = None
    ended_ms: int | None = None
    error_cause: int | None = None
    result: str = ""

    @property
    def took_ms(self) -> int | None:
        """From the arrival of an order's cause to its end."""
        return None if self.ended_ms is None or not self.cause_ms else max(0, self.ended_ms - self.cause_ms)


@dataclass(frozen=True, slots=True)
class EnforcedFilter:
    """Which entries are wanted, since and until epoch seconds; None = any.

    `scope`: of what the asking person may see at all (names that nobody has belong to no office).
    """

    since_s: int
    until_s: int | None = None
    kind: EnforcedKind | None = None
    employee_id: int | None = None
    opd_id: int | None = None
    nas_id: int | None = None
    search: str = ""
    after: Cursor | None = None
    most: int = 25
    scope: Scope = EVERYTHING


def enforced(connection: Connection, wanted: EnforcedFilter) -> tuple[list[Enforced], Cursor | None]:
    """A page, newest first, and where the next one begins (None: there is none). Of the newest 100,000 of each."""
    logins = _logins(connection, wanted) if wanted.kind in (None, EnforcedKind.REFUSED, EnforcedKind.SLOWED) else []
    orders = _orders(connection, wanted) if wanted.kind is not EnforcedKind.REFUSED else []
    merged = sorted([*logins, *orders], key=lambda one: (-one.at_ms, one.state is None, -one.id))
    page = merged[: wanted.most]
    if len(merged) <= wanted.most:
        return page, None
    start = wanted.after or Cursor(1 << 62, 1 << 62)
    decision = min((one.id for one in page if one.state is None), default=start.decision)
    return page, Cursor(decision, min((one.id for one in page if one.state is not None), default=start.order))


def _logins(connection: Connection, wanted: EnforcedFilter) -> list[Enforced]:
    d = decision_record.c
    slowed = and_(d.accepted.is_(True), d.code.in_(SLOWING))
    which = {EnforcedKind.REFUSED: d.accepted.is_(False), EnforcedKind.SLOWED: slowed}
    kinds = or_(*which.values()) if wanted.kind is None else which[wanted.kind]
    newest = select(func.coalesce(func.max(d.id), 0) - _NEWEST).scalar_subquery()
    conditions = [kinds, d.id > newest, *_span(d.at_s, wanted, 1), *_who(wanted, d.employee_id, d.nas_id)]
    if wanted.after is not None:
        conditions.append(d.id < wanted.after.decision)
    conditions += _text(wanted, shown(d.username), d.mac)
    query = (
        select(
            d.at_s, d.id, d.accepted, shown(d.username), d.employee_id, employee.c.name, opd.c.code, nas.c.name,
            d.gateway, d.mac, d.code, d.reasons,
        )
        .select_from(
            decision_record.outerjoin(nas, nas.c.id == d.nas_id)
            .outerjoin(employee, employee.c.id == d.employee_id)
            .outerjoin(opd, opd.c.id == employee.c.opd_id)
        )
        .where(*conditions)
        .order_by(d.id.desc())
        .limit(wanted.most + 1)
    )  # fmt: skip
    return [
        Enforced(row[0] * 1000, row[1], EnforcedKind.SLOWED if row[2] else EnforcedKind.REFUSED, *row[3:])
        for row in connection.execute(query)
    ]


def _orders(connection: Connection, wanted: EnforcedFilter) -> list[Enforced]:
    e, s = enforcement.c, accounting_session.c
    newest = select(func.coalesce(func.max(e.id), 0) - _NEWEST).scalar_subquery()
    conditions = [e.id > newest, *_span(e.created_ms, wanted, 1000), *_who(wanted, e.employee_id, gateway.c.nas_id)]
    ends = e.kind == OrderKind.DISCONNECT
    kinds = {
        EnforcedKind.ENDED: ends,
        EnforcedKind.SLOWED: and_(~ends, e.code.in_(SLOWING)),
        EnforcedKind.LIMITED: and_(~ends, e.code.not_in(SLOWING)),
    }
    if wanted.kind is not None:
        conditions.append(kinds[wanted.kind])
    if wanted.after is not None:
        conditions.append(e.id < wanted.after.order)
    conditions += _text(wanted, shown(s.username), s.mac)
    query = (
        select(
            e.created_ms, e.id, e.kind, shown(s.username), e.employee_id, employee.c.name, opd.c.code, nas.c.name,
            gateway.c.identifier, s.mac, e.code, e.reasons, e.state, e.desired_down_bps, e.desired_up_bps, e.attempts,
            e.cause_ms, e.ended_ms, e.error_cause, e.result,
        )
        .select_from(
            enforcement.outerjoin(accounting_session, s.id == e.session_id)
            .outerjoin(gateway, gateway.c.id == e.gateway_id)
            .outerjoin(nas, nas.c.id == gateway.c.nas_id)
            .outerjoin(employee, employee.c.id == e.employee_id)
            .outerjoin(opd, opd.c.id == employee.c.opd_id)
        )
        .where(*conditions)
        .order_by(e.id.desc())
        .limit(wanted.most + 1)
    )  # fmt: skip
    return [_order(tuple(row)) for row in connection.execute(query)]


def _order(row: tuple[Any, ...]) -> Enforced:
    kind = EnforcedKind.LIMITED
    if row[2] == OrderKind.DISCONNECT:
        kind = EnforcedKind.ENDED
    elif row[10] in SLOWING:
        kind = EnforcedKind.SLOWED
    told = (row[3] or "", *row[4:9], row[9] or "", *row[10:12])
    return Enforced._make((row[0], row[1], kind, *told, OrderState(row[12]), *row[13:]))


def _span(column: ColumnElement[Any], wanted: EnforcedFilter, unit: int) -> list[ColumnElement[bool]]:
    found = [column >= wanted.since_s * unit]
    return found if wanted.until_s is None else [*found, column < wanted.until_s * unit]


def _who(wanted: EnforcedFilter, person: ColumnElement[Any], client: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    pairs = ((person, wanted.employee_id), (employee.c.opd_id, wanted.opd_id), (client, wanted.nas_id))
    found = [column == value for column, value in pairs if value is not None]
    if wanted.scope.opd_ids is not None:
        found.append(employee.c.opd_id.in_(sorted(wanted.scope.opd_ids)))
    return found


def _text(wanted: EnforcedFilter, *columns: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    text = wanted.search.strip().lower()
    named = (*columns, employee.c.name, employee.c.nip)
    if not text:
        return []
    return [or_(is_code(text), *(func.lower(column).contains(text, autoescape=True) for column in named))]
