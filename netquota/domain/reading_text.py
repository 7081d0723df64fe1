"""How gateways write their readings, so that a script on an old router can: a line for each thing, names last. Pure.

up 1w2d03:04:05                     since its start; or hundredths of a second
interface 123456 98765 ether1-wan   octets in, octets out, name (it may hold blanks)
ping 9 10 23400 8.8.8.8             answered, asked, mean in microseconds (0: not told), address
address 123456 98765 siak.go.id     octets from the host to the users, from them to it, host (name, address, network)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

MOST_LINES: Final = 500
_NUMBER: Final = re.compile(r"[0-9]{1,20}")
_UP: Final = re.compile(
    r"(?:(\d{1,5})w)?(?:(\d{1,3})d)?(?:(\d{1,2}):(\d{2}):(\d{2})|(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?)"
)
_WIDEST: Final = 1 << 64
_TICKS: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class Readings:
    """Octets (in, out) by interface, (answered, asked, microseconds or None) by address, up-time in 1/100 s.

    `hosts`: octets (down from it, up to it) by host, in lower case.
    """

    interfaces: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    pings: dict[str, tuple[int, int, int | None]] = field(default_factory=dict[str, tuple[int, int, int | None]])
    up_ticks: int | None = None
    hosts: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])


def readings_of(text: str) -> Readings:
    """What a gateway wrote; lines that are none of these are ignored, as are numbers wider than 64 bits."""
    interfaces: dict[str, tuple[int, int]] = {}
    pings: dict[str, tuple[int, int, int | None]] = {}
    hosts: dict[str, tuple[int, int]] = {}
    up_ticks: int | None = None
    for line in re.split(r"[\r\n]+", text)[:MOST_LINES]:
        word, _, rest = line.strip().partition(" ")
        if word == "interface" and (found := _numbers(rest, 2)):
            interfaces[found[1]] = (found[0][0], found[0][1])
        elif word == "ping" and (found := _numbers(rest, 3)):
            answered, asked, mean_us = found[0]
            if answered <= asked <= 1000:
                pings[found[1]] = (answered, asked, mean_us or None)
        elif word == "address" and (found := _numbers(rest, 2)):
            hosts[found[1].lower()] = (found[0][0], found[0][1])
        elif word == "up":
            up_ticks = ticks_of(rest.strip())
    return Readings(interfaces, pings, up_ticks, hosts)


def _numbers(text: str, count: int) -> tuple[list[int], str] | None:
    """So many numbers and the name behind them."""
    words = text.split(None, count)
    if len(words) != count + 1 or not all(_NUMBER.fullmatch(word) for word in words[:count]):
        return None
    numbers = [int(word) for word in words[:count]]
    return (numbers, words[count].strip()) if max(numbers) < _WIDEST else None


def ticks_of(text: str) -> int | None:
    """An up-time in hundredths of a second, of 32 bits as sysUpTime is; None where it is none.

    RouterOS writes 1w2d03:04:05, newer versions 1w2d3h4m5s as well.
    """
    if _NUMBER.fullmatch(text):
        return int(text) % _TICKS
    found = _UP.fullmatch(text) if text else None
    if found is None:
        return None
    weeks, days, hours, minutes, seconds, h, m, s = (int(part or 0) for part in found.groups())
    return 100 * (weeks * 604_800 + days * 86_400 + (hours + h) * 3600 + (minutes + m) * 60 + seconds + s) % _TICKS


def question_lines(interfaces: Sequence[str], addresses: Sequence[str], hosts: Sequence[str] = ()) -> str:
    """What a gateway is to report: `interface NAME`, `ping ADDRESS`, `address HOST`, a line each.

    Hosts come last: a router that cannot hold a long answer loses these alone.
    """
    asked = (("interface", interfaces), ("ping", addresses), ("address", hosts))
    return "".join(f"{word} {name}\n" for word, names in asked for name in names)
