"""Gateways that know the RFCs alone (802.1X), and those with one rate attribute of their own: accel-ppp, ocserv."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from netquota.domain.enforcement import Desired
from netquota.domain.mac import MacFormat
from netquota.domain.places import Ability
from radius import tables as t
from radius.codec import attribute
from radius.families import family as f

_TIMES: Final = (f.session_timeout, f.idle_timeout, f.interim_interval)


def _shaper_filter(desired: Desired) -> bytes:
    """accel-ppp's shaper: Filter-Id in kbit/s, down/up; a rate under 1 kbit/s is 1, since 0 means no limit."""
    rate = f.checked(desired.rate)
    return attribute(t.FILTER_ID, f"{max(1, rate.down_bps // 1000)}/{max(1, rate.up_bps // 1000)}".encode())


def _kilobytes(desired: Desired) -> bytes:
    """ocserv: kilobytes per second, rounded down but never to 0."""
    rate = f.checked(desired.rate)
    up = f.vendor_number(t.RP_UPSTREAM_SPEED_LIMIT, max(1, rate.up_bps // 8000))
    return up + f.vendor_number(t.RP_DOWNSTREAM_SPEED_LIMIT, max(1, rate.down_bps // 8000))


def _rates_as_group(desired: Desired) -> bytes:
    """ocserv up to 1.1 knows no rate: it hands its group, the first Class, to a script (deploy/ocserv/limit.sh)."""
    rate = f.checked(desired.rate)
    return attribute(t.CLASS, f"nq-{max(1, rate.down_bps // 1000)}-{max(1, rate.up_bps // 1000)}".encode())


PLAIN: Final = f.Family(
    key="plain",
    label="RFC only (802.1X, switches)",
    accept=(*_TIMES, f.filter_by_plan),
    change=(*_TIMES, f.filter_by_plan),
    identifiers=(f.by_user_name, f.by_session_id, f.by_framed_ip, f.by_mac(MacFormat.DASHES)),
    can_coa_rate=Ability.NO,
    known=frozenset({f.Fact.IDENTIFIERS, f.Fact.PORT, f.Fact.DIRECTION}),
    tried_with="RFC 2865, 2866, 3580, 5176",
)
HOSTAPD: Final = replace(
    PLAIN,
    key="hostapd",
    label="hostapd (802.1X)",
    accept=_TIMES,  # no rate: the gateway behind it limits
    change=(),
    identifiers=(f.by_user_name, f.by_session_id, f.by_mac(MacFormat.DASHES)),  # any attribute more is refused with 401
    known=frozenset({f.Fact.IDENTIFIERS, f.Fact.PORT, f.Fact.WRAPS}),
    tried_with="its source",
)
ACCEL_PPP: Final = replace(
    PLAIN,
    key="accel-ppp",
    label="accel-ppp (PPPoE, IPoE)",
    accept=(*_TIMES, _shaper_filter),
    change=(f.session_timeout, _shaper_filter),
    identifiers=(f.by_user_name, f.by_session_id, f.by_framed_ip),
    can_coa_rate=Ability.LEARN,
    only_lines=True,
    known=frozenset({f.Fact.IDENTIFIERS, f.Fact.DISCONNECT}),
    tried_with="its documentation",
)
OCSERV: Final = replace(
    PLAIN,
    key="ocserv",
    label="ocserv (VPN)",
    accept=(*_TIMES, _kilobytes, _rates_as_group),
    change=(),
    identifiers=(f.by_user_name, f.by_session_id),
    can_disconnect=Ability.NO,
    known=frozenset({f.Fact.RATE, f.Fact.DIRECTION}),
    tried_with="ocserv 1.1.6",
)
