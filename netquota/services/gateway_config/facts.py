"""What a gateway's configuration says: values alone, gathered elsewhere and rendered elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address, ip_interface, ip_network
from typing import Final
from urllib.parse import urlsplit

from netquota.domain.units import Rate
from netquota.errors import InvalidValue

MASK: Final = "********"
"""Stands where a secret would, for those who may not see it."""
HOTSPOT_PAGES: Final = (
    "login.html", "alogin.html", "rlogin.html", "status.html", "logout.html", "error.html", "api.json", "errors.txt",
)  # fmt: skip
"""What RouterOS looks for in an html-directory (its manual, HotSpot customisation)."""
HEADROOM_PERMILLE: Final = 50
"""Of a line's capacity that users do not get, so that log-ins and reports pass on a full line."""


class Note(StrEnum):
    """What the admin should know before a configuration is entered; the words are in `notes`."""

    MASKED = "masked"
    NO_ADDRESS = "no_address"
    LOOPBACK = "loopback"
    NO_PAGES = "no_pages"
    NO_TOKEN = "no_token"  # noqa: S105
    NO_SITE = "no_site"
    NO_LINK = "no_link"
    ONE_INTERFACE = "one_interface"


class Queues(StrEnum):
    """How RouterOS holds a whole OPD's limit: a parent queue of the group's profile, or marks and a queue tree."""

    SIMPLE = "simple"
    TREE = "tree"


@dataclass(frozen=True, slots=True)
class ConfigOptions:
    """What only the admin knows of the gateway; None = as usual for its make. Raises `InvalidValue` on making."""

    dialect: str | None = None
    routeros: int = 7
    wan_interface: str | None = None
    hotspot_interface: str | None = None
    hotspot_network: str = "10.5.50.0/24"
    queues: Queues = Queues.SIMPLE
    fail_open_minutes: int | None = None
    tunnel_address: str = ""

    def __post_init__(self) -> None:
        if self.routeros not in (6, 7):
            raise InvalidValue("routeros", self.routeros, "give 6 or 7")
        if self.fail_open_minutes is not None and not 1 <= self.fail_open_minutes <= 1440:
            raise InvalidValue("fail_open_minutes", self.fail_open_minutes, "give 1 to 1440 minutes")
        _checked_network("hotspot_network", self.hotspot_network)
        if self.tunnel_address:
            _checked_interface("tunnel_address", self.tunnel_address)


@dataclass(frozen=True, slots=True)
class Shown:
    """The secrets that stand in a configuration: masked as they are made, empty where there is none."""

    secret: str = field(default=MASK, repr=False)
    uam_secret: str = field(default=MASK, repr=False)
    token: str = field(default=MASK, repr=False)


@dataclass(frozen=True, slots=True)
class SiteQueue:
    """A queue for a whole site or OPD at the gateway; `name` is the group's in the reply, too. No limit: no ceiling.

    `is_held`: this queue is what holds the limit (way `group`). Else sessions are limited one by one, and the queue
    holds only while the server is gone and people are let through.
    """

    name: str
    sites: tuple[str, ...]
    interfaces: tuple[str, ...]
    limit: Rate | None = None
    is_held: bool = True


@dataclass(frozen=True, slots=True)
class Tunnel:
    """The way to the server for a gateway behind NAT; `address` is the gateway's own inside, with its prefix."""

    endpoint_host: str
    endpoint_port: int
    server_address: str
    public_key: str
    address: str


@dataclass(frozen=True, slots=True)
class ConfigFacts:
    """Everything that templates may say. `servers` are IP addresses, the preferred first; rates are bit/s.

    `address`: the gateway's own, as the server knows it. `by_network`: interfaces are networks (dialects).
    `secret` and `token` are `MASK` for those who may not see them. `line` is the provider link's capacity.
    """

    name: str
    label: str
    servers: tuple[str, ...]
    auth_port: int
    acct_port: int
    coa_port: int
    secret: str = field(repr=False)
    token: str = field(default=MASK, repr=False)
    uam_secret: str = field(default=MASK, repr=False)
    public_url: str = ""
    portal_host: str = ""
    queues: tuple[SiteQueue, ...] = ()
    line: Rate | None = None
    always_reachable: tuple[str, ...] = ()
    fail_open_minutes: int = 5
    interim_s: int = 300
    tunnel: Tunnel | None = None
    wan_interface: str = ""
    hotspot_interface: str = ""
    hotspot_network: str = "10.5.50.0/24"
    address: str = "0.0.0.0"
    by_network: bool = False
    way: Queues = Queues.SIMPLE
    routeros: int = 7
    notes: tuple[Note, ...] = ()

    @property
    def is_masked(self) -> bool:
        """Whether the shared secret is masked: entered at a gateway, it would be a wrong one."""
        return self.secret == MASK

    @property
    def held(self) -> tuple[SiteQueue, ...]:
        """The queues that hold an office's limit, so that their rates are fetched."""
        return tuple(queue for queue in self.queues if queue.is_held)

    @property
    def pulls(self) -> bool:
        """Whether the gateway is to fetch its queues' limits: there are some, and a way and a token for it."""
        return bool(self.held and self.public_url and self.token)

    @property
    def reports(self) -> bool:
        """Whether the gateway is to report its interfaces: it has a way and a token for it."""
        return bool(self.public_url and self.token)

    @property
    def hotspot_pages(self) -> tuple[str, ...]:
        """The files of a hotspot's html-directory, which it fetches from the portal."""
        return HOTSPOT_PAGES

    @property
    def fallbacks(self) -> tuple[SiteQueue, ...]:
        """The queues with a limit that hold only while people are let through."""
        return tuple(queue for queue in self.queues if not queue.is_held and queue.limit is not None)

    @property
    def portal_port(self) -> int:
        """The TCP port of `public_url`."""
        parts = urlsplit(self.public_url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def interfaces(self) -> tuple[str, ...]:
        """Every interface with users behind it, each once."""
        found = [name for queue in self.queues for name in queue.interfaces]
        return tuple(dict.fromkeys(found or [self.hotspot_interface]))

    @property
    def network_address(self) -> str:
        """The hotspot's network, without prefix."""
        return str(ip_network(self.hotspot_network).network_address)

    @property
    def network_mask(self) -> str:
        """The hotspot's netmask."""
        return str(ip_network(self.hotspot_network).netmask)

    @property
    def network_gateway(self) -> str:
        """The first address of the hotspot's network: the gateway's own."""
        return str(ip_network(self.hotspot_network).network_address + 1)

    @property
    def user_addresses(self) -> str:
        """The hotspot's addresses for devices, first and last with a comma between, as dnsmasq wants them."""
        network = ip_network(self.hotspot_network)
        return f"{network.network_address + 10},{network.broadcast_address - 1}"

    def server_list(self, port: int) -> str:
        """All servers with a port, commas between, as radcli wants them."""
        return ",".join(f"[{server}]:{port}" if ":" in server else f"{server}:{port}" for server in self.servers)

    @property
    def usable_line(self) -> Rate | None:
        """What users may fill of the line: the rest is for log-ins, reports and the tunnel."""
        return None if self.line is None else Rate(_less(self.line.down_bps), _less(self.line.up_bps))

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names to be reachable before log-in."""
        wanted = (self.portal_host, *self.always_reachable)
        return tuple(dict.fromkeys(name for name in wanted if name and not is_network(name)))

    @property
    def networks(self) -> tuple[str, ...]:
        """Addresses and networks to be reachable before log-in."""
        wanted = (*self.servers, self.portal_host, *self.always_reachable)
        return tuple(dict.fromkeys(name for name in wanted if name and is_network(name)))


def is_network(text: str) -> bool:
    """Whether a text is an address or a network, not a name."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def is_address(text: str) -> bool:
    """Whether a text is one IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _less(bps: int) -> int:
    return bps * (1000 - HEADROOM_PERMILLE) // 1000


def _checked_network(field_name: str, text: str) -> None:
    try:
        ip_network(text)
    except ValueError:
        raise InvalidValue(field_name, text, "give a network such as 10.5.50.0/24") from None


def _checked_interface(field_name: str, text: str) -> None:
    try:
        found = ip_interface(text)
    except ValueError:
        found = None
    if found is None or "/" not in text:
        raise InvalidValue(field_name, text, "give its address inside with the prefix, such as 10.99.0.7/24")
