"""A phone without cookies or script logs in at the hotspot: the password stays here, the gateway gets a token."""

from __future__ import annotations

import re
from hashlib import md5

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from netquota.services.allocate import change
from netquota.services.verify import Claim, SlowCheck
from netquota.storage.database import Database
from netquota.storage.order_store import OrderKind, orders
from netquota.storage.record_store import records
from radius.methods import Chap, Pap
from tests.hotspot_city import CHILLI, LINK, MAC, MIKROTIK, NIP, PROBE, Hotspot, action, hidden, onward
from tests.web_city import BY, PASSWORD


@pytest.fixture
def hotspot(database: Database) -> Hotspot:
    return Hotspot.on(database)


def arrive(hotspot: Hotspot, **changed: str) -> tuple[FlaskClient, TestResponse]:
    client = hotspot.browser()
    return client, client.get("/portal/login", query_string={**MIKROTIK, **changed})


def accepts(hotspot: Hotspot, proof: Pap | Chap, mac: str = MAC, nas: str = "gw-disdik") -> bool:
    """What RADIUS says to this credential of Siti's."""
    context = hotspot.city.context
    claim = Claim(hotspot.siti, None, mac, hotspot.nas(nas))
    return SlowCheck(context.keyring, context.tokens).check(claim, proof, context.now_s).right


def test_the_right_password_leads_to_the_gateway_with_a_token_that_radius_takes(hotspot: Hotspot) -> None:
    client, page = arrive(hotspot)
    answer = hotspot.log_in(client, page)
    address, query = onward(answer)
    assert (address, query["username"], query["dst"]) == (LINK, "siti", "http://berita.arunika.go.id/hari")
    assert "Set-Cookie" not in answer.headers
    assert PASSWORD not in answer.text
    assert accepts(hotspot, Pap(query["password"].encode()))
    assert not accepts(hotspot, Pap(query["password"].encode()), mac="02:00:00:00:00:01")
    assert not accepts(hotspot, Pap(query["password"].encode()), nas="chilli-rsud")


@pytest.mark.parametrize(
    "wanted", ["http://evil.example/", "javascript:alert(1)", "//evil.example", "http:\\\\evil.example"]
)
def test_a_log_in_leads_to_ones_quota_where_a_link_asks_for_a_stranger(hotspot: Hotspot, wanted: str) -> None:
    client, page = arrive(hotspot, **{"link-orig": wanted})
    assert onward(hotspot.log_in(client, page))[1]["dst"].startswith("http://localhost/kuota?h=")


def test_each_page_names_what_is_always_reachable(hotspot: Hotspot) -> None:
    client, page = arrive(hotspot)
    hotspot.use(10_000_000_000)
    for shown in (page, hotspot.log_in(client, page), client.get("/kuota")):
        assert '<a href="https://berita.arunika.go.id/" rel="noreferrer">Berita Kota</a>' in shown.text


def test_a_gateway_may_send_its_fields_by_a_form(hotspot: Hotspot) -> None:
    client = hotspot.browser()
    page = client.post("/portal/login", data=MIKROTIK)
    assert onward(hotspot.log_in(client, page))[0] == LINK


def test_a_nip_is_a_name_too_and_the_gateway_gets_the_accounts_own(hotspot: Hotspot) -> None:
    client, page = arrive(hotspot)
    answer = hotspot.log_in(client, page, "19880214 201001 1 002")
    assert onward(answer)[1]["username"] == "siti"
    assert NIP not in onward(answer)[0]


def test_chap_of_a_mikrotik_is_computed_here_and_radius_takes_it(hotspot: Hotspot) -> None:
    client, page = arrive(hotspot, **{"chap-id": r"\371", "chap-challenge": r"\034\177A"})
    password = onward(hotspot.log_in(client, page))[1]["password"]
    assert re.fullmatch("[0-9a-f]{32}", password)
    assert accepts(hotspot, Chap(0xF9, bytes.fromhex(password), b"\x1c\x7fA"))


def digest(octets: bytes) -> bytes:
    return md5(octets, usedforsecurity=False).digest()


def signed(address: str, secret: str = "uam-secret") -> str:
    return f"{address}&md={digest(f'{address}{secret}'.encode()).hex().upper()}"


def chilli_address(**changed: str) -> str:
    query = "&".join(
        f"{name}={value.replace(':', '%3a').replace('/', '%2f')}" for name, value in {**CHILLI, **changed}.items()
    )
    return f"http://localhost/portal/login?{query}"


def test_chilli_gets_the_response_that_radius_takes(hotspot: Hotspot) -> None:
    client = hotspot.browser("203.0.113.8")
    page = client.get(signed(chilli_address()))
    address, query = onward(hotspot.log_in(client, page))
    assert address == "http://10.1.0.1:3990/logon"
    assert (query["username"], query["userurl"]) == ("siti", "http://example.com/")
    key = digest(bytes.fromhex(CHILLI["challenge"]) + b"uam-secret")
    assert accepts(hotspot, Chap(0, bytes.fromhex(query["response"]), key), nas="chilli-rsud")


@pytest.mark.parametrize(
    "address",
    [
        chilli_address(),
        signed(chilli_address(), "another"),
        signed(chilli_address()).replace("10.1.0.1", "10.1.0.66"),
        signed(chilli_address(uamip="8.8.8.8")),
        signed(chilli_address(challenge="00")),
    ],
)
def test_a_redirect_that_no_gateway_signed_goes_nowhere(hotspot: Hotspot, address: str) -> None:
    answer = hotspot.browser("203.0.113.8").get(address)
    assert answer.status_code == 400
    assert "<form" not in answer.text


@pytest.mark.parametrize("link", ["http://evil.example/login", "javascript:alert(1)", ""])
def test_a_link_to_elsewhere_is_refused_before_anybody_types(hotspot: Hotspot, link: str) -> None:
    _, page = arrive(hotspot, **{"link-login-only": link})
    assert page.status_code == 400
    assert "<form" not in page.text


@pytest.mark.parametrize("state", ["", "x", "AAAA", "ey.J", "é" * 40])
def test_a_state_that_is_not_ours_is_refused(hotspot: Hotspot, state: str) -> None:
    answer = hotspot.browser().post("/portal/login", data={"s": state, "username": "siti", "password": PASSWORD})
    assert answer.status_code == 400


def test_a_page_that_was_open_too_long_leads_back_through_the_gateway(hotspot: Hotspot) -> None:
    client, page = arrive(hotspot)
    hotspot.city.clock.advance(3601)
    answer = hotspot.log_in(client, page)
    assert answer.status_code == 410
    assert 'href="http://10.5.50.1/login"' in answer.text


def test_a_proven_log_in_is_no_use_to_another_address_or_later(hotspot: Hotspot) -> None:
    client, page = arrive(hotspot)
    unproven = hidden(page)["s"]
    assert 'name="password"' in client.get("/portal/on", query_string={"s": unproven}).text
    hotspot.session("AA:BB:CC:00:00:01", number="1")
    hotspot.session("AA:BB:CC:00:00:02", number="2")
    proven = {"s": hidden(hotspot.log_in(client, page))["s"]}
    assert "Semua perangkat" in client.get("/portal/on", query_string=proven).text
    assert hotspot.browser("203.0.113.9").get("/portal/on", query_string=proven).status_code == 400
    hotspot.city.clock.advance(301)
    assert client.get("/portal/on", query_string=proven).status_code == 410


@pytest.mark.parametrize("name", ["siti", "nobody"])
def test_a_wrong_password_says_how_many_attempts_are_left(hotspot: Hotspot, name: str) -> None:
    client, page = arrive(hotspot)
    for told in ("Periksa huruf besar, lalu coba lagi.", "sisa 3 percobaan", "sisa 2", "sisa 1", "sisa 0"):
        page = hotspot.log_in(client, page, name, "salah sama sekali")
        assert told in page.text
    assert "Coba lagi dalam 1 detik" in hotspot.log_in(client, page, name, "salah sama sekali").text
    assert "Terlalu banyak percobaan" in hotspot.log_in(client, page, name).text
    hotspot.city.clock.advance(61)
    after = hotspot.log_in(client, page, name)
    assert ("http-equiv" in after.text) is (name == "siti")


def test_a_guesser_on_another_device_does_not_keep_siti_out(hotspot: Hotspot) -> None:
    client, page = arrive(hotspot, mac="02:00:00:00:00:99")
    for _ in range(8):
        hotspot.log_in(client, page, password="salah sama sekali")
    assert onward(hotspot.log_in(*arrive(hotspot)))[0] == LINK


def test_what_was_refused_stands_in_the_log_of_decisions(hotspot: Hotspot) -> None:
    client, page = arrive(hotspot)
    hotspot.log_in(client, page, password="salah sama sekali")
    with hotspot.city.database.read() as connection:
        row = records(connection)[0]
    assert (row.accepted, row.code, row.employee_id, row.mac) == (False, "wrong_password", hotspot.siti, MAC)
    assert (row.nas_id, row.gateway) == (hotspot.nas("gw-disdik"), "gw-disdik-1")


@pytest.mark.parametrize(
    ("kind", "key", "values", "words"),
    [
        (
            "employee",
            "siti",
            {"status": "suspended", "status_why": "cuti"},
            ("Akun Anda dinonaktifkan", "cuti", "operator"),
        ),
        ("employee", "siti", {"valid_until": "2026-11-01"}, ("Masa berlaku akun Anda habis",)),
        ("opd", "DISDIK", {"status": "suspended"}, ("Layanan untuk kantor Anda dihentikan",)),
        ("opd", "DISDIK", {"plan": ""}, ("Akun Anda belum mendapat paket",)),
    ],
)
def test_a_refusal_is_told_before_the_gateway_is_asked(
    hotspot: Hotspot, kind: str, key: str, values: dict[str, str], words: tuple[str, ...]
) -> None:
    change(hotspot.city.office, kind, key, values, BY)
    hotspot.city.context.view.expire()
    answer = hotspot.log_in(*arrive(hotspot))
    assert "http-equiv" not in answer.text
    for said in words:
        assert said in answer.text


def test_a_spent_quota_says_when_it_refills(hotspot: Hotspot) -> None:
    hotspot.use(10**10)
    answer = hotspot.log_in(*arrive(hotspot))
    for said in ("Kuota Anda habis", "10\u00a0GB", "1 Desember pukul 00.00", "Penuh kembali"):
        assert said in answer.text, said


def test_outside_the_hours_it_says_when_it_opens(hotspot: Hotspot) -> None:
    city = hotspot.city
    city.add("schedule", key="kerja", name="Jam kerja", windows="Kerja: mon-fri 07:30-11:00")
    change(city.office, "plan", "staf", {"schedule": "kerja", "hours_only": "yes"}, BY)
    city.context.view.expire()
    answer = hotspot.log_in(*arrive(hotspot))
    assert "Hotspot sedang tutup" in answer.text
    assert "25 November pukul 07.30" in answer.text


def test_with_all_devices_in_use_one_may_be_ended_to_log_in_here(hotspot: Hotspot) -> None:
    ended = hotspot.session("AA:BB:CC:00:00:01", number="1")
    hotspot.session("AA:BB:CC:00:00:02", number="2")
    client, page = arrive(hotspot)
    full = hotspot.log_in(client, page)
    assert "Semua perangkat Anda sedang terpakai" in full.text
    fields = hidden(full)
    answer = client.post(action(full), data=fields)
    assert fields["session"] == str(ended)
    with hotspot.city.database.read() as connection:
        written = orders(connection)
    assert [(order.session_id, order.kind) for order in written] == [(ended, OrderKind.DISCONNECT)]
    path, query = onward(answer)
    assert path == "/portal/on"
    assert "Semua perangkat" in client.get(path, query_string=query).text  # the gateway has not answered yet


def test_nobody_ends_the_session_of_another(hotspot: Hotspot) -> None:
    hotspot.session("AA:BB:CC:00:00:01", number="1")
    hotspot.session("AA:BB:CC:00:00:02", number="2")
    client, page = arrive(hotspot)
    full = hotspot.log_in(client, page)
    for wanted in ("999999", "-1", "", "9" * 40, "1 OR 1=1"):
        assert client.post(action(full), data={**hidden(full), "session": wanted}).status_code == 200
    with hotspot.city.database.read() as connection:
        assert orders(connection) == []


def test_after_the_gateway_a_device_check_leads_to_the_quota(hotspot: Hotspot) -> None:
    client, page = arrive(hotspot, **{"link-orig": PROBE})
    dst = onward(hotspot.log_in(client, page))[1]["dst"]
    assert dst.startswith("http://localhost/kuota?h=")
    shown = client.get(dst, follow_redirects=True)
    assert "Siti Aminah" in shown.text
    again = client.get(dst, follow_redirects=True)  # a hand-over that was overheard is used up
    assert "Siti Aminah" not in again.text
    assert 'name="password"' in again.text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Kuota staf-bulan habis: 10 dari 10 GB.", "Kuota staf-bulan habis: 10 dari 10 GB."),
        ("RADIUS server is not responding", "Layanan masuk tidak menjawab"),
        ("chap-missing", "Halaman terlalu lama terbuka"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)"),
    ],
)
def test_what_the_gateway_says_is_told_in_words(hotspot: Hotspot, said: str, told: str) -> None:
    _, page = arrive(hotspot, error=said)
    assert told in page.text
    assert "<script" not in page.text


def test_language_goes_with_the_person_and_with_the_wish(hotspot: Hotspot) -> None:
    change(hotspot.city.office, "employee", "siti", {"language": "en", "status": "suspended"}, BY)
    hotspot.city.context.view.expire()
    client, page = arrive(hotspot)
    assert '<html lang="id">' in page.text
    assert "Your account is suspended" in hotspot.log_in(client, page).text
    other = re.search(r'<a href="([^"]+)" hreflang="en"', page.text)
    assert other is not None
    english = client.get(other.group(1).replace("&amp;", "&"))
    assert '<html lang="en">' in english.text
    assert hidden(english)["s"] == hidden(page)["s"]


def test_pages_of_the_portal_load_their_one_style_and_post_to_us_alone(hotspot: Hotspot) -> None:
    client, page = arrive(hotspot)
    for answer in (page, hotspot.log_in(client, page)):
        policy = answer.headers["Content-Security-Policy"]
        assert re.search(r"style-src 'sha256-[^']+'", policy)
        assert "form-action 'self'" in policy
        assert "script-src" not in policy


FIELDS = st.dictionaries(
    st.sampled_from(
        [
            *MIKROTIK,
            *CHILLI,
            "s",
            "h",
            "md",
            "session",
            "password",
            "password_shown",
            "lang",
            "reply",
            "csrf_token",
            "mac",
            "name",
            "code",
            "new",
            "current",
            "what",
            "until",
            "reason",
            "remember",
        ]
    ),
    st.one_of(
        st.text(max_size=60),
        st.sampled_from(
            [LINK, "http://[", "http://10.1.1.1:x/", "0" * 32, "10.1.0.1", "siti", PASSWORD, "\0", "9" * 30]
        ),
    ),
)
POSTED = [
    "/portal/login", "/portal/end", "/portal/on", "/kuota", "/kuota/end", "/kuota/logout", "/login", "/kuota/device",
    "/kuota/device/name", "/kuota/device/forget", "/kuota/password", "/kuota/password/code", "/kuota/password/forgot",
    "/kuota/more", "/capport/v1", "/portal/begin", "/hotspot/login.html",
]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(address=st.sampled_from(POSTED), fields=FIELDS, method=st.sampled_from(["GET", "POST"]), proven=st.booleans())
def test_whatever_is_sent_is_no_failure_of_ours(
    sqlite_database: Database, address: str, fields: dict[str, str], method: str, proven: bool
) -> None:
    hotspot = _hotspot_once(sqlite_database)
    client = hotspot.browser()
    if proven:
        fields = {**fields, "s": hidden(client.get("/portal/login", query_string=MIKROTIK))["s"]}
    data = {"query_string": fields} if method == "GET" else {"data": fields}
    assert client.open(address, method=method, **data).status_code < 500


_MADE: dict[str, Hotspot] = {}


def _hotspot_once(database: Database) -> Hotspot:
    """One city for all examples: what one leaves behind must not hurt the next."""
    if database.url not in _MADE:
        _MADE[database.url] = Hotspot.on(database)
    return _MADE[database.url]
