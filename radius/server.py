"""The RADIUS worker: sockets, batches, back-pressure. It drives engine, log-in desk, bookkeeper and the CoA client.

One loop, one thread: sockets are drained (log-ins before accounting) before anything is computed for the next wait.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from netquota.clock import Clock, SystemClock
from netquota.errors import ConfigurationError, InvalidValue, NetquotaError
from netquota.logging import SparseLog, get_logger
from netquota.metrics import serve_metrics
from netquota.ports import worker_index
from netquota.services.facts import Policy
from netquota.settings import Settings
from netquota.storage.gateway_store import CLAIM_S
from netquota.storage.nas_table import NasTable
from netquota.storage.order_store import Ended, Order, OrderState
from radius.authenticity import Port
from radius.bookkeeper import (
    BatchDone,
    ClaimsKept,
    EndsWritten,
    FiguresRead,
    Forget,
    OrdersDue,
    PolicyChanged,
    Reserved,
)
from radius.codec import Code, TooLong
from radius.datagrams import Address, Datagrams
from radius.dynauth import DynauthSockets
from radius.dynauth_core import Outcome
from radius.engine import TOO_MANY_STATES, Accounting, Engine, Exchange, Login
from radius.failures import INTERNAL, place_of
from radius.ordering import ended, wire_order
from radius.worker_metrics import WorkerMetrics
from radius.worker_parts import Parts, assembled

MOST_WAITING = 20_000  # reports between socket and books; beyond it the gateways repeat
HOUSEKEEPING_S = 1.0
CLAIM_SPARE_S = 3.0  # before claims run out without a word from the books, orders rest
GC_AFTER = 50_000  # container objects; packets are freed by counting references, not by the collector
SWITCH_S = 0.0005  # the packet loop gives the interpreter away at each send; with Python's 5 ms it would wait for it

log = get_logger("radius")


class Worker:
    """One process's share of the RADIUS ports."""

    def __init__(self, settings: Settings, index: int, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._selector = selectors.DefaultSelector()
        self._wake_fd = os.eventfd(0, os.EFD_NONBLOCK)
        self._channels: list[Datagrams] = []
        self._in_flight: set[int] = set()
        self._outgoing: dict[int, list[tuple[bytes, Address]]] = {}  # by channel
        self._stopping = False
        self._told = SparseLog(log)
        self._keeps_serving = settings.radius.database_away == "last-known"
        self._kept_s = 0.0
        self._claimed_s = self._clock.monotonic()
        self.parts: Parts = assembled(settings, index, self._clock, self._send, self.wake, self._watch)
        self.engine: Engine = self.parts.engine
        self._dynauth: DynauthSockets = self.parts.dynauth
        self.measured = WorkerMetrics(self.engine, self.parts.bookkeeper.inbox)

    # -- the outside --------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Bind the ports. Raises `ConfigurationError` naming the setting where one is taken."""
        radius = self._settings.radius
        for port, number, key in (
            (Port.AUTHENTICATION, radius.auth_port, "radius.auth_port"),
            (Port.ACCOUNTING, radius.acct_port, "radius.acct_port"),
        ):
            opened = [self._bind(address, number, key) for address in radius.bind]
            for channel in [Datagrams(one) for one in opened if one is not None]:
                self._channels.append(channel)
                handler = partial(self._drain, channel, len(self._channels) - 1, port)
                self._selector.register(channel, selectors.EVENT_READ, handler)
        self._selector.register(self._wake_fd, selectors.EVENT_READ, self._woken)

    def _bind(self, address: str, port: int, key: str) -> socket.socket | None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            channel = socket.socket(family, socket.SOCK_DGRAM)
        except OSError:
            log.warning("address family is not available", address=address)
            return None
        with suppress(OSError):
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._settings.radius.receive_buffer_octets)
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            channel.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        channel.setblocking(False)
        try:
            channel.bind((address, port))
        except OSError as error:
            channel.close()
            if family == socket.AF_INET6 and address == "::":
                log.warning("IPv6 is not available", problem=error.strerror)
                return None
            remedy = f"stop what uses it or set {key}"
            raise ConfigurationError(f"{key}: {address} port {port}: {error.strerror}; {remedy}") from None
        return channel

    def _watch(self, channel: socket.socket) -> None:
        handler = partial(self._dynauth_ready, channel.fileno())
        self._selector.register(channel, selectors.EVENT_READ, handler)

    def wake(self) -> None:
        """Called from other threads: there is something in an outbox."""
        os.eventfd_write(self._wake_fd, 1)

    def stop(self, *_: object) -> None:
        """End the loop after this turn."""
        self._stopping = True
        self.wake()

    def run(self) -> None:
        """Serve until stopped; what was received is finished or left to the gateways' repetition."""
        self.parts.bookkeeper.start()
        try:
            while not self._stopping:
                for key, _ in self._selector.select(self._patience()):
                    self._guarded(key.data)
                    self._flush()
                self._guarded(self._turn)
        finally:
            self._close()

    def _guarded(self, piece: Callable[[], None]) -> None:
        """Run a piece of the loop; an error that nobody foresaw costs what it worked on, never the worker."""
        try:
            piece()
        except Exception as error:  # noqa: BLE001 (the door's edge)
            self.engine.counts.drop(INTERNAL)
            told = "internal error; what was being worked on is left to repetition"
            self._told.warning(told, cause=place_of(error), source=INTERNAL, now_s=self._clock.monotonic())

    def _close(self) -> None:
        self.parts.desk.close()
        self.parts.bookkeeper.stop()
        self.parts.bookkeeper.join(10)
        self._results()
        self._flush()
        self._dynauth.close()
        for channel in self._channels:
            channel.close()

    # -- one turn -----------------------------------------------------------------------------------------------

    def _patience(self) -> float:
        now = self._clock.monotonic()
        orders = self._dynauth.next_due(now) if self._may_order(now) else None
        dues = [self._kept_s + HOUSEKEEPING_S, self.parts.desk.next_due(), orders]
        return max(0.0, min(due for due in dues if due is not None) - now)

    def _turn(self) -> None:
        now = self._clock.monotonic()
        self._results()
        self.parts.desk.checked(now, self._epoch_s())
        self.parts.desk.rejects_due(now)
        self.parts.desk.figures_due(now, self._keeps_serving, self._epoch_s())
        if self._may_order(now):
            self._ended(self._dynauth.pump(self._clock.monotonic()))  # not `now`: the pace is kept on the wire
            self._note_departed()
        if now - self._kept_s >= HOUSEKEEPING_S:
            self._kept_s = now
            self._keep_house(now)
        if self.parts.bookkeeper.inbox:
            self.parts.bookkeeper.put()
        self._flush()

    def _may_order(self, now: float) -> bool:
        """Whether the claims surely hold; after a standstill another worker may have them, and send."""
        return now - self._claimed_s < CLAIM_S - CLAIM_SPARE_S

    def _keep_house(self, now: float) -> None:
        engine, inbox = self.engine, self.parts.bookkeeper.inbox
        engine.expire(now)
        self.measured.look(int(self._clock.now().timestamp() * 1000))
        if engine.counts.problems:
            inbox.problems.append(engine.counts.problems)
            engine.counts.problems = {}
        known = self.parts.policy.snapshot.nas_by_id
        for nas_id in list(engine.learnt_signing):
            if nas_id in known and not known[nas_id].authenticator_seen and nas_id not in self.parts.told_signing:
                self.parts.told_signing.add(nas_id)
                inbox.signing.append(nas_id)

    def _epoch_s(self) -> int:
        return int(self._clock.now().timestamp())

    def _woken(self) -> None:
        with suppress(BlockingIOError):
            os.eventfd_read(self._wake_fd)

    # -- packets ------------------------------------------------------------------------------------------------

    def _drain(self, channel: Datagrams, index: int, port: Port) -> None:
        """Read what has come, up to a batch, and work on it or hand it over."""
        now, arrival_s = self._clock.monotonic(), self._epoch_s()
        receive = self.engine.receive
        begin, waiting = self.parts.desk.begin, self.parts.bookkeeper.inbox.accounting
        for datagram, address in channel.receive():
            found = receive(datagram, address, port, now, arrival_s)
            if found is None:
                continue
            if isinstance(found, bytes):
                self._leaves(index, found, address)
            elif isinstance(found, Login):
                found.exchange.channel = index
                begin(found, now, arrival_s)
            elif len(waiting) >= MOST_WAITING:
                self.engine.drop(found.exchange, "accounting_queue_full")
            else:
                found.exchange.channel = index
                waiting.append(found)

    def _send(self, exchange: Exchange, octets: bytes) -> None:
        self._leaves(exchange.channel, octets, exchange.address)
        self.measured.answers.append(exchange)

    def _leaves(self, channel: int, octets: bytes, address: Address) -> None:
        self._outgoing.setdefault(channel, []).append((octets, address))

    def _flush(self) -> None:
        """Send the answers of this turn together: the peer is woken once, not for each."""
        if not self._outgoing:
            return
        outgoing, self._outgoing = self._outgoing, {}
        for channel, answers in outgoing.items():
            self._channels[channel].send(answers)
        self.measured.flushed(self._clock.monotonic())

    # -- results of the other threads ---------------------------------------------------------------------------

    def _results(self) -> None:
        outbox = self.parts.bookkeeper.outbox
        while outbox:
            match outbox.popleft():
                case BatchDone() as done:
                    self._batch_done(done)
                case FiguresRead() as read:
                    self.parts.desk.figures_read(read, self._keeps_serving, self._epoch_s())
                case Reserved() as done:
                    self.parts.desk.reserved(done, self._keeps_serving, self._epoch_s())
                case PolicyChanged(policy):
                    self._policy_changed(policy)
                case OrdersDue(orders):
                    self._send_orders(orders)
                case ClaimsKept(lost):
                    self._claimed_s = self._clock.monotonic()
                    self._withdraw(lost)
                case EndsWritten(order_ids):
                    self._in_flight.difference_update(order_ids)
                case Forget() as news:
                    self._forget(news)

    def _forget(self, news: Forget) -> None:
        live = self.parts.live
        if news.people is None:
            live.forget_all()
        else:
            live.forget(news.people)
        live.pools.update({figure.quota_id: figure for figure in news.pools})

    def _batch_done(self, done: BatchDone) -> None:
        """Answer what is in the books now (P15); what is not gets no answer, and comes again."""
        engine, counted = self.engine, done.counted
        if counted is None:
            for request in done.requests:
                engine.drop(request.exchange, done.why)
            return
        self.parts.live.saw(counted.figures, self.parts.personal_quotas, counted.rows)
        for request in done.requests:
            self._acknowledge(request)

    def _acknowledge(self, request: Accounting) -> None:
        exchange = request.exchange
        try:
            octets = self.engine.finish(exchange, Code.ACCOUNTING_RESPONSE, b"")
        except TooLong:
            self.engine.drop(exchange, TOO_MANY_STATES)
            return
        self.engine.counts.request(exchange.nas.name, "accounting", "response")
        self._send(exchange, octets)

    def _policy_changed(self, policy: Policy) -> None:
        self.parts.use(policy)
        self.engine.find_client = NasTable(policy.snapshot.nas_by_id.values()).find

    # -- orders -------------------------------------------------------------------------------------------------

    def _send_orders(self, orders: list[Order]) -> None:
        now = self._clock.monotonic()
        for order in orders:
            if order.id in self._in_flight:
                continue
            nas = self.parts.policy.snapshot.nas_by_id.get(order.nas_id)
            self._in_flight.add(order.id)
            try:
                if nas is None:
                    raise InvalidValue("gateway", order.nas, "it was removed")
                wanted = wire_order(order, nas, self._epoch_s())
                self.measured.order_taken(order)
                older = self._dynauth.core.submit(wanted, now)  # it leaves in this turn, when its turn comes
                self._ended([] if older is None else [older])
            except NetquotaError as error:
                now_ms = int(self._clock.now().timestamp() * 1000)
                self._tell(Ended(order.id, OrderState.GIVEN_UP, 0, None, now_ms, None, str(error)[:120]))

    def _note_departed(self) -> None:
        """Orders that left for the first time: noted in the books, and measured from their cause."""
        departed, self._dynauth.core.departed = self._dynauth.core.departed, []
        if departed:
            now_ms = int(self._clock.now().timestamp() * 1000)
            self.measured.orders_departed(departed, now_ms)
            self.parts.bookkeeper.inbox.sent.extend((order_id, now_ms) for order_id in departed)

    def _withdraw(self, gateway_ids: list[int]) -> None:
        for gateway_id in gateway_ids:
            for order_id in self._dynauth.core.withdraw(gateway_id):
                self._in_flight.discard(order_id)
                self.measured.order_withdrawn(order_id)

    def _dynauth_ready(self, fileno: int) -> None:
        self._ended(self._dynauth.read(fileno, self._clock.monotonic()))

    def _ended(self, outcomes: list[Outcome]) -> None:
        now_ms = int(self._clock.now().timestamp() * 1000) if outcomes else 0
        for outcome in outcomes:
            self.measured.order_ended(outcome, now_ms)
            self._tell(ended(outcome, now_ms))

    def _tell(self, end: Ended) -> None:
        self.parts.bookkeeper.inbox.ends.append(end)
        self.parts.bookkeeper.put()


def run(settings: Settings, index: int = 0) -> None:
    """Run one worker until SIGTERM or SIGINT. Raises `ConfigurationError` where it cannot start."""
    worker = Worker(settings, index)
    worker.open()
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()  # policy stays; walking it again and again would cost more than what it frees
    gc.set_threshold(GC_AFTER, 50, 50)
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    metrics, scraped = worker.measured.metrics, settings.metrics
    stop_metrics = serve_metrics(metrics, scraped.bind, scraped.port, worker_index(index))
    log.info("radius worker serves", index=index, ports=(settings.radius.auth_port, settings.radius.acct_port))
    try:
        worker.run()
    finally:
        stop_metrics()
