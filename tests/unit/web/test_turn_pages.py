"""Pages and API of groups that take turns: whose turn it is, the calendar, a swap, and who may do it."""

from __future__ import annotations

import json
import re
from time import process_time
from typing import Any

import pytest
from flask.testing import FlaskClient

from netquota.services import allocate, api_tokens
from netquota.services.api_tokens import TokenScope
from netquota.storage import ceiling_grant_store
from netquota.storage.database import Database
from tests.web_city import BY, WebCity, post, token_of

TUESDAY_S = 1795453200  # 2026-11-24 00:00 WIB
DAY_S = 86_400


@pytest.fixture
def web(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database)
    made.add_admin()
    for code in ("DINKES", "DISDIK", "RSUD"):
        made.add("opd", code=code, name=f"Kantor {code}")
    made.add(
        "rotation", key="giliran", name="Giliran layanan", opds="DINKES, DISDIK, RSUD", turn="daily", bonus="20M/5M"
    )
    return made


@pytest.fixture
def client(web: WebCity) -> FlaskClient:
    return web.browser()


def test_the_list_says_whose_turn_it_is_and_who_comes_next(client: FlaskClient) -> None:
    page = client.get("/rotation?lang=id").text
    assert "Kelompok bergilir" in page
    assert page.index('href="/rotation/giliran"') < page.index("DINKES") < page.index("DISDIK")


def test_without_a_group_the_list_says_what_it_is_for(sqlite_database: Database) -> None:
    web = WebCity.on(sqlite_database)
    web.add_admin()
    assert 'href="/new/rotation"' in web.browser().get("/rotation").text


def test_the_calendar_shows_turns_from_now_on_and_others_by_their_day(client: FlaskClient) -> None:
    page = client.get("/rotation/giliran?lang=en").text
    assert page.count('aria-current="date"') == 1
    assert "Next in the queue" in page
    assert "DISDIK, RSUD, DINKES" in page
    assert "No turn in these days" in client.get("/rotation/giliran?from=2025-01-01&lang=en").text
    assert client.get("/rotation/giliran?from=9999-99-99").status_code == 200
    assert client.get("/rotation/lain").status_code == 404


def test_two_turns_change_hands_with_a_reason(client: FlaskClient) -> None:
    one, other = str(TUESDAY_S + DAY_S), str(TUESDAY_S + 2 * DAY_S)
    address, page = "/rotation/giliran/swap", "/rotation/giliran?lang=en"
    assert post(client, address, page, one=one, other=other).status_code == 400
    assert post(client, address, page, one=one, other="x", why="tukar").status_code == 400
    assert post(client, address, page, one=one, other=one, why="tukar").status_code == 400
    assert post(client, address, page, one=one, other=other, why="tukar").status_code == 302
    after = client.get(page).text
    assert "RSUD, DISDIK, DINKES" in after
    assert after.count("swapped") == 2


def test_a_planner_looks_alone(web: WebCity) -> None:
    web.add_admin("perencana", "planner")
    planner = web.browser("perencana")
    page = planner.get("/rotation/giliran")
    assert page.status_code == 200
    assert "/swap" not in page.text
    assert post(planner, "/rotation/giliran/swap", why="x").status_code == 403


def test_the_form_says_what_a_group_cannot_be(client: FlaskClient) -> None:
    wrong = {"key": "g2", "name": "G", "opds": "DINKES", "turn": "weekly", "bonus": "5M", "times": "00:00"}
    answer = post(client, "/new/rotation", "/new/rotation", **wrong, in_order="DISDIK, DINKES")
    assert answer.status_code == 400
    assert 'id="opds-error"' in answer.text
    assert 'value="DISDIK, DINKES"' in answer.text


def test_members_are_ticked_and_keep_their_order_newcomers_stand_at_the_end(web: WebCity, client: FlaskClient) -> None:
    web.add("opd", code="BKPSDM", name="Badan")
    data: dict[str, Any] = {"key": "g2", "name": "G", "turn": "weekly", "bonus": "5M", "times": "00:00", "every": "2"}
    page = client.get("/new/rotation")
    assert 'type="checkbox" value="DISDIK"' in page.text
    data |= {"csrf_token": token_of(page), "opds": ["DINKES", "DISDIK"], "in_order": "DISDIK"}
    assert client.post("/new/rotation", data=data).location == "/rotation/g2"
    assert allocate.get(web.office, "rotation", "g2").values["opds"] == "DISDIK, DINKES"
    page = client.get("/edit/rotation/g2")
    assert re.findall(r'<input checked[^>]*name="opds"[^>]*value="(\w+)"', page.text) == ["DINKES", "DISDIK"]
    data |= {"opds": ["BKPSDM", "DINKES", "DISDIK"], "in_order": "", "version": version_of(page.text)}
    assert client.post("/edit/rotation/g2", data=data).status_code == 302
    assert allocate.get(web.office, "rotation", "g2").values["opds"] == "DISDIK, DINKES, BKPSDM"


def version_of(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found is not None
    return found[1]


def asked(web: WebCity, method: str, path: str, body: object = None) -> tuple[int, Any]:
    token = api_tokens.create(web.office, "rina", "uji", tuple(TokenScope), BY).text
    sent: dict[str, Any] = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    answer = web.visitor().open(f"/api/v1{path}", method=method, headers={"Authorization": f"Bearer {token}"}, **sent)
    return answer.status_code, answer.json


def test_programs_read_the_calendar_and_swap(sqlite_database: Database) -> None:
    web = WebCity.on(sqlite_database, web={"plain_http": True})
    web.add_admin()
    for code in ("DINKES", "DISDIK", "RSUD"):
        web.add("opd", code=code, name=code)
    made = {"key": "giliran", "name": "G", "opds": ["DISDIK", "DINKES"], "turn": "daily", "octets": 10**9}
    assert asked(web, "POST", "/rotations", made)[0] == 201
    assert asked(web, "GET", "/rotations/giliran")[1]["fields"]["opds"] == ["DISDIK", "DINKES"]
    status, told = asked(web, "GET", "/rotations/giliran/calendar?until=2026-11-27T12:00:00%2B07:00")
    assert status == 200
    assert [each["member"] for each in told["turns"]] == ["DISDIK", "DINKES", "DISDIK", "DINKES"]
    body = {"one": told["turns"][1]["begins"], "other": told["turns"][2]["begins"], "why": "tukar"}
    assert asked(web, "POST", "/rotations/giliran/swap", body)[1]["turns"][0]["member"] == "DISDIK"
    assert asked(web, "POST", "/rotations/giliran/swap", body | {"other": "2026-11-24T00:00:00Z"})[0] == 422
    assert asked(web, "GET", "/rotations/lain/calendar")[0] == 404


@pytest.mark.parametrize(("name", "moment"), [
    ("from", "9000-01-01T00:00:00Z"),
    ("from", "0001-01-01T00:00:00"),
    ("until", "9999-12-31T23:59:59Z"),
])  # fmt: skip
def test_programs_get_no_calendar_of_years_out_of_reach(sqlite_database: Database, name: str, moment: str) -> None:
    web = WebCity.on(sqlite_database, web={"plain_http": True})
    web.add_admin()
    web.add("opd", code="DINKES", name="DINKES")
    web.add("rotation", key="kerja", name="G", opds="DINKES", turn="workday", bonus="5M", starts_on="2010-01-04")
    before_s = process_time()
    status, told = asked(web, "GET", f"/rotations/kerja/calendar?{name}={moment}")
    assert process_time() - before_s < 5
    assert status == 422
    assert name in json.dumps(told)
    assert asked(web, "GET", "/rotations/kerja/calendar?from=2099-12-31T00:00:00Z")[0] == 200
    body = {"one": moment.replace("%2B", "+"), "other": "2026-12-01T08:00:00Z", "why": "tukar"}
    assert asked(web, "POST", "/rotations/kerja/swap", body)[0] == 422


def test_who_waits_longest_stands_on_the_page_and_is_told_to_programs(sqlite_database: Database) -> None:
    web = WebCity.on(sqlite_database, web={"plain_http": True})
    web.add_admin()
    for code in ("DINKES", "DISDIK"):
        web.add("opd", code=code, name=code, ceiling="10M/10M")
    web.add("rotation", key="tunggu", name="T", opds="DISDIK, DINKES", bonus="5M", choice="longest_wait")
    client = web.browser()
    page = client.get("/rotation/tunggu?lang=id").text
    assert "OPD yang paling lama menunggu" in page
    assert "terlihat saat giliran dimulai" in page
    waits = page.partition('id="h-waits"')[2]
    assert waits.index("DINKES") < waits.index("DISDIK"), "nobody waited: by code"
    assert "Swap two turns" not in client.get("/rotation/tunggu?lang=en").text, "there is none to come that is known"
    assert client.get("/rotation?lang=en").status_code == 200
    told = asked(web, "GET", "/rotations/tunggu/calendar")[1]
    assert (told["queue"], told["turns"]) == ([], [])
    assert [(each["member"], each["at_limit_seconds"]) for each in told["waiting"]] == [("DINKES", 0), ("DISDIK", 0)]
    made = {"key": "orang", "name": "O", "employees": ["x"], "bonus": "5M", "choice": "longest_wait"}
    status, told = asked(web, "POST", "/rotations", made)
    assert status == 422
    assert "choice" in json.dumps(told) or "employees" in json.dumps(told)


def test_events_are_listed_and_ended_with_a_way_back(web: WebCity, client: FlaskClient) -> None:
    assert 'href="/new/event"' in client.get("/events").text
    made = {
        "key": "hut",
        "name": "HUT",
        "opds": "DINKES,RSUD",
        "until": "2026-11-25",
        "bonus": "20M/5M",
        "reason": "HUT",
    }
    assert post(client, "/new/event", "/new/event", **made).location == "/events"
    page = client.get("/events?lang=id").text
    assert "DINKES, RSUD" in page
    assert "/events/hut/end" in page
    assert post(client, "/events/hut/end", "/events").status_code == 302
    page = client.get("/events?lang=en").text
    assert "past" in page
    assert "/undo/" in page
    assert post(client, "/events/hut/end", "/events").status_code == 409
    web.add_admin("perencana", "planner")
    assert post(web.browser("perencana"), "/events/hut/end", "/account").status_code == 403


def test_an_event_is_for_the_ticked_opds_and_is_looked_at_before_it_is_saved(web: WebCity, client: FlaskClient) -> None:
    allocate.change(web.office, "opd", "DINKES", {"ceiling": "60M/30M"}, BY)
    allocate.change(web.office, "opd", "RSUD", {"ceiling": "50M/50M"}, BY)
    page = client.get("/new/event?opds=DINKES")
    assert re.findall(r'<input checked[^>]*name="opds"[^>]*value="(\w+)"', page.text) == ["DINKES"]
    data: dict[str, Any] = {"key": "hut", "name": "HUT", "until": "2026-11-25", "ceiling": "20M/10M", "reason": "HUT"}
    data |= {"csrf_token": token_of(page), "opds": ["DINKES", "RSUD"]}
    told = client.post("/new/event", data=data | {"preview": "1"}).text
    row = re.search(r"Batas atas DINKES selama itu.*?</tr>", told, re.DOTALL)
    assert row is not None
    assert re.findall(r"\d+ / \d+", row[0].replace("\xa0", " ")) == ["60 / 30", "80 / 40"]
    assert "sesi yang berjalan" in told
    assert client.get("/events").text.count("/events/hut/end") == 0
    assert client.post("/new/event", data=data).location == "/events"
    assert "DINKES, RSUD" in client.get("/events").text


@pytest.mark.parametrize(("leaves", "then"), [("50%", "30 / 15"), ("33.3%", "19,98 / 9,99")])
def test_a_cut_is_foreseen_as_a_part_of_each_ceiling(web: WebCity, client: FlaskClient, leaves: str, then: str) -> None:
    allocate.change(web.office, "opd", "DINKES", {"ceiling": "60M/30M"}, BY)
    data = {"key": "darurat", "name": "Darurat", "opds": "DINKES", "until": "2026-11-25", "leaves": leaves}
    told = post(client, "/new/event", "/new/event", **data, reason="listrik", preview="1").text
    row = re.search(r"Batas atas DINKES selama itu.*?</tr>", told, re.DOTALL)
    assert row is not None
    assert then in row[0].replace("\xa0", " ")


def test_an_opds_page_and_form_lead_to_where_more_is_given(client: FlaskClient) -> None:
    for address in ("/opds/DINKES", "/edit/opd/DINKES"):
        assert 'href="/new/event?opds=DINKES"' in client.get(address).text


def test_an_event_to_come_is_called_off_and_nothing_comes_of_it(web: WebCity, client: FlaskClient) -> None:
    more = {"ceiling": "20M/10M", "reason": "HUT", "from": "2026-11-26 08:00", "until": "2026-11-26"}
    web.add("event", key="hut", name="HUT", opds="DINKES,RSUD", **more)
    assert "Call off" in client.get("/events?lang=en").text
    answer = post(client, "/events/hut/end", "/events")
    assert answer.status_code == 302
    page = client.get(answer.location).text
    assert "hut is called off" in page
    assert "Nothing extra and nothing cut" in page
    with web.database.read() as connection:
        assert ceiling_grant_store.due(connection, web.now_s + 10 * DAY_S) != []
        assert all((each.until_s or 0) <= web.now_s for each in ceiling_grant_store.grants(connection))


def test_an_outage_is_noted_on_the_links_page_and_is_over(web: WebCity, client: FlaskClient) -> None:
    web.add("link", name="Utama", provider="P", capacity="100M/100M")
    web.add("link", name="Cadangan", provider="P", capacity="50M/50M")
    web.add("site", name="Loket", opd="DINKES", link="Utama")
    address, page = "/links/Utama/outage", "/links/Utama?lang=en"
    assert post(client, address, page).status_code == 400
    assert post(client, address, page, why="x", until="besok").status_code == 400
    assert post(client, address, page, why="kabel putus", until="2026-11-25").status_code == 302
    shown = client.get(page).text
    assert "kabel putus" in shown
    assert 'href="/links/Cadangan"' in shown
    assert "terganggu" in client.get("/links?lang=id").text
    assert "Utama" in client.get("/overview?lang=en").text.partition("is out")[0][-200:]
    assert post(client, address, page, why="lagi").status_code == 409
    assert post(client, "/links/Utama/outage-over", page).status_code == 302
    assert "It serves again" not in client.get(page).text
    web.add_admin("perencana", "planner")
    assert post(web.browser("perencana"), address, "/account", why="x").status_code == 403
