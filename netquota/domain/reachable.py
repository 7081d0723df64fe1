"""The city's own applications that stay reachable before log-in, after a spent quota and outside hours (model.md).

How their addresses are written, and which address of a page belongs to one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit

from netquota.errors import InvalidValue

MOST_HOSTS: Final = 20
WIDEST_PREFIX: Final = 16
"""A wider network would let everybody through to far more than an application."""
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST_NAME: Final = 253


@dataclass(frozen=True, slots=True)
class Reachable:
    """An application that everybody reaches; `hosts` are names, addresses and networks, `url` its page or empty."""

    id: int
    name: str
    hosts: tuple[str, ...]
    url: str = ""


def parse_hosts(text: str, field: str) -> tuple[str, ...]:
    """Names, IPv4 addresses and networks apart by commas, each once, in lower case. Raises `InvalidValue`."""
    found = tuple(dict.fromkeys(_host(part.strip(), field) for part in text.split(",") if part.strip()))
    if not 1 <= len(found) <= MOST_HOSTS:
        raise InvalidValue(field, text, f"give 1 to {MOST_HOSTS} names or addresses, apart by commas")
    return found


def covers(hosts: Iterable[str], host: str) -> bool:
    """Whether a page's host is one of these names, or an address within one of these networks."""
    wanted = host.rstrip(".").lower()
    try:
        address = ip_address(wanted)
    except ValueError:
        return wanted in hosts and "/" not in wanted
    return any(address in network for network in map(_network, hosts) if network is not None)


def web_address(text: str) -> SplitResult | None:
    """The parts of an http or https address without credentials; None for anything else that a browser might follow.

    Browsers read a backslash as a slash and pass over blanks and control characters, so none may be in it.
    """
    if not text.isprintable() or " " in text or "\\" in text:
        return None
    try:
        parts = urlsplit(text)
        sound = parts.port is None or parts.port > 0
    except ValueError:
        return None
    plain = parts.scheme in {"http", "https"} and parts.hostname and parts.username is None and parts.password is None
    return parts if plain and sound else None


def _host(text: str, field: str) -> str:
    network = _network(text)
    if network is not None:
        if network.prefixlen < WIDEST_PREFIX:
            raise InvalidValue(field, text, f"give a network of /{WIDEST_PREFIX} or smaller, or single addresses")
        return text if network.prefixlen == network.max_prefixlen and "/" not in text else str(network)
    name = text.rstrip(".").lower()
    labels = name.split(".")
    if len(name) > _LONGEST_NAME or labels[-1].isdecimal() or not all(map(_LABEL.fullmatch, labels)):
        raise InvalidValue(field, text, "give a name such as absensi.kota.go.id, an IPv4 address or a network")
    return name


def _network(text: str) -> IPv4Network | None:
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        return None
    return found if isinstance(found, IPv4Network) else None
