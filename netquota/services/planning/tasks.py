"""Tasks that take long: asked for by the clock, a page or a command, worked off by a process of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic
from zoneinfo import ZoneInfo

from netquota.clock import Clock
from netquota.errors import NetquotaError
from netquota.logging import get_logger
from netquota.services.planning.computing import Progress, compute
from netquota.storage import plan_store
from netquota.storage.database import Database
from netquota.storage.plan_store import TakenOver, Task

TOLD_EVERY_S = 1.0
Doer = Callable[[str, Progress], object]
"""Does a task of one kind: given its subject and whom to tell how far it is."""

log = get_logger("planning")


def studying(database: Database, zone: ZoneInfo, clock: Clock) -> Doer:
    """Study all offices and links."""
    return lambda _subject, progress: compute(database, zone, clock, progress)


def work(database: Database, clock: Clock, doers: Mapping[str, Doer]) -> int:
    """Work off what waits, one task after another; how many were. `doers`: who does which kind."""
    done = 0
    while True:
        with database.write() as connection:
            task = plan_store.take(connection, _now_s(clock))
        if task is None:
            return done
        _run(database, clock, task, doers)
        done += 1


def _run(database: Database, clock: Clock, task: Task, doers: Mapping[str, Doer]) -> None:
    """One task; what is wrong with it stands in its row, for whoever asked for it."""
    progress, problem = _Telling(database, clock, task), ""
    try:
        if task.what not in doers:
            problem = f"this release does not know tasks of the kind {task.what}"
        else:
            doers[task.what](task.subject, progress)
    except TakenOver as error:
        log.warning("a task was given up", task=task.id, problem=str(error))
        return
    except NetquotaError as error:
        problem = str(error)
    except Exception as error:  # a process's edge: whoever asked would wait for ever
        log.error("a task failed", task=task.id, exc_info=error)
        problem = f"unexpected error: {type(error).__name__}"
    with database.write() as connection:
        plan_store.end(connection, task, problem, _now_s(clock))


class _Telling:
    """Writes down how far a task is, at most once a second."""

    def __init__(self, database: Database, clock: Clock, task: Task) -> None:
        self._database, self._clock, self._task, self._told_s = database, clock, task, 0.0

    def __call__(self, done: int, of: int, following: str) -> None:
        if monotonic() - self._told_s < TOLD_EVERY_S and done < of:
            return
        self._told_s = monotonic()
        with self._database.write() as connection:
            plan_store.tell(connection, self._task, done, of, following, _now_s(self._clock))


def _now_s(clock: Clock) -> int:
    return int(clock.now().timestamp())
