"""The requests of this gateway: log-ins, reports, the question whether the server lives. Octets only.

Reports are built when what they tell happens; Acct-Delay-Time is added each time they are sent (RFC 2866 §5.2).
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from netquota.domain.mac import MacFormat, written_mac
from netquota_gateway.sessions import Cause, Moment, Session
from netquota_gateway.settings import Method, Settings
from radius import tables as t
from radius.client_parts import Status, number
from radius.codec import Code, attribute, request, text_octets
from radius.methods import chap, pap

_WORD: Final = 1 << 32
_LOGIN: Final = 1
_ETHERNET: Final = 15


def text(kind: int, value: str) -> bytes:
    """A text attribute; nothing for an empty text."""
    return attribute(kind, text_octets(value)) if value else b""


def access_request(
    settings: Settings, session: Session, password: str, identifier: int, entropy: bytes
) -> bytes:  # fmt: skip
    """An Access-Request; `entropy` 33 octets of randomness, the same for its repetitions. Raises `InvalidValue`."""
    authenticator = entropy[:16]
    body = (
        text(t.USER_NAME, session.username)
        + _credential(settings, password.encode(), authenticator, entropy[16:33])
        + number(t.SERVICE_TYPE, _LOGIN)
        + _who_and_where(settings, session)
    )
    return request(Code.ACCESS_REQUEST, identifier, body, settings.secret, authenticator)


def status_server(settings: Settings, identifier: int, entropy: bytes) -> bytes:
    """The question whether the server lives (RFC 5997)."""
    return request(Code.STATUS_SERVER, identifier, _gateway(settings), settings.secret, entropy[:16])


def report(
    settings: Settings, session: Session | None, status: Status, now: Moment, cause: Cause | None = None
) -> bytes:
    """The attributes of a report of a session, or of the whole gateway where there is none."""
    body = number(t.ACCT_STATUS_TYPE, status) + number(t.EVENT_TIMESTAMP, max(0, int(now.epoch_s)))
    if session is None:
        return body + _gateway(settings)
    body += text(t.USER_NAME, session.username) + _who_and_where(settings, session)
    if session.class_token is not None:
        body += attribute(t.CLASS, session.class_token)
    if status is Status.START:
        return body
    body += number(t.ACCT_SESSION_TIME, session.seconds(now)) + _counters(session)
    return body if cause is None else body + number(t.ACCT_TERMINATE_CAUSE, cause)


def accounting_request(settings: Settings, body: bytes, delay_s: int, identifier: int) -> bytes:
    """A report on its way, `delay_s` after what it tells."""
    body += number(t.ACCT_DELAY_TIME, min(delay_s, _WORD - 1))
    return request(Code.ACCOUNTING_REQUEST, identifier, body, settings.secret)


def _credential(settings: Settings, password: bytes, authenticator: bytes, entropy: bytes) -> bytes:
    if settings.radius.method is Method.PAP:
        return attribute(t.USER_PASSWORD, pap.hide(password, settings.secret, authenticator))
    ident, challenge = entropy[0], entropy[1:17]
    answer = bytes((ident,)) + chap.respond(ident, password, challenge)
    return attribute(t.CHAP_PASSWORD, answer) + attribute(t.CHAP_CHALLENGE, challenge)


def _who_and_where(settings: Settings, session: Session) -> bytes:
    return (
        _gateway(settings)
        + text(t.CALLING_STATION_ID, written_mac(session.mac, MacFormat.DASHES))
        + text(t.CALLED_STATION_ID, settings.gateway.lan)
        + attribute(t.FRAMED_IP_ADDRESS, IPv4Address(session.ip).packed)
        + text(t.ACCT_SESSION_ID, session.id)
        + number(t.NAS_PORT, session.minor)
        + number(t.NAS_PORT_TYPE, _ETHERNET)
    )


def _gateway(settings: Settings) -> bytes:
    return text(t.NAS_IDENTIFIER, settings.gateway.identifier) + attribute(
        t.NAS_IP_ADDRESS, settings.radius.source.packed
    )


def _counters(session: Session) -> bytes:
    """Octets with their gigawords (RFC 2869 §5.1, §5.2)."""
    used = session.used
    return (
        number(t.ACCT_INPUT_OCTETS, used.input % _WORD)
        + number(t.ACCT_OUTPUT_OCTETS, used.output % _WORD)
        + number(t.ACCT_INPUT_GIGAWORDS, used.input // _WORD)
        + number(t.ACCT_OUTPUT_GIGAWORDS, used.output // _WORD)
    )


def facts(settings: Settings, session: Session | None, status: Status, now: Moment) -> dict[str, object]:
    """The same report in words, for the journal."""
    said: dict[str, object] = {
        "gateway": settings.gateway.identifier, "status": status.name.lower(), "event_s": int(now.epoch_s)
    }  # fmt: skip
    if session is None:
        return said
    is_start = status is Status.START
    return said | {
        "incarnation": session.id, "segment": 0, "session": session.id, "username": session.username,
        "mac": session.mac, "session_time": session.seconds(now),
        "input": 0 if is_start else session.used.input, "output": 0 if is_start else session.used.output,
    }  # fmt: skip
