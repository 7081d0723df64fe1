"""Tokens on the account's pages: shown once, work at once, revoked by their owner alone, offered as the role allows."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from netquota.storage.database import Database
from tests.web_city import WebCity, post
from web.auth.rights import Role


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database, web={"plain_http": True})
    made.add_admin()
    made.add("opd", code="RSUD", name="Rumah Sakit")
    made.add_admin("audi", Role.AUDITOR)
    made.add_admin("op", Role.OPD_OPERATOR, opd="RSUD")
    return made


def make(client: FlaskClient, *scopes: str) -> str:
    answer = post(client, "/account/tokens", name="laporan", days="30", scope=list(scopes))  # type: ignore[arg-type]
    found = re.search(r"nqa_[\w-]{30,}", answer.text)
    assert answer.headers["Cache-Control"] == "no-store"
    assert found is not None, answer.text
    return found.group()


def status(city: WebCity, token: str) -> int:
    return city.visitor().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_token_is_shown_once_works_and_is_revoked(city: WebCity) -> None:
    client = city.browser()
    token = make(client, "read")
    assert status(city, token) == 200
    page = client.get("/account/tokens").text
    assert token not in page
    assert "127.0.0.1" in page  # last used
    assert post(client, "/account/tokens/1").status_code == 302
    assert status(city, token) == 401


def test_nobody_revokes_the_token_of_another(city: WebCity) -> None:
    token = make(city.browser(), "read")
    post(city.browser("audi"), "/account/tokens/1")
    assert status(city, token) == 200


@pytest.mark.parametrize(("who", "scopes"), [("audi", {"read"}), ("op", {"read", "accounts", "policy", "sessions"})])
def test_only_scopes_of_use_to_the_role_are_offered(city: WebCity, who: str, scopes: set[str]) -> None:
    client = city.browser(who)
    page = client.get("/account/tokens").text
    assert set(re.findall(r'name="scope" id="scope-\w+" value="(\w+)"', page)) == scopes
    assert post(client, "/account/tokens", name="x", days="", scope="admins").status_code == 400
