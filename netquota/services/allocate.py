"""Use case: somebody changes who gets what. One change = one transaction: row, version, notice to workers, audit entry.

What can be changed, and how it is written, is data (catalogue.py); things go by natural keys, never by row ids.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from netquota import passwords
from netquota.domain.units import exact_rate
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services import events, quota_changes, shares, turns
from netquota.services.catalogue import KINDS, Field, Kind, kind_of
from netquota.services.clock_kinds import DayOff
from netquota.services.fields import HIDDEN
from netquota.services.guards import check_together
from netquota.services.lines import line_changes, lines_follow
from netquota.services.office import Author, Office, nothing_follows
from netquota.services.one_go import in_one_go
from netquota.services.reading import Reading
from netquota.storage import (
    admin_store,
    audit_store,
    device_store,
    password_code_store,
    pause_store,
    promise_store,
    rows,
    terms_store,
    web_session_store,
)
from netquota.storage.database import Connection
from netquota.storage.policy_store import record_changes
from netquota.storage.schedule_plans import plans_missing, schedules_that_name

Texts = Mapping[str, str]
SHORTEST_SECRET = 16
LARGEST_PAGE = 1000
_PROMISING = {"opd": {"guaranteed"}, "site": {"opd", "link"}, "link": {"capacity"}}
"""Fields by which more may be guaranteed on a link than there is."""
_DATED = frozenset({"employee", "application", "event"})
"""Tables whose rows know when they were made."""
_NO_KIND = {
    "bandwidth_request": ("request", "number"),
    "enforcement_pause": ("pause", "id"),
    "voucher_batch": ("batch of vouchers", "purpose"),
    "terms_acceptance": ("acceptance", "mac"),
}
"""Tables that refer to things and are edited by use cases of their own: what their rows are called, and by what."""
_RIGHTS = frozenset({"password_hash", "role", "opds", "opd_id", "active", "status"})


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
    """Which things to list: filters by field (empty text = nothing set), `sort` a field, `-field` descending.

    `after` a natural key: those beyond it in the order of the keys, for programs that read on. `only`: among these rows
    (ids), which another question than that of fields has found; None = among all.
    """

    filters: Texts = field(default_factory=dict[str, str])
    sort: str = ""
    page: int = 1
    size: int = 50
    search: str = ""
    after: str | None = None
    only: Collection[int] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of things, and how many there are on all pages."""

    records: tuple[Record, ...]
    total: int
    page: int
    size: int


def add(office: Office, kind: str, values: Texts, by: Author, *, dry_run: bool = False) -> Change:
    """Make a thing. Raises `InvalidValue`, `Conflict` where its key exists, `NotFound` for an unknown kind or field."""
    return _once(office, lambda connection, here: add_within(connection, here, kind, values, by), dry_run)


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
        office,
        lambda connection, here: change_within(connection, here, kind, key, values, by, expected_version),
        dry_run,
    )


def remove(
    office: Office, kind: str, key: str, by: Author, *, expected_version: int | None = None, dry_run: bool = False
) -> Change:
    """Delete a thing that nothing refers to any more; what was counted stays. Raises `Conflict`, `NotFound`."""

    def act(connection: Connection, here: Office) -> Change:
        if kind == "holiday":
            _keep_brought_day(Reading(connection, here).find(kind_of(kind), key), here)
        return remove_within(connection, here, kind, key, by, expected_version)

    return _once(office, act, dry_run)


def get(office: Office, kind: str, key: str) -> Record:
    """The thing of a natural key. Raises `NotFound`."""
    with office.database.read() as connection:
        reading, of = Reading(connection, office), kind_of(kind)
        return _record(reading, of, _existing(office, reading, of, key))


def is_in_sight(connection: Connection, office: Office, kind: str, key: str) -> bool:
    """Whether the scope of the office covers what the audit trail calls so; what is gone is seen by the city alone."""
    if office.scope.is_all:
        return True
    row = Reading(connection, office).find(KINDS[kind], key) if kind in KINDS else None
    return row is not None and _is_in_scope(office, KINDS[kind], row)


def listing(office: Office, kind: str, wanted: Wanted | None = None) -> Page:
    """One page of the things that match. Raises `InvalidValue` for a filter or page that cannot be, `NotFound`."""
    wanted, of = wanted or Wanted(), kind_of(kind)
    if not (wanted.page >= 1 and 1 <= wanted.size <= LARGEST_PAGE):
        raise InvalidValue("page", wanted.page, f"count pages from 1, with 1 to {LARGEST_PAGE} things each")
    with office.database.read() as connection:
        reading = Reading(connection, office)
        found, total = rows.page(connection, _query(office, reading, of, wanted))
        reading.look_up(of, found)
        return Page(tuple(_record(reading, of, row) for row in found), total, wanted.page, wanted.size)


def add_within(connection: Connection, office: Office, kind: str, values: Texts, by: Author) -> Change:
    """`add` in a transaction of the caller's, such as an import of many."""
    of = kind_of(kind)
    texts, generated = _texts(of, values), dict[str, str]()
    if of.name == "nas" and not texts.get("secret"):
        texts["secret"] = generated["secret"] = secrets.token_urlsafe(24)
    reading = Reading(connection, office)
    reading.about = _about(reading, texts)
    row: dict[str, Any] = dict(of.fixed)
    for each in of.fields:
        row |= reading.columns(each, texts.get(each.name, ""))
    row |= line_changes(connection, of.name, row)
    _check(connection, of, row, texts, None)
    _keep_in_scope(office, of, row)
    if of.table in _DATED:
        row["created_s"] = office.now_s
    row_id = rows.insert(connection, of.table, row)
    quota_changes.arrive(connection, of.name, {**row, "id": row_id}, office.zone, office.now_s)
    turns.begin(connection, of.name, {**row, "id": row_id}, office)
    events.begin(connection, of.name, row, office, by)
    after = {name: text for name, text in reading.shown(of, row).items() if text}
    made = Change("add", of.name, after[of.key], 1, {}, after, row_id, _warnings(connection, of, row_id, texts),
                  generated)  # fmt: skip
    note(connection, office, kind, [made], by)
    return made


def change_within(
    connection: Connection, office: Office, kind: str, key: str, values: Texts, by: Author, expected: int | None = None
) -> Change:
    """`change` in a transaction of the caller's."""
    made = change_row(connection, office, kind, key, values, by, expected)
    if made.action != "none":
        note(connection, office, kind, [made], by)
    return made


def change_row(
    connection: Connection, office: Office, kind: str, key: str, values: Texts, by: Author, expected: int | None = None
) -> Change:
    """`change_within` that nothing follows from yet: the caller notes it (`note`), with others of one act."""
    of = kind_of(kind)
    texts = {name: text for name, text in _texts(of, values).items() if text != HIDDEN}
    reading = Reading(connection, office)
    row = _existing(office, reading, of, key, lock=True)
    before = reading.shown(of, row)
    _same_version(of, before[of.key], row, expected)
    reading.about = _about(reading, before | texts)
    reading.keeps_text = reading.keeps_text or row.get("password_encrypted") is not None
    fresh = _differing(reading, of, row, texts)
    if not fresh:
        return Change("none", of.name, before[of.key], row["version"], {}, {}, row["id"])
    fresh |= line_changes(connection, of.name, fresh)
    fresh |= quota_changes.turned(of.name, row, fresh, office.zone, office.now_s)
    _check(connection, of, row | fresh, texts, row["id"])
    _keep_in_scope(office, of, row | fresh)
    _keep_named_plan(connection, of, before[of.key], "key" in fresh)
    if not rows.change(connection, of.table, row["id"], fresh, row["version"]):
        raise Conflict(f"{of.name} {before[of.key]} was changed meanwhile; reload and try again")
    quota_changes.follow(connection, of.name, row, fresh, office.zone, office.now_s)
    turns.follow(connection, of.name, row, row | fresh, fresh, office)
    events.follow(connection, of.name, row, row | fresh, fresh, office, by)
    told = shares.follow(connection, of.name, row, row | fresh, fresh, office)
    _see_to_log_ins(connection, of, row["id"], fresh)
    if of.name == "site":
        lines_follow(connection, row["id"], fresh, office.now_s)
    after = reading.shown(of, row | fresh)
    changed = [each.name for each in of.fields if any(column in fresh for column in each.columns)]
    return Change(
        "change", of.name, after[of.key], row["version"] + 1,
        {name: before[name] for name in changed}, {name: after[name] for name in changed}, row["id"],
        (*_warnings(connection, of, row["id"], texts), *told),
    )  # fmt: skip


def remove_within(
    connection: Connection, office: Office, kind: str, key: str, by: Author, expected: int | None = None
) -> Change:
    """`remove` in a transaction of the caller's."""
    of = kind_of(kind)
    reading = Reading(connection, office)
    row = _existing(office, reading, of, key, lock=True)
    before = {name: text for name, text in reading.shown(of, row).items() if text}
    _same_version(of, before[of.key], row, expected)
    if of.name == "nas":
        pause_store.forget(connection, row["id"])
    _refuse_if_referred_to(connection, of, before[of.key], row["id"])
    _keep_named_plan(connection, of, before[of.key], True)
    turns.leave(connection, of.name, row, office)
    events.leave(connection, of.name, row, office)
    shares.leave(connection, of.name, row, office)
    rows.remove(connection, of.table, row["id"])
    _see_to_log_ins(connection, of, row["id"], row)
    made = Change("remove", of.name, before[of.key], row["version"], before, {}, row["id"])
    note(connection, office, kind, [made], by)
    return made


def _once(office: Office, act: Callable[[Connection, Office], Change], dry_run: bool) -> Change:
    """One transaction for the change; a dry run is undone, and no session follows it."""
    here = replace(office, on_change=nothing_follows) if dry_run else office
    return in_one_go(here.database, lambda connection: act(connection, here), dry_run=dry_run)


def note(
    connection: Connection, office: Office, kind: str, made: Sequence[Change], by: Author, act: str = ""
) -> None:  # fmt: skip
    """What belongs to changes of a kind, once for all that one act made together (`act` names it in the audit trail).

    Workers are told, what follows is done, the audit trail says it (last: it locks).
    """
    of, ids, now_s = kind_of(kind), [each.id for each in made], office.now_s
    for told in (of.told_as or (of.name,)) if of.is_policy else ():
        record_changes(connection, told, ids, now_s)
    office.on_change(connection, of.name, ids, now_s)
    entries = [audit_store.NewEntry(each.action, of.name, each.key, each.before, each.after) for each in made]
    audit_store.append_all(connection, entries, actor=by.name, why=by.why, now_s=now_s, act=act)


def _texts(of: Kind, values: Texts) -> dict[str, str]:
    return {of.field(name).name: text.strip() for name, text in values.items()}


def _about(reading: Reading, texts: Texts) -> list[str]:
    """What others know of somebody for whom a password is chosen."""
    known = [texts[name] for name in ("username", "nip", "name") if texts.get(name)]
    row = reading.find(KINDS["opd"], texts["opd"]) if texts.get("password") and texts.get("opd") else None
    return known if row is None else [*known, *passwords.of_office(row["code"], row["name"])]


def _existing(office: Office, reading: Reading, of: Kind, key: str, *, lock: bool = False) -> dict[str, Any]:
    row = reading.find(of, key, lock=lock)
    if row is None or not _is_in_scope(office, of, row):
        raise NotFound(of.name, key)
    return row


def _is_in_scope(office: Office, of: Kind, row: Mapping[str, Any]) -> bool:
    return office.scope.is_all or (bool(of.office_column) and office.scope.covers(row.get(of.office_column)))


def _keep_in_scope(office: Office, of: Kind, row: Mapping[str, Any]) -> None:
    """What somebody of some offices makes or changes must stay theirs."""
    if not _is_in_scope(office, of, row):
        raise InvalidValue("opd", "", "choose one of your own offices")


def _same_version(of: Kind, key: str, row: Mapping[str, Any], expected: int | None) -> None:
    if expected is not None and row["version"] != expected:
        told = f"version {row['version']}, you saw {expected}"
        raise Conflict(f"{of.name} {key} was changed meanwhile ({told}); reload and try again")


def _check(connection: Connection, of: Kind, row: Mapping[str, Any], texts: Texts, row_id: int | None) -> None:
    """Fields that do not go together, and keys that another thing has already."""
    check_together(of.name, row)
    if of.name == "terms" and row_id is not None and terms_store.is_accepted(connection, row_id):
        raise Conflict(f"terms {row['edition']} were accepted as they stand; make a new edition instead")
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
        raise InvalidValue(each.name, texts[each.name], f"{of.name} {other[of.key_column]} has it already")


def _refuse_if_referred_to(connection: Connection, of: Kind, key: str, row_id: int) -> None:
    told: list[str] = []
    for reference in rows.referring(connection, of.table, row_id):
        name, column = named_by(reference.table, reference.column)
        keys = rows.keys_of(connection, reference.table, column, reference.ids)
        more = " ..." if reference.count > len(keys) else ""
        told.append(f"{reference.count} {name} ({', '.join(keys.values())}{more})")
    if told:
        raise Conflict(f"{of.name} {key} is still used by {', '.join(told)}; change or remove these first")


def named_by(table: str, column: str) -> tuple[str, str]:
    """What rows that refer to a thing are called, and the column that names each.

    Of the kinds of a table that which has the column: only a line refers to a site.
    """
    if table in _NO_KIND:
        return _NO_KIND[table]
    of_table = [kind for kind in KINDS.values() if kind.table == table]
    having = [kind for kind in of_table if any(column in each.columns for each in kind.fields)]
    kind = (having or of_table)[0]
    return kind.name, kind.key_column


def _keep_named_plan(connection: Connection, of: Kind, key: str, goes: bool) -> None:
    """A window names its plan by key, so that key must stay while one does."""
    named = schedules_that_name(connection, key) if goes and of.name == "plan" else []
    if named:
        raise Conflict(f"plan {key} is named by windows of schedule {', '.join(named)}; change these first")


def _keep_brought_day(row: Mapping[str, Any] | None, office: Office) -> None:
    """A day to come that the calendar brought would be brought again the next night."""
    if row is not None and row["kind"] != DayOff.OWN and row["day"] >= office.today.isoformat():
        raise Conflict(
            f"the calendar would bring {row['day']} back; say that the office works all the same (works: yes)"
        )


def _differing(reading: Reading, of: Kind, row: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, text in texts.items():
        given |= reading.columns(of.field(name), text)
    return {column: value for column, value in given.items() if row[column] != value}


def _see_to_log_ins(connection: Connection, of: Kind, row_id: int, changed: Mapping[str, Any]) -> None:
    """Whose rights or password changed must log in anew; and somebody must be left who can change it all back."""
    if of.name in {"admin", "employee"} and not _RIGHTS.isdisjoint(changed):
        web_session_store.end_all(connection, of.name, row_id)
    if of.table == "employee" and not _RIGHTS.isdisjoint(changed):
        device_store.revoke_all(connection, row_id)
    if of.table == "employee" and changed.get("password_hash") is not None:
        password_code_store.end_all(connection, row_id)
    if of.name == "admin" and admin_store.count_active(connection) == 0:
        raise Conflict("no network_admin who may log in would be left; make another one first")


def _warnings(connection: Connection, of: Kind, row_id: int, texts: Texts) -> tuple[str, ...]:
    """What was accepted but should be better: a short secret, promises that pass the capacity of their link."""
    found: list[str] = []
    if 0 < len(texts.get("secret", "")) < SHORTEST_SECRET:
        found.append(
            f"secret: it is shorter than {SHORTEST_SECRET} characters and can be guessed from recorded packets"
        )
    if not _PROMISING.get(of.name, set()).isdisjoint(texts):
        links = promise_store.links_of(connection, of.name, row_id)
        found += [
            f"{each.link}: {exact_rate(each.guaranteed)} is guaranteed and it has {exact_rate(each.capacity)}; at full"
            " use not every promise holds: lower some, or raise the capacity"
            for each in promise_store.promised(connection, links)
            if each.is_passed
        ]
    return tuple(found)


def _record(reading: Reading, of: Kind, row: Mapping[str, Any]) -> Record:
    values = reading.shown(of, row)
    return Record(of.name, values[of.key], row["version"], values, row)


def _listable(each: Field) -> Field:
    if not each.format.is_sorted:
        raise InvalidValue(each.name, "", "lists cannot be sorted or filtered by this")
    return each


def _query(office: Office, reading: Reading, of: Kind, wanted: Wanted) -> rows.Query:
    equal: dict[str, object] = dict(of.fixed)
    own = office.scope.opd_ids
    among = {} if own is None else {of.office_column or "id": own if of.office_column else frozenset[int]()}
    if wanted.only is not None:
        among["id"] = frozenset(wanted.only) & among.get("id", frozenset(wanted.only))
    for name, text in wanted.filters.items():
        each = of.field(name)
        _listable(each)
        equal |= reading.columns(each, text) if text.strip() else dict.fromkeys(each.columns)
    sort = wanted.sort or of.key
    column = _listable(of.field(sort.removeprefix("-"))).columns[-1]
    like = (of.searched, wanted.search.strip()) if wanted.search.strip() else None
    after = None
    if wanted.after is not None:
        column = of.field(of.key).columns[-1]
        after = column, of.key_form(wanted.after)
    order = [(column, sort.startswith("-") and after is None)]
    return rows.Query(of.table, equal, among, like, order, (wanted.page - 1) * wanted.size, wanted.size, after)
