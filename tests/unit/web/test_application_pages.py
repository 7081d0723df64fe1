"""Applications on the pages: offices report their own, the ICT office follows them, the board says who is silent."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from netquota.domain.applications import Outcome, Step
from netquota.services import addresses, applications
from netquota.services.allocate import change, get
from netquota.storage import audit_store, schema
from netquota.storage.database import Database
from tests.web_city import BY, WebCity, post

ONE = "/applications/of/SIAK"


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database)
    for code in ("DISDUKCAPIL", "DINSOS"):
        made.add("opd", code=code, name=code.title(), ceiling="60M/30M")
    made.add("application", code="SIAK", name="Kependudukan Terpusat", opd="DISDUKCAPIL", function="kartu keluarga")
    made.add("application", code="KK", name="Kependudukan", opd="DINSOS", function="kartu keluarga")
    made.add_admin()
    made.add_admin("dodi", "opd_operator", opd="DISDUKCAPIL")
    made.add_admin("pita", "planner", language="en")
    made.clock.advance(1)
    return made


@pytest.fixture
def rina(city: WebCity) -> FlaskClient:
    return city.browser()


def test_a_step_is_noted_and_the_next_one_offered(city: WebCity, rina: FlaskClient) -> None:
    page = rina.get(ONE).text
    assert "Verifikasi" in page
    assert "Kependudukan" in page  # the other office's is shown as similar
    done = post(rina, "/application-step/verify/SIAK", ONE, outcome="serves_task", on="", note="")
    assert done.location.endswith(ONE)
    with city.database.read() as connection:
        found = applications.one_followed(city.office, connection, "SIAK")
    assert [(one.step, one.outcome, one.by) for one in found.steps] == [(Step.VERIFY, Outcome.SERVES_TASK, "rina")]
    assert "Beri saran" in rina.get(ONE).text


@pytest.mark.parametrize(
    ("step", "fields", "said"),
    [
        ("verify", {"outcome": "duplicate", "on": "", "note": ""}, "field-note"),
        ("verify", {"outcome": "serves_task", "on": "kemarin", "note": ""}, "kemarin"),
        ("advise", {"outcome": "advised", "on": "", "note": "pakai VPN"}, "verify"),  # not verified yet
        ("provide", {"outcome": "share", "on": "", "rate": "banyak", "until": "", "review_on": ""}, "banyak"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_and_the_input_kept(
    rina: FlaskClient, step: str, fields: dict[str, str], said: str
) -> None:
    answer = post(rina, f"/application-step/{step}/SIAK", ONE, **fields)
    assert answer.status_code == 400
    assert "has-error" in answer.text
    for value in fields.values():
        assert value in answer.text


def test_an_operator_reports_his_own_and_sees_no_other(city: WebCity) -> None:
    dodi = city.browser("dodi")
    assert "Laporkan aplikasi" in dodi.get("/applications").text
    assert "DINSOS" not in dodi.get("/applications").text
    assert dodi.get("/applications/of/KK").status_code == 404
    assert "Kependudukan</a>" not in dodi.get(ONE).text  # nor by way of likeness
    fields = {"code": "E-AKTA", "name": "Akta", "function": "akta lahir", "hosting": "inside", "why": "laporan"}
    assert post(dodi, "/new/application", "/new/application", opd="DINSOS", **fields).status_code == 400
    assert post(dodi, "/new/application", "/new/application", opd="DISDUKCAPIL", **fields).status_code == 302
    assert post(dodi, "/application-step/verify/SIAK", ONE, outcome="serves_task").status_code == 403
    assert post(dodi, "/applications/none/DINSOS", "/applications").status_code == 404


def test_the_board_says_who_reported_and_takes_a_declaration(city: WebCity, rina: FlaskClient) -> None:
    city.add("opd", code="DISDIK", name="Pendidikan")
    assert "belum melapor" in rina.get("/applications").text
    assert post(rina, "/applications/none/DISDIK", "/applications").status_code == 302
    assert "tidak punya" in rina.get("/applications").text
    assert post(rina, "/applications/none/DISDIK", "/applications", withdraw="1").status_code == 302
    post(rina, "/applications/none/DINSOS", "/applications")
    assert "sudah melaporkan aplikasi" in rina.get("/applications").text


def test_lists_filter_by_office_progress_and_text(rina: FlaskClient) -> None:
    assert "/of/KK" not in rina.get("/applications?opd=DISDUKCAPIL").text
    assert "/of/KK" not in rina.get("/applications?q=terpusat").text
    assert "/of/SIAK" not in rina.get("/applications?progress=done").text


def test_who_may_only_look_gets_no_form(city: WebCity) -> None:
    page = city.browser("pita").get(ONE).text
    assert "Note the step" not in page
    assert city.browser("pita").get("/applications/of/NADA").status_code == 404


def test_silent_offices_are_reminded_once_a_day(city: WebCity, rina: FlaskClient) -> None:
    city.add("opd", code="DISDIK", name="Pendidikan")
    assert "Ingatkan" not in city.browser("dodi").get("/applications").text
    post(rina, "/applications/remind", "/applications")
    assert "Diingatkan: DISDIK" in rina.get("/applications").text
    with city.database.read() as connection:
        told = connection.execute(select(schema.notice.c.topic, schema.notice.c.facts)).all()
    assert [row.topic for row in told] == ["applications_due"]
    post(rina, "/applications/remind", "/applications")
    assert "Tidak ada yang diingatkan" in rina.get("/applications").text
    assert post(city.browser("dodi"), "/applications/remind", "/applications").status_code == 403


def measure(city: WebCity) -> None:
    """SIAK's host is reported twice: 300 MB down, 30 MB up in five minutes of office hours."""
    change(city.office, "application", "SIAK", {"address": "https://siak.kota.go.id/masuk"}, BY)
    for total in (0, 300_000_000):
        with city.database.write() as connection:
            told = {"siak.kota.go.id": (total, total // 10)}
            addresses.take(connection, addresses.Source(1, ""), told, None, city.now_s)
        city.clock.advance(300)
    city.clock.advance(600)


def test_what_gateways_measured_stands_beside_the_steps(city: WebCity, rina: FlaskClient) -> None:
    city.add("nas", name="gw", address="10.0.0.1", family="mikrotik")
    assert "alamat layanannya tidak disebutkan" in rina.get(ONE).text
    change(city.office, "application", "SIAK", {"address": "https://siak.kota.go.id/masuk"}, BY)
    assert "belum ada gerbang yang melaporkannya" in rina.get(ONE).text
    measure(city)
    page = rina.get(ONE).text.replace("\xa0", " ")
    for said in ("0,30 GB", "0,03 GB", "8,0 / 0,8 Mbit/s", "1 dari 1 hari kerja yang terukur", "siak.kota.go.id"):
        assert said in page, said
    assert "0,30 GB" in city.browser("dodi").get(ONE).text.replace("\xa0", " ")
    assert city.browser("dodi").get("/applications/of/KK").status_code == 404  # another office's


def walk(rina: FlaskClient) -> None:
    """SIAK up to the step that provides."""
    for step, fields in (
        ("verify", {"outcome": "serves_task"}), ("advise", {"outcome": "advised", "note": "pakai VPN"}),
        ("socialise", {"outcome": "held", "material": "panduan"}), ("evaluate", {"outcome": "used", "users": "90"}),
    ):  # fmt: skip
        assert post(rina, f"/application-step/{step}/SIAK", ONE, on="", **fields).status_code == 302


def test_what_is_provided_stands_on_its_page_and_in_the_ceiling(city: WebCity, rina: FlaskClient) -> None:
    walk(rina)
    given = {"outcome": "share", "on": "", "rate": "10M/5M", "until": "2026-12-31", "review_on": "2026-12-01"}
    assert post(rina, "/application-step/provide/SIAK", ONE, **given).status_code == 302
    page = rina.get(ONE).text.replace("\xa0", " ")
    assert "10 / 5" in page.split('id="h-shares"')[1]
    assert get(city.office, "opd", "DISDUKCAPIL").values["ceiling"] == "70M/35M"
    assert "perlu ditinjau" not in rina.get("/overview").text
    city.clock.advance(7 * 86_400)
    rina = city.browser()
    overview = rina.get("/overview").text
    assert "1 aplikasi perlu ditinjau lagi" in overview
    assert "/applications?progress=review_due" in overview
    assert "/of/SIAK" in rina.get("/applications?progress=review_due").text


def test_without_a_ceiling_the_field_says_what_to_do(city: WebCity, rina: FlaskClient) -> None:
    walk(rina)
    change(city.office, "opd", "DISDUKCAPIL", {"ceiling": ""}, BY)
    given = {"outcome": "share", "on": "", "rate": "10M/5M", "until": "", "review_on": "2026-12-01"}
    answer = post(rina, "/application-step/provide/SIAK", ONE, **given)
    assert answer.status_code == 400
    assert "DISDUKCAPIL belum punya batas atas" in answer.text


def test_the_budget_plan_gets_a_request_of_it(rina: FlaskClient) -> None:
    walk(rina)
    given = {"outcome": "budget", "on": "", "rate": "10M/5M", "until": "", "review_on": "", "note": "tautan penuh"}
    assert post(rina, "/application-step/provide/SIAK", ONE, **given).status_code == 302
    page = rina.get("/requests/P-2026-001").text
    assert "SIAK" in page
    assert "masuk rencana anggaran" in page


def test_another_office_and_the_way_back_tell_that_the_share_ends(city: WebCity, rina: FlaskClient) -> None:
    walk(rina)
    given = {"outcome": "share", "on": "", "rate": "10M/5M", "until": "", "review_on": "2027-01-15", "note": ""}
    post(rina, "/application-step/provide/SIAK", ONE, **given)
    moved = {
        "code": "SIAK", "name": "Kependudukan Terpusat", "opd": "DINSOS", "function": "kartu keluarga",
        "hosting": "inside", "why": "pindah",
    }  # fmt: skip
    ends = "SIAK: bagiannya sebesar 10M/5M dalam batas atas DISDUKCAPIL berakhir"
    assert ends in post(rina, "/edit/application/SIAK", "/edit/application/SIAK", **moved, preview="1").text
    page = post(rina, "/bulk/application?field=opd", "/account", field="opd", opd="DINSOS", key="SIAK", why="x").text
    assert ends in page
    change(city.office, "application", "SIAK", {"opd": "DINSOS"}, BY)
    with city.database.read() as connection:
        entry = audit_store.entries(connection, limit=1)[0].id
    gone = "bagian 10M/5M yang dulu dimilikinya dalam batas atas DISDUKCAPIL tidak kembali"
    assert gone in rina.get(f"/revert/{entry}").text
    assert post(rina, f"/undo/{entry}", "/account").status_code == 302
    assert gone in rina.get(ONE).text
