"""CoA and Disconnect: is an order believed, whom does it mean, is it carried out, what is answered (RFC 5176). Sans-IO.

A repeated or replayed order gets the same answer and has no second effect.
"""

from __future__ import annotations

from collections import OrderedDict
from enum import IntEnum
from ipaddress import IPv4Address
from typing import Final

from netquota.domain.mac import normalised_mac
from netquota.errors import InvalidValue, Malformed
from netquota.logging import get_logger
from netquota_gateway.gateway import Gateway
from netquota_gateway.grants import Grant, grant_of, not_understood
from netquota_gateway.kernel import KernelRefused
from netquota_gateway.sessions import Moment, Session
from radius import tables as t
from radius.authenticity import Signature, is_current, request_is_authentic, signature, signature_fault
from radius.codec import Code, Packet, attribute, frame, integer_octets, parse_framed, reply

WINDOW_S: Final = 300.0
"""How far Event-Timestamp may be from now (RFC 5176 §6.3); answers are remembered for twice as long."""
_MOST_REMEMBERED: Final = 10_000
_ANSWERS: Final = {
    Code.COA_REQUEST: (Code.COA_ACK, Code.COA_NAK),
    Code.DISCONNECT_REQUEST: (Code.DISCONNECT_ACK, Code.DISCONNECT_NAK),
}
_IDENTIFIERS: Final = (t.USER_NAME, t.ACCT_SESSION_ID, t.FRAMED_IP_ADDRESS, t.CALLING_STATION_ID)
_log = get_logger("netquota_gateway")


class ErrorCause(IntEnum):
    """Why an order is refused (RFC 5176 §3.5)."""

    UNSUPPORTED_ATTRIBUTE = 401
    MISSING_ATTRIBUTE = 402
    NAS_IDENTIFICATION_MISMATCH = 403
    INVALID_ATTRIBUTE_VALUE = 407
    SESSION_CONTEXT_NOT_FOUND = 503
    RESOURCES_UNAVAILABLE = 506


class OrderDesk:
    """The gateway's CoA port."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._answers: OrderedDict[bytes, tuple[float, bytes]] = OrderedDict()
        self.dropped = 0

    def answer(self, datagram: bytes, source: str, now: Moment) -> bytes | None:
        """The answer to an order; None where it is not to be believed: a wrong source, secret or time."""
        order = self._believed(datagram, source, now)
        if order is None:
            self.dropped += 1
            return None
        key = bytes((order.code, order.identifier)) + order.authenticator
        known = self._answers.get(key)
        if known is None:
            known = self._answers[key] = now.s, self._carried_out(order, now)
            self._forget(now.s)
        return known[1]

    def _believed(self, datagram: bytes, source: str, now: Moment) -> Packet | None:
        settings = self._gateway.settings
        if source != str(settings.radius.server):
            return None
        try:
            raw = frame(datagram)
            if raw[0] not in _ANSWERS or not request_is_authentic(raw, settings.secret):
                return None
            order = parse_framed(raw)
        except Malformed:
            return None
        if signature_fault(signature(order, settings.secret)) is not None:
            return None
        if settings.radius.require_event_timestamp and t.EVENT_TIMESTAMP not in order:
            return None
        return order if is_current(order, now.epoch_s, WINDOW_S) else None

    def _carried_out(self, order: Packet, now: Moment) -> bytes:
        cause = self._obeyed(order, now)
        positive, negative = _ANSWERS[Code(order.code)]
        _log.info("order", kind=Code(order.code).name, user=order.text(t.USER_NAME), refused=cause and cause.name)
        body = b"" if cause is None else attribute(t.ERROR_CAUSE, integer_octets(cause))
        signed = signature(order, self._gateway.settings.secret) is not Signature.ABSENT
        return reply(positive if cause is None else negative, order, body, self._gateway.settings.secret, signed)

    def _obeyed(self, order: Packet, now: Moment) -> ErrorCause | None:
        """Do it; the Error-Cause where it cannot be done."""
        name = order.text(t.NAS_IDENTIFIER)
        if name is not None and name != self._gateway.settings.gateway.identifier:
            return ErrorCause.NAS_IDENTIFICATION_MISMATCH
        if not any(kind in order for kind in _IDENTIFIERS):
            return ErrorCause.MISSING_ATTRIBUTE
        meant = [one for one in self._gateway.hotspot.sessions.values() if _is_meant(order, one)]
        if not meant:
            return ErrorCause.SESSION_CONTEXT_NOT_FOUND
        try:
            if order.code == Code.DISCONNECT_REQUEST:
                self._gateway.disconnect(meant, now)
                return None
            return self._changed(order, meant, now)
        except KernelRefused as error:
            _log.error("an order could not be carried out", error=str(error))
            return ErrorCause.RESOURCES_UNAVAILABLE

    def _changed(self, order: Packet, meant: list[Session], now: Moment) -> ErrorCause | None:
        if not_understood(order):
            return ErrorCause.UNSUPPORTED_ATTRIBUTE
        try:
            grant = grant_of(order)
        except (InvalidValue, Malformed):
            return ErrorCause.INVALID_ATTRIBUTE_VALUE
        if grant == Grant():
            return ErrorCause.MISSING_ATTRIBUTE
        for session in meant:
            self._gateway.change(session, grant, now)
        return None

    def _forget(self, now_s: float) -> None:
        while self._answers:
            at_s, _ = next(iter(self._answers.values()))
            if now_s - at_s < 2 * WINDOW_S and len(self._answers) <= _MOST_REMEMBERED:
                return
            self._answers.popitem(last=False)


def _is_meant(order: Packet, session: Session) -> bool:
    """Whether every identifier that the order carries fits this session (RFC 5176 §3)."""
    mac, framed_ip = order.text(t.CALLING_STATION_ID), order.get(t.FRAMED_IP_ADDRESS)
    return (
        order.text(t.USER_NAME) in (None, session.username)
        and order.text(t.ACCT_SESSION_ID) in (None, session.id)
        and framed_ip in (None, IPv4Address(session.ip).packed)
        and (mac is None or normalised_mac(mac) == session.mac)
    )
