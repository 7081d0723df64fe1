"""Whether the books agree with what the simulated gateways know: the checker, fed from database and truth log."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from netquota.errors import StorageUnavailable
from netquota.services.office import Office
from netquota.services.rehearsal import unsettled
from netquota.storage.book_report import BookRows, book_rows, ledger_totals, open_orders
from radius.simulator.checker import Books, FallWatch, Places, Violation, check

_LOOK_EVERY_S: Final = 2.0
_MOST_SHOWN: Final = 20


@dataclass(slots=True)
class Verdict:
    """What did not hold; `checked` the rules that were looked at."""

    violations: list[Violation] = field(default_factory=list[Violation])
    checked: str = "A B C D E"

    def lines(self) -> list[str]:
        """For people."""
        if not self.violations:
            return [f"books: every octet stands where it belongs (rules {self.checked})"]
        shown = [str(one) for one in self.violations[:_MOST_SHOWN]]
        more = len(self.violations) - len(shown)
        return [
            f"books: {len(self.violations)} violations",
            *shown,
            *([f"... and {more} more; --truth keeps the evidence"] if more else []),
        ]


class Verifier:
    """Looks at the books before, during and after a rehearsal; `obeying` gateways carry out what they are asked."""

    def __init__(
        self, office: Office, floor_bps: int, usernames: Collection[str], gateways: Collection[str],
        obeying: Collection[str],
    ) -> None:  # fmt: skip
        self._office, self._floor_bps = office, floor_bps
        self._usernames, self._gateways, self._obeying = usernames, gateways, obeying
        self._before = self._books()[0]
        self._falls = FallWatch()
        self._limits: list[Violation] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def begin(self) -> None:
        """Begin to watch what is shown, in a thread of its own (rule C)."""
        self._thread.start()

    def at_rest(self) -> bool:
        """Whether every order has its end; then the limits in force are compared with the ledger (rule D)."""
        with self._office.database.read() as connection:
            if open_orders(connection):
                return False
        found = unsettled(self._office, self._floor_bps, self._obeying)
        self._limits = [Violation("D", one, "another limit", "what the ledger says") for one in found]
        return not found

    def verdict(self, truth: Iterable[dict[str, Any]]) -> Verdict:
        """Everything that did not hold; to be asked when everybody has left."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        books, places = self._books()
        return Verdict([*check(truth, books.since(self._before), places), *self._falls.found, *self._limits])

    def wait_for_orders(self, seconds: float) -> None:
        """Give orders time to end."""
        for _ in range(int(seconds)):
            with self._office.database.read() as connection:
                if not open_orders(connection):
                    return
            self._stop.wait(1.0)

    def _watch(self) -> None:
        while not self._stop.wait(_LOOK_EVERY_S):
            try:
                with self._office.database.read() as connection:
                    shown = ledger_totals(connection)
            except StorageUnavailable:
                continue  # nothing was shown
            for subject, total in shown:
                self._falls.saw(subject, total)

    def _books(self) -> tuple[Books, Places]:
        with self._office.database.read() as connection:
            rows: BookRows = book_rows(connection, self._usernames, self._gateways)
        return Books(rows.samples, rows.sessions, rows.ledger, rows.orders), Places(rows.sites, rows.members)
