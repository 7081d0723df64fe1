"""Landing on a soft quota's line (model.md): who would pass it before the next count is slowed to end on it.

Pure, on whole octets, bit/s and seconds. Several sessions on one quota divide what is left by max-min fairness: nobody
gets more than he could use, and what one cannot use the others get.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netquota.domain.quota import Direction, measured
from netquota.domain.units import Octets2, Rate

NOISE_PERMILLE = 100
"""A landing rate that differs from what the session has by less is not worth an order."""


@dataclass(frozen=True, slots=True)
class Landing:
    """A session's part of what a quota has left: octets that must last for `interval_s`, until its next count."""

    octets: int
    interval_s: int


@dataclass(frozen=True, slots=True)
class Approach:
    """A session charged to a quota: its rate without landing, seconds between its counts, octets not counted yet.

    `can_slow`: whether its gateway takes another rate while it runs; who cannot be slowed is reckoned with as it is.
    """

    rate: Rate
    interval_s: int
    uncounted: int = 0
    can_slow: bool = True


def speed(rate: Rate, direction: Direction) -> int:
    """The bit/s of a rate that a quota of this direction covers."""
    return measured(direction, Octets2(rate.up_bps, rate.down_bps))


def reach(rate: Rate, direction: Direction, interval_s: int) -> int:
    """Octets that a session can use before its next count."""
    return speed(rate, direction) * interval_s // 8


def landings(left: int, direction: Direction, sessions: Sequence[Approach]) -> list[Landing | None]:
    """For each session its part of `left` octets; None where all together cannot use that before they report."""
    reaches = [reach(one.rate, direction, one.interval_s) for one in sessions]
    left = max(0, left - sum(one.uncounted for one in sessions))
    if sum(reaches) <= left:
        return [None] * len(sessions)
    left -= sum(octets for octets, one in zip(reaches, sessions, strict=True) if not one.can_slow)
    slowed = [octets if one.can_slow else 0 for octets, one in zip(reaches, sessions, strict=True)]
    parts = divided(max(0, left), slowed)
    return [
        Landing(octets, one.interval_s) if one.can_slow else None for octets, one in zip(parts, sessions, strict=True)
    ]


def divided(octets: int, most: Sequence[int]) -> list[int]:
    """Octets dealt out equally, to none more than his `most`; what one leaves the others get. The sum is exact."""
    parts = [0] * len(most)
    open_ones = sorted(range(len(most)), key=lambda index: most[index])
    for position, index in enumerate(open_ones):
        parts[index] = min(most[index], octets // (len(most) - position))
        octets -= parts[index]
    return parts


def landing_rate(rate: Rate, direction: Direction, landing: Landing, floor: Rate) -> Rate:
    """The rate at which a session uses just its part until its next count; never above `rate`, nor under the floor.

    Both directions are lowered in proportion where the quota counts both, else the one that it counts.
    """
    present = speed(rate, direction)
    wanted = landing.octets * 8 // max(1, landing.interval_s)
    if wanted >= present:
        return rate
    down = rate.down_bps if direction is Direction.UP else rate.down_bps * wanted // present
    up = rate.up_bps if direction is Direction.DOWN else rate.up_bps * wanted // present
    return Rate(down, up).at_least(floor).capped_by(rate)


def is_noise(applied: Rate, wanted: Rate) -> bool:
    """Whether two landing rates are so near that the gateway need not be told."""
    pairs = ((applied.down_bps, wanted.down_bps), (applied.up_bps, wanted.up_bps))
    return all(abs(had - has) * 1000 < NOISE_PERMILLE * had for had, has in pairs)
