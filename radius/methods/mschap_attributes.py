"""MS-CHAP in RADIUS packets: what a request offers, what an accept and a refusal say of it (RFC 2548 §2).

Pure: salts and challenges come from the caller, since they must be unforeseeable.
"""

from dataclasses import dataclass, field
from typing import Final

from netquota.errors import Malformed
from radius import tables as t
from radius.codec import Packet, integer_octets, text_octets, vendor_attribute
from radius.methods import mppe, mschap
from radius.methods.mschap import MsChap, MsChap2, NtSecret

_VALUE_OCTETS: Final = 50
_CHALLENGE_OCTETS: Final = 8
_CHALLENGE2_OCTETS: Final = 16
_USE_NT: Final = 1
_PPP: Final = (1).to_bytes(4)
_ENCRYPTION_ALLOWED: Final = 1
_ONLY_128_BITS: Final = 4
_VERSION, _VERSION2 = 2, 3
_LONGEST_ERROR: Final = 247

AUTHENTICATION_FAILURE: Final = 691


@dataclass(frozen=True, slots=True)
class Hiding:
    """What keys are hidden with: the shared secret, the request's authenticator, two salts that differ."""

    secret: bytes = field(repr=False)
    authenticator: bytes
    salts: tuple[bytes, bytes]


def salts_of(entropy: bytes) -> tuple[bytes, bytes]:
    """Two salts from four random octets: first bit set, never the same (RFC 2548 §2.4.2)."""
    first, second = int.from_bytes(entropy[:2]) | 0x8000, int.from_bytes(entropy[2:4]) | 0x8000
    if first == second:
        second ^= 1
    return first.to_bytes(2), second.to_bytes(2)


def offered(packet: Packet) -> MsChap | MsChap2 | None:
    """What an Access-Request offers by MS-CHAP; None where it offers nothing. Raises `Malformed` for a broken offer."""
    fault = offer_fault(packet)
    if fault is not None:
        raise Malformed(offset=packet.offset(t.VENDOR_SPECIFIC) or 0, problem=fault)
    challenge = packet.vendor(*t.MS_CHAP_CHALLENGE) or b""
    second = packet.vendor(*t.MS_CHAP2_RESPONSE)
    if second is not None:
        name = mschap.bare_name(packet.get(t.USER_NAME) or b"")
        return MsChap2(second[0], second[26:], challenge, second[2:18], name)
    first = packet.vendor(*t.MS_CHAP_RESPONSE)
    return None if first is None else MsChap(first[0], first[26:], challenge)


WRONG_LENGTH: Final = "an MS-CHAP response or challenge of a length that it cannot have"
NO_CHALLENGE: Final = "an MS-CHAP response without a challenge"
REPEATED: Final = "more than one MS-CHAP response or challenge"
LM_ONLY: Final = "an MS-CHAP response by LAN Manager's hash alone"


def offer_fault(packet: Packet) -> str | None:
    """What is wrong with an offer by MS-CHAP (RFC 2548 §2.1.2, §2.1.3, §2.3.2); None: nothing, or none is made."""
    if t.VENDOR_SPECIFIC not in packet:
        return None
    firsts, seconds = packet.vendor_all(*t.MS_CHAP_RESPONSE), packet.vendor_all(*t.MS_CHAP2_RESPONSE)
    if not (firsts or seconds):
        return None
    challenges = packet.vendor_all(*t.MS_CHAP_CHALLENGE)
    if not challenges:
        return NO_CHALLENGE
    if len(firsts) + len(seconds) > 1 or len(challenges) > 1:
        return REPEATED
    wanted = _CHALLENGE2_OCTETS if seconds else _CHALLENGE_OCTETS
    value = (seconds or firsts)[0]
    if len(value) != _VALUE_OCTETS or len(challenges[0]) != wanted:
        return WRONG_LENGTH
    return LM_ONLY if firsts and not value[1] & _USE_NT else None


def offers(packet: Packet) -> bool:
    """Whether a response by MS-CHAP of either version is in the packet, sound or not."""
    if t.VENDOR_SPECIFIC not in packet:
        return False
    return packet.vendor(*t.MS_CHAP2_RESPONSE) is not None or packet.vendor(*t.MS_CHAP_RESPONSE) is not None


def granted(packet: Packet, proof: MsChap | MsChap2, known: NtSecret, hiding: Hiding) -> bytes:
    """What an Access-Accept carries for MS-CHAP: our own proof and the keys; encryption's policy where PPP asks.

    MS-CHAP-Domain tells a name with a domain that it was understood (RFC 2548 §2.1.4).
    """
    if isinstance(proof, MsChap):
        keys = mppe.chap_mppe_keys(known, hiding.secret, hiding.authenticator)
        body = vendor_attribute(*t.MS_CHAP_MPPE_KEYS, keys)
    else:
        body = _success(proof, known) + _keys(proof, known, hiding)
    domain = mschap.domain_of(packet.get(t.USER_NAME) or b"")
    if domain:
        body += vendor_attribute(*t.MS_CHAP_DOMAIN, bytes((proof.ident,)) + domain)
    return body + (encryption() if packet.get(t.FRAMED_PROTOCOL) == _PPP else b"")


def encryption() -> bytes:
    """MS-MPPE-Encryption-Policy and -Types: allowed, with 128 bits alone (RFC 2548 §2.4.4, §2.4.5)."""
    policy = vendor_attribute(*t.MS_MPPE_ENCRYPTION_POLICY, integer_octets(_ENCRYPTION_ALLOWED))
    return policy + vendor_attribute(*t.MS_MPPE_ENCRYPTION_TYPES, integer_octets(_ONLY_128_BITS))


def _success(proof: MsChap2, known: NtSecret) -> bytes:
    answer = mschap.authenticator_response(proof, known).encode()
    return vendor_attribute(*t.MS_CHAP2_SUCCESS, bytes((proof.ident,)) + answer)


def _keys(proof: MsChap2, known: NtSecret, hiding: Hiding) -> bytes:
    keys = mppe.keys_of(known, proof.response)
    send = mppe.sealed(keys.send, hiding.salts[0], hiding.secret, hiding.authenticator)
    receive = mppe.sealed(keys.receive, hiding.salts[1], hiding.secret, hiding.authenticator)
    return vendor_attribute(*t.MS_MPPE_SEND_KEY, send) + vendor_attribute(*t.MS_MPPE_RECV_KEY, receive)


def denied(
    proof: MsChap | MsChap2,
    challenge: bytes,
    message: str = "",
    error: int = AUTHENTICATION_FAILURE,
    retry: bool = False,
) -> bytes:
    """MS-CHAP-Error of a refusal (RFC 2433, RFC 2548 §2.1.5, RFC 2759 §6).

    `challenge`: 16 fresh octets, of which version 1 takes 8. `retry`: the gateway may ask the user again, under that
    challenge. Version 1 knows no message.
    """
    if isinstance(proof, MsChap):
        fresh, version, told = challenge[:_CHALLENGE_OCTETS], _VERSION, ""
    else:
        fresh, version, told = challenge[:_CHALLENGE2_OCTETS], _VERSION2, f" M={message}" if message else ""
    text = f"E={error} R={int(retry)} C={fresh.hex().upper()} V={version}{told}"
    return vendor_attribute(*t.MS_CHAP_ERROR, bytes((proof.ident,)) + text_octets(text, _LONGEST_ERROR - 1))
