"""Use cases of the clock that concern what is kept: short-lived rows are trimmed, old ones forgotten, copies made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from netquota.services import backup_trial
from netquota.services.keeping import forget_samples
from netquota.services.shift import Shift
from netquota.settings import Retention
from netquota.storage import (
    api_token_store,
    backup,
    device_store,
    feed_store,
    import_store,
    job_store,
    login_failure_store,
    lot_store,
    notice_store,
    password_code_store,
    retention,
    scratch,
    web_session_store,
)
from netquota.storage.database import Connection
from netquota.storage.policy_store import forget_changes
from netquota.storage.record_store import forget_records
from netquota.storage.token_store import forget_tokens

DAY_S = 86_400
ROWS_IN_STEP = 500
CHANGES_KEPT_S = 7 * DAY_S  # a process that was away longer has been restarted
FREQUENT_RUNS_KEPT_S = DAY_S // 4
RUNS_KEPT_S = 400 * DAY_S
COPIES_KEPT = 14
LISTS_KEPT_S = 7 * DAY_S  # what somebody uploaded; what was done with it stands in the audit trail


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept how long, where copies go, how long sessions of the web last; `frequent` and `rare` are jobs."""

    retention: Retention
    backups: Path
    web: web_session_store.Limits
    zone: ZoneInfo
    frequent: tuple[str, ...]
    rare: tuple[str, ...]


def trim(shift: Shift, keeping: Keeping) -> str:
    """Forget what lives for minutes, hours or a day: feeds, tokens and codes, web sessions, failed log-ins, answers."""
    now_s = shift.now_s
    pieces: tuple[Callable[[Connection], object], ...] = (
        lambda connection: feed_store.trim(connection, now_s),
        lambda connection: forget_tokens(connection, now_s),
        lambda connection: web_session_store.forget_ended(connection, now_s, keeping.web),
        lambda connection: login_failure_store.forget_old(connection, now_s),
        lambda connection: password_code_store.forget_old(connection, now_s),
        lambda connection: api_token_store.forget_answers(connection, now_s - DAY_S),
        lambda connection: job_store.forget_runs(connection, now_s - FREQUENT_RUNS_KEPT_S, keeping.frequent),
    )
    for piece in pieces:
        with shift.step() as (_, connection):
            piece(connection)
    return "trimmed"


def forget(shift: Shift, keeping: Keeping) -> str:
    """Forget what is known of people for longer than the city wants, in small steps."""
    kept, now_s = keeping.retention, shift.now_s
    with shift.step() as (_, connection):
        forget_changes(connection, now_s - CHANGES_KEPT_S)
        job_store.forget_runs(connection, now_s - RUNS_KEPT_S, keeping.rare)
        import_store.forget(connection, now_s - LISTS_KEPT_S)
    _forget_lots(shift, now_s - RUNS_KEPT_S)
    decisions = _forget_decisions(shift, now_s - kept.decisions_days * DAY_S)
    sessions = _forget_sessions(shift, now_s - kept.sessions_days * DAY_S)
    with shift.step() as (_, connection):
        device_store.forget_old(connection, now_s, now_s - kept.sessions_days * DAY_S)
    samples = forget_samples(shift, kept, keeping.zone)
    notices = _forget_notices(shift, now_s - kept.notices_days * DAY_S)
    return f"{decisions} decisions, {sessions} sessions, {notices} notices forgotten; {samples}"


def copy(shift: Shift, keeping: Keeping) -> str:
    """A verified copy of the database beside the others, of which the newest are kept."""
    with shift.reading() as (_, connection):
        counts = scratch.counts(connection)
    made = backup.make(shift.database, keeping.backups, shift.clock.now())
    with shift.step() as (_, connection):
        backup_trial.note_copy(connection, made, shift.now_s, counts)
    gone = backup.rotate(keeping.backups, COPIES_KEPT)
    return f"{made.path.name}: {made.octets} octets, verified; {len(gone)} old copies deleted"


def _forget_lots(shift: Shift, before_s: int) -> None:
    """What was carried on into periods long over."""
    forgotten = ROWS_IN_STEP
    while forgotten == ROWS_IN_STEP:
        with shift.step() as (_, connection):
            forgotten = lot_store.forget_lots(connection, before_s, ROWS_IN_STEP)


def _forget_decisions(shift: Shift, before_s: int) -> int:
    forgotten = 0
    while True:
        with shift.step() as (_, connection):
            found = forget_records(connection, before_s, ROWS_IN_STEP)
        forgotten += found
        if found < ROWS_IN_STEP:
            return forgotten


def _forget_notices(shift: Shift, before_s: int) -> int:
    forgotten = 0
    while True:
        with shift.step() as (_, connection):
            found = notice_store.forget(connection, before_s, ROWS_IN_STEP)
        forgotten += found
        if found < ROWS_IN_STEP:
            return forgotten


def _forget_sessions(shift: Shift, before_s: int) -> int:
    forgotten = 0
    while True:
        with shift.reading() as (_, connection):
            old = retention.ended_sessions(connection, before_s, ROWS_IN_STEP)
        if not old:
            return forgotten
        with shift.step() as (_, connection):
            forgotten += retention.forget_sessions(connection, old)
