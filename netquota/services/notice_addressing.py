"""From a notice to its deliveries: who is told, by which ways, in which language, when at the earliest.

Addresses come from the settings, from admins' accounts by their role, and from the employee's own record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from netquota.domain.notices import KINDS, Address, Audience, Channel, QuietHours, Topic, address_of, quiet_hours
from netquota.errors import InvalidValue
from netquota.services.notice_templates import Templates, templates_in
from netquota.services.notice_values import CityWords, values_of
from netquota.settings import Settings
from netquota.storage import addressee_report, admin_store, notice_store
from netquota.storage.database import Connection
from netquota.storage.notice_store import NewDelivery, Notice

_ROLES = {"network_admin": Audience.ADMIN, "planner": Audience.PLANNER, "opd_operator": Audience.OPERATOR}
_ABOUT_PEOPLE = frozenset({Topic.QUOTA_WARNED, Topic.QUOTA_SPENT})
_ABOUT_OFFICES = frozenset(
    {Topic.POOL_WARNED, Topic.POOL_SPENT, Topic.REQUEST_DECIDED, Topic.APPLICATIONS_DUE, Topic.SHEET_DUE}
)


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody to tell, with every address that may be used."""

    name: str
    language: str
    to: tuple[Address, ...]
    opd_id: int | None = None


@dataclass(frozen=True, slots=True)
class AddressBook:
    """What the settings say: whom to tell beside the accounts, by which ways, when not, in whose words."""

    words: CityWords
    templates: Templates
    quiet: QuietHours
    open_ways: frozenset[Channel]
    fixed: dict[Audience, tuple[Address, ...]] = field(default_factory=dict[Audience, tuple[Address, ...]])
    language: str = "id"
    tells_employees: bool = True
    employee_ways: tuple[Channel, ...] = (Channel.WEBHOOK, Channel.MAIL)


def address_book(settings: Settings, open_ways: Collection[Channel]) -> AddressBook:
    """The book of these settings; `open_ways` are the channels that are configured."""
    n, zone = settings.notices, settings.city.zone
    return AddressBook(
        CityWords(settings.city.name, settings.city.help_contact, settings.web.public_url, zone),
        templates_in(n.templates_dir),
        quiet_hours(n.quiet_hours, zone),
        frozenset(open_ways),
        {
            Audience.ADMIN: tuple(address_of(text) for text in n.admins),
            Audience.PLANNER: tuple(address_of(text) for text in n.planners),
        },
        settings.city.language,
        n.employees,
        tuple(Channel(way) for way in n.employee_ways),
    )


def address_all(connection: Connection, book: AddressBook, now_s: int) -> int:
    """Put the notices that wait for it on their ways; how many deliveries that made."""
    made = 0
    for notice in notice_store.unaddressed(connection):
        deliveries = list(_deliveries(connection, book, notice, now_s)) if notice.until_s > now_s else []
        notice_store.address(connection, notice.id, deliveries, now_s)
        made += len(deliveries)
    return made


def addressees(connection: Connection, book: AddressBook, notice: Notice) -> list[Addressee]:
    """Everybody who is told of it."""
    if notice.topic is Topic.TEST:
        return [Addressee(str(notice.facts["name"]), str(notice.facts["language"]), (_given(notice),))]
    if notice.topic in _ABOUT_PEOPLE:
        return _employee(connection, book, notice)
    audience = KINDS[notice.topic].audience
    opd_id = int(str(notice.facts["subject_id"])) if notice.topic in _ABOUT_OFFICES else None
    found = [Addressee("", book.language, (to,)) for to in book.fixed.get(audience, ())]
    for contact in admin_store.contacts(connection):
        if _ROLES.get(contact.role) is audience and (opd_id is None or opd_id in contact.opd_ids):
            to = tuple(_addresses(contact.mail, contact.phone, contact.telegram))
            found.append(Addressee(contact.name, contact.language, to, opd_id))
    return found


def _deliveries(connection: Connection, book: AddressBook, notice: Notice, now_s: int) -> Iterator[NewDelivery]:
    kind = KINDS[notice.topic]
    facts, about = _with_names(connection, notice)
    next_s = now_s if kind.urgent else book.quiet.over_at(now_s)
    seen: set[Address] = set()
    for one in addressees(connection, book, notice):
        for to in one.to:
            if to in seen or to.channel not in book.open_ways:
                continue
            seen.add(to)
            values = values_of(notice.topic, facts, one.language, book.words) | about | {"name": one.name}
            text = book.templates.text(notice.topic, one.language, values)
            yield NewDelivery(
                notice.id, notice.topic, to, one.name, one.opd_id, one.language, text.subject, text.body,
                notice.until_s, next_s,
            )  # fmt: skip


def _employee(connection: Connection, book: AddressBook, notice: Notice) -> list[Addressee]:
    """The person, by the first way for which an address is known."""
    person = addressee_report.person(connection, int(str(notice.facts["subject_id"])))
    if person is None or not book.tells_employees:
        return []
    known = {to.channel: to for to in _addresses(person.mail, person.phone, None)}
    to = [known[way] for way in book.employee_ways if way in known and way in book.open_ways]
    return [Addressee(person.name, person.language, tuple(to[:1]), person.opd_id)]


def _with_names(connection: Connection, notice: Notice) -> tuple[dict[str, Any], dict[str, str]]:
    """The facts with what its rows are called, and the fields that say whose it is."""
    facts = dict(notice.facts)
    if notice.topic not in _ABOUT_PEOPLE | _ABOUT_OFFICES:
        return facts, {}
    subject_id = int(str(facts["subject_id"]))
    if "quota_id" in facts:
        facts["quota"] = addressee_report.quota_name(connection, int(str(facts["quota_id"])))
    facts["opd"] = _office_code(connection, subject_id, of_person=notice.topic in _ABOUT_PEOPLE)
    return facts, {"opd": str(facts["opd"])}


def _office_code(connection: Connection, subject_id: int, *, of_person: bool) -> str:
    if of_person:
        person = addressee_report.person(connection, subject_id)
        return "" if person is None else person.opd_code
    office = addressee_report.office(connection, subject_id)
    return "" if office is None else office.code


def _given(notice: Notice) -> Address:
    return Address(Channel(str(notice.facts["channel"])), str(notice.facts["to"]))


def _addresses(mail: str | None, phone: str | None, telegram: str | None) -> Iterator[Address]:
    """The addresses of a record; what a way cannot use is passed over."""
    given: Sequence[tuple[Channel, str | None]] = (
        (Channel.WEBHOOK, phone), (Channel.MAIL, mail), (Channel.TELEGRAM, telegram),
    )  # fmt: skip
    for channel, text in given:
        if text:
            try:
                yield address_of(f"{channel}:{text}")
            except InvalidValue:
                continue
