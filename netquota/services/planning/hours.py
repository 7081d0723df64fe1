"""Which office hours a subject is measured in: an office's own, else the usual ones of Perpres 21/2023."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from netquota.domain.office_hours import in_words, parse_office_hours
from netquota.domain.samples import LINK, OPD, SITE
from netquota.planning.workdays import OfficeHours
from netquota.services.usage import Subject
from netquota.storage import plan_policy, usage_report
from netquota.storage.database import Connection

USUAL = OfficeHours()


def hours_of(connection: Connection, subject: Subject) -> OfficeHours:
    """An office's own hours; a site's are its host's; a link's are those of its offices where they all agree."""
    own = plan_policy.own_hours(connection)
    if not own:
        return USUAL
    texts = {own.get(opd_id, "") for opd_id in _offices(connection, subject)}
    return _read(texts.pop()) if len(texts) == 1 else USUAL


def _offices(connection: Connection, subject: Subject) -> list[int]:
    if subject.kind == OPD:
        return [subject.id]
    if subject.kind == LINK:
        return [opd.id for opd in plan_policy.opds(connection) if opd.link_id == subject.id]
    if subject.kind == SITE:
        hosts = usage_report.sites_by_opd(connection)
        return [opd_id for opd_id, sites in hosts.items() if subject.id in sites]
    return []


def _read(text: str) -> OfficeHours:
    return OfficeHours(*parse_office_hours(text, "office_hours")) if text else USUAL


def told(connection: Connection) -> str:
    """The office hours as a budget document says them: the usual ones, then whose differ."""
    codes = {opd.id: opd.code for opd in plan_policy.opds(connection)}
    return "; ".join([in_words(USUAL.usual), *_differing(plan_policy.own_hours(connection), codes)])


def _differing(own: Mapping[int, str], codes: Mapping[int, str]) -> list[str]:
    by_hours: dict[str, list[str]] = defaultdict(list)
    for opd_id, text in own.items():
        if opd_id in codes:
            by_hours[in_words(_read(text).usual)].append(codes[opd_id])
    return [f"{', '.join(sorted(names))}: {hours}" for hours, names in sorted(by_hours.items())]
