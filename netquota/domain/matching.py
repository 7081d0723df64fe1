"""Which site somebody is at: the one that matches most closely of those behind a client. Pure.

A site asks for a gateway, a called station, a port, a VLAN, or nothing; all that it asks for must hold. Of several that
match, the one that asks for more wins; of as many, whole texts before patterns; then port, VLAN, called station,
gateway; then a place of people before a line; then the one that was made first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from netquota.domain.places import Site, Way

LAST_VLAN: Final = 4094
_NAMED_VLAN: Final = re.compile(r"vlan(?:[\s_-]*id)?[\s=:#._-]*(\d{1,4})(?!\d)", re.IGNORECASE)
_SUB_INTERFACE: Final = re.compile(r"[A-Za-z][\w/-]*\.(\d{1,4})(?![\d.])")


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a packet says that somebody is: the gateway behind the client, and the part of it; empty = not said.

    `vlan` where an attribute of its own tells it; else it may stand in the port's name.
    """

    gateway: str = ""
    called_station: str = ""
    port: str = ""
    vlan: int | None = None


def nearest_site(sites: Sequence[Site], arrival: Arrival) -> Site | None:
    """The site that matches most closely; None where none does. `sites` in the order in which they were made."""
    best: tuple[tuple[int, ...], Site] | None = None
    for site in sites:
        closeness = _closeness(site, arrival)
        if closeness is not None and (best is None or closeness > best[0]):
            best = closeness, site
    return None if best is None else best[1]


def asks_for_nothing(site: Site) -> bool:
    """Whether a site is the whole of what is behind its client."""
    return not (site.match_gateway or site.match_called_station or site.match_port or site.match_vlan)


def _closeness(site: Site, arrival: Arrival) -> tuple[int, ...] | None:
    """How closely the site matches, to be compared; None where something that it asks for does not hold."""
    texts = (
        (site.match_port, arrival.port),
        (site.match_called_station, arrival.called_station),
        (site.match_gateway, arrival.gateway),
    )
    for wanted, seen in texts:
        if wanted and not fits(wanted, seen):
            return None
    if site.match_vlan is not None and site.match_vlan != vlan_of(arrival):
        return None
    port, called, gateway = (bool(wanted) for wanted, _ in texts)
    vlan = site.match_vlan is not None
    whole = sum(1 for wanted, _ in texts if wanted and "*" not in wanted) + vlan
    asked = port + called + gateway + vlan
    return asked, whole, port, vlan, called, gateway, site.way is not Way.CIRCUIT


def fits(wanted: str, seen: str) -> bool:
    """Whether a text is the wanted one, without regard to case; `*` stands for any characters."""
    if "*" not in wanted:
        return wanted.casefold() == seen.casefold()
    return _pattern(wanted).fullmatch(seen) is not None


@lru_cache(maxsize=4096)
def _pattern(wanted: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in wanted.split("*")), re.IGNORECASE | re.DOTALL)


def vlan_of(arrival: Arrival) -> int | None:
    """The VLAN (1 to 4094) somebody comes from, as an attribute or the port's name tells it."""
    return arrival.vlan if arrival.vlan is not None else vlan_in(arrival.port)


@lru_cache(maxsize=4096)
def vlan_in(port: str) -> int | None:
    """The VLAN that a port's name tells: `vlan20-hotspot`, `eth1.20`, `slot=0;port=1;vlanid=20`; else None.

    A bare number is a port's, not a VLAN's.
    """
    found = _NAMED_VLAN.search(port) or _SUB_INTERFACE.search(port)
    number = int(found[1]) if found else 0
    return number if 1 <= number <= LAST_VLAN else None
