"""An employee looks at his own quota, ends a device, logs out: by links and forms alone."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from netquota.services.allocate import change
from netquota.services.credentials import set_password
from netquota.storage.database import Database
from netquota.storage.ledger_store import PERSON, Books
from netquota.storage.order_store import OrderKind, orders
from tests.hotspot_city import MAC, MIKROTIK, PROBE, Hotspot, hidden, onward
from tests.web_city import BY


@pytest.fixture
def hotspot(database: Database) -> Hotspot:
    return Hotspot.on(database)


def look(hotspot: Hotspot, client: FlaskClient | None = None) -> tuple[FlaskClient, TestResponse]:
    """Log in at the page itself."""
    client = client or hotspot.browser()
    answer = hotspot.log_in(client, client.get("/kuota"))
    assert answer.status_code == 303, answer.text
    return client, client.get(answer.location)


def plain(page: TestResponse) -> str:
    return re.sub(r"\s+", " ", page.text.replace("\u00a0", " "))


def test_it_says_what_is_used_and_left_and_when_it_refills(hotspot: Hotspot) -> None:
    hotspot.use(4_200_000_000)
    _, page = look(hotspot)
    for said in (
        "Siti Aminah",
        "Kuota November",
        "<b>4,2</b> dari 10 GB",
        "42 %",
        "sisa 5,8 GB",
        "1 Desember pukul 00.00",
    ):
        assert said in plain(page), said
    assert "Setelah habis, internet berhenti" in plain(page)


def test_it_says_how_fast_and_why(hotspot: Hotspot) -> None:
    change(hotspot.city.office, "employee", "siti", {"override": "20M/10M", "override_why": "siaran langsung"}, BY)
    hotspot.city.context.view.expire()
    _, page = look(hotspot)
    assert "<b>20</b> Mbit/s unduh" in plain(page)
    assert "siaran langsung" in page.text
    assert "<del>10 / 5</del>" in plain(page)
    assert "<b>20 / 10</b>" in plain(page)


def test_a_spent_quota_is_told_here_too(hotspot: Hotspot) -> None:
    hotspot.use(10**10)
    _, page = look(hotspot)
    assert "Kuota staf-bulan habis" in page.text
    assert "<b>–</b> Mbit/s unduh" in plain(page)


def test_a_quota_that_slows_and_one_that_stops_are_one_bar(hotspot: Hotspot) -> None:
    hotspot.city.add("quota", key="staf-lambat", name="Lambat", plan="staf", octets="8 GB", throttle="2M/1M")
    hotspot.city.context.view.expire()
    hotspot.use(1_000_000_000)
    _, page = look(hotspot)
    assert "diperlambat mulai 8 GB" in plain(page)
    assert plain(page).count("dari 10 GB") == 2  # the figure and the bar's own sentence


def test_the_last_thirty_days_stand_as_columns(hotspot: Hotspot) -> None:
    with Books(hotspot.city.database).page() as (page, _):
        page.add_samples([(PERSON, hotspot.siti, hotspot.city.now_s // 300 * 300, 200_000_000, 40_000_000)])
    _, shown = look(hotspot)
    assert "24 Nov 0,24" in plain(shown)
    assert "30 hari terakhir: 0,24 GB" in plain(shown)
    assert shown.text.count('class="day"') == 29
    assert shown.text.count('class="today"') == 1


@pytest.mark.parametrize(
    ("used", "told"), [(7 * 10**9, ""), (8 * 10**9, "80 % kuota ini sudah terpakai."), (10**10, "Kuota ini habis.")]
)
def test_the_page_says_that_a_line_of_the_quota_was_passed(hotspot: Hotspot, used: int, told: str) -> None:
    hotspot.use(used)
    _, page = look(hotspot)
    assert (told in plain(page)) if told else ('role="status"' not in page.text)


def test_another_device_may_be_ended_from_here(hotspot: Hotspot) -> None:
    mine = hotspot.session(MAC, framed_ip="203.0.113.7", number="1")
    other = hotspot.session("AA:BB:CC:00:00:02", framed_ip="10.5.50.8", number="2")
    client, page = look(hotspot)
    assert "Perangkat ini" in page.text
    fields = hidden(page)
    assert fields["session"] == str(other)
    assert client.post("/kuota/end", data=fields).status_code == 200
    with hotspot.city.database.read() as connection:
        assert [(order.session_id, order.kind) for order in orders(connection)] == [(other, OrderKind.DISCONNECT)]
    assert mine != other


def test_logging_out_ends_this_devices_session_and_the_visit(hotspot: Hotspot) -> None:
    mine = hotspot.session(MAC, framed_ip="203.0.113.7")
    client, page = look(hotspot)
    state = {"s": hidden(page)["s"]}
    assert "Anda sudah keluar" in client.post("/kuota/logout", data=state).text
    with hotspot.city.database.read() as connection:
        assert [order.session_id for order in orders(connection)] == [mine]
    assert "Siti Aminah" not in client.get("/kuota", query_string=state).text


def test_logging_out_goes_by_the_gateways_own_page_where_it_is_known(hotspot: Hotspot) -> None:
    hotspot.session(MAC)
    client = hotspot.browser()
    login = client.get("/portal/login", query_string={**MIKROTIK, "link-orig": PROBE})
    dst = onward(hotspot.log_in(client, login))[1]["dst"]
    page = client.get(dst, follow_redirects=True)
    assert "Perangkat ini" in page.text
    answer = client.post("/kuota/logout", data={"s": hidden(page)["s"]})
    assert onward(answer)[0] == "http://10.5.50.1/logout"
    with hotspot.city.database.read() as connection:
        assert orders(connection) == []


def test_a_link_holds_for_its_own_address_and_for_an_hour(hotspot: Hotspot) -> None:
    client, page = look(hotspot)
    state = {"s": hidden(page)["s"]}
    assert "Siti Aminah" not in hotspot.browser("203.0.113.9").get("/kuota", query_string=state).text
    for _ in range(3):
        hotspot.city.clock.advance(1100)
        assert "Siti Aminah" in client.get("/kuota", query_string=state).text
    hotspot.city.clock.advance(400)
    assert "Siti Aminah" not in client.get("/kuota", query_string=state).text


def test_a_new_password_closes_what_was_open(hotspot: Hotspot) -> None:
    client, page = look(hotspot)
    set_password(hotspot.city.office, "siti", "empat ekor itik lagi", BY)
    assert "Siti Aminah" not in client.get("/kuota", query_string={"s": hidden(page)["s"]}).text


def test_the_address_that_a_gateway_carries_does_not_show_the_quota_by_itself(hotspot: Hotspot) -> None:
    """A hand-over is exchanged; used as a visit it opens nothing."""
    client = hotspot.browser()
    login = client.get("/portal/login", query_string={**MIKROTIK, "link-orig": PROBE})
    dst = onward(hotspot.log_in(client, login))[1]["dst"]
    handed = dst.partition("h=")[2]
    assert "Siti Aminah" not in client.get("/kuota", query_string={"s": handed}).text
    hotspot.city.clock.advance(60)
    assert "Siti Aminah" not in client.get(dst, follow_redirects=True).text


def test_an_admins_session_opens_no_employees_page(hotspot: Hotspot) -> None:
    hotspot.city.add_admin("rina")
    browser = hotspot.city.browser("rina")
    assert 'name="password"' in browser.get("/kuota").text
