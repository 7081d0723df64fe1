"""Jobs for people to see, ask for, try without effect and leave out: behind `job` and the page of the clock."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from netquota.clock import FixedClock
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services.almanac import Almanac, almanac
from netquota.services.job_runner import LEASE_NAME, LONGEST_AWAY_S
from netquota.services.jobs import Job
from netquota.services.office import Author, Office, needed, nothing_follows
from netquota.services.shift import on_shift
from netquota.storage import audit_store, job_store, lease_store
from netquota.storage.database import Connection
from netquota.storage.job_store import Run, RunState
from netquota.storage.lease_store import Lease
from netquota.storage.policy_store import load_snapshot

_NOBODY = Lease(LEASE_NAME, "rehearsal", -1, 0)


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job as it stands; epoch seconds. `last` None: it never ran; `next_due_s` None: nothing is in sight.

    `overdue_s`: for how long something has been due that nobody began; 0 where nothing is. `since_s`: when a scheduler
    first worked here; what was due before that is not late.
    """

    name: str
    says: str
    last: Run | None
    last_success_s: int | None
    next_due_s: int | None
    overdue_s: int = 0
    rehearses: bool = True
    since_s: int = 0

    @property
    def took_s(self) -> int | None:
        """How long the last run took, whole seconds; None before its end."""
        last = self.last
        return None if last is None or last.ended_s is None else max(0, last.ended_s - last.started_s)

    @property
    def late_s(self) -> int | None:
        """How long after its due the last run began; None where there was none."""
        return None if self.last is None else max(0, self.last.started_s - max(self.last.due_s, self.since_s))


@dataclass(frozen=True, slots=True)
class Clockwork:
    """All jobs, and the scheduler that runs them (None: none works)."""

    jobs: tuple[JobLine, ...]
    holder: str | None


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a run for a due would have done as things stand; nothing of it stayed."""

    due_s: int
    result: str


def listing(office: Office, jobs: Mapping[str, Job]) -> Clockwork:
    """Every job with its last run and its next due."""
    now_s = office.now_s
    with office.database.read() as connection:
        moments = almanac(load_snapshot(connection, office.secrets, office.zone))
        lines = job_lines(connection, jobs, moments, now_s)
        lease = lease_store.standing(connection, LEASE_NAME)
    return Clockwork(lines, lease.holder if lease is not None and lease.holds_at(now_s) else None)


def job_lines(connection: Connection, jobs: Mapping[str, Job], moments: Almanac, now_s: int) -> tuple[JobLine, ...]:
    """The jobs as they stand at a moment (epoch s), in the order of the table."""
    since_s = job_store.first_start(connection) or 0
    last, successes = job_store.last_runs(connection), job_store.last_successes(connection)
    return tuple(
        JobLine(
            job.name, job.says, last.get(job.name), successes.get(job.name), job.dues(moments).following(now_s),
            _overdue_s(connection, job, moments, now_s), job.rehearses, since_s,
        )
        for job in jobs.values()
    )  # fmt: skip


def _overdue_s(connection: Connection, job: Job, moments: Almanac, now_s: int) -> int:
    last_s = job_store.last_due(connection, job.name, now_s)
    if last_s is None:
        return 0
    came = job.dues(moments).between(max(last_s, now_s - LONGEST_AWAY_S), now_s)
    waiting = job_store.missed(connection, job.name, came)
    return now_s - waiting[0] if waiting else 0


def history(office: Office, jobs: Mapping[str, Job], name: str, most: int = 50) -> list[Run]:
    """The runs of a job, newest first. Raises `NotFound`."""
    known(jobs, name)
    with office.database.read() as connection:
        return job_store.runs(connection, name, most)


def run_now(office: Office, jobs: Mapping[str, Job], name: str, by: Author, due_s: int | None = None) -> int:
    """Ask for a run now, of a due that failed or was left out, or of this moment; taken up within seconds.

    Gives the due by which it is known. Raises `NotFound`, `InvalidValue` without a reason, `Conflict` where that due
    was run or is under way.
    """
    return _put(office, known(jobs, name).name, office.now_s if due_s is None else due_s, RunState.WANTED, by)


def skip(
    office: Office, jobs: Mapping[str, Job], name: str, due_s: int | None, by: Author, *, dry_run: bool = False
) -> int:
    """Leave a due out, to come or failed; None: the next one. Gives it.

    Raises `NotFound`, `InvalidValue` where nothing is due in sight or without a reason, `Conflict` where it was run.
    """
    job = known(jobs, name)
    due_s = _next_due(office, job) if due_s is None else due_s
    if due_s is None:
        raise InvalidValue("due", "", f"nothing of job {name} is due in sight; name the due")
    return due_s if dry_run else _put(office, job.name, due_s, RunState.SKIPPED, by)


def rehearse(
    office: Office, jobs: Mapping[str, Job], name: str, floor_bps: int, due_s: int | None = None
) -> Rehearsed:  # fmt: skip
    """What the job would do for a due (None: the next), at that moment, with the sessions that run now.

    Raises `NotFound`, `InvalidValue` for a job that cannot be tried without effect.
    """
    job = known(jobs, name)
    if not job.rehearses:
        raise InvalidValue("job", name, "it cannot be tried without effect; run it, or look at what it did last")
    due_s = (_next_due(office, job) or office.now_s) if due_s is None else due_s
    clock = FixedClock(datetime.fromtimestamp(max(due_s, office.now_s), UTC))
    with office.database.read() as connection:
        moments = almanac(load_snapshot(connection, office.secrets, office.zone))
    then = replace(office, clock=clock, on_change=nothing_follows)
    shift = on_shift(then, _NOBODY, moments, floor_bps, threading.Event(), rehearsal=True)
    return Rehearsed(due_s, job.body(shift, due_s))


def known(jobs: Mapping[str, Job], name: str) -> Job:
    """The job of a name. Raises `NotFound`."""
    if name not in jobs:
        raise NotFound("job", name, f"there are {', '.join(jobs)}")
    return jobs[name]


def _next_due(office: Office, job: Job) -> int | None:
    with office.database.read() as connection:
        moments = almanac(load_snapshot(connection, office.secrets, office.zone))
    return job.dues(moments).following(office.now_s)


def _put(office: Office, name: str, due_s: int, state: RunState, by: Author) -> int:
    why, now_s = needed(by), office.now_s
    with office.database.write() as connection:
        if not job_store.put(connection, name, due_s, now_s, state, f"{state.value} by {by.name}: {why}"):
            raise Conflict(f"job {name!r}: the run due then is under way or done; look at its history")
        audit_store.append(
            connection, actor=by.name, action=state.value, kind="job", key=name, before={}, after={"due_s": due_s},
            why=why, now_s=now_s,
        )  # fmt: skip
    return due_s
