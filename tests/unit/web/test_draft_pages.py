"""The allocation board and drafts on the pages: proposals by method, a draft of what differs, published."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from netquota.services.allocate import get
from netquota.storage.database import Database
from tests.web_city import WebCity, token_of

BOARD = "/allocation?link=Utama"


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database)
    made.add("link", name="Utama", provider="Penyedia", capacity="100M/50M", availability="99.5%")
    made.add("nas", name="gw", address="10.0.0.1", family="mikrotik", secret="s" * 20)
    for number, (code, weight, guaranteed) in enumerate((("DINKES", "3", "20M/10M"), ("DINSOS", "1", ""))):
        made.add("opd", code=code, name=code.title(), ceiling="60M/30M", weight=weight, guaranteed=guaranteed)
        made.add("site", name=f"Lokasi {number}", opd=code, nas="gw", link="Utama", match_gateway=code)
    for number in range(4):
        made.add("employee", username=f"p{number}", name=f"P {number}", opd="DINKES" if number else "DINSOS")
    made.add_admin()
    made.add_admin("adit", "auditor")
    made.clock.advance(1)
    return made


def send(client: FlaskClient, address: str, page: str, **fields: str) -> TestResponse:
    return client.post(address, data={"csrf_token": token_of(client.get(page)), **fields})


def fields_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="c_([A-Z]+)" value="([^"]*)"', page))


def test_the_board_shows_what_holds_and_what_each_method_proposes(city: WebCity) -> None:
    rina = city.browser()
    page = rina.get(BOARD).text
    assert "120% dari kapasitas" in page.replace("\xa0", "")
    assert fields_of(page) == {"DINKES": "60M/30M", "DINSOS": "60M/30M"}
    assert fields_of(rina.get(f"{BOARD}&method=weight").text) == {"DINKES": "80M/40M", "DINSOS": "20M/10M"}
    assert fields_of(rina.get(f"{BOARD}&method=headcount").text) == {"DINKES": "80M/40M", "DINSOS": "20M/10M"}
    assert fields_of(rina.get(f"{BOARD}&method=use").text) == {"DINKES": "60M/30M", "DINSOS": "40M/20M"}


def test_promises_beyond_the_capacity_are_called_so(city: WebCity) -> None:
    city.add("opd", code="DISHUB", name="Dishub", guaranteed="90M/40M", ceiling="95M/40M")
    city.add("site", name="Lokasi C", opd="DISHUB", nas="gw", link="Utama", match_gateway="c")
    rina = city.browser()
    assert "Jaminan melebihi kapasitas sebesar 10 Mbit/s" in rina.get(BOARD).text
    assert "Jaminan melebihi kapasitas" in rina.get("/links/Utama").text
    assert fields_of(rina.get(f"{BOARD}&method=use").text)["DISHUB"] == "95M/40M"  # no method has an answer


def test_a_draft_of_what_differs_is_published(city: WebCity) -> None:
    rina = city.browser()
    made = send(rina, "/allocation", BOARD, link="Utama", c_DINKES="80M/40M", c_DINSOS="60M/30M", why="rapat")
    assert made.location.endswith("/drafts/1")
    page = rina.get("/drafts/1").text
    assert "80 / 40 Mbit/s" in page.replace("\xa0", " ")
    assert "DINSOS" not in page.split("Yang berubah")[1].split("</section>")[0]
    assert get(city.office, "opd", "DINKES").values["ceiling"] == "60M/30M"
    assert send(rina, "/draft-act/1", "/drafts/1", act="publish", why="").status_code == 400
    assert send(rina, "/draft-act/1", "/drafts/1", act="publish", why="rapat 24 November").status_code == 302
    assert get(city.office, "opd", "DINKES").values["ceiling"] == "80M/40M"
    assert "diterbitkan" in rina.get("/drafts").text


@pytest.mark.parametrize("typed", ["banyak", "60M/30M"])
def test_what_is_no_rate_or_no_difference_makes_no_draft(city: WebCity, typed: str) -> None:
    rina = city.browser()
    answer = send(rina, "/allocation", BOARD, link="Utama", c_DINKES=typed, c_DINSOS="60M/30M")
    assert answer.status_code == 400
    assert fields_of(answer.text)["DINKES"] == typed
    assert "Belum ada konsep" in rina.get("/drafts").text


def test_it_is_timed_put_in_shadow_and_discarded(city: WebCity) -> None:
    rina = city.browser()
    send(rina, "/allocation", BOARD, link="Utama", c_DINKES="80M/40M", c_DINSOS="20M/10M")
    act = "/draft-act/1", "/drafts/1"
    assert send(rina, *act, act="schedule", why="x", publish_at="2020-01-01T00:00").status_code == 400
    assert send(rina, *act, act="schedule", why="x", publish_at="2026-12-01T07:00").status_code == 302
    assert "menunggu waktunya" in rina.get("/drafts/1").text
    assert send(rina, *act, act="back").status_code == 302
    assert send(rina, *act, act="shadow").status_code == 302
    assert "dalam bayangan" in rina.get("/drafts/1").text
    assert send(rina, *act, act="leave_out", what="opd/DINSOS").status_code == 302
    assert "DINSOS" not in rina.get("/drafts/1").text
    assert send(rina, *act, act="salah").status_code == 404
    assert send(rina, *act, act="discard").status_code == 302
    assert rina.get("/drafts/1").status_code == 404


def test_auditors_see_and_change_nothing(city: WebCity) -> None:
    rina, adit = city.browser(), city.browser("adit")
    send(rina, "/allocation", BOARD, link="Utama", c_DINKES="80M/40M", c_DINSOS="60M/30M")
    assert "Terbitkan" not in adit.get("/drafts/1").text
    assert adit.get(BOARD).status_code == 200
    assert send(adit, "/draft-act/1", "/account", act="publish", why="x").status_code == 403


def test_many_changed_at_once_may_become_a_draft(city: WebCity) -> None:
    rina = city.browser()
    where = "/bulk/opd?field=ceiling"
    made = rina.post(where, data={"csrf_token": token_of(rina.get(where)), "field": "ceiling", "ceiling": "50M/25M",
                                  "key": ["DINKES", "DINSOS"], "why": "hemat", "draft": "1"})  # fmt: skip
    assert made.location.endswith("/drafts/1")
    assert get(city.office, "opd", "DINSOS").values["ceiling"] == "60M/30M"


def test_the_link_tells_its_contract_and_how_it_is_divided(city: WebCity) -> None:
    page = city.browser().get("/links/Utama").text
    assert "99.5%" in page
    assert "belum terukur" in page
    assert "Dinkes" in page or "DINKES" in page
