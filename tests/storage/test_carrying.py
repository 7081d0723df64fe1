"""What periods hand on, on both databases: the known answers as time goes by, once each, late reports taken in."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from netquota.clock import FixedClock
from netquota.domain.carrying import Lot
from netquota.services.allocate import add, change
from netquota.services.grants import grant_octets, reset_count
from netquota.services.job_runner import JobRunner
from netquota.services.office import Office
from netquota.storage import job_store, lot_store, schema
from tests.storage.clock_city import ANI, SLOW, WIB, City, clock_city, epoch_s, turn

DAY = timedelta(days=1)
NIGHT = datetime(2026, 12, 1, 23, 0, tzinfo=WIB)


@pytest.fixture
def city(office: Office, clock: FixedClock, tmp_path: Path) -> City:
    """A day's quota of 1,000 octets for the people of a plan of their own, and one of them."""
    found = clock_city(office, clock, tmp_path)
    add(office, "plan", {"key": "hemat", "name": "Hemat", "rate": "10M/2M"}, ANI)
    quota = {"key": "harian", "name": "Harian", "plan": "hemat", "octets": "1000", "period": "day", "throttle": "1M"}
    add(office, "quota", quota, ANI)
    clock.moment = NIGHT
    found.online(1, plan="hemat")
    return found


def carrying(city: City, share: str, cap: str, kept: int) -> None:
    change(city.office, "quota", "harian", {"carry_share": share, "carry_cap": cap, "carry_periods": str(kept)}, ANI)


def next_day(city: City, *runners: JobRunner) -> None:
    """To 23.00 of the next day; the schedulers look at the clock a second after midnight, and again then."""
    tomorrow = city.clock.now().astimezone(WIB) + DAY
    for moment in (tomorrow.replace(hour=0, minute=0, second=1), tomorrow):
        city.clock.moment = moment
        for runner in runners:
            if runner.beat().holds:
                for name in ("roll_over", "carry_late", "grants"):
                    runner.catch_up(name)


def lots(city: City, subject: int) -> list[Lot]:
    figure = city.figure("harian", subject)
    with city.database.read() as connection:
        found = lot_store.lots_of(connection, figure.quota_id, figure.period_start_s, [subject])
    return found.get(subject, [])


@pytest.mark.parametrize(
    ("share", "cap", "kept", "days"),
    [  # planning.md 5.5: carried in, entitled, used
        ("50%", "400 B", 1, [(0, 1000, 100), (400, 1400, 1300), (50, 1050, 1000), (25, 1025, 999), (13, 1013, 0),
                           (400, 1400, 0)]),
        ("100%", "1500", 2, [(0, 1000, 0), (1000, 2000, 0), (1500, 2500, 2600), (0, 1000, 500), (500, 1500, 0)]),
    ],
)  # fmt: skip
def test_what_is_left_goes_on_and_expires_as_the_days_go_by(
    city: City, share: str, cap: str, kept: int, days: list[tuple[int, int, int]]
) -> None:
    carrying(city, share, cap, kept)
    subject, runner = city.person_id("hemat-0"), city.scheduler()
    turn(runner)
    for carried_in, entitled, used in days:
        figure = city.figure("harian", subject)
        assert (figure.carried_in, city.entitled("harian", subject)) == (carried_in, entitled)
        if used:
            city.use("harian", subject, used)
        next_day(city, runner)


def test_two_schedulers_and_a_run_done_twice_hand_on_once(city: City) -> None:
    carrying(city, "50%", "400 B", 1)
    subject, first, second = city.person_id("hemat-0"), city.scheduler("a"), city.scheduler("b")
    turn(first)
    city.use("harian", subject, 100)
    next_day(city, first, second)
    assert city.figure("harian", subject).carried_in == 400
    due_s = epoch_s(2026, 12, 2)
    with city.database.write() as connection:  # as if its process had died at the very end
        runs = schema.job_run
        connection.execute(runs.update().where(runs.c.due_s == due_s).values(state="running"))
    first.close()
    turn(second)
    with city.database.read() as connection:
        run = next(run for run in job_store.runs(connection, "roll_over") if run.due_s == due_s)
    assert (run.state, run.result) == ("done", "1 sessions looked at, 0 orders")  # nothing was left to hand on
    assert lots(city, subject) == [Lot(400, 1)]
    assert city.entitled("harian", subject) == 1400


def test_days_missed_are_handed_on_one_after_the_other(city: City) -> None:
    carrying(city, "100%", "1500", 2)
    subject = city.person_id("hemat-0")
    turn(city.scheduler("before"))
    city.clock.moment += 3 * DAY
    turn(city.scheduler("after"))
    assert city.figure("harian", subject).carried_in == 1500
    assert lots(city, subject) == [Lot(500, 1), Lot(1000, 2)]


def test_a_late_report_of_the_old_day_lowers_what_was_carried_on(city: City) -> None:
    carrying(city, "50%", "400 B", 1)
    subject, runner = city.person_id("hemat-0"), city.scheduler()
    turn(runner)
    city.clock.moment = datetime(2026, 12, 2, 0, 0, 1, tzinfo=WIB)
    turn(runner)
    assert city.figure("harian", subject).carried_in == 400
    city.use("harian", subject, 700, epoch_s(2026, 12, 1, 23, 59))
    city.clock.moment = datetime(2026, 12, 2, 0, 15, tzinfo=WIB)
    assert turn(runner)["carry_late"] == [epoch_s(2026, 12, 2, 0, 15)]
    assert city.figure("harian", subject).carried_in == 150
    city.use("harian", subject, 300, epoch_s(2026, 12, 1, 23, 59))  # a gateway that was cut off for hours
    city.clock.moment = datetime(2026, 12, 3, tzinfo=WIB)
    turn(runner)
    with city.database.read() as connection:
        closed = lot_store.lots_of(connection, city.quota("harian").id, epoch_s(2026, 12, 2), [subject])
    assert closed == {}


def test_who_was_not_there_has_nothing_to_carry_on(city: City) -> None:
    carrying(city, "50%", "400 B", 1)
    runner = city.scheduler()
    turn(runner)
    city.clock.moment = datetime(2026, 12, 2, 0, 0, 0, tzinfo=WIB)
    add(city.office, "employee", {"username": "baru", "name": "Baru", "opd": "DINKES", "plan": "hemat"}, ANI)
    next_day(city, runner)
    assert city.figure("harian", city.person_id("hemat-0")).carried_in == 400
    assert city.figure("harian", city.person_id("baru")).carried_in == 400  # of its first whole day
    assert city.office.today.isoformat() == "2026-12-03"


def test_carried_octets_reach_a_running_session_with_the_new_day(city: City) -> None:
    """Slowed at the day's end; what was given until a moment goes on, and with it the full rate stays."""
    carrying(city, "50%", "400 B", 1)
    subject, runner = city.person_id("hemat-0"), city.scheduler()
    turn(runner)
    city.use("harian", subject, 1000)
    city.clock.moment = datetime(2026, 12, 2, 0, 0, 0, tzinfo=WIB)
    turn(runner)
    assert city.rates() == {(10_000_000, 2_000_000)} or city.rates() == set()
    assert city.entitled("harian", subject) == 1000
    assert SLOW[0] not in {down for down, _ in city.rates()}


# -- granted until a moment, counted anew ----------------------------------------------------------------------------


def given(city: City, octets: int, until: datetime) -> None:
    policy = city.policy()
    whom = policy.snapshot.subscribers["hemat-0"]
    grant_octets(city.office, policy, "harian", whom, octets, ANI, until=until)


def test_a_grant_until_a_date_outlives_the_day_and_ends_at_its_moment(city: City) -> None:
    subject, runner = city.person_id("hemat-0"), city.scheduler()
    turn(runner)
    city.use("harian", subject, 600)
    given(city, 500, datetime(2026, 12, 3, 12, 0, tzinfo=WIB))
    assert city.entitled("harian", subject) == 1500
    city.use("harian", subject, 300)  # of the grant first
    next_day(city, runner)
    assert (city.figure("harian", subject).carried_in, city.entitled("harian", subject)) == (200, 1200)
    city.clock.moment = datetime(2026, 12, 3, 11, 0, tzinfo=WIB)
    turn(runner)
    assert city.entitled("harian", subject) == 1200
    city.use("harian", subject, 50)
    city.clock.moment = datetime(2026, 12, 3, 12, 0, tzinfo=WIB)
    assert turn(runner)["grants"] == [epoch_s(2026, 12, 3, 12)]
    assert city.entitled("harian", subject) == 1050  # what was used of it stays used
    assert "grants" not in turn(runner)


def test_a_grant_that_ends_while_nobody_looks_is_ended_when_somebody_does(city: City) -> None:
    subject = city.person_id("hemat-0")
    turn(city.scheduler("before"))
    given(city, 500, datetime(2026, 12, 3, 12, 0, tzinfo=WIB))
    city.clock.moment = datetime(2026, 12, 4, 8, 0, tzinfo=WIB)
    turn(city.scheduler("after"))
    assert city.entitled("harian", subject) == 1000


def test_counting_anew_forgives_but_does_not_forget(city: City) -> None:
    subject = city.person_id("hemat-0")
    city.use("harian", subject, 1200)
    policy = city.policy()
    whom = policy.snapshot.subscribers["hemat-0"]
    tried = reset_count(city.office, policy, "harian", whom, ANI, dry_run=True)
    assert (tried.figure.used, city.figure("harian", subject).used) == (0, 1200)
    reset_count(city.office, policy, "harian", whom, ANI)
    assert city.figure("harian", subject).used == 0
    assert city.use("harian", subject, 300).used == 300
    with city.database.read() as connection:
        row = connection.execute(select(schema.ledger_entry.c.used, schema.ledger_entry.c.forgiven)).one()
        audit = connection.execute(select(schema.audit_entry).order_by(schema.audit_entry.c.id.desc())).first()
    assert tuple(row) == (1500, 1200)
    assert audit is not None
    assert (audit.action, audit.why) == ("reset", "uji")
    assert "1.2" in audit.before


# -- changes within a period -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "entitled"), [("prorate", 1500), ("whole", 2000), ("next", 1000)])
def test_a_changed_quota_counts_in_the_running_period_by_its_mode(city: City, mode: str, entitled: int) -> None:
    subject = city.person_id("hemat-0")
    city.clock.moment = datetime(2026, 12, 2, 12, 0, tzinfo=WIB)
    change(city.office, "quota", "harian", {"change_mode": mode}, ANI)
    change(city.office, "quota", "harian", {"octets": "2000"}, ANI)
    assert city.entitled("harian", subject) == entitled
    assert city.use("harian", subject, 1).entitled(city.quota("harian")) == entitled
    city.clock.moment += DAY
    assert city.entitled("harian", subject) == 2000


def test_a_lowered_quota_is_spent_and_never_negative(city: City) -> None:
    subject = city.person_id("hemat-0")
    city.use("harian", subject, 900)
    change(city.office, "quota", "harian", {"change_mode": "whole", "octets": "500 B"}, ANI)
    assert city.entitled("harian", subject) == 500


def test_a_changed_rule_keeps_what_was_used_until_its_own_next_start(city: City) -> None:
    subject, runner = city.person_id("hemat-0"), city.scheduler()
    turn(runner)
    city.use("harian", subject, 700)
    change(city.office, "quota", "harian", {"period": "week"}, ANI)  # Tuesday 1 December
    assert city.quota("harian").turned == (epoch_s(2026, 12, 1), epoch_s(2026, 12, 7))
    city.clock.moment += 2 * DAY
    turn(runner)
    assert (city.figure("harian", subject).used, city.entitled("harian", subject)) == (700, 1000)
    assert city.use("harian", subject, 100).period_end_s == epoch_s(2026, 12, 7)
    city.clock.moment = datetime(2026, 12, 7, tzinfo=WIB)
    assert epoch_s(2026, 12, 7) in turn(runner)["roll_over"]
    assert city.figure("harian", subject).used == 0


def test_a_newcomer_gets_his_share_of_the_period_where_the_quota_says_so(city: City) -> None:
    city.clock.moment = datetime(2026, 12, 2, 18, 0, tzinfo=WIB)
    new = {"name": "Baru", "opd": "DINKES", "plan": "hemat"}
    add(city.office, "employee", {"username": "pertama", **new}, ANI)
    change(city.office, "quota", "harian", {"newcomers": "prorate"}, ANI)
    add(city.office, "employee", {"username": "kedua", **new}, ANI)
    add(city.office, "employee", {"username": "ketiga", **new, "plan": "staf"}, ANI)
    change(city.office, "employee", "ketiga", {"plan": "hemat"}, ANI)
    assert [city.entitled("harian", city.person_id(name)) for name in ("pertama", "kedua", "ketiga")] == [
        1000, 250, 250
    ]  # fmt: skip
    city.clock.moment += DAY
    assert city.entitled("harian", city.person_id("kedua")) == 1000
