"""Every operation of the API for every role and scope against the table; other offices' things are not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from werkzeug.test import TestResponse

from netquota.services import allocate, api_tokens
from netquota.services.api_tokens import TokenScope
from netquota.storage.database import Database
from netquota.storage.session_report import SessionFilter, open_sessions
from tests.live import seeded
from tests.web_city import BY, WebCity
from tests.web_city import ask_api as ask
from web.api.v1.operations import Operation
from web.api.v1.table import OPERATIONS
from web.auth.rights import API, Role


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database, web={"plain_http": True, "api_requests_a_minute": 10_000})
    made.add_admin()
    seeded.alive(made.office, days=1)
    for role in Role:
        made.add_admin(role.value, role, **({"opd": "RSUD"} if role is Role.OPD_OPERATOR else {}))
    return made


def token(city: WebCity, username: str = "rina", scopes: tuple[str, ...] = tuple(TokenScope)) -> str:
    return api_tokens.create(city.office, username, "uji", scopes, BY).text


def address(operation: Operation) -> str:
    path = operation.path.replace("{kind}", "opd").replace("{format}", "pdf")
    return path.replace("{id}", "1").replace("{key}", "x").replace("{nas}", "x").replace("{name}", "x")


def test_the_table_of_rights_names_only_operations() -> None:
    assert set(API) <= {operation.name for operation in OPERATIONS}
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_is_let_in_as_the_table_says(city: WebCity, role: Role) -> None:
    text = token(city, role)
    for operation in OPERATIONS:
        status = ask(city, text, operation.method, address(operation), {} if operation.body else None).status_code
        assert (status == 403) == (role not in operation.roles), (operation.name, status)


def test_auditors_change_nothing() -> None:
    assert [one.name for one in OPERATIONS if one.changes and Role.AUDITOR in one.roles] == []


@pytest.mark.parametrize("scope", list(TokenScope))
def test_a_token_opens_what_its_scope_says_alone(city: WebCity, scope: TokenScope) -> None:
    text = token(city, scopes=(scope,))
    for operation in OPERATIONS:
        if Role.NETWORK_ADMIN not in operation.roles:
            continue
        answer = ask(city, text, operation.method, address(operation), {} if operation.body else None)
        assert (answer.status_code == 403) == (operation.scope is not scope), operation.name


def test_without_a_good_token_nothing_is_answered(city: WebCity) -> None:
    good = token(city)
    for operation in OPERATIONS:
        for text in ("", "nqa_" + "x" * 40, good[:-1]):
            answer = ask(city, text, operation.method, address(operation), {} if operation.body else None)
            assert answer.status_code in (401, 429), operation.name
            assert answer.mimetype == "application/problem+json"
    client = city.browser()
    assert client.get("/api/v1/employees").status_code == 401  # a cookie is no token


def test_a_token_ends_with_its_owner_its_time_and_its_revocation(city: WebCity) -> None:
    made = api_tokens.create(city.office, "auditor", "uji", ["read"], BY, life_s=3600)
    assert ask(city, made.text, "GET", "/me").status_code == 200
    city.clock.advance(3601)
    assert ask(city, made.text, "GET", "/me").status_code == 401
    other = api_tokens.create(city.office, "auditor", "uji", ["read"], BY)
    api_tokens.revoke(city.office, other.id, BY)
    assert ask(city, other.text, "GET", "/me").status_code == 401
    last = token(city, "auditor", ("read",))
    allocate.change(city.office, "admin", "auditor", {"active": "no"}, BY)
    assert ask(city, last, "GET", "/me").status_code == 401


def test_an_operator_reads_his_own_office_alone(city: WebCity) -> None:
    text = token(city, Role.OPD_OPERATOR)

    def keys(path: str) -> list[str]:
        return [one["key"] for one in _json(ask(city, text, "GET", path))["items"]]

    everybody = [one["key"] for one in _json(ask(city, token(city), "GET", "/employees"))["items"]]
    assert "maria" in everybody
    assert keys("/opds") == ["RSUD"]
    assert set(keys("/employees")) < set(everybody)
    assert "maria" not in keys("/employees?opd=DISDUKCAPIL")
    for path in ("/employees/maria", "/opds/DISDUKCAPIL", "/explain?employee=maria", "/usage?employee=maria",
                 "/usage?opd=DISDUKCAPIL", "/usage?site=Kantor%20DISDUKCAPIL", "/usage?link=Serat%20Utama",
                 "/denials?employee=maria", "/orders?employee=maria", "/sessions?opd=DISDUKCAPIL"):  # fmt: skip
        assert ask(city, text, "GET", path).status_code == 404, path
    for row in _json(ask(city, text, "GET", "/sessions"))["items"]:
        assert "RSUD" in (row["opd"], row["host"])
    assert {row["opd"] for row in _json(ask(city, text, "GET", "/denials?since=2026-10-01"))["items"]} <= {"RSUD"}


def test_an_operator_changes_nothing_of_another_office(city: WebCity) -> None:
    text = token(city, Role.OPD_OPERATOR)
    any_version = {"If_Match": "*"}
    assert ask(city, text, "PATCH", "/employees/maria", {"name": "Lain"}, **any_version).status_code == 404
    assert ask(city, text, "POST", "/passwords", {"employee": "maria"}).status_code == 404
    moved = ask(city, text, "PATCH", "/employees/bagas", {"opd": "DISDUKCAPIL"}, **any_version)
    assert (moved.status_code, _json(moved)["field"]) == (422, "opd")
    assert ask(city, text, "PATCH", "/employees/bagas", {"plan": "staf"}, **any_version).status_code == 403
    assert ask(city, text, "PATCH", "/employees/bagas", {"name": "Bagas A."}, **any_version).status_code == 200
    with city.database.read() as connection:
        found = open_sessions(connection, SessionFilter(size=100), city.now_s).sessions
    theirs = next(one for one in found if "RSUD" not in (one.opd, one.host))
    assert ask(city, text, "GET", f"/sessions/{theirs.id}").status_code == 404
    ended = ask(city, text, "POST", "/sessions/disconnect", {"sessions": [theirs.id], "why": "uji"})
    assert _json(ended) == {"sessions": 0}


def _json(answer: TestResponse) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(answer.text)
    return found
