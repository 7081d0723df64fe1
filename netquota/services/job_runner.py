"""Runs jobs under the scheduler's lease: each due once, what was missed in order, nothing after the lease was lost.

`beat` keeps the lease and follows policy and clock, `catch_up` runs what is due of one job; they may be called from
different threads. Which moment wakes them is netquota.scheduler's affair.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from netquota.clock import Clock
from netquota.errors import StorageUnavailable
from netquota.logging import get_logger
from netquota.secrets import Keyring
from netquota.services.almanac import Almanac, almanac
from netquota.services.interfaces import Instruments
from netquota.services.jobs import Catching, Job, jobs
from netquota.services.office import Office
from netquota.services.shift import Interrupted, Shift, on_shift
from netquota.settings import Settings
from netquota.storage import job_store, lease_store
from netquota.storage.database import Database
from netquota.storage.gateway_store import LONGEST_HOST
from netquota.storage.job_store import Run, RunState
from netquota.storage.lease_store import Lease, LeaseLost
from netquota.storage.policy_store import load_snapshot, refresh

LEASE_NAME = "scheduler"
DAY_S = 86_400
LONGEST_AWAY_S = 400 * DAY_S
MOST_CAUGHT_UP = 100
JUMP_S = 2.0

log = get_logger("scheduler")


@dataclass(frozen=True, slots=True)
class Beat:
    """How it stands: whether this process holds the lease, whether all dues are to be computed and looked at anew."""

    holds: bool
    anew: bool


class JobRunner:
    """The jobs of one installation, in one process among several."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        settings: Settings,
        clock: Clock,
        holder: str = "",
        instruments: Instruments | None = None,
    ) -> None:
        """Reads policy. `holder` names this process, by default host and process id. Raises `StorageUnavailable`."""
        self.jobs = jobs(settings, instruments)
        self._instruments = instruments
        self.failures: Counter[str] = Counter()
        self._database, self._keyring, self._settings, self._clock = database, keyring, settings, clock
        self._holder = holder or f"{os.uname().nodename[:LONGEST_HOST]}:{os.getpid()}"
        self._lease: Lease | None = None
        self._stopping = threading.Event()
        self._is_renewed = False
        self._kept_s = self._seen_s = clock.monotonic()
        self._wall_s = clock.now().timestamp()
        with database.read() as connection:
            self._almanac = almanac(load_snapshot(connection, keyring, settings.city.zone))

    @property
    def almanac(self) -> Almanac:
        """The moments of the policy in force."""
        return self._almanac

    @property
    def lease(self) -> Lease | None:
        """The lease, while this process holds it."""
        return self._lease

    def beat(self) -> Beat:
        """Take or keep the lease, follow policy changes, notice jumps of the clock; to be called every second or so."""
        anew, held = self._jumped() or self._is_renewed, self._lease is not None
        self._is_renewed = False
        try:
            anew = self._follow_policy() or anew
            self._keep_lease()
        except StorageUnavailable as error:
            if held and self._clock.monotonic() - self._kept_s > self._settings.scheduler.lease_s:
                self._lose(str(error))
        holds = self._lease is not None
        return Beat(holds, holds and (anew or not held))

    def next_due(self, name: str, now_s: int) -> int | None:
        """When the job is due next after `now_s`, epoch seconds; None where nothing is in sight."""
        return self.jobs[name].dues(self._almanac).following(now_s)

    def waiting(self) -> list[str]:
        """Jobs with a run to take up again: somebody wants it, it failed a while ago, its process died."""
        lease = self._lease
        if lease is None:
            return []
        with self._database.read() as connection:
            runs = job_store.unfinished(connection, self._now_s(), lease.fence)
        return [job.name for job in self.jobs.values() if self._again(job, runs)]

    def catch_up(self, name: str) -> list[int]:
        """Run what is due of a job, oldest first; the dues that were done. Nothing where another holds the lease."""
        done: list[int] = []
        lease, job = self._lease, self.jobs[name]
        if lease is None:
            return done
        try:
            floor_bps = self._settings.enforcement.throttle_floor_bps
            office = Office(self._database, self._keyring, self._clock, self._settings.city.zone)
            shift = on_shift(office, lease, self._almanac, floor_bps, self._stopping)
            done += [due_s for due_s in self._due(shift, job) if self._run(shift, job, due_s)]
            if done and self._follow_policy():  # what the job changed, the next one must know
                self._is_renewed = True
        except Interrupted:
            log.info("a job stops with the process", job=name)
        except (LeaseLost, StorageUnavailable) as error:
            self._lose(str(error))
        return done

    def stop(self) -> None:
        """Let a job that runs end after its present step."""
        self._stopping.set()
        if self._instruments is not None:
            self._instruments.stop()

    def close(self) -> None:
        """Give the lease back, so that another scheduler works at once."""
        lease, self._lease = self._lease, None
        if lease is not None:
            with self._database.write() as connection:
                lease_store.release(connection, lease)

    # -- lease and clock ----------------------------------------------------------------------------------------

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())

    def _jumped(self) -> bool:
        """Whether the wall clock went otherwise than time did, or this process stood still for a while.

        After a clock was set back a new fencing number tells the runs of the hour that comes again from those before.
        """
        wall_s, seen_s = self._clock.now().timestamp(), self._clock.monotonic()
        passed_s = seen_s - self._seen_s
        ahead_s = (wall_s - self._wall_s) - passed_s
        self._wall_s, self._seen_s = wall_s, seen_s
        if ahead_s < -JUMP_S:
            self._lose("the clock was set back")
        return abs(ahead_s) > JUMP_S or passed_s > self._settings.scheduler.lease_s

    def _follow_policy(self) -> bool:
        with self._database.read() as connection:
            newer = refresh(connection, self._almanac.snapshot, self._keyring, self._settings.city.zone)
        if newer is not None:
            self._almanac = almanac(newer)
        return newer is not None

    def _keep_lease(self) -> None:
        lasts_s, now = self._settings.scheduler.lease_s, self._clock.monotonic()
        lease = self._lease
        if lease is not None and now - self._kept_s < lasts_s / 3:
            return
        with self._database.write() as connection:
            if lease is None:
                kept = lease_store.take(connection, LEASE_NAME, self._holder, self._now_s(), lasts_s)
            else:
                kept = lease_store.keep(connection, lease, self._now_s(), lasts_s)
        self._kept_s = now
        if kept is None and lease is not None:
            self._lose("another scheduler took it over")
        elif self._lease is lease:  # else a job lost it meanwhile: a new number is needed
            self._lease = kept
            if kept is not None and lease is None:
                log.info("this scheduler works now", fence=kept.fence)

    def _lose(self, why: str) -> None:
        """Work no more under this number; the next beat asks for a new one."""
        if self._lease is not None:
            log.warning("the scheduler's lease is lost", why=why)
        self._lease = None

    # -- runs ---------------------------------------------------------------------------------------------------

    def _newest(self, job: Job) -> list[int]:
        """The last due that has come; only such of which the newest alone is run are asked for it."""
        return job.dues(self._almanac).between(self._now_s() - DAY_S, self._now_s())[-1:]

    def _is_ripe(self, run: Run, job: Job) -> bool:
        return run.state is not RunState.FAILED or self._now_s() - (run.ended_s or 0) >= job.retry_after_s

    def _again(self, job: Job, unfinished: Sequence[Run]) -> list[int]:
        """Dues to take up again; where only the newest counts, an older one that came to nothing is left at that."""
        mine = [run for run in unfinished if run.job == job.name and self._is_ripe(run, job)]
        if job.catching is Catching.EACH:
            return [run.due_s for run in mine]
        newest = self._newest(job)
        return [run.due_s for run in mine if run.state is RunState.WANTED or run.due_s in newest]

    def _due(self, shift: Shift, job: Job) -> list[int]:
        """What is due of a job and not done, oldest first."""
        with shift.reading() as (_, connection):
            runs = job_store.unfinished(connection, shift.now_s, shift.lease.fence)
        again = self._again(job, runs)
        if job.catching is Catching.EACH:
            return sorted({*again, *self._missed(shift, job)})
        waiting = {run.due_s for run in runs if run.job == job.name and run.due_s not in again}
        return sorted({*again, *self._newest(job)} - waiting)

    def _missed(self, shift: Shift, job: Job) -> list[int]:
        """Dues without a row since the last that has one; what was due before anybody looked is not missed."""
        now_s = shift.now_s
        with shift.reading() as (_, connection):
            last_s = job_store.last_due(connection, job.name, now_s)
            if last_s is not None:
                found = job.dues(shift.almanac).between(max(last_s, now_s - LONGEST_AWAY_S), now_s)
                return job_store.missed(connection, job.name, found[-MOST_CAUGHT_UP:])
        self._begin_history(shift, job)
        return []

    def _begin_history(self, shift: Shift, job: Job) -> None:
        """From this row on, what is due is missed where it was not run, also over a restart."""
        with shift.step() as (_, connection):
            job_store.put(connection, job.name, shift.now_s, shift.now_s, RunState.DONE, "the first look at the clock")

    def _run(self, shift: Shift, job: Job, due_s: int) -> bool:
        """One run; its beginning and end are steps of their own, so that a death in between is seen and repaired."""
        with shift.step() as (_, connection):
            fence = shift.lease.fence
            sweeps = job.catching is Catching.SWEEP
            if not job_store.begin(connection, job.name, due_s, shift.now_s, fence, sweeps=sweeps):
                return False
        try:
            state, result = RunState.DONE, job.body(shift, due_s)
        except (Interrupted, LeaseLost, StorageUnavailable):
            raise
        except Exception as error:  # a door's edge: one job that fails must not keep the others from running
            self.failures[job.name] += 1
            log.exception("a job failed", job=job.name, due_s=due_s)
            state, result = RunState.FAILED, f"{type(error).__name__}: {error}"
        with shift.step() as (_, connection):
            job_store.end(connection, job.name, due_s, shift.now_s, shift.lease.fence, state, result)
        if not sweeps:
            log.info("job run", job=job.name, due_s=due_s, state=state.value, result=result)
        return state is RunState.DONE
