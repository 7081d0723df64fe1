"""The clock's door: APScheduler wakes the jobs at their dues, a beat keeps the lease and watches the wall clock.

What is due and what was done stand in services.job_runner and in the database; here is only when to look. Jobs run one
after another in one thread; several schedulers may run, the lease lets one work.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor  # pyright: ignore[reportMissingTypeStubs]
from apscheduler.jobstores.base import JobLookupError  # pyright: ignore[reportMissingTypeStubs]
from apscheduler.schedulers.background import BackgroundScheduler  # pyright: ignore[reportMissingTypeStubs]
from apscheduler.triggers.base import BaseTrigger  # pyright: ignore[reportMissingTypeStubs]
from prometheus_client import Gauge

from netquota.clock import Clock, SystemClock
from netquota.errors import NetquotaError, StorageUnavailable
from netquota.logging import get_logger
from netquota.metrics import Metrics, serve_metrics
from netquota.ports import SCHEDULER_INDEX
from netquota.secrets import Keyring
from netquota.services.city_figures import CityFigures, TrafficMeter, city_figures
from netquota.services.job_runner import JobRunner
from netquota.settings import Settings
from netquota.storage.database import Database, open_database

BEAT_S = 1.0
WAITING_EVERY_S = 2.0
FIGURES_EVERY_S = 10.0
MISFIRE_GRACE_S = 3600
NOTHING_IN_SIGHT = timedelta(days=1)
_NOTHING = CityFigures({}, {}, {}, {}, {}, {})

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
        self._meter, self._seen = TrafficMeter(), _Seen()
        self.metrics = Metrics()
        self._board = CityBoard(self.metrics)
        self._works = False
        self._wakes: Any = BackgroundScheduler(
            timezone=settings.city.zone,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "misfire_grace_time": MISFIRE_GRACE_S, "max_instances": 1},
        )

    def run(self) -> None:
        """Work while the lease is held, wait while another holds it; return after `stop`, the lease given back."""
        self._wakes.start(paused=True)
        for name in self._runner.jobs:
            trigger = DueTrigger(lambda now_s, name=name: self._runner.next_due(name, now_s))
            self._wakes.add_job(self._runner.catch_up, trigger, args=(name,), id=name)
        try:
            while not self._stop.is_set():
                self._turn()
                self._stop.wait(BEAT_S)
        finally:
            self._runner.stop()
            self._wakes.shutdown(wait=True)
            self._give_back()

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
            figures = city_figures(self._database, self._runner.almanac.snapshot, self._meter, now_s)
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
        directions = ("down", "up")
        m.opd_traffic.replace(
            {
                (code, way): octets
                for code, both in f.traffic.items()
                for way, octets in zip(directions, both, strict=True)
            }
        )
        ceilings = {code: (rate.down_bps / 8, rate.up_bps / 8) for code, rate in f.ceilings.items()}
        self._put(
            m.opd_rate_limit,
            {(code, way): rate for code, both in ceilings.items() for way, rate in zip(directions, both, strict=True)},
        )
        for gauge, values in (
            (m.opd_quota_used, f.quota_used), (m.sessions_active, f.sessions),
            (m.accounting_last, f.last_accounting), (m.job_last_success, f.last_success),
        ):  # fmt: skip
            self._put(gauge, {(label,): value for label, value in values.items()})

    def _put(self, gauge: Gauge, rows: Mapping[tuple[str, ...], float]) -> None:
        for labels, value in rows.items():
            gauge.labels(*labels).set(value)
        for gone in self._shown.get(gauge, set()) - rows.keys():
            gauge.remove(*gone)
        self._shown[gauge] = set(rows)


def run(settings: Settings) -> None:
    """Run a scheduler until SIGTERM or SIGINT. Raises `ConfigurationError`, `StorageUnavailable` if it cannot start."""
    database, clock = open_database(settings.database.url), SystemClock()
    runner = JobRunner(database, Keyring.load(settings.security.key_file), settings, clock)
    scheduler = Scheduler(settings, database, runner, clock)
    signal.signal(signal.SIGTERM, scheduler.stop)
    signal.signal(signal.SIGINT, scheduler.stop)
    stop_metrics = serve_metrics(scheduler.metrics, settings.metrics.bind, settings.metrics.port, SCHEDULER_INDEX)
    log.info("scheduler started", jobs=len(runner.jobs))
    try:
        scheduler.run()
    finally:
        stop_metrics()
        database.dispose()
