"""A snapshot holds what the rows say, and follows every change, also those committed out of order."""

from __future__ import annotations

from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Table, update

from netquota.domain.people import Status
from netquota.domain.periods import Period, PeriodKind
from netquota.domain.places import Ability
from netquota.domain.quota import QuotaSubject
from netquota.domain.schedule import Holidays
from netquota.domain.units import Burst, Rate
from netquota.storage import schema
from netquota.storage.database import Connection, Database
from netquota.storage.policy_store import forget_changes, load_snapshot, record_change, record_changes, refresh
from netquota.storage.snapshot import Snapshot

WIB = ZoneInfo("Asia/Jakarta")


class Reversed:
    """A cipher for tests: what is stored is the text backwards."""

    def decrypt(self, token: bytes) -> bytes:
        return token[::-1]


def _insert(connection: Connection, table: Table, **values: Any) -> int:
    key = connection.execute(table.insert().values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def _employee(connection: Connection, name: str, opd_id: int, **values: Any) -> int:
    return _insert(
        connection,
        schema.employee,
        username=name,
        username_key=name.lower(),
        name=name.title(),
        opd_id=opd_id,
        **values,
    )


@pytest.fixture
def ids(database: Database) -> dict[str, int]:
    """A small city, by the names of its things."""
    with database.write() as connection:
        return _city(connection)


def _city(connection: Connection) -> dict[str, int]:
    schedule = _insert(connection, schema.schedule, key="kerja", name="Jam kerja")
    _insert(
        connection,
        schema.schedule_window,
        schedule_id=schedule,
        position=1,
        name="kerja",
        weekdays="0,1,2,3,4",
        from_time="07:30",
        to_time="16:00",
        dates='["2026-01-01", "2026-12-31"]',
        holidays="except",
        rate_down_bps=5_000_000,
        rate_up_bps=1_000_000,
    )
    connection.execute(schema.holiday.insert().values(day="2026-08-17", name="Kemerdekaan"))
    plan = _insert(
        connection,
        schema.plan,
        key="staf",
        name="Staf",
        rate_down_bps=10_000_000,
        rate_up_bps=2_000_000,
        burst_down_bps=20_000_000,
        burst_up_bps=4_000_000,
        burst_threshold_down_bps=8_000_000,
        burst_threshold_up_bps=1_000_000,
        burst_time_s=16,
        schedule_id=schedule,
        idle_timeout_s=900,
    )
    opd = _insert(connection, schema.opd, code="DISDUKCAPIL", name="Kependudukan", default_plan_id=plan)
    link = _insert(
        connection, schema.provider_link, name="A", provider="P", capacity_down_bps=10**8, capacity_up_bps=10**8
    )
    nas = _insert(
        connection,
        schema.nas,
        name="gw",
        address="10.0.0.1",
        secret_encrypted=b"terces",
        family="mikrotik",
        realms=" @Kota.go.id, ,@x",
        can_disconnect="yes",
        uam_secret_encrypted=b"mau",
    )
    site = _insert(connection, schema.site, name="Lantai 1", opd_id=opd, link_id=link, nas_id=nas, match_port="ether2")
    quota = _insert(
        connection,
        schema.quota,
        key="bulanan",
        name="Bulanan",
        plan_id=plan,
        octets=10**10,
        throttle_down_bps=512_000,
        throttle_up_bps=256_000,
        warn_permille="800,950",
        reset_day=25,
        reset_time="06:00",
    )
    pool = _insert(connection, schema.quota, key="bersama", name="Bersama", opd_id=opd, octets=10**12, action="notify")
    siti = _employee(connection, "Siti", opd, nip="198609262015051001", password_hash="h", password_encrypted=b"p")
    return {
        "schedule": schedule,
        "plan": plan,
        "opd": opd,
        "link": link,
        "nas": nas,
        "site": site,
        "quota": quota,
        "pool": pool,
        "siti": siti,
    }


def _load(database: Database) -> Snapshot:
    with database.read() as connection:
        return load_snapshot(connection, Reversed(), WIB)


def _refresh(database: Database, snapshot: Snapshot) -> Snapshot | None:
    with database.read() as connection:
        return refresh(connection, snapshot, Reversed(), WIB)


def test_a_subscriber_has_all_that_the_rules_ask_for(database: Database, ids: dict[str, int]) -> None:
    siti = _load(database).subscribers["siti"]
    assert (siti.id, siti.username, siti.nip, siti.status) == (ids["siti"], "Siti", "198609262015051001", Status.ACTIVE)
    assert siti.plan is not None
    assert (siti.plan.key, siti.plan_source, siti.plan.rate) == ("staf", "opd", Rate(10_000_000, 2_000_000))
    assert siti.plan.burst == Burst(Rate(20_000_000, 4_000_000), Rate(8_000_000, 1_000_000), 16)
    assert [quota.key for quota in siti.quotas] == ["bulanan", "bersama"]
    assert [quota.subject for quota in siti.quotas] == [QuotaSubject.PERSON, QuotaSubject.OPD]
    assert siti.quotas[0].period == Period(PeriodKind.MONTH, WIB, time(6), 25)
    assert siti.quotas[0].warn_permille == (800, 950)


def test_a_schedule_has_its_windows_and_the_city_its_holidays(database: Database, ids: dict[str, int]) -> None:
    snapshot = _load(database)
    plan = snapshot.plans[ids["plan"]]
    assert plan.schedule is snapshot.schedules[ids["schedule"]]
    window = snapshot.schedules[ids["schedule"]].windows[0]
    assert window.dates == (date(2026, 1, 1), date(2026, 12, 31))
    assert (window.from_time, window.holidays, window.rate) == (
        time(7, 30),
        Holidays.EXCEPT,
        Rate(5_000_000, 1_000_000),
    )
    assert snapshot.holidays == {date(2026, 8, 17)}


def test_a_client_has_its_secrets_open_and_its_sites(database: Database, ids: dict[str, int]) -> None:
    snapshot = _load(database)
    nas = snapshot.nas_by_id[ids["nas"]]
    assert (nas.secret, nas.realms, nas.can_disconnect) == (b"secret", ("@kota.go.id", "@x"), Ability.YES)
    assert snapshot.uam_secret(nas.id) == b"uam"
    (site,) = snapshot.sites_of_nas(nas.id)
    assert (site.host.code, site.match_port) == ("DISDUKCAPIL", "ether2")
    assert site.link is snapshot.links[ids["link"]]
    assert snapshot.sites_of_nas(99) == ()


def test_secrets_are_not_in_what_is_printed(database: Database, ids: dict[str, int]) -> None:
    assert "secret" not in repr(_load(database))


def test_people_are_found_by_id_name_and_nip(database: Database, ids: dict[str, int]) -> None:
    snapshot = _load(database)
    siti = snapshot.subscriber_by_id[ids["siti"]]
    assert snapshot.subscribers["siti"] is siti
    assert snapshot.by_nip("198609262015051001") is siti
    assert snapshot.by_nip("000000000000000000") is None
    assert snapshot.subscribers.get("nobody") is None
    assert (list(snapshot.subscribers), len(snapshot.subscriber_by_id)) == (["siti"], 1)
    assert snapshot.credentials[siti.id].password_hash == "h"
    assert snapshot.credentials[siti.id].password_encrypted == b"p"


def test_nothing_new_gives_no_snapshot(database: Database, ids: dict[str, int]) -> None:
    assert _refresh(database, _load(database)) is None


def test_a_changed_employee_is_read_alone_and_the_others_stay_the_same_object(
    database: Database, ids: dict[str, int]
) -> None:
    with database.write() as connection:
        budi = _employee(connection, "budi", ids["opd"])
    before = _load(database)
    kept = before.subscriber_by_id[budi]
    with database.write() as connection:
        connection.execute(
            update(schema.employee)
            .where(schema.employee.c.id == ids["siti"])
            .values(username="ani", username_key="ani")
        )
        record_change(connection, "employee", ids["siti"], 1)
    after = _refresh(database, before)
    assert after is not None
    assert (after.subscribers["ani"].id, after.subscribers.get("siti")) == (ids["siti"], None)
    assert after.subscriber_by_id[budi] is kept
    assert before.subscribers["siti"].username == "Siti"
    assert after.rules is before.rules


def test_a_new_and_a_removed_employee_are_followed(database: Database, ids: dict[str, int]) -> None:
    before = _load(database)
    with database.write() as connection:
        budi = _employee(connection, "budi", ids["opd"])
        connection.execute(schema.employee.delete().where(schema.employee.c.id == ids["siti"]))
        record_changes(connection, "employee", [budi, ids["siti"]], 1)
    after = _refresh(database, before)
    assert after is not None
    assert list(after.subscribers) == ["budi"]
    assert after.by_nip("198609262015051001") is None


def test_a_changed_plan_reaches_everybody_who_has_it(database: Database, ids: dict[str, int]) -> None:
    before = _load(database)
    assert before.subscribers["siti"].plan is not None
    with database.write() as connection:
        connection.execute(update(schema.plan).values(rate_down_bps=1_000_000))
        record_change(connection, "plan", ids["plan"], 1)
    after = _refresh(database, before)
    assert after is not None
    plan = after.subscribers["siti"].plan
    assert plan is not None
    assert plan.rate.down_bps == 1_000_000
    assert after.subscribers["siti"].opd.default_plan is plan
    assert _refresh(database, after) is None


def test_more_employees_than_worth_naming_are_all_read_again(database: Database, ids: dict[str, int]) -> None:
    before = _load(database)
    with database.write() as connection:
        new = [_employee(connection, f"u{number}", ids["opd"]) for number in range(3)]
        record_changes(connection, "employee", [*new, *range(10**6, 10**6 + 600)], 1)
    after = _refresh(database, before)
    assert after is not None
    assert set(after.subscribers) == {"siti", "u0", "u1", "u2"}


def test_an_own_plan_and_own_quotas_go_before_the_opds(database: Database, ids: dict[str, int]) -> None:
    with database.write() as connection:
        plan = _insert(connection, schema.plan, key="vip", name="V", rate_down_bps=5, rate_up_bps=5)
        connection.execute(update(schema.employee).values(plan_id=plan, override_down_bps=7, override_up_bps=6))
        _insert(connection, schema.quota, key="siti", name="S", employee_id=ids["siti"], octets=1, action="disconnect")
    siti = _load(database).subscribers["siti"]
    assert siti.plan is not None
    assert (siti.plan.key, siti.plan_source, siti.override) == ("vip", "employee", Rate(7, 6))
    assert [quota.key for quota in siti.quotas] == ["siti", "bersama"]


def test_a_pause_holds_until_it_is_ended(database: Database, ids: dict[str, int]) -> None:
    with database.write() as connection:
        pause = _insert(connection, schema.enforcement_pause, who="ani", why="w", from_s=1, nas_id=ids["nas"])
        _insert(connection, schema.enforcement_pause, who="ani", why="w", from_s=1, ended_s=2)
    (found,) = _load(database).pauses
    assert (found.id, found.nas_id, found.until_s) == (pause, ids["nas"], None)


def test_a_change_committed_after_a_later_numbered_one_is_not_missed(postgres_database: Database) -> None:
    """Two transactions take numbers 1 and 2; the one with 2 commits first and is read; then 1 commits."""
    with postgres_database.write() as connection:
        ids = _city(connection)
    before = _load(postgres_database)
    with postgres_database.engine.connect() as slow:
        transaction = slow.begin()
        slow.execute(update(schema.employee).values(name="Slow"))
        record_change(slow, "employee", ids["siti"], 1)
        with postgres_database.write() as connection:
            record_change(connection, "opd", ids["opd"], 1)
        between = _refresh(postgres_database, before)
        assert between is not None
        assert between.subscribers["siti"].name == "Siti"
        assert _refresh(postgres_database, between) is None
        transaction.commit()
    after = _refresh(postgres_database, between)
    assert after is not None
    assert after.subscribers["siti"].name == "Slow"
    assert _refresh(postgres_database, after) is None


def test_a_snapshot_loaded_while_a_change_is_under_way_takes_it_later(postgres_database: Database) -> None:
    with postgres_database.write() as connection:
        ids = _city(connection)
    with postgres_database.engine.connect() as slow:
        transaction = slow.begin()
        slow.execute(update(schema.employee).values(name="Slow"))
        record_change(slow, "employee", ids["siti"], 1)
        with postgres_database.write() as connection:
            record_change(connection, "opd", ids["opd"], 1)
        before = _load(postgres_database)
        transaction.commit()
    after = _refresh(postgres_database, before)
    assert after is not None
    assert after.subscribers["siti"].name == "Slow"


def test_a_change_wakes_who_listens_on_postgresql(postgres_database: Database) -> None:
    with postgres_database.engine.connect() as listener:
        driver: Any = listener.connection.driver_connection
        driver.execute("LISTEN netquota")
        driver.commit()
        with postgres_database.write() as connection:
            record_change(connection, "plan", 1, 1)
        assert [note.payload for note in driver.notifies(timeout=5, stop_after=1)] == ["policy"]


def test_old_notes_are_forgotten_but_never_the_newest(database: Database) -> None:
    with database.write() as connection:
        for at_s in (1, 2, 3):
            record_change(connection, "plan", None, at_s)
        assert forget_changes(connection, 100) == 2
    assert _load(database).version == 3
