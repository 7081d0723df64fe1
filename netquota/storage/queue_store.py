"""Queues that gateways hold for sites: orders for their rates, what the gateways said they have, tokens to ask with.

An order here is a row of enforcement like any other, of kind `queue`, without a session; the newest replaces the older.
Rates are bit/s; 0/0 stands for no limit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, func, or_, select, update

from netquota.domain.places import Mode
from netquota.domain.units import Rate
from netquota.storage.database import Connection
from netquota.storage.order_store import RETRY_AFTER_MS, SETTLES_AFTER_MS, OrderState
from netquota.storage.rows import insert_unless_there
from netquota.storage.schema import enforcement, gateway_token, nas, queue_state, site
from netquota.storage.snapshot import rate_of

QUEUE: Final = "queue"
NO_LIMIT: Final = Rate(0, 0)
_LONGEST_RESULT: Final = 120
_e, _q = enforcement.c, queue_state.c


@dataclass(frozen=True, slots=True)
class NewQueueOrder:
    """A site's queue is to have a rate: at which client, under which name there."""

    site_id: int
    nas_id: int
    queue: str
    rate: Rate
    code: str


@dataclass(frozen=True, slots=True)
class QueueOrder:
    """An order for a queue as it stands; instants in epoch milliseconds."""

    id: int
    site_id: int
    nas_id: int
    queue: str
    rate: Rate
    state: OrderState
    attempts: int
    created_ms: int
    sent_ms: int | None
    ended_ms: int | None
    result: str


@dataclass(frozen=True, slots=True)
class QueueState:
    """What a gateway said last of a site's queue, and what went wrong since; epoch seconds, None = never."""

    site_id: int
    rate: Rate | None
    since_s: int | None
    confirmed_s: int | None
    by: str
    problem: str
    problem_s: int | None


@dataclass(frozen=True, slots=True)
class RestAccess:
    """How a client's RouterOS REST is reached; the password as it is kept."""

    nas_id: int
    url: str
    user: str
    password_encrypted: bytes
    tls: str


def states(connection: Connection) -> dict[int, QueueState]:
    """All that gateways said of their queues, by site."""
    return {row.site_id: _state(row) for row in connection.execute(select(queue_state))}


def _state(row: Any) -> QueueState:
    actual = rate_of(row.actual_down_bps, row.actual_up_bps)
    return QueueState(row.site_id, actual, row.since_s, row.confirmed_s, row.by, row.problem, row.problem_s)


def has_queues(connection: Connection) -> bool:
    """Whether any site could be held by a queue, or was: else nothing need be asked."""
    whole = select(site.c.id).where(site.c.mode == Mode.WHOLE_OPD).limit(1)
    return bool(connection.execute(whole).first() or connection.execute(select(queue_state.c.site_id).limit(1)).first())


def carried(connection: Connection) -> frozenset[int]:
    """The clients (ids) to which a rate finds a way: by REST, or fetched with a token."""
    by_rest = select(nas.c.id).where(nas.c.rest_url.is_not(None))
    by_pull = select(gateway_token.c.nas_id).where(gateway_token.c.revoked_s.is_(None))
    return frozenset((*connection.execute(by_rest).scalars(), *connection.execute(by_pull).scalars()))


def rest_access(connection: Connection) -> dict[int, RestAccess]:
    """How RouterOS REST of each client that has it is reached, by client."""
    query = select(nas.c.id, nas.c.rest_url, nas.c.rest_user, nas.c.rest_password_encrypted, nas.c.rest_tls)
    found = connection.execute(query.where(nas.c.rest_url.is_not(None), nas.c.rest_password_encrypted.is_not(None)))
    return {row[0]: RestAccess(row[0], row[1], row[2] or "", row[3], row[4]) for row in found}


def write_queue_orders(
    connection: Connection, wanted: Sequence[NewQueueOrder], now_ms: int, *, supersede: bool = True
) -> list[int]:
    """Write orders that say something new; older open ones of the same sites end. The sites written for.

    Without `supersede` an open order stays whatever it says: for who may know less than its writer did.
    """
    if not wanted:
        return []
    ids = sorted({order.site_id for order in wanted})
    connection.execute(select(site.c.id).where(site.c.id.in_(ids)).order_by(site.c.id).with_for_update())
    known, lately = states(connection), _lately(connection, ids, now_ms)
    fresh = [o for o in wanted if _says_something(o, known.get(o.site_id), lately.get(o.site_id), supersede)]
    if not fresh:
        return []
    supersede_orders(connection, [order.site_id for order in fresh], now_ms, "a newer order replaces it")
    connection.execute(enforcement.insert(), [_values(order, now_ms) for order in fresh])
    return [order.site_id for order in fresh]


def _lately(connection: Connection, site_ids: Sequence[int], now_ms: int) -> dict[int, QueueOrder]:
    """Per site its last order that is open, or ended so lately that saying the same again would be noise."""
    failed = and_(_e.state.in_((OrderState.REFUSED, OrderState.GIVEN_UP)), _ended_within(now_ms, RETRY_AFTER_MS))
    taken = and_(_e.state == OrderState.ACKNOWLEDGED, _ended_within(now_ms, SETTLES_AFTER_MS))
    near = or_(_e.ended_ms.is_(None), failed, taken)
    return {order.site_id: order for order in _orders(connection, _e.site_id.in_(site_ids), near)}


def _ended_within(now_ms: int, span_ms: int) -> Any:
    return _e.ended_ms.between(now_ms - span_ms + 1, now_ms + span_ms)


def _says_something(wanted: NewQueueOrder, known: QueueState | None, last: QueueOrder | None, supersede: bool) -> bool:
    if last is not None:
        if last.ended_ms is None and not supersede:
            return False
        if (last.rate, last.queue, last.nas_id) == (wanted.rate, wanted.queue, wanted.nas_id):
            return False
        if last.ended_ms is None:
            return True
    return known is None or known.rate != wanted.rate


def _values(order: NewQueueOrder, now_ms: int) -> dict[str, Any]:
    desired = json.dumps({"nas": order.nas_id, "queue": order.queue}, sort_keys=True, separators=(",", ":"))
    return {
        "session_id": 0, "gateway_id": 0, "kind": QUEUE, "site_id": order.site_id,
        "desired_down_bps": order.rate.down_bps, "desired_up_bps": order.rate.up_bps, "desired": desired,
        "code": order.code, "reasons": "[]", "created_ms": now_ms, "cause_ms": now_ms,
    }  # fmt: skip


def supersede_orders(connection: Connection, site_ids: Iterable[int], now_ms: int, why: str) -> int:
    """End the open orders of sites. How many."""
    mine = and_(_e.site_id.in_(list(site_ids)), _e.ended_ms.is_(None))
    ended = update(enforcement).where(mine).values(state=OrderState.SUPERSEDED, ended_ms=now_ms, result=why)
    return connection.execute(ended).rowcount


def open_orders(connection: Connection) -> list[QueueOrder]:
    """All orders for queues that have no end yet, oldest first."""
    return _orders(connection, _e.site_id.is_not(None), _e.ended_ms.is_(None))


def orders_of_site(connection: Connection, site_id: int, most: int = 10) -> list[QueueOrder]:
    """A site's last orders, newest first."""
    return _orders(connection, _e.site_id == site_id, newest=most)


def _orders(connection: Connection, *conditions: Any, newest: int = 0) -> list[QueueOrder]:
    query = select(enforcement).where(_e.kind == QUEUE, *conditions)
    query = query.order_by(_e.id.desc()).limit(newest) if newest else query.order_by(_e.id)
    found: list[QueueOrder] = []
    for row in connection.execute(query):
        desired = json.loads(row.desired)
        found.append(
            QueueOrder(
                row.id, row.site_id, desired["nas"], desired["queue"], Rate(row.desired_down_bps, row.desired_up_bps),
                OrderState(row.state), row.attempts, row.created_ms, row.sent_ms, row.ended_ms, row.result,
            )
        )  # fmt: skip
    return found


def tried(connection: Connection, order_ids: Sequence[int], now_ms: int) -> None:
    """Note that these were handed over once more: fetched by the gateway, or sent to it."""
    if order_ids:
        mine = and_(_e.id.in_(list(order_ids)), _e.ended_ms.is_(None))
        values = {"state": OrderState.SENT, "attempts": _e.attempts + 1, "sent_ms": func.coalesce(_e.sent_ms, now_ms)}
        connection.execute(update(enforcement).where(mine).values(values))


def end_order(connection: Connection, order_id: int, state: OrderState, now_ms: int, result: str) -> bool:
    """End an open order; whether it was open."""
    mine = and_(_e.id == order_id, _e.ended_ms.is_(None))
    values = {"state": state, "ended_ms": now_ms, "result": result[:_LONGEST_RESULT]}
    return connection.execute(update(enforcement).where(mine).values(values)).rowcount > 0


def give_up_before(connection: Connection, before_ms: int, now_ms: int) -> int:
    """End the orders that nobody confirmed since they were written before a moment. How many."""
    mine = and_(_e.kind == QUEUE, _e.site_id.is_not(None), _e.ended_ms.is_(None), _e.created_ms < before_ms)
    values = {"state": OrderState.GIVEN_UP, "ended_ms": now_ms, "result": "the gateway did not confirm it"}
    return connection.execute(update(enforcement).where(mine).values(values)).rowcount


def confirm(connection: Connection, site_id: int, rate: Rate, by: str, now_ms: int) -> list[int]:
    """Note what a gateway said that it has in force; the orders that this fulfils are acknowledged: their ids."""
    now_s = now_ms // 1000
    _make(connection, site_id)
    same = and_(_q.actual_down_bps == rate.down_bps, _q.actual_up_bps == rate.up_bps)
    row = connection.execute(select(_q.since_s).where(_q.site_id == site_id, same)).first()
    since_s = now_s if row is None or row.since_s is None else row.since_s
    values = {
        "actual_down_bps": rate.down_bps, "actual_up_bps": rate.up_bps, "since_s": since_s, "confirmed_s": now_s,
        "by": by, "problem": "", "problem_s": None,
    }  # fmt: skip
    connection.execute(update(queue_state).where(_q.site_id == site_id).values(values))
    brought = and_(_e.desired_down_bps == rate.down_bps, _e.desired_up_bps == rate.up_bps)
    done = _orders(connection, _e.site_id == site_id, _e.ended_ms.is_(None), brought)
    result = f"read back ({by})"
    return [order.id for order in done if end_order(connection, order.id, OrderState.ACKNOWLEDGED, now_ms, result)]


def note_problem(connection: Connection, site_id: int, problem: str, now_ms: int) -> None:
    """Note what the last try for a site's queue met."""
    _make(connection, site_id)
    values = {"problem": problem[:200], "problem_s": now_ms // 1000}
    connection.execute(update(queue_state).where(_q.site_id == site_id).values(values))


def _make(connection: Connection, site_id: int) -> None:
    insert_unless_there(connection, queue_state, {"site_id": site_id})


def state_of(connection: Connection, site_id: int) -> QueueState | None:
    """What the gateway said of a site's queue; None where it never did and nothing went wrong."""
    row = connection.execute(select(queue_state).where(_q.site_id == site_id)).first()
    return None if row is None else _state(row)


def unconfirmed(known: Mapping[int, QueueState], site_id: int, rate: Rate) -> bool:
    """Whether a site's gateway has not said that it has this rate."""
    held = known.get(site_id)
    return held is None or held.rate != rate
