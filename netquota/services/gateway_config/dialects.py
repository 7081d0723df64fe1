"""Which files each family's configuration consists of: a table. A new family without a row gets the plain list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from netquota.errors import NotFound
from netquota.services.gateway_config.quoting import Language


@dataclass(frozen=True, slots=True)
class Target:
    """A file: its template (deploy/FOLDER/NAME.j2), its place on the gateway, its language.

    `is_fixed`: it is the same for all gateways, and stands as deploy/FOLDER/NAME; left out where it does not ship.
    """

    template: str
    place: str
    language: Language
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """How gateways of a kind are configured; `folder` under deploy/ also holds the single parts that doctor names."""

    key: str
    label: str
    folder: str
    language: Language
    files: tuple[Target, ...]
    wan_interface: str = "eth0"
    hotspot_interface: str = "eth1"
    by_network: bool = False
    """Users are told apart by the addresses that they get, not by an interface: lines that log in by PPP."""


ROUTEROS: Final = Dialect(
    "routeros",
    "MikroTik RouterOS",
    "routeros",
    Language.ROUTEROS,
    (Target("netquota.rsc", "netquota.rsc", Language.ROUTEROS),),
    wan_interface="ether1",
    hotspot_interface="bridge-hotspot",
)
ROUTEROS_PPP: Final = Dialect(
    "routeros-ppp",
    "MikroTik RouterOS PPP",
    "routeros",
    Language.ROUTEROS,
    (Target("netquota-ppp.rsc", "netquota.rsc", Language.ROUTEROS),),
    wan_interface="ether1",
    by_network=True,
)
CHILLI: Final = Dialect(
    "chilli",
    "CoovaChilli",
    "chilli",
    Language.SHELL,
    (
        Target("config", "/etc/chilli/config", Language.SHELL),
        Target("local.conf", "/etc/chilli/local.conf", Language.WORDS),
        Target("ipup.sh", "/etc/chilli/ipup.sh", Language.SHELL),
    ),
)
OCSERV: Final = Dialect(
    "ocserv",
    "ocserv",
    "ocserv",
    Language.LINES,
    (
        Target("ocserv.conf", "/etc/ocserv/ocserv.conf", Language.LINES),
        Target("radiusclient.conf", "/etc/ocserv/radius/radiusclient.conf", Language.WORDS),
        Target("servers", "/etc/ocserv/radius/servers", Language.WORDS),
        Target("dictionary", "/etc/ocserv/radius/dictionary", Language.WORDS),
        Target("limit.sh", "/etc/ocserv/limit.sh", Language.SHELL, is_fixed=True),
    ),
)
REFERENCE: Final = Dialect(
    "netquota-gateway",
    "netquota reference gateway",
    "netquota-gateway",
    Language.TOML,
    (
        Target("gateway.toml", "/etc/netquota-gateway/gateway.toml", Language.TOML),
        Target("secret", "/etc/netquota-gateway/secret", Language.LINES),
        Target("dnsmasq.conf", "/etc/dnsmasq.d/netquota.conf", Language.LINES),
    ),
)
HOSTAPD: Final = Dialect(
    "hostapd",
    "hostapd",
    "hostapd",
    Language.LINES,
    (Target("hostapd.conf", "/etc/hostapd/netquota.conf", Language.LINES),),
)
OTHER: Final = Dialect(
    "other",
    "What to enter where",
    "other-gateways",
    Language.TEXT,
    (Target("settings.txt", "settings.txt", Language.TEXT),),
)

DIALECTS: Final = {
    dialect.key: dialect for dialect in (ROUTEROS, ROUTEROS_PPP, CHILLI, OCSERV, HOSTAPD, REFERENCE, OTHER)
}
_OF_FAMILY: Final = {
    "mikrotik": ROUTEROS,
    "mikrotik-ppp": ROUTEROS_PPP,
    "chilli": CHILLI,
    "ocserv": OCSERV,
    "hostapd": HOSTAPD,
    "netquota_gateway": REFERENCE,
}


def dialect_of(family: str, chosen: str | None = None) -> Dialect:
    """The dialect of a family's key, or the one chosen. Raises `NotFound`."""
    if chosen is None:
        return _OF_FAMILY.get(family, OTHER)
    try:
        return DIALECTS[chosen]
    except KeyError:
        raise NotFound("form of configuration", chosen, f"use one of {', '.join(DIALECTS)}") from None
