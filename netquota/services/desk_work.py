"""What a worker does between batches: notice changes made elsewhere, keep claims, find orders to send, take their ends.

Called by the worker's bookkeeper thread; each piece is one short transaction, or a read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from netquota.domain.places import Ability
from netquota.domain.policy import Code
from netquota.domain.quota import LedgerFigure
from netquota.errors import NetquotaError
from netquota.services.enforce import disconnect_sessions, reconcile
from netquota.services.facts import Policy
from netquota.services.gateways import GatewayBook, KnownGateway
from netquota.services.live import pool_figures
from netquota.storage import gateway_store
from netquota.storage.database import Connection, Database
from netquota.storage.feed_store import KEPT_S, Position, news, publish
from netquota.storage.ledger_store import Page, page_on
from netquota.storage.order_store import (
    Ended,
    Order,
    OrderKind,
    OrderState,
    due_orders,
    end_orders,
    mark_sent,
    orders_of,
)
from netquota.storage.policy_rows import Decrypts
from netquota.storage.policy_store import refresh
from netquota.storage.record_store import DecisionRow, write_records
from netquota.storage.session_row import SessionRow

CLAIM_EVERY_MS = 5_000
ORDERS_EVERY_MS = 200
RESCAN_EVERY_MS = 1_000
ORDERS_AT_ONCE = 500
LOOK_EVERY_MS = 100
LONGEST_UNREAD_MS = KEPT_S * 1000 // 2  # the feed is kept for longer
UNSUPPORTED = frozenset({401, 405, 406})  # RFC 5176 §3.5: attribute, service, extension not supported
SESSION_GONE = 503


@dataclass(frozen=True, slots=True)
class Heard:
    """The last packet of a gateway: epoch seconds, of any kind and of accounting, and where from."""

    packet_s: int
    accounting_s: int | None
    address: str


@dataclass(slots=True)
class Tick:
    """What a look around found."""

    policy: Policy | None = None
    forget: list[int] = field(default_factory=list[int])
    forget_all: bool = False
    pools: list[LedgerFigure] = field(default_factory=list[LedgerFigure])
    orders: list[Order] = field(default_factory=list[Order])
    lost: list[int] = field(default_factory=list[int])  # gateways with orders under way, claimed by another now
    heard_written: bool = False


class DeskWork:
    """The pieces of work, over one database; remembers only how far it has read."""

    def __init__(
        self,
        database: Database,
        secrets: Decrypts,
        zone: ZoneInfo,
        floor_bps: int,
        unavailable: Callable[[NetquotaError], None],
    ) -> None:
        self._database = database
        self._secrets = secrets
        self._zone = zone
        self._floor_bps = floor_bps
        self._position = Position()
        self._looked_ms = self._claimed_ms = self._orders_ms = self._rescanned_ms = self._read_ms = 0
        self._handed_out, self._all_handed_out = 0, True
        self._under_way: dict[int, int] = {}  # order: gateway
        self._clocks: list[KnownGateway] = []
        self._inherited = False
        self.unavailable = unavailable
        self.worker = ""

    def write_records(self, rows: Sequence[DecisionRow]) -> Callable[[Connection], None]:
        """Something to do in a transaction: add these decision records."""
        return lambda connection: write_records(connection, rows)

    def due_orders(self, worker: str, now_ms: int) -> list[Order]:
        """Orders that are this worker's to send and were not handed out lately; now and then all of them again.

        All again, since a claim may have come over with older orders, and numbers may be committed out of turn.
        """
        if self._all_handed_out and abs(now_ms - self._rescanned_ms) >= RESCAN_EVERY_MS:
            self._rescanned_ms, self._handed_out = now_ms, 0
        with self._database.read() as connection:
            found = due_orders(connection, worker, now_ms, self._handed_out, ORDERS_AT_ONCE)
        self._all_handed_out = len(found) < ORDERS_AT_ONCE
        if found:
            self._handed_out = found[-1].id
            self._under_way.update({order.id: order.gateway_id for order in found})
        return found

    def make_gateways(self, connection: Connection, seen: Mapping[tuple[int, str], str], now_s: int) -> None:
        """Make gateways seen for the first time, (client id, identifier) -> address; read them once that is durable."""
        gateway_store.ensure_gateways(connection, seen, now_s)

    def claim(self, connection: Connection, gateway_ids: Sequence[int], now_s: int) -> None:
        """Claim gateways seen for the first time."""
        gateway_store.claim(connection, gateway_ids, self.worker, now_s)

    def clock_changed(self, gateway: KnownGateway) -> None:
        """The gateway's clock offset changed; it is written with the next claims."""
        self._clocks.append(gateway)

    def close(self, worker: str) -> None:
        """Give the claims back."""
        try:
            with self._database.write() as connection:
                gateway_store.release(connection, worker)
        except NetquotaError as error:
            self.unavailable(error)

    def look_around(
        self, policy: Policy, gateways: GatewayBook, worker: str, heard: Mapping[int, Heard], now_ms: int
    ) -> Tick:
        """Notice policy changes and other workers' figures, keep the claims, find orders that wait.

        Where one of them cannot be done, what was noticed is noticed again.
        """
        tick = Tick()
        if now_ms - self._looked_ms < LOOK_EVERY_MS and now_ms >= self._looked_ms:
            return tick
        self._looked_ms = now_ms
        position = self._read_changes(policy, gateways, worker, now_ms // 1000, tick)
        if abs(now_ms - self._claimed_ms) >= CLAIM_EVERY_MS:
            self._claimed_ms = now_ms
            tick.lost = self._keep_claims(worker, heard, now_ms // 1000)
            tick.heard_written = True
        if tick.policy is not None or abs(now_ms - self._orders_ms) >= ORDERS_EVERY_MS:
            self._orders_ms = now_ms
            tick.orders = self.due_orders(worker, now_ms)
        if self._read_ms and abs(now_ms - self._read_ms) > LONGEST_UNREAD_MS:
            tick.forget_all = True  # what was in the feed meanwhile may be gone
        self._position, self._read_ms = position, now_ms
        return tick

    def _read_changes(self, policy: Policy, gateways: GatewayBook, worker: str, now_s: int, tick: Tick) -> Position:
        """Policy, and whose figures others changed; their OPDs' pools are read at once, as nobody forgets those."""
        with self._database.read() as connection:
            snapshot = refresh(connection, policy.snapshot, self._secrets, self._zone)
            payloads, position = news(connection, worker, self._position)
            if snapshot is not None:
                gateways.read(connection)
            people = {person for payload in payloads for person in json.loads(payload)}
            by_id = policy.snapshot.subscriber_by_id
            offices = {found.opd.id: found.opd for person in people if (found := by_id.find(person)) is not None}
            if any(opd.pools for opd in offices.values()):
                tick.pools = pool_figures(page_on(connection), offices.values(), now_s)
        if snapshot is not None:
            tick.policy = Policy.of(snapshot, self._floor_bps)
            tick.forget_all = True
        tick.forget = sorted(people)
        return position

    def _keep_claims(self, worker: str, heard: Mapping[int, Heard], now_s: int) -> list[int]:
        """Claim who was heard and whom nobody holds, hold on to whom orders are under way to; those that were lost."""
        clocks, busy = list(self._clocks), set(self._under_way.values())
        with self._database.write() as connection:
            packets = {gid: (h.packet_s, h.accounting_s, h.address) for gid, h in heard.items()}
            if not self._inherited:
                gateway_store.inherit(connection, worker, now_s)
            gateway_store.heard(connection, packets, worker, now_s)
            gateway_store.claim(connection, sorted(busy), worker, now_s)
            gateway_store.claim_orphans(connection, worker, now_s)
            lost = busy - gateway_store.held(connection, worker)
            for gateway in clocks:
                gateway_store.set_clock_offset(connection, gateway.id, gateway.clock.offset_s)
        self._inherited = True
        del self._clocks[: len(clocks)]
        self._under_way = {order: gateway for order, gateway in self._under_way.items() if gateway not in lost}
        return sorted(lost)

    def note(
        self,
        connection: Connection,
        signing: Sequence[int],
        problems: Sequence[Mapping[tuple[int, str], int]],
        now_s: int,
    ) -> None:
        """Remember which clients sign their requests, and count what was dropped from whom."""
        for nas_id in signing:
            gateway_store.authenticator_seen(connection, nas_id)
        for found in problems:
            gateway_store.add_problems(connection, found, now_s)

    def after_orders(
        self,
        page: Page,
        connection: Connection,
        policy: Policy,
        gateways: GatewayBook,
        ends: Sequence[Ended],
        sent: Sequence[int],
        making_room: Sequence[int],
        now_ms: int,
    ) -> list[SessionRow]:
        """Take the ends of orders: what was applied, what a gateway cannot do, which session is gone; then look again.

        Returns the sessions concerned.
        """
        mark_sent(connection, sent, now_ms)
        ended = set(end_orders(connection, ends))
        told = {order.id: order for order in orders_of(connection, sorted({end.order_id for end in ends}))}
        rows = {row.id: row for row in page.sessions_by_id(sorted({o.session_id for o in told.values()}))}
        again: list[SessionRow] = []
        for end in ends:
            order = told.get(end.order_id)
            row = None if order is None else rows.get(order.session_id)
            if order is None or row is None:
                continue
            if order.id in ended:
                _take_end(row, order, end)
                if self._learn(connection, gateways, order, end):
                    again.append(row)
            elif end.state is OrderState.ACKNOWLEDGED and order.kind is OrderKind.COA:
                _take_limits(row, order)  # replaced while it was on its way: the gateway has it all the same
        page.update_sessions([rows[key] for key in sorted(rows)])
        gone = sorted({row.employee_id for row in rows.values() if not row.is_open and row.employee_id is not None})
        if gone:
            publish(connection, self.worker, json.dumps(gone), now_ms // 1000)
        for end in ends:
            self._under_way.pop(end.order_id, None)
        reconcile(page, connection, policy, gateways, again, now_ms)
        leaving = page.sessions_by_id(sorted(set(making_room)))
        disconnect_sessions(connection, leaving, Code.DEVICES_END_IDLE, "[]", now_ms)
        return [*rows.values(), *leaving]

    def look_again(
        self, page: Page, connection: Connection, policy: Policy, gateways: GatewayBook, ids: Sequence[int], now_ms: int
    ) -> None:
        """Decide anew for these sessions, and write the orders that follow."""
        reconcile(page, connection, policy, gateways, page.sessions_by_id(ids), now_ms)

    def _learn(self, connection: Connection, gateways: GatewayBook, order: Order, end: Ended) -> bool:
        """Remember what the end tells of the gateway; True where its sessions must be looked at again."""
        answered = end.state in (OrderState.ACKNOWLEDGED, OrderState.REFUSED)
        if end.state is OrderState.SUPERSEDED:
            return False
        works = Ability.YES if end.state is OrderState.ACKNOWLEDGED else None
        unsupported = end.state is OrderState.REFUSED and end.error_cause in UNSUPPORTED
        if unsupported:
            works = Ability.NO
        rate = works if order.kind is OrderKind.COA else None
        disconnect = works if order.kind is OrderKind.DISCONNECT else None
        gateway_store.learnt(connection, order.gateway_id, rate=rate, disconnect=disconnect, answered=answered)
        known = gateways.of_id(order.gateway_id)
        if known is not None and rate is not None:
            known.rate_works = rate
        return unsupported and order.kind is OrderKind.COA


def _take_limits(row: SessionRow, order: Order) -> None:
    row.applied_down_bps, row.applied_up_bps, row.applied_code = order.down_bps, order.up_bps, order.code


def _take_end(row: SessionRow, order: Order, end: Ended) -> None:
    if end.state is OrderState.ACKNOWLEDGED and order.kind is OrderKind.COA:
        _take_limits(row, order)
        row.flag = ""
    elif end.state is OrderState.ACKNOWLEDGED:
        row.flag = "ending"
    elif end.error_cause == SESSION_GONE and row.is_open:  # RFC 5176 §3.5: closed at its last news (P28)
        row.ended_s, row.end_cause, row.flag = row.last_event_s, "stale", "gone at gateway"
        row.now_down_bps = row.now_up_bps = None
    elif end.state in (OrderState.REFUSED, OrderState.GIVEN_UP):
        row.flag = end.state.value
