"""Every refusal that somebody can meet, on the portal's page and in a Reply-Message, in Indonesian and English.

Each says why, what to do and whom to call, in one language, with nothing left to be filled in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from netquota.domain.people import AccountKind, Subscriber
from netquota.domain.policy import Code, Decision, Reason, Rule
from netquota.domain.units import Rate
from netquota.services.authorize import refused
from netquota.services.vouchers import Wish, make, show
from netquota.services.words import MOST_OCTETS, reply
from netquota.storage.database import Database
from radius.engine import reject_attributes
from tests.web_city import BY, PASSWORD, WebCity
from web.portal import pages, refusing

WIB = ZoneInfo("Asia/Jakarta")
CONTACT = "0411-555118"
LANGUAGES = ("id", "en")
AT_THE_FORM = (Code.UNKNOWN, Code.WRONG_PASSWORD, Code.HELD_OFF)
ON_A_PAGE = (
    Code.SUSPENDED, Code.LEFT, Code.NOT_YET_VALID, Code.EXPIRED, Code.OPD_SUSPENDED, Code.NO_PLAN, Code.DEVICES_FULL,
    Code.OUTSIDE_HOURS, Code.CEILING_FULL, Code.QUOTA_SPENT, Code.QUOTA_HELD, Code.TRY_LATER,
)  # fmt: skip
BY_RADIUS_ALONE = (Code.NO_CEILING, Code.ELSEWHERE, Code.TOO_MANY_GATEWAYS)
REFUSE_NOBODY = {
    Code.ACTIVE, Code.CIRCUIT_RATE, Code.DEVICES_FREE, Code.DEVICES_REPLACED, Code.DEVICES_END_IDLE, Code.WITHIN_HOURS,
    Code.WINDOW_RATE, Code.PLAN_RATE, Code.OVERRIDE_RATE, Code.BOOST_RATE, Code.TURN_RATE, Code.TURN_OWN,
    Code.TURN_WAITS, Code.TURN_CHOSEN, Code.EVENT_RATE, Code.EVENT_CUT, Code.CEILING_ABOVE, Code.CEILING_CAPS,
    Code.SHARE_OF_CEILING,
    Code.QUOTA_LEFT, Code.QUOTA_WARNED, Code.QUOTA_THROTTLED, Code.QUOTA_NOTIFIED, Code.QUOTA_STEP, Code.QUOTA_LANDING,
    Code.FLOOR_HOLDS, Code.PAUSED, Code.ENDED_BY_ADMIN, Code.ENDED_BY_OWNER,
}  # fmt: skip
RULES = {Code.DEVICES_FULL: Rule.DEVICES}
NAMES = {"XQ", "Xqx", "Xyz", "EN", "ID", "Hotspot Xyz", "Hotspot", "Bqv", CONTACT}
"""What is data in these pages and the same in both languages; letters of no word of either."""
WORDS = {
    "en": set(
        "the is are was your you and or of to in at on it its this that not again try ask contact until account valid "
        "log after with closed suspended expired quota used spent refills later devices end office password check "
        "capitals attempts left seconds open also without need help who can what limits do wait more from moment "
        "service now whoever gave another one end session since privacy policy we record time".split()
    ),
    "id": set(
        "yang dan atau akun anda sandi coba lagi hubungi kantor kuota pukul habis kembali penuh masuk sampai mulai "
        "dengan tanpa untuk dari ke di ini itu sudah belum tidak bila perangkat putuskan satu keluar nanti "
        "sedang sisa detik percobaan bantuan apa siapa dapat membantu membatasi dilakukan batas layanan berlaku "
        "kami mencatat waktu selalu terbuka juga periksa huruf besar terlalu banyak salah".split()
    ),
}  # fmt: skip
REMEDIES = {
    "id": ("hubungi", "masuk lagi", "coba lagi", "minta", "putuskan", "ajukan", "tunggu", "keluar", "masuk dengan"),
    "en": ("contact", "ask", "log in", "try again", "end one", "log out", "wait", "tell"),
}


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(
        sqlite_database, city={"name": "Xyz", "help_contact": CONTACT, "department": "Bqv"}, web={"plain_http": True}
    )
    made.add("plan", key="xq", name="XQ", rate="2M/1M")
    made.add("plan", key="gq", name="GQ", rate="2M/1M", for_guests="yes")
    made.add("opd", code="XQ", name="XQ", plan="xq", guests="3")
    made.add("nas", name="gw", address="127.0.0.1", family="mikrotik")
    made.add("site", name="XQ", opd="XQ", nas="gw")
    made.add("employee", username="xqx", name="Xqx", opd="XQ", password=PASSWORD)
    return made


def reason(code: Code, city_s: int = 1_795_000_000, **more: object) -> Reason:
    rule = RULES.get(code, Rule.QUOTA)
    used, limit = (3, 3) if rule is Rule.DEVICES else (10**10, 10**10)
    return replace(Reason(rule, code, "XQ", Rate(10**7, 10**6), used, limit, city_s + 7200), **more)  # type: ignore[arg-type]


def test_every_code_either_refuses_somewhere_or_refuses_nobody() -> None:
    refusing_codes = {*AT_THE_FORM, *ON_A_PAGE, *BY_RADIUS_ALONE}
    assert refusing_codes | REFUSE_NOBODY == set(Code)
    assert refusing_codes & REFUSE_NOBODY == set()


@pytest.mark.parametrize("kind", [AccountKind.PERSON, AccountKind.GUEST])
@pytest.mark.parametrize("code", ON_A_PAGE)
def test_a_page_says_why_what_to_do_and_whom_to_call(city: WebCity, code: Code, kind: AccountKind) -> None:
    shown = {language: denied(city, code, kind, language) for language in LANGUAGES}
    for language, page in shown.items():
        said = body(page)
        check_language(said, language)
        title, what = part(page, "h1"), part(page, 'role="alert".*?<p')
        assert title, said
        assert what, said
        remedies = [one for one in REMEDIES[language] if one in said.lower()]
        assert remedies, said
        assert CONTACT in said
        assert ("Operator XQ" if language == "id" else "Operator of XQ") in said
    check_translated(shown["id"], shown["en"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", AT_THE_FORM)
def test_beside_the_form_it_says_why_what_to_do_and_whom_to_call(city: WebCity, code: Code, language: str) -> None:
    client = city.visitor()
    username = "nobody" if code is Code.UNKNOWN else "xqx"
    for _ in range(7 if code is Code.HELD_OFF else 1):
        page = client.get(f"/portal/login?lang={language}").text
        sealed = re.search(r'name="s" value="([^"]+)"', page)
        assert sealed is not None
        fields = {"s": sealed.group(1), "username": username, "password": "salah sekali"}
        page = client.post(f"/portal/login?lang={language}", data=fields).text
    alert = words(part(page, 'role="alert"[^>]*'))
    check_language(alert, language)
    check_language(body(page).replace("nobody", ""), language)
    assert any(one in alert.lower() for one in (*REMEDIES[language], "periksa", "check")), alert
    assert CONTACT in body(page)
    assert ("detik" if language == "id" else "second") in alert or code is not Code.HELD_OFF, alert


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", [*AT_THE_FORM, *ON_A_PAGE, *BY_RADIUS_ALONE])
def test_a_reply_message_says_why_what_to_do_and_whom_to_call(code: Code, language: str) -> None:
    said = reply(Decision(False, (reason(code),), cause=code), language, WIB, CONTACT)
    check_language(said, language)
    assert said.endswith(f"{'Bantuan' if language == 'id' else 'Help'}: {CONTACT}")
    assert any(one in said.lower() for one in REMEDIES[language]), said
    assert len(said.encode()) <= MOST_OCTETS
    bare = reply(refused(code), language, WIB)
    check_language(bare, language)
    assert CONTACT not in bare


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", [*AT_THE_FORM, *ON_A_PAGE, *BY_RADIUS_ALONE])
def test_the_remedy_is_never_cut_off_however_long_names_are(code: Code, language: str) -> None:
    long = reason(code, source="é" * 200, note="ü" * 200)
    said = reply(Decision(False, (long,), cause=code), language, WIB, "x" * 240)
    last = reply(Decision(False, (reason(code, source="", note=""),), cause=code), language, WIB).split(". ")[-1]
    assert len(said.encode()) <= MOST_OCTETS
    assert said.endswith(last[-12:]), said
    assert reject_attributes(said)[2:].decode() == said


def denied(city: WebCity, code: Code, kind: AccountKind, language: str) -> str:
    """The page that somebody is shown, as it leaves."""
    decision = Decision(False, (Reason(Rule.ACCOUNT, Code.ACTIVE), reason(code, city.now_s)), cause=code)
    with city.app.test_request_context(f"/portal/login?lang={language}"):
        person = somebody(city, kind)
        page = refusing.denied_page(
            city.context, person, decision, language, again="/portal/login", end_url="/portal/end", hidden=()
        )  # fmt: skip
        return pages.render(page).html


def somebody(city: WebCity, kind: AccountKind) -> Subscriber:
    snapshot = city.context.policy.snapshot
    if kind is AccountKind.PERSON:
        return snapshot.subscribers["xqx"]
    batch = make(city.office, Wish("XQ", "gq", 1, "Xqx", valid_for_s=86_400), BY)
    city.context.changed()
    return city.context.policy.snapshot.subscribers[show(city.office, batch.key)[1][0].code]


def part(page: str, opening: str) -> str:
    """What stands in the first element whose opening tag fits."""
    found = re.search(rf"<[^>]*{opening}[^>]*>(.*?)</(?:h1|p|div)>", page, re.DOTALL)
    return "" if found is None else found.group(1)


def texts(page: str) -> Iterator[str]:
    """The pieces of text that a person reads or hears."""
    seen = re.sub(r"<(style|svg|script)\b.*?</\1>", " ", page, flags=re.DOTALL)
    labels = re.findall(r'(?:aria-label|placeholder)="([^"]*)"', seen)
    yield from (unescape(one).strip() for one in [*re.split(r"<[^>]+>", seen), *labels] if one.strip())


def words(page: str) -> str:
    return " ".join(texts(page))


def body(page: str) -> str:
    return words(page.partition("<body>")[2])


def check_language(said: str, language: str) -> None:
    """Only words of the language, and nothing that was to be filled in."""
    other = "en" if language == "id" else "id"
    foreign = WORDS[other] - WORDS[language]
    assert [one for one in re.findall(r"[a-z]+", said.lower()) if one in foreign] == [], said
    assert not any(slip in said for slip in ("{", "}", "%(", "%s", "None", "  ", " .", "()")), said


def check_translated(indonesian: str, english: str) -> None:
    """No piece of text is the same in both, but names."""
    same = set(texts(indonesian)) & set(texts(english))
    assert {one for one in same if re.search(r"[A-Za-z]{2}", one)} - NAMES == set()
