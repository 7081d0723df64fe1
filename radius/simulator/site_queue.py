"""A gateway's own queue: one rate that all its sessions share, max-min fair, as a router's fair queue does. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from netquota.domain.units import Rate
from radius.simulator.sessions import SimulatedSession


def fair_shares(capacity: int, wanted: Sequence[int]) -> list[int]:
    """What each gets of `capacity`: nobody more than wanted, the rest shared evenly; never more than `capacity`."""
    shares = [0] * len(wanted)
    left, waiting = capacity, len(wanted)
    for index in sorted(range(len(wanted)), key=wanted.__getitem__):
        shares[index] = min(wanted[index], left // waiting)
        left -= shares[index]
        waiting -= 1
    return shares


def share_queue(queue: Rate, sessions: Sequence[SimulatedSession], now: float) -> None:
    """Give each session its share until the next look."""
    wanted = [session.wanted(now) for session in sessions]
    down = fair_shares(queue.down_bps, [one.down_bps for one in wanted])
    up = fair_shares(queue.up_bps, [one.up_bps for one in wanted])
    for session, down_bps, up_bps in zip(sessions, down, up, strict=True):
        session.share = Rate(down_bps, up_bps)
