"""Imports on their way: what was uploaded and how its columns were understood, what was done, and moves to come."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, cast

from sqlalchemy import Row, delete, select, update

from netquota.errors import NotFound
from netquota.storage.database import Connection
from netquota.storage.rows import insert_unless_there
from netquota.storage.schema import employee, import_run, opd, pending_move


class State(StrEnum):
    """Where an import stands."""

    OPEN = "open"
    APPLIED = "applied"
    UNDONE = "undone"


Done = Sequence[Mapping[str, Any]]
"""What an import did, row by row: enough to take it back."""


@dataclass(frozen=True, slots=True)
class Run:
    """One import; epoch seconds. `sheets` as read: [name, [[row, [cells]]]]; `choices` as somebody made them."""

    id: int
    kind: str
    file: str
    actor: str
    at_s: int
    state: State
    choices: Mapping[str, Any]
    counts: Mapping[str, int]
    applied_s: int | None
    undone_s: int | None
    sheets: Sequence[Any] = field(default=(), repr=False)
    done: Done = field(default=(), repr=False)


class Move(NamedTuple):
    """Somebody who belongs to another office from a local day (ISO) on."""

    employee_id: int
    username: str
    version: int
    opd_id: int
    opd_before: int
    from_day: str
    actor: str


def add(connection: Connection, kind: str, file: str, actor: str, sheets: Sequence[Any], now_s: int) -> int:
    """Keep what was uploaded; the import's number."""
    row = {
        "kind": kind, "file": file[:200], "actor": actor[:120], "at_s": now_s, "state": State.OPEN,
        "sheets": _packed(sheets), "choices": "{}",
    }  # fmt: skip
    key = connection.execute(import_run.insert().values(row)).inserted_primary_key
    return 0 if key is None else int(key[0])


def get(connection: Connection, run_id: int, *, lock: bool = False) -> Run:
    """The import of this number. Raises `NotFound`."""
    query = select(import_run).where(import_run.c.id == run_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound("import", run_id, "it may have been forgotten; upload the file again")
    return _run(row, whole=True)


def latest(connection: Connection, actor: str | None, most: int = 20) -> list[Run]:
    """The newest imports, of one person or of all; without their contents."""
    columns = [column for column in import_run.c if column.name not in {"sheets", "done"}]
    query = select(*columns).order_by(import_run.c.id.desc()).limit(most)
    if actor is not None:
        query = query.where(import_run.c.actor == actor)
    return [_run(row, whole=False) for row in connection.execute(query)]


def choose(connection: Connection, run_id: int, choices: Mapping[str, Any]) -> None:
    """Keep how its columns are understood and what is wished."""
    connection.execute(update(import_run).where(import_run.c.id == run_id).values(choices=json.dumps(dict(choices))))


def applied(connection: Connection, run_id: int, counts: Mapping[str, int], done: Done, now_s: int) -> None:
    """It was done."""
    values = {"state": State.APPLIED, "applied_s": now_s, "counts": json.dumps(dict(counts)), "done": _packed(done)}
    connection.execute(update(import_run).where(import_run.c.id == run_id).values(values))


def undone(connection: Connection, run_id: int, now_s: int) -> None:
    """It was taken back."""
    connection.execute(
        update(import_run).where(import_run.c.id == run_id).values(state=State.UNDONE, undone_s=now_s, done=None)
    )


def forget(connection: Connection, before_s: int) -> int:
    """Delete what was uploaded, and what would be needed to take it back, of imports older than an epoch second."""
    old = update(import_run).where(import_run.c.at_s < before_s, import_run.c.sheets.is_not(None))
    connection.execute(delete(import_run).where(import_run.c.at_s < before_s, import_run.c.state == State.OPEN))
    return connection.execute(old.values(sheets=None, done=None)).rowcount


# -- moves to come --------------------------------------------------------------------------------------------------
def plan_move(connection: Connection, employee_id: int, opd_id: int, from_day: str, actor: str) -> None:
    """Let somebody belong to another office from a local day on; a later plan takes the place of an earlier one."""
    row = {"employee_id": employee_id, "opd_id": opd_id, "from_day": from_day, "actor": actor[:120]}
    if not insert_unless_there(connection, pending_move, row):
        values = {name: value for name, value in row.items() if name != "employee_id"}
        connection.execute(update(pending_move).where(pending_move.c.employee_id == employee_id).values(values))


def moves(connection: Connection, until_day: str | None = None) -> list[Move]:
    """Moves planned, or those due up to a local day, by day."""
    p, e = pending_move.c, employee.c
    query = (
        select(e.id, e.username, e.version, p.opd_id, e.opd_id, p.from_day, p.actor)
        .join_from(pending_move, employee, e.id == p.employee_id)
        .order_by(p.from_day, e.id)
    )
    if until_day is not None:
        query = query.where(p.from_day <= until_day)
    return [Move(*row) for row in connection.execute(query)]


def end_moves(connection: Connection, employee_ids: Sequence[int]) -> None:
    """Moves that were made, or are not wanted any more."""
    connection.execute(delete(pending_move).where(pending_move.c.employee_id.in_(list(employee_ids))))


def codes_of(connection: Connection, opd_ids: Sequence[int]) -> dict[int, str]:
    """The codes of offices."""
    query = select(opd.c.id, opd.c.code).where(opd.c.id.in_(list(opd_ids)))
    return {row[0]: row[1] for row in connection.execute(query)}


def _run(row: Row[Any], *, whole: bool) -> Run:
    return Run(
        row.id, row.kind, row.file, row.actor, row.at_s, State(row.state), json.loads(row.choices),
        json.loads(row.counts or "{}"), row.applied_s, row.undone_s,
        cast("Sequence[Any]", _unpacked(row.sheets)) if whole else (),
        cast("Done", _unpacked(row.done)) if whole else (),
    )  # fmt: skip


def _packed(value: object) -> bytes:
    return zlib.compress(json.dumps(value, ensure_ascii=False, default=_octets).encode())


def _unpacked(packed: bytes | None) -> object:
    return () if packed is None else json.loads(zlib.decompress(packed), object_hook=_from_octets)


def _octets(value: object) -> object:
    if isinstance(value, bytes):
        return {"octets": base64.b64encode(value).decode()}
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _from_octets(found: dict[str, Any]) -> object:
    return base64.b64decode(found["octets"]) if found.keys() == {"octets"} else found
