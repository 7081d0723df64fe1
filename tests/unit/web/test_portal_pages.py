"""The portal's pages: light enough for one round trip, one hashed style, no script, errors that can be found."""

import gzip
import re
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256

import pytest
from flask import Flask

from web.components import ChainStep, Outcome
from web.portal import pages

NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
OFFICE = pages.Office(
    "Hotspot Kota Teluk Arunika", "Dinas Komunikasi dan Informatika", "Diskominfo, lantai 2.", "/privacy", sample=True
)
LOGIN = pages.LoginPage(
    OFFICE, "id", "/portal/login", (("state", "signed.state"),), usual_rate_bps=10**7, usual_quota_octets=10**10
)
DEVICES = (
    pages.DeviceView("Ponsel", "phone", NOON, 120_000_000, this_one=True),
    pages.DeviceView("Laptop", "laptop", NOON, 190_000_000, end_url="/end", hidden=(("session", "7"),)),
)
STATUS = pages.StatusPage(
    OFFICE,
    "id",
    "Dewi Larasati",
    "Disdukcapil",
    (pages.QuotaView("Kuota November", 4_200_000_000, 10**10, 8 * 10**9, NOON, 566_000, "Cukup."),),
    10**7,
    5 * 10**6,
    "Ini batas paket Anda.",
    (("state", "signed.state"),),
    connected_since=NOON,
    chain=(ChainStep("Paket", "10 / 5", outcome=Outcome.WINS),),
    days=tuple(pages.DayView(date(2026, 11, day), day * 10**7) for day in range(18, 25)),
    devices=DEVICES,
    devices_allowed=3,
    request_url="/ask",
    logout_url="/logout",
    self_service="kuota.arunika.example",
    self_service_url="https://kuota.arunika.example/",
)
DENIED = pages.DeniedPage(
    OFFICE,
    "id",
    "Kuota Anda habis",
    "10,0 dari 10 GB terpakai.",
    "kuota bulanan akun Anda",
    "Ajukan tambahan.",
    ends_at=NOON,
    ends_in_s=555_000,
    who_helps="Hendra Saputra",
    devices=DEVICES,
    action_url="/ask",
    action_text="Ajukan",
)
BROKEN = pages.ErrorPage(OFFICE, "id", "Halaman gagal dimuat", "Internet tidak terganggu.", "Coba lagi.", code="K7-42F")
FORWARD = pages.ForwardPage(OFFICE, "id", "http://10.5.50.1/login?username=a&password=t")
EVERY = (LOGIN, STATUS, DENIED, BROKEN, FORWARD)


def render(app: Flask, page: pages.Page) -> pages.Rendered:
    with app.test_request_context("/portal"):
        return pages.render(page)


@pytest.mark.parametrize(("page", "limit"), [(LOGIN, 14_336), (STATUS, 20_480), (DENIED, 14_336), (BROKEN, 14_336)])
def test_pages_are_light(app: Flask, page: pages.Page, limit: int) -> None:
    assert len(gzip.compress(render(app, page).html.encode())) <= limit


@pytest.mark.parametrize("page", EVERY, ids=lambda page: type(page).__name__)
@pytest.mark.parametrize("language", ["id", "en"])
def test_policy_allows_the_one_style_and_nothing_else(app: Flask, page: pages.Page, language: str) -> None:
    rendered = render(app, replace(page, language=language))
    styles = re.findall(r"<style>(.*?)</style>", rendered.html, re.DOTALL)
    digest = b64encode(sha256(styles[0].encode()).digest()).decode()
    assert len(styles) == 1
    assert f"'sha256-{digest}'" in rendered.csp
    assert "unsafe" not in rendered.csp
    assert "script" not in rendered.html + rendered.csp
    assert not re.search(r"\sstyle=|target=|\son[a-z]+=", rendered.html)
    assert f'<html lang="{language}">' in rendered.html
    assert rendered.html.startswith("<!doctype html>")


@pytest.mark.parametrize("page", EVERY, ids=lambda page: type(page).__name__)
def test_help_and_privacy_stand_on_every_page(app: Flask, page: pages.Page) -> None:
    html = render(app, page).html
    assert "Diskominfo, lantai 2." in html
    assert "Kebijakan privasi" in html
    assert "DATA CONTOH" in html


def test_login_posts_its_state_and_helps_password_managers(app: Flask) -> None:
    html = render(app, LOGIN).html
    assert '<form method="post" action="/portal/login">' in html
    assert '<input type="hidden" name="state" value="signed.state">' in html
    assert 'autocomplete="username"' in html
    assert 'autocomplete="current-password"' in html
    assert "aria-invalid" not in html.split("</style>")[1]


def test_login_error_is_tied_to_the_fields_and_the_password_never_comes_back(app: Flask) -> None:
    html = render(app, replace(LOGIN, error="NIP atau sandi tidak cocok.", username='a"><i')).html
    assert html.count('aria-describedby="err"') == 2
    assert 'id="err"' in html
    assert "<i" not in html.replace("<input", "")
    assert re.search(r'name="password" type="password"[^>]*value=', html) is None


@pytest.mark.parametrize(
    ("form", "password"),
    [
        ({"password": "rahasia"}, "rahasia"),
        ({"password": "", "password_shown": "terlihat"}, "terlihat"),
        ({"password": "lama", "password_shown": "terlihat"}, "terlihat"),
        ({}, ""),
    ],
)
def test_password_may_be_typed_visibly_without_script(form: dict[str, str], password: str) -> None:
    assert pages.typed_password(form) == password


def test_status_says_used_left_slowed_and_when_it_refills(app: Flask) -> None:
    html = re.sub(r"\s+", " ", render(app, STATUS).html.replace("\u00a0", " "))
    for words in ("<b>4,2</b> dari 10 GB", "42 %", "diperlambat mulai 8 GB", "sisa 5,8 GB", "6 hari 13 jam lagi"):
        assert words in html
    assert "24 November pukul 12.00" in html
    assert 'aria-label="4,2 dari 10 GB terpakai, 42 %; diperlambat mulai 8 GB"' in html
    assert "24 Nov 0,24" in html  # each day to a screen reader
    assert "30 hari terakhir: 1,5 GB" in html


def test_only_other_devices_can_be_ended(app: Flask) -> None:
    html = render(app, STATUS).html
    assert html.count('action="/end"') == 1
    assert '<input type="hidden" name="session" value="7">' in html
    assert 'aria-label="Putuskan Laptop"' in html


def test_denied_tells_what_whose_until_when_and_what_to_do(app: Flask) -> None:
    html = render(app, DENIED).html
    order = ["10,0 dari 10 GB", "kuota bulanan akun Anda", "24 November pukul 12.00", "Ajukan tambahan.", "Hendra"]
    assert [html.index(words) for words in order] == sorted(html.index(words) for words in order)


def test_forward_leaves_by_plain_navigation(app: Flask) -> None:
    html = render(app, FORWARD).html
    assert '<meta http-equiv="refresh" content="0;url=http://10.5.50.1/login?username=a&amp;password=t">' in html
    assert "<form" not in html


def test_first_known_wish_decides_the_language() -> None:
    assert pages.choose_language("id", [None, "fr", "en"]) == "en"
    assert pages.choose_language("id", [None, ""]) == "id"
