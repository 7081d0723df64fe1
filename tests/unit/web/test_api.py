"""The JSON API by its promises: typed values, versions, keys that make a repeat harmless, cursors, problems, pace."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from netquota.services import api_tokens
from netquota.services.allocate import get
from netquota.services.api_tokens import TokenScope
from netquota.services.catalogue import KINDS
from netquota.storage import audit_store, job_store, schema
from netquota.storage.database import Database
from netquota.storage.job_store import RunState
from netquota.storage.session_report import SessionFilter, open_sessions
from tests.live import seeded
from tests.web_city import BY, WebCity, ask_api
from web.api.v1 import document
from web.api.v1.things import plural


class Desk:
    """A city at work and a program with a token of a network admin's."""

    def __init__(self, web: WebCity) -> None:
        self.web = web
        self.text = api_tokens.create(web.office, "rina", "uji", tuple(TokenScope), BY).text

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
        return ask_api(self.web, self.text, method, path, body, **headers)

    def read(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.text)


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    web = WebCity.on(sqlite_database, web={"plain_http": True, "api_requests_a_minute": 200})
    web.add_admin()
    seeded.alive(web.office, days=2)
    return Desk(web)


def test_values_are_typed_and_exact(desk: Desk) -> None:
    opd = desk.read("/opds/RSUD")["fields"]
    assert opd["ceiling"] == {"down_bps": 80_000_000, "up_bps": 40_000_000}
    assert opd["weight"] == 1
    quota = desk.read("/quotas/staf-bulanan")["fields"]
    assert (quota["octets"], quota["landing"], quota["plan"]) == (10_000_000_000, True, "staf")
    nas = desk.read("/nas/gw-rsud")["fields"]
    assert "secret" not in nas
    assert desk.read("/admins/rina")["fields"]["opd"] == []
    assert "password" not in desk.read("/admins/rina")["fields"]


def test_what_is_read_can_be_written_back_and_changes_nothing(desk: Desk) -> None:
    for kind in KINDS.values():
        items = desk.read(f"/{plural(kind.name)}?limit=1")["items"]
        for item in items:
            path = f"/{plural(kind.name)}/{item['key'].replace(' ', '%20')}"
            answer = desk.ask("PATCH", path, item["fields"], If_Match="*")
            assert answer.status_code == 200, (path, answer.text)
            assert json.loads(answer.text)["action"] == "none", (path, answer.text)


def test_a_thing_is_made_changed_and_removed(desk: Desk) -> None:
    made = desk.ask("POST", "/plans?why=uji", {"key": "tamu", "name": "Tamu", "rate": "2M/1M", "simultaneous": 1})
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/plans/tamu")
    rate = {"down_bps": 3_000_000, "up_bps": 1_000_000}
    changed = desk.ask("PATCH", "/plans/tamu", {"rate": rate, "hours_only": False}, If_Match=made.headers["ETag"])
    assert changed.status_code == 200, changed.text
    assert json.loads(changed.text)["after"] == {"rate": "3M/1M"}
    assert desk.read("/plans/tamu")["fields"]["rate"] == rate
    gone = desk.ask("DELETE", "/plans/tamu", If_Match=changed.headers["ETag"])
    assert gone.status_code == 200
    assert desk.ask("GET", "/plans/tamu").status_code == 404
    with desk.web.database.read() as connection:
        newest = audit_store.entries(connection, limit=3)
    assert {one.actor[:9] for one in newest} == {"rina (api"}
    assert [one.action for one in newest] == ["remove", "change", "add"]
    assert newest[2].why == "uji"


def test_a_changed_version_is_not_written_over(desk: Desk) -> None:
    tag = desk.ask("GET", "/opds/RSUD").headers["ETag"]
    assert desk.ask("PATCH", "/opds/RSUD", {"weight": 3}).status_code == 428
    assert desk.ask("PATCH", "/opds/RSUD", {"weight": 3}, If_Match=tag).status_code == 200
    assert desk.ask("PATCH", "/opds/RSUD", {"weight": 4}, If_Match=tag).status_code == 412
    assert get(desk.web.office, "opd", "RSUD").values["weight"] == "3"
    assert desk.ask("GET", "/opds/RSUD", If_None_Match=tag).status_code == 200
    fresh = desk.ask("GET", "/opds/RSUD").headers["ETag"]
    unchanged = desk.ask("GET", "/opds/RSUD", If_None_Match=fresh)
    assert (unchanged.status_code, unchanged.text) == (304, "")


def test_a_dry_run_says_what_would_be_and_changes_nothing(desk: Desk) -> None:
    answer = desk.ask("PATCH", "/opds/RSUD?dry_run=true", {"ceiling": "90M/45M"}, If_Match="*")
    told = json.loads(answer.text)
    assert (told["dry_run"], told["after"]) == (True, {"ceiling": "90M/45M"})
    assert get(desk.web.office, "opd", "RSUD").values["ceiling"] == "80M/40M"
    body = {"name": "gw-uji", "address": "192.0.2.9", "family": "mikrotik"}
    assert json.loads(desk.ask("POST", "/nas?dry_run=true", body).text)["generated"] == {}
    assert desk.ask("GET", "/nas/gw-uji").status_code == 404


def test_a_repeated_request_with_a_key_is_done_once(desk: Desk) -> None:
    body = {"name": "gw-uji", "address": "192.0.2.9", "family": "mikrotik"}
    first = desk.ask("POST", "/nas", body, Idempotency_Key="a1")
    again = desk.ask("POST", "/nas", body, Idempotency_Key="a1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.text == first.text  # also the secret that was made up
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    other = desk.ask("POST", "/nas", body | {"name": "gw-lain"}, Idempotency_Key="a1")
    assert (other.status_code, json.loads(other.text)["type"]) == (422, "urn:netquota:problem:idempotency-key")
    assert desk.ask("POST", "/nas", body).status_code == 409


def test_a_refused_request_with_a_key_is_refused_alike(desk: Desk) -> None:
    answers = [desk.ask("POST", "/plans", {"key": "x"}, Idempotency_Key="b") for _ in range(2)]
    assert [one.status_code for one in answers] == [422, 422]


def test_lists_go_on_by_a_cursor_without_loss_or_repeat(desk: Desk) -> None:
    for path in ("/employees", "/opds", "/sessions", "/audit", "/denials?since=2026-01-01", "/orders"):
        whole = desk.read(f"{path}{'&' if '?' in path else '?'}limit=200")
        assert whole["next"] is None
        seen: list[Any] = []
        cursor = ""
        while True:
            found = desk.read(f"{path}{'&' if '?' in path else '?'}limit=3{f'&cursor={cursor}' if cursor else ''}")
            seen += found["items"]
            if found["next"] is None:
                break
            cursor = found["next"]
        assert seen == whole["items"], path
        assert len(seen) > 3, path


def test_a_thing_added_meanwhile_moves_no_page(desk: Desk) -> None:
    first = desk.read("/opds?limit=2")
    desk.web.add("opd", code="AAA", name="Yang baru")
    rest = desk.read(f"/opds?limit=200&cursor={first['next']}")
    codes = [one["key"] for one in (*first["items"], *rest["items"])]
    assert codes == sorted(codes)
    assert len(set(codes)) == len(codes) == 6


def test_lists_are_filtered_and_searched(desk: Desk) -> None:
    assert {one["fields"]["opd"] for one in desk.read("/employees?opd=RSUD")["items"]} == {"RSUD"}
    assert [one["key"] for one in desk.read("/employees?search=kaligis")["items"]] == ["maria"]
    assert desk.read("/quotas?action=disconnect")["items"] == []
    wrong = desk.ask("GET", "/employees?colour=red")
    assert (wrong.status_code, json.loads(wrong.text)["field"]) == (422, "colour")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("POST", "/plans", {"key": "x", "name": "X", "rate": "fast"}, 422, "rate"),
        ("POST", "/plans", {"key": "x", "name": "X", "rate": {"down_bps": 1}}, 422, "rate"),
        ("POST", "/plans", {"key": "x", "name": 5, "rate": "1M"}, 422, "name"),
        ("POST", "/plans", {"key": "x", "name": "X", "rate": "1M", "colour": "red"}, 422, "colour"),
        ("POST", "/plans", {"name": "X", "rate": "1M"}, 422, "key"),
        ("POST", "/plans", {"key": "staf", "name": "X", "rate": "1M"}, 409, None),
        ("POST", "/plans", [], 422, "body"),
        ("GET", "/employees?limit=0", None, 422, "limit"),
        ("GET", "/employees?limit=1&limit=2", None, 422, "limit"),
        ("GET", "/employees?cursor=%25%25", None, 422, "cursor"),
        ("GET", "/employees/nobody", None, 404, None),
        ("GET", "/nothing", None, 404, None),
        ("DELETE", "/employees", None, 405, None),
        ("GET", "/usage", None, 422, "employee"),
        ("GET", "/usage?opd=RSUD&from=2026-13-01", None, 422, "from"),
        ("GET", "/explain", None, 422, "employee"),
        ("POST", "/sessions/disconnect", {"sessions": ["x"], "why": "uji"}, 422, "sessions.0"),
        ("POST", "/sessions/disconnect", {"sessions": [1], "why": " "}, 422, "why"),
    ],
)
def test_what_is_wrong_is_told_as_a_problem(
    desk: Desk, method: str, path: str, body: object, status: int, field: str | None
) -> None:
    answer = desk.ask(method, path, body)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    problem = json.loads(answer.text)
    assert problem["status"] == status
    assert problem["type"].startswith("urn:netquota:problem:")
    assert problem.get("field") == field
    if status == 422:
        assert problem["remedy"]


def test_a_body_that_is_no_json_or_too_deep_is_refused(desk: Desk) -> None:
    client, headers = desk.web.visitor(), {"Authorization": f"Bearer {desk.text}"}
    for data, status in ((b"{", 400), (b"[" * 100_000, 400), (b'{"key":NaN}', 400), (b"{}" * 200_000, 413)):
        answer = client.post("/api/v1/plans", data=data, headers=headers, content_type="application/json")
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert client.post("/api/v1/plans", data=b"a=1", headers=headers).status_code == 415


def test_the_pace_is_told_and_kept(desk: Desk) -> None:
    answer = desk.ask("GET", "/me")
    assert answer.headers["RateLimit-Policy"] == '"token";q=200;w=60'
    assert answer.headers["RateLimit"].startswith('"token";r=199;t=')
    statuses = [desk.ask("GET", "/me").status_code for _ in range(200)]
    assert statuses.count(200) == 199
    refused = desk.ask("GET", "/me")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    desk.web.clock.advance(61)
    assert desk.ask("GET", "/me").status_code == 200


def test_running_sessions_are_ended_and_given_another_speed(desk: Desk) -> None:
    session = desk.read("/sessions?employee=maria")["items"][0]
    done = desk.ask("POST", "/sessions/speed", {"sessions": [session["id"]], "rate": "25M/8M", "why": "rapat"})
    assert (done.status_code, json.loads(done.text)) == (202, {"sessions": 1})
    assert get(desk.web.office, "employee", "maria").values["override"] == "25M/8M"
    ended = desk.ask("POST", "/sessions/disconnect", {"sessions": [session["id"]], "why": "gawai hilang"})
    assert json.loads(ended.text) == {"sessions": 1}
    with desk.web.database.read() as connection:
        wanted = SessionFilter(session_ids=(session["id"],))
        (found,) = open_sessions(connection, wanted, desk.web.now_s).sessions
    assert found.order is not None
    assert found.order.kind == "disconnect"


def test_what_happens_can_be_read(desk: Desk) -> None:
    assert desk.read("/me")["token"]["scopes"] == list(TokenScope)
    told = desk.read("/explain?employee=maria&language=id")
    assert told["accepted"] is True
    assert any("staf" in reason["text"] for reason in told["reasons"])
    usage = desk.read("/usage?opd=RSUD&from=2026-11-23&until=2026-11-24")
    assert len(usage["days"]) == 2
    assert usage["days"][1]["down_octets"] > 0
    assert [one["key"] for one in desk.read("/usage?employee=maria")["quotas"]] == ["staf-bulanan"]
    assert "gw-disdik" in desk.read("/overview")["silent_gateways"]
    gateway = next(one for one in desk.read("/gateways")["items"] if one["nas"] == "gw-rsud")
    assert gateway["gateways"][0]["name"] == "gw-rsud"
    assert {one["level"] for one in desk.read("/gateways/gw-disdik/findings")["items"]} >= {"bad"}
    assert desk.read("/audit/verify")["whole"] is True
    assert {one["name"] for one in desk.read("/jobs")["items"]} >= {"backup"}


def test_the_brake_and_jobs_are_worked(desk: Desk) -> None:
    paused = desk.ask("POST", "/enforcement/pauses", {"why": "gangguan", "nas": "gw-rsud"})
    assert paused.status_code == 201, paused.text
    assert [one["nas"] for one in desk.read("/enforcement/pauses")["items"]] == ["gw-rsud"]
    resumed = desk.ask("POST", "/enforcement/resume", {"why": "pulih", "nas": "gw-rsud"})
    assert json.loads(resumed.text) == {"ended": 1}
    asked = desk.ask("POST", "/jobs/backup/run", {"why": "sebelum perubahan"})
    assert asked.status_code == 202, asked.text
    assert desk.ask("POST", "/jobs/none/run", {"why": "x"}).status_code == 404


def test_a_job_is_tried_and_left_out_by_programs(desk: Desk) -> None:
    def runs(name: str) -> list[str]:
        with desk.web.database.read() as connection:
            return [run.state for run in job_store.runs(connection, name)]

    tried = desk.ask("POST", "/jobs/reconcile/run?dry_run=true", {"why": "uji"})
    assert tried.status_code == 200, tried.text
    assert "sessions looked at" in json.loads(tried.text)["result"]
    due = json.loads(desk.ask("POST", "/jobs/reconcile/skip?dry_run=true", {"why": "uji"}).text)["due"]
    assert runs("reconcile") == []
    refused = desk.ask("POST", "/jobs/backup/run?dry_run=true", {"why": "uji"})
    assert refused.status_code == 422, refused.text
    left_out = desk.ask("POST", "/jobs/reconcile/skip", {"why": "ruang server dirawat"})
    assert (left_out.status_code, json.loads(left_out.text)["due"]) == (202, due)
    assert runs("reconcile") == [RunState.SKIPPED]
    again = desk.ask("POST", "/jobs/reconcile/run", {"why": "jadi", "due": due})
    assert again.status_code == 202, again.text
    assert runs("reconcile") == [RunState.WANTED]
    assert desk.ask("POST", "/jobs/reconcile/skip", {"why": " "}).status_code == 422
    assert desk.ask("POST", "/jobs/none/skip", {"why": "x"}).status_code == 404


def test_a_new_password_is_shown_once_and_never_kept_in_an_answer(desk: Desk) -> None:
    answer = desk.ask("POST", "/passwords", {"employee": "maria", "why": "lupa"}, Idempotency_Key="p1")
    password = json.loads(answer.text)["password"]
    assert answer.headers["Cache-Control"] == "no-store"
    with desk.web.database.read() as connection:
        kept = connection.execute(schema.api_answer.select()).all()
    assert password not in str(kept)


def test_the_token_is_a_digest_in_the_database_and_its_use_is_noted(desk: Desk) -> None:
    desk.read("/me")
    (token,) = desk.read("/tokens")["items"]
    assert token["used"] is not None
    assert token["used_address"] == "127.0.0.1"
    with desk.web.database.read() as connection:
        assert desk.text not in str(connection.execute(schema.api_token.select()).all())


def test_the_document_describes_every_operation(desk: Desk) -> None:
    answer = desk.web.visitor().get("/api/v1/openapi.json")
    found = json.loads(answer.text)
    assert found["openapi"] == "3.1.0"
    assert found == json.loads(document.as_text())
    rules = {rule.endpoint for rule in desk.web.app.url_map.iter_rules() if rule.endpoint.startswith("api.")}
    assert len(rules) == 1 + sum(len(methods) for methods in found["paths"].values())
