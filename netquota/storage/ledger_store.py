"""The books: sessions, ledger and samples, written batch by batch in one transaction each.

The difference is computed inside the transaction that stores it: session rows are read locked, in key order; ledger and
sample rows are added to (`x = x + excluded.x`), in key order too, so that two writers neither double nor deadlock.
The statements of the two databases stand in ledger_sqlite.py and ledger_postgres.py.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Protocol

from sqlalchemy import Connection

from netquota.domain.quota import LedgerFigure
from netquota.storage.database import Database
from netquota.storage.ledger_postgres import PostgresPage
from netquota.storage.ledger_sqlite import SqlitePage
from netquota.storage.session_row import Charge, SessionRow, StandingOrder

SessionKey = tuple[int, str]  # gateway id, Acct-Session-Id
LedgerKey = tuple[int, int, int]  # quota id, subject id, period's start (epoch s)

PERSON, SITE, LINK = 1, 2, 3  # usage_sample.kind


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
        """Write back sessions read before."""
        ...

    def write(
        self, rows: Sequence[SessionRow], charges: Sequence[Charge], samples: Sequence[tuple[int, int, int, int, int]]
    ) -> list[LedgerFigure]:
        """`update_sessions`, `add_samples` and `charge` at once: what a batch of reports leaves."""
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


class Books:
    """Opens pages: one write transaction each, committed durably when the block ends without an error."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def page(self) -> Generator[tuple[Page, Connection]]:
        """A page and the connection under it (for orders and records in the same transaction).

        Raises `StorageUnavailable` when the database does not take it: nothing was counted then. `Entangled`, where
        just another writer was in the way.
        """
        with self._database.write() as connection:
            yield page_on(connection), connection

    @contextmanager
    def reading(self) -> Generator[Page]:
        """A page to read from; nothing may be written or locked on it. Raises `StorageUnavailable`."""
        with self._database.read() as connection:
            yield page_on(connection)


def page_on(connection: Connection) -> Page:
    """The page that speaks this connection's database."""
    if connection.dialect.name == "sqlite":
        return SqlitePage(connection)
    return PostgresPage(connection)


def charges_in_order(charges: Iterable[Charge]) -> list[Charge]:
    """One charge a ledger row, in key order: the order in which every writer takes the row locks."""
    summed: dict[LedgerKey, Charge] = {}
    for charge in charges:
        key = (charge.quota_id, charge.subject_id, charge.period_start_s)
        held = summed.get(key)
        if held is None:
            summed[key] = charge
        else:
            octets = held.octets + charge.octets
            summed[key] = Charge(charge.quota_id, charge.subject_id, charge.period_start_s, held.period_end_s, octets)
    return [summed[key] for key in sorted(summed)]
