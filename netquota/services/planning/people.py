"""People behind the use of a subject: how many a day and at once, how evenly they share it, whose quotas were spent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from netquota.domain.periods import start_of
from netquota.domain.quota import QuotaState, state
from netquota.domain.samples import BIN_S, LINK, OPD, PERSON, SITE
from netquota.planning.fairness import jain
from netquota.planning.online import Spans, crowd
from netquota.planning.samples import BoolArray
from netquota.planning.workdays import WorkCalendar
from netquota.services.planning.days import day_of
from netquota.services.planning.figures import Online, People
from netquota.services.planning.subjects import Named
from netquota.services.usage import sources
from netquota.storage import online_report, people_report, plan_policy, policy_rows, usage_report
from netquota.storage.database import Connection
from netquota.storage.plan_policy import PlannedOpd

_COUNTED = (OPD, LINK, PERSON)


def people(connection: Connection, named: Named, from_s: int, to_s: int, calendar: WorkCalendar) -> People | None:
    """Of [from_s, to_s); None for a site or gateway, of which nobody is at home.

    People are those of the office, wherever they were; of a link, those of the offices whose main link it is. Working
    days alone are counted, as far as they were summed.
    """
    if named.word == "gateway" or named.subject.kind not in _COUNTED:
        return None
    offices = _offices(connection, named)
    hits = _hits(connection, named, offices, (from_s, to_s), calendar)
    if named.subject.kind == PERSON:
        return People(0, None, None, hits, None, 0)
    days = calendar.working_days(day_of(from_s, calendar.zone), day_of(to_s - 1, calendar.zone))
    starts = [start_of(day, calendar.zone) for day in days]
    by_day = people_report.people_by_day(connection, [opd.id for opd in offices], starts)
    shares = _shares(connection, named, offices, starts, (from_s, to_s))
    evenness = jain(*shares) if shares[0] else None
    return People(
        len(by_day), (2 * sum(by_day) + len(by_day)) // (2 * len(by_day)) if by_day else None,
        max(by_day, default=None), hits, None if evenness is None else round(1000 * evenness), len(shares[0]),
    )  # fmt: skip


def online(connection: Connection, named: Named, start_s: int, office: BoolArray) -> Online | None:
    """Who was online at the same moment in the bins from `start_s` on; whoever has several sessions at once is one.

    People are those of the office, wherever they are; of a site or gateway, whoever is there, guests too; of a link,
    whoever was at a site that it served as the session began. Lines of offices and devices are no people.
    """
    if named.subject.kind == PERSON:
        return None
    since_s = online_report.kept_since(connection)
    if since_s is None or start_s < since_s:
        return None
    found = crowd(_spans(connection, named, start_s, start_s + BIN_S * len(office)), start_s, office)
    mean = None if found.office_mean is None else round(1000 * found.office_mean)
    return Online(found.most, found.most_at_s, mean)


def _spans(connection: Connection, named: Named, from_s: int, to_s: int) -> Spans:
    kind, ids = named.subject.kind, [named.subject.id]
    if named.word == "gateway":
        kind, ids = SITE, list(named.subject.members)
    return online_report.spans(connection, kind, ids, from_s, to_s)


def _offices(connection: Connection, named: Named) -> list[PlannedOpd]:
    """The office itself, or the offices whose main link it is; none of a person."""
    ident, kind = named.subject.id, named.subject.kind
    if kind == PERSON:
        return []
    return [opd for opd in plan_policy.opds(connection) if (opd.id if kind == OPD else opd.link_id) == ident]


def _shares(
    connection: Connection, named: Named, offices: Sequence[PlannedOpd], starts: Sequence[int], bounds: tuple[int, int]
) -> tuple[list[int], list[int] | None]:
    """What is to be even: octets of an office's people; of a link, its offices' use beside their weights."""
    if named.subject.kind == OPD:
        return people_report.octets_by_person(connection, [named.subject.id], starts), None
    hosted = usage_report.sites_by_opd(connection)
    host = {site_id: opd.id for opd in offices for site_id in hosted.get(opd.id, ())}
    told = sources(connection, SITE, list(host), *bounds)
    used: Counter[int] = Counter()
    for volume in people_report.volumes(connection, told.all, starts):
        used[host[volume.subject_id]] += volume.octets
    wanting = [opd for opd in offices if used[opd.id]]
    return [used[opd.id] for opd in wanting], [max(opd.weight, 1) for opd in wanting]


def _hits(
    connection: Connection, named: Named, offices: Sequence[PlannedOpd], bounds: tuple[int, int], calendar: WorkCalendar
) -> int:
    """How often a quota was spent: of a person's, of an office's people and pool, in periods that touch the range."""
    person = [named.subject.id] if named.subject.kind == PERSON else []
    found = people_report.perhaps_spent(connection, [opd.id for opd in offices], person, *bounds)
    if not found:
        return 0
    quotas = policy_rows.quotas(connection, calendar.zone)
    return sum(state(quotas[figure.quota_id], figure) is QuotaState.SPENT for figure in found)
