"""Use case: the newest copy is restored into a scratch place and read as after a loss, so that it is known to work.

Looked at: its schema, every page and reference, all tables, that people and gateways are in it, that the key file opens
its secrets and that its audit trail is whole. What came of it is noted for the pages, `doctor` and the metrics.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from netquota.clock import Clock
from netquota.errors import ConfigurationError, Conflict, NetquotaError, NotFound
from netquota.services.shift import Shift
from netquota.storage import audit_store, backup, revision, scratch
from netquota.storage.backup import Backup
from netquota.storage.database import Connection, Database, open_database
from netquota.storage.fact_store import fact, put_fact
from netquota.storage.policy_rows import Decrypts
from netquota.storage.policy_store import load_snapshot

MADE: Final = "backup_made"
TRIED: Final = "backup_tried"
AUDIT: Final = "audit entries"
ROOM: Final = 2
"""So many times a copy's size must be free before it is restored beside the database in use."""


@dataclass(frozen=True, slots=True)
class Copy:
    """The last copy that the clock made: file's name, octets, epoch second, rows of the database before it was made."""

    name: str
    octets: int
    at_s: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying a copy: `faults` empty where it could be restored and is whole; `counts` of its rows."""

    name: str
    at_s: int
    took_s: float
    revision: str
    counts: Mapping[str, int]
    faults: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether the copy would bring the city back."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class Bench:
    """With what a copy is tried: the database in use (to compare with), where copies lie, the key, zone and clock."""

    database: Database
    folder: Path
    secrets: Decrypts
    zone: ZoneInfo
    clock: Clock


def newest_copy(folder: Path) -> Path:
    """The newest copy that the clock or an admin made. Raises `NotFound`."""
    found = [path for path in folder.glob("netquota-[0-9]*T*Z.*") if path.suffix != ".part"]
    if not found:
        raise NotFound("backup", str(folder), "there is no copy to try; run `netquota db backup`")
    return max(found, key=lambda path: path.stem)


def try_copy(bench: Bench, path: Path) -> Trial:
    """Restore a copy into a scratch place, read it, throw it away. Raises `ConfigurationError` where none can be made.

    Faults of the copy, and too little room for it, are told, not raised; what it must hold at least is known of copies
    that the clock made.
    """
    with bench.database.read() as connection:
        made = last_copy(connection)
    least: Mapping[str, int] = dict[str, int]()
    if made is not None and made.name == path.name:
        least = made.counts
    began_s, at_s = bench.clock.monotonic(), int(bench.clock.now().timestamp())
    cramped = _too_little_room(bench, path)
    if cramped:
        return Trial(path.name, at_s, 0.0, "", {}, (cramped,))
    counts: dict[str, int] = {}
    known, faults = "", list[str]()
    with scratch.scratch(bench.database, bench.folder) as url:
        try:
            restored = backup.restore(path, url)
            known = restored.revision
            counts, faults = _looked_at(bench, url, restored)
            faults += [
                f"it holds {counts[n]} {n}, {least[n]} were there" for n in counts if _is_too_few(n, counts, least)
            ]
        except NetquotaError as error:
            faults = [str(error)]
    kept = tuple(fault[:300] for fault in faults[:5])
    return Trial(path.name, at_s, round(bench.clock.monotonic() - began_s, 1), known, counts, kept)


def _too_little_room(bench: Bench, path: Path) -> str:
    """Why the copy is not restored: it might fill the disk on which the city lives; empty where there is room.

    What it grows to is not known before: a copy of PostgreSQL is packed, its server may have a disk of its own.
    """
    if not path.is_file():
        return ""
    needed, free = ROOM * path.stat().st_size, shutil.disk_usage(bench.folder).free
    if free >= needed:
        return ""
    return f"not tried: {free} octets are free in {bench.folder}, {needed} are wanted; make room or keep fewer copies"


def _is_too_few(name: str, counts: Mapping[str, int], least: Mapping[str, int]) -> bool:
    """Nobody deletes an audit entry, nor all of a city's people; other rows come and go while a copy is made."""
    return counts[name] < least.get(name, 0) if name == AUDIT else counts[name] == 0 < least.get(name, 0)


def _looked_at(bench: Bench, url: str, restored: Backup) -> tuple[dict[str, int], list[str]]:
    database = open_database(url)
    try:
        if restored.revision != revision.known()[-1]:
            return {}, []  # of before an upgrade: it was restored and read whole, and would be upgraded
        faults = list(revision.check(database, integrity=True).faults)
        with database.read() as connection:
            counts = scratch.counts(connection)
            faults += [f"table {name} is missing" for name in scratch.missing_tables(connection)]
            faults += audit_store.verify(connection)[:3]
            faults += _key_faults(connection, bench)
    finally:
        database.dispose()
    return counts, faults


def _key_faults(connection: Connection, bench: Bench) -> list[str]:
    try:
        load_snapshot(connection, bench.secrets, bench.zone)
    except ConfigurationError as error:
        return [str(error)]
    return []


def try_newest(shift: Shift, folder: Path) -> str:
    """The clock's: try the newest copy and note what came of it. Raises `Conflict` where it is not whole.

    A new installation has none yet; that copies are missing later on is told by the job that makes them.
    """
    bench = Bench(shift.database, folder, shift.office.secrets, shift.office.zone, shift.clock)
    try:
        path = newest_copy(folder)
    except NotFound:
        return "no copy to try yet"
    found = try_copy(bench, path)
    with shift.step() as (_, connection):
        note_trial(connection, found)
    if not found.is_good:
        raise Conflict(f"{found.name} would not bring the city back: {'; '.join(found.faults)}")
    return f"{found.name} restored and read in {found.took_s} s, whole: {told(found)}"


def told(found: Trial) -> str:
    """The rows of a copy in words."""
    return ", ".join(f"{count} {name}" for name, count in found.counts.items()) or f"schema {found.revision}"


def note_copy(connection: Connection, made: Backup, now_s: int, counts: Mapping[str, int]) -> None:
    """Remember the last copy; `counts` as they were before it was made."""
    put_fact(connection, MADE, json.dumps(asdict(Copy(made.path.name, made.octets, now_s, counts))))


def note_trial(connection: Connection, found: Trial) -> None:
    """Remember what came of trying a copy."""
    put_fact(connection, TRIED, json.dumps(asdict(found)))


def last_copy(connection: Connection) -> Copy | None:
    """The last copy that the clock made; None where it made none yet."""
    kept = fact(connection, MADE)
    return None if kept is None else Copy(**json.loads(kept))


def last_trial(connection: Connection) -> Trial | None:
    """What came of trying a copy last; None where none was tried yet."""
    kept = fact(connection, TRIED)
    if kept is None:
        return None
    found: dict[str, Any] = json.loads(kept)
    faults: list[str] = found.pop("faults")
    return Trial(**found, faults=tuple(faults))
