"""Scenarios as planners keep and try them: their terms, what they come to, and who kept which.

What a scenario does to a link is planning.scenario's; the terms are stored as JSON.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from netquota.domain.samples import LINK
from netquota.domain.units import MOST_BPS, parse_rate
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.planning import scenario as rule
from netquota.planning.capacity import Application
from netquota.planning.scenario import Outcome, WhatIf
from netquota.services.office import Author, Office
from netquota.services.planning.dimensioning import Book, Level, book, played
from netquota.storage import audit_store, plan_store
from netquota.storage.database import Connection
from netquota.storage.plan_store import Scenario

KIND = "scenario"
MONTHS = 12
MOST_NAME = 80
MOST_ADDED = 50
MOST_USERS = 10_000_000
MOST_PEOPLE = 1_000_000
GROWTH_PERCENT = (-90, 900)
PRICE_PERCENT = (-100, 900)


@dataclass(frozen=True, slots=True)
class NewApplication:
    """A new application on a link: so many users at `rate_bps` each, of whom some are at it at once."""

    link: str
    users: int
    rate_bps: int

    def __post_init__(self) -> None:
        if not 1 <= self.users <= MOST_USERS:
            raise InvalidValue("users", self.users, "give how many use it, from 1 to 10000000")
        if not 1 <= self.rate_bps <= MOST_BPS or self.rule.demand_bps > MOST_BPS:
            raise InvalidValue("rate_bps", self.rate_bps, "give a rate above 0; all users together reach 10000 Gbit/s")

    @property
    def rule(self) -> Application:
        """As planning reckons with it."""
        return Application(self.users, self.rate_bps)


@dataclass(frozen=True, slots=True)
class NewOffice:
    """A new office on a link, of so many people; its name is a note."""

    link: str
    people: int
    name: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.people <= MOST_PEOPLE:
            raise InvalidValue("people", self.people, "give how many people it has, from 1 to 1000000")
        if len(self.name) > MOST_NAME:
            raise InvalidValue("offices", self.name, "use at most 80 characters")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a scenario changes: growth on top of the forecast and prices in per cent, what comes, which links go.

    Raises `InvalidValue` with the term's name.
    """

    growth_percent: int = 0
    price_percent: int = 0
    applications: tuple[NewApplication, ...] = ()
    offices: tuple[NewOffice, ...] = ()
    lost: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not GROWTH_PERCENT[0] <= self.growth_percent <= GROWTH_PERCENT[1]:
            raise InvalidValue("growth_percent", self.growth_percent, "give per cent from -90 to 900")
        if not PRICE_PERCENT[0] <= self.price_percent <= PRICE_PERCENT[1]:
            raise InvalidValue("price_percent", self.price_percent, "give per cent from -100 to 900")
        for name, added in (("applications", self.applications), ("offices", self.offices)):
            if len(added) > MOST_ADDED:
                raise InvalidValue(name, len(added), "give at most 50 of them")

    def links(self) -> Iterator[tuple[str, str]]:
        """Each term that names a link, with the link."""
        yield from (("applications", each.link) for each in self.applications)
        yield from (("offices", each.link) for each in self.offices)
        yield from (("lost", each) for each in self.lost)

    def what_if(self, name: str) -> WhatIf:
        """As planning plays it."""
        applications: dict[str, list[Application]] = defaultdict(list)
        offices: dict[str, list[rule.NewOffice]] = defaultdict(list)
        for each in self.applications:
            applications[each.link].append(each.rule)
        for office in self.offices:
            offices[office.link].append(rule.NewOffice(office.people))
        growth, price = 1000 + 10 * self.growth_percent, 1000 + 10 * self.price_percent
        return WhatIf(name, growth, price, applications, frozenset(self.lost), offices)


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept scenario with who kept it when (epoch seconds); no outcome where `missing`, one of its links, is gone, or
    where `problem` says why it cannot be played."""

    name: str
    terms: Terms
    by: str
    made_s: int
    outcome: Outcome | None
    missing: str = ""
    problem: str = ""


def tried(found: Book, terms: Terms, level: Level, name: str = "") -> Outcome:
    """What a scenario comes to over a year. Raises `NotFound` for a link, `InvalidValue`; `Conflict` before a study."""
    if not found.demands:
        raise Conflict("no link was studied yet; compute the studies first")
    for term, link in terms.links():
        if found.study(LINK, found.link(link).id) is None:
            raise InvalidValue(term, link, "choose a link that was studied, or compute the studies first")
    studied = [link.name for link in found.links if found.study(LINK, link.id) is not None]
    if terms.lost and all(name in terms.lost for name in studied):
        raise InvalidValue("lost", ", ".join(terms.lost), "leave at least one link")
    return played(found, terms.what_if(name), level, {}, MONTHS)


def kept(connection: Connection, found: Book, level: Level) -> list[Kept]:
    """All kept scenarios by name, each played anew; none before the first study."""
    return [_played(row, found, level) for row in plan_store.scenarios(connection)] if found.demands else []


def _played(row: Scenario, found: Book, level: Level) -> Kept:
    terms = Terms()
    try:
        terms = terms_of(row.terms)
        return Kept(row.name, terms, row.by, row.made_s, tried(found, terms, level, row.name))
    except NotFound as error:
        return Kept(row.name, terms, row.by, row.made_s, None, missing=str(error.key))
    except InvalidValue as error:
        return Kept(row.name, terms, row.by, row.made_s, None, problem=error.remedy)


def keep(office: Office, name: str, terms: Terms, level: Level, by: Author) -> Outcome:
    """Keep a scenario, in place of one of the same name. Raises as `tried` does, `InvalidValue` without a name."""
    if not 1 <= len(name) <= MOST_NAME:
        raise InvalidValue("name", name, "give it a name of at most 80 characters")
    with office.database.read() as connection:
        outcome = tried(book(connection, (LINK,)), terms, level, name)
    with office.database.write() as connection:
        before = _of_name(connection, name)
        plan_store.put_scenario(connection, name, text_of(terms), by.name, office.now_s)
        told = {} if before is None else _told_of(before)
        _audit(connection, office, name, "change" if before else "add", told, _told(terms), by)
    return outcome


def remove(office: Office, name: str, by: Author) -> None:
    """Forget a kept scenario. Raises `NotFound`."""
    with office.database.write() as connection:
        before = _of_name(connection, name)
        if before is None:
            raise NotFound(KIND, name)
        plan_store.forget_scenario(connection, name)
        _audit(connection, office, name, "remove", _told_of(before), {}, by)


def _of_name(connection: Connection, name: str) -> Scenario | None:
    return next((row for row in plan_store.scenarios(connection) if row.name == name), None)


def _told(terms: Terms) -> dict[str, object]:
    """Terms in the audit trail's plain values."""
    return {
        "growth": terms.growth_percent, "price": terms.price_percent, "lost": ", ".join(terms.lost),
        "applications": "; ".join(f"{one.link}: {one.users} x {one.rate_bps} bit/s" for one in terms.applications),
        "offices": "; ".join(f"{one.link}: {one.people} {one.name}".strip() for one in terms.offices),
    }  # fmt: skip


def _told_of(row: Scenario) -> dict[str, object]:
    try:
        return _told(terms_of(row.terms))
    except InvalidValue:  # a release before took it
        return {"terms": row.terms}


def _audit(
    connection: Connection, office: Office, name: str, action: str, before: Mapping[str, object],
    after: Mapping[str, object], by: Author,
) -> None:  # fmt: skip
    audit_store.append(
        connection, actor=by.name, action=action, kind=KIND, key=name, before=dict(before), after=dict(after),
        why=by.why, now_s=office.now_s,
    )  # fmt: skip


# -- terms as they are stored ------------------------------------------------------------------------------------------


def text_of(terms: Terms) -> str:
    """Terms as JSON."""
    return json.dumps(asdict(terms), ensure_ascii=False)


def terms_of(text: str) -> Terms:
    """`text_of`, undone; also what releases before wrote: one application, one link lost, the rate as it was typed."""
    found: Mapping[str, Any] = json.loads(text)
    if "growth_percent" not in found:
        return _earlier(found)
    return Terms(
        found["growth_percent"], found["price_percent"],
        tuple(NewApplication(**each) for each in found["applications"]),
        tuple(NewOffice(**each) for each in found["offices"]), tuple(found["lost"]),
    )  # fmt: skip


def _earlier(found: Mapping[str, Any]) -> Terms:
    applications: Sequence[NewApplication] = ()
    if found.get("link") and found.get("users"):
        rate = parse_rate(str(found["rate"]), "rate").down_bps
        applications = (NewApplication(str(found["link"]), int(found["users"]), rate),)
    lost = str(found.get("lost") or "")
    return Terms(int(found["growth"]), int(found["price"]), tuple(applications), (), (lost,) if lost else ())
