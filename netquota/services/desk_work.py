"""What a worker does between batches: notice changes made elsewhere, keep claims, find orders to send, take their ends.

Called by the worker's bookkeeper thread; each piece is one short transaction, or a read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from netquota.domain.policy import Code
from netquota.domain.quota import LedgerFigure
from netquota.errors import NetquotaError
from netquota.services.enforce import disconnect_sessions, reconcile
from netquota.services.facts import Policy
from netquota.services.gateways import GatewayBook, KnownGateway
from netquota.services.live import pool_figures
from netquota.services.order_ends import take_ends
from netquota.services.share_desk import ShareDesk
from netquota.storage import ability_store, gateway_store
from netquota.storage.database import Connection, Database
from netquota.storage.feed_store import KEPT_S, Position, news, publish
from netquota.storage.ledger_store import Page, page_on
from netquota.storage.order_store import (
    Ended,
    Order,
    due_orders,
    lock_sessions_of,
    mark_sent,
)
from netquota.storage.policy_rows import Decrypts
from netquota.storage.policy_store import refresh
from netquota.storage.record_store import DecisionRow, write_records
from netquota.storage.session_row import SessionRow
from netquota.storage.unknown_store import add_unknown

CLAIM_EVERY_MS = 5_000
ORDERS_EVERY_MS = 200
RESCAN_EVERY_MS = 1_000
ORDERS_AT_ONCE = 500
LOOK_EVERY_MS = 100
LONGEST_UNREAD_MS = KEPT_S * 1000 // 2  # the feed is kept for longer

AfterAcks = Callable[[Page, Connection, Policy, GatewayBook, Sequence[SessionRow], int], None]
"""What follows in the transaction that notes that gateways acknowledged what they were asked for these sessions."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The last packet of a gateway: epoch seconds, of any kind and of accounting, and where from."""

    packet_s: int
    accounting_s: int | None
    address: str


@dataclass(slots=True)
class Tick:
    """What a look around found; `looked`: the database was asked and answered."""

    policy: Policy | None = None
    forget: list[int] = field(default_factory=list[int])
    forget_all: bool = False
    pools: list[LedgerFigure] = field(default_factory=list[LedgerFigure])
    orders: list[Order] = field(default_factory=list[Order])
    lost: list[int] = field(default_factory=list[int])  # gateways with orders under way, claimed by another now
    heard_written: bool = False
    looked: bool = False


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
        self.most_gateways = gateway_store.MOST_OF_A_CLIENT
        self.sharing = ShareDesk(database)
        self.after_acks: AfterAcks = _nothing

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
        """Make gateways seen for the first time, (client id, identifier) -> address; read them once that is durable.

        Of each client at most `most_gateways`: the name in a packet is the sender's choice.
        """
        gateway_store.ensure_gateways(connection, seen, now_s, self.most_gateways)

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
        shared_anew = self.sharing.look(tick.policy or policy, gateways, now_ms)
        if shared_anew or tick.policy is not None or abs(now_ms - self._orders_ms) >= ORDERS_EVERY_MS:
            self._orders_ms = now_ms
            tick.orders = self.due_orders(worker, now_ms)
        if self._read_ms and abs(now_ms - self._read_ms) > LONGEST_UNREAD_MS:
            tick.forget_all = True  # what was in the feed meanwhile may be gone
        self._position, self._read_ms = position, now_ms
        tick.looked = True
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
            tick.policy = policy.newer(snapshot)
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
            ability_store.doubt(connection, now_s)
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
            add_unknown(connection, found, now_s)

    def after_orders(
        self,
        page: Page,
        connection: Connection,
        policy: Policy,
        gateways: GatewayBook,
        ends: Sequence[Ended],
        sent: Sequence[tuple[int, int]],
        making_room: Sequence[int],
        now_ms: int,
    ) -> list[SessionRow]:
        """Take the ends of orders: what was applied, what a gateway cannot do, which session is gone; then look again.

        `sent`: (id, epoch ms) of orders that left for the first time. Returns the sessions concerned.
        """
        lock_sessions_of(connection, [*(end.order_id for end in ends), *(order_id for order_id, _ in sent)])
        mark_sent(connection, sent)
        taken = take_ends(page, connection, gateways, ends, now_ms // 1000)
        gone = sorted({row.employee_id for row in taken.rows if not row.is_open and row.employee_id is not None})
        if gone:
            publish(connection, self.worker, json.dumps(gone), now_ms // 1000)
        for end in ends:
            self._under_way.pop(end.order_id, None)
        reconcile(page, connection, policy, gateways, taken.again, now_ms, cause_ms=taken.cause_ms)
        if taken.acknowledged:
            self.after_acks(page, connection, policy, gateways, taken.acknowledged, now_ms)
        leaving = page.sessions_by_id(sorted(set(making_room)))
        disconnect_sessions(connection, leaving, Code.DEVICES_END_IDLE, "[]", now_ms)
        self.sharing.answered(taken.rows, now_ms)
        return [*taken.rows, *leaving]

    def look_again(
        self, page: Page, connection: Connection, policy: Policy, gateways: GatewayBook, ids: Sequence[int], now_ms: int
    ) -> None:
        """Decide anew for these sessions, and write the orders that follow."""
        reconcile(page, connection, policy, gateways, page.sessions_by_id(ids), now_ms)


def _nothing(
    _page: Page,
    _connection: Connection,
    _policy: Policy,
    _gateways: GatewayBook,
    _acknowledged: Sequence[SessionRow],
    _now_ms: int,
) -> None:
    """What follows from acknowledgements where nobody waits for them."""
