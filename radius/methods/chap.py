"""CHAP: a digest over the password and a challenge (RFC 1994 §4.1, RFC 2865 §5.3).

Whoever checks it needs the password in clear, in the octets that were set.
"""

import hmac
from dataclasses import dataclass
from hashlib import md5


@dataclass(frozen=True, slots=True)
class Chap:
    """What somebody answered to `challenge`: CHAP-Challenge, or the Request Authenticator where there is none."""

    ident: int
    response: bytes
    challenge: bytes


def respond(ident: int, password: bytes, challenge: bytes) -> bytes:
    """The 16 octets that whoever knows the password answers."""
    return md5(bytes((ident,)) + password + challenge, usedforsecurity=False).digest()


def verify(offered: Chap, password: bytes) -> bool:
    """Whether the answer was made with this password; constant time."""
    return hmac.compare_digest(respond(offered.ident, password, offered.challenge), offered.response)
