"""Passwords at the portal: changed by who knows the present one, set once with a code from operator or mail."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from netquota.errors import InvalidValue, NotFound
from netquota.passwords import verify_password
from netquota.services import password_codes
from netquota.services.allocate import change
from netquota.services.password_codes import give_code, redeem, whose_code
from netquota.storage import audit_store
from netquota.storage.audit_store import AuditFilter
from netquota.storage.database import Database
from netquota.storage.password_code_store import Way
from tests.hotspot_city import MIKROTIK, NIP, Hotspot, action, hidden, onward
from tests.live.receivers import Mailbox, mail_server
from tests.live.workers import until
from tests.web_city import BY, PASSWORD

FRESH = "empat ekor itik lagi"


@pytest.fixture
def hotspot(database: Database) -> Hotspot:
    return Hotspot.on(database)


@pytest.fixture
def lite(sqlite_database: Database) -> Hotspot:
    return Hotspot.on(sqlite_database)


def is_password(hotspot: Hotspot, password: str) -> bool:
    hotspot.city.context.view.expire()
    snapshot = hotspot.city.context.view.policy().snapshot
    return verify_password(snapshot.credentials[hotspot.siti].password_hash or "", password)


def quota_page(hotspot: Hotspot, password: str = PASSWORD) -> tuple[FlaskClient, TestResponse]:
    client = hotspot.browser()
    answer = client.post("/kuota", data={"username": "siti", "password": password}, follow_redirects=True)
    return client, answer


# -- codes ------------------------------------------------------------------------------------------------------------


def test_a_code_sets_a_password_once_however_it_is_typed(hotspot: Hotspot) -> None:
    code = give_code(hotspot.city.office, NIP, BY)
    assert re.fullmatch(r"([a-z2-9]{4}-){2}[a-z2-9]{4}", code)
    assert whose_code(hotspot.city.office, code) == hotspot.siti
    assert is_password(hotspot, PASSWORD)  # until it is used
    assert redeem(hotspot.city.office, f" {code.upper().replace('-', '  ')} ", FRESH) == hotspot.siti
    assert is_password(hotspot, FRESH)
    with pytest.raises(InvalidValue, match="code"):
        redeem(hotspot.city.office, code, "kuda nil yang lain")
    assert is_password(hotspot, FRESH)


def test_a_code_is_good_for_a_quarter_of_an_hour(hotspot: Hotspot) -> None:
    code = give_code(hotspot.city.office, "siti", BY)
    hotspot.city.clock.advance(password_codes.LASTS_S)
    with pytest.raises(InvalidValue, match="code"):
        redeem(hotspot.city.office, code, FRESH)


def test_a_weak_password_leaves_the_code_good(hotspot: Hotspot) -> None:
    code = give_code(hotspot.city.office, "siti", BY)
    for weak in ("siti aminah", "12345678", "pendek"):
        with pytest.raises(InvalidValue, match="password"):
            redeem(hotspot.city.office, code, weak)
    redeem(hotspot.city.office, code, FRESH)


def test_a_newer_code_of_the_same_way_takes_the_place_and_one_by_mail_does_not(hotspot: Hotspot) -> None:
    office = hotspot.city.office
    first, second = give_code(office, "siti", BY), give_code(office, "siti", BY)
    give_code(office, "siti", BY, way=Way.MAIL)
    assert whose_code(office, first) is None
    assert whose_code(office, second) == hotspot.siti


def test_the_trail_says_who_gave_a_code_and_who_used_it_and_holds_no_code(hotspot: Hotspot) -> None:
    code = give_code(hotspot.city.office, "siti", BY)
    redeem(hotspot.city.office, code, FRESH)
    with hotspot.city.database.read() as connection:
        trail = audit_store.entries(connection, AuditFilter(kind="employee", key="siti"), limit=2)
    assert [(one.actor, one.action) for one in trail] == [("employee:siti", "password"), ("ani", "password_code")]
    assert "ani" in trail[0].why
    assert not any(part in str(trail) for part in (code, code.replace("-", "")))


def test_nobody_gets_a_code_who_is_not_there(hotspot: Hotspot) -> None:
    with pytest.raises(NotFound):
        give_code(hotspot.city.office, "nobody", BY)


# -- pages ------------------------------------------------------------------------------------------------------------


def test_the_present_password_is_asked_for_before_it_is_changed(lite: Hotspot) -> None:
    client, page = quota_page(lite)
    form = client.get(f"/kuota/password?s={hidden(page)['s']}")
    wrong = client.post(action(form), data={**hidden(form), "current": "bukan ini", "new": FRESH})
    assert "Ini bukan sandi" in wrong.text
    assert wrong.status_code == 400
    weak = client.post(action(form), data={**hidden(form), "current": PASSWORD, "new": "siti1234"})
    assert weak.status_code == 400
    assert is_password(lite, PASSWORD)
    done = client.post(action(form), data={**hidden(form), "current": PASSWORD, "new": FRESH})
    assert "Sandi sudah diganti" in done.text
    assert is_password(lite, FRESH)
    assert "Siti Aminah" not in client.get("/kuota", query_string={"s": hidden(page)["s"]}).text  # other pages are over
    again = re.search(r'class="btn main" href="([^"]+)"', done.text)
    assert again is not None
    assert "Siti Aminah" in client.get(again.group(1).replace("&amp;", "&")).text


def test_a_code_from_the_operators_page_leads_back_to_the_log_in_under_way(lite: Hotspot) -> None:
    lite.city.add_admin()
    lite.city.add_admin("op", "opd_operator", opd="DISDIK")
    desk = lite.city.browser("op")
    token = re.search(r'name="csrf_token" value="([^"]+)"', desk.get("/employee-code/siti").text)
    assert token is not None
    shown = desk.post("/employee-code/siti", data={"csrf_token": token.group(1), "why": "lupa sandi"})
    assert shown.headers["Cache-Control"] == "no-store"
    code = re.search(r"user-select-all\">([a-z0-9-]{14})<", shown.text)
    assert code is not None
    phone = lite.browser()
    login = phone.get("/portal/login", query_string=MIKROTIK)
    link = re.search(r'href="(/kuota/password/forgot[^"]*)"', login.text)
    assert link is not None
    forgot = phone.get(link.group(1).replace("&amp;", "&"))
    assert "Kode lewat surel" not in forgot.text  # no mail is set up here
    link = re.search(r'href="(/kuota/password/code[^"]*)"', forgot.text)
    assert link is not None
    form = phone.get(link.group(1).replace("&amp;", "&"))
    bad = phone.post(action(form), data={**hidden(form), "code": "aaaa-bbbb-cccc", "new": FRESH})
    assert "Kode ini tidak berlaku" in bad.text
    done = phone.post(action(form), data={**hidden(form), "code": code.group(1), "new": FRESH})
    onwards = re.search(r'class="btn main" href="([^"]+)"', done.text)
    assert onwards is not None
    back = phone.get(onwards.group(1).replace("&amp;", "&"))
    assert onward(lite.log_in(phone, back, "siti", FRESH))[1]["username"] == "siti"


def test_an_operator_of_another_office_gives_no_code(lite: Hotspot) -> None:
    lite.city.add("opd", code="RSUD", name="Rumah Sakit")
    lite.city.add_admin()
    lite.city.add_admin("lain", "opd_operator", opd="RSUD")
    assert lite.city.browser("lain").get("/employee-code/siti").status_code == 404


def mailing(database: Database, box: Mailbox) -> Hotspot:
    notices = {"smtp_host": "127.0.0.1", "smtp_port": box.port, "smtp_security": "none", "mail_from": "nq@kota.go.id"}
    web = {"plain_http": True, "public_url": "http://netquota.kota.go.id"}
    hotspot = Hotspot.on(database, notices=notices, web=web)
    change(hotspot.city.office, "employee", "siti", {"mail": "siti@kota.go.id"}, BY)
    hotspot.city.context.view.expire()
    return hotspot


def ask_by_mail(hotspot: Hotspot, username: str) -> str:
    phone = hotspot.browser()
    form = phone.get("/kuota/password/forgot")
    return phone.post(action(form), data={"username": username}).text


def test_a_code_by_mail_sets_a_password(sqlite_database: Database) -> None:
    with mail_server() as box:
        hotspot = mailing(sqlite_database, box)
        ask_by_mail(hotspot, "siti")
        until(lambda: box.letters, "the mail is there")
        (letter,) = box.letters
        assert "<siti@kota.go.id>" in str(letter["To"])
        text = box.texts()[0]
        assert "http://netquota.kota.go.id/kuota/password/code" in text
        code = re.search(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", text)
        assert code is not None
        redeem(hotspot.city.office, code.group(), FRESH)
        assert is_password(hotspot, FRESH)


def test_the_answer_tells_nobody_who_has_an_account_and_fills_no_mailbox(sqlite_database: Database) -> None:
    with mail_server() as box:
        hotspot = mailing(sqlite_database, box)
        told = {re.sub(r'value="[^"]*"', "", ask_by_mail(hotspot, name)) for name in ("siti", "nobody", "", "siti")}
        assert len(told) == 1
        until(lambda: box.letters, "the mail is there")
        hotspot.city.clock.advance(password_codes.MAIL_AGAIN_S)
        ask_by_mail(hotspot, "siti")
        until(lambda: len(box.letters) == 2, "a second mail after a while")
