"""CoovaChilli 1.8 and 1.9: WISPr rates, ChilliSpot caps; a CoA replaces the whole set (nas.md).

Both rates always, however high: its bucket is sized once, at log-in, and stays tiny where no rate came then.
"""

from __future__ import annotations

from typing import Final

from netquota.domain.places import Ability
from radius import tables as t
from radius.families import family as f

_EVERYTHING: Final = (
    f.session_timeout,
    f.idle_timeout,
    f.interim_interval,
    f.filter_by_group,
    f.wispr_rates,
    f.octet_cap(t.CHILLISPOT_MAX_TOTAL_OCTETS, t.CHILLISPOT_MAX_TOTAL_GIGAWORDS),
)

CHILLI: Final = f.Family(
    key="chilli",
    label="CoovaChilli",
    accept=_EVERYTHING,
    change=_EVERYTHING,
    identifiers=(f.by_user_name, f.by_session_id),
    can_coa_rate=Ability.YES,
    can_disconnect=Ability.YES,
    can_cap=Ability.YES,
    can_raise_cap=Ability.YES,
    cap_has_gigawords=True,
    coa_replaces_all=True,
    octets_reversed=True,  # unless its configuration says swapoctets, as the one we generate does
    limits_in_accounting_response=True,
    known=frozenset(f.Fact) - {f.Fact.GROUP, f.Fact.MAC, f.Fact.RESETS},
    tried_with="a real CoovaChilli 1.8 and 1.9, measured",
)
