"""What the rules allow an answer to be, whatever was asked: the judge of vectors and of fuzz (P1 to P32)."""

from __future__ import annotations

from netquota.errors import Malformed
from radius import tables as t
from radius.authenticity import ANSWERS, request_is_authentic, response_fault, signature
from radius.authenticity import Signature as Sign
from radius.codec import Code, Packet, parse

LONGEST = 4096
_SERVICE_IN_REJECT = frozenset({t.MESSAGE_AUTHENTICATOR, t.REPLY_MESSAGE, t.PROXY_STATE})


def offence(answer: bytes, asked: bytes, secret: bytes, must_sign: bool = False, is_proxy: bool = False) -> str | None:
    """The rule that this answer breaks, None where it breaks none. Answers nobody should get are offences too."""
    try:
        request, packet = parse(asked), parse(answer)
    except Malformed as error:
        return f"P1/P4: {error}"
    if len(answer) > LONGEST:
        return "P32: longer than 4096 octets"
    if packet.code not in ANSWERS.get(request.code, frozenset()):
        return f"P3: code {packet.code} answers {request.code}"
    if response_fault(packet, request, secret) is not None:
        return "the answer is not rightly signed"
    if packet.get_all(t.PROXY_STATE) != request.get_all(t.PROXY_STATE):
        return "P7: Proxy-State differs"
    return _forgery(request, secret, must_sign, is_proxy) or _form(packet, request)


def _forgery(request: Packet, secret: bytes, must_sign: bool, is_proxy: bool) -> str | None:
    if request.code == Code.ACCOUNTING_REQUEST and not request_is_authentic(request.raw, secret):
        return "P12: a forged report is answered"
    found = signature(request, secret)
    if found not in (Sign.VALID, Sign.ABSENT):
        return "P9: a wrong Message-Authenticator is answered"
    unsigned = found is Sign.ABSENT
    if unsigned and request.code == Code.STATUS_SERVER:
        return "P18: an unsigned Status-Server is answered"
    if unsigned and request.code == Code.ACCESS_REQUEST and (must_sign or t.EAP_MESSAGE in request):
        return "P11: an unsigned log-in is answered"
    if unsigned and request.code == Code.ACCESS_REQUEST and t.PROXY_STATE in request and not is_proxy:
        return "P11: an unsigned Proxy-State is answered"
    return None


def _form(packet: Packet, request: Packet) -> str | None:
    if request.code in (Code.ACCESS_REQUEST, Code.STATUS_SERVER) and packet.offset(t.MESSAGE_AUTHENTICATOR) != 20:
        return "P10: Message-Authenticator is not first"
    if packet.code == Code.ACCESS_REJECT:
        service = {kind for kind in range(256) if kind in packet} - _SERVICE_IN_REJECT
        if service:
            return f"P23: a refusal carries {service}"
        for message in packet.get_all(t.REPLY_MESSAGE):
            message.decode()
    if packet.code == Code.ACCESS_ACCEPT and request.code == Code.ACCESS_REQUEST and t.USER_NAME not in request:
        return "P25: accepted without a name"
    return None
