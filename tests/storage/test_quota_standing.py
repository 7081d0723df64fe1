"""Who has used up, or nearly, a quota of his own: one query, of the running period, by what then is entitled."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import event, insert

from netquota.clock import FixedClock
from netquota.domain.quota import QuotaState
from netquota.domain.units import MOST_OCTETS
from netquota.services import allocate
from netquota.services.allocate import Wanted, add, change
from netquota.services.measures import Measures
from netquota.services.office import Office
from netquota.services.report import overview
from netquota.services.standing import people_at
from netquota.storage import schema
from netquota.storage.database import Database
from tests.storage.clock_city import ANI, City, clock_city, epoch_s

GB = 10**9
SPENT, WARNED = QuotaState.SPENT, QuotaState.WARNED


@pytest.fixture
def city(office: Office, clock: FixedClock, tmp_path: Path) -> City:
    found = clock_city(office, clock, tmp_path)
    for number in range(5):
        add(office, "employee", {"username": f"p{number}", "name": f"P {number}", "opd": "DINKES"}, ANI)
    return found


def at(city: City) -> dict[str, QuotaState]:
    names = {city.person_id(f"p{number}"): f"p{number}" for number in range(5)}
    with city.database.read() as connection:
        return {names[who]: state for who, state in people_at(connection, city.policy(), city.office.now_s).items()}


def test_spent_and_warned_are_told_apart_from_the_rest(city: City) -> None:
    for name, used in (("p0", GB), ("p1", GB - 1), ("p2", 800_000_000), ("p3", 799_999_999)):
        city.use("bulanan", city.person_id(name), used)
    assert at(city) == {"p0": SPENT, "p1": WARNED, "p2": WARNED}


def test_the_period_of_before_counts_no_more(city: City) -> None:
    city.use("bulanan", city.person_id("p0"), GB)
    city.clock.advance(2 * 3600)  # December has begun
    assert at(city) == {}
    city.use("bulanan", city.person_id("p0"), 900_000_000)
    assert at(city) == {"p0": WARNED}


def test_a_quota_of_ones_own_stands_in_place_of_the_plans(city: City) -> None:
    own = {"key": "p0-besar", "name": "B", "employee": "p0", "octets": "5 GB", "action": "notify", "warn": "50%"}
    city.use("bulanan", city.person_id("p0"), 2 * GB)
    add(city.office, "quota", own, ANI)
    assert at(city) == {}
    city.use("p0-besar", city.person_id("p0"), 3 * GB)
    assert at(city) == {"p0": WARNED}
    city.use("p0-besar", city.person_id("p0"), 2 * GB)
    assert at(city) == {"p0": SPENT}


def test_who_has_another_plan_now_is_not_told_of_the_one_before(city: City) -> None:
    city.use("bulanan", city.person_id("p0"), GB)
    change(city.office, "employee", "p0", {"plan": "jaga"}, ANI)
    assert at(city) == {}


def test_the_worst_of_several_quotas_counts_and_pools_do_not(city: City) -> None:
    add(city.office, "quota", {"key": "harian", "name": "H", "plan": "staf", "period": "day", "octets": "100 MB",
                               "action": "notify"}, ANI)  # fmt: skip
    add(city.office, "quota", {"key": "kolam", "name": "K", "opd": "DINKES", "octets": "1 GB", "action": "notify"}, ANI)
    with city.database.read() as connection:
        opd_id = connection.execute(schema.opd.select()).one().id
    city.use("kolam", opd_id, 2 * GB)
    city.use("bulanan", city.person_id("p0"), 850_000_000)
    city.use("harian", city.person_id("p0"), 100_000_000)
    city.use("harian", city.person_id("p1"), 90_000_000)
    assert at(city) == {"p0": SPENT, "p1": WARNED}


def test_what_was_granted_and_what_a_change_leaves_is_entitled_too(city: City) -> None:
    city.use("bulanan", city.person_id("p0"), GB)
    city.use("bulanan", city.person_id("p1"), GB)
    with city.database.write() as connection:
        mine = schema.ledger_entry.c.subject_id == city.person_id("p0")
        connection.execute(schema.ledger_entry.update().where(mine).values(granted=GB))
    assert at(city) == {"p1": SPENT}
    change(city.office, "quota", "bulanan", {"octets": "4 GB", "change_mode": "next"}, ANI)
    assert at(city) == {"p1": SPENT}  # this month stays as it was
    change(city.office, "quota", "bulanan", {"octets": "6 GB", "change_mode": "whole"}, ANI)
    assert at(city) == {}


def test_the_largest_quota_there_can_be_is_reckoned_exactly(city: City) -> None:
    largest = MOST_OCTETS
    big = {"key": "besar", "name": "B", "employee": "p0", "octets": str(largest), "action": "notify", "warn": "80%"}
    add(city.office, "quota", big, ANI)
    city.use("besar", city.person_id("p0"), 10)
    assert at(city) == {}
    city.use("besar", city.person_id("p0"), largest * 8 // 10 - 11)
    assert at(city) == {}
    city.use("besar", city.person_id("p0"), 1)
    assert at(city) == {"p0": WARNED}
    city.use("besar", city.person_id("p0"), largest * 2 // 10)
    assert at(city) == {"p0": SPENT}


def test_use_that_was_forgiven_is_none(city: City) -> None:
    city.use("bulanan", city.person_id("p0"), GB)
    with city.database.write() as connection:
        connection.execute(schema.ledger_entry.update().values(forgiven=schema.ledger_entry.c.used))
    assert at(city) == {}


def test_the_list_is_narrowed_and_counted(city: City) -> None:
    ids = [city.person_id(name) for name in ("p0", "p3")]
    found = allocate.listing(city.office, "employee", Wanted(sort="username", size=1, only=ids))
    assert ([one.key for one in found.records], found.total) == (["p0"], 2)
    assert allocate.listing(city.office, "employee", Wanted(only=[])).total == 0


def test_overviews_count_once_a_minute(city: City) -> None:
    measures = Measures()

    def seen(kept: Measures) -> int:
        with city.database.read() as connection:
            return overview(connection, city.policy(), kept, city.office.now_s, city.office.today).spent

    city.use("bulanan", city.person_id("p0"), GB)
    assert seen(measures) == 1
    city.use("bulanan", city.person_id("p1"), GB)
    city.clock.advance(59)
    assert (seen(measures), seen(Measures())) == (1, 2)
    city.clock.advance(1)
    assert seen(measures) == 2


def test_thousands_are_one_query(city: City, database: Database) -> None:
    people = [
        {"username": f"u{n}", "username_key": f"u{n}", "name": f"U {n}", "opd_id": 1, "password_hash": "x"}
        for n in range(5000)
    ]  # fmt: skip
    with city.database.write() as connection:
        connection.execute(insert(schema.employee), people)
        ids = list(connection.execute(schema.employee.select()).scalars())
        quota_id = city.quota("bulanan").id
        months = [(epoch_s(2026, month, 1), epoch_s(2026, month + 1, 1)) for month in range(1, 12)]
        for start_s, end_s in months:
            rows = [
                {"quota_id": quota_id, "subject_id": person, "period_start_s": start_s, "period_end_s": end_s,
                 "used": GB if person % 10 == 0 else 1000}
                for person in ids
            ]  # fmt: skip
            connection.execute(insert(schema.ledger_entry), rows)
    policy, asked = city.policy(), list[str]()
    with city.database.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda *a: asked.append(a[2]))
        began = time.perf_counter()
        found = people_at(connection, policy, city.office.now_s)
        took_s = time.perf_counter() - began
    assert set(found.values()) == {SPENT}
    assert len(found) == sum(person % 10 == 0 for person in ids)
    assert len(asked) == 1
    assert took_s < 1.0, took_s
