"""The hosts by which an application is measured, out of what its office wrote of where it answers. Pure.

Names, addresses and networks; from a URL or host:port the host alone. What is none of these, or no place in a network
(loopback, multicast), is left out: it is free text.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

MOST_HOSTS: Final = 50
"""A gateway counts no more: two rules for each packet and host."""
LONGEST_NAME: Final = 253
_LEAST_PREFIX: Final = {4: 8, 6: 16}
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://")
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_PORT: Final = re.compile(r":[0-9]{1,5}$")


def hosts_of(address: str) -> tuple[str, ...]:
    """The hosts that an application's address names, in lower case, each once; apart by commas or blanks."""
    found = (_host(part) for part in re.split(r"[\s,;]+", address.lower()))
    return tuple(dict.fromkeys(host for host in found if host))


def _host(text: str) -> str:
    """The host of one address; empty where there is none."""
    network = _network(text)
    if network is not None:
        return _of_network(network)
    rest = re.split(r"[/?#\\]", _SCHEME.sub("", text, count=1), maxsplit=1)[0].rpartition("@")[2]
    if rest.startswith("["):
        rest = rest[1:].partition("]")[0]
    elif rest.count(":") == 1:
        rest = _PORT.sub("", rest)
    network = _network(rest)
    return _name(rest) if network is None else _of_network(network)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _of_network(network: IPv4Network | IPv6Network) -> str:
    """As gateways write it; empty for what is no single place: too wide a network, loopback, multicast."""
    first = network.network_address
    if network.prefixlen < _LEAST_PREFIX[network.version] or "%" in str(network):
        return ""
    if first.is_loopback or first.is_multicast or first.is_unspecified or first.is_link_local:
        return ""
    return str(first) if network.prefixlen == network.max_prefixlen else str(network)


def _name(text: str) -> str:
    name = text.rstrip(".")
    labels = name.split(".")
    is_sound = len(labels) > 1 and len(name) <= LONGEST_NAME and all(map(_LABEL.fullmatch, labels))
    return name if is_sound and not labels[-1].isdecimal() and labels[-1] != "localhost" else ""
