"""uspot, the captive portal of OpenWrt: WISPr rates and ChilliSpot caps at log-in, times alone by CoA.

Read in its source: whatever a CoA carries beside times must match the session, so a rate in it is refused; and so is
any order with a Message-Authenticator or Event-Timestamp. Disconnect takes no Framed-IP-Address.
"""

from __future__ import annotations

from typing import Final

from netquota.domain.places import Ability
from radius import tables as t
from radius.families import family as f

_TIMES: Final = (f.session_timeout, f.idle_timeout, f.interim_interval)

USPOT: Final = f.Family(
    key="uspot",
    label="OpenWrt uspot",
    accept=(*_TIMES, f.wispr_rates, f.octet_cap(t.CHILLISPOT_MAX_TOTAL_OCTETS, t.CHILLISPOT_MAX_TOTAL_GIGAWORDS)),
    change=_TIMES,
    identifiers=(f.by_user_name, f.by_session_id),
    can_coa_rate=Ability.NO,
    can_cap=Ability.YES,
    cap_has_gigawords=True,
    bare_orders=True,
    known=frozenset(f.Fact) - {f.Fact.MAC, f.Fact.RESETS},
    tried_with="its source",
)
