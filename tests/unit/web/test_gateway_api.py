"""A gateway fetches its queues' limits over HTTP: with its token alone, in lines it can read, not too often."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from netquota.domain.queue_text import limit_of, report_of
from netquota.domain.samples import APPLICATION
from netquota.domain.units import Rate
from netquota.services import allocate, gateway_tokens
from netquota.services.office import Author
from netquota.storage import interface_store, usage_report
from netquota.storage.database import Database
from tests.web_city import WebCity
from web.api.gateway import PULLS_A_MINUTE, STRANGERS_A_MINUTE
from web.api.pace import Pace

PATH = gateway_tokens.PULL_PATH
M = 1_000_000


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database)
    made.add("opd", code="DINKES", name="Kesehatan", ceiling="60M/30M")
    made.add("nas", name="gw-dinkes", address="10.0.0.1", family="mikrotik")
    made.add("site", name="Dinkes", opd="DINKES", nas="gw-dinkes", mode="whole_opd")
    made.clock.advance(1)  # the pages look for what changed twice a second
    return made


@pytest.fixture
def token(city: WebCity) -> str:
    return gateway_tokens.create_token(city.office, "gw-dinkes", Author("ani")).text


@pytest.fixture
def gateway(city: WebCity) -> FlaskClient:
    return city.visitor()


def test_a_good_token_fetches_the_limits_as_lines(gateway: FlaskClient, token: str) -> None:
    by_header = gateway.get(PATH, headers={"Authorization": f"Bearer {token}"})
    assert (by_header.status_code, by_header.text) == (200, "nq-dinkes 60000000 30000000\n")
    assert by_header.mimetype == "text/plain"
    assert by_header.headers["Cache-Control"] == "no-store"
    assert gateway.get(f"{PATH}?token={token}").text == by_header.text


@pytest.mark.parametrize("wrong", ["", "nqg_x", "Bearer"])
def test_without_a_good_token_there_is_nothing(gateway: FlaskClient, wrong: str) -> None:
    answer = gateway.get(PATH, headers={"Authorization": f"Bearer {wrong}"})
    assert answer.status_code == 401
    assert "nq-" not in answer.text


@pytest.mark.parametrize("way", ["query", "body"])
def test_what_a_gateway_reports_is_in_force_on_its_page(
    city: WebCity, gateway: FlaskClient, token: str, way: str
) -> None:
    if way == "query":
        gateway.get(f"{PATH}?token={token}&have=nq-dinkes=30M/60M")
    else:
        gateway.post(f"{PATH}?token={token}", data="nq-dinkes 60M 30M\n", content_type="text/plain")
    city.add_admin()
    page = city.browser().get("/sites/Dinkes").text
    assert "berlaku di gerbang" in page
    assert "satu gerbang melayani kantor ini" in page


def test_a_gateway_that_asks_too_often_is_told_to_wait(city: WebCity, gateway: FlaskClient, token: str) -> None:
    for _ in range(PULLS_A_MINUTE):
        assert gateway.get(f"{PATH}?token={token}").status_code == 200
    answer = gateway.get(f"{PATH}?token={token}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    city.clock.advance(61)
    assert gateway.get(f"{PATH}?token={token}").status_code == 200


def test_a_guesser_of_tokens_is_slowed_down(gateway: FlaskClient) -> None:
    codes = [gateway.get(f"{PATH}?token=nqg_{number}").status_code for number in range(STRANGERS_A_MINUTE + 1)]
    assert codes == [401] * STRANGERS_A_MINUTE + [429]


def test_the_pace_forgets_whom_it_has_not_seen_for_a_minute() -> None:
    pace = Pace(1)
    assert all(pace.allows(str(number), 0.0) for number in range(5000))
    assert not pace.allows("4999", 1.0)
    assert pace.allows("4999", 61.0)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("30000000/60000000", Rate(60 * M, 30 * M)),
        ("30M/60M", Rate(60 * M, 30 * M)),
        ("512k/1G", Rate(1_000_000_000, 512_000)),
        ("0/0", Rate(0, 0)),
        ("", Rate(0, 0)),
        ("30M", None),
        ("a/b", None),
        ("-1/5", None),
    ],
)
def test_limits_are_read_as_routers_write_them(text: str, rate: Rate | None) -> None:
    assert limit_of(text) == rate


def test_a_report_is_read_for_what_is_readable() -> None:
    assert report_of("a=1M/2M, b=x/y\nc\n=1/1\nd 0 0\ne 2M 512k\nf g h i") == {
        "a": Rate(2 * M, M), "d": Rate(0, 0), "e": Rate(2 * M, 512_000),
    }  # fmt: skip


READINGS = "/api/gateway/v1/readings"


def test_a_gateway_is_asked_for_interfaces_and_its_report_is_counted(
    city: WebCity, gateway: FlaskClient, token: str
) -> None:
    city.add("link", name="A", provider="P", capacity="100M/50M", nas="gw-dinkes", interface="ether1 - WAN")
    allocate.change(city.office, "link", "A", {"probe_address": "192.0.2.1"}, Author("ani", "uji"))
    assert gateway.get(f"{READINGS}?token={token}").text == "interface ether1 - WAN\nping 192.0.2.1\n"
    counted: list[str] = []
    for octets in (1_000, 4_000):
        report = f"up 00:10:00\ninterface {octets} {2 * octets} ether1 - WAN\nping 5 5 0 192.0.2.1\n"
        answer = gateway.post(READINGS, data=report, headers={"Authorization": f"Bearer {token}"})
        counted.append(answer.text)
        city.clock.advance(300)
    assert counted == ["0 counted\n", "1 counted\n"]
    with city.database.read() as connection:
        (held,) = interface_store.held(connection).values()
    assert (held.total_down, held.total_up, held.by) == (3_000, 6_000, "push")


def test_a_gateway_is_asked_for_applications_and_what_it_counts_is_theirs(
    city: WebCity, gateway: FlaskClient, token: str
) -> None:
    for code, address in (("B", "http://10.20.0.5:8080/b"), ("A", "A.kota.go.id"), ("C", "127.0.0.1"), ("D", "")):
        city.add("application", code=code, name=code, opd="DINKES", function="uji", address=address)
    assert gateway.get(f"{READINGS}?token={token}").text == "address a.kota.go.id\naddress 10.20.0.5\n"
    counted: list[str] = []
    for octets in (1_000, 4_000):
        report = f"address {octets} {2 * octets} A.kota.go.id\naddress 9 9 lain.go.id\naddress 1 2\n"
        answer = gateway.post(READINGS, data=report, headers={"Authorization": f"Bearer {token}"})
        counted.append(answer.text)
        city.clock.advance(300)
    assert counted == ["0 counted\n", "1 counted\n"]
    with city.database.read() as connection:
        found = usage_report.bins(connection, APPLICATION, [2], 0, city.now_s)
    assert (sum(one.down for one in found), sum(one.up for one in found)) == (3_000, 6_000)


@pytest.mark.parametrize("method", ["get", "post"])
def test_readings_without_a_good_token_change_nothing(gateway: FlaskClient, method: str) -> None:
    assert getattr(gateway, method)(f"{READINGS}?token=nqg_x").status_code == 401


def test_a_report_too_large_is_refused(gateway: FlaskClient, token: str) -> None:
    assert gateway.post(f"{READINGS}?token={token}", data="x" * 40_000).status_code == 413
