"""Who changed what, from what to what, why: a chain in which each row holds the hash of the one before.

A database owner who rewrites, drops or reorders rows breaks the chain; who rewrites all of it changes the head hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, func, select, update

from netquota.storage.database import Connection
from netquota.storage.rows import insert_unless_there
from netquota.storage.schema import audit_entry, city_fact

GENESIS = "0" * 64
_HEAD = "audit_head"
_BATCH = 1000
_HASHED = ("at_s", "actor", "action", "kind", "key", "before", "after", "why")

Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change: `before` and `after` hold the fields that changed, as texts people read; `at_s` epoch seconds.

    `act`: shared by entries that one act made together; empty where it made this one alone.
    """

    id: int
    at_s: int
    actor: str
    action: str
    kind: str
    key: str
    before: dict[str, Any]
    after: dict[str, Any]
    why: str
    act: str = ""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted; None = any. Times are epoch seconds, `until_s` not included."""

    actor: str | None = None
    action: str | None = None
    kind: str | None = None
    key: str | None = None
    from_s: int | None = None
    until_s: int | None = None
    act: str | None = None


def append(
    connection: Connection,
    *,
    actor: str,
    action: str,
    kind: str,
    key: str,
    before: Fields,
    after: Fields,
    why: str,
    now_s: int,
) -> int:
    """Add an entry at the end of the chain, in the transaction of the change itself; gives its id.

    Locks the chain until the transaction ends: write it last, so that others wait the least.
    """
    previous = _locked_head(connection)
    row = _row(actor, action, kind, key, before, after, why, now_s)
    row |= {"previous_hash": previous, "hash": _hash(row, previous)}
    added = connection.execute(audit_entry.insert().values(row)).inserted_primary_key
    connection.execute(update(city_fact).where(city_fact.c.key == _HEAD).values(value=row["hash"]))
    return 0 if added is None else int(added[0])


def lock_head(connection: Connection) -> None:
    """Wait until nobody else writes to the trail; for what must be numbered in the order in which it is audited."""
    _locked_head(connection)


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One change of many that somebody makes at once."""

    action: str
    kind: str
    key: str
    before: Fields
    after: Fields


def append_all(
    connection: Connection, entries: Sequence[NewEntry], *, actor: str, why: str, now_s: int, act: str = ""
) -> None:  # fmt: skip
    """`append` for many changes of one person at one moment: the chain is locked once, and grows by one link each.

    `act`: by what they are known to belong together; an act's name is given once.
    """
    if not entries:
        return
    previous, rows = _locked_head(connection), list[dict[str, Any]]()
    for entry in entries:
        row = _row(actor, entry.action, entry.kind, entry.key, entry.before, entry.after, why, now_s, act)
        previous_of, previous = previous, _hash(row, previous)
        rows.append(row | {"previous_hash": previous_of, "hash": previous})
    connection.execute(audit_entry.insert(), rows)
    connection.execute(update(city_fact).where(city_fact.c.key == _HEAD).values(value=previous))


def verify(connection: Connection) -> list[str]:
    """What is wrong with the chain, in words; empty = nobody altered, dropped or reordered an entry."""
    problems: list[str] = []
    previous = GENESIS
    chain = select(audit_entry).order_by(audit_entry.c.id).execution_options(yield_per=_BATCH)
    for row in connection.execute(chain).mappings():
        if row["previous_hash"] != previous:
            problems.append(f"entry {row['id']}: the entry before it is gone, moved or altered")
        if row["hash"] != _hash(row, row["previous_hash"]):
            problems.append(f"entry {row['id']}: its content was altered")
        previous = row["hash"]
    if previous != head(connection):
        problems.append("the newest entries are gone: the chain does not end with the hash that was noted last")
    return problems


def head(connection: Connection) -> str:
    """The hash of the newest entry as noted when it was written; kept elsewhere, it shows a rewritten chain."""
    return connection.execute(select(city_fact.c.value).where(city_fact.c.key == _HEAD)).scalar() or GENESIS


def count(connection: Connection) -> int:
    """How many entries the chain has."""
    return connection.execute(select(func.count()).select_from(audit_entry)).scalar_one()


def entries(
    connection: Connection, wanted: AuditFilter | None = None, before_id: int | None = None, limit: int = 50
) -> list[AuditEntry]:
    """The newest entries that match, newest first; `before_id` goes on where the last page ended."""
    query = _filtered(wanted or AuditFilter()).order_by(audit_entry.c.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(audit_entry.c.id < before_id)
    return [_entry(row) for row in connection.execute(query)]


def _row(
    actor: str, action: str, kind: str, key: str, before: Fields, after: Fields, why: str, now_s: int, act: str = ""
) -> dict[str, Any]:
    """An entry without its place in the chain."""
    return {
        "at_s": now_s,
        "actor": actor[:120],
        "action": action,
        "kind": kind,
        "key": key[:253],
        "before": _canonical(before) if before else None,
        "after": _canonical(after) if after else None,
        "why": why[:300],
        "act": act,
    }


def _filtered(wanted: AuditFilter) -> Select[Any]:
    conditions = list(_conditions(wanted))
    return select(audit_entry).where(*conditions) if conditions else select(audit_entry)


def _conditions(wanted: AuditFilter) -> Iterator[Any]:
    for name in ("actor", "action", "kind", "key", "act"):
        value = getattr(wanted, name)
        if value is not None:
            yield audit_entry.c[name] == value
    if wanted.from_s is not None:
        yield audit_entry.c.at_s >= wanted.from_s
    if wanted.until_s is not None:
        yield audit_entry.c.at_s < wanted.until_s


def _locked_head(connection: Connection) -> str:
    insert_unless_there(connection, city_fact, {"key": _HEAD, "value": GENESIS})
    chain = select(city_fact.c.value).where(city_fact.c.key == _HEAD).with_for_update()
    return connection.execute(chain).scalar_one()


def _hash(row: Mapping[Any, Any], previous: str) -> str:
    hashed = (*_HASHED, "act") if row["act"] else _HASHED  # as before acts had names
    content = _canonical({name: row[name] for name in hashed} | {"previous_hash": previous})
    return hashlib.sha256(content.encode()).hexdigest()


def _canonical(fields: Fields) -> str:
    """The same fields always give the same text: sorted keys, no spaces, letters as they are."""
    return json.dumps(dict(fields), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _entry(row: Row[Any]) -> AuditEntry:
    before, after = _fields(row.before), _fields(row.after)
    return AuditEntry(row.id, row.at_s, row.actor, row.action, row.kind, row.key, before, after, row.why, row.act)


def _fields(text: str | None) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(text) if text else {}
    return fields
