"""Names that everybody reaches: looked up again and again, since the addresses behind a name change.

A name that cannot be looked up keeps the addresses that it had; nothing is closed because a name server is away.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Network
from typing import Final

from netquota.logging import get_logger
from netquota_gateway import ruleset
from netquota_gateway.kernel import Kernel, KernelRefused
from netquota_gateway.settings import Portal

AGAIN_S: Final = 60.0
_log = get_logger("netquota_gateway")
Find = Callable[[str], Awaitable[Sequence[str]]]


async def addresses_of(name: str) -> Sequence[str]:
    """The IPv4 addresses of a name. Raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(name, None, family=socket.AF_INET, type=socket.SOCK_STREAM)
    return sorted({str(one[4][0]) for one in found})


class Names:
    """The names of `portal.always` with the addresses that they had last."""

    def __init__(self, portal: Portal, kernel: Kernel, find: Find = addresses_of) -> None:
        self._portal, self._kernel, self._find = portal, kernel, find
        self._known: dict[str, Sequence[str]] = {}
        self._told: list[IPv4Network] = sorted(portal.always_networks)

    async def keep(self) -> None:
        """Look up now and each minute, until cancelled; without names there is nothing to do."""
        while self._portal.always_names:
            await self.look_up()
            await asyncio.sleep(AGAIN_S)

    async def look_up(self) -> None:
        """Look all names up and tell the kernel what changed."""
        for name in self._portal.always_names:
            try:
                self._known[name] = await self._find(name)
            except (OSError, UnicodeError) as error:  # a name that cannot be one at all
                _log.warning("a name that everybody reaches cannot be looked up", name=name, error=str(error))
        found = {IPv4Network(address) for known in self._known.values() for address in known}
        wanted = sorted({*self._portal.always_networks, *found})
        if wanted == self._told:
            return
        try:
            self._kernel.rules(ruleset.reachable(wanted))
        except KernelRefused as error:
            _log.error("what everybody reaches cannot be changed", error=str(error))
            return
        self._told = wanted
