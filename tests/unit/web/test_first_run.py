"""The first-run page: opened by the code in the log alone, once; it makes the first admin, keeps zone and language."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from netquota.settings import load
from netquota.storage import audit_store
from netquota.storage.database import Database
from tests.web_city import PASSWORD, WebCity, sign_in, token_of
from web.auth.first_run import announce


@pytest.fixture
def city(sqlite_database: Database, tmp_path: Path) -> WebCity:
    made = WebCity.on(sqlite_database, web={"plain_http": True})
    settings = made.context.settings.model_copy(update={"state_dir": tmp_path})
    object.__setattr__(made.context, "settings", settings)
    return made


def send(client: FlaskClient, code: str, **fields: str) -> TestResponse:
    values = {
        "code": code, "username": "rina", "name": "Rina Prameswari", "password": PASSWORD, "zone": "Asia/Makassar",
        "language": "id",
    }  # fmt: skip
    return client.post("/setup", data={**values, **fields, "csrf_token": token_of(client.get("/setup"))})


def code_of(city: WebCity) -> str:
    code = announce(city.context)
    assert code is not None
    return code


def test_without_an_admin_the_sign_in_leads_to_the_first_run(city: WebCity) -> None:
    assert city.visitor().get("/login").location == "/setup"
    city.add_admin("tono", "planner")  # changes nothing: he may not do everything
    assert city.visitor().get("/login").location == "/setup"


def test_the_code_of_the_log_makes_the_first_admin_who_is_signed_in(city: WebCity, tmp_path: Path) -> None:
    client = city.visitor()
    answer = send(client, code_of(city).lower().replace("-", " "))
    assert answer.location == "/account/second-factor"
    page = client.get(answer.location).text
    assert 'class="qr"' in page
    with city.database.read() as connection:
        entry = audit_store.entries(connection)[0]
    assert (entry.actor, entry.action, entry.key, entry.after["role"]) == ("first-run", "add", "rina", "network_admin")
    assert sign_in(city.visitor(), "rina").status_code == 302
    chosen = load(None, {"NETQUOTA_STATE_DIR": str(tmp_path), "NETQUOTA_CONFIG": ""}).city
    assert (chosen.timezone, chosen.language) == ("Asia/Makassar", "id")


def test_what_the_file_or_the_environment_sets_goes_before_what_was_chosen(city: WebCity, tmp_path: Path) -> None:
    send(city.visitor(), code_of(city))
    env = {"NETQUOTA_STATE_DIR": str(tmp_path), "NETQUOTA_CONFIG": "", "NETQUOTA_CITY__TIMEZONE": "Asia/Jayapura"}
    assert load(None, env).city.timezone == "Asia/Jayapura"


def test_the_page_is_gone_once_there_is_an_admin(city: WebCity) -> None:
    client, code = city.visitor(), code_of(city)
    token = token_of(client.get("/setup"))
    assert send(client, code).status_code == 302
    late = city.visitor()
    assert late.get("/setup").status_code == 404
    late.get("/login")
    assert client.post("/setup", data={"csrf_token": token, "code": code}).status_code in (400, 404)
    assert announce(city.context) is None


def test_a_wrong_code_makes_nobody_and_is_guessed_slowly(city: WebCity) -> None:
    code = code_of(city)
    client = city.visitor()
    answers = [send(client, "ABCD-EFGH-JKLM") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [400] * 7
    assert "Terlalu banyak percobaan" in answers[6].text
    assert send(client, code).status_code == 400  # also the right one waits
    city.clock.advance(61)
    assert send(client, code).status_code == 302


def test_only_the_newest_code_holds(city: WebCity) -> None:
    old, new = code_of(city), code_of(city)
    client = city.visitor()
    assert send(client, old).status_code == 400
    assert send(client, new).status_code == 302


def test_a_weak_password_is_told_at_its_field_and_keeps_the_code(city: WebCity) -> None:
    client, code = city.visitor(), code_of(city)
    answer = send(client, code, password="12345678")
    assert answer.status_code == 400
    assert "password-error" in answer.text
    assert 'value="Rina Prameswari"' in answer.text
    assert send(client, code).status_code == 302
