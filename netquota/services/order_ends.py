"""What follows from the ends of orders: limits as applied, sessions that are gone, what a gateway can do.

Runs in the transaction that notes the ends; sessions that need another order by it are given back, to be looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netquota.domain.enforcement import OrderKind, cap_of
from netquota.domain.learning import Answer, answer_of, learn
from netquota.domain.places import Ability
from netquota.services.gateways import GatewayBook
from netquota.storage import ability_store
from netquota.storage.database import Connection
from netquota.storage.ledger_store import Page
from netquota.storage.order_store import Ended, Order, OrderState, end_orders, orders_of
from netquota.storage.session_row import SessionRow

SESSION_GONE = 503


@dataclass(frozen=True, slots=True)
class Taken:
    """The sessions concerned; those that need another order; those whose limits a gateway acknowledged.

    `cause_ms`: when the oldest of what led to the orders that must be followed by others arrived.
    """

    rows: list[SessionRow]
    again: list[SessionRow]
    acknowledged: list[SessionRow]
    cause_ms: int | None = None


@dataclass(frozen=True, slots=True)
class _End:
    end: Ended
    order: Order
    row: SessionRow
    is_new: bool


def take_ends(page: Page, connection: Connection, gateways: GatewayBook, ends: Sequence[Ended], now_s: int) -> Taken:
    """Note the ends of orders, and what each of them tells."""
    found, rows = _with_sessions(page, connection, ends)
    for one in found:
        _take(one)
    page.update_sessions([rows[key] for key in sorted(rows)])
    unable = _learn(connection, gateways, [one for one in found if one.is_new], now_s)
    again = [one for one in found if one.is_new and (one.order.gateway_id, one.order.kind) in unable and _failed(one)]
    taken = {one.row.id: one.row for one in found if one.end.state is OrderState.ACKNOWLEDGED}
    return Taken(
        list(rows.values()),
        list({one.row.id: one.row for one in again}.values()),
        list(taken.values()),
        min((one.order.cause_ms for one in again), default=None),
    )


def _with_sessions(
    page: Page, connection: Connection, ends: Sequence[Ended]
) -> tuple[list[_End], dict[int, SessionRow]]:
    ended = set(end_orders(connection, ends))
    told = {order.id: order for order in orders_of(connection, sorted({end.order_id for end in ends}))}
    rows = {row.id: row for row in page.sessions_by_id(sorted({order.session_id for order in told.values()}))}
    found: list[_End] = []
    for end in ends:
        order = told.get(end.order_id)
        row = None if order is None else rows.get(order.session_id)
        if order is not None and row is not None:
            found.append(_End(end, order, row, order.id in ended))
    return found, rows


def _take(one: _End) -> None:
    acknowledged = one.end.state is OrderState.ACKNOWLEDGED
    if acknowledged and one.order.kind is OrderKind.COA:  # one replaced on its way, too: the gateway has it
        _take_limits(one.row, one.order)
    if one.is_new:
        _take_end(one.row, one.order, one.end)


def _take_limits(row: SessionRow, order: Order) -> None:
    row.applied_down_bps, row.applied_up_bps, row.applied_code = order.down_bps, order.up_bps, order.code
    row.applied_cap = cap_of(order.desired, row.applied_cap)


def _take_end(row: SessionRow, order: Order, end: Ended) -> None:
    if end.state is OrderState.ACKNOWLEDGED:
        row.flag = "" if order.kind is OrderKind.COA else "ending"
    elif end.error_cause == SESSION_GONE and row.is_open:  # RFC 5176 §3.5: closed at its last news (P28)
        row.ended_s, row.end_cause, row.flag = row.last_event_s, "stale", "gone at gateway"
        row.now_down_bps = row.now_up_bps = None
    elif end.state in (OrderState.REFUSED, OrderState.GIVEN_UP):
        row.flag = end.state.value


def _failed(one: _End) -> bool:
    return one.row.is_open and one.end.state in (OrderState.REFUSED, OrderState.GIVEN_UP)


def _learn(
    connection: Connection, gateways: GatewayBook, ends: Sequence[_End], now_s: int
) -> set[tuple[int, OrderKind]]:
    """Remember what the ends tell of their gateways; the abilities that are known by it not to work."""
    tell = [one for one in ends if one.end.state is not OrderState.SUPERSEDED]
    known = ability_store.learnt(connection, sorted({one.order.gateway_id for one in tell}))
    unable: set[tuple[int, OrderKind]] = set()
    for one in tell:
        gateway = known.get(one.order.gateway_id)
        if gateway is None:
            continue
        kind, refused = one.order.kind, one.end.state is OrderState.REFUSED
        taken = one.end.state is OrderState.ACKNOWLEDGED
        heard = gateway.was_heard((one.end.sent_ms or one.order.created_ms) // 1000)
        answer = answer_of(taken, refused, one.end.error_cause, heard)
        if answer is Answer.UNSUPPORTED and cap_of(one.order.desired) is not None:
            answer = Answer.REFUSED  # it may be the octet cap that it does not know
        gateway.of[kind] = learn(gateway.of[kind], answer, one.end.error_cause, now_s)
        gateway.unanswered = 0 if taken or refused else gateway.unanswered + 1
        if gateway.of[kind].works is Ability.NO:
            unable.add((gateway.id, kind))
    ability_store.remember(connection, list(known.values()))
    _tell(gateways, known)
    return unable


def _tell(gateways: GatewayBook, known: Mapping[int, ability_store.GatewayAbilities]) -> None:
    for gateway in known.values():
        book = gateways.of_id(gateway.id)
        if book is not None:
            book.rate_works = gateway.of[OrderKind.COA].works
            book.ends = gateway.of[OrderKind.DISCONNECT].works
