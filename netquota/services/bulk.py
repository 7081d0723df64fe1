"""Use case: one change for many things at once, all of them or none, looked at first; and changes taken back.

A way back is the audit trail's: what an entry changed is set to what it was, if nobody changed it since.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from netquota.clock import FixedClock
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services import ceilings
from netquota.services.allocate import Change, change_row, is_in_sight, note
from netquota.services.catalogue import KINDS, kind_of
from netquota.services.fields import HIDDEN
from netquota.services.imports import applying
from netquota.services.office import Author, Office, needed
from netquota.services.one_go import in_one_go
from netquota.services.reading import Reading
from netquota.storage import audit_store, ceiling_grant_store
from netquota.storage.audit_store import AuditEntry, AuditFilter
from netquota.storage.concern_store import concerned_sessions
from netquota.storage.database import Connection

MOST: Final = 200
"""Things changed at once: as many as one can look at (a preview has one page)."""
_NAMED: Final = 5
_SAME_ACT_S = 2
ONE_BY_ONE: Final = frozenset({"admin", "holiday", "ramadan"})
"""Kinds of which no two are alike."""
_ONE_WAY: Final = frozenset({"admin"})


class Refused(Conflict):
    """One of many cannot take the change; nothing was changed. `key` says which, `error` why."""

    def __init__(self, key: str, error: InvalidValue) -> None:
        super().__init__(f"{key}: {error}; nothing was changed")
        self.key, self.error = key, error


@dataclass(frozen=True, slots=True)
class Bulk:
    """What was, or would be, changed: the things that differ, how many are the same, on how many sessions it bears."""

    changes: tuple[Change, ...]
    same: int
    sessions: int

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was accepted but should be better, each once."""
        return tuple(dict.fromkeys(text for each in self.changes for text in each.warnings))


def change_many(
    office: Office, kind: str, keys: Sequence[str], values: Mapping[str, str], by: Author, *, dry_run: bool = False
) -> Bulk:  # fmt: skip
    """Set fields of many things. Raises `Refused`, `InvalidValue` for too many or no reason, `NotFound`."""
    if not dry_run:
        needed(by)
    chosen = list(dict.fromkeys(keys))
    if not 0 < len(chosen) <= MOST:
        raise InvalidValue("key", len(chosen), f"choose from 1 to {MOST} of them")
    wanted = [(key, values) for key in sorted(chosen)]

    def act(connection: Connection, then: Office) -> Bulk:
        done = _changed(connection, then, kind, wanted, by)
        if not dry_run:
            _note(connection, then, kind, done, by)
        return done

    return _once(office, act, dry_run)


def entry_of(connection: Connection, office: Office, entry_id: int) -> AuditEntry:
    """An entry of the audit trail about something in sight. Raises `NotFound`, also for what is out of sight."""
    found = audit_store.entries(connection, before_id=entry_id + 1, limit=1)
    if not found or found[0].id != entry_id or not is_in_sight(connection, office, found[0].kind, found[0].key):
        raise NotFound("change", entry_id)
    return found[0]


def can_take_back(entry: AuditEntry) -> bool:
    """Whether before and after are both known: changes of catalogue things without secrets."""
    values = (*entry.before.values(), *entry.after.values())
    known = entry.kind in KINDS and entry.kind not in _ONE_WAY and not is_of_import(entry)
    return known and entry.action == "change" and HIDDEN not in values and bool(entry.after)


def is_of_import(entry: AuditEntry) -> bool:
    """Whether an import made or set back the entry: what it added besides is taken back by the import alone."""
    return entry.act.startswith(applying.ACT)


def together(connection: Connection, entry: AuditEntry) -> list[AuditEntry]:
    """The entries that the same act made, the oldest first; this one is among them.

    Raises `Conflict` where they are more than can be taken back at once.
    """
    if not entry.act:
        return [entry]
    found = audit_store.entries(connection, AuditFilter(act=entry.act), limit=MOST + 1)
    if len(found) > MOST:
        raise Conflict(f"more than {MOST} were changed together; change them by their list")
    return sorted(found, key=lambda one: one.id)


def take_back(office: Office, entry_id: int, by: Author, *, dry_run: bool = False) -> Bulk:
    """Set back what an entry, and all that were made with it, changed.

    Raises `Conflict` where one of them was changed since, or cannot be taken back; then nothing is changed.
    """

    def act(connection: Connection, then: Office) -> Bulk:
        entry = entry_of(connection, then, entry_id)
        if is_of_import(entry):
            raise Conflict("an import made this entry; take the import back, or import a list anew")
        if not can_take_back(entry):
            raise Conflict("this entry cannot be taken back; change the thing by its form")
        entries = together(connection, entry)
        if not all(is_in_sight(connection, then, one.kind, one.key) for one in entries):
            raise NotFound("change", entry_id)
        _refuse_if_changed(connection, then, entries)
        ended = _addition_ended(connection, then, entry, by)
        if ended is not None:
            return ended
        wanted = [(one.key, {name: str(text) for name, text in one.before.items()}) for one in entries]
        done = _changed(connection, then, entry.kind, wanted, by)
        if not dry_run:
            _note(connection, then, entry.kind, done, by)
        return done

    return _once(office, act, dry_run)


def _addition_ended(connection: Connection, office: Office, entry: AuditEntry, by: Author) -> Bulk | None:
    """The entry's ceiling rose, or fell, as an addition began: that one is ended, or its end would take it off again.

    None where it was changed by hand.
    """
    if entry.kind != "opd" or set(entry.after) != {"ceiling"}:
        return None
    row = Reading(connection, office).find(kind_of("opd"), entry.key)
    found = [] if row is None else ceiling_grant_store.grants(connection, row["id"])
    begun = [each for each in found if each.is_in_force and abs((each.began_s or 0) - entry.at_s) <= _SAME_ACT_S]
    if row is None or not begun:
        return None
    ceilings.end_grant_within(connection, office, begun[0].id, by)
    before, after = ({"ceiling": str(each["ceiling"])} for each in (entry.after, entry.before))
    done = Change("change", "opd", entry.key, row["version"] + 1, before, after, row["id"])
    return Bulk((done,), 0, len(concerned_sessions(connection, "opd", [row["id"]])))


def _refuse_if_changed(connection: Connection, office: Office, entries: Sequence[AuditEntry]) -> None:
    reading, other = Reading(connection, office), list[str]()
    for entry in entries:
        of = kind_of(entry.kind)
        row = reading.find(of, entry.key)
        shown = {} if row is None else reading.shown(of, row)
        if row is None or any(shown.get(name) != text for name, text in entry.after.items()):
            other.append(entry.key)
    if other:
        more = " ..." if len(other) > _NAMED else ""
        raise Conflict(f"changed again since: {', '.join(other[:_NAMED])}{more}; nothing was taken back")


def _changed(
    connection: Connection, office: Office, kind: str, wanted: Sequence[tuple[str, Mapping[str, str]]], by: Author
) -> Bulk:  # fmt: skip
    done: list[Change] = []
    for key, values in wanted:
        try:
            done.append(change_row(connection, office, kind, key, values, by))
        except InvalidValue as error:
            raise Refused(key, error) from None
    changes = tuple(each for each in done if each.action != "none")
    ids = [each.id for each in changes]
    sessions = len(concerned_sessions(connection, kind, ids)) if ids else 0
    return Bulk(changes, len(done) - len(changes), sessions)


def _note(connection: Connection, office: Office, kind: str, done: Bulk, by: Author) -> None:
    """What follows from all of them, once; the audit trail knows them as one act."""
    if done.changes:
        note(connection, office, kind, done.changes, by, secrets.token_hex(8))


def _once(office: Office, act: Callable[[Connection, Office], Bulk], dry_run: bool) -> Bulk:
    """One transaction at one moment; a dry run is undone, and no session follows it."""
    then = replace(office, clock=FixedClock(office.clock.now()))
    return in_one_go(then.database, lambda connection: act(connection, then), dry_run=dry_run)
