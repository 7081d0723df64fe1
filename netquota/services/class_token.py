"""The Class attribute: a signed token that ties accounting to the decision (RFC 2865 §5.25, reliability.md P8).

The gateway gives it back in each accounting packet, so that a session's row knows who it is and which limits were
granted without a write at log-in. Opaque to the gateway; one that fails its signature is treated as absent.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from netquota.domain.policy import Code
from netquota.domain.units import Rate

_MARK = b"nq2"
_BODY = struct.Struct(">3sIIQQqIHQB")
_OLDER_MARK = b"nq1"
_OLDER_BODY = struct.Struct(">3sIIQQqIHQ")  # of releases that did not tell the cause; sessions of theirs still run
_BODIES = {_MARK: _BODY, _OLDER_MARK: _OLDER_BODY}
_SIGNATURE = 12
_NO_CAP = -1
_NONCE = 2**64 - 1
_TOLD = 9  # how many values every token has
_PURPOSE = "class"
CAUSES: tuple[Code | None, ...] = (
    None, Code.QUOTA_THROTTLED, Code.QUOTA_STEP, Code.QUOTA_LANDING, Code.QUOTA_HELD, Code.WINDOW_RATE, Code.PLAN_RATE,
    Code.OVERRIDE_RATE, Code.BOOST_RATE, Code.CEILING_CAPS, Code.SHARE_OF_CEILING, Code.CIRCUIT_RATE, Code.PAUSED,
)  # fmt: skip
"""What a token can say of why it was that rate, by number; new ones go to the end, as tokens outlive an upgrade."""
_NUMBERS = {cause: number for number, cause in enumerate(CAUSES)}


@dataclass(frozen=True, slots=True)
class Granted:
    """What an accept granted: rates in bit/s, `octet_cap` octets from the session's start (None = no cap), epoch s.

    `cause`: what set the rate, None where that is not told.
    """

    employee_id: int
    site_id: int | None
    down_bps: int
    up_bps: int
    octet_cap: int | None
    granted_s: int
    interim_s: int
    nonce: int
    cause: Code | None = None


class ClassSigner:
    """Makes and reads Class tokens; `key` (32 octets) signs, what `others` gives (older and newer keys) is read, too.

    `others` is asked only where `key` does not fit, so that a key that was added meanwhile is known when it is needed.
    """

    def __init__(self, key: bytes, others: Callable[[], Sequence[bytes]] = tuple) -> None:
        self._key, self._others = key, others

    def token(
        self, employee_id: int, site_id: int | None, rate: Rate, octet_cap: int | None, granted_s: int, interim_s: int,
        nonce: int, cause: Code | None = None,
    ) -> bytes:  # fmt: skip
        """The octets of the Class attribute, 62 long: `Granted` as it will be read; `nonce` tells log-ins apart."""
        cap = _NO_CAP if octet_cap is None else octet_cap
        numbers = employee_id, site_id or 0, rate.down_bps, rate.up_bps, cap, granted_s, interim_s
        body = _BODY.pack(_MARK, *numbers, nonce & _NONCE, _NUMBERS.get(cause, 0))
        return body + _signed(body, self._key)

    def granted(self, token: bytes | None) -> Granted | None:
        """What the token granted; None where it is absent, not ours or altered."""
        shape = None if token is None else _BODIES.get(token[:3])
        if token is None or shape is None or len(token) != shape.size + _SIGNATURE:
            return None
        body, signature = token[: shape.size], token[shape.size :]
        if not hmac.compare_digest(signature, _signed(body, self._key)) and not self._is_of_others(body, signature):
            return None
        told: tuple[Any, ...] = shape.unpack(body)
        _, employee_id, site_id, down, up, cap, granted_s, interim_s, nonce = told[:_TOLD]
        octet_cap = None if cap == _NO_CAP else cap
        number = int(told[_TOLD]) if len(told) > _TOLD else 0
        cause = CAUSES[number] if number < len(CAUSES) else None
        return Granted(employee_id, site_id or None, down, up, octet_cap, granted_s, interim_s, nonce, cause)

    def _is_of_others(self, body: bytes, signature: bytes) -> bool:
        return any(hmac.compare_digest(signature, _signed(body, key)) for key in self._others())


def _signed(body: bytes, key: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_SIGNATURE, key=key).digest()


class _DerivesKeys(Protocol):
    def derived_keys(self, purpose: str) -> Sequence[bytes]: ...


def class_signer(keyring: _DerivesKeys) -> ClassSigner:
    """The signer of this installation: reads tokens of every key, also of one that is added meanwhile."""
    return ClassSigner(keyring.derived_keys(_PURPOSE)[0], lambda: keyring.derived_keys(_PURPOSE))
