"""Jobs for people to see, to ask for, and to leave out: behind `job list|run|skip` and the page of the clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netquota.errors import Conflict, NotFound
from netquota.services.almanac import almanac
from netquota.services.job_runner import LEASE_NAME
from netquota.services.jobs import Job
from netquota.services.office import Author, Office, needed
from netquota.storage import audit_store, job_store, lease_store
from netquota.storage.job_store import Run, RunState
from netquota.storage.policy_store import load_snapshot


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job as it stands; epoch seconds. `last` None: it never ran; `next_due_s` None: nothing is in sight."""

    name: str
    says: str
    last: Run | None
    last_success_s: int | None
    next_due_s: int | None


@dataclass(frozen=True, slots=True)
class Clockwork:
    """All jobs, and the scheduler that runs them (None: none works)."""

    jobs: tuple[JobLine, ...]
    holder: str | None


def listing(office: Office, jobs: Mapping[str, Job]) -> Clockwork:
    """Every job with its last run and its next due."""
    now_s = office.now_s
    with office.database.read() as connection:
        moments = almanac(load_snapshot(connection, office.secrets, office.zone))
        last, successes = job_store.last_runs(connection), job_store.last_successes(connection)
        lease = lease_store.standing(connection, LEASE_NAME)
    lines = tuple(
        JobLine(job.name, job.says, last.get(job.name), successes.get(job.name), job.dues(moments).following(now_s))
        for job in jobs.values()
    )
    return Clockwork(lines, lease.holder if lease is not None and lease.holds_at(now_s) else None)


def history(office: Office, jobs: Mapping[str, Job], name: str, most: int = 50) -> list[Run]:
    """The runs of a job, newest first. Raises `NotFound`."""
    _known(jobs, name)
    with office.database.read() as connection:
        return job_store.runs(connection, name, most)


def run_now(office: Office, jobs: Mapping[str, Job], name: str, by: Author) -> int:
    """Ask for a run now; the working scheduler takes it up within seconds. Gives the due by which it is known.

    Raises `NotFound`, `InvalidValue` without a reason, `Conflict` where one runs this second.
    """
    return _put(office, _known(jobs, name), office.now_s, RunState.WANTED, by)


def skip(office: Office, jobs: Mapping[str, Job], name: str, due_s: int, by: Author) -> None:
    """Leave a due out, to come or failed. Raises `NotFound`, `InvalidValue`, `Conflict` where it was run."""
    _put(office, _known(jobs, name), due_s, RunState.SKIPPED, by)


def _known(jobs: Mapping[str, Job], name: str) -> str:
    if name not in jobs:
        raise NotFound("job", name, f"there are {', '.join(jobs)}")
    return name


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
