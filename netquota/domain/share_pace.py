"""How often rounds over a shared ceiling are made, so that gateways are not talked to death. Pure.

One a second at most; one that ordered much is followed by a pause, unless somebody waits for the room that it made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BETWEEN_MS: Final = 1_000
"""Rounds over one ceiling are no nearer; with very many sessions a millisecond for each."""
DEMAND_AFTER_MS: Final = 5_000
"""A report of use asks for a round so much later: more of them come."""
SLOW_EVERY_MS: Final = 15_000
"""Without any cause, a round heals whatever was missed."""
LONGEST_PAUSE_MS: Final = 6_000
_FOR_EACH_MS: Final = 40_000
"""An order to each session is worth so long a pause: one and a half a minute, with two the most that is borne."""


@dataclass(slots=True)
class RoundPace:
    """When the next round over a ceiling is due; all in milliseconds of one clock."""

    due_ms: int
    not_before_ms: int = 0
    _rested_ms: int = 0

    def mark(self, due_ms: int) -> None:
        """Something happened: a round is due then, or sooner where one was."""
        self.due_ms = min(self.due_ms, due_ms)

    def next_ms(self) -> int:
        """When the next round may be made."""
        return max(self.due_ms, self.not_before_ms)

    def is_due(self, now_ms: int) -> bool:
        """Whether a round may be made now; also where the clock was set back."""
        return now_ms >= self.next_ms() or self.due_ms - now_ms > 2 * SLOW_EVERY_MS

    def made(self, now_ms: int, sessions: int, ordered: int, *, is_awaited: bool) -> None:
        """A round over so many sessions wrote so many orders; `is_awaited`: increases wait for answers to them."""
        worth_ms = ordered * _FOR_EACH_MS // max(1, sessions)
        self._rested_ms = min(max(self._rested_ms, now_ms) + worth_ms, now_ms + _FOR_EACH_MS)
        pause_ms = 0 if is_awaited else min(LONGEST_PAUSE_MS, self._rested_ms - now_ms)
        self.due_ms = now_ms + SLOW_EVERY_MS
        self.not_before_ms = now_ms + max(BETWEEN_MS, sessions, pause_ms)

    def put_off(self, now_ms: int) -> None:
        """Somebody else was at it just now."""
        self.due_ms = self.not_before_ms = now_ms + BETWEEN_MS
