"""A server's first look at a datagram: is it sound, from who it says, and does it make sense by its form.

Pure. Composes codec, authenticity and validity in the one safe order: nothing is parsed that can be refuted before.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from netquota.domain.places import AuthenticatorPolicy
from netquota.errors import Malformed
from radius import validity
from radius.authenticity import (
    SERVED,
    Port,
    Signature,
    access_fault,
    request_is_authentic,
    signature,
    signature_fault,
    status_fault,
)
from radius.causes import Cause
from radius.codec import Code, Packet, frame, parse_framed
from radius.validity import ACCEPTABLE, Action, Outcome


@dataclass(frozen=True, slots=True)
class Peer:
    """What the first look needs to know of a gateway; `seen_signed`: it has sent a valid signature before (P11)."""

    secret: bytes = field(repr=False)
    policy: AuthenticatorPolicy = AuthenticatorPolicy.AUTO
    seen_signed: bool = False
    is_proxy: bool = False
    lenient: bool = False


class Screened(NamedTuple):
    """The outcome; `packet` is there wherever the outcome allows an answer, `signature` wherever it was looked at."""

    outcome: Outcome
    packet: Packet | None = None
    signature: Signature = Signature.ABSENT


# Asked for each packet: a member of an enum costs a look-up by name, and its hash is computed in Python.
_AUTHENTICATION: Final = Port.AUTHENTICATION
_ON_AUTHENTICATION: Final = frozenset(int(code) for code in SERVED[Port.AUTHENTICATION])
_ON_ACCOUNTING: Final = frozenset(int(code) for code in SERVED[Port.ACCOUNTING])
_ACCESS_REQUEST: Final = int(Code.ACCESS_REQUEST)
_ACCOUNTING_REQUEST: Final = int(Code.ACCOUNTING_REQUEST)
_STATUS_SERVER: Final = int(Code.STATUS_SERVER)

_MALFORMED = Screened(Outcome(Action.DROP, Cause.MALFORMED))


def screen(datagram: bytes | bytearray | memoryview, port: Port, peer: Peer) -> Screened:
    """What becomes of a request by its octets alone. Never raises for anything that a peer can send."""
    try:
        raw = frame(datagram)
        if raw[0] not in (_ON_AUTHENTICATION if port is _AUTHENTICATION else _ON_ACCOUNTING):
            return _drop(Cause.WRONG_CODE)
        if raw[0] == _ACCOUNTING_REQUEST and not request_is_authentic(raw, peer.secret):
            return _drop(Cause.WRONG_AUTHENTICATOR)
        packet = parse_framed(raw)
    except Malformed:
        return _MALFORMED
    found = signature(packet, peer.secret)
    fault = _signature_fault(packet, found, peer)
    if fault is not None:
        return _drop(fault, found)
    return Screened(_form(packet, peer), packet, found)


def _signature_fault(packet: Packet, found: Signature, peer: Peer) -> Cause | None:
    if packet.code == _ACCESS_REQUEST:
        return access_fault(packet, found, peer.policy, peer.seen_signed, peer.is_proxy)
    return status_fault(found) if packet.code == _STATUS_SERVER else signature_fault(found)


def _form(packet: Packet, peer: Peer) -> Outcome:
    if packet.code == _ACCESS_REQUEST:
        return validity.access_request(packet, peer.lenient)
    return validity.accounting_request(packet, peer.lenient) if packet.code == _ACCOUNTING_REQUEST else ACCEPTABLE


def _drop(cause: Cause, found: Signature = Signature.ABSENT) -> Screened:
    return Screened(Outcome(Action.DROP, cause), None, found)
