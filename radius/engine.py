"""Sans-IO: one datagram in, a reply or a request to be worked on out. No socket, no database, no clock.

The engine knows who may ask (clients), what was asked before (duplicates), whether it is genuine (screening). Who the
user is and what is counted are the services' affair; finish() turns their outcome into the octets of the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from netquota.domain.places import NOBODY, Nas
from netquota.errors import Malformed
from radius import tables as t
from radius.authenticity import STATUS_ANSWER, Port, Signature
from radius.causes import Cause
from radius.codec import Code, Packet, TooLong, attribute, reply, text_octets
from radius.duplicates import Duplicates, Limits, Standing
from radius.families import FAMILIES
from radius.families.reports import (
    AccountingReport,
    called_station,
    device,
    gateway_identifier,
    nas_port,
    report,
    vlan,
)
from radius.methods import Proof, credential
from radius.screening import Peer, screen
from radius.validity import Action, names_a_nas

# Asked for each packet: a member of an enum costs a look-up by name.
_DROP: Final = Action.DROP
_REJECT: Final = Action.REJECT
_NEW: Final = Standing.NEW
_VALID: Final = Signature.VALID
_STATUS_SERVER: Final = int(Code.STATUS_SERVER)
_ACCOUNTING_REQUEST: Final = int(Code.ACCOUNTING_REQUEST)

FindClient = Callable[[str], Nas | None]
DUPLICATE: Final = "duplicate"
UNKNOWN_CLIENT: Final = "unknown_client"
_MOST_STRANGERS: Final = 64
TOO_MANY_STATES: Final = "too_many_proxy_states"
SECRET_SUSPECT: Final = "secret_mismatch_suspected"  # noqa: S105 (a cause, no secret)


@dataclass(slots=True)
class Exchange:
    """A request that is being worked on: who asked, from where, and the key under which it is remembered."""

    nas: Nas
    packet: Packet
    address: tuple[str, int]
    key: tuple[str, int, int]
    channel: int = 0  # the socket that it came by, and by which the answer goes
    received_s: float = 0.0  # by the caller's forward clock


@dataclass(slots=True)
class Login:
    """An Access-Request whose form is sound: who wants in, with what proof, and where."""

    exchange: Exchange
    username: str
    credential: Proof
    gateway: str
    mac: str
    called_station: str
    port: str
    vlan: int | None = None
    proved: bytes = field(default=b"", kw_only=True)  # what the accept carries in proof of our side (MS-CHAP)


@dataclass(slots=True)
class Accounting:
    """An Accounting-Request whose authenticator is right, read."""

    exchange: Exchange
    report: AccountingReport


Received = Login | Accounting | bytes | None


class Counts:
    """What the engine met, as plain integers by client and cause; read and reset by whoever publishes them."""

    __slots__ = ("dropped", "problems", "requests")

    def __init__(self) -> None:
        self.requests: dict[tuple[str, str, str], int] = {}
        self.dropped: dict[str, int] = {}
        self.problems: dict[tuple[int, str], int] = {}

    def request(self, nas: str, code: str, result: str) -> None:
        """One request of a client was answered (or dropped) so."""
        key = (nas, code, result)
        self.requests[key] = self.requests.get(key, 0) + 1

    def drop(self, cause: str, nas: Nas | None = None) -> None:
        """One packet was dropped; where the client is known, its page shows it."""
        self.dropped[cause] = self.dropped.get(cause, 0) + 1
        if nas is not None and cause != DUPLICATE:
            self.problem(cause, nas)

    def stranger(self, address: str) -> None:
        """A packet came from an address that is not registered; only so many are told apart, for anybody can be one."""
        self.drop(UNKNOWN_CLIENT)
        key = (NOBODY, address)
        if key in self.problems or len(self.problems) < _MOST_STRANGERS:
            self.problems[key] = self.problems.get(key, 0) + 1

    def problem(self, cause: str, nas: Nas) -> None:
        """Something that the client's page shows."""
        key = (nas.id, cause)
        self.problems[key] = self.problems.get(key, 0) + 1


class Engine:
    """One worker's protocol state. `now_s` is any clock that only goes forward; `arrival_s` epoch seconds."""

    def __init__(self, find_client: FindClient, limits: Limits | None = None) -> None:
        self.find_client = find_client
        self.counts = Counts()
        self.learnt_signing: set[int] = set()
        self._peers: dict[int, tuple[Nas, Peer]] = {}
        self._duplicates = Duplicates(limits)

    def receive(self, datagram: bytes, address: tuple[str, int], port: Port, now_s: float, arrival_s: int) -> Received:
        """What a datagram asks: a log-in or a report to work on, octets to send back at once, or None (dropped)."""
        nas = self.find_client(address[0])
        if nas is None:
            self.counts.stranger(address[0])
            return None
        found = screen(datagram, port, self._peer(nas))
        outcome, packet = found.outcome, found.packet
        action = outcome.action
        if action is _DROP or packet is None:
            self._count_drop(nas, outcome.cause, outcome.attribute)
            return None
        key = (address[0], address[1], packet.identifier)
        standing = self._duplicates.look(nas.id, key, packet.authenticator, now_s)
        if standing is not _NEW:
            self.counts.drop(DUPLICATE)
            return standing if isinstance(standing, bytes) else None
        if found.signature is _VALID and not nas.authenticator_seen:
            self.learnt_signing.add(nas.id)
        exchange = Exchange(nas, packet, address, key, received_s=now_s)
        if packet.code == _STATUS_SERVER:
            return self.finish(exchange, STATUS_ANSWER[port], b"")
        if action is _REJECT:
            return self._refused(exchange, outcome.cause or Cause.MALFORMED)
        return self._to_work(exchange, arrival_s)

    def _refused(self, exchange: Exchange, cause: Cause) -> bytes | None:
        """The refusal of a request by its form; none where a proxy's states leave no room for a signed one."""
        try:
            octets = self.finish(exchange, Code.ACCESS_REJECT, b"")
        except TooLong:
            self.drop(exchange, TOO_MANY_STATES)
            return None
        self.counts.drop(cause, exchange.nas)
        return octets

    def _to_work(self, exchange: Exchange, arrival_s: int) -> Received:
        try:
            if exchange.packet.code == _ACCOUNTING_REQUEST:
                if not names_a_nas(exchange.packet):
                    self.counts.problem(Cause.NO_NAS, exchange.nas)
                family = FAMILIES[exchange.nas.family]
                source = exchange.address[0]
                return Accounting(exchange, report(exchange.packet, exchange.nas, family, arrival_s, source))
            return _login(exchange)
        except Malformed:
            self.drop(exchange, Cause.MALFORMED)
            return None

    def finish(self, exchange: Exchange, code: int, attributes: bytes) -> bytes:
        """The octets of the answer, remembered for repetitions (P16). Raises `codec.TooLong`."""
        packet, nas = exchange.packet, exchange.nas
        signed = packet.code != _ACCOUNTING_REQUEST or t.MESSAGE_AUTHENTICATOR in packet
        octets = reply(code, packet, attributes, nas.secret, message_authenticator=signed)
        self._duplicates.answered(nas.id, exchange.key, packet.authenticator, octets)
        return octets

    def drop(self, exchange: Exchange, cause: str) -> None:
        """The request comes to nothing: no answer, and its repetition is worked on anew."""
        self.counts.drop(cause, exchange.nas)
        self._duplicates.forget(exchange.nas.id, exchange.key, exchange.packet.authenticator)

    def expire(self, now_s: float) -> None:
        """Let go of old duplicates; to be called now and then."""
        self._duplicates.expire(now_s)

    def _peer(self, nas: Nas) -> Peer:
        """What screening needs of a client; made once as policy gives it, and anew when it begins to sign."""
        held = self._peers.get(nas.id)
        seen = nas.authenticator_seen or nas.id in self.learnt_signing
        if held is None or held[0] is not nas or held[1].seen_signed != seen:
            held = self._peers[nas.id] = nas, self._as_peer(nas, seen)
        return held[1]

    @staticmethod
    def _as_peer(nas: Nas, seen: bool) -> Peer:
        return Peer(nas.secret, nas.authenticator_policy, seen, nas.is_proxy, nas.lenient)

    def _count_drop(self, nas: Nas, cause: Cause | None, kind: int | None) -> None:
        named = "" if kind is None else f": {_attribute_name(kind)}"
        self.counts.drop(cause or Cause.MALFORMED)
        key = (nas.id, f"{cause or Cause.MALFORMED}{named}")
        self.counts.problems[key] = self.counts.problems.get(key, 0) + 1


def reject_attributes(message: str) -> bytes:
    """The attributes of an Access-Reject: Reply-Message alone, at most 253 octets of whole characters (P23)."""
    return attribute(t.REPLY_MESSAGE, text_octets(message)) if message else b""


def _attribute_name(kind: int) -> str:
    return next((a.name for a in t.ATTRIBUTES.values() if not a.vendor and a.number == kind), str(kind))


def _login(exchange: Exchange) -> Login | None:
    packet = exchange.packet
    proof = credential(packet, exchange.nas.secret)
    if proof is None:
        raise Malformed(offset=20, problem="no credential")
    return Login(
        exchange,
        (packet.get(t.USER_NAME) or b"").decode(),
        proof,
        gateway_identifier(packet, exchange.address[0]),
        device(packet),
        called_station(packet),
        nas_port(packet),
        vlan(packet),
    )
