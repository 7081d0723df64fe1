"""The second factor: asked for after the password, each code once, recovery codes, switched on and off."""

from __future__ import annotations

import re

import pyotp
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from netquota.services import second_factor
from netquota.storage import admin_store, audit_store
from netquota.storage.database import Database
from tests.web_city import BY, PASSWORD, WebCity, post, sign_in, token_of

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database, web={"plain_http": True})
    made.add_admin("rina")
    return made


@pytest.fixture
def codes(city: WebCity) -> list[str]:
    """Rina has a second factor; her recovery codes. A minute has gone since."""
    found = second_factor.begin(city.office, "rina", SEED, code(city), BY)
    city.clock.advance(60)
    return found


def code(city: WebCity, seed: str = SEED, steps: int = 0) -> str:
    return pyotp.TOTP(seed).generate_otp(city.now_s // 30 + steps)


def give(client: FlaskClient, text: str, wanted: str = "/login/code") -> TestResponse:
    page = client.get(wanted)
    return client.post(wanted, data={"code": text, "csrf_token": token_of(page)})


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_the_password_alone_opens_nothing(city: WebCity, codes: list[str]) -> None:
    client = city.visitor()
    answer = sign_in(client, "rina", wanted="/login?next=/overview")
    assert answer.location == "/login/code?next=/overview"
    assert not is_signed_in(client)
    arrived = give(client, code(city), answer.location)
    assert arrived.location == "/overview"
    assert is_signed_in(client)


def test_a_code_is_taken_once(city: WebCity, codes: list[str]) -> None:
    shown = code(city)
    for expected in (302, 401):
        client = city.visitor()
        sign_in(client, "rina")
        assert give(client, shown).status_code == expected


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_that_is_half_a_minute_off_does_not_matter(
    city: WebCity, codes: list[str], steps: int, taken: bool
) -> None:
    client = city.visitor()
    sign_in(client, "rina")
    assert (give(client, code(city, steps=steps)).status_code == 302) is taken


def test_an_older_code_is_refused_once_a_newer_one_was_taken(city: WebCity, codes: list[str]) -> None:
    first, second = city.visitor(), city.visitor()
    for client in (first, second):
        sign_in(client, "rina")
    assert give(first, code(city, steps=1)).status_code == 302
    assert give(second, code(city)).status_code == 401


def test_each_recovery_code_lets_in_once_and_is_audited(city: WebCity, codes: list[str]) -> None:
    assert len(set(codes)) == 10
    for expected in (302, 401):
        client = city.visitor()
        sign_in(client, "rina")
        assert give(client, codes[3].upper().replace("-", " ")).status_code == expected
    with city.database.read() as connection:
        rina = admin_store.by_username(connection, "rina")
        assert rina is not None
        assert admin_store.recovery_codes_left(connection, rina.id) == 9
        assert [entry.action for entry in audit_store.entries(connection)][:2] == ["recovery_code", "second_factor"]


def test_codes_are_guessed_slowly(city: WebCity, codes: list[str]) -> None:
    client = city.visitor()
    sign_in(client, "rina")
    answers = [give(client, "000000").text for _ in range(7)]
    assert "Terlalu banyak percobaan" in answers[6]
    assert give(client, code(city)).status_code == 401  # also the right one waits


def test_the_code_is_awaited_for_five_minutes_and_only_after_a_password(city: WebCity, codes: list[str]) -> None:
    assert city.visitor().get("/login/code").location == "/login"
    client = city.visitor()
    sign_in(client, "rina")
    assert client.get("/login/code").status_code == 200
    city.clock.advance(301)
    assert client.get("/login/code").location == "/login"


def test_it_is_switched_on_by_the_code_that_the_phone_shows(city: WebCity) -> None:
    client = city.browser()
    before = client.get_cookie("netquota")
    page = client.get("/account/second-factor")
    seed = re.search(r'user-select-all">([A-Z2-7 ]+)<', page.text)
    sealed = re.search(r'name="sealed" value="([^"]+)"', page.text)
    assert seed is not None
    assert sealed is not None
    assert 'class="qr"' in page.text
    form = {"csrf_token": token_of(page), "sealed": sealed.group(1)}
    wrong = client.post("/account/second-factor", data=form | {"code": "000000"})
    assert wrong.status_code == 400
    assert seed.group(1) in wrong.text  # the phone has scanned it already
    right = client.post("/account/second-factor", data=form | {"code": code(city, seed.group(1).replace(" ", ""))})
    assert right.headers["Cache-Control"] == "no-store"
    assert len(re.findall(r"\b[a-z2-9]{4}(?:-[a-z2-9]{4}){3}\b", right.text)) == 10
    after = client.get_cookie("netquota")
    assert before is not None
    assert after is not None
    assert after.value != before.value  # the session is new
    assert sign_in(city.visitor(), "rina").location == "/login/code"


def test_a_seed_that_we_did_not_seal_is_refused(city: WebCity) -> None:
    client = city.browser()
    assert post(client, "/account/second-factor", sealed="JBSWY3DPEHPK3PXP", code="123456").status_code == 400


def test_switching_it_off_wants_the_password(city: WebCity, codes: list[str]) -> None:
    client = city.visitor()
    sign_in(client, "rina")
    give(client, code(city))
    assert post(client, "/account/second-factor/off", password="salah sekali ini").status_code == 400
    fresh = post(client, "/account/recovery-codes", password=PASSWORD)
    assert codes[0] not in fresh.text
    assert post(client, "/account/second-factor/off", password=PASSWORD).status_code == 302
    assert sign_in(city.visitor(), "rina").location != "/login/code"
    assert is_signed_in(client)


def test_secrets_are_not_in_the_database(city: WebCity, codes: list[str]) -> None:
    raw = city.database.path
    assert raw is not None
    with city.database.write() as connection:
        connection.exec_driver_sql("SELECT 1")
    kept = raw.read_bytes() + raw.with_name(raw.name + "-wal").read_bytes()
    assert SEED.encode() not in kept
    assert not any(each.encode() in kept or each.replace("-", "").encode() in kept for each in codes)
