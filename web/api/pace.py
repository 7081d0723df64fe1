"""How often somebody may ask: so many times in a minute by a key, in this process. Bounded in memory."""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

_SPAN_S: Final = 60.0
_MOST_KEYS: Final = 4096


@dataclass(frozen=True, slots=True)
class Standing:
    """How a key stands: of `most` a minute `left` are left; `again_in_s` until one more is."""

    most: int
    left: int
    again_in_s: int


class Pace:
    """At most `most` in a minute for each key; moments come from a clock that only goes forward."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._asked: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def allows(self, key: str, now_s: float) -> bool:
        """Whether this one may be answered; it counts either way it is answered, but not where it is not."""
        with self._lock:
            if key not in self._asked and len(self._asked) >= _MOST_KEYS:
                self._forget(now_s)
            asked = self._asked.setdefault(key, deque())
            while asked and asked[0] <= now_s - _SPAN_S:
                asked.popleft()
            if len(asked) >= self._most:
                return False
            asked.append(now_s)
            return True

    def standing(self, key: str, now_s: float) -> Standing:
        """How many more may be asked now."""
        with self._lock:
            asked = [at for at in self._asked.get(key, ()) if at > now_s - _SPAN_S]
        again_in_s = 0 if not asked else max(1, math.ceil(asked[0] + _SPAN_S - now_s))
        return Standing(self._most, max(0, self._most - len(asked)), again_in_s)

    def _forget(self, now_s: float) -> None:
        """Drop those who were silent for a minute; where all speak, the one that began first has to go."""
        for key in [key for key, asked in self._asked.items() if not asked or asked[-1] <= now_s - _SPAN_S]:
            del self._asked[key]
        if len(self._asked) >= _MOST_KEYS:
            del self._asked[next(iter(self._asked))]
