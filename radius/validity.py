"""Whether a well-framed request makes sense by its form: lengths, counts, names (P4, P6, P13, P14, P25).

Pure. Signatures are checked before (radius/authenticity.py); who the user is, is asked after.
"""

import unicodedata
from dataclasses import dataclass
from enum import Enum
from typing import Final

from radius import tables as t
from radius.causes import Cause
from radius.codec import Packet
from radius.methods import mschap_attributes


class Action(Enum):
    """What becomes of a request."""

    ACCEPTABLE = "acceptable"
    DROP = "drop"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a request and why; `attribute` is the number of the attribute at fault, where there is one."""

    action: Action
    cause: Cause | None = None
    attribute: int | None = None


ACCEPTABLE: Final = Outcome(Action.ACCEPTABLE)

_ONCE: Final = frozenset(
    {t.USER_NAME, t.USER_PASSWORD, t.CHAP_PASSWORD, t.CHAP_CHALLENGE, t.STATE, t.NAS_IP_ADDRESS, t.NAS_IPV6_ADDRESS}
    | {t.NAS_IDENTIFIER, t.ACCT_STATUS_TYPE, t.ACCT_SESSION_ID, t.ACCT_SESSION_TIME, t.ACCT_DELAY_TIME}
    | {t.ACCT_INPUT_OCTETS, t.ACCT_OUTPUT_OCTETS, t.ACCT_INPUT_GIGAWORDS, t.ACCT_OUTPUT_GIGAWORDS, t.EVENT_TIMESTAMP}
)
"""No RFC says which of two of these counts, so a packet with two is refused (RFC 2865 §5.44, RFC 2866 §5.13)."""

_PROOF: Final = frozenset({t.USER_NAME, t.USER_PASSWORD, t.CHAP_PASSWORD, t.CHAP_CHALLENGE})
"""Who somebody says to be and how it is proved: broken here, an Access-Request is not even refused, but dropped."""

_ESSENTIAL: Final = _PROOF | frozenset(
    {t.NAS_IP_ADDRESS, t.NAS_IPV6_ADDRESS, t.ACCT_STATUS_TYPE, t.ACCT_SESSION_ID, t.ACCT_SESSION_TIME}
    | {t.ACCT_INPUT_OCTETS, t.ACCT_OUTPUT_OCTETS, t.ACCT_INPUT_GIGAWORDS, t.ACCT_OUTPUT_GIGAWORDS}
)
"""Identity, credential, status and counters: of these a wrong length is never passed over, lenient or not (P4)."""

_NOT_IN_ACCOUNTING: Final = (t.USER_PASSWORD, t.CHAP_PASSWORD, t.REPLY_MESSAGE, t.STATE)
_START_STOP_INTERIM: Final = (1, 2, 3)


def access_request(packet: Packet, lenient: bool = False) -> Outcome:
    """What becomes of an Access-Request by its form alone.

    `lenient` (a gateway's setting): an attribute of impossible length is ignored where nothing rests on it.
    """
    misfit = _misfit(packet, lenient)
    if misfit is not None:
        action = Action.DROP if misfit in _PROOF else Action.REJECT
        return Outcome(action, Cause.WRONG_LENGTH, misfit)
    repeated = _repeated(packet)
    if repeated is not None:
        return Outcome(Action.DROP, Cause.REPEATED, repeated)
    if not names_a_nas(packet):
        return Outcome(Action.REJECT, Cause.NO_NAS)
    name = packet.get(t.USER_NAME)
    if name is None:
        return Outcome(Action.DROP, Cause.NO_USER_NAME, t.USER_NAME)
    if user_name(name) is None:
        return Outcome(Action.REJECT, Cause.BAD_USER_NAME, t.USER_NAME)
    return _credentials(packet)


def accounting_request(packet: Packet, lenient: bool = False) -> Outcome:
    """What becomes of an Accounting-Request by its form alone; never a refusal, for there is none (P15).

    A packet that names no NAS (`names_a_nas`) is acceptable: its source address stands in, and that is counted (P13).
    """
    misfit = _misfit(packet, lenient)
    if misfit is not None:
        return Outcome(Action.DROP, Cause.WRONG_LENGTH, misfit)
    repeated = _repeated(packet)
    if repeated is not None:
        return Outcome(Action.DROP, Cause.REPEATED, repeated)
    for kind in _NOT_IN_ACCOUNTING:
        if kind in packet:
            return Outcome(Action.DROP, Cause.FORBIDDEN, kind)
    status = packet.integer(t.ACCT_STATUS_TYPE)
    if status is None:
        return Outcome(Action.DROP, Cause.NO_STATUS_TYPE, t.ACCT_STATUS_TYPE)
    if status in _START_STOP_INTERIM and t.ACCT_SESSION_ID not in packet:
        return Outcome(Action.DROP, Cause.NO_SESSION_ID, t.ACCT_SESSION_ID)
    return ACCEPTABLE


def names_a_nas(packet: Packet) -> bool:
    """Whether the packet says which gateway it is from (RFC 2865 §4.1, RFC 3162 §2.1)."""
    return t.NAS_IP_ADDRESS in packet or t.NAS_IDENTIFIER in packet or t.NAS_IPV6_ADDRESS in packet


def user_name(value: bytes) -> str | None:
    """The name in NFC; None where it is no UTF-8, is empty, or holds a control character or NUL (P25, RFC 8265)."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    if text.isascii():
        return text if text.isprintable() and text else None
    if any(unicodedata.category(character) == "Cc" for character in text):
        return None
    return unicodedata.normalize("NFC", text)


def _misfit(packet: Packet, lenient: bool) -> int | None:
    for kind, _ in packet.misfits:
        if not lenient or kind in _ESSENTIAL:
            return kind
    return None


def _repeated(packet: Packet) -> int | None:
    return next((kind for kind in packet.repeated() if kind in _ONCE), None) if packet.repeats else None


def _credentials(packet: Packet) -> Outcome:
    """P6: exactly one way to prove who it is. EAP beside a password is refused too (RFC 3579 §3.3)."""
    pap, chap, eap = t.USER_PASSWORD in packet, t.CHAP_PASSWORD in packet, t.EAP_MESSAGE in packet
    if pap and chap:
        return Outcome(Action.DROP, Cause.SEVERAL_CREDENTIALS, t.CHAP_PASSWORD)
    if mschap_attributes.offers(packet):
        return _mschap(packet, pap or chap or eap)
    if not (pap or chap):
        return Outcome(Action.REJECT, Cause.NO_CREDENTIAL)
    return Outcome(Action.REJECT, Cause.SEVERAL_CREDENTIALS, t.EAP_MESSAGE) if eap else ACCEPTABLE


def _mschap(packet: Packet, has_other: bool) -> Outcome:
    """MS-CHAP alone and in its form; refused rather than dropped, for its peer shows the user why."""
    if has_other:
        return Outcome(Action.DROP, Cause.SEVERAL_CREDENTIALS, t.VENDOR_SPECIFIC)
    match mschap_attributes.offer_fault(packet):
        case None:
            return ACCEPTABLE
        case mschap_attributes.LM_ONLY:
            return Outcome(Action.REJECT, Cause.LM_ONLY)
        case _:
            return Outcome(Action.REJECT, Cause.BAD_MSCHAP)
