"""Groups that take turns, on both databases: made, changed, explained; what a turn gives comes once and goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from netquota.clock import FixedClock
from netquota.domain.deciding import Asking, Decision
from netquota.domain.policy import Code
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services.allocate import add, change, get, remove
from netquota.services.changes import AfterChange
from netquota.services.facts import Place, decision_for
from netquota.services.office import Author, Office
from netquota.services.turns import calendar, queue, rotation_named, swap
from netquota.services.words import sentence
from netquota.storage import audit_store, rotation_store
from tests.storage.clock_city import ANI, FULL, WIB, City, clock_city, epoch_s, turn

BONUS = (20_000_000, 5_000_000)
DAILY = {"key": "giliran", "name": "Giliran", "opds": "DINKES, DISDIK, RSUD", "turn": "daily", "bonus": "20M/5M"}
WHY = Author("ani", "tukar jaga")


@pytest.fixture
def city(office: Office, clock: FixedClock, tmp_path: Path) -> City:
    office = replace(office, on_change=AfterChange(office.secrets, office.zone, 256_000))
    found = clock_city(office, clock, tmp_path)
    for code in ("DISDIK", "RSUD"):
        add(office, "opd", {"code": code, "name": code, "plan": "staf"}, ANI)
    return found


def at(city: City, *local: int) -> None:
    city.clock.moment = datetime(*local, tzinfo=WIB)  # type: ignore[misc]


def decided(city: City, username: str, at_s: int) -> Decision:
    policy = city.policy()
    snapshot = policy.snapshot
    person = snapshot.subscriber_by_id[city.person_id(username)]
    place = Place(next(iter(snapshot.nas_by_id.values())), next(iter(snapshot.sites.values())))
    return decision_for(policy, person, place, {}, {}, (), Asking(), at_s)


def rate_at(city: City, username: str, at_s: int) -> tuple[int, Code]:
    found = decided(city, username, at_s)
    return found.rate.down_bps, found.cause


def members(city: City, *local: int, days: int = 5) -> list[str]:
    snapshot, from_s = city.policy().snapshot, epoch_s(*local)
    with city.database.read() as connection:
        told = calendar(connection, snapshot, rotation_named(snapshot, "giliran"), from_s, from_s + days * 86_400)
    return [each.member for each in told]


def test_the_bonus_reaches_whose_turn_it_is_and_running_sessions_follow_at_the_edge(city: City) -> None:
    city.online(2)
    add(city.office, "rotation", DAILY, ANI)
    assert city.rates() == {BONUS}, "the change itself brings running sessions to it"
    runner = city.scheduler()
    turn(runner)
    assert rate_at(city, "staf-0", epoch_s(2026, 11, 30, 23, 59)) == (BONUS[0], Code.TURN_RATE)
    assert rate_at(city, "staf-0", epoch_s(2026, 12, 1, 0, 0)) == (FULL[0], Code.PLAN_RATE)
    at(city, 2026, 12, 1)
    assert epoch_s(2026, 12, 1) in turn(runner)["edges"]
    assert {(order.down_bps, order.code) for order in city.orders()[:2]} == {(FULL[0], Code.PLAN_RATE)}
    assert members(city, 2026, 12, 1) == ["DISDIK", "RSUD", "DINKES", "DISDIK", "RSUD"]


def test_a_log_in_holds_no_longer_than_the_turn(city: City) -> None:
    city.online(1)
    add(city.office, "rotation", DAILY, ANI)
    assert decided(city, "staf-0", epoch_s(2026, 11, 30, 23, 0)).until_s == epoch_s(2026, 12, 1)
    assert decided(city, "staf-0", epoch_s(2026, 12, 1, 8)).until_s == epoch_s(2026, 12, 3)


def test_explain_tells_turn_and_waiting_in_both_languages(city: City) -> None:
    city.online(1)
    add(city.office, "rotation", DAILY, ANI)
    told = [sentence(reason, "id", WIB) for reason in decided(city, "staf-0", epoch_s(2026, 12, 1, 8)).reasons]
    assert "Giliran giliran berikutnya: 3 Desember pukul 00.00 WIB." in told
    told = [sentence(reason, "en", WIB) for reason in decided(city, "staf-0", epoch_s(2026, 11, 30, 23)).reasons]
    assert "Turn in giliran: 20 / 5 Mbit/s until 1 December at 00.00 WIB." in [t.replace("\xa0", " ") for t in told]


def test_a_personal_limit_is_not_raised_by_a_turn(city: City) -> None:
    city.online(1)
    add(city.office, "rotation", DAILY, ANI)
    change(city.office, "employee", "staf-0", {"override": "3M/1M"}, ANI)
    assert rate_at(city, "staf-0", epoch_s(2026, 11, 30, 23)) == (3_000_000, Code.OVERRIDE_RATE)


def test_who_joins_waits_a_round_and_who_leaves_keeps_the_running_turn(city: City) -> None:
    add(city.office, "rotation", DAILY, ANI)
    add(city.office, "opd", {"code": "BKD", "name": "BKD"}, ANI)
    change(city.office, "rotation", "giliran", {"opds": "BKD, RSUD, DISDIK"}, ANI)
    assert members(city, 2026, 11, 30, 23) == ["DINKES", "DISDIK", "RSUD", "BKD", "DISDIK", "RSUD"]
    snapshot = city.policy().snapshot
    assert queue(snapshot, rotation_named(snapshot, "giliran"), epoch_s(2026, 11, 30, 23)) == ["DISDIK", "RSUD", "BKD"]
    with pytest.raises(Conflict, match=r"1 rotation \(giliran\)"):
        remove(city.office, "opd", "BKD", ANI)


def test_people_take_turns_too_and_a_group_that_goes_takes_its_bonus_along(city: City) -> None:
    city.online(2)
    people = {"opds": "", "employees": "staf-1, staf-0", "every": "2", "turn": "weekly"}
    add(city.office, "rotation", DAILY | people, ANI)
    assert [rate_at(city, name, epoch_s(2026, 12, 13, 23))[0] for name in ("staf-0", "staf-1")] == [FULL[0], BONUS[0]]
    assert [rate_at(city, name, epoch_s(2026, 12, 14, 0))[0] for name in ("staf-0", "staf-1")] == [BONUS[0], FULL[0]]
    assert {order.down_bps for order in city.orders()} == {BONUS[0]}
    remove(city.office, "rotation", "giliran", ANI)
    assert city.orders()[0].down_bps == FULL[0]
    assert get(city.office, "employee", "staf-1").values["username"] == "staf-1"


def test_a_group_of_offices_stays_one_and_one_of_people_too(city: City) -> None:
    city.online(2)
    add(city.office, "rotation", DAILY, ANI)
    with pytest.raises(InvalidValue, match=r"group of offices.*new group") as refused:
        change(city.office, "rotation", "giliran", {"opds": "", "employees": "staf-1, staf-0"}, ANI)
    assert refused.value.field == "employees"
    assert members(city, 2026, 12, 1, days=3) == ["DISDIK", "RSUD", "DINKES"]
    add(city.office, "rotation", DAILY | {"key": "piket", "opds": "", "employees": "staf-1, staf-0"}, ANI)
    with pytest.raises(InvalidValue, match=r"group of people.*new group") as refused:
        change(city.office, "rotation", "piket", {"opds": "DINKES", "employees": ""}, ANI)
    assert refused.value.field == "opds"
    change(city.office, "rotation", "piket", {"employees": "staf-0"}, ANI)


def test_a_turn_adds_to_ceiling_and_pool_once_and_both_end_by_themselves(city: City) -> None:
    city.online(1)
    add(city.office, "quota", {"key": "bersama", "name": "B", "opd": "DINKES", "octets": "5 GB", "throttle": "1M"}, ANI)
    gives = {"bonus": "", "ceiling": "20M/10M", "octets": "1 GB"}
    add(city.office, "rotation", DAILY | gives, ANI)
    first, second = city.scheduler("a"), city.scheduler("b")
    at(city, 2026, 11, 30, 23, 1)
    turn(first)
    turn(second)
    at(city, 2026, 11, 30, 23, 2)
    turn(first)
    turn(first)
    subject = int(get(city.office, "opd", "DINKES").row["id"])
    assert get(city.office, "opd", "DINKES").values["ceiling"] == "100M/50M"
    assert city.entitled("bersama", subject) == 6_000_000_000
    at(city, 2026, 12, 1, 0, 0)
    turn(first)
    turn(first)
    assert get(city.office, "opd", "DINKES").values["ceiling"] == "80M/40M"
    assert city.entitled("bersama", subject) == 5_000_000_000
    at(city, 2026, 12, 1, 0, 1)
    turn(first)
    with city.database.read() as connection:
        given = rotation_store.given_since(connection, 0)
        assert audit_store.verify(connection) == []
    assert [each.note for _, each in sorted(given.items())] == [
        "", "DISDIK has no ceiling to add to; there is no quota to add octets to",
    ]  # fmt: skip


def test_a_group_that_goes_takes_its_addition_to_a_ceiling_along(city: City) -> None:
    add(city.office, "rotation", DAILY | {"bonus": "", "ceiling": "20M/10M"}, ANI)
    runner = city.scheduler()
    for minute in (1, 2):
        at(city, 2026, 11, 30, 23, minute)
        turn(runner)
    assert get(city.office, "opd", "DINKES").values["ceiling"] == "100M/50M"
    remove(city.office, "rotation", "giliran", ANI)
    at(city, 2026, 11, 30, 23, 3)
    turn(runner)
    assert get(city.office, "opd", "DINKES").values["ceiling"] == "80M/40M"


def test_two_turns_are_swapped_with_a_reason_and_told_in_the_audit_trail(city: City) -> None:
    add(city.office, "rotation", DAILY, ANI)
    days = epoch_s(2026, 12, 1, 9), epoch_s(2026, 12, 2, 9)
    swap(city.office, "giliran", *days, WHY, dry_run=True)
    assert members(city, 2026, 12, 1, days=2) == ["DISDIK", "RSUD"]
    swap(city.office, "giliran", *days, WHY)
    assert members(city, 2026, 12, 1) == ["RSUD", "DISDIK", "DINKES", "DISDIK", "RSUD"]
    with city.database.read() as connection:
        newest = audit_store.entries(connection)[0]
    assert (newest.action, newest.why) == ("swap", "tukar jaga")
    for wrong, error in ((epoch_s(2026, 11, 30, 23), InvalidValue), (days[0] + 3 * 86_400, InvalidValue)):
        with pytest.raises(error):
            swap(city.office, "giliran", wrong, days[1], WHY)
    with pytest.raises(InvalidValue, match="why"):
        swap(city.office, "giliran", *days, Author("ani"))
    with pytest.raises(NotFound):
        swap(city.office, "lain", *days, WHY)


@pytest.mark.parametrize(("values", "field"), [
    ({"opds": ""}, "opds"),
    ({"bonus": ""}, "bonus"),
    ({"opds": "TIDAKADA"}, "opds"),
    ({"turn": "shift"}, "times"),
    ({"turn": "workday", "every": "2"}, "every"),
    ({"times": "25:00"}, "times"),
])  # fmt: skip
def test_groups_that_cannot_be_name_the_field(city: City, values: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidValue, match=field):
        add(city.office, "rotation", DAILY | values, ANI)
