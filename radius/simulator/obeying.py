"""CoA and Disconnect at a simulated gateway: is an order believed, whom does it mean, what is answered (RFC 5176)."""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv4Address
from typing import Final

from netquota.domain.mac import normalised_mac
from netquota.domain.places import Ability
from netquota.errors import Malformed
from radius import tables as t
from radius.authenticity import is_current, request_is_authentic, signature, signature_fault
from radius.codec import Code, Packet, attribute, integer_octets, parse, reply
from radius.simulator.limits import carries_cap, limits_of
from radius.simulator.nas import SimulatedNas
from radius.simulator.sessions import ADMIN_RESET, SimulatedSession
from radius.simulator.settings import Obedience

UNSUPPORTED_ATTRIBUTE: Final = 401
MISSING_ATTRIBUTE: Final = 402
UNSUPPORTED_SERVICE: Final = 405
SESSION_NOT_FOUND: Final = 503
_ANSWERS: Final = {
    Code.COA_REQUEST: (Code.COA_ACK, Code.COA_NAK),
    Code.DISCONNECT_REQUEST: (Code.DISCONNECT_ACK, Code.DISCONNECT_NAK),
}
_IDENTIFIERS: Final = (t.USER_NAME, t.ACCT_SESSION_ID, t.FRAMED_IP_ADDRESS, t.CALLING_STATION_ID)
_REMEMBERED: Final = 256


class OrderDesk:
    """A gateway's CoA port. A repeated order gets the same answer and has no second effect."""

    def __init__(self, nas: SimulatedNas) -> None:
        self.nas = nas
        self._answers: OrderedDict[tuple[str, int, bytes], bytes] = OrderedDict()

    def answer(self, datagram: bytes, source: str, now: float) -> bytes | None:
        """The answer to an order from `source`; None where it is not to be believed, or this gateway stays silent."""
        order = self._believed(datagram, now)
        if order is None:
            return None
        if self._keeps_silent(order):
            self.nas.tally.ordered(order.code, None)
            return None
        key = (source, order.identifier, order.authenticator)
        if key not in self._answers:
            self._answers[key] = self._carried_out(order, now)
            while len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)
        return self._answers[key]

    def _keeps_silent(self, order: Packet) -> bool:
        quirks = self.nas.quirks
        return quirks.obedience is Obedience.SILENT or (quirks.needs_user_name and t.USER_NAME not in order)

    def _believed(self, datagram: bytes, now: float) -> Packet | None:
        secret = self.nas.settings.secret
        try:
            order = parse(datagram)
        except Malformed:
            return None
        if order.code not in _ANSWERS or not request_is_authentic(order.raw, secret):
            return None
        if signature_fault(signature(order, secret)) is not None or not is_current(order, now):
            return None
        return order

    def _carried_out(self, order: Packet, now: float) -> bytes:
        quirks = self.nas.quirks
        cause = quirks.refusal_cause or 0
        if quirks.obedience is not Obedience.REFUSES:
            cause = self._obeyed(order, now)
        positive, negative = _ANSWERS[Code(order.code)]
        refused = cause is not None
        body = attribute(t.ERROR_CAUSE, integer_octets(cause)) if cause else b""
        if self.nas.truth is not None:
            facts = {"gateway": self.nas.settings.identifier, "refused": refused, "cause": cause or 0}
            self.nas.truth.noted(Code(order.code).name.lower(), now, facts)
        self.nas.tally.ordered(order.code, refused)
        secret = b"another secret" if quirks.obedience is Obedience.FORGED else self.nas.settings.secret
        return reply(negative if refused else positive, order, body, secret, t.MESSAGE_AUTHENTICATOR in order)

    def _obeyed(self, order: Packet, now: float) -> int | None:
        """Do it; the Error-Cause where it cannot be done."""
        cause = self._objection(order)
        if cause is not None:
            return cause
        meant = [session for session in self.nas.running if _is_meant(order, session)]
        for session in meant:
            if order.code == Code.DISCONNECT_REQUEST:
                self.nas.log_out(session, now, ADMIN_RESET)
            else:
                self._change(order, session, now)
        return None if meant else SESSION_NOT_FOUND

    def _objection(self, order: Packet) -> int | None:
        """What the order lacks, or asks for in vain."""
        family = self.nas.settings.family
        if not any(kind in order for kind in _IDENTIFIERS):
            return MISSING_ATTRIBUTE
        if self.nas.quirks.needs_framed_ip and t.FRAMED_IP_ADDRESS not in order:
            return MISSING_ATTRIBUTE
        if family.bare_orders and (t.MESSAGE_AUTHENTICATOR in order or t.EVENT_TIMESTAMP in order):
            return UNSUPPORTED_ATTRIBUTE
        if order.code == Code.DISCONNECT_REQUEST:
            return None
        if family.can_coa_rate is Ability.NO:
            return UNSUPPORTED_SERVICE
        return UNSUPPORTED_ATTRIBUTE if carries_cap(order) and family.can_raise_cap is not Ability.YES else None

    def _change(self, order: Packet, session: SimulatedSession, now: float) -> None:
        family, quirks = self.nas.settings.family, self.nas.quirks
        resets = family.resets_on_coa if quirks.resets_on_coa is None else quirks.resets_on_coa
        replaces_all = family.coa_replaces_all if quirks.replaces_all is None else quirks.replaces_all
        session.change(now, session.limits.changed_by(limits_of(order), replaces_all), resets)


def _is_meant(order: Packet, session: SimulatedSession) -> bool:
    """Whether every identifier that the order carries fits this session (RFC 5176 §3)."""
    mac, framed_ip = order.text(t.CALLING_STATION_ID), order.get(t.FRAMED_IP_ADDRESS)
    return (
        order.text(t.USER_NAME) in (None, session.device.username)
        and order.text(t.ACCT_SESSION_ID) in (None, session.acct_session_id)
        and framed_ip in (None, IPv4Address(session.framed_ip).packed)
        and (mac is None or normalised_mac(mac) == normalised_mac(session.device.mac))
    )
