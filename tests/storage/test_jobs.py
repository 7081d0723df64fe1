"""The scheduler's promises on both databases: one works, each due once, a late one changes nothing."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select, update

from netquota.clock import FixedClock
from netquota.secrets import Keyring
from netquota.services import job_runner
from netquota.services.allocate import add, change
from netquota.services.city_figures import Meters, city_figures
from netquota.services.office import Office
from netquota.services.pause import pause
from netquota.storage import job_store, lease_store, schema
from netquota.storage.database import Database
from netquota.storage.job_store import RunState
from netquota.storage.lease_store import Lease, LeaseLost
from netquota.storage.ledger_store import PERSON, SITE, page_on
from netquota.storage.order_store import OrderState
from netquota.storage.session_row import Charge
from tests.storage.clock_city import ANI, FULL, SLOW, WIB, City, clock_city, epoch_s, turn

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def city(office: Office, clock: FixedClock, tmp_path: Path) -> City:
    return clock_city(office, clock, tmp_path)


# -- leases ---------------------------------------------------------------------------------------------------------


def lease_of(database: Database, holder: str, now_s: int) -> Lease | None:
    with database.write() as connection:
        return lease_store.take(connection, "x", holder, now_s, 30)


def test_one_holds_a_lease_until_it_runs_out_or_is_given_back(database: Database) -> None:
    first = lease_of(database, "a", 1000)
    assert first == Lease("x", "a", 1, 1030)
    assert lease_of(database, "b", 1029) is None
    assert lease_of(database, "b", 1030) == Lease("x", "b", 2, 1060)
    with database.write() as connection:
        assert lease_store.keep(connection, first, 1031, 30) is None
        lease_store.release(connection, first)  # not his any more: nothing happens
    assert lease_of(database, "c", 1040) is None
    with database.write() as connection:
        lease_store.release(connection, Lease("x", "b", 2, 1060))
        assert lease_store.standing(connection, "x") is None
    assert lease_of(database, "c", 1041) == Lease("x", "c", 3, 1071)


def test_a_lease_taken_by_a_clock_that_was_set_back_is_free(database: Database) -> None:
    """F13: nobody waits an hour because a clock was an hour ahead."""
    assert lease_of(database, "a", 4600) is not None
    assert lease_of(database, "b", 1000) == Lease("x", "b", 2, 1030)


def write_late(database: Database, lease: Lease) -> None:
    with database.write() as connection:
        connection.execute(schema.city_fact.insert().values(key="k", value="late"))
        lease_store.require(connection, lease)


def test_a_write_under_an_old_number_is_undone(database: Database) -> None:
    """F4: the late one changes nothing."""
    old = lease_of(database, "a", 1000)
    assert old is not None
    assert lease_of(database, "b", 1030) is not None
    with pytest.raises(LeaseLost):
        write_late(database, old)
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(schema.city_fact)).scalar_one() == 0


# -- runs -----------------------------------------------------------------------------------------------------------


def begin(database: Database, due_s: int, now_s: int, fence: int, *, sweeps: bool = False) -> bool:
    with database.write() as connection:
        return job_store.begin(connection, "roll_over", due_s, now_s, fence, sweeps=sweeps)


def end(database: Database, due_s: int, fence: int, state: RunState = RunState.DONE) -> bool:
    with database.write() as connection:
        return job_store.end(connection, "roll_over", due_s, due_s + 1, fence, state)


def test_a_due_runs_once(database: Database) -> None:
    assert begin(database, 100, 101, fence=1)
    assert not begin(database, 100, 102, fence=1)  # under way
    assert end(database, 100, fence=1)
    assert not begin(database, 100, 103, fence=1)
    assert not begin(database, 100, 103, fence=2)


def test_a_run_whose_process_died_is_taken_up_by_the_next_holder_alone(database: Database) -> None:
    assert begin(database, 100, 101, fence=1)
    assert begin(database, 100, 140, fence=2)
    assert not end(database, 100, fence=1)  # the late one's end counts for nothing
    assert end(database, 100, fence=2)


def test_a_failed_run_may_be_begun_again(database: Database) -> None:
    assert begin(database, 100, 101, fence=1)
    assert end(database, 100, fence=1, state=RunState.FAILED)
    assert begin(database, 100, 200, fence=1)


def test_a_sweep_runs_again_under_a_new_number_and_nothing_else_does(database: Database) -> None:
    assert begin(database, 3600, 3600, fence=1, sweeps=True)
    assert end(database, 3600, fence=1)
    assert not begin(database, 3600, 3650, fence=1, sweeps=True)
    assert not begin(database, 3600, 3650, fence=2)
    assert begin(database, 3600, 3650, fence=2, sweeps=True)


# -- time travel ----------------------------------------------------------------------------------------------------


def test_a_months_end_gives_the_full_rate_back_exactly_once(city: City) -> None:
    sessions = city.online(3, SLOW, used=2_000_000_000)
    runner = city.scheduler()
    turn(runner)
    assert city.orders() == []  # slowed rightly until the month is over
    city.clock.advance(3600)
    assert turn(runner)["roll_over"] == [epoch_s(2026, 12, 1)]
    assert sorted(order.session_id for order in city.orders()) == sessions
    assert city.rates() == {FULL}
    for _ in range(3):
        city.clock.advance(1)
        assert "roll_over" not in turn(runner)
    assert len(city.orders()) == 3


def test_what_was_missed_while_down_is_caught_up_in_order(city: City) -> None:
    add(city.office, "quota", {"key": "harian", "name": "H", "plan": "jaga", "octets": "1 GB", "period": "day",
                               "throttle": "1M/512k"}, ANI)  # fmt: skip
    turn(city.scheduler("before"))
    city.clock.advance(3 * 86_400)
    done = turn(city.scheduler("after"))
    assert done["roll_over"] == [epoch_s(2026, 12, day) for day in (1, 2, 3)]
    assert "roll_over" not in turn(city.scheduler("after"))


def test_a_due_that_comes_while_nobody_ever_ran_before_the_restart_is_not_lost(city: City) -> None:
    turn(city.scheduler("a"))  # looked at the clock, and died before the first due
    city.clock.advance(3600)
    assert turn(city.scheduler("a"))["roll_over"] == [epoch_s(2026, 12, 1)]


def test_a_schedules_edge_reaches_running_sessions_by_coa(city: City) -> None:
    city.clock.moment = datetime(2026, 11, 24, 19, 59, tzinfo=WIB)
    on_schedule, others = city.online(2, plan="jaga"), city.online(1)
    runner = city.scheduler()
    turn(runner)
    city.clock.advance(60)
    assert turn(runner)["edges"] == [epoch_s(2026, 11, 24, 20)]
    assert {order.session_id for order in city.orders()} == set(on_schedule) - set(others)
    assert city.rates() == {(4_000_000, 1_000_000)}


@pytest.mark.parametrize("what", ["override", "validity", "pause"])
def test_what_was_granted_for_a_time_ends_by_itself(city: City, what: str) -> None:
    start: Callable[[], object]
    match what:
        case "override":
            values, rate = {"override": "20M/5M", "override_until": "2026-12-01 06:00"}, (20_000_000, 5_000_000)
            start, expected = (lambda: change(city.office, "employee", "staf-0", values, ANI)), FULL
        case "validity":
            start, rate = (
                lambda: change(city.office, "employee", "staf-0", {"valid_until": "2026-12-01 06:00"}, ANI)
            ), FULL  # fmt: skip
            expected = (None, None)
        case _:
            rate, expected = (10_000_000, 2_000_000), SLOW
            start = lambda: pause(city.office, ANI, until=datetime(2026, 12, 1, 6, tzinfo=WIB))  # noqa: E731
    city.clock.moment = datetime(2026, 12, 1, 5, 0, tzinfo=WIB)
    city.online(1, rate)
    start()
    if what == "pause":
        _spend_december(city)
    runner = city.scheduler()
    turn(runner)
    assert city.orders() == []
    city.clock.advance(3600)
    assert turn(runner)["edges"] == [epoch_s(2026, 12, 1, 6)]
    assert city.rates() == {expected}


def _spend_december(city: City) -> None:
    with city.database.write() as connection:
        person = connection.execute(select(schema.employee.c.id)).scalar_one()
        quota = connection.execute(select(schema.quota.c.id)).scalar_one()
        bounds = epoch_s(2026, 12, 1), epoch_s(2027, 1, 1)
        page_on(connection).charge([Charge(quota, person, *bounds, 2_000_000_000)])


def test_a_silent_session_ends_at_its_last_news_with_its_orders_and_workers_are_told(city: City) -> None:
    began_s = int(city.clock.now().timestamp())
    (session,) = city.online(1, SLOW)
    runner = city.scheduler()
    turn(runner)  # full rate ordered: nothing was used
    assert len(city.orders()) == 1
    city.clock.advance(901)
    turn(runner)
    with city.database.read() as connection:
        (row,) = connection.execute(select(schema.accounting_session)).all()
        told = connection.execute(select(schema.live_change.c.payload)).scalars().all()
    assert (row.id, row.ended_s, row.end_cause) == (session, began_s, "stale")
    assert told == [f"[{row.employee_id}]"]
    assert [(order.state, order.result) for order in city.orders()] == [(OrderState.SUPERSEDED, "the session ended")]


def test_the_slow_pass_heals_what_was_missed_and_writes_once(city: City) -> None:
    city.online(60, (3_000_000, 3_000_000))
    runner = city.scheduler()
    turn(runner)
    city.clock.advance(180)
    turn(runner)
    assert len(city.orders()) == 60
    assert city.rates() == {FULL}


def test_the_clock_set_back_runs_no_period_twice_and_sweeps_go_on(city: City) -> None:
    """F13."""
    runner = city.scheduler()
    turn(runner)
    assert turn(runner) == {}
    city.clock.advance(3600)
    assert turn(runner)["roll_over"] == [epoch_s(2026, 12, 1)]
    city.clock.moment -= timedelta(hours=1)
    assert runner.beat().anew
    done = turn(runner)
    assert "roll_over" not in done
    assert {"stale", "reconcile"} <= done.keys()
    city.clock.advance(3600)
    assert "roll_over" not in turn(runner)


def test_the_clock_a_day_ahead_and_back_leaves_the_next_periods_alone(city: City) -> None:
    """F13."""
    runner = city.scheduler()
    turn(runner)
    city.clock.moment += timedelta(days=365)
    turn(runner)
    city.clock.moment -= timedelta(days=365)
    assert "roll_over" not in turn(runner)
    city.clock.advance(3600)
    turn(runner)
    with city.database.read() as connection:
        runs = [run.due_s for run in job_store.runs(connection, "roll_over", 500)]
    assert len(runs) == len(set(runs))
    assert epoch_s(2026, 12, 1) in runs


def test_a_job_that_fails_is_told_and_tried_again_later(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = city.scheduler()
    turn(runner)
    city.clock.advance(3600)
    whole = runner.jobs["roll_over"]

    def broken(_shift: object, _due_s: int) -> str:
        raise KeyError("x")

    runner.jobs = {**runner.jobs, "roll_over": replace(whole, body=broken)}
    assert runner.beat().holds
    assert runner.catch_up("roll_over") == []
    runner.jobs = {**runner.jobs, "roll_over": whole}
    assert runner.catch_up("roll_over") == []  # not at once
    assert "roll_over" not in runner.waiting()
    city.clock.advance(60)
    assert "roll_over" in runner.waiting()
    assert runner.catch_up("roll_over") == [epoch_s(2026, 12, 1)]
    assert runner.failures == {"roll_over": 1}


# -- several schedulers ---------------------------------------------------------------------------------------------


def test_of_two_schedulers_one_works_and_the_other_goes_on_when_it_leaves(city: City) -> None:
    city.online(2, SLOW, used=2_000_000_000)
    first, second = city.scheduler("a"), city.scheduler("b")
    turn(first)
    assert turn(second) == {}
    city.clock.advance(20)
    assert first.beat().holds  # kept
    city.clock.advance(20)
    assert turn(second) == {}
    first.close()
    city.clock.advance(3600)
    assert turn(second)["roll_over"] == [epoch_s(2026, 12, 1)]
    assert turn(first) == {}
    assert len(city.orders()) == 2


def test_a_holder_that_stood_still_past_its_lease_changes_nothing(city: City) -> None:
    """F4: it wakes in the middle of a run, another has the lease."""
    city.online(120, SLOW, used=2_000_000_000)
    late = city.scheduler("late")
    turn(late)
    city.clock.advance(3600)
    assert late.beat().holds
    other = city.scheduler("other")

    def stop_in_between(shift: object, due_s: int) -> str:
        city.clock.advance(31)  # SIGSTOP, as the database sees it
        assert "roll_over" in turn(other)
        return whole.body(shift, due_s)  # type: ignore[arg-type]

    whole = late.jobs["roll_over"]
    late.jobs = {**late.jobs, "roll_over": replace(whole, body=stop_in_between)}
    assert late.catch_up("roll_over") == []
    assert late.lease is None
    assert len(city.orders()) == 120
    with city.database.read() as connection:
        (run,) = [run for run in job_store.runs(connection, "roll_over") if run.due_s == epoch_s(2026, 12, 1)]
    assert (run.state, run.fence) == (RunState.DONE, other.lease.fence if other.lease else None)


KILLED = """
import sys
from datetime import datetime
from pathlib import Path
from netquota.clock import FixedClock
from netquota.logging import configure
from netquota.secrets import Keyring
from netquota.services import rotate
from netquota.services.job_runner import JobRunner
from netquota.settings import Settings
from netquota.storage.database import open_database
url, key, state, moment = sys.argv[1:]
configure("error")
rotate.SESSIONS_IN_STEP = 3
plain = rotate.order_again
def told(shift, ids):
    print("step", flush=True)
    return plain(shift, ids)
rotate.order_again = told
clock = FixedClock(datetime.fromisoformat(moment))
runner = JobRunner(open_database(url), Keyring([key.encode()]), Settings(state_dir=Path(state)), clock, "doomed")
runner.beat()
runner.catch_up("roll_over")
print("done", flush=True)
"""


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring([KEY])


KEY = Fernet.generate_key()


@pytest.mark.parametrize("trial", range(5))
def test_a_death_in_the_middle_of_a_roll_over_leaves_each_effect_once(city: City, trial: int) -> None:
    """F3: kill -9 of the scheduler in roll-over."""
    sessions = city.online(30, SLOW, used=2_000_000_000)
    turn(city.scheduler("before"))
    city.clock.advance(3600)
    steps = random.Random(trial).randint(1, 9)
    arguments = [city.database.url, KEY.decode(), str(city.settings.state_dir), city.clock.now().isoformat()]
    child = subprocess.Popen([sys.executable, "-c", KILLED, *arguments], stdout=subprocess.PIPE, cwd=ROOT)
    assert child.stdout is not None
    for _ in range(steps):
        assert child.stdout.readline() == b"step\n"
    child.kill()
    child.wait()
    child.stdout.close()
    city.clock.advance(31)
    assert turn(city.scheduler("after")).get("roll_over") in ([epoch_s(2026, 12, 1)], None)
    assert sorted(order.session_id for order in city.orders()) == sessions
    with city.database.read() as connection:
        (run,) = [run for run in job_store.runs(connection, "roll_over") if run.due_s == epoch_s(2026, 12, 1)]
    assert run.state is RunState.DONE


# -- upkeep, figures --------------------------------------------------------------------------------------


def test_a_verified_copy_is_made_each_night_and_of_missed_nights_one(city: City) -> None:
    runner = city.scheduler()
    runner.beat()
    assert len(runner.catch_up("backup")) == 1
    assert runner.catch_up("backup") == []
    city.clock.advance(5 * 86_400)
    runner.beat()
    assert len(runner.catch_up("backup")) == 1
    assert len(list((city.settings.state_dir / "backups").glob("netquota-*"))) == 2


def test_what_is_kept_long_enough_is_forgotten_and_the_rest_stays(city: City) -> None:
    city.online(2)
    now_s = int(city.clock.now().timestamp())
    days = 86_400
    with city.database.write() as connection:
        session = schema.accounting_session
        first = select(func.min(session.c.id)).scalar_subquery()
        connection.execute(update(session).where(session.c.id == first).values(ended_s=now_s - 401 * days))
        page_on(connection).add_samples([(PERSON, 1, now_s - 91 * days, 1, 1), (PERSON, 1, now_s - 89 * days, 2, 2)])
    runner = city.scheduler()
    turn(runner)
    with city.database.read() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (schema.accounting_session, schema.usage_sample)
        ]
    assert counts == [1, 1]
    with city.database.read() as connection:
        assert job_store.last_successes(connection)["retention"] == now_s


def test_traffic_is_metered_from_when_one_began_to_look_and_never_falls(city: City) -> None:
    now_s = int(city.clock.now().timestamp())

    def flow(bin_s: int, octets: int) -> None:
        with city.database.write() as connection:
            page_on(connection).add_samples([(SITE, 1, bin_s // 300 * 300, octets, 1)])

    def metered(at_s: int) -> tuple[int, int]:
        figures = city_figures(city.database, runner.almanac.snapshot, meter, at_s)
        return figures.traffic["DINKES"]

    runner, meter = city.scheduler(), Meters()
    flow(now_s, 500)
    assert metered(now_s) == (0, 0)  # a counter that restarts begins at 0
    flow(now_s, 70)
    assert metered(now_s) == (70, 1)
    flow(now_s + 86_400, 5)
    for day in range(1, 4):
        assert metered(now_s + day * 86_400) == (75, 2)
    flow(now_s + 3 * 86_400, 20)
    assert metered(now_s + 3 * 86_400) == (95, 3)


def test_the_citys_figures_name_offices_gateways_and_jobs(city: City) -> None:
    add(city.office, "quota", {"key": "kolam", "name": "K", "opd": "DINKES", "octets": "8 GB", "action": "notify"}, ANI)
    city.online(3)
    now_s = int(city.clock.now().timestamp())
    with city.database.write() as connection:
        pool = connection.execute(select(schema.quota.c.id).where(schema.quota.c.key == "kolam")).scalar_one()
        opd = connection.execute(select(schema.opd.c.id)).scalar_one()
        charge = Charge(pool, opd, epoch_s(2026, 11, 1), epoch_s(2026, 12, 1), 2_000_000_000)
        page_on(connection).charge([charge])
    runner = city.scheduler()
    turn(runner)
    figures = city_figures(city.database, runner.almanac.snapshot, Meters(), now_s)
    assert figures.quota_used == {"DINKES": 0.25}
    assert figures.sessions == {"gw": 3}
    assert figures.ceilings["DINKES"].down_bps == 80_000_000
    assert figures.last_success["stale"] == now_s


def test_missed_dues_are_bounded_however_far_a_clock_goes(city: City) -> None:
    runner = city.scheduler()
    add(city.office, "quota", {"key": "harian", "name": "H", "plan": "jaga", "octets": "1 GB", "period": "day",
                               "action": "notify"}, ANI)  # fmt: skip
    turn(runner)
    city.clock.moment = datetime(2031, 1, 1, tzinfo=UTC)
    assert len(turn(runner)["roll_over"]) <= job_runner.MOST_CAUGHT_UP
