"""The tc side, as text for `tc -batch`: the line, the gateway's own traffic above all else, the site, its sessions.

Sessions have next to nothing of their own and borrow the rest from the site in equal turns: HTB then gives what max-min
sharing would, and the sum never passes the site's ceiling.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from netquota_gateway.settings import Settings

LINE: Final = 0x1
SITE: Final = 0x2
CONTROL: Final = 0x10
"""RADIUS, CoA, the log-in page, ARP: whatever nobody put into another class."""
ALWAYS: Final = 0x20
STRANGERS: Final = 0x21
FIRST_SESSION: Final = 0x100
LAST_SESSION: Final = 0xFFFF

_FRAME: Final = 1514
_BURST_S: Final = 0.01
_QUEUE_S: Final = 0.1
_OWN_SHARE: Final = 2000
_LEAST_BPS: Final = 8000


@dataclass(frozen=True, slots=True)
class Side:
    """One interface and its rates in bit/s: towards the users it shapes download, towards the provider upload."""

    device: str
    line_bps: int
    ceiling_bps: int
    always_bps: int
    stranger_bps: int


def sides(settings: Settings) -> tuple[Side, Side]:
    """The interface to the users, and the one to the provider."""
    s, box = settings.shaping, settings.gateway
    free = settings.fail_open.rate
    return (
        Side(box.lan, s.line.down_bps, s.ceiling.down_bps, s.always.down_bps, free.down_bps),
        Side(box.wan, s.line.up_bps, s.ceiling.up_bps, s.always.up_bps, free.up_bps),
    )


def foundation(side: Side) -> str:
    """The qdisc and the classes that are always there; the interface has no qdisc of ours yet."""
    control = max(64_000, side.line_bps // 10)
    lines = [
        f"qdisc add dev {side.device} root handle 1: htb default {CONTROL:x}",
        _class(side.device, "1:", LINE, side.line_bps, side.line_bps, 0),
        _class(side.device, f"1:{LINE:x}", CONTROL, control, side.line_bps, 0),
        site(side),
        _class(side.device, f"1:{SITE:x}", ALWAYS, _LEAST_BPS, min(side.always_bps, side.ceiling_bps), 2),
        _class(side.device, f"1:{SITE:x}", STRANGERS, _LEAST_BPS, min(side.stranger_bps, side.ceiling_bps), 2),
    ]
    leaves = ((CONTROL, side.line_bps), (ALWAYS, side.always_bps), (STRANGERS, side.stranger_bps))
    return "\n".join([*lines, *(_leaf("add", side.device, minor, bps) for minor, bps in leaves), ""])


def site(side: Side, verb: str = "add") -> str:
    """The whole site's class; what is kept for the gateway's own traffic is not promised to it."""
    own = min(side.ceiling_bps, max(_LEAST_BPS, side.line_bps - max(64_000, side.line_bps // 10)))
    return _class(side.device, f"1:{LINE:x}", SITE, own, side.ceiling_bps, 1, verb)


def add_session(side: Side, minor: int, bps: int) -> str:
    """A session's class under the site's, with its queue."""
    return f"{_session(side, minor, bps, 'add')}\n{_leaf('add', side.device, minor, bps)}\n"


def change_session(side: Side, minor: int, bps: int) -> str:
    """Another rate for a running session; what waits in its queue stays."""
    return f"{_session(side, minor, bps, 'change')}\n"


def remove_session(side: Side, minor: int) -> str:
    """The class and its queue, with what waits in it."""
    return f"class del dev {side.device} classid 1:{minor:x}\n"


def removal(side: Side) -> str:
    """Everything that `foundation` made."""
    return f"qdisc del dev {side.device} root\n"


def _session(side: Side, minor: int, bps: int, verb: str) -> str:
    own = max(_LEAST_BPS, side.ceiling_bps // _OWN_SHARE)
    return _class(side.device, f"1:{SITE:x}", minor, min(own, bps), bps, 1, verb)


def _class(device: str, parent: str, minor: int, rate: int, ceil: int, prio: int, verb: str = "add") -> str:
    return (
        f"class {verb} dev {device} parent {parent} classid 1:{minor:x} htb rate {rate}bit ceil {ceil}bit "
        f"burst {_burst(rate)} cburst {_burst(ceil)} prio {prio} quantum {_FRAME}"
    )


def _leaf(verb: str, device: str, minor: int, bps: int) -> str:
    packets = min(1000, max(16, int(bps * _QUEUE_S / 8 / _FRAME)))
    return f"qdisc {verb} dev {device} parent 1:{minor:x} handle {minor:x}: pfifo limit {packets}"


def _burst(bps: int) -> int:
    """Octets that may leave at once: what the rate carries in a hundredth of a second, two frames at least."""
    return max(2 * _FRAME, int(bps * _BURST_S / 8))


def with_ceiling(side: Side, ceiling_bps: int) -> Side:
    """The same interface with another ceiling."""
    return replace(side, ceiling_bps=ceiling_bps)
