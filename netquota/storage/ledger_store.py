"""The books: sessions, ledger and samples, written batch by batch in one transaction each.

The difference is computed inside the transaction that stores it: session rows are read locked, in key order; ledger and
sample rows are added to (`x = x + excluded.x`), in key order too, so that two writers neither double nor deadlock.
The statements of the two databases stand in ledger_sqlite.py and ledger_postgres.py.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from netquota.domain.quota import LedgerFigure
from netquota.domain.samples import LINK, PERSON, SITE
from netquota.storage.commits import Commits, Then
from netquota.storage.database import Database
from netquota.storage.ledger_postgres import PostgresPage
from netquota.storage.ledger_sqlite import SqlitePage
from netquota.storage.session_row import Charge, Leaves, SessionRow, StandingOrder

__all__ = ["LINK", "PERSON", "SITE", "Books", "LedgerKey", "Page", "SessionKey", "charges_in_order", "page_on"]

SessionKey = tuple[int, str]  # gateway id, Acct-Session-Id
LedgerKey = tuple[int, int, int]  # quota id, subject id, period's start (epoch s)

PARTS_A_WRITER = 2


class Page(Protocol):
    """One transaction in the books."""

    def sessions_of(self, keys: Sequence[SessionKey], since_s: int) -> list[SessionRow]:
        """The sessions with these keys and any news since `since_s`, locked, oldest incarnation first."""
        ...

    def open_sessions_of_gateway(self, gateway_id: int) -> list[SessionRow]:
        """All open sessions of a gateway, locked."""
        ...

    def open_sessions_of(self, employee_ids: Sequence[int]) -> list[SessionRow]:
        """All open sessions of these people, not locked."""
        ...

    def open_sessions_of_opds(self, opd_ids: Sequence[int]) -> list[SessionRow]:
        """All open sessions of the people of these OPDs, wherever they are, not locked."""
        ...

    def sessions_by_id(self, session_ids: Sequence[int]) -> list[SessionRow]:
        """These sessions, locked."""
        ...

    def idle_sessions_by_id(self, session_ids: Sequence[int]) -> list[SessionRow]:
        """Those of these sessions that no other writer has in hand at this moment, locked."""
        ...

    def standing_orders(self, session_ids: Sequence[int]) -> dict[int, StandingOrder]:
        """The orders of these sessions that have no end yet, by session."""
        ...

    def insert_sessions(self, rows: Sequence[SessionRow]) -> None:
        """Insert new sessions; their ids are filled in."""
        ...

    def update_sessions(self, rows: Sequence[SessionRow]) -> None:
        """Write back sessions read before. Raises `Overtaken` where another writer was faster: undo all then."""
        ...

    def write(self, rows: Sequence[SessionRow], leaves: Leaves) -> list[LedgerFigure]:
        """`update_sessions`, `add_samples`, `charge` and the news at once: what a batch of reports leaves."""
        ...

    def charge(self, charges: Sequence[Charge]) -> list[LedgerFigure]:
        """Add to ledger rows (opened where missing); the figures after it."""
        ...

    def add_samples(self, rows: Sequence[tuple[int, int, int, int, int]]) -> None:
        """Add (kind, subject, bin start, down, up) to the 5-minute samples."""
        ...

    def figures(self, keys: Sequence[tuple[int, int]], now_s: int) -> list[LedgerFigure]:
        """The ledger rows of these (quota, subject) whose period holds `now_s`."""
        ...


@dataclass(slots=True)
class Turn:
    """A page whose commit may be left to run while the writer goes on: `leave` says what follows it."""

    page: Page
    connection: Connection
    then: Then | None = None

    def leave(self, then: Then) -> None:
        """Do not wait for the commit at the block's end; `then` is told how it went, in another thread."""
        self.then = then


class Books:
    """Opens pages: one write transaction each, committed durably when the block ends without an error."""

    def __init__(self, database: Database, part: int = 0) -> None:
        """`part`: the first of the `PARTS_A_WRITER` parts in which this writer adds to samples of sites and links.

        Writers with parts of their own (0 to 32767) never wait for each other there; readers sum the parts.
        """
        self._database = database
        self._part = part
        self._commits = Commits()
        self._turns = 0

    @contextmanager
    def turn(self) -> Generator[Turn]:
        """As `page`, and its commit can be left; the next turn then works while that one is made durable.

        Two transactions of this writer are open then, so every other turn has another part of the samples.
        """
        self._turns += 1
        if self._database.kind == "sqlite":
            self._commits.wait()  # one writer at a time as it is
        with self._database.write_open() as write:
            turn = Turn(page_on(write.connection, self._part + self._turns % PARTS_A_WRITER), write.connection)
            yield turn
        if turn.then is None:
            write.commit()
        else:
            self._commits.give(write, turn.then)

    def wait(self) -> None:
        """Return when every commit that was left has ended."""
        self._commits.wait()

    def close(self) -> None:
        """Wait, and end the thread that commits."""
        self._commits.close()

    @contextmanager
    def page(self) -> Generator[tuple[Page, Connection]]:
        """A page and the connection under it (for orders and records in the same transaction).

        Raises `StorageUnavailable` when the database does not take it: nothing was counted then. `Entangled`, where
        just another writer was in the way.
        """
        with self._database.write() as connection:
            yield page_on(connection, self._part), connection

    @contextmanager
    def reading(self) -> Generator[Page]:
        """A page to read from; nothing may be written or locked on it. Raises `StorageUnavailable`."""
        with self._database.read() as connection:
            yield page_on(connection)


def page_on(connection: Connection, part: int = 0) -> Page:
    """The page that speaks this connection's database; `part` as in `Books`."""
    if connection.dialect.name == "sqlite":
        return SqlitePage(connection)  # one writer at a time as it is
    return PostgresPage(connection, part)


def charges_in_order(charges: Iterable[Charge]) -> list[Charge]:
    """One charge a ledger row, in key order: the order in which every writer takes the row locks."""
    summed: dict[LedgerKey, Charge] = {}
    for charge in charges:
        key = (charge.quota_id, charge.subject_id, charge.period_start_s)
        held = summed.get(key)
        if held is None:
            summed[key] = charge
        else:
            more, rest = divmod(held.rest + charge.rest, 1000)
            octets = held.octets + charge.octets + more
            summed[key] = Charge(*key, held.period_end_s, octets, rest=rest)
    return [summed[key] for key in sorted(summed)]
