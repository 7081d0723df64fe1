"""The Class attribute: a signed token that ties accounting to the decision (RFC 2865 §5.25, reliability.md P8).

The gateway gives it back in each accounting packet, so that a session's row knows who it is and which limits were
granted without a write at log-in. Opaque to the gateway; one that fails its signature is treated as absent.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass

from netquota.domain.units import Rate

_MARK = b"nq1"
_BODY = struct.Struct(">3sIIQQqIHQ")
_SIGNATURE = 12
_LENGTH = _BODY.size + _SIGNATURE
_NO_CAP = -1
_NONCE = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Granted:
    """What an accept granted: rates in bit/s, `octet_cap` octets from the session's start (None = no cap), epoch s."""

    employee_id: int
    site_id: int | None
    down_bps: int
    up_bps: int
    octet_cap: int | None
    granted_s: int
    interim_s: int
    nonce: int


class ClassSigner:
    """Makes and reads Class tokens under one key (32 octets)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(
        self, employee_id: int, site_id: int | None, rate: Rate, octet_cap: int | None, granted_s: int, interim_s: int,
        nonce: int,
    ) -> bytes:  # fmt: skip
        """The octets of the Class attribute, 61 long: `Granted` as it will be read; `nonce` tells log-ins apart."""
        cap = _NO_CAP if octet_cap is None else octet_cap
        numbers = employee_id, site_id or 0, rate.down_bps, rate.up_bps, cap, granted_s, interim_s
        body = _BODY.pack(_MARK, *numbers, nonce & _NONCE)
        return body + hashlib.blake2b(body, digest_size=_SIGNATURE, key=self._key).digest()

    def granted(self, token: bytes | None) -> Granted | None:
        """What the token granted; None where it is absent, not ours or altered."""
        if token is None or len(token) != _LENGTH or not token.startswith(_MARK):
            return None
        body, signature = token[: _BODY.size], token[_BODY.size :]
        if not hmac.compare_digest(signature, hashlib.blake2b(body, digest_size=_SIGNATURE, key=self._key).digest()):
            return None
        _, employee_id, site_id, down, up, cap, granted_s, interim_s, nonce = _BODY.unpack(body)
        octet_cap = None if cap == _NO_CAP else cap
        return Granted(employee_id, site_id or None, down, up, octet_cap, granted_s, interim_s, nonce)
