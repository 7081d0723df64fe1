"""CoA and Disconnect orders on their way to gateways: pacing, repetition, answers (RFC 5176). No socket, no clock.

`now` is monotonic seconds, from the caller. What to order, and what follows from an answer, is decided elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from heapq import heappop, heappush
from ipaddress import ip_address
from typing import Final, NamedTuple

from netquota.domain.enforcement import OrderKind
from netquota.errors import InvalidValue, Malformed
from radius import tables as t
from radius.authenticity import response_fault
from radius.causes import Cause
from radius.codec import Code, Packet, attribute, integer_octets, parse, request

SESSION_CONTEXT_NOT_FOUND: Final = 503
IDENTIFIERS: Final = 256
"""Outstanding requests that one source port can have at one gateway (RFC 5176 §2.3)."""
_MARGIN: Final = 1.02
"""Datagrams leave by so much further apart than the pace asks: on the way they may draw closer."""


class Result(StrEnum):
    """How an order ended; each ends exactly once."""

    ACK = "ack"
    NAK = "nak"
    SILENT = "silent"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Order:
    """One order for one session. `attributes`: the session's identifiers and what it shall have, already encoded.

    `gateway` is whom pacing spares; `event_s` (epoch seconds) becomes Event-Timestamp, against replays (§6.3);
    `per_second` the gateway's own pace, None = as all.
    """

    id: int
    session: int
    gateway: int
    kind: OrderKind
    address: str
    port: int
    secret: bytes = field(repr=False)
    attributes: bytes
    event_s: int
    per_second: float | None = None
    is_bare: bool = False  # its gateway refuses a signature and a time stamp


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an order. `error_cause`: the number that the gateway gave; `seconds` from first sending to the end."""

    order_id: int
    session: int
    gateway: int
    kind: OrderKind
    result: Result
    error_cause: int | None = None
    tries: int = 0
    seconds: float = 0.0

    @property
    def cause_name(self) -> str:
        """Error-Cause by name (RFC 5176 §3.5), the number where it has none, empty where none was given."""
        if self.error_cause is None:
            return ""
        return t.VALUES["Error-Cause"].get(self.error_cause, str(self.error_cause))

    @property
    def session_is_gone(self) -> bool:
        """Whether the gateway no longer has the session: close it at its last news (P28)."""
        return self.result is Result.NAK and self.error_cause == SESSION_CONTEXT_NOT_FOUND


class Outgoing(NamedTuple):
    """A datagram to send from the source port of this number (0 = the first)."""

    source: int
    address: str
    port: int
    datagram: bytes


@dataclass(frozen=True, slots=True)
class Pace:
    """How gently gateways are treated. `tries` in all, 1, 2, 4 s apart; then silence is the outcome.

    `per_second` datagrams to one gateway, repetitions among them; `window` of its orders may be unanswered at a time.
    """

    per_second: float = 10.0
    tries: int = 3
    first_wait_s: float = 1.0
    most_ports: int = 16
    window: int = 32


@dataclass(slots=True)
class _Pacer:
    """When datagrams may leave to one gateway: evenly, never in bursts, so that any second holds no more than its pace.

    Nothing is saved up, so that a restart or another holder of the claim begins no faster than the last one went on.
    """

    per_second: float
    free_at: float
    outstanding: int = 0

    def take(self, now: float) -> bool:
        """Whether a datagram may leave now; the next one then waits."""
        if now < self.free_at:
            return False
        self.free_at = now + _MARGIN / self.per_second
        return True


@dataclass(slots=True)
class _Sent:
    order: Order
    packet: Packet
    lane: _Lane
    first: float
    tries: int = 1


@dataclass(slots=True)
class _Lane:
    """One source port's identifiers at one gateway address."""

    source: int
    sent: dict[int, _Sent] = field(default_factory=dict[int, _Sent])
    following: int = 0

    def next_identifier(self) -> int:
        """The next one that is not outstanding, in turn, so that a late answer seldom meets a younger request."""
        while self.following in self.sent:
            self.following = (self.following + 1) % IDENTIFIERS
        found = self.following
        self.following = (found + 1) % IDENTIFIERS
        return found


_CODES: Final = {OrderKind.COA: Code.COA_REQUEST, OrderKind.DISCONNECT: Code.DISCONNECT_REQUEST}
_ACKS: Final = frozenset({Code.COA_ACK, Code.DISCONNECT_ACK})


class DynauthCore:
    """All orders between their rows and the gateways. Never two outstanding for one session.

    `jitter` gives a share of the waiting time to add, say -0.1 to 0.1 (RFC 5080 §2.2.1). `ignored` counts datagrams
    that were not believed, by cause.
    """

    def __init__(self, pace: Pace | None = None, jitter: Callable[[], float] = lambda: 0.0) -> None:
        self.pace = pace or Pace()
        self.ignored: Counter[str] = Counter()
        self.departed: list[int] = []
        """Orders that left for the first time, by id, until somebody takes them away."""
        self._jitter = jitter
        self._waiting: dict[int, dict[int, Order]] = {}  # gateway: session: order
        self._busy: dict[int, _Sent] = {}  # session: what is outstanding
        self._lanes: dict[tuple[str, int], list[_Lane]] = {}
        self._pacers: dict[int, _Pacer] = {}
        self._due: list[tuple[float, int, _Sent]] = []
        self._serial = 0

    @property
    def outstanding(self) -> int:
        """Orders that were sent and not answered yet."""
        return len(self._busy)

    @property
    def waiting(self) -> int:
        """Orders that were not sent yet."""
        return sum(len(queue) for queue in self._waiting.values())

    def submit(self, order: Order, now: float) -> Outcome | None:
        """Take an order; gives the end of an older one that waited for the same session.

        Raises `TooLong`, and `InvalidValue` for an address that is no IPv4 or IPv6 address.
        """
        numeric(order.address)
        self._datagram(order, 0)
        queue = self._waiting.setdefault(order.gateway, {})
        older = queue.get(order.session)
        queue[order.session] = order  # in the older one's place: who changes often still gets his turn
        per_second = order.per_second or self.pace.per_second
        self._pacers.setdefault(order.gateway, _Pacer(per_second, now)).per_second = per_second
        sent = self._busy.get(order.session)
        if sent is not None:  # it is not repeated any more: its answer is awaited for a moment, then this one goes
            self._schedule(sent, now + self.pace.first_wait_s)
        return None if older is None else _ended(older, Result.SUPERSEDED)

    def poll(self, now: float) -> tuple[list[Outgoing], list[Outcome]]:
        """What to send now (repetitions first), and the orders that ended without an answer."""
        datagrams: list[Outgoing] = []
        outcomes: list[Outcome] = []
        while self._due and self._due[0][0] <= now:
            sent = heappop(self._due)[2]
            if self._is_outstanding(sent):
                self._overdue(sent, now, datagrams, outcomes)
        for gateway, queue in list(self._waiting.items()):
            self._send_waiting(queue, self._pacers[gateway], now, datagrams)
            if not queue:
                del self._waiting[gateway]
        return datagrams, outcomes

    def _overdue(self, sent: _Sent, now: float, datagrams: list[Outgoing], outcomes: list[Outcome]) -> None:
        """No answer in time: a newer order takes its place, or it is repeated, or silence is its end."""
        order, pacer = sent.order, self._pacers[sent.order.gateway]
        replaced = order.session in self._waiting.get(order.gateway, {})
        if replaced or sent.tries >= self.pace.tries:
            self._release(sent)
            outcomes.append(_ended(order, Result.SUPERSEDED if replaced else Result.SILENT, sent, now))
        elif pacer.take(now):
            sent.tries += 1
            self._wait(sent, now)
            datagrams.append(_outgoing(sent))
        else:
            self._schedule(sent, pacer.free_at)

    def received(self, source: int, address: tuple[str, int], datagram: bytes, now: float) -> Outcome | None:
        """The end of the order that this datagram answers; None where it answers none or is not to be believed (P27).

        `source`: the number of the port it came to; `address`: the sender's (host, port), which must be what we asked.
        """
        lanes = self._lanes.get((numeric(address[0]), address[1]), [])
        sent = lanes[source].sent.get(datagram[1]) if source < len(lanes) and len(datagram) > 1 else None
        if sent is None:
            self.ignored["unexpected"] += 1
            return None
        try:
            response = parse(datagram)
        except Malformed:
            self.ignored[Cause.MALFORMED] += 1
            return None
        fault = response_fault(response, sent.packet, sent.order.secret)
        if fault is not None:
            self.ignored[fault] += 1
            return None
        self._release(sent)
        result = Result.ACK if response.code in _ACKS else Result.NAK
        return _ended(sent.order, result, sent, now, response.integer(t.ERROR_CAUSE))

    def next_due(self, now: float) -> float | None:
        """When `poll` will have something to do; None while nothing is under way."""
        while self._due and not self._is_outstanding(self._due[0][2]):
            heappop(self._due)
        moments = [self._due[0][0]] if self._due else []
        for gateway, queue in self._waiting.items():
            if self._ready(queue, self._pacers[gateway]) is not None:
                moments.append(max(now, self._pacers[gateway].free_at))
        return min(moments, default=None)

    def withdraw(self, gateway: int) -> list[int]:
        """Forget a gateway's orders, as its claim was lost: their ids; somebody else sends them now."""
        queue = self._waiting.pop(gateway, {})
        sent = [one for one in self._busy.values() if one.order.gateway == gateway]
        for one in sent:
            self._release(one)
        return [one.order.id for one in sent] + [order.id for order in queue.values()]

    def _send_waiting(self, queue: dict[int, Order], pacer: _Pacer, now: float, datagrams: list[Outgoing]) -> None:
        ready = None if now < pacer.free_at else self._ready(queue, pacer)
        if ready is None:
            return
        order, lane = ready
        pacer.take(now)
        pacer.outstanding += 1
        del queue[order.session]
        identifier = lane.next_identifier()
        sent = _Sent(order, parse(self._datagram(order, identifier)), lane, now)
        lane.sent[identifier] = sent
        self._busy[order.session] = sent
        self._wait(sent, now)
        self.departed.append(order.id)
        datagrams.append(_outgoing(sent))

    def _ready(self, queue: dict[int, Order], pacer: _Pacer) -> tuple[Order, _Lane] | None:
        """The order whose turn it is at a gateway, once its time comes; None where answers are awaited first."""
        if pacer.outstanding >= self.pace.window:
            return None
        order = next((order for session, order in queue.items() if session not in self._busy), None)
        lane = None if order is None else self._free_lane(order)
        return None if order is None or lane is None else (order, lane)

    def _free_lane(self, order: Order) -> _Lane | None:
        """A source port with an identifier left for this gateway; more ports when needed, up to a limit."""
        lanes = self._lanes.setdefault((numeric(order.address), order.port), [])
        for lane in lanes:
            if len(lane.sent) < IDENTIFIERS:
                return lane
        if len(lanes) >= self.pace.most_ports:
            return None
        lanes.append(_Lane(len(lanes)))
        return lanes[-1]

    def _is_outstanding(self, sent: _Sent) -> bool:
        return self._busy.get(sent.order.session) is sent

    def _release(self, sent: _Sent) -> None:
        del sent.lane.sent[sent.packet.identifier]
        del self._busy[sent.order.session]
        self._pacers[sent.order.gateway].outstanding -= 1

    def _wait(self, sent: _Sent, now: float) -> None:
        wait_s = self.pace.first_wait_s * 2 ** (sent.tries - 1)
        self._schedule(sent, now + wait_s * (1 + self._jitter()))

    def _schedule(self, sent: _Sent, at: float) -> None:
        self._serial += 1
        heappush(self._due, (at, self._serial, sent))

    @staticmethod
    def _datagram(order: Order, identifier: int) -> bytes:
        code = _CODES[order.kind]
        if order.is_bare:
            return request(code, identifier, order.attributes, order.secret, message_authenticator=False)
        stamp = attribute(t.EVENT_TIMESTAMP, integer_octets(order.event_s))
        return request(code, identifier, order.attributes + stamp, order.secret)


@lru_cache(maxsize=4096)
def numeric(address: str) -> str:
    """An IPv4 or IPv6 address in its one canonical form, so that texts compare. Raises `InvalidValue`."""
    try:
        return str(ip_address(address.partition("%")[0]))
    except ValueError:
        raise InvalidValue("address", address, "give an IPv4 or IPv6 address") from None


def _outgoing(sent: _Sent) -> Outgoing:
    return Outgoing(sent.lane.source, numeric(sent.order.address), sent.order.port, sent.packet.raw)


def _ended(
    order: Order, result: Result, sent: _Sent | None = None, now: float = 0.0, error_cause: int | None = None
) -> Outcome:
    tries, seconds = (0, 0.0) if sent is None else (sent.tries, now - sent.first)
    return Outcome(order.id, order.session, order.gateway, order.kind, result, error_cause, tries, seconds)
