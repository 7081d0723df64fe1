"""What simulated gateways lived through, added up: log-ins, reports, orders, answer times, octets, own lateness.

Memory does not grow with time: durations fall into steps of five per cent.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from radius.codec import Code

ACCEPTED: Final = "accepted"
NO_ANSWER: Final = "no answer"
_SHORTEST_S: Final = 1e-5
_STEP: Final = math.log(1.05)


class Durations:
    """Seconds, of which quantiles are asked; each is kept to within five per cent."""

    def __init__(self) -> None:
        self._steps: Counter[int] = Counter()
        self.count = 0
        self.longest_s = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self.count += 1
        self.longest_s = max(self.longest_s, seconds)
        self._steps[max(0, math.ceil(math.log(max(seconds, _SHORTEST_S) / _SHORTEST_S) / _STEP))] += 1

    def quantile(self, share: float) -> float:
        """The duration (s) that so large a share (0 to 1) did not pass; 0 where there is none."""
        wanted, seen = share * self.count, 0
        for step in sorted(self._steps):
            seen += self._steps[step]
            if seen >= wanted:
                return min(self.longest_s, _SHORTEST_S * math.exp(step * _STEP))
        return 0.0

    def told(self) -> dict[str, float | int]:
        """Count, median, 99th percentile and longest, in milliseconds."""
        p50, p99 = self.quantile(0.5), self.quantile(0.99)
        return {
            "count": self.count, "p50_ms": _ms(p50), "p99_ms": _ms(p99), "longest_ms": _ms(self.longest_s),
        }  # fmt: skip


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


@dataclass(slots=True)
class Tally:
    """Everything that is told at the end. `octets_told` were in reports, `octets_acknowledged` in answered ones.

    `logins` by outcome (accepted, no answer, or the server's words), `orders` by (kind, answer), `late`: how long after
    their moment the simulator's own events ran.
    """

    logins: Counter[str] = field(default_factory=Counter[str])
    made: Counter[str] = field(default_factory=Counter[str])
    acknowledged: Counter[str] = field(default_factory=Counter[str])
    orders: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    repeated: Counter[str] = field(default_factory=Counter[str])
    answers: dict[str, Durations] = field(default_factory=dict[str, Durations])
    late: Durations = field(default_factory=Durations)
    reboots: int = 0
    most_online: int = 0
    octets_told: int = 0
    octets_acknowledged: int = 0

    def answered(self, door: str, seconds: float) -> None:
        """The server's answer came so long after the first sending."""
        self.answers.setdefault(door, Durations()).add(seconds)

    def ordered(self, code: int, refused: bool | None) -> None:
        """An order came; `refused` None: it gets no answer."""
        answer = "silence" if refused is None else "NAK" if refused else "ACK"
        self.orders["CoA" if code == Code.COA_REQUEST else "Disconnect", answer] += 1

    def as_table(self) -> dict[str, object]:
        """For programs: the same figures by name, in whole milliseconds and octets."""
        return {
            "most_online": self.most_online,
            "logins": dict(self.logins.most_common()),
            "reports": dict(self.made),
            "acknowledged": dict(self.acknowledged),
            "repeated": dict(self.repeated),
            "reboots": self.reboots,
            "orders": {f"{kind} {answer}": count for (kind, answer), count in sorted(self.orders.items())},
            "octets_told": self.octets_told,
            "octets_acknowledged": self.octets_acknowledged,
            "answers": {door: durations.told() for door, durations in self.answers.items()},
            "own_lateness": self.late.told(),
        }
