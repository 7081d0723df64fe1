"""People whose quota is used up, or nearly: found from the overview, in the list, its file, by API and for many."""

from __future__ import annotations

import pytest

from netquota.domain.quota import bounds_of
from netquota.services import api_tokens
from netquota.storage.database import Database
from netquota.storage.ledger_store import page_on
from netquota.storage.session_row import Charge
from tests.web_city import BY, WebCity, ask_api, post

GB = 10**9
USED = {"p0": GB, "p1": GB, "p2": 900_000_000, "p3": 10, "p4": GB}


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database, web={"plain_http": True})
    made.add("plan", key="staf", name="Staf", rate="10M/2M")
    made.add("quota", key="bulanan", name="Bulanan", plan="staf", octets="1 GB", throttle="1M/512k")
    for code in ("DINKES", "DINSOS"):
        made.add("opd", code=code, name=code.title(), plan="staf")
    for number, name in enumerate(USED):
        made.add("employee", username=name, name=f"Pegawai {name}", opd="DINSOS" if name == "p4" else "DINKES",
                 **({"status": "suspended", "status_why": "cuti"} if number == 1 else {}))  # fmt: skip
    made.add_admin()
    made.add_admin("dodi", "opd_operator", opd="DINKES")
    made.add_admin("petra", "planner")
    made.clock.advance(1)
    snapshot = made.context.view.policy().snapshot
    quota = next(iter(snapshot.quotas.values()))
    start_s, end_s = bounds_of(quota, made.now_s)
    with made.database.write() as connection:
        page_on(connection).charge(
            [Charge(quota.id, snapshot.subscribers[name].id, start_s, end_s, used) for name, used in USED.items()]
        )
    return made


def listed(page: str) -> list[str]:
    return [name for name in USED if f'href="/employees/{name}"' in page]


def test_the_list_and_its_file_hold_who_is_asked_for(city: WebCity) -> None:
    rina = city.browser()
    assert listed(rina.get("/employees?quota=spent").text) == ["p0", "p1", "p4"]
    assert listed(rina.get("/employees?quota=warned").text) == ["p2"]
    assert listed(rina.get("/employees?quota=spent&opd=DINKES&status=active").text) == ["p0"]
    assert listed(rina.get("/employees?quota=lain").text) == list(USED)
    page = rina.get("/employees?quota=spent").text
    assert '<option value="spent" selected>' in page
    assert "quota=spent" in page.split("/export/employee")[1].split('"')[0]
    assert "quota=spent" in page.split("/bulk/employee")[1].split('"')[0]
    text = rina.get("/export/employee?quota=spent&status=active&format=csv").text
    assert [name for name in USED if f"Pegawai {name}" in text] == ["p0", "p4"]
    assert "p3" not in rina.get("/bulk/employee?quota=spent&field=status").text


def test_an_operator_finds_his_own_people_alone(city: WebCity) -> None:
    assert listed(city.browser("dodi").get("/employees?quota=spent").text) == ["p0", "p1"]


def test_the_overview_leads_there(city: WebCity) -> None:
    page = city.browser().get("/overview").text
    assert "2 orang sudah menghabiskan kuotanya" in page
    assert 'href="/employees?quota=spent&amp;status=active"' in page
    page = city.browser("petra").get("/overview").text  # who plans sees no individuals
    assert "2 orang sudah menghabiskan kuotanya" in page
    assert "/employees?quota" not in page


def test_the_api_is_asked_alike(city: WebCity) -> None:
    token = api_tokens.create(city.office, "rina", "uji", ("read",), BY).text
    keys = [one["key"] for one in ask_api(city, token, "GET", "/employees?quota=spent").get_json()["items"]]
    assert keys == ["p0", "p1", "p4"]
    first = ask_api(city, token, "GET", "/employees?quota=spent&limit=2").get_json()
    rest = ask_api(city, token, "GET", f"/employees?quota=spent&limit=2&cursor={first['next']}").get_json()
    assert [one["key"] for one in rest["items"]] == ["p4"]
    wrong = ask_api(city, token, "GET", "/employees?quota=habis")
    assert (wrong.status_code, wrong.get_json()["field"]) == (422, "quota")
    assert ask_api(city, token, "GET", "/overview").get_json()["people_spent"] == 2


def test_an_offices_page_says_whose_quotas_are_short_and_what_waits_and_is_its_operators_home(city: WebCity) -> None:
    dodi = city.browser("dodi")
    assert dodi.get("/").headers["Location"] == "/opds/DINKES"
    page = dodi.get("/opds/DINKES").text
    assert "Kuota pegawainya: 1 habis, 1 hampir habis." in page
    assert "/employees?opd=DINKES&amp;status=active&amp;quota=spent" in page
    assert "permohonannya menunggu" not in page
    asked = {"opd": "DINKES", "rate": "5M/2M", "until": "", "application": "", "reason": "imunisasi massal"}
    assert post(dodi, "/new-request", "/new-request", **asked).status_code == 302
    assert "1 permohonannya menunggu." in dodi.get("/opds/DINKES").text
    assert "Kuota pegawainya: 1 habis, 0 hampir habis." in city.browser().get("/opds/DINSOS").text


def test_an_operator_of_two_offices_begins_with_their_list(city: WebCity) -> None:
    city.add_admin("duo", "opd_operator", opd="DINKES,DINSOS")
    assert city.browser("duo").get("/").headers["Location"] == "/opds"
