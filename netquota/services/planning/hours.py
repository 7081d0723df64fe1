"""Which office hours a subject is measured in: an office's own, else the city's, else those of Perpres 21/2023."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from netquota.domain.office_hours import MOST, in_words, parse_office_hours
from netquota.domain.samples import LINK, OPD, SITE
from netquota.errors import InvalidValue
from netquota.planning.workdays import OfficeHours
from netquota.services.office import Author, Office
from netquota.services.usage import Subject
from netquota.storage import audit_store, fact_store, plan_policy, plan_store, usage_report
from netquota.storage.database import Connection

KIND = "office hours"
KEY = "city"
PERPRES = OfficeHours()


def hours_of(connection: Connection, subject: Subject) -> OfficeHours:
    """An office's own hours; a site's are its host's; a link's are those of its offices where they all agree."""
    own, city = plan_policy.own_hours(connection), of_city(connection)
    if not own:
        return city
    texts = {own.get(opd_id, "") for opd_id in _offices(connection, subject)}
    return _read(texts.pop(), city) if len(texts) == 1 else city


def of_city(connection: Connection) -> OfficeHours:
    """The hours of every office without its own."""
    return _read(city_text(connection), PERPRES)


def city_text(connection: Connection) -> str:
    """The city's hours in the text of domain.office_hours; empty = Perpres 21/2023."""
    return fact_store.fact(connection, fact_store.OFFICE_HOURS) or ""


def set_city(office: Office, given: str, by: Author, *, dry_run: bool = False) -> bool:
    """Set the city's hours (empty: those of Perpres 21/2023) and ask for the studies anew; whether they are others than
    before. Raises `InvalidValue`."""
    text = given.strip()
    if len(text) > MOST:
        raise InvalidValue("office_hours", given, f"use at most {MOST} characters")
    _read(text, PERPRES)
    with office.database.write() as connection:
        before = city_text(connection)
        if text == before or dry_run:
            return text != before
        fact_store.put_fact(connection, fact_store.OFFICE_HOURS, text)
        plan_store.ask(connection, plan_store.STUDY, "", by.name, office.now_s)
        audit_store.append(
            connection, actor=by.name, action="change", kind=KIND, key=KEY, before={"office_hours": before},
            after={"office_hours": text}, why=by.why, now_s=office.now_s,
        )  # fmt: skip
    return True


def _offices(connection: Connection, subject: Subject) -> list[int]:
    if subject.kind == OPD:
        return [subject.id]
    if subject.kind == LINK:
        return [opd.id for opd in plan_policy.opds(connection) if opd.link_id == subject.id]
    if subject.kind == SITE:
        hosts = usage_report.sites_by_opd(connection)
        return [opd_id for opd_id, sites in hosts.items() if subject.id in sites]
    return []


def _read(text: str, otherwise: OfficeHours) -> OfficeHours:
    return OfficeHours(*parse_office_hours(text, "office_hours")) if text else otherwise


def told(connection: Connection) -> str:
    """The office hours as a budget document says them: the city's, then whose differ."""
    codes = {opd.id: opd.code for opd in plan_policy.opds(connection)}
    city = in_words(of_city(connection).usual)
    return "; ".join([city, *_differing(plan_policy.own_hours(connection), codes)])


def _differing(own: Mapping[int, str], codes: Mapping[int, str]) -> list[str]:
    by_hours: dict[str, list[str]] = defaultdict(list)
    for opd_id, text in own.items():
        if opd_id in codes:
            by_hours[in_words(_read(text, PERPRES).usual)].append(codes[opd_id])
    return [f"{', '.join(sorted(names))}: {hours}" for hours, names in sorted(by_hours.items())]
