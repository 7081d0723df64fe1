"""What every way has in common: a message, and the two ways of failing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from netquota.errors import NetquotaError


class LaterPlease(NetquotaError):
    """It did not go out, and may later; `after_s`: how long the other side wants to be left in peace."""

    def __init__(self, problem: str, after_s: int | None = None) -> None:
        super().__init__(problem)
        self.after_s = after_s


class Refused(NetquotaError):
    """The other side will never take this: the address does not exist there, or blocked us."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address. `reference` stays the same when it is sent again, so that a double is known."""

    to: str
    subject: str
    body: str
    language: str
    topic: str
    name: str
    reference: str
    at: datetime


class Way(Protocol):
    """A way by which messages leave."""

    def send(self, message: Message) -> str:
        """Send it; what the other side said. Raises `LaterPlease`, `Refused`; no text of either holds a secret."""
        ...
