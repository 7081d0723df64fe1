"""Asks addresses by ping, the machine's own program: it may send ICMP where this process may not. Many at once."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Final

from netquota.logging import get_logger
from netquota.services.interfaces import Echo

ASKED: Final = 5
DEADLINE_S: Final = 5
AT_ONCE: Final = 16
_COUNT: Final = re.compile(r"(\d+) packets transmitted, (\d+) (?:packets )?received")
_TIMES: Final = re.compile(r"= ([\d.]+)/([\d.]+)/([\d.]+)")

log = get_logger("ping")


def ping(addresses: Sequence[str]) -> dict[str, Echo]:
    """How often each answers; those that cannot be asked from here (no program, no route) are left out."""
    if not addresses:
        return {}
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ping") as pool:
        found = list(pool.map(_ping_one, addresses))
    return {address: echo for address, echo in zip(addresses, found, strict=True) if echo is not None}


def _ping_one(address: str) -> Echo | None:
    try:
        target = str(ip_address(address))  # nothing else reaches the command line
        done = subprocess.run(
            ["ping", "-n", "-q", "-c", str(ASKED), "-i", "0.2", "-w", str(DEADLINE_S), target],
            capture_output=True, text=True, timeout=DEADLINE_S + 5, check=False, env={"LC_ALL": "C", "PATH": _PATH},
        )  # fmt: skip
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        log.warning("an address cannot be asked by ping", address=address, problem=type(error).__name__)
        return None
    return echo_of(done.stdout)


_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def echo_of(text: str) -> Echo | None:
    """What ping's summary says (iputils, busybox, BSD); None where it is none, or nothing was sent."""
    count = _COUNT.search(text)
    if count is None or not int(count[1]):
        return None
    times = _TIMES.search(text)
    if times is None or not int(count[2]):
        return Echo(int(count[1]), int(count[2]))
    return Echo(int(count[1]), int(count[2]), _microseconds(times[2]), _microseconds(times[3]))


def _microseconds(milliseconds: str) -> int:
    return round(float(milliseconds) * 1000)
