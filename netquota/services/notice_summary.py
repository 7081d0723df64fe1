"""The notices that come by the calendar: each morning to admins, each month to planners."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from netquota.domain.notices import Topic
from netquota.domain.periods import Period, PeriodKind, bounds
from netquota.domain.samples import LINK, OPD
from netquota.services.measures import subjects
from netquota.services.notice_values import CityWords, values_of
from netquota.services.notices import tell
from netquota.services.shift import Shift
from netquota.services.usage import Subject, rate_bps
from netquota.storage import (
    audit_store,
    city_report,
    job_store,
    notice_store,
    policy_subjects,
    session_report,
    trouble_store,
)
from netquota.storage.database import Connection
from netquota.storage.trouble_store import Trouble

DAY_S = 86_400


def daily(shift: Shift, zone: ZoneInfo) -> str:
    """The last 24 hours for the admins, with the head of the audit chain: kept in a mailbox, it shows a rewritten one.

    Once a local day, however often it is run.
    """
    now_s = shift.now_s
    day = shift.clock.now().astimezone(zone).date() - timedelta(days=1)
    with shift.step() as (_, connection):
        refusals = city_report.refusals(connection, now_s - DAY_S)
        facts: dict[str, object] = {
            "day": day.isoformat(), "people": city_report.people_count(connection),
            "sessions": session_report.use_now(connection).city.sessions,
            "attempts": refusals.attempts, "refused": refusals.refused,
            "given_up": notice_store.undelivered(connection, now_s - DAY_S, now_s)[0],
            "backup_s": job_store.last_successes(connection).get("backup"),
            "troubles": [_told(trouble, zone) for trouble in trouble_store.standing(connection)],
            "audit_head": audit_store.head(connection), "audit_entries": audit_store.count(connection),
        }  # fmt: skip
        fresh = tell(connection, f"daily:{day.isoformat()}", Topic.DAILY, facts, now_s)
    return "written" if fresh else "written before"


def monthly(shift: Shift, due_s: int, zone: ZoneInfo) -> str:
    """The local month that ended last before a due, for the planners: by link and by office. Once a month."""
    month = Period(PeriodKind.MONTH, zone, time(0))
    end = bounds(month, datetime.fromtimestamp(due_s, UTC))[0]
    start = bounds(month, end - timedelta(seconds=1))[0]
    key = start.astimezone(zone).date().isoformat()
    from_s, to_s = int(start.timestamp()), int(end.timestamp())
    with shift.reading() as (_, connection):
        facts: dict[str, object] = {
            "month": key, "links": _lines(connection, LINK, from_s, to_s),
            "opds": _lines(connection, OPD, from_s, to_s),
        }  # fmt: skip
    with shift.step() as (_, connection):
        fresh = tell(connection, f"monthly:{key}", Topic.MONTHLY, facts, shift.now_s)
    return f"{key[:7]}: {'written' if fresh else 'written before'}"


def _told(trouble: Trouble, zone: ZoneInfo) -> list[str]:
    """A trouble in one line of each language."""
    words = CityWords("", "", "", zone)
    lines: list[str] = []
    for language, name in zip(("id", "en"), _NAMES[trouble.topic], strict=True):
        values = values_of(trouble.topic, trouble.facts, language, words)
        more = next((values[name] for name in ("told", "percent", "result", "problem") if values.get(name)), "")
        since = f" ({'sejak' if language == 'id' else 'since'} {values['since']})" if values["since"] else ""
        lines.append(f"{name} {values['what']}{': ' if more else ''}{more}{since}")
    return lines


_NAMES: Mapping[Topic, tuple[str, str]] = {
    Topic.GATEWAY_SILENT: ("Gerbang diam", "Gateway silent"),
    Topic.NOT_ENFORCED: ("Batas tidak ditegakkan di", "Limits are not enforced at"),
    Topic.LINK_FULL: ("Tautan penuh", "Link full"),
    Topic.JOB_FAILED: ("Pekerjaan gagal", "Job failed"),
    Topic.BACKUP_STALE: ("Salinan sudah lama:", "Old copy:"),
    Topic.NOT_DELIVERED: ("Pemberitahuan gagal lewat", "Notices failed by"),
}


def _lines(connection: Connection, kind: int, from_s: int, to_s: int) -> list[dict[str, Any]]:
    """One line each of the month: octets, the billed P95, how often it was at the ceiling then in force."""
    names, limits = policy_subjects.names(connection, kind), _limits(connection)
    return [
        _row(names[subject.id], connection, subject, limits[kind, subject.id], from_s, to_s)
        for subject in subjects(connection)
        if subject.kind == kind
    ]


def _limits(connection: Connection) -> dict[tuple[int, int], int | None]:
    """Download in bit/s that each office or link may have today."""
    offices = {(OPD, line.id): line.ceiling_down_bps for line in city_report.opd_lines(connection)}
    return offices | {(LINK, line.id): line.capacity_down_bps for line in city_report.link_lines(connection)}


def _row(
    name: str, connection: Connection, subject: Subject, limit_bps: int | None, from_s: int, to_s: int
) -> dict[str, Any]:
    # numpy is loaded only where something is measured
    from netquota.planning.limits import saturation  # noqa: PLC0415
    from netquota.planning.percentile import billed, both_percentiles  # noqa: PLC0415
    from netquota.planning.samples import coverage  # noqa: PLC0415
    from netquota.services.sampled import bins_for  # noqa: PLC0415

    bins = bins_for(connection, subject, from_s, to_s)
    octets, full = billed(*both_percentiles(bins)), saturation(bins).share
    return {
        "name": name, "down": int(bins.down.sum()), "up": int(bins.up.sum()),
        "p95_bps": None if octets is None else rate_bps(octets), "limit_bps": limit_bps,
        "at_limit_permille": None if full is None else int(full * 1000),
        "known_permille": coverage(bins).permille,
    }  # fmt: skip
