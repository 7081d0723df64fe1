"""Tasks of planning: asked for once, taken once, told of, taken up again when their process is lost."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from netquota.clock import FixedClock
from netquota.errors import Conflict, InvalidValue
from netquota.lifeline import SUPERVISOR_VARIABLE
from netquota.planner import Planner
from netquota.services.office import Office
from netquota.services.planning import tasks
from netquota.storage import plan_store
from netquota.storage.database import Database
from netquota.storage.plan_store import STUDY, TakenOver

NOW_S = 1_795_480_000


def _ask(database: Database, what: str = STUDY, subject: str = "") -> int:
    with database.write() as connection:
        return plan_store.ask(connection, what, subject, "ani", NOW_S)


def _work(office: Office, *doer: Callable[[str, object], object]) -> int:
    return tasks.work(office.database, office.clock, {STUDY: doer[0]} if doer else {})


def _state(database: Database, number: int) -> tuple[str, str]:
    with database.read() as connection:
        task = plan_store.task(connection, number)
    assert task is not None
    return task.state, task.says


def test_what_was_asked_twice_is_done_once_and_tells_how_far_it_is(office: Office) -> None:
    number = _ask(office.database)
    assert _ask(office.database) == number
    told: list[str] = []

    def do(subject: str, progress: object) -> None:
        told.append(subject)
        assert callable(progress)
        progress(1, 2, "DISHUB")
        with office.database.read() as connection:
            task = plan_store.task(connection, number)
        assert task is not None
        assert (task.state, task.done, task.steps, task.says) == ("running", 1, 2, "DISHUB")

    assert _work(office, do) == 1
    assert told == [""]
    assert _state(office.database, number)[0] == "done"
    assert _work(office, do) == 0
    assert _ask(office.database) > number


def test_what_is_wrong_with_a_task_stands_in_its_row(office: Office) -> None:
    def refuse(_subject: str, _progress: object) -> None:
        raise InvalidValue("year", 1, "give another")

    def come_too_late(_subject: str, _progress: object) -> None:
        raise Conflict("the round is closed")

    def break_down(_subject: str, _progress: object) -> None:
        raise ZeroDivisionError

    number = _ask(office.database)
    assert _work(office, refuse) == 1
    assert _state(office.database, number) == ("failed", "year: 1 cannot be used; give another")
    number = _ask(office.database)
    assert _work(office, come_too_late) == 1
    assert _state(office.database, number) == ("failed", "the round is closed")
    number = _ask(office.database)
    assert _work(office, break_down) == 1
    assert _state(office.database, number) == ("failed", "unexpected error: ZeroDivisionError")
    number = _ask(office.database, "dance")
    assert _work(office) == 1
    assert _state(office.database, number)[0] == "failed"


def test_a_task_whose_process_fell_silent_is_taken_up_and_the_late_one_stops(office: Office) -> None:
    _ask(office.database)
    with office.database.write() as connection:
        first = plan_store.take(connection, NOW_S)
        assert first is not None
        assert plan_store.take(connection, NOW_S + 10) is None
        assert not plan_store.waits(connection, NOW_S + 10)
        assert plan_store.waits(connection, NOW_S + plan_store.SILENT_S + 1)
        second = plan_store.take(connection, NOW_S + plan_store.SILENT_S + 1)
        assert second is not None
        assert second.id == first.id
    with office.database.write() as connection, pytest.raises(TakenOver):
        plan_store.tell(connection, first, 1, 2, "", NOW_S + 400)
    with office.database.write() as connection:
        plan_store.end(connection, first, "late", NOW_S + 400)
        plan_store.tell(connection, second, 1, 2, "", NOW_S + 400)
        plan_store.end(connection, second, "", NOW_S + 401)
    assert _state(office.database, first.id)[0] == "done"


def test_the_scheduler_that_works_starts_the_process_that_plans(
    sqlite_database: Database, tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netquota import planner as module
    from tests.live.workers import until

    trace = tmp_path / "ran"
    monkeypatch.setattr(module, "COMMAND", ("sh", "-c", f"echo $NETQUOTA_STATE_DIR >> {trace}; sleep 60"))
    monkeypatch.setattr(module, "TURN_S", 0.02)
    works = threading.Event()
    planner = Planner(sqlite_database, clock, {"NETQUOTA_STATE_DIR": "here"}, works.is_set)
    _ask(sqlite_database)
    planner.start()
    assert not trace.exists()
    works.set()
    until(lambda: trace.exists() and trace.read_text() == "here\n")
    planner.stop()  # does not wait for the sixty seconds


def test_under_a_supervisor_the_process_that_plans_works_too(
    sqlite_database: Database, tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the scheduler's child, not the supervisor's: it must not take itself for an orphan and end at once."""
    from netquota import planner as module
    from tests.live.workers import until

    trace = tmp_path / "ran"
    worker = f"""
import os, pathlib
from netquota.lifeline import follow_parent
follow_parent(os.environ)
pathlib.Path({str(trace)!r}).write_text("works")
"""
    monkeypatch.setenv(SUPERVISOR_VARIABLE, str(os.getppid()))
    monkeypatch.setattr(module, "COMMAND", (sys.executable, "-c", worker))
    monkeypatch.setattr(module, "TURN_S", 0.02)
    _ask(sqlite_database)
    planner = Planner(sqlite_database, clock, {}, lambda: True)
    planner.start()
    try:
        until(trace.exists, "the process works")
    finally:
        planner.stop()


def test_a_process_that_ends_badly_is_not_started_again_at_once(
    sqlite_database: Database, tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netquota import planner as module
    from tests.live.workers import until

    trace = tmp_path / "ran"
    monkeypatch.setattr(module, "COMMAND", ("sh", "-c", f"echo ran >> {trace}; exit 3"))
    monkeypatch.setattr(module, "TURN_S", 0.02)
    _ask(sqlite_database)
    planner = Planner(sqlite_database, clock, {}, lambda: True)
    planner.start()
    try:
        until(trace.exists)
        time.sleep(1.0)  # in which it would be started several times
        assert trace.read_text() == "ran\n"
    finally:
        planner.stop()


def test_a_task_that_kills_its_process_each_time_is_given_up_and_those_behind_it_are_done(office: Office) -> None:
    deadly, behind = _ask(office.database, subject="deadly"), _ask(office.database, subject="behind")
    for turn in range(plan_store.MOST_TAKES):
        with office.database.write() as connection:
            taken = plan_store.take(connection, NOW_S + turn * (plan_store.SILENT_S + 1))
        assert taken is not None
        assert (taken.id, taken.takes) == (deadly, turn + 1)
    later_s = NOW_S + plan_store.MOST_TAKES * (plan_store.SILENT_S + 1)
    with office.database.write() as connection:
        assert plan_store.waits(connection, later_s)
        taken = plan_store.take(connection, later_s)
    assert taken is not None
    assert taken.id == behind
    assert _state(office.database, deadly) == ("failed", plan_store.GIVEN_UP)
    assert _ask(office.database, subject="deadly") > deadly  # asked for anew, it is tried anew
