"""RFC 8908: a device learns whether it has to log in, and nothing is said about somebody else."""

from __future__ import annotations

import pytest

from netquota.storage.database import Database
from netquota.storage.gateway_store import ensure_gateways
from tests.hotspot_city import Hotspot

HTTPS = {"web": {"public_url": "https://netquota.kota.go.id"}}
DEVICE = "10.5.50.7"


@pytest.fixture
def hotspot(sqlite_database: Database) -> Hotspot:
    return Hotspot.on(sqlite_database, **HTTPS)


def test_a_device_that_is_not_logged_in_is_captive_and_told_where_to_go(hotspot: Hotspot) -> None:
    answer = hotspot.browser(DEVICE).get("/capport/v1")
    assert answer.content_type == "application/captive+json"
    assert answer.headers["Cache-Control"].startswith("private")
    assert answer.get_json(force=True) == {
        "captive": True, "can-extend-session": True,
        "user-portal-url": "https://netquota.kota.go.id/portal/begin",
        "venue-info-url": "https://netquota.kota.go.id/kuota",
    }  # fmt: skip


def test_a_device_that_is_online_learns_what_is_left(hotspot: Hotspot) -> None:
    hotspot.session(framed_ip=DEVICE)
    hotspot.use(4 * 10**9)
    found = hotspot.browser(DEVICE).get("/capport/v1").get_json(force=True)
    assert (found["captive"], found["bytes-remaining"]) == (False, 6 * 10**9)


@pytest.mark.parametrize("source", ["203.0.113.7", "9.9.9.9", "8.8.8.8", "127.0.0.1"])
def test_behind_a_translation_of_addresses_nothing_is_said(hotspot: Hotspot, source: str) -> None:
    assert hotspot.browser(source).get("/capport/v1").status_code == 404


def test_where_two_gateways_use_an_address_nothing_is_said(hotspot: Hotspot) -> None:
    hotspot.session(framed_ip=DEVICE, number="1")
    hotspot.session(framed_ip=DEVICE, number="2")
    assert hotspot.browser(DEVICE).get("/capport/v1").status_code == 404


def test_a_gateways_own_address_is_no_device(hotspot: Hotspot) -> None:
    with hotspot.city.database.write() as connection:
        ensure_gateways(connection, {(hotspot.nas("gw-disdik"), "gw-nat"): DEVICE}, hotspot.city.now_s)
    assert hotspot.browser(DEVICE).get("/capport/v1").status_code == 404


def test_without_an_https_address_none_is_told(sqlite_database: Database) -> None:
    hotspot = Hotspot.on(sqlite_database)
    found = hotspot.browser(DEVICE).get("/capport/v1").get_json(force=True)
    assert found == {"captive": True, "can-extend-session": True}


def test_the_portals_address_leads_to_the_nearest_gateway(hotspot: Hotspot) -> None:
    page = hotspot.browser(DEVICE).get("/portal/begin", base_url="https://localhost")
    assert 'content="0;url=http://192.0.2.1/"' in page.text


def test_routers_fetch_the_hotspots_pages_and_nobody_is_shown_them_as_a_page(hotspot: Hotspot) -> None:
    answer = hotspot.browser("203.0.113.7").get("/hotspot/login.html")
    assert answer.mimetype == "text/plain"
    assert 'action="https://netquota.kota.go.id/portal/login"' in answer.text
    assert hotspot.browser().get("/hotspot/passwd").status_code == 404


def test_messages_of_the_hotspots_pages_are_told_in_the_language_of_the_page(hotspot: Hotspot) -> None:
    fields = {"link-login-only": "http://10.5.50.1/login", "error": "Halaman terlalu lama terbuka. Silakan masuk lagi."}
    page = hotspot.browser(DEVICE).get(
        "/portal/login", query_string=fields | {"lang": "en"}, base_url="https://localhost"
    )
    assert "The page was open for too long. Please log in again." in page.text
