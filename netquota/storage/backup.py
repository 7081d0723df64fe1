"""Copies of the whole database while it is in use: made, verified, rotated, restored into an empty place.

The key that opens the encrypted secrets is no part of a copy; keep it apart.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import URL, make_url

from netquota.errors import ConfigurationError, Conflict, InvalidValue, StorageUnavailable
from netquota.storage.database import Database, open_database
from netquota.storage.revision import refuse_newer

_SUFFIX = {"sqlite": ".sqlite", "postgresql": ".pgdump"}
_TIMEOUT_S = 3600


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy that was verified: where it lies, how many octets, the schema's revision, the database's kind."""

    path: Path
    octets: int
    revision: str
    kind: str


def make(database: Database, folder: Path, now: datetime) -> Backup:
    """Copy the database as it is at one moment into `folder` (made when missing) and verify the copy.

    Named by `now` (aware, UTC). Raises `StorageUnavailable`; a copy that is not whole is not left behind.
    """
    return _write(database, folder / f"netquota-{now:%Y%m%dT%H%M%SZ}{_SUFFIX[database.kind]}")


def before_upgrade(database: Database, revision: str, folder: Path) -> Path:
    """The copy that an upgrade makes first; named by the revision it leaves, and never written over."""
    stem, suffix = f"netquota-before-upgrade-from-{revision}", _SUFFIX[database.kind]
    number = 1
    while (path := folder / f"{stem}-{number}{suffix}").exists():
        number += 1
    return _write(database, path).path


def verify(path: Path) -> Backup:
    """Open the copy and read all of it. Raises `InvalidValue` where it is damaged, cut short or no copy of ours."""
    if not path.is_file():
        raise InvalidValue("backup", str(path), "name a file that is there")
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(b"SQLite format 3\0"):
        return Backup(path, path.stat().st_size, _sqlite_revision(path), "sqlite")
    if head.startswith(b"PGDMP"):
        return Backup(path, path.stat().st_size, _postgresql_revision(path), "postgresql")
    raise InvalidValue("backup", str(path), "it is neither a SQLite file nor a pg_dump archive")


def rotate(folder: Path, keep: int) -> list[Path]:
    """Delete all but the newest `keep` copies that `make` wrote into `folder`; gives what was deleted."""
    if keep < 1:
        raise InvalidValue("keep", keep, "keep at least one")
    copies = sorted(path for suffix in _SUFFIX.values() for path in folder.glob(f"netquota-[0-9]*T*Z{suffix}"))
    old = sorted(copies, key=lambda path: path.stem)[:-keep]
    for path in old:
        path.unlink()
    return old


def copies(folder: Path) -> list[tuple[str, int, float]]:
    """Name, octets and epoch second of each copy in `folder`, the newest first; those before upgrades, too."""
    found: list[tuple[str, int, float]] = []
    for path in (path for suffix in _SUFFIX.values() for path in folder.glob(f"netquota-*{suffix}")):
        with suppress(FileNotFoundError):  # rotated away meanwhile
            state = path.stat()
            found.append((path.name, state.st_size, state.st_mtime))
    return sorted(found, key=lambda one: -one[2])


def restore(path: Path, url: str) -> Backup:
    """Write the copy into an empty place: a SQLite file that does not exist yet, or an empty PostgreSQL database.

    Raises `Conflict` where the place is not empty, `InvalidValue` for a damaged copy, `ConfigurationError` for one
    that a later release made.
    """
    found = verify(path)
    refuse_newer(found.revision)
    kind = "sqlite" if url.startswith("sqlite") else "postgresql"
    if kind != found.kind:
        raise InvalidValue("backup", str(path), f"it is a copy of a {found.kind} database; restore it into one")
    if kind == "sqlite":
        _restore_sqlite(path, Path(url.removeprefix("sqlite:///")).absolute())
    else:
        _restore_postgresql(path, url)
    return found


def _write(database: Database, path: Path) -> Backup:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        part.touch(mode=0o600)
        if database.path is not None:
            _copy_sqlite(database.path, part)
        else:
            _run(["pg_dump", "--format=custom", f"--file={part}"], database.url)
        verify(part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise StorageUnavailable(f"the backup {path} could not be written: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return verify(path)


def _copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's own backup; in one step, so that writers cannot make it start over and over."""
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing, pages=-1)
        writing.execute("PRAGMA journal_mode=DELETE")  # one file, without a -wal beside it


def _sqlite_revision(path: Path) -> str:
    try:
        with closing(sqlite3.connect(f"file:{path.absolute()}?mode=ro&immutable=1", uri=True)) as copy:
            problem = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
            row = copy.execute("SELECT version_num FROM alembic_version").fetchone() if problem == "ok" else None
    except sqlite3.Error as error:
        raise InvalidValue("backup", str(path), f"it is damaged ({error}); use another copy") from error
    if row is None:
        raise InvalidValue("backup", str(path), f"it is damaged ({problem}); use another copy")
    return str(row[0])


def _postgresql_revision(path: Path) -> str:
    """Read the whole archive (a cut one fails) and take the revision from the data that it holds."""
    try:
        _run(["pg_restore", "--file=/dev/null", str(path)])
        data = _run(["pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(path)])
    except StorageUnavailable as error:
        raise InvalidValue("backup", str(path), f"it is damaged ({error}); use another copy") from error
    rows = data.partition("FROM stdin;\n")[2].splitlines()
    if not rows:
        raise InvalidValue("backup", str(path), "it holds no netquota schema; use another copy")
    return rows[0]


def _restore_sqlite(path: Path, target: Path) -> None:
    if target.exists() and target.stat().st_size > 0:
        raise Conflict(f"{target} is there already; restore into a new file, then move it into place")
    database = open_database(f"sqlite:///{target}")
    database.dispose()
    for leftover in ("-wal", "-shm"):
        target.with_name(target.name + leftover).unlink(missing_ok=True)
    _copy_sqlite(path, target)


def _restore_postgresql(path: Path, url: str) -> None:
    database = open_database(url)
    try:
        with database.read() as connection:
            tables = inspect(connection).get_table_names()
        if tables:
            raise Conflict(f"the database has tables already ({tables[0]} ...); restore into an empty one")
        _run(["pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", str(path)], url)
        with database.write() as connection:
            for table in ("policy_change", "live_change"):  # transaction ids of another server say nothing here
                connection.execute(text(f"UPDATE {table} SET xid = 0"))  # noqa: S608 - names of our own
    finally:
        database.dispose()


def _run(command: list[str], url: str | None = None) -> str:
    """What a program of PostgreSQL's prints; the password goes by the environment, where others cannot read it."""
    environment = dict(os.environ)
    if url is not None:
        place = make_url(url)
        environment |= {"PGPASSWORD": str(place.password)} if place.password else {}
        bare = URL.create("postgresql", place.username, None, place.host, place.port, place.database, place.query)
        command = [*command, f"--dbname={bare.render_as_string()}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, env=environment)
    except FileNotFoundError as error:
        raise ConfigurationError(f"{command[0]} is missing; install Debian's postgresql-client") from error
    except subprocess.TimeoutExpired as error:
        raise StorageUnavailable(f"{command[0]} did not end within {_TIMEOUT_S} s") from error
    if done.returncode:
        raise StorageUnavailable(f"{command[0]}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
    return done.stdout
