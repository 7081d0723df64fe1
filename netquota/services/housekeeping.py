"""Use cases of the clock that concern what is kept: short-lived rows are trimmed, old ones forgotten, copies made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from netquota.services.shift import Shift, in_parts
from netquota.settings import Retention
from netquota.storage import backup, feed_store, job_store, login_failure_store, retention, web_session_store
from netquota.storage.database import Connection
from netquota.storage.policy_store import forget_changes
from netquota.storage.record_store import forget_records
from netquota.storage.token_store import forget_tokens

DAY_S = 86_400
ROWS_IN_STEP = 500
SUBJECTS_IN_STEP = 20
CHANGES_KEPT_S = 7 * DAY_S  # a process that was away longer has been restarted
FREQUENT_RUNS_KEPT_S = DAY_S // 4
RUNS_KEPT_S = 400 * DAY_S
COPIES_KEPT = 14


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept how long, where copies go, how long sessions of the web last; `frequent` and `rare` are jobs."""

    retention: Retention
    backups: Path
    web: web_session_store.Limits
    frequent: tuple[str, ...]
    rare: tuple[str, ...]


def trim(shift: Shift, keeping: Keeping) -> str:
    """Forget what lives for minutes: the feed between workers, log-in tokens, web sessions, failed log-ins."""
    now_s = shift.now_s
    pieces: tuple[Callable[[Connection], object], ...] = (
        lambda connection: feed_store.trim(connection, now_s),
        lambda connection: forget_tokens(connection, now_s),
        lambda connection: web_session_store.forget_ended(connection, now_s, keeping.web),
        lambda connection: login_failure_store.forget_old(connection, now_s),
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
    decisions = _forget_decisions(shift, now_s - kept.decisions_days * DAY_S)
    sessions = _forget_sessions(shift, now_s - kept.sessions_days * DAY_S)
    samples = _forget_samples(shift, now_s - kept.samples_days * DAY_S)
    return f"{decisions} decisions, {sessions} sessions, {samples} samples forgotten"


def copy(shift: Shift, keeping: Keeping) -> str:
    """A verified copy of the database beside the others, of which the newest are kept."""
    made = backup.make(shift.database, keeping.backups, shift.clock.now())
    gone = backup.rotate(keeping.backups, COPIES_KEPT)
    return f"{made.path.name}: {made.octets} octets, verified; {len(gone)} old copies deleted"


def _forget_decisions(shift: Shift, before_s: int) -> int:
    forgotten = 0
    while True:
        with shift.step() as (_, connection):
            found = forget_records(connection, before_s, ROWS_IN_STEP)
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


def _forget_samples(shift: Shift, before_s: int) -> int:
    with shift.reading() as (_, connection):
        subjects = retention.sample_subjects(connection, before_s)
    forgotten = 0
    for part in in_parts(subjects, SUBJECTS_IN_STEP):
        with shift.step() as (_, connection):
            forgotten += retention.forget_samples(connection, part, before_s)
    return forgotten
