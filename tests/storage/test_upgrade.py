"""An upgrade copies first, is one transaction, and stops at what it does not know; a check tells what is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import text

from netquota.errors import ConfigurationError, StorageUnavailable
from netquota.storage import upgrade as upgrading
from netquota.storage.database import Database, open_database
from netquota.storage.revision import check, current, known
from netquota.storage.schema import city_fact
from netquota.storage.upgrade import upgrade


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    database = open_database(empty_url)
    yield database
    database.dispose()


def test_an_upgrade_is_told_and_a_second_one_changes_nothing(empty: Database) -> None:
    first, second = upgrade(empty), upgrade(empty)
    assert (first.before, first.after, first.backup) == (None, known()[-1], None)
    assert (second.before, second.after, second.backup) == (known()[-1], known()[-1], None)
    assert check(empty, integrity=True).faults == ()


def test_an_empty_database_is_refused_with_the_remedy(empty: Database) -> None:
    with pytest.raises(ConfigurationError, match="netquota db upgrade"):
        check(empty)


def test_a_newer_schema_is_refused_by_check_and_upgrade(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for act in (check, upgrade):
        with pytest.raises(ConfigurationError, match="9999, newer than this program's"):
            act(database)


def test_an_interrupted_upgrade_leaves_nothing_and_can_be_run_again(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(upgrading, "_refuse_dangling", _power_cut)
        with pytest.raises(StorageUnavailable):
            upgrade(empty)
    with empty.read() as connection:
        assert current(connection) is None
        assert connection.dialect.get_table_names(connection) == []
    assert upgrade(empty).after == known()[-1]


def _power_cut(_: object) -> None:
    raise StorageUnavailable("cut")


def test_an_existing_sqlite_file_is_copied_before_it_is_upgraded(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite_database.write() as connection:
        connection.execute(city_fact.insert().values(key="city", value="Teluk Arunika"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    monkeypatch.setattr(upgrading, "known", lambda: ("0000", "0001"))
    monkeypatch.setattr(upgrading, "refuse_newer", lambda _: None)
    monkeypatch.setattr(upgrading.command, "upgrade", lambda *_: None)
    copy = upgrade(sqlite_database).backup
    assert copy is not None
    with closing(sqlite3.connect(copy)) as reading:
        assert reading.execute("SELECT value FROM city_fact").fetchall() == [("Teluk Arunika",)]


def test_a_table_made_anew_keeps_what_refers_to_it(sqlite_database: Database) -> None:
    with sqlite_database.write() as connection:
        connection.execute(text("INSERT INTO schedule (id, key, name) VALUES (1, 'k', 'n')"))
        connection.execute(
            text(
                "INSERT INTO schedule_window (schedule_id, position, name, weekdays, from_time, to_time)"
                " VALUES (1, 1, 'w', '0', '07:00', '08:00')"
            )
        )
    with sqlite_database.remake() as connection:
        connection.execute(text("CREATE TABLE other AS SELECT * FROM schedule"))
        connection.execute(text("DROP TABLE schedule"))
        connection.execute(text("ALTER TABLE other RENAME TO schedule"))
    with sqlite_database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM schedule_window")).scalar() == 1


def test_a_damaged_sqlite_file_is_told_by_its_faults(sqlite_database: Database) -> None:
    with sqlite_database.remake() as connection:
        connection.execute(text("INSERT INTO login_token VALUES (x'00', 77, x'00', 'm', NULL, 0, NULL, 0)"))
    assert check(sqlite_database).faults == ()
    assert check(sqlite_database, integrity=True).faults == (
        "login_token: row 1 refers to a row of employee that is gone",
    )
