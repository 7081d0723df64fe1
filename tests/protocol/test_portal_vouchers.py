"""Guests at the portal: a code in place of name and password, typed or brought by a slip, till it ends."""

from __future__ import annotations

import pytest

from netquota.services import vouchers as desk
from netquota.services.office import Author
from netquota.services.verify import Claim, SlowCheck
from netquota.services.vouchers import Wish, code_in_groups
from netquota.storage.database import Database
from radius.methods import Pap
from tests.hotspot_city import LINK, MAC, MIKROTIK, PROBE, Hotspot, action, hidden, onward
from tests.web_city import PASSWORD

DINI = Author("dini", "rapat")
DAY_S = 86_400


@pytest.fixture
def hotspot(database: Database) -> Hotspot:
    made = Hotspot.on(database)
    made.city.add("plan", key="tamu", name="Tamu", rate="2M/1M", for_guests="yes")
    made.city.add("opd", code="DISKOMINFO", name="Diskominfo", guests="9")
    return made


def voucher(hotspot: Hotspot) -> str:
    batch = desk.make(hotspot.city.office, Wish("DISKOMINFO", "tamu", 1, "Rapat", valid_for_s=DAY_S), DINI)
    hotspot.city.context.view.expire()
    return desk.show(hotspot.city.office, batch.key)[1][0].code


def test_a_guest_types_his_code_and_is_led_to_the_gateway(hotspot: Hotspot) -> None:
    code, client = voucher(hotspot), hotspot.browser()
    page = client.get("/portal/login", query_string=MIKROTIK | {"link-orig": PROBE})
    assert 'name="voucher"' in page.text
    typed = {"username": "", "password": "", "voucher": code_in_groups(code).upper()}
    answer = client.post(action(page), data=hidden(page) | typed)
    address, query = onward(answer)
    assert (address, query["username"]) == (LINK, code)
    context = hotspot.city.context
    guest = context.view.policy().snapshot.subscribers[code]
    claim = Claim(guest.id, None, MAC, hotspot.nas("gw-disdik"))
    assert SlowCheck(context.keyring, context.tokens).check(claim, Pap(query["password"].encode()), context.now_s).right
    shown = client.get(query["dst"], follow_redirects=True)
    assert "Rapat" in shown.text
    assert "Berlaku sampai 25 November pukul 12.00 WIB" in shown.text.replace("\u00a0", " ")  # a day from now on
    assert "/kuota/password" not in shown.text  # a guest has no password, and asks for no more
    assert "/kuota/more" not in shown.text


def test_a_slip_brings_its_code_through_the_gateway(hotspot: Hotspot) -> None:
    code = voucher(hotspot)
    with hotspot.city.app.test_request_context():
        from web.portal.vouchers import voucher_address

        scanned = voucher_address(code)
    assert scanned == f"http://192.0.2.1/?voucher={code}"
    client = hotspot.browser()
    page = client.get("/portal/login", query_string=MIKROTIK | {"link-orig": scanned})
    assert f'name="voucher" type="text" value="{code}"' in page.text
    assert onward(client.post(action(page), data=hidden(page) | {"voucher": code}))[1]["username"] == code


@pytest.mark.parametrize(
    "wanted", ["http://192.0.2.1/?voucher=<script>", "http://192.0.2.1/?voucher=" + "a" * 300, "http://192.0.2.1/?x=1"]
)
def test_what_is_no_code_is_not_brought_along(hotspot: Hotspot, wanted: str) -> None:
    page = hotspot.browser().get("/portal/login", query_string=MIKROTIK | {"link-orig": wanted})
    assert 'name="voucher" type="text" value=""' in page.text


def test_a_code_that_nobody_has_is_told_and_the_password_form_goes_on_working(hotspot: Hotspot) -> None:
    client = hotspot.browser()
    page = client.get("/portal/login", query_string=MIKROTIK)
    wrong = client.post(action(page), data=hidden(page) | {"voucher": "aaaa-bbbb-cccc"})
    assert "Voucher itu tidak ada" in wrong.text
    assert onward(hotspot.log_in(client, wrong, password=PASSWORD))[1]["username"] == "siti"


def test_a_voucher_that_was_revoked_or_ended_says_so_and_whom_to_ask(hotspot: Hotspot) -> None:
    code, client = voucher(hotspot), hotspot.browser()
    desk.revoke(hotspot.city.office, code, DINI)
    hotspot.city.context.view.expire()
    page = client.get("/portal/login", query_string=MIKROTIK)
    denied = client.post(action(page), data=hidden(page) | {"voucher": code})
    assert "Voucher Anda dicabut" in denied.text
    assert "Operator Diskominfo" in denied.text
    ended = voucher(hotspot)
    guest = hotspot.city.context.view.policy().snapshot.subscribers[ended]
    with hotspot.city.database.write() as connection:
        desk.first_used(connection, [guest.id], hotspot.city.now_s - DAY_S)
    hotspot.city.context.view.expire()
    page = client.get("/portal/login", query_string=MIKROTIK)
    assert "Voucher Anda sudah berakhir" in client.post(action(page), data=hidden(page) | {"voucher": ended}).text


def test_where_no_plan_is_for_guests_no_voucher_is_asked_for(database: Database) -> None:
    page = Hotspot.on(database).browser().get("/portal/login", query_string=MIKROTIK)
    assert "voucher" not in page.text
