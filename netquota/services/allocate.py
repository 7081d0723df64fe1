"""Use case: somebody changes who gets what. One change = one transaction: row, version, notice to workers, audit entry.

What can be changed, and how it is written, is data (catalogue.py); things go by natural keys, never by row ids.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services.catalogue import KINDS, Field, Kind, kind_of
from netquota.services.fields import HIDDEN
from netquota.services.guards import check_together
from netquota.services.office import Author, Office
from netquota.services.reading import Reading
from netquota.storage import admin_store, audit_store, pause_store, rows, web_session_store
from netquota.storage.database import Connection
from netquota.storage.policy_store import record_change
from netquota.storage.schedule_plans import plans_missing, schedules_that_name

Texts = Mapping[str, str]
SHORTEST_SECRET = 16
LARGEST_PAGE = 1000
_RIGHTS = frozenset({"password_hash", "role", "opd_id", "active", "status"})


@dataclass(frozen=True, slots=True)
class Record:
    """A thing as it stands: fields as exact texts, `row` the columns (rates in bit/s, volumes in octets)."""

    kind: str
    key: str
    version: int
    values: Texts
    row: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """What a change did, or would do: the fields that differ, before and after; `action` is `none` where none does.

    `generated` holds what was made up and is shown this once; `warnings` what was accepted but should be better.
    """

    action: str
    kind: str
    key: str
    version: int
    before: Texts
    after: Texts
    id: int
    warnings: tuple[str, ...] = ()
    generated: Texts = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which things to list: filters by field (empty text = nothing set), `sort` a field, `-field` descending."""

    filters: Texts = field(default_factory=dict[str, str])
    sort: str = ""
    page: int = 1
    size: int = 50
    search: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of things, and how many there are on all pages."""

    records: tuple[Record, ...]
    total: int
    page: int
    size: int


class _Undo(Exception):
    def __init__(self, change: Change) -> None:
        self.change = change


def add(office: Office, kind: str, values: Texts, by: Author, *, dry_run: bool = False) -> Change:
    """Make a thing. Raises `InvalidValue`, `Conflict` where its key exists, `NotFound` for an unknown kind or field."""
    return _once(office, lambda connection: add_within(connection, office, kind, values, by), dry_run)


def change(
    office: Office,
    kind: str,
    key: str,
    values: Texts,
    by: Author,
    *,
    expected_version: int | None = None,
    dry_run: bool = False,
) -> Change:
    """Set the given fields (empty text: back to the default, or nothing); the others stay.

    Raises `Conflict` where somebody changed it since `expected_version`, else as `add`.
    """
    return _once(
        office, lambda connection: change_within(connection, office, kind, key, values, by, expected_version), dry_run
    )


def remove(
    office: Office, kind: str, key: str, by: Author, *, expected_version: int | None = None, dry_run: bool = False
) -> Change:
    """Delete a thing that nothing refers to any more; what was counted stays. Raises `Conflict`, `NotFound`."""
    return _once(office, lambda connection: remove_within(connection, office, kind, key, by, expected_version), dry_run)


def get(office: Office, kind: str, key: str) -> Record:
    """The thing of a natural key. Raises `NotFound`."""
    with office.database.read() as connection:
        reading, of = Reading(connection, office), kind_of(kind)
        return _record(reading, of, _existing(reading, of, key))


def listing(office: Office, kind: str, wanted: Wanted | None = None) -> Page:
    """One page of the things that match. Raises `InvalidValue` for a filter or page that cannot be, `NotFound`."""
    wanted, of = wanted or Wanted(), kind_of(kind)
    if not (wanted.page >= 1 and 1 <= wanted.size <= LARGEST_PAGE):
        raise InvalidValue("page", wanted.page, f"count pages from 1, with 1 to {LARGEST_PAGE} things each")
    with office.database.read() as connection:
        reading = Reading(connection, office)
        found, total = rows.page(connection, _query(reading, of, wanted))
        reading.look_up(of, found)
        return Page(tuple(_record(reading, of, row) for row in found), total, wanted.page, wanted.size)


def add_within(connection: Connection, office: Office, kind: str, values: Texts, by: Author) -> Change:
    """`add` in a transaction of the caller's, such as an import of many."""
    of = kind_of(kind)
    texts, generated = _texts(of, values), dict[str, str]()
    if of.name == "nas" and not texts.get("secret"):
        texts["secret"] = generated["secret"] = secrets.token_urlsafe(24)
    reading = Reading(connection, office, _about(texts))
    row: dict[str, Any] = {}
    for each in of.fields:
        row |= reading.columns(each, texts.get(each.name, ""))
    _check(connection, of, row, texts, None)
    if of.name == "employee":
        row["created_s"] = office.now_s
    row_id = rows.insert(connection, of.table, row)
    after = {name: text for name, text in reading.shown(of, row).items() if text}
    made = Change("add", of.name, after[of.key], 1, {}, after, row_id, _warnings(texts), generated)
    return _noted(connection, office, of, made, by)


def change_within(
    connection: Connection, office: Office, kind: str, key: str, values: Texts, by: Author, expected: int | None = None
) -> Change:
    """`change` in a transaction of the caller's."""
    of = kind_of(kind)
    texts = {name: text for name, text in _texts(of, values).items() if text != HIDDEN}
    reading = Reading(connection, office)
    row = _existing(reading, of, key, lock=True)
    before = reading.shown(of, row)
    _same_version(of, before[of.key], row, expected)
    reading.about, reading.keeps_text = _about(before | texts), row.get("password_encrypted") is not None
    fresh = _differing(reading, of, row, texts)
    if not fresh:
        return Change("none", of.name, before[of.key], row["version"], {}, {}, row["id"])
    _check(connection, of, row | fresh, texts, row["id"])
    _keep_named_plan(connection, of, before[of.key], "key" in fresh)
    if not rows.change(connection, of.table, row["id"], fresh, row["version"]):
        raise Conflict(f"{of.name} {before[of.key]} was changed meanwhile; reload and try again")
    _see_to_log_ins(connection, of, row["id"], fresh)
    after = reading.shown(of, row | fresh)
    changed = [each.name for each in of.fields if any(column in fresh for column in each.columns)]
    made = Change(
        "change", of.name, after[of.key], row["version"] + 1,
        {name: before[name] for name in changed}, {name: after[name] for name in changed}, row["id"], _warnings(texts),
    )  # fmt: skip
    return _noted(connection, office, of, made, by)


def remove_within(
    connection: Connection, office: Office, kind: str, key: str, by: Author, expected: int | None = None
) -> Change:
    """`remove` in a transaction of the caller's."""
    of = kind_of(kind)
    reading = Reading(connection, office)
    row = _existing(reading, of, key, lock=True)
    before = {name: text for name, text in reading.shown(of, row).items() if text}
    _same_version(of, before[of.key], row, expected)
    if of.name == "nas":
        pause_store.forget(connection, row["id"])
    _refuse_if_referred_to(connection, of, before[of.key], row["id"])
    _keep_named_plan(connection, of, before[of.key], True)
    rows.remove(connection, of.table, row["id"])
    _see_to_log_ins(connection, of, row["id"], row)
    made = Change("remove", of.name, before[of.key], row["version"], before, {}, row["id"])
    return _noted(connection, office, of, made, by)


def _once(office: Office, act: Callable[[Connection], Change], dry_run: bool) -> Change:
    """One transaction for the change; a dry run goes all the way and is then undone."""
    try:
        with office.database.write() as connection:
            done = act(connection)
            if dry_run:
                raise _Undo(done)
            return done
    except _Undo as undone:
        return undone.change


def _noted(connection: Connection, office: Office, of: Kind, made: Change, by: Author) -> Change:
    """What belongs to each change: workers are told, what follows is done, the audit trail says it (last: it locks)."""
    if of.is_policy:
        record_change(connection, of.name, made.id, office.now_s)
    office.on_change(connection, of.name, [made.id], office.now_s)
    audit_store.append(
        connection, actor=by.name, action=made.action, kind=of.name, key=made.key,
        before=made.before, after=made.after, why=by.why, now_s=office.now_s,
    )  # fmt: skip
    return made


def _texts(of: Kind, values: Texts) -> dict[str, str]:
    return {of.field(name).name: text.strip() for name, text in values.items()}


def _about(texts: Texts) -> list[str]:
    return [texts[name] for name in ("username", "nip", "name") if texts.get(name)]


def _existing(reading: Reading, of: Kind, key: str, *, lock: bool = False) -> dict[str, Any]:
    row = reading.find(of, key, lock=lock)
    if row is None:
        raise NotFound(of.name, key)
    return row


def _same_version(of: Kind, key: str, row: Mapping[str, Any], expected: int | None) -> None:
    if expected is not None and row["version"] != expected:
        told = f"version {row['version']}, you saw {expected}"
        raise Conflict(f"{of.name} {key} was changed meanwhile ({told}); reload and try again")


def _check(connection: Connection, of: Kind, row: Mapping[str, Any], texts: Texts, row_id: int | None) -> None:
    """Fields that do not go together, and keys that another thing has already."""
    check_together(of.name, row)
    missing = plans_missing(connection, row.get("windows", ())) if of.name == "schedule" else []
    if missing:
        raise InvalidValue("windows", ", ".join(missing), "there is no such plan; add it first or check the spelling")
    for each in of.fields:
        value = row.get(each.columns[-1])
        if not each.unique or value is None or each.name not in texts:
            continue
        other = rows.find(connection, of.table, each.columns[-1:], value)
        if other is None or other["id"] == row_id:
            continue
        if each.name == of.key:
            raise Conflict(
                f"{of.name} {texts[each.name]} exists already; choose another {each.name}, or change that one"
            )
        raise InvalidValue(each.name, texts[each.name], f"{of.name} {other[of.key]} has it already")


def _refuse_if_referred_to(connection: Connection, of: Kind, key: str, row_id: int) -> None:
    by_table = {kind.table: kind for kind in KINDS.values()}
    told: list[str] = []
    for reference in rows.referring(connection, of.table, row_id):
        other = by_table[reference.table]
        keys = rows.keys_of(connection, other.table, other.key, reference.ids)
        more = " ..." if reference.count > len(keys) else ""
        told.append(f"{reference.count} {other.name} ({', '.join(keys.values())}{more})")
    if told:
        raise Conflict(f"{of.name} {key} is still used by {', '.join(told)}; change or remove these first")


def _keep_named_plan(connection: Connection, of: Kind, key: str, goes: bool) -> None:
    """A window names its plan by key, so that key must stay while one does."""
    named = schedules_that_name(connection, key) if goes and of.name == "plan" else []
    if named:
        raise Conflict(f"plan {key} is named by windows of schedule {', '.join(named)}; change these first")


def _differing(reading: Reading, of: Kind, row: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, text in texts.items():
        given |= reading.columns(of.field(name), text)
    return {column: value for column, value in given.items() if row[column] != value}


def _see_to_log_ins(connection: Connection, of: Kind, row_id: int, changed: Mapping[str, Any]) -> None:
    """Whose rights or password changed must log in anew; and somebody must be left who can change it all back."""
    if of.name in {"admin", "employee"} and not _RIGHTS.isdisjoint(changed):
        web_session_store.end_all(connection, of.name, row_id)
    if of.name == "admin" and admin_store.count_active(connection) == 0:
        raise Conflict("no network_admin who may log in would be left; make another one first")


def _warnings(texts: Texts) -> tuple[str, ...]:
    secret = texts.get("secret", "")
    if 0 < len(secret) < SHORTEST_SECRET:
        return (f"secret: it is shorter than {SHORTEST_SECRET} characters and can be guessed from recorded packets",)
    return ()


def _record(reading: Reading, of: Kind, row: Mapping[str, Any]) -> Record:
    values = reading.shown(of, row)
    return Record(of.name, values[of.key], row["version"], values, row)


def _listable(each: Field) -> Field:
    if not each.format.is_sorted:
        raise InvalidValue(each.name, "", "lists cannot be sorted or filtered by this")
    return each


def _query(reading: Reading, of: Kind, wanted: Wanted) -> rows.Query:
    equal: dict[str, object] = {}
    for name, text in wanted.filters.items():
        each = of.field(name)
        _listable(each)
        equal |= reading.columns(each, text) if text.strip() else dict.fromkeys(each.columns)
    sort = wanted.sort or of.key
    column = _listable(of.field(sort.removeprefix("-"))).columns[-1]
    like = (of.searched, wanted.search.strip()) if wanted.search.strip() else None
    return rows.Query(
        of.table, equal, like, [(column, sort.startswith("-"))], (wanted.page - 1) * wanted.size, wanted.size
    )
