"""Enforcement orders: durable until they have an end. Written in their cause's transaction, sent by a claim's holder.

An order is the whole desired state of a session, so that the newest replaces every older one of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, func, or_, select, update

from netquota.domain.enforcement import OrderKind, cap_of
from netquota.storage.database import is_postgresql
from netquota.storage.schema import accounting_session, employee, enforcement, gateway, nas

RETRY_AFTER_MS = 300_000  # the same order is not written again so soon after it failed
SETTLES_AFTER_MS = 60_000  # ... nor after it was taken: the gateway's own reports come first
ANSWERS_WITHIN_MS = 90_000  # a Disconnect's Stop may overtake its answer


# Two who look at a session at once must not both write: on PostgreSQL a lock for each session, in order of their ids.
_LOCK_ORDERS = "SELECT pg_advisory_xact_lock(k) FROM unnest(%s::bigint[]) AS u(k)"
_ORDER_LOCKS = -(1 << 62)

AnyRow = Row[*tuple[Any, ...]]
SENT_BY_WORKERS = tuple(OrderKind)
"""The kinds that a RADIUS worker sends by CoA and Disconnect; other kinds travel by other ways."""


class OrderState(StrEnum):
    """Where an order stands; all but the first two are ends, and each order has exactly one."""

    PENDING = "pending"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    SUPERSEDED = "superseded"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to be written; `desired` is the JSON of a `Desired`, `reasons` the JSON of the decision's reasons."""

    session_id: int
    gateway_id: int
    employee_id: int | None
    kind: OrderKind
    down_bps: int | None
    up_bps: int | None
    desired: str
    code: str
    reasons: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands, with what identifies its session at the gateway; instants in epoch milliseconds."""

    id: int
    session_id: int
    gateway_id: int
    nas_id: int
    nas: str
    gateway: str
    gateway_address: str | None
    employee_id: int | None
    name: str | None
    kind: OrderKind
    desired: str
    down_bps: int | None
    up_bps: int | None
    code: str
    state: OrderState
    attempts: int
    cause_ms: int
    created_ms: int
    sent_ms: int | None
    ended_ms: int | None
    error_cause: int | None
    result: str
    username: str
    acct_session_id: str
    framed_ip: str
    mac: str
    nas_port: str
    called_station: str
    class_token: bytes | None
    audit_session_id: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """How an order ended; `attempts` datagrams were sent, instants in epoch milliseconds."""

    order_id: int
    state: OrderState
    attempts: int
    sent_ms: int | None
    ended_ms: int
    error_cause: int | None = None
    result: str = ""


def write_orders(
    connection: Connection, orders: Sequence[NewOrder], now_ms: int, cause_ms: int | None = None
) -> list[int]:
    """Write orders that say something new, superseding older open ones of their sessions. The sessions written for.

    Nothing replaces an open Disconnect: whoever logs in again gets what he should have. `cause_ms`: when the packet or
    the change that led to them arrived (epoch ms), now where nothing did.
    """
    if not orders:
        return []
    session_ids = sorted({order.session_id for order in orders})
    if is_postgresql(connection):
        connection.exec_driver_sql(_LOCK_ORDERS, ([_ORDER_LOCKS + session_id for session_id in session_ids],))
    lately = _lately(connection, session_ids, now_ms)
    fresh = [order for order in orders if not _is_said(lately.get(order.session_id), order)]
    if not fresh:
        return []
    sessions = [order.session_id for order in fresh]
    connection.execute(
        update(enforcement)
        .where(enforcement.c.session_id.in_(sessions), enforcement.c.ended_ms.is_(None))
        .values(state=OrderState.SUPERSEDED, ended_ms=now_ms, result="a newer order replaces it")
    )
    connection.execute(
        enforcement.insert(),
        [
            {
                "session_id": order.session_id,
                "gateway_id": order.gateway_id,
                "employee_id": order.employee_id,
                "kind": order.kind,
                "desired_down_bps": order.down_bps,
                "desired_up_bps": order.up_bps,
                "desired": order.desired,
                "code": order.code,
                "reasons": order.reasons,
                "cause_ms": now_ms if cause_ms is None else min(cause_ms, now_ms),
                "created_ms": now_ms,
            }
            for order in fresh
        ],
    )
    return sessions


def _lately(connection: Connection, session_ids: Sequence[int], now_ms: int) -> dict[int, AnyRow]:
    """Per session, the last order that is open, or ended so lately that saying the same again would be noise."""
    e = enforcement.c
    failed = and_(e.state.in_((OrderState.REFUSED, OrderState.GIVEN_UP)), _is_near(now_ms, RETRY_AFTER_MS))
    taken = and_(e.state == OrderState.ACKNOWLEDGED, _is_near(now_ms, SETTLES_AFTER_MS))
    statement = (
        select(e.session_id, e.kind, e.desired_down_bps, e.desired_up_bps, e.desired, e.ended_ms)
        .where(e.session_id.in_(session_ids), or_(e.ended_ms.is_(None), failed, taken))
        .order_by(e.id)
    )
    return {row.session_id: row for row in connection.execute(statement)}


def _is_near(now_ms: int, span_ms: int) -> ColumnElement[bool]:
    """Whether an order ended within a span of now, before it or after: a clock may have been set back."""
    return enforcement.c.ended_ms.between(now_ms - span_ms + 1, now_ms + span_ms)


def _is_said(last: AnyRow | None, order: NewOrder) -> bool:
    if last is None:
        return False
    if last.kind == OrderKind.DISCONNECT and (last.ended_ms is None or order.kind is OrderKind.DISCONNECT):
        return True
    same_rate = (last.desired_down_bps, last.desired_up_bps) == (order.down_bps, order.up_bps)
    return last.kind == order.kind and same_rate and cap_of(last.desired) == cap_of(order.desired)


def _orders() -> Select[*tuple[Any, ...]]:
    e, s, g = enforcement.c, accounting_session.c, gateway.c
    return (
        select(
            e.id,
            e.session_id,
            e.gateway_id,
            g.nas_id,
            nas.c.name.label("nas"),
            g.identifier.label("gateway"),
            g.address.label("gateway_address"),
            e.employee_id,
            employee.c.name,
            e.kind,
            e.desired,
            e.desired_down_bps.label("down_bps"),
            e.desired_up_bps.label("up_bps"),
            e.code,
            e.state,
            e.attempts,
            e.cause_ms,
            e.created_ms,
            e.sent_ms,
            e.ended_ms,
            e.error_cause,
            e.result,
            s.username,
            s.acct_session_id,
            s.framed_ip,
            s.mac,
            s.nas_port,
            s.called_station,
            s.class_token,
            s.audit_session_id,
        )
        .select_from(enforcement)
        .join(accounting_session, s.id == e.session_id)
        .join(gateway, g.id == e.gateway_id)
        .join(nas, nas.c.id == g.nas_id)
        .outerjoin(employee, employee.c.id == e.employee_id)
    )


def _read(connection: Connection, statement: Select[*tuple[Any, ...]]) -> list[Order]:
    found: list[Order] = []
    for row in connection.execute(statement).mappings():
        values: dict[str, Any] = dict(row)
        values["kind"], values["state"] = OrderKind(row["kind"]), OrderState(row["state"])
        found.append(Order(**values))
    return found


def due_orders(connection: Connection, worker: str, now_ms: int, after_id: int = 0, most: int = 500) -> list[Order]:
    """Open orders of the gateways that this worker holds, written after one that it has seen already, oldest first."""
    claimed = and_(gateway.c.claim_worker == worker, gateway.c.claim_until_s > now_ms // 1000)
    mine = and_(enforcement.c.kind.in_(SENT_BY_WORKERS), claimed)
    statement = _orders().where(enforcement.c.ended_ms.is_(None), enforcement.c.id > after_id, mine)
    return _read(connection, statement.order_by(enforcement.c.id).limit(most))


def lock_sessions_of(connection: Connection, order_ids: Sequence[int]) -> None:
    """Lock the sessions of these orders, by their ids, as every writer of orders does before it touches one.

    Whoever takes the orders first and the sessions after waits for a change that holds them the other way round.
    """
    if order_ids and is_postgresql(connection):
        e, s = enforcement.c, accounting_session.c
        theirs = select(e.session_id).where(e.id.in_(order_ids))
        connection.execute(select(s.id).where(s.id.in_(theirs)).order_by(s.id).with_for_update())


def end_orders(connection: Connection, ends: Sequence[Ended]) -> list[int]:
    """Write how orders ended; one that has an end already keeps it. The ids that were ended now."""
    if not ends:
        return []
    e = enforcement.c
    of_these = select(e.id).where(e.id.in_(sorted({end.order_id for end in ends})), e.ended_ms.is_(None))
    is_open = set(connection.execute(of_these.order_by(e.id).with_for_update()).scalars())
    first = {end.order_id: end for end in reversed(ends) if end.order_id in is_open}
    if first:
        connection.execute(_END, [_end_values(first[order_id]) for order_id in sorted(first)])
    return sorted(first)


_END = (
    update(enforcement)
    .where(enforcement.c.id == bindparam("order_id"))
    .values({name: bindparam(f"new_{name}") for name in ("state", "attempts", "ended_ms", "error_cause", "result")})
    .values(sent_ms=func.coalesce(enforcement.c.sent_ms, bindparam("new_sent_ms")))
)


def _end_values(end: Ended) -> dict[str, object]:
    return {
        "order_id": end.order_id, "new_state": end.state, "new_attempts": end.attempts, "new_sent_ms": end.sent_ms,
        "new_ended_ms": end.ended_ms, "new_error_cause": end.error_cause, "new_result": end.result,
    }  # fmt: skip


def end_orders_of_ended(connection: Connection, session_ids: Sequence[int], now_ms: int) -> int:
    """End the open orders of sessions that ended: nobody is there for them any more. How many.

    A young Disconnect is left to its answer, which says more than the Stop that overtook it.
    """
    if not session_ids:
        return 0
    e = enforcement.c
    awaits_answer = and_(e.kind == OrderKind.DISCONNECT, e.created_ms > now_ms - ANSWERS_WITHIN_MS)
    return connection.execute(
        update(enforcement)
        .where(e.session_id.in_(session_ids), e.ended_ms.is_(None), ~awaits_answer)
        .values(state=OrderState.SUPERSEDED, ended_ms=now_ms, result="the session ended")
    ).rowcount


def ended_with_orders(connection: Connection) -> list[int]:
    """Ended sessions for which an order is open still."""
    e, s = enforcement.c, accounting_session.c
    query = select(e.session_id).join(accounting_session, s.id == e.session_id)
    open_ones = query.where(e.ended_ms.is_(None), e.gateway_id > 0, s.ended_s.is_not(None))
    return sorted(set(connection.execute(open_ones).scalars()))


def mark_sent(connection: Connection, sent: Sequence[tuple[int, int]]) -> None:
    """Note that these (id, epoch ms) left for the first time; an earlier sending, of another worker, stays noted."""
    if sent:
        connection.execute(_SENT, [{"order_id": order_id, "at_ms": at_ms} for order_id, at_ms in sorted(sent)])


_SENT = (
    update(enforcement)
    .where(enforcement.c.id == bindparam("order_id"), enforcement.c.ended_ms.is_(None))
    .values(state=OrderState.SENT, sent_ms=func.coalesce(enforcement.c.sent_ms, bindparam("at_ms")))
)


def orders(
    connection: Connection,
    *,
    session_id: int | None = None,
    state: OrderState | None = None,
    gateway_id: int | None = None,
    most: int = 50,
) -> list[Order]:
    """Orders for people to see, newest first."""
    statement = _orders()
    for column, wanted in ((enforcement.c.session_id, session_id), (enforcement.c.gateway_id, gateway_id)):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if state is not None:
        statement = statement.where(enforcement.c.state == state)
    return _read(connection, statement.order_by(enforcement.c.id.desc()).limit(most))


def orders_of(connection: Connection, order_ids: Sequence[int]) -> list[Order]:
    """These orders, oldest first."""
    statement = _orders().where(enforcement.c.id.in_(order_ids)).order_by(enforcement.c.id)
    return _read(connection, statement) if order_ids else []


def order_counts(connection: Connection, since_ms: int) -> dict[str, int]:
    """How many orders are open, and how many ended each way since a moment (epoch ms)."""
    e = enforcement.c
    statement = select(e.state, func.count()).where(or_(e.ended_ms.is_(None), e.ended_ms >= since_ms)).group_by(e.state)
    return {row[0]: row[1] for row in connection.execute(statement)}
