"""What an accept or a CoA grants, as a gateway reads it: rates, caps and times from the attributes of any family."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from netquota.domain.units import Rate
from radius import tables as t
from radius.codec import Packet

_MIKROTIK: Final = re.compile(r"(\d+)([kM]?)/(\d+)([kM]?)(?: .*)?")
_SHAPER: Final = re.compile(rb"(\d+)/(\d+)")
_UNITS: Final = {"": 1, "k": 1000, "M": 1_000_000}
_CAPS: Final = (
    (t.MIKROTIK_TOTAL_LIMIT, t.MIKROTIK_TOTAL_LIMIT_GIGAWORDS),
    (t.CHILLISPOT_MAX_TOTAL_OCTETS, t.CHILLISPOT_MAX_TOTAL_GIGAWORDS),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a session has: rate in bit/s, `octet_cap` of both directions together, times in seconds; None = no limit."""

    rate: Rate | None = None
    octet_cap: int | None = None
    session_timeout_s: int | None = None
    idle_timeout_s: int | None = None
    interim_s: int | None = None
    group: str | None = None

    def changed_by(self, granted: Limits, replaces_all: bool) -> Limits:
        """These limits after a CoA: what it leaves out stays, or is cleared where the family replaces all."""
        if replaces_all:
            return granted
        return replace(self, **{name: value for name, value in granted.given().items() if value is not None})

    def given(self) -> dict[str, object]:
        """Every limit by its name."""
        return {name: getattr(self, name) for name in Limits.__slots__}


def limits_of(packet: Packet) -> Limits:
    """What a packet grants."""
    return Limits(
        rate=_rate(packet),
        octet_cap=_cap(packet),
        session_timeout_s=packet.integer(t.SESSION_TIMEOUT),
        idle_timeout_s=packet.integer(t.IDLE_TIMEOUT) or None,
        interim_s=packet.integer(t.ACCT_INTERIM_INTERVAL),
        group=_group(packet),
    )


def carries_cap(packet: Packet) -> bool:
    """Whether a packet speaks of an octet cap at all."""
    return _cap(packet) is not None


def _rate(packet: Packet) -> Rate | None:
    text = packet.vendor(*t.MIKROTIK_RATE_LIMIT)
    found = _MIKROTIK.fullmatch(text.decode("ascii", "replace")) if text is not None else None
    if found is not None:
        up, up_unit, down, down_unit = found.groups()
        return Rate(int(down) * _UNITS[down_unit], int(up) * _UNITS[up_unit])
    for (up_number, down_number), factor in (
        ((t.WISPR_BANDWIDTH_MAX_UP, t.WISPR_BANDWIDTH_MAX_DOWN), 1),
        ((t.RP_UPSTREAM_SPEED_LIMIT, t.RP_DOWNSTREAM_SPEED_LIMIT), 8000),
    ):
        up_value, down_value = packet.vendor(*up_number), packet.vendor(*down_number)
        if up_value and down_value:
            return Rate(int.from_bytes(down_value) * factor, int.from_bytes(up_value) * factor)
    shaper = _SHAPER.fullmatch(packet.get(t.FILTER_ID) or b"")
    return Rate(int(shaper[1]) * 1000, int(shaper[2]) * 1000) if shaper else None


def _cap(packet: Packet) -> int | None:
    for octets, gigawords in _CAPS:
        low, high = packet.vendor(*octets), packet.vendor(*gigawords)
        if low is not None:
            return int.from_bytes(low) + (int.from_bytes(high) << 32 if high else 0)
    return None


def _group(packet: Packet) -> str | None:
    group = packet.vendor(*t.MIKROTIK_GROUP) or packet.get(t.FILTER_ID)
    return group.decode("utf-8", "replace") if group else None
