"""Admins on their page: roles, sessions, tokens, second factor; ended and revoked with a reason, never one's own."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from netquota.services import api_tokens
from netquota.storage import admin_store, audit_store
from netquota.storage.database import Database
from tests.web_city import BY, WebCity, sign_in, token_of

HIM, ACT = "/admins/dodi", "/admin-act/dodi"


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database)
    made.add("opd", code="DINKES", name="Dinkes")
    made.add_admin()
    made.add_admin("dodi", "opd_operator", opd="DINKES")
    made.add_admin("adit", "auditor")
    return made


def send(client: FlaskClient, page: str = HIM, act_at: str = ACT, **fields: str) -> TestResponse:
    return client.post(act_at, data={"csrf_token": token_of(client.get(page)), **fields})


def test_the_list_tells_roles_offices_and_where_they_are_signed_in(city: WebCity) -> None:
    rina, _dodi = city.browser(), city.browser("dodi")
    page = rina.get("/admins").text
    assert "DINKES" in page
    assert "Auditor" in page
    assert "mati" in page  # the second factor is off
    assert "127.0.0.1" in rina.get(HIM).text
    assert rina.get("/admins/tidak-ada").status_code == 404


def test_signing_out_ends_every_session_and_needs_a_reason(city: WebCity) -> None:
    rina, dodi = city.browser(), city.browser("dodi")
    assert send(rina, act="sign_out", why="").status_code == 400
    assert dodi.get("/opds").status_code == 200
    assert send(rina, act="sign_out", why="ponsel hilang").status_code == 302
    assert dodi.get("/opds").status_code == 302
    with city.database.read() as connection:
        newest = audit_store.entries(connection, limit=1)[0]
    assert (newest.action, newest.key, newest.why) == ("signed_out", "dodi", "ponsel hilang")


def test_ones_own_browser_stays(city: WebCity) -> None:
    rina, other = city.browser(), city.browser()
    send(rina, "/admins/rina", "/admin-act/rina", act="sign_out", why="rapi-rapi")
    assert rina.get("/opds").status_code == 200
    assert other.get("/opds").status_code == 302


def test_a_token_is_revoked(city: WebCity) -> None:
    made = api_tokens.create(city.office, "dodi", "laporan bulanan", ["read"], BY)
    rina = city.browser()
    assert "laporan bulanan" in rina.get(HIM).text
    assert send(rina, act="revoke", token=str(made.id), why="tidak dipakai").status_code == 302
    assert "dicabut" in rina.get(HIM).text
    mine = api_tokens.create(city.office, "rina", "x", ["read"], BY)
    assert send(rina, act="revoke", token=str(mine.id), why="x").status_code == 404  # not his


def test_a_new_password_is_shown_once_and_opens(city: WebCity) -> None:
    rina = city.browser()
    answer = send(rina, act="password", why="lupa")
    assert answer.headers["Cache-Control"] == "no-store"
    found = re.search(r'<p class="big mono[^"]*">([^<]+)</p>', answer.text)
    assert found is not None
    assert found[1] not in rina.get(HIM).text
    assert sign_in(city.visitor(), "dodi", found[1]).status_code == 302


def test_a_lost_second_factor_is_ended(city: WebCity) -> None:
    with city.database.write() as connection:
        admin_store.set_totp(connection, 2, b"sealed")
    rina = city.browser()
    assert send(rina, act="second_factor_off", why="ponsel hilang").status_code == 302
    with city.database.read() as connection:
        assert admin_store.totp_seed(connection, 2) is None


def test_auditors_look_and_do_nothing(city: WebCity) -> None:
    adit = city.browser("adit")
    assert "admin-act" not in adit.get(HIM).text
    assert send(adit, act="sign_out", why="x").status_code == 403
    assert city.browser("dodi").get("/admins").status_code == 403
