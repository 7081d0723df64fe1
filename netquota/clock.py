"""Time as a value that is handed in: services and doors take a `Clock`, the domain takes moments."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What time it is, and how long something took."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean something."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some moment; a wall clock that jumps does not change them."""
        return time.monotonic()


@dataclass(slots=True)
class FixedClock:
    """A clock that stands until it is moved: for tests, and for asking what would be decided at another time."""

    moment: datetime
    running_s: float = 0.0

    def __post_init__(self) -> None:
        if self.moment.tzinfo is None:
            raise ValueError("a clock's moment must be aware: give it a time zone")

    def now(self) -> datetime:
        """The moment at which it stands, in UTC."""
        return self.moment.astimezone(UTC)

    def monotonic(self) -> float:
        """Seconds that passed by `advance`; setting the moment leaves them alone, as a jump of the clock does."""
        return self.running_s

    def advance(self, seconds: float) -> None:
        """Let time pass, on both clocks."""
        self.moment += timedelta(seconds=seconds)
        self.running_s += seconds
