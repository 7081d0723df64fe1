"""Turns that go to whoever waited longest, on both databases: chosen once as they begin, kept, followed at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from netquota.clock import FixedClock
from netquota.domain.policy import Code
from netquota.domain.samples import OPD, SITE
from netquota.domain.units import Rate
from netquota.errors import InvalidValue
from netquota.services.allocate import add, change
from netquota.services.changes import AfterChange
from netquota.services.office import Office
from netquota.services.turn_choice import waiting
from netquota.services.turns import calendar, queue, rotation_named
from netquota.services.words import sentence
from netquota.storage import audit_store, ceiling_store, rotation_store, rows
from netquota.storage.ledger_store import page_on
from tests.storage.clock_city import ANI, FULL, WIB, City, clock_city, epoch_s, turn
from tests.storage.test_turns import BONUS, at, decided

OFFICES = ("DINKES", "DISDIK", "RSUD")
FULL_BIN = 10_000_000 * 300 // 8
LATE = {
    "key": "giliran", "name": "Giliran", "opds": "RSUD, DINKES, DISDIK", "turn": "daily", "bonus": "20M/5M",
    "choice": "longest_wait",
}  # fmt: skip


@pytest.fixture
def city(office: Office, clock: FixedClock, tmp_path: Path) -> City:
    """Three offices with a ceiling of 10 Mbit/s each and a site, a group of them from Monday 06:00 on."""
    office = replace(office, on_change=AfterChange(office.secrets, office.zone, 256_000))
    found = clock_city(office, clock, tmp_path)
    for number, code in enumerate(OFFICES[1:], 2):
        add(office, "opd", {"code": code, "name": code, "plan": "staf", "ceiling": "10M/10M"}, ANI)
        add(office, "nas", {"name": f"gw{number}", "address": f"10.1.0.{number}", "family": "mikrotik"}, ANI)
        add(office, "site", {"name": code, "opd": code, "nas": f"gw{number}"}, ANI)
    at(found, 2026, 11, 30, 6)
    with office.database.write() as connection:
        for code in OFFICES:
            key = opd_id(found, code)
            ceiling_store.put(connection, OPD, key, epoch_s(2026, 11, 1), Rate(10_000_000, 10_000_000))
    add(office, "rotation", LATE, ANI)
    return found


def opd_id(city: City, code: str) -> int:
    with city.database.read() as connection:
        row = rows.find(connection, "opd", ("code",), code)
    assert row is not None
    return int(row["id"])


def busy(city: City, code: str, bins: int, *local: int) -> None:
    """So many bins at the office's limit from a moment on."""
    with city.database.write() as connection:
        site = rows.find(connection, "site", ("name",), {"DINKES": "Dinkes"}.get(code, code))
        assert site is not None
        from_s = epoch_s(*local)
        page_on(connection).add_samples([(SITE, site["id"], from_s + 300 * n, FULL_BIN, 0) for n in range(bins)])


def had(city: City) -> list[str]:
    """Whose turns were and are, oldest first."""
    snapshot, from_s = city.policy().snapshot, epoch_s(2026, 11, 30)
    with city.database.read() as connection:
        told = calendar(connection, snapshot, rotation_named(snapshot, "giliran"), from_s, from_s + 9 * 86_400)
    assert not any(each.swapped for each in told)
    return [each.member for each in told]


def test_the_turn_goes_to_whoever_was_most_at_its_limit_since_its_last_one(city: City) -> None:
    runner = city.scheduler()
    assert had(city) == [], "nobody has a turn that was not chosen"
    turn(runner)
    assert had(city) == ["DINKES"], "nobody waited: the first by code"
    busy(city, "DINKES", 60, 2026, 11, 30, 9)  # in its own turn
    busy(city, "DISDIK", 5, 2026, 11, 30, 9)
    busy(city, "RSUD", 6, 2026, 11, 30, 9)
    busy(city, "DISDIK", 40, 2026, 11, 30, 18)  # no office hours
    at(city, 2026, 12, 1)
    turn(runner)
    assert had(city) == ["DINKES", "RSUD"]
    busy(city, "DISDIK", 1, 2026, 12, 1, 9)
    busy(city, "DINKES", 5, 2026, 12, 1, 9)
    at(city, 2026, 12, 2)
    turn(runner)
    assert had(city)[2:] == ["DISDIK"], "6 bins against 5: Monday's count still"
    at(city, 2026, 12, 3)
    turn(runner)
    assert had(city)[3:] == ["DINKES"]


def test_it_is_chosen_once_and_stays_whatever_comes_late(city: City) -> None:
    busy(city, "RSUD", 3, 2026, 11, 30, 9)
    at(city, 2026, 12, 1)
    first, second = city.scheduler("a"), city.scheduler("b")
    turn(first)
    turn(second)
    assert had(city) == ["RSUD"]
    busy(city, "DISDIK", 60, 2026, 11, 30, 9)  # reports that come after the choice
    at(city, 2026, 12, 1, 0, 5)
    turn(first)
    first.close()
    at(city, 2026, 12, 1, 0, 10)
    turn(second)
    assert had(city) == ["RSUD"]
    with city.database.read() as connection:
        told = [entry for entry in audit_store.entries(connection, limit=500) if entry.action == "choose"]
        assert audit_store.verify(connection) == []
    assert [(entry.key, entry.actor) for entry in told] == [("giliran", "scheduler")]
    assert "15 minutes" in told[0].why


def test_a_scheduler_that_comes_late_chooses_by_what_was_so_at_the_begin(city: City) -> None:
    busy(city, "RSUD", 3, 2026, 11, 30, 9)
    busy(city, "DISDIK", 30, 2026, 12, 1, 8)  # in the turn that has begun
    at(city, 2026, 12, 1, 12)
    turn(city.scheduler())
    assert had(city) == ["RSUD"]
    at(city, 2026, 12, 5, 12)  # away for days: the turns of nobody stay nobody's
    turn(city.scheduler())
    assert had(city) == ["RSUD", "DISDIK"]


def test_running_sessions_have_the_bonus_at_once_and_lose_it_with_the_turn(city: City) -> None:
    busy(city, "DINKES", 3, 2026, 11, 30, 9)
    busy(city, "RSUD", 2, 2026, 12, 1, 9)
    at(city, 2026, 12, 1, 23, 55)
    city.online(2)
    runner = city.scheduler()
    turn(runner)
    assert [(order.down_bps, order.up_bps, order.code) for order in city.orders()] == [(*BONUS, Code.TURN_RATE)] * 2
    at(city, 2026, 12, 2)
    turn(runner)
    assert had(city) == ["DINKES", "RSUD"]
    assert {(order.down_bps, order.code) for order in city.orders()[:2]} == {(FULL[0], Code.PLAN_RATE)}


def test_who_waits_is_told_when_it_is_chosen_and_by_what(city: City) -> None:
    at(city, 2026, 11, 30, 23)
    city.online(1)
    busy(city, "RSUD", 3, 2026, 11, 30, 9)
    found = decided(city, "staf-0", epoch_s(2026, 11, 30, 23))
    (reason,) = [each for each in found.reasons if each.code is Code.TURN_CHOSEN]
    assert found.until_s == epoch_s(2026, 12, 1)
    told = [sentence(reason, language, WIB).replace("\xa0", " ") for language in ("id", "en")]
    assert told == [
        "Giliran giliran berikutnya dimulai 1 Desember pukul 00.00 WIB, untuk OPD yang paling lama menunggu.",
        "The next turn in giliran begins 1 December at 00.00 WIB, for the office that waited longest.",
    ]
    snapshot = city.policy().snapshot
    group = rotation_named(snapshot, "giliran")
    with city.database.read() as connection:
        waits = waiting(connection, snapshot, group, epoch_s(2026, 12, 1))
    assert [(each.code, each.at_limit_s) for each in waits] == [("RSUD", 900), ("DINKES", 0), ("DISDIK", 0)]
    assert queue(snapshot, group, epoch_s(2026, 11, 30, 23)) == []


def test_an_addition_to_the_ceiling_follows_the_choice(city: City) -> None:
    change(city.office, "rotation", "giliran", {"bonus": "", "ceiling": "5M/5M", "octets": "2 GB"}, ANI)
    busy(city, "RSUD", 3, 2026, 11, 30, 9)
    at(city, 2026, 12, 1)
    runner = city.scheduler()
    for second in (0, 10, 20):
        at(city, 2026, 12, 1, 0, 0, second)
        turn(runner)
    with city.database.read() as connection:
        row = rows.find(connection, "opd", ("code",), "RSUD")
        given = rotation_store.given_since(connection, epoch_s(2026, 12, 1))
    assert row is not None
    assert row["ceiling_down_bps"] == 15_000_000
    assert [each.note for each in given.values()] == ["there is no quota to add octets to"]


def test_people_have_no_ceiling_at_which_waiting_is_seen(city: City) -> None:
    add(city.office, "employee", {"username": "siti", "name": "Siti", "opd": "DINKES"}, ANI)
    with pytest.raises(InvalidValue, match="choice"):
        add(city.office, "rotation", LATE | {"key": "lain", "opds": "", "employees": "siti"}, ANI)
    with pytest.raises(InvalidValue, match="choice"):
        add(city.office, "rotation", LATE | {"key": "lain", "choice": "loudest"}, ANI)
