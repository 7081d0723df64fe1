"""MikroTik RouterOS: hotspot and PPP. Directions are the router's: rx is the user's upload (nas.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from netquota.domain.enforcement import Desired
from netquota.domain.mac import MacFormat
from netquota.domain.places import Ability
from netquota.domain.units import Burst, Rate
from netquota.errors import InvalidValue
from radius import tables as t
from radius.families import family as f

DEVICES: Final = 100
"""Port-Limit overrides the profile's shared-users, which must not refuse before our own rule of devices does."""
_LOWEST_PRIORITY: Final = 8


def rate_limit_text(
    rate: Rate,
    burst: Burst | None = None,
    priority: int | None = None,
    guaranteed: Rate | None = None,
    burst_down_time_s: int | None = None,
) -> str:
    """`Mikrotik-Rate-Limit` (planning.md §5.7). `burst_down_time_s` where it differs from the burst's time.

    Raises `InvalidValue` for a limit of 0 or less and for a priority outside 1 to 8.
    """
    parts = [_pair(rate, "rate")]
    goes_on = priority is not None or guaranteed is not None
    if burst is not None:
        parts += _burst_parts(burst, burst_down_time_s)
    elif goes_on:
        parts += ["0/0"] * 3
    if goes_on:
        parts.append(_priority_text(priority))
    if guaranteed is not None:
        parts.append(_pair(guaranteed, "guaranteed rate"))
    return " ".join(parts)


def _burst_parts(burst: Burst, down_time_s: int | None) -> list[str]:
    if burst.time_s <= 0:
        raise InvalidValue("burst time", burst.time_s, "give at least one second")
    times = f"{burst.time_s}/{down_time_s or burst.time_s}"
    return [_pair(burst.rate, "burst rate"), _pair(burst.threshold, "burst threshold"), times]


def _priority_text(priority: int | None) -> str:
    if priority is None:
        return str(_LOWEST_PRIORITY)
    if not 1 <= priority <= _LOWEST_PRIORITY:
        raise InvalidValue("priority", priority, "use 1 (first) to 8")
    return str(priority)


def _pair(rate: Rate, field: str) -> str:
    f.checked(rate, field)
    return f"{_scaled(rate.up_bps)}/{_scaled(rate.down_bps)}"


def _scaled(bps: int) -> str:
    if bps % 1_000_000 == 0:
        return f"{bps // 1_000_000}M"
    return f"{bps // 1000}k" if bps % 1000 == 0 else str(bps)


def _rate_limit(desired: Desired) -> bytes:
    return f.vendor_text(t.MIKROTIK_RATE_LIMIT, rate_limit_text(desired.rate, desired.burst))


def _group(desired: Desired) -> bytes:
    return f.vendor_text(t.MIKROTIK_GROUP, desired.group) if desired.group else b""


def _port_limit(_desired: Desired) -> bytes:
    return f.number(t.PORT_LIMIT, DEVICES)


MIKROTIK: Final = f.Family(
    key="mikrotik",
    label="MikroTik RouterOS hotspot",
    accept=(
        f.session_timeout,
        f.idle_timeout,
        f.interim_interval,
        _port_limit,
        _rate_limit,
        f.octet_cap(t.MIKROTIK_TOTAL_LIMIT, t.MIKROTIK_TOTAL_LIMIT_GIGAWORDS),
        _group,
    ),
    change=(f.session_timeout, f.idle_timeout, _rate_limit, _group),  # no Total-Limit, no interim: RouterOS says NAK
    identifiers=(f.by_user_name, f.by_framed_ip, f.by_session_id),
    can_cap=Ability.YES,
    cap_has_gigawords=True,
    mac_format=MacFormat.COLONS,
    holds_queue=True,
    known=frozenset({f.Fact.RATE, f.Fact.CAP, f.Fact.GROUP, f.Fact.RAISE_CAP}),
    tried_with="MikroTik's RADIUS manual",
)
MIKROTIK_PPP: Final = replace(
    MIKROTIK,
    key="mikrotik-ppp",
    label="MikroTik RouterOS PPPoE, L2TP, SSTP",
    accept=(f.session_timeout, f.idle_timeout, f.interim_interval, _rate_limit, _group),  # a profile has no total limit
    identifiers=(f.by_user_name, f.by_session_id, f.by_framed_ip),
    can_coa_rate=Ability.YES,
    can_cap=Ability.NO,
    cap_has_gigawords=False,
    only_lines=True,
    known=frozenset({f.Fact.RATE, f.Fact.GROUP, f.Fact.COA_RATE}),
    tried_with="MikroTik's RADIUS manual; CoA by several users' reports",
)
