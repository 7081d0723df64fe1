"""Who sent a packet, and is it unchanged: authenticators, Message-Authenticator and the policy about it.

Pure: packet and secret in, verdict out. What to do with the user is decided elsewhere.
"""

import hmac
from enum import Enum
from hashlib import md5
from typing import Final

from netquota.domain.places import AuthenticatorPolicy
from radius import tables as t
from radius.causes import Cause
from radius.codec import Code, Packet

_ZEROS: Final = bytes(16)
_SIGNED_OVER_ZEROS: Final = frozenset({Code.ACCOUNTING_REQUEST, Code.DISCONNECT_REQUEST, Code.COA_REQUEST})


class Port(Enum):
    """The two doors of a RADIUS server."""

    AUTHENTICATION = "authentication"
    ACCOUNTING = "accounting"


SERVED: Final = {
    Port.AUTHENTICATION: frozenset({Code.ACCESS_REQUEST, Code.STATUS_SERVER}),
    Port.ACCOUNTING: frozenset({Code.ACCOUNTING_REQUEST, Code.STATUS_SERVER}),
}
"""The codes that each port takes; every other one is dropped (P3)."""

STATUS_ANSWER: Final = {
    Port.AUTHENTICATION: Code.ACCESS_ACCEPT,
    Port.ACCOUNTING: Code.ACCOUNTING_RESPONSE,
}
"""What a rightly signed Status-Server gets (P18, RFC 5997 §4.2)."""

ANSWERS: Final[dict[int, frozenset[Code]]] = {
    Code.ACCESS_REQUEST: frozenset({Code.ACCESS_ACCEPT, Code.ACCESS_REJECT, Code.ACCESS_CHALLENGE}),
    Code.ACCOUNTING_REQUEST: frozenset({Code.ACCOUNTING_RESPONSE}),
    Code.STATUS_SERVER: frozenset({Code.ACCESS_ACCEPT, Code.ACCOUNTING_RESPONSE}),
    Code.DISCONNECT_REQUEST: frozenset({Code.DISCONNECT_ACK, Code.DISCONNECT_NAK}),
    Code.COA_REQUEST: frozenset({Code.COA_ACK, Code.COA_NAK}),
}
"""The codes that answer each request."""


class Signature(Enum):
    """What a packet's Message-Authenticator deserves (RFC 3579 §3.2)."""

    VALID = "valid"
    ABSENT = "absent"
    INVALID = "invalid"
    REPEATED = "repeated"
    MISSHAPEN = "misshapen"


_VALID: Final = Signature.VALID
_ABSENT: Final = Signature.ABSENT


def request_is_authentic(raw: bytes, secret: bytes) -> bool:
    """Whether an Accounting-, CoA- or Disconnect-Request bears the right authenticator (RFC 2866 §3, RFC 5176 §2.3).

    `raw` is what `codec.frame` gives, so that nothing is parsed before this is known; constant time (P12).
    """
    digest = md5(raw[:4] + _ZEROS + raw[20:] + secret, usedforsecurity=False).digest()
    return hmac.compare_digest(digest, raw[4:20])


def signature(packet: Packet, secret: bytes, request: Packet | None = None) -> Signature:
    """The verdict on the Message-Authenticator; `request` is what the packet answers, if it is an answer."""
    if packet.misfits and any(kind == t.MESSAGE_AUTHENTICATOR for kind, _ in packet.misfits):
        return Signature.MISSHAPEN
    at = packet.offset(t.MESSAGE_AUTHENTICATOR)
    if at is None:
        return _ABSENT
    if packet.repeats and t.MESSAGE_AUTHENTICATOR in packet.repeated():
        return Signature.REPEATED
    raw = packet.raw
    covered = raw[:4] + _signed_over(packet, request) + raw[20 : at + 2] + _ZEROS + raw[at + 18 :]
    right = hmac.compare_digest(hmac.digest(secret, covered, "md5"), raw[at + 2 : at + 18])
    return _VALID if right else Signature.INVALID


def _signed_over(packet: Packet, request: Packet | None) -> bytes:
    """What stands in the authenticator's place while the HMAC is computed."""
    if request is None:
        return _ZEROS if packet.code in _SIGNED_OVER_ZEROS else packet.authenticator
    return _ZEROS if request.code == Code.ACCOUNTING_REQUEST else request.authenticator


def signature_fault(found: Signature) -> Cause | None:
    """Why a Message-Authenticator that is there cannot be believed; None where it is right or absent (P9)."""
    return None if found is _VALID or found is _ABSENT else Cause.WRONG_SIGNATURE


def access_fault(
    packet: Packet, found: Signature, policy: AuthenticatorPolicy, seen_signed: bool, is_proxy: bool = False
) -> Cause | None:
    """Why an Access-Request is dropped for its signature (P9, P11); None where it may go on.

    `seen_signed`: this gateway has sent a valid Message-Authenticator before. `is_proxy`: it may add Proxy-State.
    """
    if found is not _ABSENT:
        return signature_fault(found)
    if t.EAP_MESSAGE in packet:
        return Cause.UNSIGNED_EAP
    if t.PROXY_STATE in packet and not is_proxy:
        return Cause.UNSIGNED_PROXY_STATE
    required = policy is AuthenticatorPolicy.REQUIRED or (policy is AuthenticatorPolicy.AUTO and seen_signed)
    return Cause.UNSIGNED if required else None


def status_fault(found: Signature) -> Cause | None:
    """Why a Status-Server is dropped: it must be signed, whatever the policy (P18)."""
    return Cause.UNSIGNED if found is Signature.ABSENT else signature_fault(found)


def response_fault(response: Packet, request: Packet, secret: bytes) -> Cause | None:
    """Why `response` is not to be believed as the answer to `request` (P27); None where it is.

    Whether it came from the address that was asked is known to the socket alone.
    """
    if response.identifier != request.identifier or response.code not in ANSWERS.get(request.code, ()):
        return Cause.WRONG_ANSWER
    raw = response.raw
    digest = md5(raw[:4] + request.authenticator + raw[20:] + secret, usedforsecurity=False).digest()
    if not hmac.compare_digest(digest, response.authenticator):
        return Cause.WRONG_AUTHENTICATOR
    found = signature(response, secret, request)
    if found is Signature.ABSENT and t.EAP_MESSAGE in response:
        return Cause.UNSIGNED_EAP
    return signature_fault(found)


def is_current(packet: Packet, now_s: float, window_s: float = 300) -> bool:
    """Whether Event-Timestamp lies within the window around now (seconds since 1970); true where there is none.

    Against replays of CoA and Disconnect and of their answers (RFC 5176 §6.3).
    """
    sent_s = packet.integer(t.EVENT_TIMESTAMP)
    return sent_s is None or abs(now_s - sent_s) <= window_s
