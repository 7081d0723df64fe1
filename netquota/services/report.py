"""What the overview and the lists of offices and links say: use now against what there is, worst first.

Sessions, orders and refusals are read straight from the stores' reports; use over time is usage.py's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from netquota.domain.alarms import ORDERS_LATE_S, Alarm, alarms
from netquota.domain.outages import Outage
from netquota.domain.people import Status
from netquota.domain.quota import QuotaState
from netquota.domain.schedule import next_edge
from netquota.services.facts import Policy
from netquota.services.measured import Unread, flow_now, unread
from netquota.services.measures import Measures
from netquota.services.standing import people_at
from netquota.services.usage import BIN_S, LINK, SETTLED_S, Percentiles, Series, series
from netquota.storage import (
    application_store,
    city_report,
    health_report,
    notice_store,
    outage_store,
    report_store,
    round_store,
)
from netquota.storage.alarm_report import gateway_facts
from netquota.storage.city_report import JobLine, LinkLine, OpdLine, OrderTroubles, Refusals
from netquota.storage.database import Connection
from netquota.storage.report_store import ClientLine
from netquota.storage.round_store import Round
from netquota.storage.session_report import UseByPlace, UseNow

CLOSE = 0.90
SILENT_S = 900
HOUR_S, DAY_S = 3600, 86400
_WAITS_MS = 10_000
_RUNS_LONG_S = 900
_SWEEPS_S = 3600


@dataclass(frozen=True, slots=True)
class OpdNow:
    """An office: what flows at its sites now, against its ceiling; P95 of 30 days."""

    line: OpdLine
    use: UseNow
    p95: Percentiles | None
    people: int = 0

    @property
    def share(self) -> float | None:
        """The fuller direction against its ceiling (0..1); None without a ceiling."""
        return fuller_share(self.use, self.line.ceiling_down_bps, self.line.ceiling_up_bps)


@dataclass(frozen=True, slots=True)
class LinkNow:
    """A provider link: what flows over it now, against its capacity; 24 hours of it; P95 of 30 days."""

    line: LinkLine
    use: UseNow
    p95: Percentiles | None
    series: Series

    @property
    def share(self) -> float | None:
        """The fuller direction against its capacity (0..1)."""
        return fuller_share(self.use, self.line.capacity_down_bps, self.line.capacity_up_bps)


@dataclass(frozen=True, slots=True)
class Coming:
    """Something that changes by itself at `at_s` (epoch seconds): a `quota` or `schedule` by its key."""

    at_s: int
    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The city now. `clients` counts the registered ones; `silent` were heard once, `never` not yet.

    `undelivered`: how many notices did not arrive lately, and what the last of them met. `reviews`: applications whose
    share is to be looked at again, since when; `rounds`: assessments past their day, with how many have not answered.
    `spent`: how many active people have used up a quota, at most a minute ago.
    """

    use: UseNow
    people: int
    refusals: Refusals
    opds: tuple[OpdNow, ...]
    links: tuple[LinkNow, ...]
    clients: int
    silent: tuple[ClientLine, ...]
    never: tuple[ClientLine, ...]
    troubles: tuple[OrderTroubles, ...]
    jobs_late: tuple[JobLine, ...]
    scheduler_away_s: int | None
    coming: tuple[Coming, ...]
    alarms: tuple[Alarm, ...] = ()
    undelivered: tuple[int, str] = (0, "")
    unread: tuple[Unread, ...] = ()
    outages: tuple[Outage, ...] = ()
    reviews: tuple[tuple[str, date], ...] = ()
    rounds: tuple[tuple[Round, int], ...] = ()
    spent: int = 0

    @property
    def crowded(self) -> tuple[OpdNow, ...]:
        """Offices at 90 % of their ceiling or more, the fullest first."""
        return tuple(opd for opd in self.opds if (opd.share or 0) >= CLOSE)

    @property
    def capacity_bps(self) -> int:
        """Download of all links, bit/s."""
        return sum(link.line.capacity_down_bps for link in self.links)

    @property
    def guaranteed_bps(self) -> int:
        """Download promised to all offices, bit/s."""
        return sum(opd.line.guaranteed_down_bps or 0 for opd in self.opds)

    @property
    def ceilings_bps(self) -> int:
        """Download of all ceilings, bit/s."""
        return sum(opd.line.ceiling_down_bps or 0 for opd in self.opds)


def overview(
    connection: Connection, policy: Policy, measures: Measures, now_s: int, today: date,
    orders_late_s: int = ORDERS_LATE_S,
) -> Overview:  # fmt: skip
    """All that the first page shows, at the moment of the transaction; orders older than `orders_late_s` are alarms."""
    use = flow_now(connection, now_s)
    heard = report_store.clients(connection)
    lease_until_s = health_report.signs_of_life(connection).lease_until_s
    return Overview(
        use.city,
        city_report.people_count(connection),
        city_report.refusals(connection, now_s - HOUR_S),
        tuple(opds_now(connection, measures, use, now_s)),
        tuple(links_now(connection, measures, use, now_s)),
        len(heard),
        tuple(line for line in heard if is_silent(line, now_s)),
        tuple(line for line in heard if line.last_packet_s is None),
        tuple(city_report.order_troubles(connection, now_s * 1000 - _WAITS_MS, (now_s - HOUR_S) * 1000)),
        tuple(line for line in city_report.job_lines(connection) if is_late(line, now_s)),
        None if lease_until_s is None or lease_until_s >= now_s else now_s - lease_until_s,
        tuple(coming(policy, now_s)),
        tuple(alarms(gateway_facts(connection, now_s), now_s, orders_late_s)),
        notice_store.undelivered(connection, now_s - DAY_S, now_s - HOUR_S),
        tuple(unread(connection, now_s)),
        tuple(each for each in outage_store.outages(connection, open_only=True) if each.is_on),
        tuple(application_store.reviews_due(connection, today)),
        tuple(round_store.overdue(connection, today)),
        measures.spent(now_s, lambda: _spent(connection, policy, now_s)),
    )


def _spent(connection: Connection, policy: Policy, now_s: int) -> int:
    """How many active people have used up a quota of their own or of their plan."""
    people = policy.snapshot.subscriber_by_id
    return sum(
        at is QuotaState.SPENT and people[person_id].status is Status.ACTIVE
        for person_id, at in people_at(connection, policy, now_s).items()
    )


def opds_now(connection: Connection, measures: Measures, use: UseByPlace, now_s: int) -> list[OpdNow]:
    """All offices, the fullest first, those without a ceiling last."""
    p95, people = measures.of_opds(connection, now_s), city_report.people_by_opd(connection)
    found = [
        OpdNow(line, use.opds.get(line.id, UseNow()), p95.get(line.id), people.get(line.id, 0))
        for line in city_report.opd_lines(connection)
    ]
    return sorted(found, key=lambda opd: (-(opd.share or -1), -opd.use.down_bps, opd.line.code))


def links_now(connection: Connection, measures: Measures, use: UseByPlace, now_s: int) -> list[LinkNow]:
    """All provider links with their last 24 hours, the largest first."""
    p95, to_s = measures.of_links(connection, now_s), (now_s - SETTLED_S) // BIN_S * BIN_S
    return [
        LinkNow(
            line, use.links.get(line.id, UseNow()), p95.get(line.id),
            series(connection, LINK, [line.id], to_s - DAY_S, to_s),
        )
        for line in city_report.link_lines(connection)
    ]  # fmt: skip


def coming(policy: Policy, now_s: int, most: int = 4) -> list[Coming]:
    """What changes by itself next: quotas that refill, schedules that turn, groups whose turn goes on."""
    found = [
        Coming(policy.calendar.period(quota, now_s)[1], "quota", quota.key) for quota in policy.snapshot.quotas.values()
    ]
    for schedule in policy.snapshot.schedules_in_use:
        edge = next_edge(schedule, datetime.fromtimestamp(now_s, UTC), policy.calendar.is_holiday)
        if edge is not None:
            found.append(Coming(int(edge.timestamp()), "schedule", schedule.key))
    found += [
        Coming(moment_s, "event", each.key)
        for each in policy.snapshot.rules.events
        for moment_s in (each.from_s, each.until_s)
        if moment_s > now_s
    ]
    groups = policy.snapshot.rules.rotations
    found += [Coming(policy.calendar.turn(group, now_s).end_s, "rotation", group.key) for group in groups]
    return sorted(found, key=lambda each: (each.at_s, each.kind, each.key))[:most]


def is_silent(line: ClientLine, now_s: int) -> bool:
    """Whether a client that was heard before has said nothing for three interim intervals."""
    return line.last_packet_s is not None and now_s - line.last_packet_s > SILENT_S


def is_late(line: JobLine, now_s: int) -> bool:
    """Whether a job failed, runs too long, or (one that runs every hour or oftener) left out two runs."""
    if line.state == "failed" or (line.state == "running" and now_s - line.started_s > _RUNS_LONG_S):
        return True
    sweeps = line.every_s is not None and line.every_s <= _SWEEPS_S
    return sweeps and now_s - line.due_s > 3 * (line.every_s or 0) + _RUNS_LONG_S


def fuller_share(use: UseNow, down_bps: int | None, up_bps: int | None) -> float | None:
    """How full the fuller direction is (0..1); None where there is no limit."""
    pairs: Sequence[tuple[int, int | None]] = ((use.down_bps, down_bps), (use.up_bps, up_bps))
    return max((now / most for now, most in pairs if most), default=None)
