"""Session keys that a gateway encrypts with after MS-CHAP, and how they are hidden on the way.

RFC 2548 §2.4, RFC 3079. Pure: salts come from the caller.
"""

from hashlib import md5, sha1
from typing import Final, NamedTuple

from netquota.errors import InvalidValue
from radius.methods.mschap import NtSecret

KEY_OCTETS: Final = 16
LONGEST_SEALED: Final = 239
_MASTER: Final = b"This is the MPPE Master Key"
_SEND: Final = b"On the client side, this is the receive key; on the server side, it is the send key."
_RECEIVE: Final = b"On the client side, this is the send key; on the server side, it is the receive key."
_PAD1: Final = bytes(40)
_PAD2: Final = b"\xf2" * 40
_SALT_MARK: Final = 0x80


class Keys(NamedTuple):
    """The gateway's keys of one log-in by MS-CHAPv2, 128 bits each."""

    send: bytes
    receive: bytes


def keys_of(secret: NtSecret, nt_response: bytes) -> Keys:
    """MS-MPPE-Send-Key and -Recv-Key of an Access-Accept (RFC 3079 §3.4)."""
    master = master_key(secret, nt_response)
    return Keys(start_key(master, is_send=True), start_key(master, is_send=False))


def master_key(secret: NtSecret, nt_response: bytes) -> bytes:
    """GetMasterKey (RFC 3079 §3.4)."""
    return _sha1(secret.hash_hash, nt_response, _MASTER)[:KEY_OCTETS]


def start_key(master: bytes, is_send: bool, octets: int = KEY_OCTETS) -> bytes:
    """GetAsymmetricStartKey for the server's side (RFC 3079 §3.4)."""
    return _sha1(master, _PAD1, _SEND if is_send else _RECEIVE, _PAD2)[:octets]


def sealed(plain: bytes, salt: bytes, secret: bytes, authenticator: bytes) -> bytes:
    """Salt and hidden octets: MS-MPPE-*-Key and, behind its tag, Tunnel-Password (RFC 2548 §2.4.2, RFC 2868 §3.5).

    `authenticator` is the request's. Raises `InvalidValue` for a salt that is not two octets with the first bit set.
    """
    if len(salt) != 2 or not salt[0] & _SALT_MARK:
        raise InvalidValue("salt", salt.hex(), "use two octets, the first from 128")
    if len(plain) > LONGEST_SEALED:
        raise InvalidValue("key", f"{len(plain)} octets", f"at most {LONGEST_SEALED} octets fit")
    counted = bytes((len(plain),)) + plain
    return salt + _hidden(counted + bytes(-len(counted) % 16), secret, authenticator + salt)


def opened(value: bytes, secret: bytes, authenticator: bytes) -> bytes:
    """What was sealed, as a gateway reads it. Raises `InvalidValue` where the octets cannot be it."""
    salt, hidden = value[:2], value[2:]
    if not hidden or len(hidden) % 16:
        raise InvalidValue("key", f"{len(value)} octets", "two of salt and a multiple of 16 are needed")
    clear = _revealed(hidden, secret, authenticator + salt)
    if clear[0] >= len(clear):
        raise InvalidValue("key", f"length {clear[0]}", "the shared secret differs, or it is no such value")
    return clear[1 : 1 + clear[0]]


def chap_mppe_keys(known: NtSecret, secret: bytes, authenticator: bytes) -> bytes:
    """The value of MS-CHAP-MPPE-Keys (RFC 2548 §2.4.1); the LM key is zero where only the NT hash is known."""
    lm_key = (known.lm_hash or bytes(8))[:8]
    return _hidden(lm_key + known.hash_hash + bytes(8), secret, authenticator)


def nt_key_of(value: bytes, secret: bytes, authenticator: bytes) -> bytes:
    """The NT key in a MS-CHAP-MPPE-Keys value, as a gateway reads it."""
    return _revealed(value, secret, authenticator)[8:24]


def _hidden(padded: bytes, secret: bytes, vector: bytes) -> bytes:
    hidden = b""
    for at in range(0, len(padded), 16):
        vector = _mask(padded[at : at + 16], secret, vector)
        hidden += vector
    return hidden


def _revealed(hidden: bytes, secret: bytes, vector: bytes) -> bytes:
    clear = b""
    for at in range(0, len(hidden), 16):
        block = hidden[at : at + 16]
        clear += _mask(block, secret, vector)
        vector = block
    return clear


def _mask(block: bytes, secret: bytes, vector: bytes) -> bytes:
    key = md5(secret + vector, usedforsecurity=False).digest()
    return (int.from_bytes(block) ^ int.from_bytes(key)).to_bytes(16)


def _sha1(*parts: bytes) -> bytes:
    return sha1(b"".join(parts), usedforsecurity=False).digest()
