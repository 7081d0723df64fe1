"""What an accept or a CoA grants, as this gateway understands it: WISPr rates, ChilliSpot caps, the RFCs' times.

What is not understood in a CoA is refused by name (RFC 5176 §3.5), never passed over in silence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from netquota.domain.units import Rate
from netquota.errors import InvalidValue
from radius import tables as t
from radius.codec import Packet, sub_attributes

LEAST_INTERIM_S: Final = 60
"""Acct-Interim-Interval is never shorter (RFC 2869 §5.16)."""
_UNDERSTOOD: Final = frozenset(
    {
        t.WISPR_BANDWIDTH_MAX_UP, t.WISPR_BANDWIDTH_MAX_DOWN,
        t.CHILLISPOT_MAX_TOTAL_OCTETS, t.CHILLISPOT_MAX_TOTAL_GIGAWORDS,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grant:
    """What a session has; None = not said. `octet_cap` of both directions and `session_timeout_s` from its start."""

    down_bps: int | None = None
    up_bps: int | None = None
    octet_cap: int | None = None
    session_timeout_s: int | None = None
    idle_timeout_s: int | None = None
    interim_s: int | None = None

    def changed_by(self, other: Grant) -> Grant:
        """This one after a CoA: what it leaves out stays."""
        given = {name: getattr(other, name) for name in Grant.__slots__}
        return replace(self, **{name: value for name, value in given.items() if value is not None})

    def rate(self, otherwise: Rate) -> Rate:
        """The rate to enforce; a direction that was not granted is held as `otherwise` says."""
        return Rate(self.down_bps or otherwise.down_bps, self.up_bps or otherwise.up_bps)


def grant_of(packet: Packet) -> Grant:
    """What a packet grants. Raises `InvalidValue` for a rate of 0 and `Malformed` for a number of a wrong length."""
    interim = packet.integer(t.ACCT_INTERIM_INTERVAL)
    return Grant(
        down_bps=_rate(packet, t.WISPR_BANDWIDTH_MAX_DOWN),
        up_bps=_rate(packet, t.WISPR_BANDWIDTH_MAX_UP),
        octet_cap=_cap(packet),
        session_timeout_s=packet.integer(t.SESSION_TIMEOUT),
        idle_timeout_s=packet.integer(t.IDLE_TIMEOUT) or None,
        interim_s=None if interim is None else max(LEAST_INTERIM_S, interim),
    )


def not_understood(packet: Packet) -> list[tuple[int, int]]:
    """Sub-attributes of vendors, as (vendor, number), that this gateway cannot bring about."""
    vendors = packet.get_all(t.VENDOR_SPECIFIC)
    found = [key for value in vendors for key in _keys(value)]
    return [key for key in found if key not in _UNDERSTOOD]


def _keys(value: bytes) -> list[tuple[int, int]]:
    return [(vendor, number) for vendor, number, _ in sub_attributes(value)] or [(int.from_bytes(value[:4]), 0)]


def _rate(packet: Packet, kind: tuple[int, int]) -> int | None:
    value = packet.vendor(*kind)
    if value is None:
        return None
    bps = int.from_bytes(value)
    if bps == 0:
        raise InvalidValue("rate", 0, "give a limit above 0 bit/s")
    return bps


def _cap(packet: Packet) -> int | None:
    low = packet.vendor(*t.CHILLISPOT_MAX_TOTAL_OCTETS)
    high = packet.vendor(*t.CHILLISPOT_MAX_TOTAL_GIGAWORDS)
    return None if low is None else int.from_bytes(low) + (int.from_bytes(high) << 32 if high else 0)
