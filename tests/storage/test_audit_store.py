"""The audit chain shows what was altered, dropped or reordered (reliability.md, section 4)."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from netquota.storage import audit_store
from netquota.storage.audit_store import AuditFilter
from netquota.storage.database import Connection, Database


def _append(connection: Connection, key: str = "siti", **given: object) -> int:
    values: dict[str, object] = {
        "actor": "ani", "action": "change", "kind": "employee", "key": key, "before": {"plan": "staf"},
        "after": {"plan": "vip"}, "why": "rapat «daring»", "now_s": 100,
    }  # fmt: skip
    return audit_store.append(connection, **(values | given))  # type: ignore[arg-type]


def _filled(database: Database) -> None:
    with database.write() as connection:
        for key in ("a", "b", "c", "d"):
            _append(connection, key)


def _problems(database: Database) -> list[str]:
    with database.read() as connection:
        return audit_store.verify(connection)


def test_an_untouched_chain_has_no_problem(database: Database) -> None:
    assert _problems(database) == []
    _filled(database)
    assert _problems(database) == []


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE audit_entry SET actor = 'x' WHERE key = 'b'", ["entry 2: its content was altered"]),
        ("UPDATE audit_entry SET after = NULL WHERE key = 'b'", ["entry 2: its content was altered"]),
        ("DELETE FROM audit_entry WHERE key = 'b'", ["entry 3: the entry before it is gone, moved or altered"]),
        ("DELETE FROM audit_entry WHERE key = 'a'", ["entry 2: the entry before it is gone, moved or altered"]),
        (
            "DELETE FROM audit_entry WHERE key = 'd'",
            ["the newest entries are gone: the chain does not end with the hash that was noted last"],
        ),
        ("UPDATE audit_entry SET id = CASE id WHEN 2 THEN 30 ELSE id END", ["entry 3", "entry 30", "the newest"]),
    ],
)
def test_tampering_is_found(database: Database, tampering: str, told: list[str]) -> None:
    _filled(database)
    with database.write() as connection:
        connection.execute(text(tampering))
    problems = _problems(database)
    assert len(problems) == len(told)
    assert all(problem.startswith(begin) for problem, begin in zip(problems, told, strict=True))


def test_an_undone_change_leaves_no_entry(database: Database) -> None:
    _filled(database)
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        _append_then_fail(connection)
    assert _problems(database) == []


def _append_then_fail(connection: Connection) -> None:
    _append(connection)
    raise ZeroDivisionError


def test_writers_at_once_make_one_chain(database: Database) -> None:
    def write() -> None:
        for number in range(10):
            with database.write() as connection:
                _append(connection, str(number))

    _run_at_once([write] * 4)
    assert _problems(database) == []
    with database.read() as connection:
        assert len(audit_store.entries(connection, limit=100)) == 40


def _run_at_once(tasks: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_entries_come_newest_first_page_by_page(database: Database) -> None:
    _filled(database)
    with database.read() as connection:
        first = audit_store.entries(connection, limit=3)
        rest = audit_store.entries(connection, before_id=first[-1].id, limit=3)
    assert [entry.key for entry in first] == ["d", "c", "b"]
    assert [entry.key for entry in rest] == ["a"]
    assert (rest[0].before, rest[0].after, rest[0].why) == ({"plan": "staf"}, {"plan": "vip"}, "rapat «daring»")


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        (AuditFilter(actor="budi"), ["y"]),
        (AuditFilter(kind="plan"), ["z"]),
        (AuditFilter(action="change", key="x"), ["x"]),
        (AuditFilter(from_s=200), ["z", "y"]),
        (AuditFilter(from_s=200, until_s=300), ["y"]),
        (AuditFilter(), ["z", "y", "x"]),
    ],
)
def test_entries_are_filtered(database: Database, wanted: AuditFilter, keys: list[str]) -> None:
    with database.write() as connection:
        _append(connection, "x")
        _append(connection, "y", actor="budi", now_s=200)
        _append(connection, "z", kind="plan", now_s=300)
    with database.read() as connection:
        assert [entry.key for entry in audit_store.entries(connection, wanted)] == keys
