"""The newest copy is restored into a scratch place, read, and thrown away; what is wrong with it is told."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from netquota.errors import Conflict, NotFound
from netquota.secrets import Keyring
from netquota.services import backup_trial, housekeeping
from netquota.services.allocate import add
from netquota.services.backup_trial import Bench, last_copy, last_trial, newest_copy, try_copy
from netquota.services.housekeeping import Keeping
from netquota.services.office import Author, Office
from netquota.settings import Settings
from netquota.storage import backup
from netquota.storage.database import Database
from netquota.storage.web_session_store import Limits
from tests.storage.measured_city import Measured

ANI = Author("ani", "uji")
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.fixture
def city(office: Office) -> Office:
    add(office, "opd", {"code": "DINKES", "name": "Kesehatan"}, ANI)
    add(office, "nas", {"name": "gw", "address": "10.0.0.1", "family": "mikrotik"}, ANI)
    return office


def bench(city: Office, folder: Path) -> Bench:
    return Bench(city.database, folder, city.secrets, city.zone, city.clock)


def places(database: Database, folder: Path) -> set[str]:
    """Every place that there is: files, or the server's databases."""
    if database.path is not None:
        return {path.name for path in folder.iterdir()}
    with database.read() as connection:
        return set(connection.execute(text("SELECT datname FROM pg_database")).scalars())


def test_a_whole_copy_is_restored_read_and_thrown_away(city: Office, tmp_path: Path) -> None:
    made = backup.make(city.database, tmp_path / "copies", NOW)
    before = places(city.database, tmp_path / "copies")
    found = try_copy(bench(city, tmp_path / "copies"), made.path)
    assert found.is_good, found.faults
    assert (found.counts["offices"], found.counts["gateways"], found.counts["audit entries"]) == (1, 1, 2)
    assert found.revision == made.revision
    assert places(city.database, tmp_path / "copies") == before


def test_what_a_trial_that_died_left_behind_goes_with_the_next(city: Office, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    made = backup.make(city.database, folder, NOW)
    before = places(city.database, folder)
    if city.database.path is not None:
        (folder / ".netquota_trial_00000000.sqlite").write_bytes(b"left")
    else:
        name = city.database.url.rpartition("/")[2]
        with city.database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(f"CREATE DATABASE {name}_trial_00"))
    assert try_copy(bench(city, folder), made.path).is_good
    assert places(city.database, folder) == before


def test_where_room_is_short_nothing_is_written_and_that_is_told(
    city: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "copies"
    made = backup.make(city.database, folder, NOW)
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2 * made.octets - 1))
    restored: list[Path] = []
    monkeypatch.setattr(backup, "restore", lambda path, _: restored.append(path))
    found = try_copy(bench(city, folder), made.path)
    assert (found.is_good, restored) == (False, [])
    assert f"{2 * made.octets - 1} octets are free" in found.faults[0]
    shift = Measured(city).shift()
    with pytest.raises(Conflict, match="not tried"):
        backup_trial.try_newest(shift, folder)


def test_a_damaged_copy_is_told(city: Office, tmp_path: Path) -> None:
    made = backup.make(city.database, tmp_path / "copies", NOW)
    made.path.write_bytes(made.path.read_bytes()[: made.octets // 2])
    found = try_copy(bench(city, tmp_path / "copies"), made.path)
    assert not found.is_good
    assert "damaged" in found.faults[0]


def test_a_copy_whose_secrets_the_key_file_does_not_open_is_told(city: Office, tmp_path: Path) -> None:
    made = backup.make(city.database, tmp_path / "copies", NOW)
    other = Bench(city.database, tmp_path / "copies", Keyring([Fernet.generate_key()]), city.zone, city.clock)
    found = try_copy(other, made.path)
    assert "not the key of this database" in found.faults[0]


def test_a_copy_with_less_than_was_there_is_told(city: Office, tmp_path: Path) -> None:
    if city.database.path is None:
        pytest.skip("a pg_dump archive cannot be thinned out; the rule is the same")
    made = backup.make(city.database, tmp_path / "copies", NOW)
    with city.database.write() as connection:
        backup_trial.note_copy(connection, made, 1, {"offices": 1, "gateways": 1, "audit entries": 2, "employees": 0})
    with closing(sqlite3.connect(made.path)) as copy:
        copy.execute("DELETE FROM nas")
        copy.execute("DELETE FROM audit_entry WHERE id = 2")
        copy.commit()
    faults = try_copy(bench(city, tmp_path / "copies"), made.path).faults
    assert "it holds 0 gateways, 1 were there" in faults
    assert "it holds 1 audit entries, 2 were there" in faults


def test_each_night_the_newest_copy_is_tried_and_what_came_of_it_kept(city: Office, tmp_path: Path) -> None:
    folder, shift = tmp_path / "copies", Measured(city).shift()
    settings = Settings()
    keeping = Keeping(settings.retention, folder, Limits(1, 1), settings.city.zone, (), ())
    assert backup_trial.try_newest(shift, folder) == "no copy to try yet"
    with pytest.raises(NotFound, match="netquota db backup"):
        newest_copy(folder)
    housekeeping.copy(shift, keeping)
    said = backup_trial.try_newest(shift, folder)
    assert "1 offices, 1 gateways" in said
    with city.database.read() as connection:
        copy, trial = last_copy(connection), last_trial(connection)
    assert copy is not None
    assert trial is not None
    assert (trial.name, trial.is_good, copy.counts["offices"]) == (copy.name, True, 1)
    path = newest_copy(folder)
    path.write_bytes(path.read_bytes()[:4096])
    with pytest.raises(Conflict, match="would not bring the city back"):
        backup_trial.try_newest(shift, folder)
    with city.database.read() as connection:
        trial = last_trial(connection)
    assert trial is not None
    assert not trial.is_good
