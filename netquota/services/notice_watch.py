"""What stands wrong in the city, looked at every minute: its beginning is told once, and its end.

What is wrong only for a moment is not told; what comes back within a quarter of an hour is the same trouble.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from netquota.domain.alarms import alarms
from netquota.domain.notices import Topic
from netquota.domain.units import Rate
from netquota.services.notices import tell
from netquota.services.report import is_late, is_silent
from netquota.services.shift import Shift
from netquota.services.usage import BIN_S, LINK, SETTLED_S, Series, series
from netquota.storage import city_report, job_store, notice_store, report_store, trouble_store
from netquota.storage.alarm_report import gateway_facts
from netquota.storage.database import Connection
from netquota.storage.trouble_store import Trouble

OVER_AFTER_S: Final = 900
FULL_BINS: Final = 3
FULL_PERCENT: Final = 95
BACKUP_OLD_S: Final = 36 * 3600
GIVEN_UP_S: Final = 3600
STUCK_S: Final = 1800
_STANDS_S: Mapping[Topic, int] = {Topic.NOT_ENFORCED: 300}
"""How long a trouble must have been seen before it is told: a report that is late, or a gateway that falls silent
altogether, is no gateway that enforces nothing."""
_SELF: Final = "watch"
"""The job that looks: it is no trouble that it runs."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing that stands wrong at this moment: its key, topic and facts, and since when where that is known."""

    key: str
    topic: Topic
    facts: Mapping[str, object]
    since_s: int | None = None


def watch(shift: Shift, orders_late_s: int) -> str:
    """Look, and write notices of what began and what is over."""
    now_s = shift.now_s
    with shift.reading() as (_, connection):
        seen = {sight.key: sight for sight in sights(connection, now_s, orders_late_s)}
    told = 0
    with shift.step() as (_, connection):
        standing = {trouble.key: trouble for trouble in trouble_store.standing(connection)}
        for sight in seen.values():
            told += _stands(connection, sight, standing.get(sight.key), now_s)
        for trouble in standing.values():
            if trouble.key not in seen:
                told += _is_gone(connection, trouble, now_s)
    return f"{len(seen)} troubles, {told} notices"


def sights(connection: Connection, now_s: int, orders_late_s: int) -> list[Sight]:
    """All that stands wrong."""
    silent = list(_silent(connection, now_s))
    quiet = {str(sight.facts["what"]) for sight in silent}
    return [
        *silent,
        *_not_enforced(connection, now_s, orders_late_s, quiet),
        *_full_links(connection, now_s),
        *_jobs(connection, now_s),
        *_backup(connection, now_s),
        *_undelivered(connection, now_s),
    ]


def _stands(connection: Connection, sight: Sight, known: Trouble | None, now_s: int) -> int:
    """Keep it, and tell of it once it has been seen long enough; how many notices that was."""
    facts = {"since_s": now_s if sight.since_s is None else min(now_s, sight.since_s), **sight.facts}
    if known is not None and sight.since_s is None:
        facts["since_s"] = known.since_s
    first_s = now_s if known is None else known.since_s
    trouble = Trouble(sight.key, sight.topic, facts, first_s, now_s, None if known is None else known.told_s)
    is_due = trouble.told_s is None and now_s - first_s >= _STANDS_S.get(sight.topic, 0)
    if is_due:
        trouble = replace(trouble, told_s=now_s)
        tell(connection, f"{sight.key}:{now_s}", sight.topic, facts, now_s)
    trouble_store.put(connection, trouble)
    return int(is_due)


def _is_gone(connection: Connection, trouble: Trouble, now_s: int) -> int:
    """End it once it has been gone for a while; who was told of it is told of its end."""
    if now_s - trouble.seen_s < OVER_AFTER_S:
        return 0
    trouble_store.remove(connection, trouble.key)
    if trouble.told_s is None or trouble.topic is Topic.NOT_DELIVERED:
        return 0
    since_s = int(str(trouble.facts.get("since_s", trouble.since_s)))
    facts: dict[str, object] = {
        "what": trouble.facts.get("what", ""), "since_s": since_s, "lasted_s": trouble.seen_s - since_s,
    }  # fmt: skip
    tell(connection, f"over:{trouble.key}:{trouble.told_s}", Topic.ALARM_OVER, facts, now_s)
    return 1


def _silent(connection: Connection, now_s: int) -> Iterator[Sight]:
    for line in report_store.clients(connection):
        if is_silent(line, now_s):
            yield Sight(f"silent:{line.name}", Topic.GATEWAY_SILENT, {"what": line.name}, line.last_packet_s)


def _not_enforced(connection: Connection, now_s: int, orders_late_s: int, silent: set[str]) -> Iterator[Sight]:
    """Alarms of enforcement, but the mild ones (another way is taken) and those of gateways that are silent anyhow."""
    for alarm in alarms(gateway_facts(connection, now_s), now_s, orders_late_s):
        if alarm.is_mild or alarm.nas in silent:
            continue
        facts = {"what": alarm.gateway, "nas": alarm.nas, "cause": alarm.cause, "number": alarm.number}
        key = f"enforcement:{alarm.nas}:{alarm.gateway}:{alarm.cause}"
        yield Sight(key[:190], Topic.NOT_ENFORCED, facts, alarm.since_s)


def _full_links(connection: Connection, now_s: int) -> Iterator[Sight]:
    """Links that were full in each of the last three whole bins, in either direction."""
    to_s = (now_s - SETTLED_S) // BIN_S * BIN_S
    from_s = to_s - FULL_BINS * BIN_S
    for link in city_report.link_lines(connection):
        found = series(connection, LINK, [link.id], from_s, to_s)
        limit = Rate(link.capacity_down_bps, link.capacity_up_bps)
        if _is_full(found.down_bps, limit.down_bps) or _is_full(found.up_bps, limit.up_bps):
            facts = {"what": link.name, "used": _mean(found), "limit": [limit.down_bps, limit.up_bps]}
            yield Sight(f"link:{link.name}", Topic.LINK_FULL, facts, from_s)


def _is_full(rates: tuple[int | None, ...], limit_bps: int) -> bool:
    return bool(rates) and all(rate is not None and rate * 100 >= FULL_PERCENT * limit_bps for rate in rates)


def _mean(found: Series) -> list[int]:
    sides = (found.down_bps, found.up_bps)
    return [sum(rate or 0 for rate in side) // max(1, len(side)) for side in sides]


def _jobs(connection: Connection, now_s: int) -> Iterator[Sight]:
    for line in city_report.job_lines(connection):
        if line.job != _SELF and is_late(line, now_s):
            yield Sight(f"job:{line.job}", Topic.JOB_FAILED, {"what": line.job, "result": line.result}, line.due_s)


def _backup(connection: Connection, now_s: int) -> Iterator[Sight]:
    last_s = job_store.last_successes(connection).get("backup")
    first_s = job_store.first_due(connection, "backup")
    since_s = last_s if last_s is not None else first_s
    if since_s is not None and now_s - since_s > BACKUP_OLD_S:
        yield Sight("backup", Topic.BACKUP_STALE, {"what": "backup"}, since_s)


def _undelivered(connection: Connection, now_s: int) -> Iterator[Sight]:
    number, problem = notice_store.undelivered(connection, now_s - GIVEN_UP_S, now_s - STUCK_S)
    if number:
        facts = {"what": problem.partition(":")[0], "number": number, "problem": problem}
        yield Sight("undelivered", Topic.NOT_DELIVERED, facts)
