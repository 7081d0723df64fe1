"""Which registered client a source address belongs to: exact address, else the longest matching prefix."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from netquota.domain.places import Nas

_REMEMBERED = 4096  # foreign addresses cannot grow memory: at the bound all are forgotten


class NasTable:
    """Clients by address (RFC 2865 §2, RFC 3162 §3); built once per policy snapshot, one dict look-up per packet."""

    __slots__ = ("_exact", "_networks", "_remembered")

    def __init__(self, clients: Iterable[Nas]) -> None:
        self._exact: dict[str, Nas] = {}
        networks: dict[tuple[int, int], dict[int, Nas]] = {}
        for nas in clients:
            network = ip_network(nas.address, strict=False)
            if network.prefixlen == network.max_prefixlen:
                self._exact[str(network.network_address)] = nas
            else:
                networks.setdefault((network.version, network.prefixlen), {})[int(network.network_address)] = nas
        self._networks = sorted(networks.items(), key=lambda item: -item[0][1])
        self._remembered: dict[str, Nas | None] = {}

    def find(self, address: str) -> Nas | None:
        """The client of a source address as the socket gives it (mapped IPv4, scope); None where it is foreign."""
        found = self._exact.get(address)
        if found is not None:
            return found
        try:
            return self._remembered[address]
        except KeyError:
            pass
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        found = self._remembered[address] = self._search(address)
        return found

    def _search(self, address: str) -> Nas | None:
        try:
            plain = ip_address(address.partition("%")[0])
        except ValueError:
            return None
        mapped = plain.ipv4_mapped if plain.version == 6 else None
        plain = mapped or plain
        found = self._exact.get(str(plain))
        if found is not None:
            return found
        number, width = int(plain), plain.max_prefixlen
        for (version, length), by_network in self._networks:
            if version == plain.version:
                found = by_network.get(number >> (width - length) << (width - length))
                if found is not None:
                    return found
        return None


def canonical_address(text: str) -> str:
    """One way to write an address or network: `10.0.0.1`, `10.1.0.0/16`, `fe80::1`. Raises `ValueError`."""
    network: IPv4Network | IPv6Network = ip_network(text.strip(), strict=False)
    whole = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if whole else str(network)
