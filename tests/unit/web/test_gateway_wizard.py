"""The wizard: one form makes gateway and site or neither, the configuration follows, what arrives turns green."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from netquota.services.allocate import get
from netquota.services.gateway_secrets import secrets_of
from netquota.storage.database import Database
from netquota.storage.gateway_store import add_problems, ensure_gateways, heard
from tests.web_city import WebCity, token_of

NEW, SETUP, WATCH = "/new-gateway", "/new-gateway/gw-baru", "/gateway-watch/gw-baru"
ASKED = {
    "name": "gw-baru",
    "address": "10.9.0.1",
    "family": "mikrotik",
    "opd": "DINKES",
    "link": "Utama",
    "why": "baru",
}


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database, web={"public_url": "https://nq.kota.go.id"})
    made.add("opd", code="DINKES", name="Dinas Kesehatan", ceiling="60M/30M")
    made.add("link", name="Utama", provider="Penyedia", capacity="100M/100M")
    made.add_admin()
    made.add_admin("adit", "auditor")
    made.clock.advance(1)
    return made


def register(client: FlaskClient, fields: dict[str, str]) -> TestResponse:
    sent = {"csrf_token": token_of(client.get(NEW)), **fields}
    return client.post(NEW, data=sent, follow_redirects=True)


def test_one_form_makes_gateway_and_site_and_shows_the_configuration(city: WebCity) -> None:
    rina = city.browser()
    page = register(rina, ASKED)
    assert page.headers["Cache-Control"] == "no-store"
    with city.app.test_request_context():
        secret = secrets_of(city.context.policy.snapshot, "gw-baru").secret
    assert page.text.count(secret) >= 2
    assert "/gateway-watch/gw-baru" in page.text
    site = get(city.office, "site", "gw-baru").values
    assert (site["opd"], site["link"], site["nas"]) == ("DINKES", "Utama", "gw-baru")


def test_the_configuration_can_be_come_back_to_and_names_the_interfaces_given(city: WebCity) -> None:
    rina = city.browser()
    page = register(rina, ASKED | {"wan_interface": "sfp1", "hotspot_interface": "bridge-tamu"})
    assert "bridge-tamu" in page.text
    with city.app.test_request_context():
        secret = secrets_of(city.context.policy.snapshot, "gw-baru").secret
    assert secret in rina.get(SETUP).text  # as the browser's Back asks for it
    assert secret not in city.browser().get(SETUP, follow_redirects=True).text
    city.clock.advance(1000)
    masked = rina.get(SETUP, follow_redirects=True)
    assert masked.status_code == 200
    assert secret not in masked.text


def test_the_interfaces_given_go_with_each_further_page(city: WebCity) -> None:
    rina = city.browser()
    page = register(rina, ASKED | {"wan_interface": "sfp1", "hotspot_interface": "bridge-tamu"})
    said = "wan_interface=sfp1&amp;hotspot_interface=bridge-tamu"
    assert f"{WATCH}?{said}" in page.text
    assert f"/gateway-config/gw-baru?{said}" in page.text
    assert f"/gateway-config/gw-baru?{said}" in rina.get(f"{WATCH}?{said}".replace("&amp;", "&")).text
    city.clock.advance(1000)
    later = rina.get(f"{SETUP}?{said}".replace("&amp;", "&"), follow_redirects=True).text
    assert 'value="sfp1"' in later
    assert "bridge-tamu" in later


def test_the_configuration_lets_everybody_through_to_what_is_always_reachable(city: WebCity) -> None:
    city.add("reachable", name="E-office", hosts="e-office.kota.go.id")
    assert "e-office.kota.go.id" in register(city.browser(), ASKED).text


def test_without_an_office_it_says_what_is_missing(city: WebCity) -> None:
    page = register(city.browser(), ASKED | {"opd": "", "link": ""})
    assert "Belum ada OPD" in page.text


@pytest.mark.parametrize("fields", [{"address": "salah"}, {"name": ""}, {"name": "gw-lama"}])
def test_what_is_wrong_is_told_and_nothing_is_made(city: WebCity, fields: dict[str, str]) -> None:
    city.add("nas", name="gw-lama", address="10.9.0.2", family="mikrotik", secret="s" * 20)
    answer = register(city.browser(), ASKED | fields)
    assert answer.status_code == 400
    assert "has-error" in answer.text
    assert "10.9.0.1" in answer.text or fields.get("address") == "salah"
    assert "gw-baru" not in city.browser().get("/gateways").text


def test_a_site_of_that_name_lets_no_half_of_it_stand(city: WebCity) -> None:
    city.add("site", name="gw-baru", opd="DINKES")
    rina = city.browser()
    assert register(rina, ASKED).status_code == 400
    assert "10.9.0.1" not in rina.get("/gateways").text


def test_what_arrives_turns_green_line_by_line(city: WebCity) -> None:
    rina = city.browser()
    register(rina, ASKED)
    page = rina.get(WATCH).text
    assert "0 dari 8 terlihat" in page
    assert "/radius" in page  # what to enter for the first packet
    nas_id = int(get(city.office, "nas", "gw-baru").row["id"])
    with city.database.write() as connection:
        add_problems(connection, {(nas_id, "wrong_authenticator"): 3}, city.now_s)
    page = rina.get(WATCH, headers={"HX-Request": "true"}).text
    assert "<html" not in page
    assert "1 dari 8 terlihat" in page
    assert "kunci bersama berbeda" in page
    with city.database.write() as connection:
        ensure_gateways(connection, {(nas_id, "gw-baru"): "10.9.0.1"}, city.now_s)
        heard(connection, {1: (city.now_s + 5, city.now_s + 5, "10.9.0.1")}, "w", city.now_s + 5)
    city.clock.advance(10)
    page = rina.get(WATCH).text
    assert "4 dari 8 terlihat" in page
    assert "kunci bersama berbeda" not in page
    assert city.browser("adit").get(WATCH).status_code == 200
    assert rina.get("/gateway-watch/tidak-ada").status_code == 404


def test_a_stranger_is_registered_with_its_address(city: WebCity) -> None:
    assert 'value="192.0.2.7"' in city.browser().get(f"{NEW}?address=192.0.2.7").text
