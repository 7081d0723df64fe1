"""One act that changed many is known as one, whatever the clock says; it is taken back whole, by whom it concerns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from netquota.domain.scope import Scope
from netquota.errors import Conflict, NotFound
from netquota.services.allocate import add, change, get
from netquota.services.bulk import MOST, can_take_back, change_many, entry_of, take_back, together
from netquota.services.imports import running
from netquota.services.office import Author, Office
from netquota.storage import audit_store, schema
from netquota.storage.audit_store import AuditEntry, NewEntry
from netquota.storage.database import Connection

ANI = Author("ani", "uji")
PEOPLE = [f"p{number}" for number in range(5)]


@dataclass
class TickingClock:
    """A second passes at every look at it, as while much is written."""

    moment: datetime = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)

    def now(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment

    def monotonic(self) -> float:
        return 0.0


@dataclass
class Followed:
    """What was called for with each change."""

    calls: list[tuple[str, list[int]]] = field(default_factory=list[tuple[str, list[int]]])

    def __call__(self, _connection: Connection, kind: str, ids: Sequence[int], _now_s: int) -> None:
        self.calls.append((kind, sorted(ids)))


@pytest.fixture
def office(office: Office) -> Office:
    """Five people of two offices, of whom the last is another's."""
    add(office, "plan", {"key": "staf", "name": "Staf", "rate": "10M/2M"}, ANI)
    for code in ("DINKES", "DINSOS"):
        add(office, "opd", {"code": code, "name": code}, ANI)
    for key in PEOPLE:
        opd = "DINSOS" if key == PEOPLE[-1] else "DINKES"
        add(office, "employee", {"username": key, "name": key, "opd": opd}, ANI)
    return office


def newest(office: Office) -> AuditEntry:
    with office.database.read() as connection:
        return audit_store.entries(connection, limit=1)[0]


def plans(office: Office) -> list[str]:
    return [get(office, "employee", key).values["plan"] for key in PEOPLE]


def test_an_act_that_takes_its_time_is_one_and_taken_back_whole(office: Office) -> None:
    slow = replace(office, clock=TickingClock())
    change_many(slow, "employee", PEOPLE, {"plan": "staf"}, ANI)
    clicked = newest(office)
    with office.database.read() as connection:
        found = together(connection, clicked)
        assert [entry.key for entry in found] == PEOPLE
        assert clicked in found
        assert len({entry.at_s for entry in found}) == 1
        assert audit_store.verify(connection) == []
    assert len(take_back(slow, clicked.id, ANI).changes) == len(PEOPLE)
    assert plans(office) == [""] * len(PEOPLE)
    take_back(slow, newest(office).id, ANI)  # and what was taken back is one act as well
    assert plans(office) == ["staf"] * len(PEOPLE)


def test_changes_of_one_second_that_have_nothing_to_do_with_each_other_stay_apart(office: Office) -> None:
    for key in PEOPLE[:2]:  # as by a program: one person, one reason, the clock stands
        change(office, "employee", key, {"plan": "staf"}, ANI)
    change_many(office, "employee", PEOPLE[2:4], {"plan": "staf"}, ANI)
    with office.database.read() as connection:
        second = audit_store.entries(connection, audit_store.AuditFilter(key=PEOPLE[1]), limit=1)[0]
    take_back(office, second.id, ANI)
    assert plans(office) == ["staf", "", "staf", "staf", ""]


def test_what_an_import_changed_is_taken_back_by_the_import(office: Office) -> None:
    run_id = running.upload(office, "employee", "daftar.csv", b"username,nama\np0,Lain\np1,Lain Lagi\n", ANI)
    running.applied(office, running.opened(office, run_id, "ani"), 31, ANI)
    entry = newest(office)
    assert (entry.action, entry.kind) == ("change", "employee")
    assert not can_take_back(entry)
    with pytest.raises(Conflict, match="take the import back"):
        take_back(office, entry.id, ANI)
    assert get(office, "employee", "p1").values["name"] == "Lain Lagi"


def test_more_than_can_be_looked_at_are_not_taken_back_in_part(office: Office) -> None:
    many = [NewEntry("change", "employee", "p0", {"name": "A"}, {"name": "B"})] * (MOST + 1)
    with office.database.write() as connection:
        audit_store.append_all(connection, many, actor="ani", why="uji", now_s=office.now_s, act="one")
    with pytest.raises(Conflict, match=f"more than {MOST}"):
        take_back(office, newest(office).id, ANI)


def test_an_entry_outside_of_the_scope_does_not_exist(office: Office) -> None:
    change(office, "employee", "p4", {"name": "Rahasia"}, ANI)
    other = newest(office)
    change_many(office, "employee", ["p3", "p4"], {"status": "suspended", "status_why": "cuti"}, ANI)
    with office.database.read() as connection:
        mixed = next(entry for entry in audit_store.entries(connection) if entry.key == "p3")
        own = frozenset({int(get(office, "employee", "p3").row["opd_id"])})
        narrow = replace(office, scope=Scope(own))
        with pytest.raises(NotFound, match="change"):
            entry_of(connection, narrow, other.id)
        assert entry_of(connection, narrow, mixed.id) == mixed
    for entry in (other, mixed):  # the second is one act with somebody else's
        with pytest.raises(NotFound, match="change"):
            take_back(narrow, entry.id, ANI, dry_run=True)


def test_what_follows_from_many_changes_follows_once_and_from_a_preview_not_at_all(office: Office) -> None:
    followed = Followed()
    watched = replace(office, on_change=followed)
    change_many(watched, "employee", PEOPLE, {"plan": "staf"}, ANI, dry_run=True)
    change(watched, "employee", "p0", {"plan": "staf"}, ANI, dry_run=True)
    assert followed.calls == []
    done = change_many(watched, "employee", PEOPLE, {"plan": "staf"}, ANI)
    ids = sorted(each.id for each in done.changes)
    assert followed.calls == [("employee", ids)]
    entry = newest(office)
    take_back(watched, entry.id, ANI, dry_run=True)
    assert newest(office) == entry
    take_back(watched, entry.id, ANI)
    assert followed.calls[1:] == [("employee", ids)]


def test_an_act_that_was_altered_breaks_the_chain(office: Office) -> None:
    change_many(office, "employee", PEOPLE[:2], {"plan": "staf"}, ANI)
    entry = newest(office)
    with office.database.write() as connection:
        connection.execute(update(schema.audit_entry).where(schema.audit_entry.c.id == entry.id).values(act=""))
    with office.database.read() as connection:
        assert audit_store.verify(connection) == [f"entry {entry.id}: its content was altered"]


def test_an_author_without_a_reason_changes_nothing_but_may_look(office: Office) -> None:
    nobody = Author("ani")
    assert len(change_many(office, "employee", PEOPLE, {"plan": "staf"}, nobody, dry_run=True).changes) == len(PEOPLE)
    assert plans(office) == [""] * len(PEOPLE)
