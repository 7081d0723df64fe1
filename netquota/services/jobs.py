"""The table of jobs: what the clock starts, when, and how soon again after a failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from zoneinfo import ZoneInfo

from netquota.domain.dues import After, Dues, Either, Multiples, Starts
from netquota.domain.periods import Period, PeriodKind
from netquota.domain.samples import BIN_S
from netquota.services import (
    backup_trial,
    carrying,
    ceilings,
    certificates,
    days_off,
    draft_simulation,
    drafts,
    housekeeping,
    interfaces,
    measures,
    measuring,
    month_files,
    notice_summary,
    notice_watch,
    outages,
    queues,
    roll_over,
    rolling,
    rotate,
    turns,
)
from netquota.services.almanac import Almanac
from netquota.services.housekeeping import Keeping
from netquota.services.imports import moving
from netquota.services.interfaces import Instruments
from netquota.services.shift import Shift
from netquota.settings import Settings
from netquota.storage import plan_store
from netquota.storage.web_session_store import Limits

TRIM_EVERY_S = 300
QUEUES_EVERY_S = 60
CEILINGS_EVERY_S = 10
DRAFTS_EVERY_S = 30
TURNS_EVERY_S = 60
WATCH_EVERY_S = 60
NOTE_CEILINGS_EVERY_S = 300
ROLL_UP_EVERY_S = 900
MEASURE_EVERY_S = 3600
READ_EVERY_S = BIN_S
MOVE_AT = time(0, 5)  # local: the first thing of a day
TELL_AT = time(6, 30)  # local: before the office opens, after quiet hours
SHADOWS_AT = time(0, 45)
STUDY_AT, COPY_AT, TRY_AT, TRUST_AT = time(1), time(2, 30), time(3), time(5, 30)
FORGET_AT, DAYS_AT, CHECK_AT, FILES_AT = time(3, 30), time(4), time(4, 30), time(5)
"""Local: nobody works then, and no period begins."""

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
    """One job: its name, what it says it does, what it does, when, and how soon again after a failure.

    `rehearses`: it can be tried without effect (`job run --dry-run`): it writes to the database alone, in steps that do
    not look for what an earlier one left. `waits`: it waits for others over the network, so it has a thread of its
    own and holds up no job that decides.
    """

    name: str
    says: str
    body: Body
    dues: Callable[[Almanac], Dues]
    retry_after_s: int = 60
    catching: Catching = Catching.EACH
    rehearses: bool = True
    waits: bool = False


def jobs(settings: Settings, instruments: Instruments | None = None) -> Mapping[str, Job]:
    """Every job of an installation, in the order in which those due at the same moment run.

    `instruments`: through what a scheduler looks out; others that list the jobs have none.
    """
    keeping = Keeping(
        settings.retention,
        settings.state_dir / "backups",
        Limits(settings.web.session_idle_s, settings.web.session_lifetime_s),
        settings.city.zone,
        frequent=(
            "stale",
            "close_orders",
            "reconcile",
            "queues",
            "ceilings",
            "drafts",
            "turns",
            "outages",
            "trim",
            "watch",
            "ceilings_noted",
            "roll_up",
            "measure",
            "interfaces",
        ),
        rare=(
            *("roll_over", "carry_late", "grants", "edges", "backup", "backup_trial", "retention", "check_sums"),
            *("daily_notice", "monthly_notice", "days_off", "moves", "studies", "month_files", "shadows"),
            "certificate",
        ),
    )
    scheduler, zone = settings.scheduler, settings.city.zone
    found = (
        Job("roll_over", "Full rate again where a quota's period began", roll_over.roll_over, lambda a: a.starts),
        Job("carry_late", "Take late reports into what was carried on", carrying.carry_late, _carried_late),
        Job("grants", "End what was granted until a moment", carrying.end_grants, lambda a: a.grant_ends),
        Job("edges", "Schedule windows, and ends of what was granted for a time", rotate.edges, lambda a: a.changes),
        _sweep("outages", "Begin and end outages of provider links", outages.turn_outages, CEILINGS_EVERY_S),
        Job(
            "turns",
            "Give members of rotation groups what their turn adds",
            turns.give_turns,
            _turns,
            TURNS_EVERY_S,
            Catching.SWEEP,
        ),
        _daily("moves", "Let people belong to the offices that a list named", _moving(zone), MOVE_AT, zone),
        _sweep("stale", "End sessions that fell silent", rotate.close_stale, scheduler.stale_check_every_s),
        _sweep("close_orders", "End orders of ended sessions", rotate.close_orders, scheduler.stale_check_every_s),
        _sweep("reconcile", "Look at all sessions again", rotate.slow_reconcile, scheduler.reconcile_every_s),
        _sweep("queues", "Bring ceilings to the gateways' queues", queues.heal, QUEUES_EVERY_S),
        _sweep("ceilings", "Begin and end additions to ceilings", ceilings.turn_ceilings, CEILINGS_EVERY_S),
        _sweep("drafts", "Publish drafts whose moment has come", drafts.publish_due, DRAFTS_EVERY_S),
        _sweep("trim", "Forget what lives for minutes", _with(keeping, housekeeping.trim), TRIM_EVERY_S),
        _sweep("watch", "Notice what stands wrong", _watching(settings), WATCH_EVERY_S),
        _daily("daily_notice", "Tell admins of the day", lambda s, _: notice_summary.daily(s, zone), TELL_AT, zone),
        _monthly("monthly_notice", "Tell planners of the month", zone),
        _sweep("interfaces", "Read interfaces, ask links' far ends", _reading(instruments), READ_EVERY_S, waits=True),
        _sweep("ceilings_noted", "Note which ceilings are in force", measuring.note_ceilings, NOTE_CEILINGS_EVERY_S),
        _sweep(
            "roll_up",
            "Sum samples by hour and day",
            lambda s, _: rolling.roll_up(s, zone),
            ROLL_UP_EVERY_S,
            rehearses=False,
        ),
        _sweep(
            "measure", "Measure OPDs, sites and links", lambda s, _: measures.measure_city(s, zone), MEASURE_EVERY_S
        ),
        _daily("shadows", "Look at drafts in shadow", draft_simulation.look_at_shadows, SHADOWS_AT, zone),
        _daily("studies", "Study what offices and links need", _studies, STUDY_AT, zone, rehearses=True),
        _daily("backup", "Copy and verify the database", _with(keeping, housekeeping.copy), COPY_AT, zone),
        _daily("backup_trial", "Restore the newest copy, and look at it", _trying(keeping), TRY_AT, zone, waits=True),
        _daily("month_files", "Write files of the months that are over", _filing(settings), FILES_AT, zone, waits=True),
        _daily("certificate", "Look at the certificate of the pages", _trusting(settings), TRUST_AT, zone, waits=True),
        _daily("days_off", "Bring days off and the coming Ramadan", days_off.bring, DAYS_AT, zone, rehearses=True),
        _daily("retention", "Forget what is kept long enough", _with(keeping, housekeeping.forget), FORGET_AT, zone),
        _daily("check_sums", "Compare sums with samples", lambda s, _: rolling.check(s, zone), CHECK_AT, zone),
    )
    return {job.name: job for job in found}


def _carried_late(moments: Almanac) -> Dues:
    return After(moments.carried, carrying.LATE_AFTER_S)


def _turns(moments: Almanac) -> Dues:
    return Either((moments.turns, Multiples(TURNS_EVERY_S)))


def _sweep(
    name: str, says: str, body: Body, every_s: int, *, rehearses: bool = True, waits: bool = False
) -> Job:  # fmt: skip
    dues = Multiples(every_s)
    return Job(name, says, body, lambda _: dues, every_s, Catching.SWEEP, rehearses, waits)


def _reading(instruments: Instruments | None) -> Body:
    return lambda shift, _due_s: interfaces.read_interfaces(shift, instruments)


def _daily(
    name: str, says: str, body: Body, at: time, zone: ZoneInfo, *, rehearses: bool = False, waits: bool = False
) -> Job:  # fmt: skip
    dues = Starts(frozenset({Period(PeriodKind.DAY, zone, at)}))
    return Job(name, says, body, lambda _: dues, 3600, Catching.NEWEST, rehearses, waits)


def _filing(settings: Settings) -> Body:
    city, folder = settings.city, settings.exports.folder
    return lambda shift, _due_s: month_files.write_due(shift, folder, city.name, city.zone)


def _trying(keeping: Keeping) -> Body:
    return lambda shift, _due_s: backup_trial.try_newest(shift, keeping.backups)


def _trusting(settings: Settings) -> Body:
    return lambda shift, _due_s: certificates.look(shift, settings.web.public_url)


def _monthly(name: str, says: str, zone: ZoneInfo) -> Job:
    dues = Starts(frozenset({Period(PeriodKind.MONTH, zone, TELL_AT)}))
    return Job(name, says, lambda shift, due_s: notice_summary.monthly(shift, due_s, zone), lambda _: dues, 3600)


def _moving(zone: ZoneInfo) -> Body:
    return lambda shift, _due_s: moving.move(shift, shift.clock.now().astimezone(zone).date().isoformat())


def _watching(settings: Settings) -> Body:
    return lambda shift, _due_s: notice_watch.watch(shift, settings.enforcement.orders_late_after_s)


def _studies(shift: Shift, _due_s: int) -> str:
    """The process that plans computes them (netquota.planner): it takes minutes and loads numpy."""
    with shift.step() as (_, connection):
        number = plan_store.ask(connection, plan_store.STUDY, "", "scheduler", shift.now_s)
    return f"task {number} waits for the process that plans"


def _with(keeping: Keeping, use_case: Callable[[Shift, Keeping], str]) -> Body:
    return lambda shift, _due_s: use_case(shift, keeping)
