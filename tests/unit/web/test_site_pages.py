"""A site's page says which way holds its limit and why; tokens are made and revoked there; lines stand beside."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from netquota.services import gateway_tokens
from netquota.storage.database import Database
from tests.web_city import WebCity, post

NAME = "/sites/Dinkes"


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database)
    made.add("opd", code="DINKES", name="Kesehatan", ceiling="60M/30M")
    made.add("nas", name="gw-dinkes", address="10.0.0.1", family="mikrotik")
    made.add("site", name="Dinkes", opd="DINKES", nas="gw-dinkes", mode="whole_opd", match_vlan="20")
    made.add_admin()
    made.add_admin("pita", "planner", language="en")
    made.clock.advance(1)
    return made


@pytest.fixture
def rina(city: WebCity) -> FlaskClient:
    return city.browser()


def test_the_page_says_how_a_site_is_limited_and_why(city: WebCity) -> None:
    page = city.browser("pita").get(NAME).text
    assert "queue at the gateway" in page
    assert "one gateway serves this office and can hold its queue" in page
    assert "nothing carries the ceiling to the gateway" in page
    assert "nq-dinkes" in page
    assert "Make a token" not in page  # a planner looks on
    assert "antrean di gerbang" in city.browser().get(NAME).text


def test_the_offices_page_and_lists_say_it_too(rina: FlaskClient) -> None:
    assert "satu gerbang melayani kantor ini" in rina.get("/opds/DINKES").text
    for page in ("/links", "/gateways/gw-dinkes"):
        assert "antrean di gerbang" in rina.get(page).text


def test_a_token_is_made_shown_once_and_revoked(city: WebCity, rina: FlaskClient) -> None:
    made = post(rina, "/gateway-token/gw-dinkes", NAME, site="Dinkes")
    text = re.search(r"nqg_[\w-]+", made.text)
    assert text is not None
    assert made.headers["Cache-Control"] == "no-store"
    assert "/api/gateway/v1/queues" in made.text
    page = rina.get(NAME).text
    assert text[0] not in page
    assert "belum pernah dipakai" in page
    number = gateway_tokens.tokens_of(city.office, "gw-dinkes")[0].id
    done = post(rina, f"/gateway-token/gw-dinkes/{number}", NAME, site="Dinkes")
    assert done.headers["Location"] == "/sites/Dinkes"
    assert rina.get(f"{gateway_tokens.PULL_PATH}?token={text[0]}").status_code == 401
    assert post(rina, f"/gateway-token/gw-dinkes/{number}", NAME).headers["Location"] == "/gateways/gw-dinkes"
    assert post(rina, "/gateway-token/gw-lain", NAME).status_code == 404


def test_a_line_is_added_by_its_form_and_makes_the_site_a_circuit(rina: FlaskClient) -> None:
    form = "/new/circuit?site=Dinkes"
    done = post(
        rina, "/new/circuit", form, username="line-dinkes", name="Router Dinkes", site="Dinkes",
        mac_login="aa-bb-cc-00-11-22", why="VPN kependudukan",
    )  # fmt: skip
    assert done.status_code == 302, done.text
    page = rina.get(NAME).text
    assert "AA:BB:CC:00:11:22" in page
    assert "router kantor ini masuk sebagai satu sambungan" in page
    assert "line-dinkes" not in rina.get("/employees").text


def test_the_way_is_chosen_by_the_sites_form(rina: FlaskClient) -> None:
    asked = {"name": "Dinkes", "opd": "DINKES", "nas": "gw-dinkes", "mode": "whole_opd", "match_vlan": "20"}
    done = post(rina, "/edit/site/Dinkes", "/edit/site/Dinkes", **asked, way="share", version="1")
    assert done.headers["Location"] == "/sites/Dinkes"
    assert "dipilih admin" in rina.get(NAME).text
    refused = post(rina, "/edit/site/Dinkes", "/edit/site/Dinkes", **asked | {"match_vlan": "5000"}, version="2")
    assert refused.status_code == 400
