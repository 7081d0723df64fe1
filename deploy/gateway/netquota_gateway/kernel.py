"""What the kernel is told and asked, by nft, tc and ip: the only place that starts programs.

Octets of a session: what its device sent is counted by nftables as it comes in; what was sent to it, by its HTB class
as it leaves: what the queue dropped is charged to nobody (RFC 2866 §5.3, §5.4: received from, sent to the port).
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from typing import Any, Final, Protocol, cast

from netquota.domain.mac import normalised_mac
from netquota.domain.units import Octets2
from netquota.errors import NetquotaError
from netquota_gateway import ruleset, shaping
from netquota_gateway.settings import Settings

_CLASS: Final = re.compile(r"^class htb 1:([0-9a-f]+) .*\n Sent (\d+) bytes (\d+) pkt", re.MULTILINE)
_LINK_HEADER: Final = 14
"""Octets of a frame that are no part of the packet: HTB counts them, RFC 2866 does not."""
_LONGEST_S: Final = 10


class KernelRefused(NetquotaError):
    """A program of the kernel's did not do as told; what it said stands in the text."""


class Kernel(Protocol):
    """What the gateway needs of the kernel; tests put a memory in its place."""

    def prepare(self) -> None:
        """Lay the table and the queues anew; nobody is logged in."""
        ...

    def rules(self, text: str) -> None:
        """Carry out nft commands, all or none."""
        ...

    def queues(self, text: str) -> None:
        """Carry out tc commands."""
        ...

    def octets(self) -> dict[int, Octets2]:
        """What each session's class and counter hold, by the class's minor number."""
        ...

    def guests(self) -> list[tuple[str, str]]:
        """Address and hardware address of everybody who passed without log-in lately."""
        ...

    def hardware_address(self, ip: str) -> str | None:
        """The device behind an address on the user side."""
        ...


class LinuxKernel:
    """The running kernel, in the network namespace of this process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sides = shaping.sides(settings)

    def prepare(self) -> None:
        """Lay the table and the queues anew. Raises `KernelRefused`."""
        for side in self._sides:
            _said(["tc", "qdisc", "del", "dev", side.device, "root"], may_fail=True)
            self.queues(shaping.foundation(side))
        self.rules(ruleset.rules(self._settings))

    def remove(self) -> None:
        """Leave the kernel as it was before."""
        for side in self._sides:
            _said(["tc", "qdisc", "del", "dev", side.device, "root"], may_fail=True)
        _said(["nft", f"delete table {ruleset.TABLE}"], may_fail=True)

    def rules(self, text: str) -> None:
        """Carry out nft commands, all or none. Raises `KernelRefused`."""
        _said(["nft", "-f", "-"], text)

    def queues(self, text: str) -> None:
        """Carry out tc commands. Raises `KernelRefused`."""
        _said(["tc", "-batch", "-"], text)

    def octets(self) -> dict[int, Octets2]:
        """What each session's class and counter hold, by the class's minor number. Raises `KernelRefused`."""
        down = read_classes(_said(["tc", "-s", "class", "show", "dev", self._settings.gateway.lan]))
        up = read_counters(_said(["nft", "-j", "list", "counters", "table", *ruleset.TABLE.split()]))
        return {minor: Octets2(up.get(minor, 0), down.get(minor, 0)) for minor in up.keys() | down.keys()}

    def guests(self) -> list[tuple[str, str]]:
        """Address and hardware address of everybody who passed without log-in lately. Raises `KernelRefused`."""
        return read_guests(_said(["nft", "-j", "list", "set", *ruleset.TABLE.split(), "guests"]))

    def hardware_address(self, ip: str) -> str | None:
        """The device behind an address on the user side, as the kernel's neighbour table has it."""
        text = _said(["ip", "-j", "neigh", "show", "to", ip, "dev", self._settings.gateway.lan], may_fail=True)
        found = [one.get("lladdr") for one in cast(list[dict[str, Any]], json.loads(text or "[]"))]
        return normalised_mac(str(found[0])) if found and found[0] else None


def read_classes(text: str) -> dict[int, int]:
    """Octets of packets that left through each session's class, of `tc -s class show`."""
    counted = {
        int(minor, 16): int(octets) - _LINK_HEADER * int(packets) for minor, octets, packets in _CLASS.findall(text)
    }
    return {minor: octets for minor, octets in counted.items() if minor >= shaping.FIRST_SESSION}


def read_counters(text: str) -> dict[int, int]:
    """Octets of each session's named counter, of `nft -j list counters`."""
    listed = cast(list[dict[str, Any]], json.loads(text)["nftables"])
    counters = [one["counter"] for one in listed if "counter" in one]
    return {_minor_of(one["name"]): int(one["bytes"]) for one in counters if one["name"].startswith(ruleset.COUNTER)}


def _minor_of(counter: str) -> int:
    return int(counter.removeprefix(ruleset.COUNTER), 16)


def read_guests(text: str) -> list[tuple[str, str]]:
    """(address, hardware address) of the elements of `nft -j list set`."""
    found: list[tuple[str, str]] = []
    for one in cast(list[dict[str, Any]], json.loads(text)["nftables"]):
        for element in cast(list[Any], one.get("set", {}).get("elem", [])):
            ip, mac = _unwrapped(element)["concat"]
            found.append((str(ip), normalised_mac(str(mac))))
    return found


def _unwrapped(element: dict[str, Any]) -> dict[str, Any]:
    """Elements with a timeout stand one level deeper: {"elem": {"val": ..., "timeout": ...}}."""
    return cast(dict[str, Any], element["elem"]["val"]) if "elem" in element else element


def _said(command: Sequence[str], text: str | None = None, may_fail: bool = False) -> str:
    try:
        done = subprocess.run(
            [*command], check=False, capture_output=True, text=True, input=text, timeout=_LONGEST_S
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise KernelRefused(f"{command[0]}: {error}; install nftables and iproute2, and run as root") from None
    if done.returncode != 0 and not may_fail:
        raise KernelRefused(f"{' '.join(command)}: {done.stderr.strip()[:500]}")
    return done.stdout if done.returncode == 0 else ""
