"""Hotspots that take WISPr rates: the generic row, and the makers that differ from it in a fact or two (nas.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from netquota.domain.mac import MacFormat
from netquota.domain.places import Ability
from radius import tables as t
from radius.families import family as f

_PARTS: Final = (f.session_timeout, f.idle_timeout, f.interim_interval, f.wispr_rates, f.filter_by_group)
_RATE: Final = frozenset({f.Fact.RATE})

WISPR: Final = f.Family(
    key="wispr",
    label="WISPr hotspot of any other make",
    accept=_PARTS,
    change=_PARTS,
    identifiers=(f.by_user_name, f.by_session_id, f.by_mac(MacFormat.DASHES)),
    known=_RATE,
    tried_with="the WISPr document",
)
OPNSENSE: Final = replace(
    WISPR,
    key="opnsense",
    label="OPNsense captive portal",
    wraps_32bit=True,  # sends no Gigawords: its counters begin anew every 4 GiB
    known=_RATE | {f.Fact.WRAPS},
    tried_with="its documentation and source",
)
PFSENSE: Final = replace(
    WISPR,
    key="pfsense",
    label="pfSense captive portal",
    accept=(*_PARTS, f.octet_cap(t.PFSENSE_MAX_TOTAL_OCTETS)),  # looked at once a minute
    change=(),
    identifiers=(f.by_user_name, f.by_session_id),
    can_coa_rate=Ability.NO,
    can_disconnect=Ability.NO,
    can_cap=Ability.YES,
    interim_s=60,  # its own, whatever is asked for
    known=frozenset({f.Fact.CAP}),
    tried_with="its documentation",
)
UNIFI: Final = replace(
    WISPR,
    key="unifi",
    label="Ubiquiti UniFi",
    change=(f.session_timeout,),
    can_coa_rate=Ability.NO,  # rates are its controller's; the accept's hold where its hotspot takes them
    known=frozenset(),
    tried_with="",
)
OMADA: Final = replace(WISPR, key="omada", label="TP-Link Omada", known=frozenset(), tried_with="")
RUIJIE: Final = replace(
    WISPR,
    key="ruijie",
    label="Ruijie, Reyee",
    identifiers=(f.by_user_name, f.by_session_id, f.by_mac(MacFormat.BARE)),
    mac_format=MacFormat.BARE,
    known=frozenset(),
    tried_with="",
)
OPENNDS: Final = replace(
    WISPR,
    key="opennds",
    label="openNDS with a RADIUS script",
    change=(),
    can_coa_rate=Ability.NO,
    can_disconnect=Ability.NO,
    known=frozenset(),
    tried_with="",
)
