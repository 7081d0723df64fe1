"""One change for many by the API, and its way back: all or none, looked at first, in the audit trail as one act."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from netquota.services import api_tokens
from netquota.services.api_tokens import TokenScope
from netquota.storage.database import Database
from tests.live import seeded
from tests.live.seeded import Seeded
from tests.web_city import BY, WebCity, ask_api, post
from web.auth.rights import Role


class Desk:
    """A city at work, and a program of its admin."""

    def __init__(self, database: Database) -> None:
        self.web = WebCity.on(database, web={"plain_http": True})
        self.web.add_admin()
        self.city: Seeded = seeded.alive(self.web.office, days=0)
        self.token = api_tokens.create(self.web.office, "rina", "uji", tuple(TokenScope), BY).text

    def ask(self, method: str, path: str, body: object = None, token: str | None = None) -> TestResponse:
        return ask_api(self.web, token or self.token, method, path, body)

    def field(self, path: str, name: str) -> Any:
        return json.loads(self.ask("GET", path).text)["fields"][name]


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    return Desk(sqlite_database)


TWO = {"keys": ["maria", "rizal"], "fields": {"override": "3M/1M", "override_until": "2026-12-31"}, "why": "ujian"}


def test_many_take_one_change_and_their_sessions_follow(desk: Desk) -> None:
    answer = desk.ask("POST", "/employees/bulk", TWO)
    assert answer.status_code == 200, answer.text
    told = json.loads(answer.text)
    assert [each["key"] for each in told["changes"]] == ["maria", "rizal"]
    assert (told["same"], told["dry_run"]) == (0, False)
    assert told["sessions"] > 0
    assert ("coa", 3_000_000, "pending") in desk.city.orders("maria")
    again = json.loads(desk.ask("POST", "/employees/bulk", TWO).text)
    assert (again["changes"], again["same"]) == ([], 2)


def test_a_look_first_changes_nothing(desk: Desk) -> None:
    told = json.loads(desk.ask("POST", "/employees/bulk?dry_run=true", TWO).text)
    assert (len(told["changes"]), told["dry_run"]) == (2, True)
    assert desk.field("/employees/maria", "override") is None


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"keys": []}, 422, "keys"),
        ({"keys": [f"p{number}" for number in range(201)]}, 422, "keys"),
        ({"keys": ["maria", "nobody"]}, 404, None),
        ({"fields": {}}, 422, "fields"),
        ({"fields": {"username": "sama"}}, 422, "username"),
        ({"fields": {"nothing": "1"}}, 422, "fields.nothing"),
        ({"why": " "}, 422, "why"),
        ({"fields": {"plan": "tidak-ada"}}, 409, None),
    ],
)
def test_where_one_cannot_none_does(desk: Desk, change: dict[str, object], status: int, field: str | None) -> None:
    answer = desk.ask("POST", "/employees/bulk", {**TWO, **change})
    assert answer.status_code == status, answer.text
    assert json.loads(answer.text).get("field") == field
    assert desk.field("/employees/maria", "override") is None


def test_what_was_changed_together_is_taken_back_together_unless_one_was_changed_since(desk: Desk) -> None:
    desk.ask("POST", "/employees/bulk", TWO)
    newest = json.loads(desk.ask("GET", "/audit?kind=employee&limit=1").text)["items"][0]["id"]
    look = json.loads(desk.ask("POST", f"/audit/{newest}/take-back?dry_run=true", {"why": "keliru"}).text)
    assert len(look["changes"]) == 2
    assert desk.ask("POST", f"/audit/{newest}/take-back", {"why": "keliru"}).status_code == 200
    assert desk.field("/employees/maria", "override") is None
    assert desk.field("/employees/rizal", "override") is None
    assert desk.ask("POST", f"/audit/{newest}/take-back", {"why": "lagi"}).status_code == 409
    assert desk.ask("POST", "/audit/999999/take-back", {"why": "lagi"}).status_code == 404


def test_an_operator_changes_only_his_offices_people_and_no_limits(desk: Desk) -> None:
    desk.web.add_admin("operator", Role.OPD_OPERATOR, opd="RSUD")
    token = api_tokens.create(desk.web.office, "operator", "uji", tuple(TokenScope), BY).text
    assert desk.ask("POST", "/employees/bulk", TWO, token).status_code == 403
    status = {"keys": ["maria"], "fields": {"status": "suspended", "status_why": "cuti"}, "why": "cuti"}
    assert desk.ask("POST", "/employees/bulk", status, token).status_code == 404
    assert desk.field("/employees/maria", "status") == "active"


def test_what_one_of_many_cannot_take_is_a_conflict_at_each_operation(desk: Desk) -> None:
    """Its ceiling cannot go back: more than that is guaranteed by now."""
    for fields in ({"ceiling": "100M/50M"}, {"guaranteed": "90M/25M"}):
        wanted = {"keys": ["RSUD"], "fields": fields, "why": "rapat"}
        assert desk.ask("POST", "/opds/bulk", wanted).status_code == 200
    entries = json.loads(desk.ask("GET", "/audit?kind=opd&key=RSUD&limit=2").text)["items"]
    refused = desk.ask("POST", f"/audit/{entries[1]['id']}/take-back", {"why": "keliru"})
    lower = {"keys": ["RSUD"], "fields": {"ceiling": "80M/40M"}, "why": "rapat"}
    for answer in (refused, desk.ask("POST", "/opds/bulk", lower)):
        assert answer.status_code == 409, answer.text
        assert json.loads(answer.text)["detail"].startswith("RSUD: guaranteed")
    assert desk.field("/opds/RSUD", "ceiling") == {"down_bps": 100_000_000, "up_bps": 50_000_000}
    rina = desk.web.browser()
    undone = post(rina, f"/undo/{entries[1]['id']}", "/overview")
    assert undone.status_code == 409
    assert "RSUD: paling banyak sebesar ceiling, untuk kedua arah" in undone.text
