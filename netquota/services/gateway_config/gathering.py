"""Takes what a configuration says from settings and policy: addresses, ports, sites with their queues, the line."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from netquota.domain.places import Nas, Site, Way
from netquota.domain.units import Rate
from netquota.errors import InvalidValue
from netquota.services.gateway_config.dialects import Dialect
from netquota.services.gateway_config.facts import (
    ConfigFacts,
    ConfigOptions,
    Note,
    Shown,
    SiteQueue,
    Tunnel,
    is_address,
)
from radius.families import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netquota.domain.reachable import Reachable
    from netquota.settings import Settings

MOST_SERVERS = 2
_DEFAULT_PORT = 13231
_PLACEHOLDER = "0.0.0.0"


def gather(
    settings: Settings,
    nas: Nas,
    sites: Sequence[Site],
    dialect: Dialect,
    options: ConfigOptions | None = None,
    *,
    reachable: Sequence[Reachable],
    fallback_host: str = "",
    shown: Shown | None = None,
) -> ConfigFacts:
    """The facts for one gateway client. `fallback_host`: the server's address where the settings name none.

    `reachable`: the city's own applications, which the walled garden lets everybody through to.

    Raises `InvalidValue` for a tunnel that the settings do not describe.
    """
    options, shown = options or ConfigOptions(), shown or Shown()
    family = FAMILIES[nas.family]
    servers, notes = _servers(settings, fallback_host)
    tunnel = _tunnel(settings, options)
    if tunnel is not None:
        servers = (tunnel.server_address,)
    interface = options.hotspot_interface or dialect.hotspot_interface
    users = options.hotspot_network if dialect.by_network else interface
    public = urlsplit(settings.web.public_url)
    facts = ConfigFacts(
        name=nas.name, label=family.label, servers=servers, auth_port=settings.radius.auth_port,
        acct_port=settings.radius.acct_port, coa_port=nas.coa_port or family.coa_port, secret=shown.secret,
        token=shown.token, uam_secret=shown.uam_secret, public_url=settings.web.public_url,
        portal_host=public.hostname or "", line=_line(sites),
        queues=queues_of(sites, users, by_network=dialect.by_network),
        always_reachable=always_reachable(settings, reachable), interim_s=family.interim_s, tunnel=tunnel,
        fail_open_minutes=options.fail_open_minutes or settings.gateways.fail_open_minutes,
        wan_interface=options.wan_interface or dialect.wan_interface, hotspot_interface=users,
        hotspot_network=options.hotspot_network, way=options.queues, routeros=options.routeros,
        address=nas.address if is_address(nas.address) else _PLACEHOLDER, by_network=dialect.by_network,
    )  # fmt: skip
    return replace(facts, notes=(*notes, *_notes(facts)))


def always_reachable(settings: Settings, reachable: Sequence[Reachable]) -> tuple[str, ...]:
    """Names and networks of the settings and of the applications, each once."""
    named = [host for each in reachable for host in each.hosts]
    return tuple(dict.fromkeys([*settings.gateways.always_reachable, *named]))


def _servers(settings: Settings, fallback_host: str) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """The server's addresses, and what to say where a gateway could not use them."""
    named = settings.gateways.server_addresses or (urlsplit(settings.web.public_url).hostname or fallback_host,)
    found = tuple(name for name in named if is_address(name))[:MOST_SERVERS]
    if not found:
        return (_PLACEHOLDER,), (Note.NO_ADDRESS,)
    return found, (Note.LOOPBACK,) if all(ip_address(name).is_loopback for name in found) else ()


def _tunnel(settings: Settings, options: ConfigOptions) -> Tunnel | None:
    if not options.tunnel_address:
        return None
    told = settings.gateways
    for name in ("tunnel_endpoint", "tunnel_server_address"):
        if not getattr(told, name):
            raise InvalidValue(
                f"gateways.{name}", "", "say in the settings where tunnels lead, or leave the tunnel out"
            )
    host, _, port = told.tunnel_endpoint.rpartition(":")
    if not host or not port.isdecimal():
        host, port = told.tunnel_endpoint, str(_DEFAULT_PORT)
    address, key = told.tunnel_server_address, told.tunnel_public_key
    return Tunnel(host, int(port), address, key, options.tunnel_address)


def queues_of(sites: Sequence[Site], interface: str, *, by_network: bool = False) -> tuple[SiteQueue, ...]:
    """One queue for each group of sites, with the interfaces on which its people are; the smallest limit holds.

    `by_network`: all are in one network, which stands in the interface's place.
    """
    found: dict[str, list[Site]] = {}
    for site in sites:
        found.setdefault(site.group or f"nq-site-{site.id}", []).append(site)
    return tuple(
        SiteQueue(
            name,
            tuple(site.name for site in group),
            tuple(dict.fromkeys(interface if by_network else interface_of(site, interface) for site in group)),
            _limit(group),
            any(site.way is Way.GROUP for site in group),
        )
        for name, group in sorted(found.items())
    )


def interface_of(site: Site, default: str) -> str:
    """On which interface a site's people are: RouterOS gives its name as NAS-Port-Id, and names VLANs by their id."""
    if site.match_port and not site.match_port.isdecimal():
        return site.match_port
    return default if site.match_vlan is None else f"vlan{site.match_vlan}"


def _line(sites: Sequence[Site]) -> Rate | None:
    """What the links of these sites carry together; None where none is known."""
    found = {site.link.id: site.link.capacity for site in sites if site.link is not None}
    if not found:
        return None
    return Rate(sum(line.down_bps for line in found.values()), sum(line.up_bps for line in found.values()))


def _limit(group: Sequence[Site]) -> Rate | None:
    limits = [site.limit for site in group if site.limit is not None]
    if not limits:
        return None
    return Rate(min(limit.down_bps for limit in limits), min(limit.up_bps for limit in limits))


def _notes(facts: ConfigFacts) -> list[Note]:
    """What the admin should know before this is pasted."""
    taken = [name for queue in facts.queues for name in queue.interfaces]
    found = (
        (Note.MASKED, facts.is_masked),
        (Note.NO_PAGES, not facts.public_url),
        (Note.NO_TOKEN, bool(facts.held and facts.public_url and not facts.token)),
        (Note.NO_SITE, not facts.queues),
        (Note.NO_LINK, bool(facts.queues) and facts.line is None),
        (Note.ONE_INTERFACE, len(set(taken)) < len(taken)),
    )
    return [note for note, holds in found if holds]
