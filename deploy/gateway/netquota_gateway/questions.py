"""Log-ins and probes on their way: the same octets again until an answer comes, or the last try. Sans-IO."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from netquota.errors import Malformed
from netquota_gateway.sessions import Moment
from radius.authenticity import response_fault
from radius.codec import Packet, parse

_IDENTIFIERS: Final = 256
Answered = Callable[[Packet | None, Moment], None]
"""Called once, with the answer, or None where none came, and when."""


@dataclass(slots=True)
class _Asked:
    request: Packet
    answered: Answered
    due_s: float
    tries_left: int


class Questions:
    """Requests of the one source port towards the authentication port."""

    def __init__(self, secret: bytes, wait_s: float) -> None:
        self._secret, self._wait_s = secret, wait_s
        self._asked: dict[int, _Asked] = {}
        self._following = 0

    def ask(self, build: Callable[[int], bytes], answered: Answered, tries: int, now: Moment) -> bool:
        """Send what `build` makes of an Identifier with the next `poll`; False where 256 questions wait already."""
        if len(self._asked) >= _IDENTIFIERS:
            return False
        while self._following in self._asked:
            self._following = (self._following + 1) % _IDENTIFIERS
        identifier, self._following = self._following, (self._following + 1) % _IDENTIFIERS
        self._asked[identifier] = _Asked(parse(build(identifier)), answered, now.s, tries)
        return True

    def poll(self, now: Moment) -> list[bytes]:
        """What to send now; whoever waited for the last try in vain is told."""
        datagrams: list[bytes] = []
        for identifier, one in list(self._asked.items()):
            if one.due_s > now.s:
                continue
            if one.tries_left == 0:
                del self._asked[identifier]
                one.answered(None, now)
                continue
            one.tries_left -= 1
            one.due_s = now.s + self._wait_s
            datagrams.append(one.request.raw)
        return datagrams

    def received(self, datagram: bytes, now: Moment) -> bool:
        """Whether this answers a question and may be believed."""
        try:
            response = parse(datagram)
        except Malformed:
            return False
        one = self._asked.get(response.identifier)
        if one is None or response_fault(response, one.request, self._secret) is not None:
            return False
        del self._asked[response.identifier]
        one.answered(response, now)
        return True

    def next_due_s(self) -> float | None:
        """When `poll` will have something to do."""
        return min((one.due_s for one in self._asked.values()), default=None)
