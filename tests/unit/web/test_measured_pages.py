"""Where an interface is read it tells use now and P95; pages, API and command say which one stands beside a figure."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from netquota.domain.interfaces import Faces
from netquota.domain.samples import BIN_S, LINK, LINK_INTERFACE, SITE_INTERFACE
from netquota.services import interfaces
from netquota.services.interfaces import Answer, Counters
from netquota.services.measured import flow_now, measured, told_of
from netquota.storage import gateway_store, interface_store
from netquota.storage.database import Database
from netquota.storage.interface_store import Reach, Wanted
from netquota.storage.ledger_store import page_on
from tests.web_city import WebCity
from web.admin import words

M = 1_000_000


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database)
    made.add("opd", code="DINKES", name="Kesehatan", ceiling="60M/30M")
    made.add("nas", name="gw", address="10.0.0.1", family="mikrotik", snmp="2c", snmp_community="kota-baca")
    made.add("link", name="A", provider="P", capacity="100M/50M", nas="gw", interface="ether1",
             probe_address="192.0.2.1")  # fmt: skip
    made.add("link", name="B", provider="P", capacity="100M/50M")
    made.add("site", name="Dinkes", opd="DINKES", link="A", nas="gw", interface="vlan20")
    made.add_admin()
    made.add_admin("pita", "planner", language="en")
    made.clock.advance(1)
    return made


def read(city: WebCity, link: tuple[int, int], site: tuple[int, int], problem: str = "") -> None:
    wanted = [
        Wanted(LINK_INTERFACE, 1, "A", 1, "gw", "ether1", Faces.PROVIDER),
        Wanted(SITE_INTERFACE, 1, "Dinkes", 1, "gw", "vlan20", Faces.USERS),
    ]
    found = {} if problem else {"ether1": Counters(*link), "vlan20": Counters(*site)}
    with city.database.write() as connection:
        answer = Answer(city.now_s, found, problem=problem)
        interfaces.take(connection, wanted, answer, interfaces.SNMP, city.now_s)


@pytest.fixture
def busy(city: WebCity) -> WebCity:
    """Read twice, 300 s apart: 40 Mbit/s down at the link, 8 at the site; sessions tell a quarter of it."""
    read(city, (0, 0), (0, 0))
    city.clock.advance(BIN_S)
    read(city, (1_500 * M, 75 * M), (30 * M, 300 * M))
    with city.database.write() as connection:
        interface_store.add_reach(
            connection, [Reach(1, city.now_s // BIN_S * BIN_S, "server", 200, 199, 12_345, 20_000)]
        )
    city.clock.advance(60)
    return city


@pytest.fixture
def pita(busy: WebCity) -> FlaskClient:
    return busy.browser("pita")


def test_use_now_of_a_link_is_its_interfaces(busy: WebCity, pita: FlaskClient) -> None:
    page = pita.get("/links/A").text
    assert "40.0 <small>of 100 Mbit/s" in page
    assert "by its interface" in page
    assert "ether1 at gw" in page
    assert "ago, by SNMP" in page
    assert "192.0.2.1 from the server, 24 hours" in page
    assert "0.5" in page
    assert "12.3" in page
    assert "by its sessions" in pita.get("/links/B").text
    assert "by its interface" in pita.get("/overview").text


def test_a_reading_that_is_old_says_nothing_of_now(busy: WebCity) -> None:
    busy.clock.advance(interfaces.STALE_S)
    page = busy.browser("pita").get("/links/A").text
    assert "by its sessions" in page
    assert "ago, by SNMP" in page


def test_the_sites_page_says_its_own(pita: FlaskClient) -> None:
    page = pita.get("/sites/Dinkes").text
    assert "8.00 Mbit/s, by its interface" in page.replace("8.0 ", "8.00 ")
    assert "vlan20 at gw" in page


def test_an_office_uses_what_its_sites_do(busy: WebCity) -> None:
    with busy.database.read() as connection:
        found = flow_now(connection, busy.now_s)
    assert (found.opds[1].down_bps, found.opds[1].is_measured) == (8 * M, True)
    assert (found.links[1].down_bps, found.links[1].up_bps) == (40 * M, 2 * M)
    assert 2 not in found.links


def test_why_nothing_is_read_stands_on_the_page(city: WebCity) -> None:
    read(city, (0, 0), (0, 0), "SNMP: no answer")
    assert "SNMP: no answer" in city.browser("pita").get("/links/A").text
    read(city, (0, 0), (0, 0), interfaces.NO_WAY)
    assert "atur SNMP di sana" in city.browser().get("/links/A").text


def test_what_no_session_accounts_for_stands_on_the_page(city: WebCity) -> None:
    city.clock.advance(3600 - city.now_s % 3600)
    hour_s = city.now_s
    for number in range(13):
        read(city, (number * 1000, 0), (0, 0))
        city.clock.advance(BIN_S)
    with city.database.write() as connection:
        page_on(connection).add_samples([(LINK, 1, hour_s, 3_000, 0)])
    assert "75" in city.browser("pita").get("/links/A").text.partition("Seen by no session")[2][:80]
    with city.database.read() as connection:
        told = told_of(measured(connection, LINK, 1, city.now_s))
    assert told["unaccounted"] == {"measured_octets": 12_000, "accounted_octets": 3_000, "share": 0.75}


def test_a_link_without_an_interface_says_what_is_not_seen(city: WebCity) -> None:
    assert "Server, VPN, dan sirkuit tidak terlihat" in city.browser().get("/links/B").text


def test_a_gateway_with_a_wrong_secret_needs_attention_and_is_not_called_silent(city: WebCity) -> None:
    before = city.browser("pita").get("/overview").text
    assert "was never heard" in before
    with city.database.write() as connection:
        gateway_store.add_problems(connection, {(1, "wrong_authenticator"): 3}, city.now_s)
    city.clock.advance(60)
    page = city.browser("pita").get("/overview").text
    assert "its packets are dropped, as the shared secret is wrong" in page
    assert "was never heard" not in page
    with city.database.write() as connection:  # it was heard once: still the secret is what is wrong
        gateway_store.ensure_gateways(connection, {(1, "gw"): "10.0.0.1"}, city.now_s - 7200)
    page = city.browser("pita").get("/overview").text
    assert "its packets are dropped" in page
    assert "is silent since" not in page


def test_names_of_too_many_gateways_need_attention(city: WebCity) -> None:
    with city.database.write() as connection:
        gateway_store.add_problems(connection, {(1, "too_many_gateways"): 1}, city.now_s)
    page = city.browser("pita").get("/overview").text
    assert "names more gateways (NAS-Identifier) than it may" in page
    assert "radius.gateways_per_client" in city.browser("rina").get("/gateways/gw").text


def test_a_session_says_what_set_its_limit(city: WebCity) -> None:
    assert words.limit_cause("") == ""
    with city.app.test_request_context(headers={"Accept-Language": "en"}):
        assert words.limit_cause("quota_throttled") in ("the quota is spent", "kuota habis")


def test_an_interface_that_is_not_read_needs_attention_after_a_while(city: WebCity) -> None:
    read(city, (0, 0), (0, 0), "SNMP: no answer")
    assert "is not read" not in city.browser("pita").get("/overview").text
    city.clock.advance(interfaces.STALE_S + 1)
    page = city.browser("pita").get("/overview").text
    assert "The interface of" in page
    assert "SNMP: no answer" in page
    read(city, (1, 1), (1, 1))
    assert "is not read" not in city.browser("pita").get("/overview").text
