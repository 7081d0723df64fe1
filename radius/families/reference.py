"""netquota's own reference gateway (deploy/gateway): Linux with nftables and tc; it understands all that it is sent."""

from __future__ import annotations

from typing import Final

from netquota.domain.places import Ability
from radius import tables as t
from radius.families import family as f

_EVERYTHING: Final = (
    f.session_timeout,
    f.idle_timeout,
    f.interim_interval,
    f.wispr_rates,
    f.octet_cap(t.CHILLISPOT_MAX_TOTAL_OCTETS, t.CHILLISPOT_MAX_TOTAL_GIGAWORDS),
)

REFERENCE: Final = f.Family(
    key="netquota_gateway",
    label="netquota reference gateway (Linux)",
    accept=_EVERYTHING,
    change=_EVERYTHING,  # what a CoA leaves out stays as it is
    identifiers=(f.by_user_name, f.by_session_id, f.by_framed_ip),
    can_coa_rate=Ability.YES,
    can_disconnect=Ability.YES,
    can_cap=Ability.YES,
    can_raise_cap=Ability.YES,
    cap_has_gigawords=True,
)
