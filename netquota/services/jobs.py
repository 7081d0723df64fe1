"""The table of jobs: what the clock starts, when, and how soon again after a failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from zoneinfo import ZoneInfo

from netquota.domain.dues import Dues, Multiples, Starts
from netquota.domain.periods import Period, PeriodKind
from netquota.services import housekeeping, rotate
from netquota.services.almanac import Almanac
from netquota.services.housekeeping import Keeping
from netquota.services.shift import Shift
from netquota.settings import Settings
from netquota.storage.web_session_store import Limits

TRIM_EVERY_S = 300
COPY_AT, FORGET_AT = time(2, 30), time(3, 30)  # local: nobody works then, and no period begins

Body = Callable[[Shift, int], str]


class Catching(StrEnum):
    """Which missed dues are run: each, in order; only the newest; or the newest, also again under a new lease.

    The last is for what looks at the present alone: after a clock was set back it must go on, though each due of the
    hour that comes again was done.
    """

    EACH = "each"
    NEWEST = "newest"
    SWEEP = "sweep"


@dataclass(frozen=True, slots=True)
class Job:
    """One job: its name, what it says it does, what it does, when, and how soon again after a failure."""

    name: str
    says: str
    body: Body
    dues: Callable[[Almanac], Dues]
    retry_after_s: int = 60
    catching: Catching = Catching.EACH


def jobs(settings: Settings) -> Mapping[str, Job]:
    """Every job of an installation, in the order in which those due at the same moment run."""
    keeping = Keeping(
        settings.retention,
        settings.state_dir / "backups",
        Limits(settings.web.session_idle_s, settings.web.session_lifetime_s),
        frequent=("stale", "close_orders", "reconcile", "trim"),
        rare=("roll_over", "edges", "backup", "retention"),
    )
    scheduler, zone = settings.scheduler, settings.city.zone
    found = (
        Job("roll_over", "Full rate again where a quota's period began", rotate.roll_over, lambda a: a.starts),
        Job("edges", "Schedule windows, and ends of what was granted for a time", rotate.edges, lambda a: a.edges),
        _sweep("stale", "End sessions that fell silent", rotate.close_stale, scheduler.stale_check_every_s),
        _sweep("close_orders", "End orders of ended sessions", rotate.close_orders, scheduler.stale_check_every_s),
        _sweep("reconcile", "Look at all sessions again", rotate.slow_reconcile, scheduler.reconcile_every_s),
        _sweep("trim", "Forget what lives for minutes", _with(keeping, housekeeping.trim), TRIM_EVERY_S),
        _daily("backup", "Copy and verify the database", _with(keeping, housekeeping.copy), COPY_AT, zone),
        _daily("retention", "Forget what is kept long enough", _with(keeping, housekeeping.forget), FORGET_AT, zone),
    )
    return {job.name: job for job in found}


def _sweep(name: str, says: str, body: Body, every_s: int) -> Job:
    dues = Multiples(every_s)
    return Job(name, says, body, lambda _: dues, every_s, Catching.SWEEP)


def _daily(name: str, says: str, body: Body, at: time, zone: ZoneInfo) -> Job:
    dues = Starts(frozenset({Period(PeriodKind.DAY, zone, at)}))
    return Job(name, says, body, lambda _: dues, 3600, Catching.NEWEST)


def _with(keeping: Keeping, use_case: Callable[[Shift, Keeping], str]) -> Body:
    return lambda shift, _due_s: use_case(shift, keeping)
