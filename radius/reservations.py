"""Log-ins that wait for an exact grant from the database: from the packet loop to the bookkeeper and back.

None waits longer than figures are waited for; what then becomes of it is the desk's affair. A slow database is waited
for while the gateways would repeat: a grant that nothing stands behind is given only where it is away.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from netquota.domain.policy import Decision
from netquota.services.admission import Asked
from radius.bookkeeper import Bookkeeper, Reserved
from radius.engine import Login

GRANT_WAIT_S = 1.0
LONGEST_WAIT_S = 9.0  # three tries of a gateway


@dataclass(frozen=True, slots=True)
class Waiting:
    """A log-in under way to its grant; `is_news`: its answer is worth recording."""

    login: Login
    asked: Asked
    is_news: bool


class Reservations:
    """Who waits, by the number of his log-in; every one comes out once."""

    def __init__(self, bookkeeper: Bookkeeper) -> None:
        self._bookkeeper = bookkeeper
        self._waiting: dict[int, Waiting] = {}
        self._overdue: deque[tuple[float, float, int]] = deque()  # when to look, waiting since, number

    def ask(self, one: Waiting, now_s: float) -> None:
        """Hand a log-in over. `now_s` any forward clock."""
        self._waiting[one.asked.number] = one
        self._overdue.append((now_s + GRANT_WAIT_S, now_s, one.asked.number))
        self._bookkeeper.inbox.reserving.append(one.asked)
        self._bookkeeper.put()

    def answered(self, result: Reserved) -> Iterator[tuple[Waiting, Decision | None]]:
        """Who still waited, with what was granted; None where the database did not take it."""
        decided = result.decided or [None] * len(result.asked)
        for asked, decision in zip(result.asked, decided, strict=True):
            one = self._waiting.pop(asked.number, None)
            if one is not None:
                yield one, decision

    def overdue(self, now_s: float, is_slow: bool) -> Iterator[Waiting]:
        """Who has waited too long: for a database that is away, or so long for a slow one that nobody listens still.

        `is_slow`: the database still answers, late as it may be.
        """
        while self._overdue and self._overdue[0][0] <= now_s:
            _, since_s, number = self._overdue.popleft()
            if number not in self._waiting:
                continue
            if is_slow and now_s - since_s < LONGEST_WAIT_S:
                self._overdue.append((now_s + GRANT_WAIT_S, since_s, number))
            else:
                yield self._waiting.pop(number)

    def next_due(self) -> float | None:
        """When the next one has waited long enough."""
        while self._overdue and self._overdue[0][2] not in self._waiting:
            self._overdue.popleft()
        return self._overdue[0][0] if self._overdue else None
