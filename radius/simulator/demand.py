"""What the people of a rehearsal would take if nothing limited them. Repeatable for a seed.

Times are epoch seconds of the city's day, which may run faster than the clock (`speed`).
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from netquota.domain.units import Rate
from radius.simulator.people import HumanDemand
from radius.simulator.sessions import Demand

DemandOf = Callable[[str], Demand]
"""The demand of one device, by the seed that is its own."""

QUIET: Final = Rate(0, 0)


class Bursty:
    """Nothing at most times, `rate` in a `busy` share (0 to 1) of the stretches of `every_s` seconds."""

    def __init__(self, seed: str, rate: Rate, busy: float, every_s: float) -> None:
        self._seed, self._rate, self._busy, self._every_s = seed, rate, busy, every_s
        self._phase_s = Random(seed).uniform(0, every_s)  # noqa: S311 (repeatable, not secret)
        self._stretch = -1
        self._now = QUIET

    def __call__(self, now: float) -> Rate:
        """Bit/s wanted at this moment (epoch s)."""
        stretch = int((now + self._phase_s) // self._every_s)
        if stretch != self._stretch:
            self._stretch = stretch
            is_busy = Random(f"{self._seed}:{stretch}").random() < self._busy  # noqa: S311
            self._now = self._rate if is_busy else QUIET
        return self._now


def constant(rate: Rate) -> DemandOf:
    """The same for everybody, always."""
    return lambda _seed: lambda _now: rate


def bursty(rate: Rate, busy: float, every_s: float) -> DemandOf:
    """Each device has bursts of its own."""
    return lambda seed: Bursty(seed, rate, busy, every_s)


def office(speed: float = 1.0) -> DemandOf:
    """What people of an office do, each in his own way (`HumanDemand`); `speed`: how much faster their day runs."""

    def of(seed: str) -> Demand:
        human = HumanDemand(seed)
        return human if speed == 1.0 else lambda now: human(now * speed)

    return of
