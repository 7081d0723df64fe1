"""Runs of jobs, one row for each (job, due time): what was done is not done again, what was not is seen.

A run that its process did not end (killed, stopped) is taken up again by a holder with a higher fencing number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, or_, select, update

from netquota.storage.database import Connection
from netquota.storage.rows import insert_unless_there
from netquota.storage.schema import job_run

RESULT_CHARACTERS = 300


class RunState(StrEnum):
    """Where a run stands; wanted = somebody asked for it, skipped = somebody asked not to."""

    WANTED = "wanted"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Run:
    """One run; instants in epoch seconds, `due_s` the moment that it was for."""

    job: str
    due_s: int
    started_s: int
    ended_s: int | None
    state: RunState
    result: str
    fence: int


def begin(connection: Connection, job: str, due_s: int, now_s: int, fence: int, *, sweeps: bool = False) -> bool:
    """Begin the run of a due time; False where it is done, left out, or under way under this very number.

    A job that `sweeps` may run again for a due that was done under an earlier number.
    """
    values = {"started_s": now_s, "ended_s": None, "state": RunState.RUNNING, "result": "", "fence": fence}
    if insert_unless_there(connection, job_run, {"job": job, "due_s": due_s, **values}):
        return True
    c = job_run.c
    open_again: list[ColumnElement[bool]] = [
        c.state.in_((RunState.FAILED, RunState.WANTED)), and_(c.state == RunState.RUNNING, c.fence < fence),
    ]  # fmt: skip
    if sweeps:
        open_again.append(and_(c.state == RunState.DONE, c.fence < fence))
    again = update(job_run).where(c.job == job, c.due_s == due_s, or_(*open_again)).values(**values)
    return connection.execute(again).rowcount > 0


def end(
    connection: Connection, job: str, due_s: int, now_s: int, fence: int, state: RunState, result: str = ""
) -> bool:
    """End the run that was begun under this fencing number; False where it is no longer ours."""
    c = job_run.c
    mine = update(job_run).where(c.job == job, c.due_s == due_s, c.fence == fence, c.state == RunState.RUNNING)
    return connection.execute(mine.values(state=state, ended_s=now_s, result=result[:RESULT_CHARACTERS])).rowcount > 0


def put(connection: Connection, job: str, due_s: int, now_s: int, state: RunState, result: str) -> bool:
    """Note a run that is wanted, left out, or the beginning of a job's history; False where the due has run.

    What has failed, is wanted or is left out may be noted anew.
    """
    row = {"started_s": now_s, "ended_s": None if state is RunState.WANTED else now_s, "state": state, "result": result}
    if insert_unless_there(connection, job_run, {"job": job, "due_s": due_s, "fence": 0, **row}):
        return True
    c = job_run.c
    changeable = c.state.in_((RunState.FAILED, RunState.WANTED, RunState.SKIPPED))
    again = update(job_run).where(c.job == job, c.due_s == due_s, changeable)
    return connection.execute(again.values(**row)).rowcount > 0


def last_due(connection: Connection, job: str, now_s: int) -> int | None:
    """The newest due up to now that has a row; later ones were written by a clock that was set back since."""
    return connection.execute(
        select(func.max(job_run.c.due_s)).where(job_run.c.job == job, job_run.c.due_s <= now_s)
    ).scalar_one()


def first_due(connection: Connection, job: str) -> int | None:
    """The oldest due of a job that has a row; None where it was never looked at."""
    return connection.execute(select(func.min(job_run.c.due_s)).where(job_run.c.job == job)).scalar_one()


def first_start(connection: Connection) -> int | None:
    """When the first of all runs that are kept began, epoch seconds; None where there was none."""
    c = job_run.c
    begun = c.state.in_((RunState.RUNNING, RunState.DONE, RunState.FAILED))
    return connection.execute(select(func.min(c.started_s)).where(begun)).scalar_one()


def unfinished(connection: Connection, now_s: int, fence: int) -> list[Run]:
    """Runs due up to now to take up again, oldest first: wanted, failed, or left by an earlier holder."""
    c = job_run.c
    left = and_(c.state == RunState.RUNNING, c.fence < fence)
    query = select(job_run).where(c.due_s <= now_s, or_(c.state.in_((RunState.WANTED, RunState.FAILED)), left))
    return [_run(row) for row in connection.execute(query.order_by(c.due_s, c.job))]


def missed(connection: Connection, job: str, dues: Sequence[int]) -> list[int]:
    """Those of the dues that have no row, in order."""
    query = select(job_run.c.due_s).where(job_run.c.job == job, job_run.c.due_s.in_(list(dues)))
    there = set(connection.execute(query).scalars()) if dues else set[int]()
    return sorted(set(dues) - there)


def runs(connection: Connection, job: str | None = None, most: int = 50) -> list[Run]:
    """Runs of a job, or of all, newest due first."""
    query = select(job_run) if job is None else select(job_run).where(job_run.c.job == job)
    newest_first = query.order_by(job_run.c.due_s.desc(), job_run.c.job).limit(most)
    return [_run(row) for row in connection.execute(newest_first)]


def last_runs(connection: Connection) -> dict[str, Run]:
    """The newest run of each job that was begun."""
    c = job_run.c
    begun = c.state.in_((RunState.RUNNING, RunState.DONE, RunState.FAILED))
    newest = select(c.job, func.max(c.due_s).label("due_s")).where(begun).group_by(c.job).subquery()
    query = select(job_run).join(newest, and_(newest.c.job == c.job, newest.c.due_s == c.due_s))
    return {row.job: _run(row) for row in connection.execute(query)}


def last_successes(connection: Connection) -> dict[str, int]:
    """When each job last ended well, epoch seconds."""
    c = job_run.c
    query = select(c.job, func.max(c.ended_s)).where(c.state == RunState.DONE).group_by(c.job)
    return {job: ended_s for job, ended_s in connection.execute(query) if ended_s is not None}


def forget_runs(connection: Connection, before_s: int, names: Sequence[str]) -> int:
    """Delete runs of these jobs due before an epoch second, all but the newest of each; how many."""
    c, other = job_run.c, job_run.alias()
    newest = select(func.max(other.c.due_s)).where(other.c.job == c.job).scalar_subquery()
    of_these = delete(job_run).where(c.job.in_(list(names)), c.due_s < before_s)
    return connection.execute(of_these.where(c.due_s < newest)).rowcount


def _run(row: Row[Any]) -> Run:
    return Run(row.job, row.due_s, row.started_s, row.ended_s, RunState(row.state), row.result, row.fence)
