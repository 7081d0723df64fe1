"""Leases of a quota among its sessions (planning.md §5.3): who holds how much, whose lease is over, what is free.

The arithmetic of one grant stands in quota.py; here stands what it is asked about. All pure; octets and epoch seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from netquota.domain.quota import Lease, grant

SILENT_INTERVALS = 3
STOP_WITHIN_S = 60
"""The Stop of a session that its timeout ends may come so much later; freed sooner, its octets would be given twice."""


class Standing(Enum):
    """What is known of a lease's session: not heard of yet, open, so silent that it counts as ended, ended."""

    UNHEARD = "unheard"
    OPEN = "open"
    STALE = "stale"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class HeldLease:
    """A session's lease as the books have it; `used` octets of the session so far, 0 before it speaks.

    `last_news_s` is the session's last packet, else its log-in; `gateway_news_s` its gateway's last one of any session.
    """

    number: int
    quota_id: int
    subject_id: int
    employee_id: int
    mac: str
    lease: Lease
    used: int
    standing: Standing
    interim_s: int
    last_news_s: int
    gateway_news_s: int | None = None
    until_s: int | None = None

    @property
    def unused(self) -> int:
        """Octets that it may still use."""
        return self.lease.unused(self.used)

    def is_over(self, now_s: int) -> bool:
        """Whether what it has not used is free again: ended, past its Session-Timeout, or silent for 3 intervals.

        Silence counts only while the gateway reports others: one that is cut off goes on serving up to its caps.
        """
        if self.standing is Standing.ENDED:
            return True
        if self.until_s is not None and now_s >= self.until_s + STOP_WITHIN_S:
            return True
        silent_s = self.last_news_s + SILENT_INTERVALS * self.interim_s
        return self.gateway_news_s is not None and self.gateway_news_s > silent_s


@dataclass(slots=True)
class Pool:
    """A quota in its running period while its row is locked: `entitled` and `used` octets, and who holds leases.

    Only `leased_out` and `open_sessions` change, by `granted`; octets of ended sessions + sum of caps <= entitled.
    """

    entitled: int
    used: int
    leased_out: int = 0
    open_sessions: int = 0

    @classmethod
    def of(cls, entitled: int, used: int, held: Iterable[HeldLease]) -> Pool:
        """The pool with the leases that stand."""
        pool = cls(entitled, used)
        for lease in held:
            pool.leased_out += lease.unused
            pool.open_sessions += 1
        return pool

    def offer(self, min_grant: int) -> int:
        """What one more session would get."""
        return grant(self.entitled, self.used, self.leased_out, self.open_sessions + 1, min_grant)

    def renewal(self, min_grant: int) -> int:
        """What a session that holds a lease already would get on top."""
        return grant(self.entitled, self.used, self.leased_out, self.open_sessions, min_grant)

    def take(self, octets: int, is_new: bool) -> None:
        """Give it away."""
        self.leased_out += octets
        self.open_sessions += is_new
