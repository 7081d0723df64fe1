"""Whether the server answers, and what follows while it does not: pure bookkeeping of news and silence."""

from __future__ import annotations

from netquota_gateway.settings import FailOpen


class Outage:
    """The time since the last news of the server. Seconds are of a clock that only goes forward."""

    def __init__(self, settings: FailOpen, now_s: float) -> None:
        self._settings = settings
        self.heard_s = now_s
        self.is_open = False
        self._next_probe_s = now_s

    def heard(self, now_s: float) -> bool:
        """The server answered something; whether the gateway was open until now."""
        was_open, self.is_open = self.is_open, False
        self.heard_s = now_s
        return was_open

    def opens(self, now_s: float) -> bool:
        """Whether it is time to let people through; said once."""
        if self.is_open or not self._settings.enabled or now_s - self.heard_s < self._settings.after_s:
            return False
        self.is_open = True
        return True

    def probes(self, now_s: float) -> bool:
        """Whether to ask the server now whether it lives."""
        if now_s < self._next_probe_s:
            return False
        self._next_probe_s = now_s + self._settings.probe_s
        return True

    def next_due_s(self) -> float:
        """When one of the two above will have something to say."""
        opens_s = self.heard_s + self._settings.after_s
        is_pending = self._settings.enabled and not self.is_open
        return min(self._next_probe_s, opens_s) if is_pending else self._next_probe_s
