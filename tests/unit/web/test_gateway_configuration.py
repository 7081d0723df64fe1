"""A gateway's configuration on its page: masked, whole after the password, noted; and what is missing."""

from __future__ import annotations

import io
import zipfile

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from netquota.services.allocate import change
from netquota.storage.audit_store import AuditFilter, entries
from netquota.storage.database import Database
from netquota.storage.gateway_store import add_problems, ensure_gateways
from netquota.storage.unknown_store import add_unknown
from tests.unit.services.routeros_syntax import checked
from tests.web_city import BY, PASSWORD, WebCity, token_of

SECRET = 'rahasia-"sekali"-123'
ADDRESS = "/gateway-config/gw1"


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    web = WebCity.on(
        sqlite_database,
        web={"public_url": "https://netquota.kota.go.id"},
        gateways={"server_addresses": ["10.10.0.1"], "always_reachable": ["absensi.kota.go.id"]},
    )
    web.add_admin()
    web.add("opd", code="SETDA", name="Setda", ceiling="20M/10M")
    web.add("nas", name="gw1", address="10.0.0.1", family="mikrotik", secret=SECRET)
    web.add("nas", name="gw2", address="10.0.0.2", family="chilli", secret="rahasia-lain-456")
    web.add("site", name="Kantor Setda", opd="SETDA", nas="gw1", mode="whole_opd")
    web.context.view.expire()
    return web


def sent(client: FlaskClient, **fields: str) -> TestResponse:
    return client.post(ADDRESS, data={"csrf_token": token_of(client.get(ADDRESS)), **fields})


def test_configuration_is_masked_until_the_password_is_given(city: WebCity) -> None:
    client = city.browser()
    page = client.get(ADDRESS).text
    assert "rahasia-" not in page
    assert "max-limit=10000000/20000000" in page
    assert sent(client, password="not it").status_code == 403
    shown = sent(client, password=PASSWORD)
    assert "rahasia-\\&#34;sekali\\&#34;-123" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    with city.database.read() as connection:
        assert entries(connection, AuditFilter(kind="nas", key="gw1"), limit=1)[0].action == "show_secret"


def test_the_interfaces_that_measure_are_the_ones_it_is_made_for_unless_others_are_said(city: WebCity) -> None:
    city.add("link", name="Utama", provider="P", capacity="100M/100M", nas="gw1", interface="sfp1")
    change(city.office, "site", "Kantor Setda", {"interface": "bridge-tamu"}, BY)
    client = city.browser()
    page = client.get(ADDRESS).text
    assert 'value="sfp1"' in page
    assert 'value="bridge-tamu"' in page
    page = client.get(f"{ADDRESS}?wan_interface=ether9&hotspot_interface=").text
    assert 'value="ether9"' in page
    assert "bridge-tamu" not in page
    city.add("site", name="Loket", opd="SETDA", nas="gw1", match_port="ether5", interface="ether5")
    page = client.get(ADDRESS).text  # two to that side: which one is meant, is not known
    assert "bridge-tamu" not in page
    assert 'value="ether5"' not in page


def test_a_script_is_downloaded_whole_with_a_new_token(city: WebCity) -> None:
    client = city.browser()
    masked = client.get(f"{ADDRESS}?routeros=6&queues=tree&file=netquota.rsc")
    assert masked.headers["Content-Disposition"] == "attachment; filename=netquota.rsc"
    checked(masked.text)
    assert "rahasia" not in masked.text
    whole = sent(client, password=PASSWORD, download="1", new_token="y", hotspot_interface="wlan1")
    checked(whole.text)
    assert "Bearer nqg_" in whole.text
    assert 'interface="wlan1"' in whole.text


def test_several_files_come_packed(city: WebCity) -> None:
    client = city.browser()
    token = token_of(client.get("/gateway-config/gw2"))
    answer = client.post("/gateway-config/gw2", data={"csrf_token": token, "password": PASSWORD, "download": "1"})
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        assert sorted(packed.namelist()) == ["etc/chilli/config", "etc/chilli/ipup.sh", "etc/chilli/local.conf"]
        assert b"rahasia-lain-456" in packed.read("etc/chilli/config")


@pytest.mark.parametrize("query", ["routeros=5", "fail_open_minutes=abc", "hotspot_network=x", "dialect=junos",
                                   "tunnel_address=10.99.0.7/24", "fail_open_minutes=0"])  # fmt: skip
def test_a_wrong_option_is_said_beside_its_field(city: WebCity, query: str) -> None:
    answer = city.browser().get(f"{ADDRESS}?{query}")
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text


def test_only_network_admins_may_see_it(city: WebCity) -> None:
    city.add_admin("pia", "planner")
    assert city.browser("pia").get(ADDRESS).status_code == 403
    assert city.browser().get("/gateway-config/none").status_code == 404


@pytest.mark.parametrize(("language", "words"), [("en", "the secrets differ"), ("id", "kunci bersama berbeda")])
def test_page_says_what_is_missing_and_what_to_enter(city: WebCity, language: str, words: str) -> None:
    with city.database.write() as connection:
        ensure_gateways(connection, {(1, "gw1"): "10.0.0.1"}, city.now_s - 60)
        add_problems(connection, {(1, "wrong_authenticator"): 3}, city.now_s - 30)
    page = city.browser().get(f"/gateways/gw1?lang={language}").text
    assert words in page
    assert "/radius set [find where comment=" in page
    assert "rahasia-" not in page


def test_a_packet_from_next_door_is_told(city: WebCity) -> None:
    with city.database.write() as connection:
        add_unknown(connection, {(0, "10.0.0.77"): 4, (0, "192.0.2.1"): 9}, city.now_s - 30)
    page = city.browser().get("/gateways/gw1?lang=en").text
    assert "netquota nas set gw1 --address 10.0.0.77" in page
    assert "192.0.2.1" not in page


def test_who_is_heard_but_not_registered_can_be_registered_at_once(city: WebCity) -> None:
    client = city.browser()
    assert "10.9.9.9" not in client.get("/gateways").text
    with city.database.write() as connection:
        add_unknown(connection, {(0, "10.9.9.9"): 4}, city.now_s - 30)
    assert 'href="/new-gateway?address=10.9.9.9"' in client.get("/gateways").text
    assert 'value="10.9.9.9"' in client.get("/new-gateway?address=10.9.9.9").text


def test_a_masked_configuration_is_not_called_ready_to_paste(city: WebCity) -> None:
    client = city.browser()
    page = client.get(f"{ADDRESS}?lang=id").text
    assert "Siap ditempel" not in page
    assert "Rahasia di dalamnya disamarkan" in page
