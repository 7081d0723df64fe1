"""The sample city: what the office was promised, and a past week in which every octet stands in all books once."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from netquota.clock import FixedClock
from netquota.domain.nip import parse_nip
from netquota.domain.quota import measured
from netquota.domain.units import Octets2
from netquota.errors import ConfigurationError
from netquota.passwords import verify_password
from netquota.secrets import Keyring
from netquota.services import allocate
from netquota.services.demo_city import Made, is_made, make, renew_password
from netquota.services.demo_people import sample_city
from netquota.services.facts import Policy
from netquota.services.office import Author, Office
from netquota.storage import fact_store
from netquota.storage.audit_store import verify
from netquota.storage.database import Connection, Database, open_database
from netquota.storage.ledger_store import LINK, PERSON, SITE
from netquota.storage.policy_store import load_snapshot

PASSWORD = "kelapa-7-perahu"
ZONE = ZoneInfo("Asia/Jakarta")
WANTED_OPDS = {"DISDUKCAPIL", "DPMPTSP", "DISKOMINFO", "DISDIK", "DINKES", "RSUD"}
NOW = datetime(2026, 11, 24, 2, 3, tzinfo=UTC)
Rows = list[tuple[object, ...]]
MadeCity = tuple[Office, Made]


@pytest.fixture
def empty(sqlite_database: Database, keyring: Keyring, clock: FixedClock) -> Office:
    return Office(sqlite_database, keyring, clock, ZONE)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, keyring: Keyring) -> Iterator[MadeCity]:
    """The city, made once; tests that change it take a `copy`."""
    path = tmp_path_factory.mktemp("city") / "city.sqlite"
    shutil.copyfile(sqlite_template, path)
    database = open_database(f"sqlite:///{path}")
    office = Office(database, keyring, FixedClock(NOW), ZONE)
    yield office, make(office, sample_city(), PASSWORD)
    database.dispose()


@pytest.fixture
def copy(made: MadeCity, tmp_path: Path) -> Iterator[Office]:
    office = made[0]
    assert office.database.path is not None
    with closing(sqlite3.connect(office.database.path)) as source, closing(sqlite3.connect(tmp_path / "c")) as target:
        source.backup(target)
    database = open_database(f"sqlite:///{tmp_path}/c")
    yield replace(office, database=database)
    database.dispose()


def _rows(connection: Connection, statement: str) -> Rows:
    return [tuple(row) for row in connection.exec_driver_sql(statement)]


def test_the_city_is_the_same_each_time() -> None:
    assert sample_city() == sample_city()


def test_the_city_has_what_newcomers_are_shown() -> None:
    city = sample_city()
    assert len(city.people) == 300
    assert len({person.username for person in city.people}) == 300
    assert len({person.fields["nip"] for person in city.people}) == 300
    opds = {row["code"] for row in city.tables["opd"]}
    assert len(opds) == 12
    assert opds >= WANTED_OPDS
    assert len(city.tables["link"]) == 2
    assert Counter(row["family"] for row in city.tables["nas"]) == {"mikrotik": 2, "chilli": 1, "wispr": 1}
    assert {row.get("mode", "per_employee") for row in city.tables["site"]} == {"per_employee", "whole_opd"}
    offices = defaultdict(set)
    for person in city.people:
        offices[person.site.name].add(person.fields["opd"])
    assert offices["Mal Pelayanan Publik"] == {"DPMPTSP", "DISDUKCAPIL"}


def test_every_nip_is_valid() -> None:
    for person in sample_city().people:
        assert parse_nip(person.fields["nip"], date(2026, 1, 1)).digits == person.fields["nip"]


def test_a_second_run_goes_on_with_the_same_city(made: MadeCity) -> None:
    office, city = made
    assert city.people == 300
    assert is_made(office)


def test_an_empty_database_may_become_the_city(empty: Office) -> None:
    assert not is_made(empty)


def test_a_database_of_somebody_else_is_left_alone(empty: Office) -> None:
    allocate.add(empty, "opd", {"code": "NYATA", "name": "Kantor nyata"}, Author("test"))
    with pytest.raises(ConfigurationError, match="state_dir"):
        is_made(empty)


def test_nothing_is_left_of_a_city_that_could_not_be_made(empty: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fact_store, "put_fact", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(empty, sample_city(), PASSWORD)
    assert not is_made(empty)


def test_passwords_are_kept_as_hash_and_for_chap_only(made: MadeCity) -> None:
    office, city = made
    with office.database.read() as connection:
        people = _rows(connection, "SELECT password_hash, password_encrypted FROM employee")
        admins = _rows(connection, "SELECT username, password_hash FROM admin")
    assert len({stored for stored, _ in people}) == 1
    assert verify_password(str(people[0][0]), PASSWORD)
    assert {office.secrets.decrypt(sealed) for _, sealed in people[:5]} == {PASSWORD.encode()}  # type: ignore[arg-type]
    assert [name for name, _ in admins] == ["admin"]
    assert verify_password(str(admins[0][1]), city.admin_password)


def test_a_lost_password_is_replaced_for_everybody(copy: Office) -> None:
    renew_password(copy, sample_city(), "lontar-9-sampan")
    with copy.database.read() as connection:
        stored = {row[0] for row in _rows(connection, "SELECT password_hash FROM employee")}
    assert len(stored) == 1
    assert verify_password(str(stored.pop()), "lontar-9-sampan")


def test_each_octet_of_the_week_stands_in_the_samples_once(made: MadeCity) -> None:
    office, _ = made
    with office.database.read() as connection:
        for kind, column in ((PERSON, "employee_id"), (SITE, "site_id"), (LINK, "link_id")):
            counted = _rows(
                connection,
                f"SELECT {column}, SUM(output_octets), SUM(input_octets)"  # noqa: S608
                " FROM accounting_session GROUP BY 1 ORDER BY 1",
            )
            sampled = _rows(
                connection,
                f"SELECT subject_id, SUM(down), SUM(up) FROM usage_sample WHERE kind = {kind}"  # noqa: S608
                " GROUP BY 1 ORDER BY 1",
            )
            assert counted == sampled
        assert _rows(connection, "SELECT COUNT(*) FROM accounting_session WHERE ended_s IS NULL") == [(0,)]


def test_the_ledger_is_the_pieces_of_the_samples_that_each_quota_covers(made: MadeCity) -> None:
    office, _ = made
    with office.database.read() as connection:
        policy = Policy.of(load_snapshot(connection, office.secrets, office.zone), 256_000)
        ledger = {
            tuple(row[:3]): row[3]
            for row in _rows(connection, "SELECT quota_id, subject_id, period_start_s, used FROM ledger_entry")
        }
        samples = _rows(connection, "SELECT subject_id, bin_s, down, up FROM usage_sample WHERE kind = 1")
    pooled = {key: used for key, used in ledger.items() if policy.snapshot.quotas[int(str(key[0]))].subject == "opd"}
    personal = {key: used for key, used in ledger.items() if key not in pooled}
    expected: Counter[tuple[int, int, int]] = Counter()
    shared: Counter[tuple[int, int, int]] = Counter()
    for person_id, bin_s, down, up in samples:
        person, octets = policy.snapshot.subscriber_by_id[int(str(person_id))], Octets2(int(str(up)), int(str(down)))
        plans = person.plan.quotas if person.plan is not None else ()
        for quota in (*plans, *person.own_quotas):
            start_s, _ = policy.calendar.period(quota, int(str(bin_s)))
            expected[quota.id, person.id, start_s] += measured(quota.direction, octets)
        for quota in person.opd.pools:
            start_s, _ = policy.calendar.period(quota, int(str(bin_s)))
            shared[quota.id, person.opd.id, start_s] += measured(quota.direction, octets)
    assert personal == expected
    assert pooled == shared


def test_no_site_took_more_than_its_ceiling(made: MadeCity) -> None:
    office, _ = made
    with office.database.read() as connection:
        sites = load_snapshot(connection, office.secrets, office.zone).sites
        peaks = _rows(connection, "SELECT subject_id, MAX(down), MAX(up) FROM usage_sample WHERE kind = 2 GROUP BY 1")
    assert len(peaks) == len(sites)
    for site_id, down, up in peaks:
        ceiling = sites[int(str(site_id))].ceiling or sites[int(str(site_id))].host.ceiling
        assert ceiling is not None
        assert int(str(down)) * 8 // 300 <= ceiling.down_bps
        assert int(str(up)) * 8 // 300 <= ceiling.up_bps


def test_the_named_people_stand_as_the_banner_says(made: MadeCity) -> None:
    office, _ = made
    with office.database.read() as connection:
        shares = dict(
            _rows(
                connection,
                "SELECT e.username, 1000 * l.used / q.octets FROM ledger_entry l JOIN quota q ON q.id = l.quota_id"
                " JOIN employee e ON e.id = q.employee_id",
            )
        )
        refused = dict(_rows(connection, "SELECT code, COUNT(*) FROM decision_record WHERE NOT accepted GROUP BY code"))
        assert verify(connection) == []
    assert {name: int(str(share)) // 10 for name, share in shares.items()} == {
        "rina.marlina": 110, "dewi.lestari": 105, "yusuf.hidayat": 99,
    }  # fmt: skip
    assert set(refused) >= {"wrong_password", "unknown", "suspended"}
