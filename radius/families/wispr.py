"""Gateways that take WISPr rates and no octet cap: pfSense, OPNsense, UniFi, Omada, Ruijie, Ruckus (nas.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from netquota.domain.mac import MacFormat
from radius.families import family as f

_PARTS: Final = (f.session_timeout, f.idle_timeout, f.interim_interval, f.wispr_rates, f.filter_by_group)

WISPR: Final = f.Family(
    key="wispr",
    label="WISPr (pfSense, UniFi, Omada, Ruijie, Ruckus)",
    accept=_PARTS,
    change=_PARTS,
    identifiers=(f.by_user_name, f.by_session_id, f.by_mac(MacFormat.DASHES)),
)
OPNSENSE: Final = replace(WISPR, key="opnsense", label="OPNsense", wraps_32bit=True)
