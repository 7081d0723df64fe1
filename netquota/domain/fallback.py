"""What is done at a gateway instead of what it cannot do. A small table; the words for it are the services'."""

from __future__ import annotations

from enum import StrEnum


class Fallback(StrEnum):
    """How a decision reaches a running session there."""

    NONE = "none"
    """Limits by CoA, ends by Disconnect."""
    END = "end"
    """No limit by CoA: a lower one ends the session, which logs in again; a higher one waits for the next log-in."""
    SLOW = "slow"
    """No end by Disconnect: who may not go on is left the least speed."""
    NEXT_LOGIN = "next_login"
    """Neither: sessions are kept short, and the next log-in brings what is decided."""


_TABLE = {
    (True, True): Fallback.NONE,
    (False, True): Fallback.END,
    (True, False): Fallback.SLOW,
    (False, False): Fallback.NEXT_LOGIN,
}


def fallback(can_change_rate: bool, can_end: bool) -> Fallback:
    """By what the gateway can do with a running session."""
    return _TABLE[can_change_rate, can_end]
