"""Gateway families: a quirk is a row here, and nobody asks for a vendor's name elsewhere.

Pure: desired state and session in, attributes out. Class, Proxy-State and Message-Authenticator are the caller's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from netquota.domain.enforcement import Desired, SessionIdentity, desired_state
from netquota.domain.policy import Decision
from netquota.errors import NotFound
from radius.families.chilli import CHILLI
from radius.families.family import Family
from radius.families.mikrotik import MIKROTIK, MIKROTIK_PPP
from radius.families.plain import ACCEL_PPP, HOSTAPD, OCSERV, PLAIN
from radius.families.reference import REFERENCE
from radius.families.roles import ARUBA, CISCO, FORTINET, RUCKUS
from radius.families.uspot import USPOT
from radius.families.wispr import OMADA, OPENNDS, OPNSENSE, PFSENSE, RUIJIE, UNIFI, WISPR

__all__ = [
    "FAMILIES",
    "Family",
    "accept_attributes",
    "coa_attributes",
    "family_named",
    "identifiers",
    "reply_attributes",
]

_ALL: Final = (
    *(MIKROTIK, MIKROTIK_PPP, CHILLI, USPOT, REFERENCE),
    *(WISPR, PFSENSE, OPNSENSE, OPENNDS, UNIFI, OMADA, RUIJIE),
    *(RUCKUS, ARUBA, FORTINET, CISCO),
    *(ACCEL_PPP, OCSERV, HOSTAPD, PLAIN),
)
FAMILIES: Final[dict[str, Family]] = {family.key: family for family in _ALL}


def family_named(key: str) -> Family:
    """The family of this key. Raises `NotFound`."""
    try:
        return FAMILIES[key]
    except KeyError:
        raise NotFound("gateway family", key, f"use one of {', '.join(FAMILIES)}") from None


def accept_attributes(
    family: Family, decision: Decision, seconds_left: int | None = None, interim_s: int | None = None
) -> bytes:
    """The attributes of an Access-Accept. `seconds_left` until `decision.ends_at_s`, None = open end.

    `interim_s`: the session's own interval, None = the decision's. Raises `InvalidValue` for a rate of 0.
    """
    desired = desired_state(decision, seconds_left)
    return reply_attributes(family, desired if interim_s is None else replace(desired, interim_s=interim_s))


def reply_attributes(family: Family, desired: Desired) -> bytes:
    """The attributes of an Access-Accept that gives `desired`. Raises `InvalidValue`."""
    return b"".join([encode(desired) for encode in family.accept])


def coa_attributes(family: Family, desired: Desired) -> bytes:
    """What a CoA carries to bring about `desired`: the whole set where it replaces all, else what it can change."""
    return b"".join([encode(desired) for encode in family.change])


def identifiers(family: Family, session: SessionIdentity) -> bytes:
    """The attributes by which the family finds a session in CoA and Disconnect (RFC 5176 §3)."""
    return b"".join([encode(session) for encode in family.identifiers])
