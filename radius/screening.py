"""A server's first look at a datagram: is it sound, from who it says, and does it make sense by its form.

Pure. Composes codec, authenticity and validity in the one safe order: nothing is parsed that can be refuted before.
"""

from dataclasses import dataclass
from typing import NamedTuple

from netquota.errors import Malformed
from radius import validity
from radius.authenticity import (
    SERVED,
    Port,
    Signature,
    SignaturePolicy,
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

    secret: bytes
    policy: SignaturePolicy = SignaturePolicy.AUTO
    seen_signed: bool = False
    is_proxy: bool = False
    lenient: bool = False


class Screened(NamedTuple):
    """The outcome; `packet` is there wherever the outcome allows an answer, `signature` wherever it was looked at."""

    outcome: Outcome
    packet: Packet | None = None
    signature: Signature = Signature.ABSENT


_MALFORMED = Screened(Outcome(Action.DROP, Cause.MALFORMED))


def screen(datagram: bytes | bytearray | memoryview, port: Port, peer: Peer) -> Screened:
    """What becomes of a request by its octets alone. Never raises for anything that a peer can send."""
    try:
        raw = frame(datagram)
        if raw[0] not in SERVED[port]:
            return _drop(Cause.WRONG_CODE)
        if raw[0] == Code.ACCOUNTING_REQUEST and not request_is_authentic(raw, peer.secret):
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
    match packet.code:
        case Code.ACCESS_REQUEST:
            return access_fault(packet, found, peer.policy, peer.seen_signed, peer.is_proxy)
        case Code.STATUS_SERVER:
            return status_fault(found)
        case _:
            return signature_fault(found)


def _form(packet: Packet, peer: Peer) -> Outcome:
    match packet.code:
        case Code.ACCESS_REQUEST:
            return validity.access_request(packet, peer.lenient)
        case Code.ACCOUNTING_REQUEST:
            return validity.accounting_request(packet, peer.lenient)
        case _:
            return ACCEPTABLE


def _drop(cause: Cause, found: Signature = Signature.ABSENT) -> Screened:
    return Screened(Outcome(Action.DROP, cause), None, found)
