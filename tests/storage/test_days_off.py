"""Days off come from the calendar, the office has the last word; its Ramadan counts once it confirmed the days."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from netquota.clock import FixedClock
from netquota.errors import Conflict, InvalidValue
from netquota.services.allocate import add, change, get, remove
from netquota.services.days_off import coming_ramadans, known_days, ramadan_of, take_over
from netquota.services.office import Office
from netquota.storage import day_store
from netquota.storage.policy_store import load_snapshot
from netquota.storage.snapshot import Snapshot
from tests.storage.clock_city import ANI, FULL, WIB, City, clock_city, epoch_s, turn


@pytest.fixture
def city(office: Office, clock: FixedClock, tmp_path: Path) -> City:
    return clock_city(office, clock, tmp_path)


def snapshot(office: Office) -> Snapshot:
    with office.database.read() as connection:
        return load_snapshot(connection, office.secrets, office.zone)


def test_the_calendar_knows_25_days_of_2026_of_which_8_are_joint_leave() -> None:
    days = known_days([2026])
    assert (len(days), [each.kind for each in days].count("joint")) == (25, 8)
    named = {each.day: each.name for each in days}
    assert named[date(2026, 8, 17)] == "Hari Kemerdekaan Republik Indonesia"
    assert named[date(2026, 12, 24)].startswith("Cuti Bersama")


def test_what_is_known_is_taken_over_once_and_the_offices_word_stands(office: Office) -> None:
    add(office, "holiday", {"day": "2026-07-29", "name": "Hari jadi kota"}, ANI)
    add(office, "holiday", {"day": "2026-12-24", "name": "Masuk seperti biasa", "kind": "joint", "works": "yes"}, ANI)
    assert len(take_over(office, ANI, [2026], dry_run=True).added) == 24
    assert len(snapshot(office).holidays) == 1
    assert len(take_over(office, ANI, [2026]).added) == 24
    assert take_over(office, ANI, [2026]).added == ()
    held = snapshot(office).holidays
    assert len(held) == 25
    assert date(2026, 7, 29) in held
    assert date(2026, 12, 24) not in held


def test_a_day_to_come_that_the_calendar_names_no_longer_is_taken_out(office: Office) -> None:
    values = {"name": "Idul Fitri (perkiraan)", "kind": "public"}
    for day in ("2027-03-14", "2026-03-14"):  # the second has passed: it was a day off
        add(office, "holiday", {"day": day, **values}, ANI)
    taken = take_over(office, ANI, [2026, 2027])
    assert [each.day for each in taken.gone] == [date(2027, 3, 14)]
    assert {date(2026, 3, 14), date(2027, 3, 10)} <= snapshot(office).holidays


def test_a_brought_day_is_worked_on_by_its_field_not_by_removing_it(office: Office) -> None:
    take_over(office, ANI, [2026])
    with pytest.raises(Conflict, match="works"):
        remove(office, "holiday", "2026-12-25", ANI)
    change(office, "holiday", "2026-12-25", {"works": "yes"}, ANI)
    assert date(2026, 12, 25) not in snapshot(office).holidays
    remove(office, "holiday", "2026-05-01", ANI)  # past


def test_ramadan_is_proposed_by_the_islamic_calendar() -> None:
    assert ramadan_of(1447) == (date(2026, 2, 18), date(2026, 3, 19))
    assert [year for year, _, _ in coming_ramadans(date(2026, 11, 24))] == [1448]
    assert [year for year, _, _ in coming_ramadans(date(2026, 3, 19))] == [1447, 1448]


@pytest.mark.parametrize("days", [{"first_day": "2027-02-08"}, {"first_day": "2027-02-08", "last_day": "2027-03-29"}])
def test_a_ramadan_without_an_end_or_of_the_wrong_length_is_refused(office: Office, days: dict[str, str]) -> None:
    with pytest.raises(InvalidValue):
        add(office, "ramadan", {"year": "1448", **days}, ANI)


def test_the_nightly_job_brings_days_and_proposes_the_ramadan_that_counts_once_confirmed(city: City) -> None:
    runner = city.scheduler()
    assert "days_off" in turn(runner)
    with city.database.read() as connection:
        days = day_store.days_off(connection, [2026, 2027])
        (ramadan,) = day_store.ramadans(connection)
    assert len(days) >= 50
    assert (ramadan.year, ramadan.confirmed) == (1448, False)
    windows = "Puasa: mon-fri 08:00-15:00 ramadan 3M/1M"
    change(city.office, "schedule", "malam", {"windows": windows}, ANI)
    assert get(city.office, "schedule", "malam").values["windows"].endswith(" 08:00-15:00 ramadan 3M/1M")
    city.clock.moment = datetime(2027, 2, 8, 7, 59, tzinfo=WIB)
    city.online(1, plan="jaga")
    runner.beat()
    assert runner.next_due("edges", epoch_s(2027, 2, 8)) is None
    change(city.office, "ramadan", "1448", {"confirmed": "yes"}, ANI)
    turn(runner)
    city.clock.advance(60)
    assert turn(runner)["edges"] == [epoch_s(2027, 2, 8, 8)]
    assert city.rates() == {(3_000_000, 1_000_000)}
    city.clock.advance(86_400)
    assert "days_off" in turn(runner)  # and brings nothing twice
    with city.database.read() as connection:
        assert len(day_store.ramadans(connection)) <= 2


def test_the_nearest_schedule_holds_employee_before_office_before_plan(city: City) -> None:
    for name, rate in (("kantor", "6M/1M"), ("sendiri", "7M/1M")):
        values = {"key": name, "name": name, "windows": f"Malam: 20:00-06:00 {rate}"}
        add(city.office, "schedule", values, ANI)
    city.clock.moment = datetime(2026, 11, 24, 19, 59, tzinfo=WIB)
    sessions = city.online(3, plan="jaga")
    runner = city.scheduler()
    turn(runner)
    change(city.office, "opd", "DINKES", {"schedule": "kantor"}, ANI)
    change(city.office, "employee", "jaga-1", {"schedule": "sendiri"}, ANI)
    city.clock.advance(60)
    assert turn(runner)["edges"] == [epoch_s(2026, 11, 24, 20)]
    by_session = {order.session_id: order.down_bps for order in city.orders()}
    assert by_session == {sessions[0]: 6_000_000, sessions[1]: 7_000_000, sessions[2]: 6_000_000}
    change(city.office, "opd", "DINKES", {"schedule": ""}, ANI)
    runner.beat()
    assert {schedule.key for schedule in runner.almanac.snapshot.schedules_in_use} == {"malam", "sendiri"}


def test_a_holiday_that_is_added_moves_the_edge(city: City) -> None:
    change(city.office, "schedule", "malam", {"windows": "Kerja: mon-fri 07:30-16:00 no-holidays 4M/1M"}, ANI)
    city.clock.moment = datetime(2026, 11, 25, 20, 0, tzinfo=WIB)
    city.online(1, FULL, plan="jaga")
    runner = city.scheduler()
    runner.beat()
    assert runner.next_due("edges", int(city.clock.now().timestamp())) == epoch_s(2026, 11, 26, 7, 30)
    add(city.office, "holiday", {"day": "2026-11-26", "name": "Hari jadi kota"}, ANI)
    runner.beat()
    assert runner.next_due("edges", int(city.clock.now().timestamp())) == epoch_s(2026, 11, 27, 7, 30)
