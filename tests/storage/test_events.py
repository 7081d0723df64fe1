"""Extras and emergency cuts for sets of offices: one action, back by itself, taken back at once; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from netquota.clock import FixedClock
from netquota.domain.deciding import Asking, Decision
from netquota.domain.events import cut, taken_from
from netquota.domain.policy import Code
from netquota.domain.units import Rate
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services import pause as brake
from netquota.services.allocate import add, change, get, remove
from netquota.services.bulk import take_back
from netquota.services.ceilings import end_grant, grant_ceiling
from netquota.services.changes import AfterChange
from netquota.services.event_end import end_event
from netquota.services.events import now_text
from netquota.services.facts import Place, decision_for
from netquota.services.office import Office
from netquota.services.words import sentence
from netquota.storage import audit_store, ceiling_grant_store
from netquota.storage.audit_store import AuditFilter
from tests.storage.clock_city import ANI, FULL, WIB, City, clock_city, epoch_s, turn

MORE = {"key": "hut", "name": "HUT kota", "opds": "DINKES, RSUD", "until": "2026-12-01 12:00", "reason": "HUT kota"}
CUT = MORE | {"key": "darurat", "leaves": "50%", "reason": "kabel laut putus"}
UNTIL_S = epoch_s(2026, 12, 1, 12)


@pytest.fixture
def city(office: Office, clock: FixedClock, tmp_path: Path) -> City:
    office = replace(office, on_change=AfterChange(office.secrets, office.zone, 256_000))
    found = clock_city(office, clock, tmp_path)
    add(office, "opd", {"code": "RSUD", "name": "RSUD", "plan": "staf", "ceiling": "40M/20M"}, ANI)
    found.online(2)
    return found


def at(city: City, *local: int) -> None:
    city.clock.moment = datetime(*local, tzinfo=WIB)  # type: ignore[misc]


def tick(city: City, *local: int) -> None:
    """The clock's jobs, until additions to ceilings have settled."""
    at(city, *local)
    runner = city.scheduler()
    for _ in range(2):
        turn(runner)
        city.clock.moment = datetime.fromtimestamp(city.clock.now().timestamp() + 10, WIB)


def decided(city: City, at_s: int) -> Decision:
    policy = city.policy()
    snapshot = policy.snapshot
    person = snapshot.subscriber_by_id[city.person_id("staf-0")]
    place = Place(next(iter(snapshot.nas_by_id.values())), next(iter(snapshot.sites.values())))
    return decision_for(policy, person, place, {}, {}, (), Asking(), at_s)


def ceilings(city: City) -> list[str]:
    return [get(city.office, "opd", code).values["ceiling"] for code in ("DINKES", "RSUD")]


def test_an_event_gives_more_at_once_and_is_over_by_itself(city: City) -> None:
    add(city.office, "event", MORE | {"bonus": "20M/5M", "ceiling": "20M/10M"}, ANI)
    assert city.rates() == {(20_000_000, 5_000_000)}, "in the transaction that makes it"
    found = decided(city, UNTIL_S - 1)
    assert (found.rate.down_bps, found.cause, found.until_s) == (20_000_000, Code.EVENT_RATE, UNTIL_S)
    assert decided(city, UNTIL_S).rate.down_bps == FULL[0]
    told = [sentence(reason, "id", WIB).replace("\xa0", " ") for reason in found.reasons]
    assert "Tambahan hut: 20 / 5 Mbit/s sampai 1 Desember pukul 12.00 WIB (HUT kota)." in told
    tick(city, 2026, 11, 30, 23, 1)
    assert ceilings(city) == ["100M/50M", "60M/30M"]
    tick(city, 2026, 12, 1, 12, 0)
    assert ceilings(city) == ["80M/40M", "40M/20M"]
    assert city.orders()[0].down_bps == FULL[0]
    with city.database.read() as connection:
        assert audit_store.verify(connection) == []


def test_a_cut_lowers_speeds_and_ceilings_and_ending_it_takes_all_back(city: City) -> None:
    add(city.office, "event", CUT, ANI)
    assert city.rates() == {(5_000_000, 1_000_000)}
    tick(city, 2026, 11, 30, 23, 1)
    assert ceilings(city) == ["40M/20M", "20M/10M"]
    ended = now_text(WIB, int(city.clock.now().timestamp()))
    change(city.office, "event", "darurat", {"until": ended}, ANI)
    assert city.orders()[0].down_bps == FULL[0]
    tick(city, 2026, 11, 30, 23, 3)
    assert ceilings(city) == ["80M/40M", "40M/20M"]


def test_a_cut_bears_on_a_personal_limit_too_but_the_brake_lifts_it(city: City) -> None:
    change(city.office, "employee", "staf-0", {"override": "30M/30M"}, ANI)
    add(city.office, "event", CUT | {"leaves": "10%"}, ANI)
    found = decided(city, UNTIL_S - 1)
    assert (found.rate, found.cause) == (Rate(3_000_000, 3_000_000), Code.EVENT_CUT)
    brake.pause(city.office, ANI)
    found = decided(city, UNTIL_S - 1)
    assert (found.rate, found.cause) == (Rate(30_000_000, 30_000_000), Code.PAUSED)
    assert city.orders()[0].down_bps in {30_000_000, FULL[0]}, "running sessions have it at once"
    brake.resume(city.office, ANI)
    assert decided(city, UNTIL_S - 1).cause == Code.EVENT_CUT


def test_one_to_come_begins_by_itself_on_the_second(city: City) -> None:
    begins_s = epoch_s(2026, 11, 30, 23, 10)
    add(city.office, "event", MORE | {"from": "2026-11-30 23:10", "bonus": "20M/5M"}, ANI)
    assert decided(city, begins_s - 1).until_s == begins_s
    runner = city.scheduler()
    turn(runner)
    at(city, 2026, 11, 30, 23, 9, 59)
    turn(runner)
    assert city.orders() == []
    at(city, 2026, 11, 30, 23, 10)
    assert begins_s in turn(runner)["edges"]
    assert [(order.down_bps, order.up_bps) for order in city.orders()] == [(20_000_000, 5_000_000)] * 2


def test_one_to_come_that_is_ended_never_has_any_effect(city: City) -> None:
    add(city.office, "event", CUT | {"from": "2026-11-30 23:10"}, ANI)
    assert end_event(city.office, "darurat", ANI, dry_run=True).action == "remove"
    assert end_event(city.office, "darurat", ANI).action == "remove"
    tick(city, 2026, 11, 30, 23, 11)
    tick(city, 2026, 12, 1, 12, 0)
    assert ceilings(city) == ["80M/40M", "40M/20M"]
    assert {order.down_bps for order in city.orders()} <= {FULL[0]}
    with city.database.read() as connection:
        assert all(each.ended_s and each.began_s is None for each in ceiling_grant_store.grants(connection))
    with pytest.raises(NotFound):
        end_event(city.office, "darurat", ANI)


def test_one_that_is_on_is_ended_once(city: City) -> None:
    add(city.office, "event", CUT, ANI)
    at(city, 2026, 11, 30, 23, 1)
    assert end_event(city.office, "darurat", ANI).action == "change"
    assert city.orders()[0].down_bps == FULL[0]
    with pytest.raises(Conflict, match="over already"):
        end_event(city.office, "darurat", ANI)


def test_a_changed_cut_is_reckoned_from_the_ceiling_without_it(city: City) -> None:
    add(city.office, "event", CUT, ANI)
    tick(city, 2026, 11, 30, 23, 1)
    change(city.office, "event", "darurat", {"leaves": "25%", "opds": "DINKES"}, ANI)
    tick(city, 2026, 11, 30, 23, 3)
    assert ceilings(city) == ["20M/10M", "40M/20M"]


def test_removing_it_takes_all_back(city: City) -> None:
    add(city.office, "event", CUT, ANI)
    tick(city, 2026, 11, 30, 23, 1)
    remove(city.office, "event", "darurat", ANI)
    assert city.orders()[0].down_bps == FULL[0]
    tick(city, 2026, 11, 30, 23, 3)
    assert ceilings(city) == ["80M/40M", "40M/20M"]


def test_cuts_that_overlap_each_leave_their_share_and_go_without_a_trace(city: City) -> None:
    add(city.office, "event", CUT | {"until": "2026-12-01 10:00"}, ANI)
    add(city.office, "event", CUT | {"key": "lebih", "leaves": "10%", "from": "2026-12-01 09:00"}, ANI)
    tick(city, 2026, 11, 30, 23, 1)
    assert ceilings(city) == ["40M/20M", "20M/10M"]
    tick(city, 2026, 12, 1, 9, 0)
    assert ceilings(city) == ["4M/2M", "2M/1M"]
    tick(city, 2026, 12, 1, 10, 0)
    assert ceilings(city) == ["8M/4M", "4M/2M"], "a tenth of its own, as the other cut is over"
    tick(city, 2026, 12, 1, 12, 0)
    assert ceilings(city) == ["80M/40M", "40M/20M"]


def test_cuts_down_to_the_least_leave_no_office_more_than_it_had(city: City) -> None:
    change(city.office, "opd", "RSUD", {"ceiling": "1M/512k"}, ANI)
    for key, until in (("a", "10:00"), ("b", "11:00"), ("c", "12:00")):
        add(city.office, "event", CUT | {"key": key, "leaves": "20%", "until": f"2026-12-01 {until}"}, ANI)
    tick(city, 2026, 11, 30, 23, 1)
    assert ceilings(city) == ["640k/320k", "256k/256k"]
    for hour in (10, 11, 12):
        tick(city, 2026, 12, 1, hour, 0)
    assert ceilings(city) == ["80M/40M", "1M/512k"]


def test_a_cut_is_reckoned_from_the_ceiling_as_it_is_when_the_cut_begins(city: City) -> None:
    add(city.office, "event", MORE | {"ceiling": "200M/100M", "until": "2026-12-01 10:00"}, ANI)
    tick(city, 2026, 11, 30, 23, 1)
    add(city.office, "event", CUT | {"leaves": "10%", "from": "2026-12-01 09:00"}, ANI)
    change(city.office, "opd", "RSUD", {"ceiling": "300M/150M"}, ANI)
    tick(city, 2026, 12, 1, 9, 0)
    assert ceilings(city) == ["28M/14M", "30M/15M"]
    tick(city, 2026, 12, 1, 10, 0)
    assert ceilings(city) == ["8M/4M", "10M/5M"]
    tick(city, 2026, 12, 1, 12, 0)
    assert ceilings(city) == ["80M/40M", "100M/50M"]


def test_a_planned_cut_outlives_a_turn_that_adds_more_than_the_cut_leaves(city: City) -> None:
    group = {"key": "giliran", "name": "G", "opds": "DINKES, RSUD", "turn": "daily", "ceiling": "200M/100M"}
    add(city.office, "rotation", group, ANI)
    add(city.office, "event", CUT | {"leaves": "10%", "from": "2026-11-30 23:30", "until": "2026-12-02 12:00"}, ANI)
    tick(city, 2026, 11, 30, 23, 1)
    assert ceilings(city) == ["280M/140M", "40M/20M"]
    tick(city, 2026, 11, 30, 23, 30)
    assert ceilings(city) == ["28M/14M", "4M/2M"]
    tick(city, 2026, 12, 1, 0, 0)
    tick(city, 2026, 12, 1, 0, 1)
    assert ceilings(city) == ["8M/4M", "24M/12M"]
    remove(city.office, "rotation", "giliran", ANI)
    tick(city, 2026, 12, 2, 12, 0)
    assert ceilings(city) == ["80M/40M", "40M/20M"]


def test_more_that_is_granted_during_a_cut_and_taken_back_by_hand_leaves_no_trace(city: City) -> None:
    add(city.office, "event", CUT | {"leaves": "10%"}, ANI)
    tick(city, 2026, 11, 30, 23, 1)
    with city.database.write() as connection:
        rate = Rate(200_000_000, 100_000_000)
        grant = grant_ceiling(city.office, connection, "DINKES", rate, ANI, origin="request")
    assert ceilings(city) == ["28M/14M", "4M/2M"]
    end_grant(city.office, grant.id, ANI)
    assert ceilings(city) == ["8M/4M", "4M/2M"]
    tick(city, 2026, 12, 1, 12, 0)
    assert ceilings(city) == ["80M/40M", "40M/20M"]


def test_a_cut_of_an_office_without_a_ceiling_takes_nothing_from_one_it_gets_meanwhile(city: City) -> None:
    change(city.office, "opd", "RSUD", {"ceiling": ""}, ANI)
    add(city.office, "event", CUT, ANI)
    tick(city, 2026, 11, 30, 23, 1)
    change(city.office, "opd", "RSUD", {"ceiling": "10M/5M"}, ANI)
    tick(city, 2026, 12, 1, 12, 0)
    assert ceilings(city) == ["80M/40M", "10M/5M"]


@pytest.mark.parametrize(("values", "field"), [
    ({}, "bonus"),
    ({"leaves": "50%", "bonus": "5M"}, "leaves"),
    ({"leaves": "0%"}, "leaves"),
    ({"bonus": "5M", "from": "2026-12-02"}, "until"),
    ({"bonus": "5M", "reason": ""}, "reason"),
    ({"bonus": "5M", "opds": ""}, "opds"),
    ({"bonus": "5M", "until": ""}, "until"),
])  # fmt: skip
def test_events_that_cannot_be_name_the_field(city: City, values: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidValue, match=field):
        add(city.office, "event", MORE | values, ANI)


def test_a_cut_leaves_its_share_and_never_less_than_the_floor() -> None:
    assert cut(Rate(10_000_000, 300_000), 500, 256_000) == Rate(5_000_000, 256_000)
    assert cut(Rate(100_000, 100_000), 500, 256_000) == Rate(100_000, 100_000)
    assert taken_from(Rate(1001, 10), 500) == Rate(-500, -5)


def test_taking_an_additions_change_back_ends_it_so_that_its_end_takes_nothing_more(city: City) -> None:
    before = get(city.office, "opd", "RSUD").values["ceiling"]
    grant = _added(city, "RSUD", Rate(20_000_000, 10_000_000))
    entry = _newest(city, "RSUD")
    assert [one.key for one in take_back(city.office, entry, ANI, dry_run=True).changes] == ["RSUD"]
    take_back(city.office, entry, ANI)
    assert get(city.office, "opd", "RSUD").values["ceiling"] == before
    with pytest.raises(Conflict):
        end_grant(city.office, grant, ANI)
    with city.office.database.read() as connection:
        [row] = ceiling_grant_store.grants(connection)
    assert row.ended_s is not None


def test_a_change_by_hand_is_taken_back_by_itself_while_an_addition_runs(city: City) -> None:
    change(city.office, "opd", "RSUD", {"ceiling": "44M/20M"}, ANI)
    city.clock.advance(60)
    entry = _newest(city, "RSUD")
    _added(city, "DINKES", Rate(5_000_000, 5_000_000))
    take_back(city.office, entry, ANI)
    assert get(city.office, "opd", "RSUD").values["ceiling"] == "40M/20M"


def _added(city: City, opd: str, rate: Rate) -> int:
    with city.office.database.write() as connection:
        return grant_ceiling(city.office, connection, opd, rate, ANI, origin="uji", until_s=UNTIL_S).id


def _newest(city: City, opd: str) -> int:
    with city.office.database.read() as connection:
        return audit_store.entries(connection, AuditFilter(kind="opd", key=opd), limit=1)[0].id
