"""Signing in to the admin pages: who gets in, for how long, and what keeps guessers and forgers out."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from netquota.services.allocate import change
from netquota.storage.database import Database
from tests.web_city import BY, PASSWORD, WebCity, post, sign_in, token_of


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database, web={"plain_http": True})
    made.add_admin("rina")
    return made


def cookie(client: FlaskClient, name: str = "netquota") -> str | None:
    found = client.get_cookie(name)
    return None if found is None else found.value


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_pages_ask_for_a_sign_in_and_lead_back(city: WebCity) -> None:
    client = city.visitor()
    answer = client.get("/account?lang=en")
    assert answer.status_code == 302
    assert answer.location == "/login?next=/account?lang%3Den"
    arrived = sign_in(client, "rina", wanted=answer.location)
    assert arrived.location == "/account?lang=en"
    assert "Rina" in client.get("/account").text


@pytest.mark.parametrize("username", ["rina", "nobody"])
def test_a_wrong_password_and_an_unknown_name_are_told_alike(city: WebCity, username: str) -> None:
    client = city.visitor()
    answer = sign_in(client, username, "salah sama sekali")
    assert answer.status_code == 401
    assert "Nama pengguna atau sandi tidak cocok." in answer.text
    assert cookie(client) is None


def test_an_admin_who_is_switched_off_does_not_get_in_and_falls_out(city: WebCity) -> None:
    city.add_admin("tono")
    client = city.browser()
    change(city.office, "admin", "rina", {"active": "no"}, BY)
    assert not is_signed_in(client)
    assert sign_in(city.visitor(), "rina").status_code == 401


def test_guessing_is_slowed_down_and_never_locked_for_good(city: WebCity) -> None:
    client = city.visitor()
    answers = [sign_in(client, "rina", "salah sama sekali").text for _ in range(7)]
    assert "Terlalu banyak percobaan" not in answers[4]
    assert "Coba lagi dalam 1 detik" in answers[5]
    assert sign_in(client, "rina").status_code == 401  # also with the right password, while the wait lasts
    city.clock.advance(61)
    assert sign_in(client, "rina").status_code == 302


def test_a_guesser_does_not_keep_others_out(city: WebCity) -> None:
    guesser, owner = city.visitor(), city.visitor()
    guesser.environ_base["REMOTE_ADDR"] = "10.9.9.9"
    for _ in range(8):
        sign_in(guesser, "rina", "salah sama sekali")
    assert sign_in(owner, "rina").status_code == 302


def test_the_session_is_rotated_at_each_sign_in(city: WebCity) -> None:
    client = city.browser()
    first = cookie(client)
    client.delete_cookie("netquota-notes")
    post(client, "/logout")
    assert cookie(client) is None
    sign_in(client, "rina")
    assert cookie(client) not in (None, first)
    stolen = city.visitor()
    stolen.set_cookie("netquota", first or "")
    assert not is_signed_in(stolen)


@pytest.mark.parametrize(("used_every_s", "times", "alive"), [(1790, 3, True), (1801, 1, False), (1790, 25, False)])
def test_a_session_ends_when_idle_and_after_half_a_day(
    city: WebCity, used_every_s: int, times: int, alive: bool
) -> None:
    client = city.browser()
    for _ in range(times):
        city.clock.advance(used_every_s)
        client.get("/account")
    assert is_signed_in(client) is alive


def test_a_new_password_signs_other_browsers_out(city: WebCity) -> None:
    mine, other = city.browser(), city.browser()
    answer = post(mine, "/account/password", current=PASSWORD, new="empat ekor itik lagi")
    assert answer.status_code == 302
    assert is_signed_in(mine)
    assert not is_signed_in(other)
    assert sign_in(city.visitor(), "rina", "empat ekor itik lagi").status_code == 302


@pytest.mark.parametrize(
    ("current", "new", "told"),
    [
        ("salah sama sekali", "empat ekor itik lagi", "Ini bukan sandi Anda yang sekarang."),
        (PASSWORD, "pendek", "Pakai sedikitnya 8 karakter"),
        (PASSWORD, "soto rina pedas", "Di dalamnya ada NIP, nama"),
        (PASSWORD, "", "Mohon diisi."),
    ],
)
def test_a_weak_or_unproven_new_password_is_refused_beside_its_field(
    city: WebCity, current: str, new: str, told: str
) -> None:
    client = city.browser()
    answer = post(client, "/account/password", current=current, new=new)
    assert answer.status_code == 400
    assert told in answer.text
    assert sign_in(city.visitor(), "rina").status_code == 302


def test_one_may_sign_out_another_browser(city: WebCity) -> None:
    mine, other = city.browser(), city.browser()
    assert "Keluar dari semua yang lain" in mine.get("/account").text
    post(mine, "/account/sessions/end", session="others")
    assert is_signed_in(mine)
    assert not is_signed_in(other)


def test_language_and_theme_follow_the_person_to_another_browser(city: WebCity) -> None:
    post(city.browser(), "/account/appearance", language="en", theme="dark")
    page = city.browser().get("/account").text
    assert '<html lang="en" data-bs-theme="dark"' in page


@pytest.mark.parametrize("address", ["/logout", "/account/password", "/account/appearance", "/account/sessions/end"])
@pytest.mark.parametrize("token", ["", "forged"])
def test_a_change_without_the_browsers_own_token_is_refused(city: WebCity, address: str, token: str) -> None:
    client = city.browser()
    assert client.post(address, data={"csrf_token": token, "session": "others"}).status_code == 400
    assert is_signed_in(client)


def test_a_sign_in_form_from_elsewhere_is_refused(city: WebCity) -> None:
    token = token_of(city.visitor().get("/login"))
    victim = city.visitor()
    assert (
        victim.post("/login", data={"username": "rina", "password": PASSWORD, "csrf_token": token}).status_code == 400
    )


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "/a\nb"]
)
def test_next_leads_only_to_our_own_pages(city: WebCity, wanted: str) -> None:
    client = city.visitor()
    token = token_of(client.get("/login"))
    answer = client.post(
        "/login", query_string={"next": wanted}, data={"username": "rina", "password": PASSWORD, "csrf_token": token}
    )
    assert answer.location == "/"


def test_the_cookie_is_bound_to_host_and_tls_where_there_is_tls(sqlite_database: Database) -> None:
    city = WebCity.on(sqlite_database, web={"secure_cookies": True, "public_url": "https://nq.example"})
    city.add_admin("rina")
    client = city.visitor()
    base = "https://nq.example"
    token = token_of(client.get("/login", base_url=base))
    data = {"username": "rina", "password": PASSWORD, "csrf_token": token}
    answer = client.post("/login", base_url=base, data=data)
    cookies = {line.partition("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in cookies["__Host-netquota"]
    assert "Domain" not in cookies["__Host-netquota"]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
