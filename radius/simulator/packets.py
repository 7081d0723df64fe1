"""The requests of a simulated gateway, octet by octet, as its family would write them."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address
from typing import Final

from netquota.domain.mac import written_mac
from radius import tables as t
from radius.client_parts import Status, number
from radius.codec import Code, attribute, request
from radius.methods import chap, pap
from radius.simulator import mschap_client
from radius.simulator.sessions import Device, Method, SimulatedSession
from radius.simulator.settings import NasSettings, Quirks

_WORD: Final = 1 << 32
_LOGIN: Final = 1
_WIRELESS: Final = 19


def text(kind: int, value: str) -> bytes:
    """A text attribute; nothing for an empty text."""
    return attribute(kind, value.encode()) if value else b""


def credential(device: Device, secret: bytes, authenticator: bytes, entropy: bytes) -> bytes:
    """User-Password, or the answer to a challenge beside it; `entropy` 17 octets for the challenge and its ident."""
    password = device.password.encode()
    match device.method:
        case Method.PAP:
            return attribute(t.USER_PASSWORD, pap.hide(password, secret, authenticator))
        case Method.CHAP:
            ident, challenge = entropy[0], entropy[1:17]
            answer = bytes((ident,)) + chap.respond(ident, password, challenge)
            return attribute(t.CHAP_PASSWORD, answer) + attribute(t.CHAP_CHALLENGE, challenge)
        case Method.MSCHAP:
            return mschap_client.offer(device.password, entropy)
        case Method.MSCHAPV2:
            return mschap_client.offer2(device.username, device.password, entropy)


def access_request(settings: NasSettings, session: SimulatedSession, identifier: int, entropy: bytes) -> bytes:
    """An Access-Request; the same `entropy` gives the same octets."""
    authenticator = entropy[:16]
    body = (
        text(t.USER_NAME, session.device.username)
        + credential(session.device, settings.secret, authenticator, entropy[16:33])
        + number(t.SERVICE_TYPE, _LOGIN)
        + _who_and_where(settings, session)
    )
    return request(Code.ACCESS_REQUEST, identifier, body, settings.secret, authenticator, settings.signs)


def accounting_request(identifier: int, body: bytes, secret: bytes) -> bytes:
    """An Accounting-Request around attributes that are ready."""
    return request(Code.ACCOUNTING_REQUEST, identifier, body, secret, message_authenticator=False)


def report_attributes(
    settings: NasSettings, quirks: Quirks, session: SimulatedSession | None, status: Status, now: float
) -> bytes:
    """What a report says of a session, or of the gateway as a whole; counters only after the Start."""
    body = number(t.ACCT_STATUS_TYPE, status)
    if quirks.stamps_events:
        body += number(t.EVENT_TIMESTAMP, event_s(quirks, now))
    if session is None:
        return body + _gateway(settings)
    body += text(t.USER_NAME, session.device.username) + _who_and_where(settings, session)
    if session.class_token is not None:
        body += attribute(t.CLASS, session.class_token)
    if status is Status.START:
        return body
    body += number(t.ACCT_SESSION_TIME, session.seconds(now)) + _counters(settings, quirks, session)
    return body + (number(t.ACCT_TERMINATE_CAUSE, session.end_cause) if status is Status.STOP else b"")


def report_facts(
    settings: NasSettings, session: SimulatedSession | None, status: Status, now: float
) -> dict[str, object]:
    """The same report for the truth log, as it flowed."""
    facts: dict[str, object] = {"gateway": settings.identifier, "status": status.name.lower(), "event_s": int(now)}
    if session is None:
        return facts
    is_start = status is Status.START
    return facts | {
        "incarnation": session.incarnation,
        "segment": session.segment,
        "session": session.acct_session_id,
        "username": session.device.username,
        "mac": session.device.mac,
        "input": 0 if is_start else session.received,
        "output": 0 if is_start else session.sent,
        "session_time": session.seconds(now),
    }


def event_s(quirks: Quirks, now: float) -> int:
    """Now by the gateway's own clock."""
    return max(0, int(now) + quirks.clock_ahead_s)


def _who_and_where(settings: NasSettings, session: SimulatedSession) -> bytes:
    device = session.device
    return (
        _gateway(settings)
        + text(t.CALLING_STATION_ID, written_mac(device.mac, settings.family.mac_format))
        + text(t.CALLED_STATION_ID, device.called_station or settings.called_station)
        + attribute(t.FRAMED_IP_ADDRESS, IPv4Address(session.framed_ip).packed)
        + text(t.ACCT_SESSION_ID, session.acct_session_id)
        + number(t.NAS_PORT, session.port)
        + number(t.NAS_PORT_TYPE, _WIRELESS)
    )


def _gateway(settings: NasSettings) -> bytes:
    address = ip_address(settings.address)
    kind = t.NAS_IP_ADDRESS if address.version == 4 else t.NAS_IPV6_ADDRESS
    return text(t.NAS_IDENTIFIER, settings.identifier) + attribute(kind, address.packed)


def _counters(settings: NasSettings, quirks: Quirks, session: SimulatedSession) -> bytes:
    """Octets and gigawords as this gateway writes them: perhaps reversed, perhaps without gigawords."""
    family = settings.family
    received, sent = session.received, session.sent
    if family.octets_reversed if quirks.octets_reversed is None else quirks.octets_reversed:
        received, sent = sent, received
    body = number(t.ACCT_INPUT_OCTETS, received % _WORD) + number(t.ACCT_OUTPUT_OCTETS, sent % _WORD)
    if family.wraps_32bit if quirks.wraps_32bit is None else quirks.wraps_32bit:
        return body
    return body + number(t.ACCT_INPUT_GIGAWORDS, received // _WORD) + number(t.ACCT_OUTPUT_GIGAWORDS, sent // _WORD)
