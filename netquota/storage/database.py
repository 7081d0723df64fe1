"""One door to the database, SQLite or PostgreSQL: short read and write transactions, and errors of our own.

A write on SQLite takes the writer's lock at once (BEGIN IMMEDIATE), so that what it read is still true when it commits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Literal, TypeVar, cast

import psycopg
from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    DisconnectionError,
    IntegrityError,
    InterfaceError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from netquota.errors import ConfigurationError, Conflict, StorageUnavailable

__all__ = ["Connection", "Database", "Entangled", "Kind", "OpenWrite", "is_postgresql", "open_database", "tried_again"]

Kind = Literal["sqlite", "postgresql"]

PINGED_AFTER_S = 0.05  # a pooled connection that rested longer is asked whether it lives
BUSY_TIMEOUT_S = 5.0  # how long a SQLite writer waits for another before it gives up
ATTEMPTS = 3  # at a transaction that another writer stood in the way of
LOOK_AGAIN_S = 0.0005  # between a waiting writer's looks
_FORMS = "write sqlite:///folder/file.sqlite or postgresql://user@host/name"
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "journal_size_limit=67108864",
    "cache_size=-16384",  # 16 MiB: a month of history is read through it, and its indexes are written through it
)
_IMMEDIATE = "netquota_immediate"
_UNDONE = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)


class Entangled(StorageUnavailable):
    """Two writers stood in each other's way and the database undid one of them: the same again will do."""


Result = TypeVar("Result")


def tried_again(act: Callable[[], Result]) -> Result:
    """What `act` gives, done anew where another writer was in the way. Raises `Entangled` after three attempts."""
    for _ in range(ATTEMPTS - 1):
        try:
            return act()
        except Entangled:
            continue
    return act()


@dataclass(frozen=True, slots=True)
class OpenWrite:
    """A transaction that outlives its block: to be committed once, by one thread at a time."""

    connection: Connection
    _transaction: RootTransaction
    _url: str = field(repr=False)

    def commit(self) -> None:
        """Make it durable. Raises `StorageUnavailable`: then nothing of it was kept."""
        with _own_errors(self._url):
            try:
                self._transaction.commit()
            except BaseException:
                self._transaction.rollback()  # else it would be open still, for whoever gets the connection next
                raise
            finally:
                self.connection.close()


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. Connections are pooled; threads may share it, forked processes may not."""

    kind: Kind
    url: str = field(repr=False)  # with its password
    path: Path | None
    engine: Engine
    _reading: Engine = field(repr=False)
    _writing: Engine = field(repr=False)

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A read-only transaction that sees one moment of the database throughout.

        Raises `StorageUnavailable` when the database is away, `Conflict` never.
        """
        with _own_errors(self.url), self._reading.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Generator[Connection]:
        """A transaction that is durable when the block ends, and undone when the block raises.

        Raises `StorageUnavailable` (not taken, nothing kept; `Entangled` where only another writer was in the way) and
        `Conflict` (a unique key or a reference forbids it, or no column holds such a value).
        """
        with _own_errors(self.url), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def write_open(self) -> Generator[OpenWrite]:
        """As `write`, but the block's end leaves the transaction open: whoever took it commits it, in any thread."""
        with _own_errors(self.url):
            connection = self._writing.connect()
            try:
                open_write = OpenWrite(connection, connection.begin(), self.url)
                yield open_write
            except BaseException:
                connection.close()  # undoes what was begun
                raise

    @contextmanager
    def remake(self) -> Generator[Connection]:
        """A write in which tables may be made anew: references are not enforced on SQLite, the caller checks them.

        Else dropping a table would delete what refers to it; the switch works only outside a transaction.
        """
        with _own_errors(self.url), self._writing.connect() as connection:
            _enforce_references(connection, "OFF")
            try:
                with connection.begin():
                    yield connection
            finally:
                _enforce_references(connection, "ON")

    def dispose(self) -> None:
        """Close the pooled connections; to be called in a child right after a fork, and at the end."""
        self.engine.dispose()


def open_database(url: str, *, by_key: bool = False) -> Database:
    """Open `sqlite:///path` (file and folder are made when missing) or `postgresql://...` (connects when first used).

    `by_key`: for a process that names the rows it wants; PostgreSQL is not to read a table for each statement because
    it was small when the statement was planned. Raises `ConfigurationError` where the URL cannot be used.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(f"database.url: {_masked(url)} is no database URL; {_FORMS}") from error
    match parsed.get_backend_name():
        case "sqlite":
            return _open_sqlite(parsed)
        case "postgresql":
            return _open_postgresql(parsed, by_key)
        case other:
            raise ConfigurationError(f"database.url: {other!r} is not supported; {_FORMS}")


def is_postgresql(connection: Connection) -> bool:
    """Whether statements on this connection go to PostgreSQL (else SQLite)."""
    return connection.dialect.name == "postgresql"


def _open_sqlite(url: URL) -> Database:
    if not url.database or url.database == ":memory:":
        raise ConfigurationError(f"database.url: SQLite needs a file that all processes share; {_FORMS}")
    path = Path(url.database).absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        path.touch(mode=0o600)  # it holds password hashes
    except OSError as error:
        problem = f"{path} cannot be written ({error.strerror}); choose another place"
        raise ConfigurationError(f"database.url: {problem}") from error
    options = {"timeout": BUSY_TIMEOUT_S, "isolation_level": None}
    engine = create_engine(url.set(database=str(path)), connect_args=options, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    writing = engine.execution_options(**{_IMMEDIATE: True})
    return Database("sqlite", f"sqlite:///{path}", path, engine, engine, writing)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """The driver's own BEGIN comes too late (before the first change), so we send ours."""
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    if connection.get_execution_options().get(_IMMEDIATE, False):
        _begin_writing(driver)
    else:
        driver.execute("BEGIN")


def _begin_writing(driver: sqlite3.Connection) -> None:
    """BEGIN IMMEDIATE, in turn with other writers. Raises `sqlite3.OperationalError` after `BUSY_TIMEOUT_S`.

    A transaction of ours takes a millisecond or two; SQLite's own waiting sleeps up to a hundred between its looks.
    """
    until = monotonic() + BUSY_TIMEOUT_S
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() >= until:
                    raise
                sleep(LOOK_AGAIN_S)
    finally:
        driver.execute(f"PRAGMA busy_timeout={int(BUSY_TIMEOUT_S * 1000)}")


def _enforce_references(connection: Connection, state: Literal["ON", "OFF"]) -> None:
    driver = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" and driver is not None:
        driver.execute(f"PRAGMA foreign_keys={state}")


_NOTICED_WHEN_GONE = {
    "tcp_user_timeout": "10000",  # ms
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
}
"""A machine that vanished says nothing: connections to it end after 10 to 25 s, not after a quarter of an hour."""


def _open_postgresql(url: URL, by_key: bool) -> Database:
    if url.get_driver_name() != "psycopg":
        raise ConfigurationError(f"database.url: the driver is psycopg; write postgresql:// alone; {_FORMS}")
    defaults = {"connect_timeout": "5", "application_name": "netquota"} | _NOTICED_WHEN_GONE
    wanted = {key: value for key, value in defaults.items() if key not in url.query}
    engine = create_engine(url, connect_args=wanted, hide_parameters=True)
    if by_key:
        event.listen(engine, "connect", _plan_by_key)
    event.listen(engine, "checkin", _note_rest)
    event.listen(engine, "checkout", _ping_after_a_rest)
    reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Database("postgresql", url.render_as_string(hide_password=False), None, engine, reading, engine)


def _plan_by_key(connection: psycopg.Connection[Any], _record: object) -> None:
    connection.execute("SET enable_seqscan = off")
    connection.execute("SET jit = off")  # a table without a fitting index looks dear now: compiling takes 100 ms
    connection.commit()


def _note_rest(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["resting_since"] = monotonic()


def _ping_after_a_rest(connection: psycopg.Connection[Any], record: ConnectionPoolEntry, _proxy: object) -> None:
    """Ask a connection that rested whether it lives; one that worked just now is spared the round trips."""
    if monotonic() - record.info.get("resting_since", monotonic()) < PINGED_AFTER_S:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError("the connection was lost while it rested") from error


@contextmanager
def _own_errors(url: str) -> Generator[None]:
    """Turn the drivers' errors into ours, wrapped or bare: what the caller can do decides the class."""
    try:
        yield
    except (sqlite3.IntegrityError, psycopg.IntegrityError, *_UNDONE) as error:
        raise Entangled(f"{_masked(url)}: {_cause(error)}") from error
    except (sqlite3.DataError, psycopg.DataError, OverflowError, DataError) as error:
        raise Conflict(f"the database cannot hold it: {_cause(error)}; give another value") from error
    except (sqlite3.Error, psycopg.Error) as error:
        raise StorageUnavailable(f"{_masked(url)}: {_cause(error)}") from error
    except IntegrityError as error:
        raise Conflict(f"the database refuses it: {_cause(error)}; reload and try again") from error
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        undone = isinstance(getattr(error, "orig", None), _UNDONE)
        raise (Entangled if undone else StorageUnavailable)(f"{_masked(url)}: {_cause(error)}") from error
    except DatabaseError as error:
        if type(error) is not DatabaseError and not error.connection_invalidated:
            raise
        raise StorageUnavailable(f"{_masked(url)}: {_cause(error)}") from error


def _cause(error: Exception) -> str:
    """The driver's first line, without the statement and its values (they may be personal)."""
    text = str(cast("object", getattr(error, "orig", None) or error)).strip()
    return text.splitlines()[0] if text else type(error).__name__


def _masked(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "the value"
