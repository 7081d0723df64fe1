"""Jobs by hand: seen with their lateness, asked for, tried without effect, left out, taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from netquota.clock import FixedClock
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services.job_desk import JobLine, history, listing, rehearse, run_now, skip
from netquota.services.jobs import jobs
from netquota.services.office import Office
from netquota.storage import schema
from netquota.storage.job_store import RunState
from tests.storage.clock_city import ANI, SLOW, City, clock_city, epoch_s, turn

FLOOR_BPS = 256_000
DECEMBER = epoch_s(2026, 12, 1)


@pytest.fixture
def city(office: Office, clock: FixedClock, tmp_path: Path) -> City:
    return clock_city(office, clock, tmp_path)


def line(city: City, name: str = "roll_over") -> JobLine:
    found = listing(city.office, jobs(city.settings)).jobs
    return next(one for one in found if one.name == name)


def test_jobs_can_be_seen_asked_for_and_left_out(city: City) -> None:
    table = jobs(city.settings)
    runner = city.scheduler("a")
    assert listing(city.office, table).holder is None
    turn(runner)
    seen = listing(city.office, table)
    assert seen.holder == "a"
    assert {line.name: line.next_due_s for line in seen.jobs}["roll_over"] == epoch_s(2026, 12, 1)
    city.clock.advance(1)
    due_s = run_now(city.office, table, "roll_over", ANI)
    assert "roll_over" in runner.waiting()
    assert runner.catch_up("roll_over") == [due_s]
    skip(city.office, table, "roll_over", epoch_s(2026, 12, 1), ANI)
    city.clock.advance(3600)
    assert "roll_over" not in turn(runner)
    assert history(city.office, table, "roll_over")[0].state is RunState.SKIPPED
    with pytest.raises(Conflict):
        skip(city.office, table, "roll_over", due_s, ANI)  # it was run


def test_a_job_tells_how_long_it_took_and_how_late_it_began(city: City) -> None:
    runner = city.scheduler()
    turn(runner)
    city.clock.advance(3600 + 90)
    assert (line(city).overdue_s, line(city).next_due_s) == (90, epoch_s(2027, 1, 1))
    turn(runner)
    told = line(city)
    assert told.last is not None
    assert (told.last.due_s, told.late_s, told.took_s, told.overdue_s) == (DECEMBER, 90, 0, 0)
    assert told.last_success_s == DECEMBER + 90


def rows_of(city: City) -> list[int]:
    """How many rows stand in the tables that jobs write."""
    tables = (schema.enforcement, schema.job_run, schema.live_change, schema.audit_entry, schema.ledger_entry)
    with city.database.read() as connection:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


def test_a_rehearsal_says_what_the_next_due_would_do_and_leaves_nothing(city: City) -> None:
    city.online(7, SLOW, used=2_000_000_000)
    before, table = rows_of(city), jobs(city.settings)
    told = rehearse(city.office, table, "roll_over", FLOOR_BPS)
    assert (told.due_s, told.result) == (DECEMBER, "7 sessions looked at, 7 orders")
    assert rehearse(city.office, table, "stale", FLOOR_BPS, epoch_s(2026, 12, 2)).result.startswith("7 sessions ended")
    assert rows_of(city) == before
    turn(city.scheduler())  # nobody's lease stood in the way, and the real run does the same
    city.clock.advance(3600)
    turn(city.scheduler())
    assert len(city.orders()) == 7


def test_what_works_on_files_or_until_nothing_is_left_is_not_rehearsed(city: City) -> None:
    for name in ("backup", "retention"):
        with pytest.raises(InvalidValue):
            rehearse(city.office, jobs(city.settings), name, FLOOR_BPS)
    with pytest.raises(NotFound):
        rehearse(city.office, jobs(city.settings), "nothing", FLOOR_BPS)


def test_the_next_run_can_be_left_out_and_taken_back(city: City) -> None:
    table, runner = jobs(city.settings), city.scheduler()
    turn(runner)
    assert skip(city.office, table, "roll_over", None, ANI, dry_run=True) == DECEMBER
    assert history(city.office, table, "roll_over")[0].state is RunState.DONE
    assert skip(city.office, table, "roll_over", None, ANI) == DECEMBER
    assert run_now(city.office, table, "roll_over", ANI, DECEMBER) == DECEMBER
    city.clock.advance(3600)
    assert turn(runner)["roll_over"] == [DECEMBER]
    with pytest.raises(Conflict):
        run_now(city.office, table, "roll_over", ANI, DECEMBER)
