"""The clock's door: APScheduler wakes the jobs at their dues, a beat keeps the lease and watches the wall clock.

What is due and what was done stand in services.job_runner and in the database; here is only when to look. Jobs run one
after another in one thread, those that wait for others (gateways, a server, a disk) beside it; several schedulers may
run, the lease lets one work.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor  # pyright: ignore[reportMissingTypeStubs]
from apscheduler.jobstores.base import JobLookupError  # pyright: ignore[reportMissingTypeStubs]
from apscheduler.schedulers.background import BackgroundScheduler  # pyright: ignore[reportMissingTypeStubs]
from apscheduler.triggers.base import BaseTrigger  # pyright: ignore[reportMissingTypeStubs]
from prometheus_client import Gauge

from netquota.channels import ways_of
from netquota.clock import Clock, SystemClock
from netquota.courier import Courier
from netquota.errors import NetquotaError, StorageUnavailable
from netquota.instruments import NetworkInstruments
from netquota.logging import get_logger
from netquota.messenger import Messenger
from netquota.metrics import Metrics, serve_metrics
from netquota.planner import Planner
from netquota.ports import SCHEDULER_INDEX
from netquota.secrets import Keyring
from netquota.services.city_figures import CityFigures, Meters, city_figures
from netquota.services.job_desk import JobLine, job_lines
from netquota.services.job_runner import JobRunner
from netquota.services.link_figures import INTERFACE, SESSIONS
from netquota.services.notice_addressing import address_book
from netquota.settings import Settings, as_environment
from netquota.storage.database import Database, open_database
from netquota.storage.job_store import RunState

BEAT_S = 1.0
WAITING_EVERY_S = 2.0
FIGURES_EVERY_S = 10.0
MISFIRE_GRACE_S = 3600
NOTHING_IN_SIGHT = timedelta(days=1)
_NETWORK = "network"
_DIRECTIONS = ("down", "up")
_NOTHING = CityFigures({}, {}, {}, {}, {}, {})
_SUCCEEDED: Mapping[RunState, float] = {RunState.DONE: 1.0, RunState.FAILED: 0.0}

log = get_logger("scheduler")


class DueTrigger(BaseTrigger):
    """Fires at the dues of one job, asked anew each time, so that a changed policy needs no other schedule."""

    def __init__(self, following: Callable[[int], int | None]) -> None:
        self._following = following

    def get_next_fire_time(  # pyright: ignore[reportIncompatibleMethodOverride]  the library has no types
        self,
        previous_fire_time: datetime | None,  # noqa: ARG002
        now: datetime,
    ) -> datetime:
        """The next due after now; a look tomorrow where nothing is in sight."""
        due_s = self._following(int(now.timestamp()))
        return now + NOTHING_IN_SIGHT if due_s is None else datetime.fromtimestamp(due_s, UTC)


@dataclass(slots=True)
class _Seen:
    """When things were last looked at, monotonic seconds."""

    waiting_s: float = 0.0
    figures_s: float = 0.0


class Scheduler:
    """One scheduler process: `run` until `stop`."""

    def __init__(self, settings: Settings, database: Database, runner: JobRunner, clock: Clock) -> None:
        self._database, self._runner, self._clock = database, runner, clock
        self._stop = threading.Event()
        self._meters, self._seen = Meters(), _Seen()
        self.metrics = Metrics()
        self._board = CityBoard(self.metrics)
        self._works = False
        self._wakes: Any = BackgroundScheduler(
            timezone=settings.city.zone,
            executors={"default": ThreadPoolExecutor(1), _NETWORK: ThreadPoolExecutor(2)},
            job_defaults={"coalesce": True, "misfire_grace_time": MISFIRE_GRACE_S, "max_instances": 1},
        )

    def run(self) -> None:
        """Work while the lease is held, wait while another holds it; return after `stop`, the lease given back."""
        self._wakes.start(paused=True)
        for name, job in self._runner.jobs.items():
            trigger = DueTrigger(lambda now_s, name=name: self._runner.next_due(name, now_s))
            thread = _NETWORK if job.waits else "default"
            self._wakes.add_job(self._runner.catch_up, trigger, args=(name,), id=name, executor=thread)
        try:
            while not self._stop.is_set():
                self._turn()
                self._stop.wait(BEAT_S)
        finally:
            self._runner.stop()
            self._wakes.shutdown(wait=True)
            self._give_back()

    @property
    def works(self) -> bool:
        """Whether this scheduler holds the lease."""
        return self._works

    def stop(self, *_: object) -> None:
        """Let `run` return."""
        self._stop.set()

    def _turn(self) -> None:
        beat = self._runner.beat()
        if beat.holds != self._works:
            self._works = beat.holds
            (self._wakes.resume if beat.holds else self._wakes.pause)()
        try:
            if beat.anew:
                self._look_at(list(self._runner.jobs))
            elif beat.holds and self._is_time("waiting_s", WAITING_EVERY_S):
                self._look_at(self._runner.waiting())
            if self._is_time("figures_s", FIGURES_EVERY_S):
                self._show()
        except StorageUnavailable as error:
            log.warning("the database does not answer; it is asked again", problem=str(error))

    def _is_time(self, what: str, every_s: float) -> bool:
        now = self._clock.monotonic()
        if now - getattr(self._seen, what) < every_s:
            return False
        setattr(self._seen, what, now)
        return True

    def _look_at(self, names: list[str]) -> None:
        """Let these jobs look now at what is due; afterwards their triggers ask for the next due again."""
        for name in names:
            try:
                self._wakes.modify_job(name, next_run_time=datetime.now(UTC))
            except JobLookupError:  # it is being run, and asks by itself when it is done
                continue

    def _show(self) -> None:
        """Figures of the whole city come from the scheduler that works, so that they are there once."""
        figures = None
        if self._works:
            now_s = int(self._clock.now().timestamp())
            moments = self._runner.almanac
            figures = city_figures(self._database, moments.snapshot, self._meters, now_s)
            with self._database.read() as connection:
                figures = replace(figures, jobs=job_lines(connection, self._runner.jobs, moments, now_s))
        self._board.show(figures)
        self.metrics.job_failures.replace({(name,): count for name, count in self._runner.failures.items()})

    def _give_back(self) -> None:
        try:
            self._runner.close()
        except NetquotaError as error:
            log.warning("the lease could not be given back; it runs out by itself", problem=str(error))


class CityBoard:
    """The city's figures in the metrics of one process, replaced as a whole; a scrape never finds them missing."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._shown: dict[Gauge, set[tuple[str, ...]]] = {}

    def show(self, figures: CityFigures | None) -> None:
        """Show these figures; None takes all away, as another process shows them."""
        m, f = self._metrics, figures or _NOTHING
        m.opd_traffic.replace(
            {
                (code, way): octets
                for code, both in f.traffic.items()
                for way, octets in zip(_DIRECTIONS, both, strict=True)
            }
        )
        ceilings = {code: (rate.down_bps / 8, rate.up_bps / 8) for code, rate in f.ceilings.items()}
        self._put(
            m.opd_rate_limit,
            {(code, way): rate for code, both in ceilings.items() for way, rate in zip(_DIRECTIONS, both, strict=True)},
        )
        self._put(m.not_happening, f.not_happening)
        for gauge, values in (
            (m.opd_quota_used, f.quota_used), (m.sessions_active, f.sessions),
            (m.accounting_last, f.last_accounting), (m.job_last_success, f.last_success),
            (m.notices_waiting, {name: number for name, (number, _) in f.notices.items()}),
            (m.notices_oldest, {name: since_s for name, (_, since_s) in f.notices.items() if since_s is not None}),
        ):  # fmt: skip
            self._put(gauge, {(label,): value for label, value in values.items()})
        self._show_jobs(f.jobs)
        self._show_links(f)
        self._show_copies(f)

    def _show_jobs(self, jobs: Sequence[JobLine]) -> None:
        m = self._metrics
        known: dict[Gauge, dict[str, float | None]] = {
            m.job_last_run: {job.name: job.last and job.last.started_s for job in jobs},
            m.job_next_due: {job.name: job.next_due_s for job in jobs},
            m.job_duration: {job.name: job.took_s for job in jobs},
            m.job_lateness: {job.name: job.overdue_s or job.late_s for job in jobs},
            m.job_succeeded: {job.name: _SUCCEEDED.get(job.last.state) if job.last else None for job in jobs},
        }
        for gauge, values in known.items():
            self._put(gauge, {(name,): value for name, value in values.items() if value is not None})

    def _show_links(self, f: CityFigures) -> None:
        m, links = self._metrics, f.places.links
        traffic = {(name, SESSIONS): both for name, both in f.link_traffic.items()}
        traffic |= {(name, INTERFACE): link.counted for name, link in links.items() if link.counted is not None}
        m.link_traffic.replace(
            {
                (name, way, source): octets
                for (name, source), both in traffic.items()
                for way, octets in zip(_DIRECTIONS, both, strict=True)
            }
        )
        p95 = {name: link.p95 for name, link in links.items() if link.p95 is not None}
        self._put(m.link_p95, _in_bytes({(n,): (one.down_bps, one.up_bps) for n, one in p95.items()}))
        self._put(m.opd_p95, _in_bytes({(n,): (one.down_bps, one.up_bps) for n, one in f.places.opd_p95.items()}))
        most = {name: link.capacity for name, link in links.items()}
        self._put(m.link_capacity, _in_bytes({(n,): (one.down_bps, one.up_bps) for n, one in most.items()}))
        rates: dict[tuple[str, ...], float] = {}
        for name, link in links.items():
            source = INTERFACE if link.rate.is_measured else SESSIONS
            rates[name, "down", source] = link.rate.down_bps / 8
            rates[name, "up", source] = link.rate.up_bps / 8
        self._put(m.link_rate, rates)
        self._put(
            m.link_unaccounted, {(n,): one.unaccounted for n, one in links.items() if one.unaccounted is not None}
        )
        self._put(m.link_answered, {(n, by): share for n, one in links.items() for by, share in one.answered.items()})
        self._put(m.link_round_trip, {(n, by): s for n, one in links.items() for by, s in one.round_trip_s.items()})
        self._put(m.interface_read, f.places.read_s)

    def _show_copies(self, f: CityFigures) -> None:
        m, copy, trial = self._metrics, f.copy, f.trial
        self._put(m.backup_last, {} if copy is None else {("backup",): copy.at_s})
        self._put(m.backup_size, {} if copy is None else {("backup",): copy.octets})
        self._put(m.backup_tried, {} if trial is None else {("backup_trial",): trial.at_s})
        self._put(m.backup_good, {} if trial is None else {("backup_trial",): int(trial.is_good)})
        seen = f.certificate
        self._put(m.certificate_end, {} if seen is None or seen.until_s is None else {(seen.host,): seen.until_s})

    def _put(self, gauge: Gauge, rows: Mapping[tuple[str, ...], float]) -> None:
        for labels, value in rows.items():
            gauge.labels(*labels).set(value)
        for gone in self._shown.get(gauge, set()) - rows.keys():
            gauge.remove(*gone)
        self._shown[gauge] = set(rows)


def _in_bytes(rates: Mapping[tuple[str, ...], tuple[int | None, int | None]]) -> dict[tuple[str, ...], float]:
    """Rates (down, up) in bit/s as bytes a second by direction; what is not known is left out."""
    return {
        (*labels, way): bps / 8
        for labels, both in rates.items()
        for way, bps in zip(_DIRECTIONS, both, strict=True)
        if bps is not None
    }


def run(settings: Settings) -> None:
    """Run a scheduler until SIGTERM or SIGINT. Raises `ConfigurationError`, `StorageUnavailable` if it cannot start."""
    database, clock = open_database(settings.database.url), SystemClock()
    keyring = Keyring.load(settings.security.key_file)
    runner = JobRunner(database, keyring, settings, clock, instruments=NetworkInstruments(keyring, clock))
    scheduler = Scheduler(settings, database, runner, clock)
    signal.signal(signal.SIGTERM, scheduler.stop)
    signal.signal(signal.SIGINT, scheduler.stop)
    stop_metrics = serve_metrics(scheduler.metrics, settings.metrics.bind, settings.metrics.port, SCHEDULER_INDEX)
    courier = Courier(database, keyring, clock, lambda: runner.almanac.snapshot, lambda: scheduler.works)
    ways = ways_of(settings)
    messenger = Messenger(database, clock, ways, address_book(settings, ways), settings.notices, lambda: runner.lease)
    scheduler.metrics.notices.follow(lambda: list(messenger.results.items()))
    planner = Planner(database, clock, as_environment(settings), lambda: scheduler.works)
    courier.start()
    messenger.start()
    planner.start()
    log.info("scheduler started", jobs=len(runner.jobs), notices_by=[channel.value for channel in ways])
    try:
        scheduler.run()
    finally:
        planner.stop()
        messenger.stop()
        courier.stop()
        stop_metrics()
        database.dispose()
