"""PAP: a password hidden by the shared secret (RFC 2865 §5.2).

Octets in, octets out: a password is never made text here, and nobody here knows the right one.
"""

from dataclasses import dataclass, field
from hashlib import md5
from typing import Final

from netquota.errors import InvalidValue
from radius import tables as t
from radius.codec import BadLength

LONGEST: Final = 128


@dataclass(frozen=True, slots=True)
class Pap:
    """A password as it was typed, in octets; never shown by repr, log or error."""

    password: bytes = field(repr=False)

    def secret_mismatch_likely(self) -> bool:
        """Whether this looks like noise: then the shared secret differs, rather than the password being wrong."""
        try:
            return not self.password.decode().isprintable()
        except UnicodeDecodeError:
            return True


def hide(password: bytes, secret: bytes, authenticator: bytes) -> bytes:
    """The value of User-Password. Raises `InvalidValue` beyond 128 octets."""
    if len(password) > LONGEST:
        raise InvalidValue("password", f"{len(password)} octets", f"at most {LONGEST} octets fit")
    padded = password + bytes(-len(password) % 16) or bytes(16)
    hidden, last = b"", authenticator
    for at in range(0, len(padded), 16):
        last = _mask(padded[at : at + 16], secret, last)
        hidden += last
    return hidden


def reveal(hidden: bytes, secret: bytes, authenticator: bytes) -> bytes:
    """The password's octets; zeros are taken off the end only (P26).

    Raises `BadLength` unless there are 16 to 128 octets, a multiple of 16.
    """
    if not 16 <= len(hidden) <= LONGEST or len(hidden) % 16:
        raise BadLength(t.USER_PASSWORD, len(hidden), "16 to 128, a multiple of 16,")
    clear, last = b"", authenticator
    for at in range(0, len(hidden), 16):
        block = hidden[at : at + 16]
        clear += _mask(block, secret, last)
        last = block
    return clear.rstrip(b"\0")


def _mask(block: bytes, secret: bytes, last: bytes) -> bytes:
    key = md5(secret + last, usedforsecurity=False).digest()
    return (int.from_bytes(block) ^ int.from_bytes(key)).to_bytes(16)
