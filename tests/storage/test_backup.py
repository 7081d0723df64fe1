"""Copies made while in use are whole, told when they are not, rotated, and restored only into an empty place (F23)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from netquota.errors import ConfigurationError, Conflict, InvalidValue, StorageUnavailable
from netquota.storage import backup
from netquota.storage.database import Database, open_database
from netquota.storage.policy_store import record_change
from netquota.storage.revision import check
from netquota.storage.schema import city_fact, policy_change

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.fixture
def empty(database: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty place, of the same kind as `database`."""
    if database.kind == "sqlite":
        yield f"sqlite:///{tmp_path}/restored.sqlite"
        return
    server = request.getfixturevalue("postgres_server")
    url = server.create()
    yield url
    server.drop(url)


def _restored(url: str) -> Iterator[Database]:
    database = open_database(url)
    yield database
    database.dispose()


def test_a_copy_holds_what_was_there_and_is_restored_elsewhere(database: Database, empty: str, tmp_path: Path) -> None:
    with database.write() as connection:
        connection.execute(city_fact.insert().values(key="city", value="Teluk Arunika"))
        record_change(connection, "plan", 1, 5)
    made = backup.make(database, tmp_path / "copies", NOW)
    assert made.path.name.startswith("netquota-20261124T020000Z.")
    assert made.path.stat().st_mode & 0o077 == 0
    assert backup.restore(made.path, empty) == made
    for restored in _restored(empty):
        assert check(restored, integrity=True).faults == ()
        with restored.read() as connection:
            assert connection.execute(select(city_fact.c.value)).scalars().all() == ["Teluk Arunika"]
            assert connection.execute(select(policy_change.c.at_s, policy_change.c.xid)).all() == [(5, 0)]
        with restored.write() as connection:  # numbers go on where they were
            record_change(connection, "plan", 1, 6)
            assert connection.execute(select(func.max(policy_change.c.id))).scalar() == 2


def test_a_copy_made_under_load_is_of_one_moment(database: Database, empty: str, tmp_path: Path) -> None:
    """Two facts that every write changes together are equal in the copy."""
    with database.write() as connection:
        connection.execute(city_fact.insert(), [{"key": "a", "value": "0"}, {"key": "b", "value": "0"}])
    done = threading.Event()

    def load() -> None:
        number = 0
        while not done.is_set():
            number += 1
            with database.write() as connection:
                for key in ("a", "b"):
                    connection.execute(update(city_fact).where(city_fact.c.key == key).values(value=str(number)))

    writer = threading.Thread(target=load)
    writer.start()
    try:
        made = backup.make(database, tmp_path, NOW)
    finally:
        done.set()
        writer.join(30)
    backup.restore(made.path, empty)
    for restored in _restored(empty):
        with restored.read() as connection:
            first, second = connection.execute(select(city_fact.c.value).order_by(city_fact.c.key)).scalars()
        assert first == second


def test_a_place_that_is_not_empty_is_left_alone(database: Database, tmp_path: Path) -> None:
    made = backup.make(database, tmp_path, NOW)
    with database.write() as connection:
        connection.execute(city_fact.insert().values(key="later", value="1"))
    with pytest.raises(Conflict, match="restore into"):
        backup.restore(made.path, database.url)
    with database.read() as connection:
        assert connection.execute(select(city_fact.c.key)).scalars().all() == ["later"]


def test_a_cut_or_altered_copy_is_told(database: Database, tmp_path: Path) -> None:
    with database.write() as connection:
        rows = [{"key": f"k{number}", "value": "x" * 400} for number in range(500)]
        connection.execute(city_fact.insert(), rows)
    whole = backup.make(database, tmp_path, NOW).path.read_bytes()
    for name, octets in (("cut", whole[: len(whole) * 2 // 3]), ("empty", b""), ("foreign", b"PK\x03\x04" + whole)):
        (tmp_path / name).write_bytes(octets)
        with pytest.raises(InvalidValue, match="backup"):
            backup.verify(tmp_path / name)
    with pytest.raises(InvalidValue, match="is there"):
        backup.verify(tmp_path / "nowhere")


def test_a_copy_of_a_later_release_or_another_kind_is_refused(database: Database, empty: str, tmp_path: Path) -> None:
    made = backup.make(database, tmp_path, NOW)
    other = "postgresql://127.0.0.1:1/none" if database.kind == "sqlite" else f"sqlite:///{tmp_path}/new.sqlite"
    with pytest.raises(InvalidValue, match=f"copy of a {database.kind}"):
        backup.restore(made.path, other)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    later = backup.make(database, tmp_path, NOW + timedelta(seconds=1))
    with pytest.raises(ConfigurationError, match="newer"):
        backup.restore(later.path, empty)


def test_a_folder_that_cannot_be_written_leaves_nothing_behind(database: Database, tmp_path: Path) -> None:
    (tmp_path / "netquota-20261124T020000Z.sqlite").mkdir()
    (tmp_path / "netquota-20261124T020000Z.pgdump").mkdir()
    with pytest.raises(StorageUnavailable, match="could not be written"):
        backup.make(database, tmp_path, NOW)
    assert not list(tmp_path.glob("*.part"))


def test_the_newest_copies_are_kept_and_foreign_files_left_alone(tmp_path: Path) -> None:
    for day in range(1, 6):
        (tmp_path / f"netquota-202611{day:02d}T020000Z.{'sqlite' if day % 2 else 'pgdump'}").touch()
    (tmp_path / "netquota-before-upgrade-from-0001-1.sqlite").touch()
    (tmp_path / "other.sqlite").touch()
    gone = backup.rotate(tmp_path, keep=2)
    assert [path.name[9:17] for path in gone] == ["20261101", "20261102", "20261103"]
    assert len(list(tmp_path.iterdir())) == 4
    with pytest.raises(InvalidValue):
        backup.rotate(tmp_path, keep=0)


def test_a_password_is_not_in_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other users of the machine can read it there."""
    said, script = tmp_path / "said", tmp_path / "pg_dump"
    script.write_text(f'#!/bin/sh\necho "$* PGPASSWORD=$PGPASSWORD" > {said}\nexit 1\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    database = open_database("postgresql://ani:h%40sh@db.kota.go.id:5433/netquota?sslmode=require")
    with pytest.raises(StorageUnavailable):
        backup.make(database, tmp_path, NOW)
    arguments, _, password = said.read_text().strip().partition(" PGPASSWORD=")
    assert password == "h@sh"
    assert "h%40sh" not in arguments
    assert "postgresql://ani@db.kota.go.id:5433/netquota?sslmode=require" in arguments


def test_a_missing_pg_dump_is_told_with_its_package(
    postgres_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="postgresql-client"):
        backup.make(postgres_database, tmp_path, NOW)
