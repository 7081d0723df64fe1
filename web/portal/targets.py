"""Where the portal may send a browser: to the gateway that it stands behind, then on to the page it wanted.

The rule for a gateway's address: http or https, and its host is an address that the internet does not route (private,
loopback, link-local, shared 100.64/10), or one that a registered client is known by, or a name that cannot be bought
(one label, `.lan`, `.local`, `.internal`, `.home.arpa`), or a name under the same domain as `web.public_url`. Nothing
else, since a link that anybody may make would else carry a token away. The page afterwards: ours, the gateway's, an
always-reachable application's; any other only where the gateway signed its redirect (CoovaChilli with a UAM secret).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from netquota.domain.reachable import covers, web_address
from netquota.errors import InvalidValue

_UNSOLD = (".lan", ".local", ".internal", ".home.arpa", ".localhost")
_LONGEST = 1000
_PROBES = frozenset(
    {
        "captive.apple.com", "www.apple.com", "connectivitycheck.gstatic.com", "connectivitycheck.android.com",
        "clients3.google.com", "www.google.com", "connectivitycheck.platform.hicloud.com", "connect.rom.miui.com",
        "www.msftconnecttest.com", "www.msftncsi.com", "detectportal.firefox.com", "nmcheck.gnome.org",
        "connectivity-check.ubuntu.com", "network-test.debian.org",
    }
)  # fmt: skip


def gateway_url(text: str, clients: Collection[str], public_url: str) -> str:
    """The address of a gateway's log-in page, as it may be used. Raises `InvalidValue`.

    `clients`: addresses and prefixes of registered clients and gateways.
    """
    parts = _split(text)
    if parts is None or not _is_gateway(parts.hostname or "", clients, public_url):
        raise InvalidValue("link-login-only", text[:200], "open the page from the hotspot itself")
    return urlunsplit(parts._replace(fragment=""))


@dataclass(frozen=True, slots=True)
class Allowed:
    """Hosts to which somebody is led on after a log-in: ours and the gateway's, and the always-reachable ones.

    `anywhere`: the gateway signed the redirect, so that nobody else put the wanted page into it.
    """

    hosts: frozenset[str] = frozenset()
    reachable: tuple[str, ...] = ()
    anywhere: bool = False


def wanted_url(text: str, allowed: Allowed) -> str:
    """The page that somebody wanted to open, where it may be opened; empty where not, or where it is none."""
    parts = _split(text)
    if parts is None:
        return ""
    host = (parts.hostname or "").rstrip(".")
    is_fine = allowed.anywhere or host in allowed.hosts or covers(allowed.reachable, host)
    return urlunsplit(parts) if is_fine else ""


def is_probe(address: str) -> bool:
    """Whether the address is one by which a device looks for a portal: nobody wanted to see that page."""
    host = urlsplit(address).hostname
    return host in _PROBES or address.endswith(("/generate_204", "/gen_204"))


def with_query(address: str, values: Mapping[str, str]) -> str:
    """The address with these arguments beside those that it has."""
    parts = urlsplit(address)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in values]
    return urlunsplit(parts._replace(query=urlencode([*kept, *values.items()])))


def beside(address: str, name: str) -> str:
    """Another page of the same gateway, such as `logout` for its `login`."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc, f"/{name}", "", ""))


def _split(text: str) -> SplitResult | None:
    return None if not text or len(text) > _LONGEST else web_address(text)


def _is_gateway(host: str, clients: Collection[str], public_url: str) -> bool:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return _is_own_name(host.rstrip("."), public_url)
    return not address.is_global or any(_within(address, client) for client in clients)


def _within(address: IPv4Address | IPv6Address, client: str) -> bool:
    try:
        return address in ip_network(client, strict=False)
    except ValueError:
        return False


def _is_own_name(host: str, public_url: str) -> bool:
    if "." not in host or host.endswith(_UNSOLD):
        return True
    domain = (urlsplit(public_url).hostname or "").partition(".")[2]
    return "." in domain and (host == domain or host.endswith("." + domain))
