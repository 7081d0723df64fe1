"""An employee's phone at the hotspot: through the portal's page onto the internet, without script and without cookies.

The gateway is played by a little web server of the test's own that asks the real RADIUS worker.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from zoneinfo import ZoneInfo

import pytest

from netquota.services.words import moment
from radius.codec import Code
from tests.browser.chrome import PHONE, Browser
from tests.browser.guests import forget_terms, invite, set_terms
from tests.browser.looking import ON_PHONES, seen
from tests.browser.router import MIKROTIK, WANTED, Router, running_router
from tests.browser.stack import CHILLI, Stack

pytestmark = pytest.mark.needs("chromium", "chromium-driver")
BUDI, SITI = "budi.santoso", "siti.rahmawati"
PROBE = "http://connectivitycheck.gstatic.com/generate_204"
StartRouter = Callable[..., Router]


@pytest.fixture
def start_router(stack: Stack) -> Iterator[StartRouter]:
    """Starts a gateway's web server; each phone has an address of its own, so that no test is in another's way."""
    with ExitStack() as running:

        def start(name: str = MIKROTIK, number: int = 1, **further: object) -> Router:
            mac, ip = f"02:AA:00:00:00:{number:02X}", f"10.5.50.{number}"
            return running.enter_context(running_router(Router(stack, name, mac, ip, **further)))  # type: ignore[arg-type]

        yield start


def log_in(phone: Browser, username: str, password: str, address: str) -> None:
    """Arrive at the portal's page and send its form."""
    phone.open(address)
    phone.fill("username", username)
    phone.fill("password", password)
    phone.press("form button[type=submit]")


def fits(page: Browser) -> bool:
    return bool(page.ask("return document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize(("chap", "number"), [(False, 11), (True, 12)], ids=["pap", "chap"])
def test_an_employee_behind_a_mikrotik_logs_in_and_sees_the_quota(
    stack: Stack, phone: Browser, start_router: StartRouter, chap: bool, number: int
) -> None:
    router = start_router(number=number, chap=chap, wanted=PROBE)
    phone.open(router.portal_address())
    assert fits(phone)
    assert "Hotspot Kota Teluk Arunika" in phone.text("header")
    assert phone.complaints() == []
    phone.keep_picture("phone-login", PHONE, whole=True)

    log_in(phone, BUDI, stack.standing.password, router.portal_address())

    phone.sees("Budi Santoso", "h1")  # the probe was no page that anybody wanted, so the quota follows
    assert router.logged_in
    assert "Tersambung" in phone.text(".state")
    assert re.search(r"\d[\d,]* dari \d+ GB", phone.text()), phone.text()
    assert "Perangkat ini" in phone.text(".dev")
    assert fits(phone)
    assert phone.complaints() == []
    assert phone.driver.get_cookies() == []
    phone.keep_picture("phone-status", PHONE, whole=True)
    assert stack.standing.password not in str(router.asked)


def test_the_phone_of_these_tests_keeps_no_cookie(phone: Browser) -> None:
    phone.open("/login")  # sets one for its form
    assert phone.driver.get_cookies() == []


def test_the_gateways_form_needs_no_script(stack: Stack, phone: Browser, start_router: StartRouter) -> None:
    router = start_router(number=13, wanted="")
    phone.open(router.url)
    assert phone.text("h1") == "Hotspot"  # its own script, which would have sent the form, did not run
    phone.press("form button")
    assert "/portal/login" in phone.where
    assert phone.text("h1") == "Masuk ke internet kantor"


def test_after_the_log_in_comes_the_page_that_was_wanted(
    stack: Stack, phone: Browser, start_router: StartRouter
) -> None:
    router = start_router(number=14)
    router.wanted = router.url + WANTED
    log_in(phone, BUDI, stack.standing.password, router.portal_address())
    phone.sees("berita", "h1")
    assert router.asked[-1]["dst"] == router.wanted


def test_a_nip_in_groups_is_as_good_as_the_name(stack: Stack, phone: Browser, start_router: StartRouter) -> None:
    router = start_router(number=15, wanted=PROBE)
    log_in(phone, "19860926 201505 1 001", stack.standing.password, router.portal_address())
    phone.sees("Budi Santoso", "h1")
    assert router.asked[-1]["username"] == BUDI


def test_an_employee_behind_a_coovachilli_logs_in(stack: Stack, phone: Browser, start_router: StartRouter) -> None:
    router = start_router(CHILLI, number=16, wanted=PROBE)
    log_in(phone, SITI, stack.standing.password, router.portal_address())
    phone.sees("Siti Rahmawati", "h1")
    assert router.logged_in
    assert "Tersambung" in phone.text(".state")


def test_a_redirect_that_chilli_did_not_sign_is_not_used(
    stack: Stack, phone: Browser, start_router: StartRouter
) -> None:
    router = start_router(CHILLI, number=17)
    phone.open(router.portal_address().replace("challenge=00", "challenge=01"))
    assert phone.all("[name=password]") == []
    assert "hotspot" in phone.text().lower()


@pytest.mark.parametrize(
    ("username", "told", "remedy", "number"),
    [
        ("agus.wibowo", "dinonaktifkan", "operator", 18),
        ("rina.marlina", "Kuota", "operator", 19),
    ],
)
def test_a_refusal_is_told_in_words_with_its_remedy(
    stack: Stack, phone: Browser, start_router: StartRouter, username: str, told: str, remedy: str, number: int
) -> None:
    router = start_router(number=number, wanted=PROBE)
    log_in(phone, username, stack.standing.password, router.portal_address())
    assert told in phone.text("[role=alert]")
    assert remedy in phone.text(".why").lower()
    assert fits(phone)
    assert phone.complaints() == []
    assert router.asked == []  # the gateway was not troubled
    phone.keep_picture(f"phone-denied-{username.partition('.')[0]}", PHONE, whole=True)


def test_a_wrong_password_is_told_beside_the_form(stack: Stack, phone: Browser, start_router: StartRouter) -> None:
    router = start_router(number=20, wanted=PROBE)
    log_in(phone, "yusuf.hidayat", "bukan sandinya", router.portal_address())
    assert "tidak cocok" in phone.text("[role=alert]")
    assert phone.find("[name=username]").get_attribute("value") == "yusuf.hidayat"
    assert phone.find("[name=password]").get_attribute("value") == ""
    phone.fill("password", stack.standing.password)
    phone.press("form button[type=submit]")
    phone.sees("Yusuf Hidayat", "h1")


def test_what_the_gateway_refuses_comes_back_in_words(stack: Stack, phone: Browser, start_router: StartRouter) -> None:
    router = start_router(number=21, wanted=PROBE)
    address = router.logged_in_by({"username": BUDI, "password": "a token that nobody gave"})
    assert router.answers[-1].code == Code.ACCESS_REJECT
    phone.open(address)
    assert phone.text("[role=alert]")
    assert "Mikrotik" not in phone.text("[role=alert]")


def test_logging_out_leads_through_the_gateway(stack: Stack, phone: Browser, start_router: StartRouter) -> None:
    router = start_router(number=22, wanted=PROBE)
    log_in(phone, BUDI, stack.standing.password, router.portal_address())
    phone.sees("Budi Santoso", "h1")
    phone.press(".acts form[action*=logout] button")
    phone.sees("logout", "h1")
    assert phone.where == f"{router.url}/logout?erase-cookie=on"


def looks_well(page: Browser, axe: str, picture: str) -> None:
    found = seen(page, axe, picture, ON_PHONES)
    assert found == [], "\n".join(found)
    page.look_on(PHONE)


def test_a_guest_logs_in_with_the_code_of_his_slip(
    stack: Stack, any_phone: Browser, start_router: StartRouter, axe: str
) -> None:
    phone, code = any_phone, invite(stack, "Tamu rapat koordinasi").codes[0]
    router = start_router(number=24, wanted=PROBE)
    phone.open(router.portal_address())
    phone.find("details.guest summary").click()  # opens without script
    looks_well(phone, axe, "guest-login")
    phone.fill("voucher", "xxxx-yyyy-zzzz")
    phone.press("form button[type=submit]")
    assert "voucher itu tidak ada" in phone.text("[role=alert]").lower()
    assert [one.get_attribute("name") for one in phone.all("[aria-invalid]")] == ["voucher"]
    looks_well(phone, axe, "guest-wrong-code")
    phone.fill("voucher", code.upper())
    phone.press("form button[type=submit]")
    phone.sees("Tamu rapat koordinasi", "h1")
    assert router.logged_in
    ends = moment(int(time.time()) + 86_400, "id", ZoneInfo("Asia/Jakarta")).partition(" pukul ")[0]
    assert f"Berlaku sampai {ends} pukul" in phone.text("main")
    looks_well(phone, axe, "guest-status")
    phone.press(".dev a")
    assert "Lupakan perangkat ini" in phone.text("main")
    looks_well(phone, axe, "device")


def test_the_terms_of_use_are_read_before_the_first_log_in(
    stack: Stack, any_phone: Browser, start_router: StartRouter, axe: str
) -> None:
    phone, router = any_phone, start_router(number=25, wanted=PROBE)
    set_terms(stack, "uji", "2026-02-01")
    try:
        log_in(phone, BUDI, stack.standing.password, router.portal_address())
        assert "Jangan memberikan sandi" in phone.text("main")
        assert router.asked == []
        looks_well(phone, axe, "terms")
        phone.press(".after a")
        assert phone.text("h1") == "Masuk ke internet kantor"
    finally:
        forget_terms(stack, "uji")


def test_the_page_speaks_english_on_wish_and_keeps_it(stack: Stack, phone: Browser, start_router: StartRouter) -> None:
    router = start_router(number=23, wanted=PROBE)
    phone.open(router.portal_address())
    phone.press("header a[hreflang=en]")
    assert "Log in" in phone.text("h1")
    phone.fill("username", "rina.marlina")
    phone.fill("password", stack.standing.password)
    phone.press("form button[type=submit]")
    assert "quota" in phone.text("h1").lower()
