"""Kept scenarios: their terms, what they come to, who kept and removed which; rows of releases before."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from netquota.domain.samples import LINK
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services.allocate import add
from netquota.services.office import Author, Office
from netquota.services.planning import computing, scenarios
from netquota.services.planning.dimensioning import Book, Level, book
from netquota.services.planning.scenarios import Kept, NewApplication, NewOffice, Terms
from netquota.storage import audit_store, plan_store
from netquota.storage.audit_store import AuditFilter
from netquota.storage.database import Connection

BY = Author("rina", "rapat anggaran")
BUSY, QUIET = "Tautan Layanan", "Tautan Balai Kota"
M = 10**6


@pytest.fixture(scope="module")
def city(planned_city: Office) -> Office:
    for number in range(4):
        add(
            planned_city,
            "employee",
            {"username": f"p{number}", "name": "P", "opd": "DPMPTSP", "password": "kata sandi panjang"},
            BY,
        )
    computing.compute(planned_city.database, planned_city.zone, planned_city.clock)
    return planned_city


@pytest.fixture
def reading(city: Office) -> Iterator[Connection]:
    with city.database.read() as connection:
        yield connection


def level(city: Office) -> Level:
    return Level.of_coming_year(city.today)


def capacity(found: Book, city: Office, terms: Terms) -> dict[str, int]:
    return {link.link: link.capacity_bps // M for link in scenarios.tried(found, terms, level(city)).links}


def kept(city: Office) -> list[Kept]:
    with city.database.read() as connection:
        return scenarios.kept(connection, book(connection, (LINK,)), level(city))


def test_each_term_does_its_part(city: Office, reading: Connection) -> None:
    found = book(reading, (LINK,))
    base = capacity(found, city, Terms())
    double = capacity(found, city, Terms(offices=(NewOffice(BUSY, 4),)))  # as many as there are
    assert double[BUSY] == pytest.approx(2 * base[BUSY], abs=1)
    assert double[QUIET] == base[QUIET]
    more = (NewApplication(BUSY, 100, M), NewApplication(BUSY, 100, M), NewApplication(QUIET, 100, M))
    added = capacity(found, city, Terms(applications=more))
    assert added[BUSY] - base[BUSY] == pytest.approx(60 / 0.95, abs=1)
    assert added[QUIET] - base[QUIET] == pytest.approx(30 / 0.95, abs=1)
    assert set(capacity(found, city, Terms(lost=(BUSY,)))) == {QUIET}
    dear = scenarios.tried(found, Terms(price_percent=100), level(city))
    assert dear.total_rp == 2 * scenarios.tried(found, Terms(), level(city)).total_rp


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (lambda: Terms(growth_percent=-91), "growth_percent"), (lambda: Terms(price_percent=901), "price_percent"),
        (lambda: NewApplication(BUSY, 0, M), "users"), (lambda: NewApplication(BUSY, 1, 0), "rate_bps"),
        (lambda: NewApplication(BUSY, 10**7, 10**8), "rate_bps"), (lambda: NewOffice(BUSY, 0), "people"),
        (lambda: NewOffice(BUSY, 1, "x" * 81), "offices"),
        (lambda: Terms(offices=(NewOffice(BUSY, 1),) * 51), "offices"),
    ],
)  # fmt: skip
def test_terms_that_cannot_be_are_refused_by_name(terms: object, field: str) -> None:
    assert callable(terms)
    with pytest.raises(InvalidValue) as refused:
        terms()
    assert refused.value.field == field


def test_links_that_cannot_be_are_refused(city: Office, reading: Connection) -> None:
    found = book(reading, (LINK,))
    for terms, field in ((Terms(offices=(NewOffice(QUIET, 1),)), "offices"), (Terms(lost=(BUSY, QUIET)), "lost")):
        with pytest.raises(InvalidValue) as refused:
            scenarios.tried(found, terms, level(city))
        assert refused.value.field == field
    with pytest.raises(NotFound):
        scenarios.tried(found, Terms(lost=("Lain",)), level(city))
    unstudied = {key: study for key, study in found.studies.items() if key[1] != found.link(BUSY).id}
    with pytest.raises(InvalidValue, match="studied") as refused:
        scenarios.tried(Book(found.links, found.opds, unstudied, found.demands), Terms(lost=(BUSY,)), level(city))
    assert refused.value.field == "lost"
    quiet = {key: study for key, study in found.studies.items() if key[1] != found.link(QUIET).id}
    with pytest.raises(InvalidValue, match="at least one") as refused:  # the other was never studied
        scenarios.tried(Book(found.links, found.opds, quiet, found.demands), Terms(lost=(BUSY,)), level(city))
    assert refused.value.field == "lost"
    with pytest.raises(Conflict):
        scenarios.tried(Book(found.links, found.opds, {}, {}), Terms(), level(city))


def test_who_kept_changed_and_removed_a_scenario_stands_in_the_trail(city: Office) -> None:
    terms = Terms(10, 0, (NewApplication(BUSY, 120, 2 * M),), (NewOffice(BUSY, 2, "Loket baru"),), (QUIET,))
    outcome = scenarios.keep(city, "MPP", Terms(10), level(city), BY)
    assert len(outcome.links) == 2
    scenarios.keep(city, "MPP", terms, level(city), BY)
    assert [(each.name, each.terms, each.by) for each in kept(city)] == [("MPP", terms, "rina")]
    scenarios.remove(city, "MPP", BY)
    with pytest.raises(NotFound):
        scenarios.remove(city, "MPP", BY)
    with pytest.raises(InvalidValue, match="name"):
        scenarios.keep(city, "", terms, level(city), BY)
    with city.database.read() as connection:
        trail = list(audit_store.entries(connection, AuditFilter(kind="scenario")))
    assert [each.action for each in trail] == ["remove", "change", "add"]
    assert {(each.actor, each.why) for each in trail} == {("rina", "rapat anggaran")}
    assert trail[1].before["growth"] == 10
    assert trail[1].after["offices"] == f"{BUSY}: 2 Loket baru"


def test_rows_of_releases_before_are_read_and_what_lost_its_link_says_so(city: Office) -> None:
    terms = {"name": "Lama", "growth": 20, "price": -5, "link": BUSY, "users": 30, "rate": "2M", "lost": ""}
    gone = terms | {"lost": "Tautan Lama", "link": ""}
    with city.database.write() as connection:
        plan_store.put_scenario(connection, "Lama", json.dumps(terms), "rina", city.now_s)
        plan_store.put_scenario(connection, "Putus", json.dumps(gone), "rina", city.now_s)
    read = {each.name: each for each in kept(city)}
    assert read["Lama"].terms == Terms(20, -5, (NewApplication(BUSY, 30, 2 * M),))
    assert read["Lama"].outcome is not None
    assert (read["Putus"].outcome, read["Putus"].missing) == (None, "Tautan Lama")
    for name in read:
        scenarios.remove(city, name, BY)
    assert kept(city) == []
