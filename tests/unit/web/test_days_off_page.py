"""Days off are seen by year, taken over by a press, and changed by their forms; Ramadan waits for the office's word."""

from __future__ import annotations

import pytest

from netquota.storage.database import Database
from tests.web_city import WebCity, post


@pytest.fixture
def web(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database)
    made.add_admin()
    return made


def test_a_year_is_taken_over_and_shown_in_words(web: WebCity) -> None:
    client = web.browser()
    assert "Belum ada hari libur" in client.get("/days-off?lang=id").text
    answer = post(client, "/days-off/take", "/days-off", year="2027")
    assert answer.location == "/days-off?year=2027"
    page = client.get("/days-off?year=2027&lang=id").text
    assert "Hari Kemerdekaan Republik Indonesia" in page
    assert "cuti bersama" in page
    assert 'href="/edit/holiday/2027-08-17"' in page
    assert "Hari Kemerdekaan" not in client.get("/days-off?lang=id").text  # 2026 was not asked for


def test_a_ramadan_asks_to_be_confirmed(web: WebCity) -> None:
    web.add("ramadan", year="1448", first_day="2027-02-08", last_day="2027-03-09")
    client = web.browser()
    assert "perlu dipastikan" in client.get("/days-off?lang=id").text
    form = client.get("/edit/ramadan/1448?lang=id").text
    assert "Harinya dipastikan kantor" in form
    days = {"year": "1448", "first_day": "2027-02-08", "last_day": "2027-03-09"}
    answer = post(client, "/edit/ramadan/1448", "/edit/ramadan/1448", **days, confirmed="yes", version="1")
    assert answer.location == "/days-off"
    assert "perlu dipastikan" not in client.get("/days-off?lang=id").text


def test_the_citys_office_hours_are_set_beside_the_days_off(web: WebCity) -> None:
    client = web.browser()
    page = client.get("/days-off?lang=id").text
    assert "Perpres 21/2023" in page
    assert "07.30–16.30" in page
    wrong = post(client, "/days-off/hours", "/days-off", office_hours="sen-jum 16:00-07:00")
    assert wrong.status_code == 400
    assert 'value="sen-jum 16:00-07:00"' in wrong.text
    assert 'aria-invalid="true"' in wrong.text
    answer = post(client, "/days-off/hours", "/days-off", office_hours="sen-jum 07:00-15:00")
    assert answer.location == "/days-off"
    page = client.get("/days-off?lang=id").text
    assert 'value="sen-jum 07:00-15:00"' in page
    assert "Jum 07.00–15.00" in page
    web.add_admin("rini", "planner")
    planner = web.browser("rini")
    assert "/days-off/hours" not in planner.get("/days-off").text
    assert post(planner, "/days-off/hours", "/days-off", office_hours="").status_code == 403
