"""What a transaction promises on both databases."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from netquota.errors import ConfigurationError, Conflict, StorageUnavailable
from netquota.storage.database import Connection, Database, open_database
from netquota.storage.schema import city_fact, schedule_window


def _facts(database: Database) -> dict[str, str]:
    with database.read() as connection:
        return {row.key: row.value for row in connection.execute(select(city_fact))}


def _write_then_fail(connection: Connection) -> None:
    connection.execute(city_fact.insert().values(key="a", value="1"))
    raise ZeroDivisionError


def test_what_a_write_did_is_there_after_it(database: Database) -> None:
    with database.write() as connection:
        connection.execute(city_fact.insert().values(key="a", value="1"))
    assert _facts(database) == {"a": "1"}


def test_a_write_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        _write_then_fail(connection)
    assert _facts(database) == {}


def test_a_read_sees_one_moment_throughout(database: Database) -> None:
    with database.read() as reading:
        assert reading.execute(select(city_fact)).all() == []
        with database.write() as connection:
            connection.execute(city_fact.insert().values(key="a", value="1"))
        assert reading.execute(select(city_fact)).all() == []
    assert _facts(database) == {"a": "1"}


def test_a_second_row_of_the_same_key_is_a_conflict(database: Database) -> None:
    with pytest.raises(Conflict, match="reload"), database.write() as connection:
        connection.execute(city_fact.insert(), [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}])
    assert _facts(database) == {}


def test_references_are_enforced(database: Database) -> None:
    row = {"schedule_id": 99, "position": 1, "name": "x", "weekdays": "0", "from_time": "07:00", "to_time": "08:00"}
    with pytest.raises(Conflict), database.write() as connection:
        connection.execute(schedule_window.insert().values(row))


def test_sqlite_lets_one_writer_in_and_what_it_read_stays_true(sqlite_database: Database) -> None:
    inside, order = threading.Event(), list[str]()

    def second() -> None:
        inside.wait(10)
        with sqlite_database.write():
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with sqlite_database.write() as connection:
        inside.set()
        connection.execute(city_fact.insert().values(key="a", value="1"))
        thread.join(0.2)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_locked_sqlite_is_told_as_unavailable(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netquota.storage.database.BUSY_TIMEOUT_S", 0.05)
    other = open_database(sqlite_database.url)
    with sqlite_database.write(), pytest.raises(StorageUnavailable, match="locked"), other.write():
        pass
    with other.write() as connection:  # the pool gave back a sound connection
        connection.execute(city_fact.insert().values(key="a", value="1"))
    other.dispose()
    assert _facts(sqlite_database) == {"a": "1"}


def test_sqlite_survives_a_power_cut_by_its_settings(sqlite_database: Database) -> None:
    with sqlite_database.write() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


def test_a_file_of_other_content_is_told_as_unavailable(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no database at all, but long enough to be read as one")
    database = open_database(f"sqlite:///{tmp_path}/x")
    with pytest.raises(StorageUnavailable, match="not a database"), database.read():
        pass


def test_a_postgresql_that_is_away_is_told_without_its_password() -> None:
    database = open_database("postgresql://someone:hush@127.0.0.1:1/none")
    with pytest.raises(StorageUnavailable) as told, database.read():
        pass
    assert "hush" not in str(told.value)
    assert "hush" not in repr(database)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("nonsense", "no database URL"),
        ("mysql://x/y", "mysql"),
        ("sqlite://", "file"),
        ("postgresql+psycopg2://x/y", "psycopg"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_the_forms_that_can(url: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named) as told:
        open_database(url)
    assert "sqlite:///" in str(told.value)


def test_a_new_sqlite_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/new/folder/file.sqlite")
    assert database.path is not None
    assert database.path.stat().st_mode & 0o077 == 0
