"""The client's side of MS-CHAP: its answer to a challenge, and whether the server proved that it knows the password.

The gateway's part and the user's in one, as `netquota radtest` and simulated gateways play both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from netquota.errors import InvalidValue
from radius import tables as t
from radius.codec import Code, Packet, vendor_attribute
from radius.methods import MsChap, MsChap2, mppe, mschap, mschap_attributes

_USE_NT: Final = b"\x01"
_NO_FLAGS: Final = b"\x00"


@dataclass(frozen=True, slots=True)
class Drawn:
    """The random part of an offer, drawn out of the few octets that any log-in has."""

    ident: int
    challenge: bytes
    peer_challenge: bytes = field(repr=False)

    @classmethod
    def of(cls, entropy: bytes) -> Drawn:
        """The same entropy gives the same octets."""
        octets = blake2b(entropy, digest_size=33).digest()
        return cls(octets[0], octets[1:17], octets[17:])


def offer(password: str, entropy: bytes) -> bytes:
    """MS-CHAP-Challenge and MS-CHAP-Response (RFC 2548 §2.1); no LM answer, for it gives the password away."""
    drawn = Drawn.of(entropy)
    challenge = drawn.challenge[:8]
    answer = mschap.respond(challenge, mschap.nt_hash(password))
    value = bytes((drawn.ident,)) + _USE_NT + bytes(24) + answer
    return vendor_attribute(*t.MS_CHAP_CHALLENGE, challenge) + vendor_attribute(*t.MS_CHAP_RESPONSE, value)


def offer2(username: str, password: str, entropy: bytes) -> bytes:
    """MS-CHAP-Challenge and MS-CHAP2-Response (RFC 2548 §2.3.2)."""
    drawn = Drawn.of(entropy)
    hashed = mschap.challenge_hash(drawn.peer_challenge, drawn.challenge, mschap.bare_name(username.encode()))
    answer = mschap.respond(hashed, mschap.nt_hash(password))
    value = bytes((drawn.ident,)) + _NO_FLAGS + drawn.peer_challenge + bytes(8) + answer
    return vendor_attribute(*t.MS_CHAP_CHALLENGE, drawn.challenge) + vendor_attribute(*t.MS_CHAP2_RESPONSE, value)


def server_is_proven(asked: Packet, answer: Packet, password: str, secret: bytes) -> bool | None:
    """Whether the accept shows that the server knows the password: its answer and the keys are right.

    None: nothing is proved by this way of logging in, or it is no accept.
    """
    proof = mschap_attributes.offered(asked)
    if proof is None or answer.code != Code.ACCESS_ACCEPT:
        return None
    known = mschap.secret_of(password)
    if isinstance(proof, MsChap):
        found = answer.vendor(*t.MS_CHAP_MPPE_KEYS) or b""
        return mppe.nt_key_of(found, secret, asked.authenticator) == known.hash_hash
    return _success(proof, answer, known) and _keys(proof, asked, answer, known, secret)


def _success(proof: MsChap2, answer: Packet, known: mschap.NtSecret) -> bool:
    wanted = bytes((proof.ident,)) + mschap.authenticator_response(proof, known).encode()
    return answer.vendor(*t.MS_CHAP2_SUCCESS) == wanted


def _keys(proof: MsChap2, asked: Packet, answer: Packet, known: mschap.NtSecret, secret: bytes) -> bool:
    sealed = [answer.vendor(*kind) or b"" for kind in (t.MS_MPPE_SEND_KEY, t.MS_MPPE_RECV_KEY)]
    if sealed[0][:2] == sealed[1][:2]:
        return False  # RFC 2548 §2.4.2: salts differ within a packet
    try:
        return [mppe.opened(one, secret, asked.authenticator) for one in sealed] == [
            *mppe.keys_of(known, proof.response)
        ]
    except InvalidValue:
        return False
