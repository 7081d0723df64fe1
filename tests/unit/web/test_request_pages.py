"""Requests on the pages: an operator files, the ICT office weighs and decides, the head decides over a set size."""

from __future__ import annotations

import pytest

from netquota.services.allocate import get
from netquota.storage import request_store
from netquota.storage.database import Database
from netquota.storage.request_store import Request
from tests.web_city import WebCity, post

NEW, ONE = "/new-request", "/requests/P-2026-001"
ASKED = {"opd": "DINKES", "rate": "20M/10M", "until": "", "application": "", "reason": "imunisasi daring"}
YES = {"rate": "20M/10M", "until": "", "why": "layak"}


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database, requests={"head_above": "30M/30M"})
    for code in ("DINKES", "DINSOS"):
        made.add("opd", code=code, name=code.title(), ceiling="60M/30M")
    made.add("application", code="SIMPUS", name="Simpus", opd="DINKES", function="rekam medis")
    made.add_admin()
    made.add_admin("dodi", "opd_operator", opd="DINKES")
    made.add_admin("kepala", "head_of_office")
    made.add_admin("adit", "auditor")
    made.clock.advance(1)
    return made


def ceiling(city: WebCity) -> str:
    return get(city.office, "opd", "DINKES").values["ceiling"]


def found(city: WebCity, number: str = "P-2026-001") -> Request:
    with city.database.read() as connection:
        one = request_store.request_of(connection, number)
    assert one is not None
    return one


def test_an_operator_files_for_his_own_office(city: WebCity) -> None:
    dodi = city.browser("dodi")
    assert "DINSOS" not in dodi.get(NEW).text
    assert post(dodi, NEW, NEW, **ASKED | {"application": "SIMPUS"}).location.endswith(ONE)
    assert (found(city).by, found(city).application) == ("dodi", "SIMPUS")
    assert "Setujui" not in dodi.get(ONE).text
    assert post(dodi, "/request-decide/approve/P-2026-001", ONE, **YES).status_code == 403
    assert post(dodi, NEW, NEW, **ASKED | {"opd": "DINSOS"}).status_code == 400


@pytest.mark.parametrize(
    ("fields", "value"),
    [({"rate": "banyak"}, "banyak"), ({"until": "2020-01-01"}, "2020-01-01"), ({"reason": ""}, "20M/10M")],
)
def test_what_is_wrong_is_told_and_the_input_kept(city: WebCity, fields: dict[str, str], value: str) -> None:
    answer = post(city.browser(), NEW, NEW, **ASKED | fields)
    assert answer.status_code == 400
    assert "has-error" in answer.text
    assert value in answer.text


def test_it_is_assessed_and_approved_and_the_ceiling_follows(city: WebCity) -> None:
    rina = city.browser()
    post(rina, NEW, NEW, **ASKED)
    assert post(rina, "/request-assess/P-2026-001", ONE, note="layak").status_code == 302
    assert "timbang alasannya" in rina.get(ONE).text  # nothing was measured yet
    assert post(rina, "/request-decide/approve/P-2026-001", ONE, **YES).status_code == 302
    assert ceiling(city) == "80M/40M"
    page = rina.get(ONE).text
    assert "disetujui" in page
    assert "Diberikan" in page
    assert post(rina, "/request-decide/refuse/P-2026-001", ONE, why="terlambat").status_code == 302
    assert found(city).state == "approved"  # decided once


def test_over_the_set_size_the_head_decides(city: WebCity) -> None:
    rina, head = city.browser(), city.browser("kepala")
    post(rina, NEW, NEW, **ASKED | {"rate": "50M/10M"})
    post(rina, "/request-decide/approve/P-2026-001", ONE, rate="50M/10M", until="", why="layak")
    assert (found(city).state, ceiling(city)) == ("waits_head", "60M/30M")
    assert "Setujui" not in rina.get(ONE).text
    post(head, "/request-decide/approve/P-2026-001", ONE, rate="50M/10M", until="", why="setuju")
    assert (found(city).decided_by, ceiling(city)) == ("kepala", "110M/40M")


@pytest.mark.parametrize(("decision", "state"), [("refuse", "refused"), ("budget", "budget")])
def test_it_is_refused_or_passed_on_with_a_reason(city: WebCity, decision: str, state: str) -> None:
    rina = city.browser()
    post(rina, NEW, NEW, **ASKED)
    path = f"/request-decide/{decision}/P-2026-001"
    assert post(rina, path, ONE, why="").status_code == 400
    assert post(rina, path, ONE, why="kapasitas habis").status_code == 302
    assert (found(city).state, found(city).decision) == (state, "kapasitas habis")


def test_lists_show_what_is_open_and_whose(city: WebCity) -> None:
    rina = city.browser()
    post(rina, NEW, NEW, **ASKED | {"opd": "DINSOS"})
    assert "P-2026-001" in rina.get("/requests").text
    assert "P-2026-001" not in city.browser("dodi").get("/requests").text
    assert city.browser("dodi").get(ONE).status_code == 404
    assert "P-2026-001" not in rina.get("/requests?opd=DINKES").text
    assert post(rina, "/request-withdraw/P-2026-001", ONE).status_code == 302
    rina.get("/requests")  # which tells once that it was withdrawn
    assert "P-2026-001" not in rina.get("/requests").text
    assert "P-2026-001" in rina.get("/requests?state=all").text
    assert "Putuskan" not in city.browser("adit").get(ONE).text


def test_the_file_holds_what_the_filter_finds_of_ones_own_offices(city: WebCity) -> None:
    rina, dodi = city.browser(), city.browser("dodi")
    post(rina, NEW, NEW, **ASKED | {"reason": "=SUM(A1)", "until": "2026-12-31"})
    post(rina, NEW, NEW, **ASKED | {"opd": "DINSOS"})
    post(rina, "/request-decide/refuse/P-2026-002", "/requests/P-2026-002", why="belum perlu")
    head, *rows = rina.get("/requests-file?state=all").text.lstrip("\ufeff").splitlines()
    assert head.count(";") == 16
    assert [row.partition(";")[0] for row in rows] == ["P-2026-002", "P-2026-001"]
    assert ("20000000" in rows[1], "2026-12-31" in rows[1], "belum perlu" in rows[0]) == (True, True, True)
    assert ";=SUM" not in rows[1]  # a spreadsheet must not run what somebody typed
    assert len(rina.get("/requests-file").text.splitlines()) == 2  # open ones, as the page has it
    assert len(rina.get("/requests-file?state=all&opd=DINSOS").text.splitlines()) == 2
    assert "DINSOS" not in dodi.get("/requests-file?state=all").text
    assert rina.get("/requests-file?format=xlsx").data[:2] == b"PK"
    page = rina.get("/requests?state=all&opd=DINSOS").text
    assert "/requests-file?format=csv&amp;state=all&amp;opd=DINSOS" in page
