"""Requests on their way to the server: Identifier and octets stay the same until an answer comes, or the last try."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from netquota.errors import Malformed
from radius.authenticity import response_fault
from radius.codec import Packet, parse

_WINDOW: Final = 256
Note = TypeVar("Note")


@dataclass(frozen=True, slots=True)
class Letter(Generic[Note]):
    """What was asked, what it is to its sender, and when it was first sent (epoch s)."""

    request: Packet
    note: Note
    sent_at: float = 0.0


@dataclass(slots=True)
class _Pending(Generic[Note]):
    letter: Letter[Note]
    due: float
    tries: int = 0


class Outbox(Generic[Note]):
    """One source port's requests; beyond 256 outstanding ones the rest waits. `tries` 0: until answered."""

    def __init__(self, secret: bytes, wait_s: float = 3.0, tries: int = 0) -> None:
        self._secret, self._wait_s, self._tries = secret, wait_s, tries
        self._pending: dict[int, _Pending[Note]] = {}
        self._queue: deque[tuple[Callable[[int], bytes], Note]] = deque()
        self._following = 0
        self.given_up: list[Note] = []
        self.repeated = 0

    def __len__(self) -> int:
        return len(self._pending) + len(self._queue)

    def add(self, build: Callable[[int], bytes], note: Note) -> None:
        """Take a request; `build` makes its octets once the Identifier is known."""
        self._queue.append((build, note))

    def clear(self) -> None:
        """Forget all, as a reboot does."""
        self._pending.clear()
        self._queue.clear()

    def poll(self, now: float) -> list[bytes]:
        """What to send now. What got no answer after the last try moves to `given_up`."""
        datagrams: list[bytes] = []
        while self._queue and len(self._pending) < _WINDOW:
            build, note = self._queue.popleft()
            request = parse(build(self._identifier()))
            self._pending[request.identifier] = _Pending(Letter(request, note, now), now)
        for identifier, one in list(self._pending.items()):
            if one.due > now:
                continue
            if self._tries and one.tries >= self._tries:
                del self._pending[identifier]
                self.given_up.append(one.letter.note)
                continue
            self.repeated += one.tries > 0
            one.tries += 1
            one.due = now + self._wait_s
            datagrams.append(one.letter.request.raw)
        return datagrams

    def answered(self, datagram: bytes) -> tuple[Packet, Letter[Note]] | None:
        """The answer and what it answers; None for what answers nothing or is not to be believed."""
        try:
            response = parse(datagram)
        except Malformed:
            return None
        one = self._pending.get(response.identifier)
        if one is None or response_fault(response, one.letter.request, self._secret) is not None:
            return None
        del self._pending[response.identifier]
        return response, one.letter

    def next_due(self) -> float | None:
        """When `poll` will have something to do; None while nothing waits."""
        if self._queue and len(self._pending) < _WINDOW:
            return 0.0
        return min((one.due for one in self._pending.values()), default=None)

    def _identifier(self) -> int:
        while self._following in self._pending:
            self._following = (self._following + 1) % _WINDOW
        found = self._following
        self._following = (found + 1) % _WINDOW
        return found
