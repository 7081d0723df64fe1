"""MS-CHAP at the log-in desk: what goes into the accept and the refusal, with fresh salts and challenges.

The only place where randomness meets MS-CHAP; the rest is radius/methods.
"""

from __future__ import annotations

import os
from typing import Final

from netquota.domain.policy import Code
from radius.engine import Login
from radius.methods import MsChap, MsChap2, mschap_attributes
from radius.methods.mschap import NtSecret
from radius.methods.mschap_attributes import AUTHENTICATION_FAILURE, Hiding, salts_of

RESTRICTED_HOURS: Final = 646
ACCOUNT_DISABLED: Final = 647
NO_DIAL_IN: Final = 649
_ERRORS: Final = {
    Code.UNKNOWN: AUTHENTICATION_FAILURE,
    Code.WRONG_PASSWORD: AUTHENTICATION_FAILURE,
    Code.OUTSIDE_HOURS: RESTRICTED_HOURS,
    Code.SUSPENDED: ACCOUNT_DISABLED,
    Code.LEFT: ACCOUNT_DISABLED,
    Code.OPD_SUSPENDED: ACCOUNT_DISABLED,
    Code.NOT_YET_VALID: ACCOUNT_DISABLED,
    Code.EXPIRED: ACCOUNT_DISABLED,
}
"""The numbers that a client can tell apart (RFC 2433, RFC 2759 §6); whatever else we refuse is 649, no permission."""


def proved(login: Login, known: NtSecret) -> bytes:
    """What the accept of a right answer by MS-CHAP carries."""
    proof, exchange = login.credential, login.exchange
    if not isinstance(proof, MsChap | MsChap2):
        return b""
    hiding = Hiding(exchange.nas.secret, exchange.packet.authenticator, salts_of(os.urandom(4)))
    return mschap_attributes.granted(exchange.packet, proof, known, hiding)


def refused(login: Login, cause: Code | None, message: str) -> bytes:
    """MS-CHAP-Error of a refusal; nothing for other ways to log in. The user starts anew rather than to try again."""
    proof = login.credential
    if not isinstance(proof, MsChap | MsChap2):
        return b""
    error = NO_DIAL_IN if cause is None else _ERRORS.get(cause, NO_DIAL_IN)
    return mschap_attributes.denied(proof, os.urandom(16), message, error)
