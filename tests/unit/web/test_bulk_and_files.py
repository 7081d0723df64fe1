"""One change for many with a preview, taken back as a whole; any change of the trail taken back; lists as files."""

from __future__ import annotations

import io
import re

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from netquota.services.allocate import change, get
from netquota.services.catalogue import KINDS
from netquota.services.office import Author
from netquota.sheets import read
from netquota.storage import audit_store
from netquota.storage.database import Database
from tests.web_city import BY, WebCity, token_of
from web.auth.rights import may_open, reading

WHERE = "/bulk/employee?opd=DINKES&field=plan"


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database)
    for code in ("DINKES", "DINSOS"):
        made.add("opd", code=code, name=code.title(), ceiling="60M/30M")
    for key, rate in (("staf", "10M/2M"), ("layanan", "20M/5M")):
        made.add("plan", key=key, name=key.title(), rate=rate)
    for number in range(4):
        opd = "DINKES" if number < 3 else "DINSOS"
        made.add(
            "employee", username=f"p{number}", name=f"Pegawai {number}", opd=opd, plan="layanan" if number == 2 else ""
        )
    made.add_admin()
    made.add_admin("dodi", "opd_operator", opd="DINKES")
    made.add_admin("adit", "auditor")
    made.clock.advance(700)
    return made


def send(client: FlaskClient, address: str, **fields: object) -> TestResponse:
    return client.post(address, data={"csrf_token": token_of(client.get(address)), **fields})


def plans(city: WebCity) -> list[str]:
    return [get(city.office, "employee", f"p{number}").values["plan"] for number in range(4)]


def newest(city: WebCity) -> int:
    with city.database.read() as connection:
        return audit_store.entries(connection, limit=1)[0].id


def test_a_bulk_change_shows_first_who_is_affected(city: WebCity) -> None:
    rina = city.browser()
    page = rina.get(WHERE).text
    assert "p0" in page
    assert "p3" not in page  # another office
    chosen = {"field": "plan", "plan": "layanan", "key": ["p0", "p1", "p2"], "why": "tatap muka"}
    preview = send(rina, WHERE, **chosen).text
    assert "2 berubah, 1 sudah begitu" in preview
    assert plans(city) == ["", "", "layanan", ""]
    assert send(rina, WHERE, **chosen, apply="1").status_code == 302
    assert plans(city) == ["layanan", "layanan", "layanan", ""]


def test_it_is_undone_as_a_whole(city: WebCity) -> None:
    rina = city.browser()
    send(rina, WHERE, field="plan", plan="layanan", key=["p0", "p1"], why="tatap muka", apply="1")
    page = rina.get("/employees").text
    assert "Dan 1 lagi serupa." in page
    undo = re.search(r'action="(/undo/\d+)', page)
    assert undo is not None
    rina.post(undo[1], data={"csrf_token": token_of(rina.get("/employees"))})
    assert plans(city) == ["", "", "layanan", ""]


@pytest.mark.parametrize(
    "fields",
    [
        {"plan": "tidak-ada", "why": "x"}, {"plan": "layanan", "why": ""}, {"plan": "layanan", "why": "x", "key": []},
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_and_nothing_is_changed(city: WebCity, fields: dict[str, object]) -> None:
    answer = send(city.browser(), WHERE, **{"field": "plan", "key": ["p0"], "apply": "1"} | fields)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert plans(city) == ["", "", "layanan", ""]


def test_one_that_cannot_take_it_stops_all_and_is_named(city: WebCity) -> None:
    answer = send(
        city.browser(), "/bulk/opd?field=guaranteed", field="guaranteed", guaranteed="61M/1M", key=["DINKES", "DINSOS"],
        why="x", apply="1",
    )  # fmt: skip
    assert answer.status_code == 400
    assert "DINKES" in answer.text
    assert get(city.office, "opd", "DINSOS").values["guaranteed"] == ""


def test_an_operator_changes_many_of_his_own_people_and_no_limits(city: WebCity) -> None:
    dodi = city.browser("dodi")
    assert 'value="plan"' not in dodi.get("/bulk/employee").text
    done = send(
        dodi, "/bulk/employee?field=status", field="status", status="suspended", key=["p0"], why="cuti", apply="1"
    )
    assert done.status_code == 302
    assert get(city.office, "employee", "p0").values["status"] == "suspended"
    other = send(dodi, "/bulk/employee?field=status", field="status", status="left", key=["p3"], why="x", apply="1")
    assert other.status_code == 404
    assert get(city.office, "employee", "p3").values["status"] == "active"
    assert dodi.get("/bulk/opd").status_code == 403


def test_any_change_of_the_trail_is_taken_back_with_a_reason(city: WebCity) -> None:
    change(city.office, "opd", "DINKES", {"ceiling": "80M/40M"}, BY)
    entry = newest(city)
    city.clock.advance(90_000)
    rina = city.browser()
    assert f"/revert/{entry}" in rina.get("/audit").text
    page = rina.get(f"/revert/{entry}")
    assert "60 / 30 Mbit/s" in page.text.replace("\xa0", " ")
    assert send(rina, f"/revert/{entry}", why="").status_code == 400
    assert send(rina, f"/revert/{entry}", why="salah ketik").status_code == 302
    assert get(city.office, "opd", "DINKES").values["ceiling"] == "60M/30M"
    assert city.browser("adit").get(f"/revert/{entry}").status_code == 403
    assert "/revert/" not in city.browser("adit").get("/audit").text


@pytest.mark.parametrize(
    ("kind", "key", "values", "page"),
    [
        ("employee", "p0", {"name": "Nama Baru"}, "/employees/p0"),
        ("opd", "DINKES", {"ceiling": "80M/40M"}, "/opds/DINKES"),
        ("nas", "gw1", {"address": "10.0.0.9"}, "/gateways/gw1"),
        ("site", "Loket", {"ceiling": "9M"}, "/sites/Loket"),
    ],
)
def test_a_history_offers_the_way_back_and_returns_to_its_page(
    city: WebCity, kind: str, key: str, values: dict[str, str], page: str
) -> None:
    city.add("nas", name="gw1", address="10.0.0.1", family="mikrotik", secret="s" * 20)
    city.add("site", name="Loket", opd="DINKES")
    before = get(city.office, kind, key).values
    change(city.office, kind, key, values, BY)
    rina, link = city.browser(), f"/revert/{newest(city)}?next={page}"
    assert f'href="{link}"' in rina.get(page).text.replace("%2F", "/")
    assert send(rina, link, why="salah").location == page
    assert get(city.office, kind, key).values == before
    assert "/revert/" not in city.browser("adit").get(page).text


def test_an_operator_comes_back_to_the_page_of_the_thing(city: WebCity) -> None:
    change(city.office, "employee", "p0", {"name": "Nama Baru"}, BY)
    dodi = city.browser("dodi")
    assert "/revert/" in dodi.get("/employees/p0").text
    assert "/revert/" not in dodi.get("/opds/DINKES").text
    assert send(dodi, f"/revert/{newest(city)}", why="salah").location == "/employees/p0"


def test_what_was_changed_again_is_not_taken_back(city: WebCity) -> None:
    rina = city.browser()
    change(city.office, "opd", "DINKES", {"ceiling": "80M/40M"}, BY)
    entry = newest(city)
    change(city.office, "opd", "DINKES", {"ceiling": "90M/40M"}, BY)
    answer = rina.get(f"/revert/{entry}")
    assert answer.status_code == 409
    assert "DINKES" in answer.text
    assert rina.get("/revert/1").status_code == 404  # something was added: there is no way back


def test_an_operator_sees_no_entry_of_another_office_by_its_number(city: WebCity) -> None:
    change(city.office, "employee", "p3", {"name": "Nama Rahasia"}, Author("ani", "alasan rahasia"))
    other = newest(city)
    change(city.office, "employee", "p0", {"name": "Nama Sendiri"}, BY)
    own = newest(city)
    dodi = city.browser("dodi")
    assert dodi.get(f"/revert/{own}").status_code == 200
    answer = dodi.get(f"/revert/{other}")
    assert answer.status_code == 404
    assert "rahasia" not in answer.text.lower()
    undone = dodi.post(f"/undo/{other}", data={"csrf_token": token_of(dodi.get("/employees"))})
    assert undone.status_code == 404
    assert get(city.office, "employee", "p3").values["name"] == "Nama Rahasia"


def test_lists_are_files_as_filtered_that_can_be_imported_again(city: WebCity) -> None:
    rina = city.browser()
    sheet = read(rina.get("/export/employee?opd=DINKES&format=csv").data)[0]
    assert len(sheet.rows) == 4
    assert sheet.rows[0].texts[:4] == ("username", "nip", "nama", "opd")
    book = load_workbook(io.BytesIO(rina.get("/export/opd?format=xlsx").data))
    rows = list(book["Data"].iter_rows(values_only=True))
    assert rows[0][0] == "kode"
    assert 1 in rows[1]  # the weight is a number
    assert any("Filter" in str(row[0]) or "Saringan" in str(row[0]) for row in book["Info"].iter_rows(values_only=True))
    assert len(read(city.browser("dodi").get("/export/employee?format=csv").data)[0].rows) == 4
    assert read(rina.get("/export/employee?opd=TIDAK&format=csv").data)[0].rows[1:] == ()
    assert rina.get("/export/nas").status_code == 404
    assert read(rina.get("/export-city/plan?format=csv").data)[0].rows[1].texts[0] == "layanan"
    assert rina.get("/export-city/admin").status_code == 404


def test_codes_keep_their_leading_zeros_and_bring_nobody_to_another_office(city: WebCity) -> None:
    for code in ("0101", "101"):
        city.add("opd", code=code, name=f"Kantor {code}")
    city.add("employee", username="0042", name="Nol", opd="0101", phone="0812345")
    rina = city.browser()
    for form in ("csv", "xlsx"):
        sheet = read(rina.get(f"/export/employee?opd=0101&format={form}").data)[-1]
        row = dict(zip(sheet.rows[0].texts, sheet.rows[1].texts, strict=False))
        assert (row["username"], row["opd"]) == ("0042", "0101")
    book = load_workbook(io.BytesIO(rina.get("/export/opd?code=0101&format=xlsx").data))
    heads, found = list(book["Data"].iter_rows(values_only=True))[:2]
    assert found[0] == "0101"
    assert 1 in found, heads  # the weight is a number all the same


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_is_exported_to_those_alone_who_read_its_list(city: WebCity, kind: str) -> None:
    for username, role in (("pia", "planner"), ("hadi", "head_of_office")):
        city.add_admin(username, role)
    roles = {"rina": "network_admin", "adit": "auditor", "pia": "planner", "hadi": "head_of_office"}
    for username, role in (*roles.items(), ("dodi", "opd_operator")):
        browser = city.browser(username)
        for address, endpoint in (("/export", "admin.export"), ("/export-city", "admin.export_city")):
            may = may_open(role, endpoint) and role in reading(kind) and kind != "admin"
            done = browser.get(f"{address}/{kind}?format=csv")
            assert done.status_code != 200 or may, (username, address)
            if endpoint == "admin.export_city":
                assert (done.status_code == 200) is may, (username, address)


def test_a_secret_is_never_exported(city: WebCity) -> None:
    city.add("nas", name="gw", address="10.0.0.9", family="mikrotik", secret="rahasia-sekali-123")
    text = city.browser().get("/export-city/nas?format=csv").text
    assert "10.0.0.9" in text
    assert "rahasia" not in text
    assert "secret" not in text


@pytest.mark.parametrize("address", ["/sessions-file?format=xlsx", "/denials-file?format=csv", "/sessions-file?q=x"])
def test_sessions_and_refusals_are_files_too(city: WebCity, address: str) -> None:
    answer = city.browser().get(address)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
