"""The network between a gateway and its server: what gets lost, doubled or late, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Climate:
    """Shares (0 to 1) of datagrams that are lost, doubled, late; late ones by up to `late_by_s` seconds."""

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    late_by_s: float = 60.0


class Weather:
    """Decides each datagram's fate, in both directions alike."""

    def __init__(self, climate: Climate, seed: int | str = 0) -> None:
        self.climate = climate
        self._random = Random(seed)  # noqa: S311 (repeatable, not secret)

    def arrivals(self, now: float) -> list[float]:
        """When copies of a datagram sent now arrive: none where it is lost, two where it is doubled."""
        draw, climate = self._random.random, self.climate
        if draw() < climate.lost:
            return []
        copies = 2 if draw() < climate.doubled else 1
        return [now + (draw() * climate.late_by_s if draw() < climate.late else 0.0) for _ in range(copies)]
