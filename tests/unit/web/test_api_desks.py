"""Codes for passwords, notices and what was enforced, by API: as on the pages, by the same rights."""

from __future__ import annotations

from typing import Any

import pytest

from netquota.services.password_codes import redeem
from netquota.storage.database import Database
from tests.live import seeded
from tests.web_city import PASSWORD, Programs, WebCity

CODES, SLIPS = "/password-codes", "/opds/DINKES/slips"


@pytest.fixture
def desk(sqlite_database: Database) -> Programs:
    made = WebCity.on(sqlite_database, web={"plain_http": True})
    for code in ("DINKES", "DINSOS"):
        made.add("opd", code=code, name=code.title())
    made.add("plan", key="staf", name="Staf", rate="10M/5M")
    for username in ("sri", "tuti"):
        made.add("employee", username=username, name=username.title(), opd="DINKES", plan="staf")
    made.add_admin()
    made.add_admin("dodi", "opd_operator", opd="DINKES")
    made.add_admin("lina", "opd_operator", opd="DINSOS")
    made.add_admin("kepala", "head_of_office")
    made.add_admin("adit", "auditor")
    made.clock.advance(1)
    return Programs(made)


@pytest.fixture
def alive(sqlite_database: Database) -> Programs:
    made = WebCity.on(sqlite_database, web={"plain_http": True})
    made.add_admin()
    seeded.alive(made.office, days=2)
    made.add_admin("dodi", "opd_operator", opd="RSUD")
    made.add_admin("kepala", "head_of_office")
    return Programs(made)


def test_a_code_sets_a_password_and_is_shown_once(desk: Programs) -> None:
    made = desk.ask("dodi", "POST", CODES, {"employee": "sri", "why": "lupa"})
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    code = made.get_json()["code"]
    redeem(desk.web.office, code, PASSWORD)
    assert [one["username"] for one in desk.read("dodi", SLIPS)["items"]] == ["tuti"]
    assert desk.ask("dodi", "POST", CODES, {"employee": "sri"}).get_json()["field"] == "why"


def test_slips_are_made_for_those_who_wait(desk: Programs) -> None:
    assert [one["slip_until"] for one in desk.read("dodi", SLIPS)["items"]] == [None, None]
    made = desk.done("dodi", SLIPS, {"why": "pegawai baru", "days": 7, "people": ["tuti"]})
    assert [(one["username"], one["expires"][:10]) for one in made["slips"]] == [("tuti", "2026-12-01")]
    assert len({one["code"] for one in desk.done("dodi", SLIPS, {"why": "semua"})["slips"]}) == 2
    assert desk.ask("dodi", "POST", SLIPS, {"why": "uji", "days": 61}).get_json()["field"] == "days"
    assert desk.ask("dodi", "POST", SLIPS, {"why": "uji", "people": ["siapa"]}).status_code == 409


def test_codes_are_made_by_ones_own_operators_alone(desk: Programs) -> None:
    assert desk.ask("lina", "POST", CODES, {"employee": "sri", "why": "lupa"}).status_code == 404
    assert desk.ask("lina", "GET", SLIPS).status_code == 404
    assert desk.ask("lina", "POST", SLIPS, {"why": "baru"}).status_code == 404
    for path in (CODES, SLIPS, "/notices/test", "/notices/1/retry"):
        assert desk.ask("adit", "POST", path, {"why": "uji"}).status_code == 403


def test_a_test_message_is_asked_for(desk: Programs) -> None:
    asked = desk.ask("rina", "POST", "/notices/test", {"to": "mail:rina@kota.go.id", "why": "uji"})
    assert (asked.status_code, asked.get_json()) == (202, {"channel": "mail", "to": "rina@kota.go.id"})
    assert desk.ask("rina", "POST", "/notices/test", {"to": "pos:rina"}).get_json()["field"] == "to"
    assert desk.read("adit", "/notices")["items"] == []  # the scheduler has not taken it up yet
    assert {one["channel"]: one["set_up"] for one in desk.read("adit", "/notice-ways")["items"]}["mail"] is False
    assert desk.ask("adit", "GET", "/notices/7").status_code == 404
    assert desk.ask("rina", "POST", "/notices/7/retry", {}).status_code == 404
    assert desk.ask("dodi", "GET", "/notices").status_code == 403


def test_what_was_enforced_is_read_page_by_page(alive: Programs) -> None:
    whole = alive.read("rina", "/enforced?since=2026-10-01&limit=200")
    assert whole["next"] is None
    assert whole["items"]
    seen: list[Any] = []
    cursor = ""
    while cursor is not None:
        found = alive.read("rina", f"/enforced?since=2026-10-01&limit=3{f'&cursor={cursor}' if cursor else ''}")
        seen += found["items"]
        cursor = found["next"]
    assert seen == whole["items"]
    assert all(one["text"] for one in seen)
    kinds = {one["kind"] for one in seen}
    for kind in kinds:
        found = alive.read("rina", f"/enforced?since=2026-10-01&limit=200&kind={kind}")["items"]
        assert {one["kind"] for one in found} == {kind}


def test_what_was_enforced_is_confined(alive: Programs) -> None:
    mine = alive.read("dodi", "/enforced?since=2026-10-01&limit=200")["items"]
    assert {one["opd"] for one in mine} <= {"RSUD"}
    assert len(mine) < len(alive.read("rina", "/enforced?since=2026-10-01&limit=200")["items"])
    assert alive.ask("dodi", "GET", "/enforced?employee=maria").status_code == 404
    assert alive.ask("dodi", "GET", "/enforced?opd=DISDUKCAPIL").status_code == 404
    assert alive.ask("kepala", "GET", "/enforced").status_code == 403
    for wrong in ("since=nanti", "kind=lain", "cursor=MS4y4", "cursor=MQ", "limit=0"):
        assert alive.ask("rina", "GET", f"/enforced?{wrong}").status_code == 422, wrong
