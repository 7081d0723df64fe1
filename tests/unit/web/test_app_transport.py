"""Log-in pages over plain http: refused to other machines, led to https, or let through by a setting."""

from __future__ import annotations

import pytest

from netquota.storage.database import Database
from tests.web_city import WebCity

DOORS = ("/login", "/portal/login", "/kuota")
PHONE = "10.5.50.7"


def city_on(database: Database, **sections: dict[str, object]) -> WebCity:
    """With an admin, so that the first run is over."""
    made = WebCity.on(database, **sections)
    made.add_admin()
    return made


def status(city: WebCity, path: str, address: str, method: str = "GET", **sent: str) -> tuple[int, str]:
    client = city.app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    answer = client.open(path, method=method, base_url=f"{sent.get('scheme', 'http')}://netquota.kota.go.id")
    return answer.status_code, answer.headers.get("Location", "")


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_types_a_password_over_plain_http(sqlite_database: Database, path: str, method: str) -> None:
    city = city_on(sqlite_database)
    assert status(city, path, PHONE, method) == (426, "")
    assert status(city, path, PHONE, method, scheme="https")[0] in (200, 303, 400, 401)


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may(sqlite_database: Database, path: str, address: str) -> None:
    assert status(city_on(sqlite_database), path, address)[0] == 200


@pytest.mark.parametrize("path", DOORS)
def test_a_setting_lets_everybody_through(sqlite_database: Database, path: str) -> None:
    assert status(city_on(sqlite_database, web={"plain_http": True}), path, PHONE)[0] == 200


def test_a_look_is_led_to_the_https_address_and_what_is_sent_is_not(sqlite_database: Database) -> None:
    city = WebCity.on(sqlite_database, web={"public_url": "https://netquota.kota.go.id"})
    assert status(city, "/portal/login?mac=1&ip=2", PHONE) == (
        302,
        "https://netquota.kota.go.id/portal/login?mac=1&ip=2",
    )
    assert status(city, "/portal/login", PHONE, "POST")[0] == 426


def test_what_machines_ask_for_stays_open(sqlite_database: Database) -> None:
    city = WebCity.on(sqlite_database)
    for path in ("/livez", "/static/logo.svg", "/api/gateway/v1/queues"):
        assert status(city, path, PHONE)[0] != 426, path


def test_the_refusal_says_what_to_do(sqlite_database: Database) -> None:
    city = WebCity.on(sqlite_database)
    client = city.app.test_client()
    client.environ_base["REMOTE_ADDR"] = PHONE
    for path in ("/login", "/portal/login"):
        answer = client.get(path)
        assert "web.plain_http" in answer.text
        assert answer.headers["Upgrade"].startswith("TLS/")
