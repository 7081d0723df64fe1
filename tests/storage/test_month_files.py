"""A month's files hold what sessions and interfaces grew by, to the octet; manifest and checksums tell what changed."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pyarrow.parquet
import pytest
from sqlalchemy import func, select

from netquota.clock import FixedClock
from netquota.domain.samples import BIN_S, LINK, LINK_INTERFACE, PERSON, SITE, SITE_INTERFACE
from netquota.errors import ConfigurationError, InvalidValue
from netquota.services import keeping, rolling
from netquota.services.allocate import add
from netquota.services.month_files import Written, faults, write_due, write_month
from netquota.services.office import Author, Office
from netquota.settings import Retention
from netquota.sheets.formulas import neutral
from netquota.storage import interface_store, schema
from netquota.storage.database import Database
from netquota.storage.interface_store import Reach
from netquota.storage.policy_store import load_snapshot
from tests.storage.books_city import MB, NOON, Plain, found_city
from tests.storage.measured_city import WIB, Measured, epoch_s

ANI = Author("ani", "uji")
START_S, END_S = epoch_s(2026, 10, 1), epoch_s(2026, 11, 1)


@pytest.fixture
def city(office: Office) -> Measured:
    """Two offices, a site each, on one link; October's samples at the edges and within, and some of its neighbours."""
    add(office, "link", {"name": "A", "provider": "P", "capacity": "100M/50M"}, ANI)
    add(office, "nas", {"name": "gw", "address": "10.0.0.1", "family": "mikrotik"}, ANI)
    for code in ("DINKES", "=DISDIK"):
        add(office, "opd", {"code": code, "name": code, "ceiling": "20M/10M"}, ANI)
        add(office, "site", {"name": f"S, {code}", "opd": code, "link": "A", "nas": "gw"}, ANI)
    for number in (1, 2, 3):
        person = {"username": f"p{number}", "name": "P", "opd": ("DINKES", "=DISDIK")[number % 2]}
        add(office, "employee", person, ANI)
    made, random = Measured(office), Random(7)
    bins = [
        START_S - BIN_S,
        START_S,
        END_S - BIN_S,
        END_S,
        *(START_S + BIN_S * random.randrange(8928) for _ in range(200)),
    ]
    for kind, subjects in (
        (SITE, (1, 2)),
        (LINK, (1,)),
        (LINK_INTERFACE, (1,)),
        (SITE_INTERFACE, (1,)),
        (PERSON, (1, 2, 3)),
    ):
        made.flow(
            (kind, subject, at, random.randrange(10**10), random.randrange(10**9))
            for subject in subjects for at in sorted(set(bins))
        )  # fmt: skip
    return made


def written(city: Measured, folder: Path, now_s: int = END_S + 86_400, month: str = "2026-10") -> Written:
    with city.database.read() as connection:
        snapshot = load_snapshot(connection, city.office.secrets, WIB)
    return write_month(city.database, snapshot, month, folder, "Kota Teluk Arunika", WIB, now_s)


def rows(folder: Path, table: str, month: str = "2026-10") -> list[dict[str, str]]:
    with (folder / month / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def total(found: list[dict[str, str]], **which: str) -> tuple[int, int]:
    mine = [row for row in found if all(row[name] == value for name, value in which.items())]
    return sum(int(row["down_octets"]) for row in mine), sum(int(row["up_octets"]) for row in mine)


def sampled(city: Measured, kind: int, subject: int | None = None) -> tuple[int, int]:
    """What October's samples hold."""
    s = schema.usage_sample.c
    query = select(func.sum(s.down), func.sum(s.up)).where(s.kind == kind, s.bin_s >= START_S, s.bin_s < END_S)
    with city.database.read() as connection:
        down, up = connection.execute(query if subject is None else query.where(s.subject_id == subject)).one()
    return int(down), int(up)


def test_hours_days_and_manifest_are_the_samples_to_the_octet(city: Measured, tmp_path: Path) -> None:
    done = written(city, tmp_path)
    manifest = json.loads((done.folder / "manifest.json").read_text())
    for kind, which in (
        (SITE, {"kind": "site", "source": "sessions"}), (SITE_INTERFACE, {"kind": "site", "source": "interface"}),
        (LINK, {"kind": "link", "source": "sessions"}), (LINK_INTERFACE, {"kind": "link", "source": "interface"}),
        (SITE, {"kind": "opd"}),
    ):  # fmt: skip
        wanted = sampled(city, kind)
        for table in ("hours", "days"):
            assert total(rows(tmp_path, table), **which) == wanted, (table, which)
        told = manifest["totals"][f"{which['kind']}.{which.get('source', 'sessions')}"]
        assert (told["down_octets"], told["up_octets"]) == wanted
    assert total(rows(tmp_path, "people")) == sampled(city, PERSON)
    assert total(rows(tmp_path, "month"), kind="link", source="interface") == sampled(city, LINK_INTERFACE)
    assert {row["day"][:7] for row in rows(tmp_path, "days")} == {"2026-10"}


def test_octets_stay_the_same_when_samples_were_summed_and_forgotten(city: Measured, tmp_path: Path) -> None:
    before = {kind: sampled(city, kind) for kind in (SITE, LINK, PERSON)}
    clock = city.office.clock
    assert isinstance(clock, FixedClock)
    clock.moment = datetime.fromtimestamp(END_S + 20 * 86_400, UTC)
    rolling.roll_up(city.shift(), WIB)
    keeping.forget_samples(city.shift(), Retention(samples_days=30, site_samples_days=30), WIB)
    with city.database.read() as connection:
        left = connection.execute(
            select(func.count()).where(schema.usage_sample.c.bin_s < START_S + 86_400)
        ).scalar_one()
    assert left == 0
    written(city, tmp_path, END_S + 20 * 86_400)
    assert total(rows(tmp_path, "hours"), kind="site", source="sessions") == before[SITE]
    assert total(rows(tmp_path, "hours"), kind="link", source="sessions") == before[LINK]
    assert total(rows(tmp_path, "people")) == before[PERSON]


def test_no_name_becomes_a_formula_where_a_csv_is_opened(city: Measured, tmp_path: Path) -> None:
    written(city, tmp_path)
    names = {row["name"] for row in rows(tmp_path, "month")} | {row["opd"] for row in rows(tmp_path, "people")}
    assert "'=DISDIK" in names
    assert not [name for name in names if name.startswith("=")]


def test_parquet_holds_the_same_as_csv_with_types_and_units(city: Measured, tmp_path: Path) -> None:
    done = written(city, tmp_path)
    for path in done.folder.glob("*.parquet"):
        found = pyarrow.parquet.read_table(path)
        plain = [
            {name: "" if cell is None else str(neutral(cell)) for name, cell in row.items()}
            for row in found.to_pylist()
        ]
        assert plain == rows(tmp_path, path.stem)
    field = pyarrow.parquet.read_schema(done.folder / "hours.parquet").field("down_octets")
    assert (str(field.type), field.metadata[b"unit"]) == ("int64", b"octet")


def test_checksums_are_what_anybodys_sha256sum_says_and_changes_are_named(city: Measured, tmp_path: Path) -> None:
    folder = written(city, tmp_path).folder
    checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, check=False)
    assert checked.returncode == 0
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {one["name"] for one in manifest["files"]} == {p.name for p in folder.iterdir()} - {
        "manifest.json",
        "SHA256SUMS",
    }
    for one in manifest["files"]:
        data = (folder / one["name"]).read_bytes()
        assert (one["octets"], one["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert faults(folder) == []
    (folder / "days.csv").write_bytes(b"day\r\n")
    (folder / "people.csv").unlink()
    (folder / "more.txt").touch()
    assert faults(folder) == [
        "people.csv: it is missing", "more.txt: it is not in the manifest", "days.csv: it was changed",
    ]  # fmt: skip


def test_the_same_month_written_again_is_the_same_but_for_when(city: Measured, tmp_path: Path) -> None:
    one, other = written(city, tmp_path / "a"), written(city, tmp_path / "b", END_S + 2 * 86_400)
    for path in one.folder.glob("*.csv"):
        assert path.read_bytes() == (other.folder / path.name).read_bytes()
    assert (one.is_final, written(city, tmp_path / "a", END_S + 4 * 86_400).is_final) == (False, True)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["2026-10"]  # nothing is left beside it


def test_nobody_is_named(city: Measured, tmp_path: Path) -> None:
    folder = written(city, tmp_path).folder
    for path in folder.glob("*.csv"):
        assert "p1" not in path.read_text()


def test_far_ends_stand_by_hour(city: Measured, tmp_path: Path) -> None:
    with city.database.write() as connection:
        interface_store.add_reach(
            connection,
            [Reach(1, START_S, "server", 5, 4, 1_000, 2_000), Reach(1, START_S + 300, "server", 5, 0, None, None)],
        )
    written(city, tmp_path)
    (row,) = rows(tmp_path, "reachability")
    assert row == {
        "hour": "2026-09-30T17:00:00Z", "link": "A", "by": "server", "asked": "10", "answered": "4",
        "round_trip_us": "1000",
    }  # fmt: skip


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "october", "../2026-10", "2026-10/", ""])
def test_what_is_no_month_is_refused(city: Measured, tmp_path: Path, month: str) -> None:
    with pytest.raises(InvalidValue, match="such as 2026-11"):
        written(city, tmp_path, month=month)


def test_a_month_to_come_and_a_folder_that_cannot_be_written_are_refused(city: Measured, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="not begun"):
        written(city, tmp_path, month="2027-01")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"exports\.folder"):
        written(city, tmp_path / "file")


def test_the_clock_writes_each_month_until_it_is_final_and_then_leaves_it(city: Measured, tmp_path: Path) -> None:
    clock = city.office.clock
    assert isinstance(clock, FixedClock)

    def run(after_s: int) -> str:
        clock.moment = datetime.fromtimestamp(END_S + after_s, UTC)
        return write_due(city.shift(), str(tmp_path / "out"), "Kota", WIB)

    assert run(3600) == "2 months written: 2026-09, 2026-10"  # September's last bin is there, too
    assert run(7200) == "1 months written: 2026-10"
    made = (tmp_path / "out" / "2026-09" / "manifest.json").stat().st_mtime_ns
    assert run(4 * 86_400) == "1 months written: 2026-10"
    assert run(5 * 86_400) == "0 months written"
    assert (tmp_path / "out" / "2026-09" / "manifest.json").stat().st_mtime_ns == made
    (tmp_path / "out" / "2026-10" / "manifest.json").unlink()  # half lost: written anew
    assert run(6 * 86_400) == "1 months written: 2026-10"
    assert write_due(city.shift(), "", "Kota", WIB).startswith("no folder is set")


def test_what_packets_brought_is_in_the_ledger_and_in_the_files_to_the_octet(
    database: Database, tmp_path: Path
) -> None:
    """Sessions over hours, reported unevenly: ledger, samples and files come to the largest totals."""
    city, random, sums = found_city(database), Random(3), 0
    for who in ("siti", "budi", "wati"):
        at_s, octets = NOON, 0
        city.count(city.entry("start", at_s, who=who))
        for _ in range(40):
            at_s, octets = at_s + random.randrange(30, 900), octets + random.randrange(3 * MB)
            report = city.entry("interim", at_s, octets, at_s - NOON, who=who)
            city.count(report)
            city.count(report)  # repeated
        sums += octets
    with database.read() as connection:
        snapshot = load_snapshot(connection, Plain(), WIB)
    write_month(database, snapshot, "2026-05", tmp_path, "Kota", WIB, NOON + 40 * 86_400)
    assert total(rows(tmp_path, "hours", "2026-05"), kind="site", source="sessions") == (sums, 0)
    assert total(rows(tmp_path, "people", "2026-05")) == (sums, 0)
    assert city.used("pool") == sums
