"""How office people use a network: who is online at which hour, and what each takes. Repeatable for a seed."""

from __future__ import annotations

from random import Random
from typing import Final

from netquota.domain.units import Rate

_SLOT_S: Final = 20
_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_ONLINE: Final = (  # share of the people online, by local hour of a working day
    0.10, 0.08, 0.08, 0.08, 0.08, 0.10, 0.20, 0.50, 0.85, 0.90, 0.90, 0.85,
    0.60, 0.80, 0.85, 0.75, 0.50, 0.30, 0.25, 0.25, 0.25, 0.20, 0.15, 0.12,
)  # fmt: skip
LEAST_ONLINE: Final = 0.25
"""A demo started at night shall live, too."""
_WEEKEND: Final = 0.4
_ACTIVITIES: Final = (  # weight, bit/s down, bit/s up
    (50, 20_000, 8_000),  # the phone in the pocket
    (25, 900_000, 120_000),  # pages, e-office
    (12, 3_500_000, 200_000),  # a video
    (6, 2_000_000, 1_800_000),  # a conference
    (4, 200_000, 6_000_000),  # sending files
    (3, 60_000_000, 1_500_000),  # a large download takes what it gets
)
_WEIGHTS: Final = [weight for weight, _, _ in _ACTIVITIES]


def online_share(now: float, utc_offset_s: int) -> float:
    """The share of people who are online at a moment (epoch s), 0 to 1, in the city's zone."""
    local = now + utc_offset_s
    weekday = int(local // _DAY_S + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    share = _ONLINE[int(local % _DAY_S // _HOUR_S)] * (_WEEKEND if weekday >= 5 else 1.0)
    return max(LEAST_ONLINE, share)


class HumanDemand:
    """What one person would take, changing every 20 s; some are keener than others all their life."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._keenness = Random(seed).lognormvariate(0.0, 0.6)  # noqa: S311 (repeatable, not secret)
        self._slot = -1
        self._rate = Rate(0, 0)

    def __call__(self, now: float) -> Rate:
        """Bit/s wanted at this moment (epoch s)."""
        slot = int(now // _SLOT_S)
        if slot != self._slot:
            draw = Random(f"{self._seed}:{slot}")  # noqa: S311
            _, down, up = draw.choices(_ACTIVITIES, _WEIGHTS)[0]
            swing = self._keenness * draw.uniform(0.6, 1.4)
            self._slot, self._rate = slot, Rate(int(down * swing), int(up * swing))
        return self._rate
