"""Devices without a browser and guests over RADIUS: as gateways send them, limited, ended when revoked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest

from netquota.services import allocate
from netquota.services import vouchers as desk
from netquota.services.changes import AfterChange
from netquota.services.office import Office
from netquota.services.vouchers import Wish, code_in_groups
from netquota.storage import mac_report, schema
from radius.codec import Code
from radius.simulator.client import Question, access_request
from tests.live.city import ADMIN, GB, MBPS, SECRET, ZONE, City
from tests.live.fixtures import StartWorkers
from tests.live.hotspot import Hotspot, running
from tests.live.radclient import Said, radclient
from tests.live.workers import Workers, until

pytestmark = pytest.mark.needs("freeradius-utils")
OFFICE = "127.0.7.11"
OLD = ("dca6320e0e0e", "dca6320e0e0e", "DC-A6-32-0E-0E-0E")
MAC, STRANGER = "DC-A6-32-01-02-03", "DC-A6-32-0F-0F-0F"
DAY_S = 86_400


@pytest.fixture(autouse=True)
def _radclient_is_there() -> None:
    if shutil.which("radclient") is None:
        pytest.fail("radclient is missing: install freeradius-utils or set NETQUOTA_TESTS_WITHOUT=freeradius-utils")


def _office(city: City) -> Office:
    return replace(city.office(), on_change=AfterChange(city.keyring, ZONE, 256_000))


@pytest.fixture(scope="module")
def gateway(live_city: City) -> Hotspot:
    return Hotspot(live_city, "mpp", OFFICE)


@pytest.fixture(scope="module")
def workers(live_city: City, gateway: Hotspot, start_workers: StartWorkers) -> Iterator[Workers]:
    live_city.plan("alat", 2 * MBPS, MBPS)
    live_city.quota("alat-harian", "alat", GB)
    office = _office(live_city)
    allocate.add(office, "plan", {"key": "tamu", "name": "Tamu", "rate": "3M/1M", "for_guests": "yes"}, ADMIN)
    allocate.add(office, "opd", {"code": "MPP", "name": "Mal Pelayanan", "guests": "20", "plan": "alat"}, ADMIN)
    allocate.add(office, "device", {"mac": MAC, "name": "Printer loket 2", "opd": "MPP"}, ADMIN)
    started = start_workers()
    with running(started.server, gateway):
        yield started


def _log_in(workers: Workers, username: str, password: str, mac: str = MAC, **more: str) -> Said:
    attributes: dict[str, str | int] = {
        "User-Name": username, "NAS-Identifier": "gw", "Calling-Station-Id": mac, "Message-Authenticator": "0x00",
    }  # fmt: skip
    named = {name.replace("_", "-"): value for name, value in more.items()}
    proof = {} if "CHAP-Password" in named else {"User-Password": password}
    return radclient(workers.server.authentication_port, "auth", OFFICE, attributes | proof | named)


@pytest.mark.parametrize(
    ("username", "password", "station"),
    [
        ("DC:A6:32:01:02:03", SECRET, "DC:A6:32:01:02:03"),  # MikroTik hotspot with mac-auth-password
        ("DC-A6-32-01-02-03", "password", "DC-A6-32-01-02-03"),  # CoovaChilli macauth
        ("DC-A6-32-01-02-03", "DC-A6-32-01-02-03", "DC-A6-32-01-02-03"),  # RFC 3580
        ("dca632010203", "dca632010203", "dc-a6-32-01-02-03"),  # hostapd, UniFi, switches
        ("DCA632010203", "DCA632010203", "dca632010203"),
        ("dca6.3201.0203", "dca6.3201.0203", "dca6.3201.0203"),  # Cisco
        ("dc:a6:32:01:02:03", "dc:a6:32:01:02:03", "DC:A6:32:01:02:03"),  # Ruijie, Omada
    ],
)
def test_a_device_logs_in_as_each_family_sends_it(workers: Workers, username: str, password: str, station: str) -> None:
    said = _log_in(workers, username, password, station)
    assert said.code == "Access-Accept", said.output
    assert said.get("Mikrotik-Rate-Limit") == "1M/2M"


def test_a_device_logs_in_without_any_password_as_routeros_sends_it(workers: Workers) -> None:
    question = Question("DC:A6:32:01:02:03", "", SECRET.encode(), mac="DC:A6:32:01:02:03")
    answer = workers.ask(access_request(question, 7, os.urandom(34)), workers.server.authentication_port, source=OFFICE)
    assert answer is not None
    assert answer[0] == Code.ACCESS_ACCEPT


def test_a_device_is_let_in_by_chap_as_well(workers: Workers) -> None:
    said = _log_in(workers, "dca632010203", "", **{"CHAP-Password": "dca632010203"})
    assert said.code == "Access-Accept", said.output


@pytest.mark.parametrize(
    ("username", "password", "station"),
    [("dca632010203", "tebakan", MAC), ("dca632010203", "", STRANGER), ("dca6320f0f0f", "", STRANGER)],
)
def test_another_password_station_or_address_is_refused(
    workers: Workers, username: str, password: str, station: str
) -> None:
    assert _log_in(workers, username, password, station).code == "Access-Reject"


def test_an_unknown_device_is_listed_until_it_has_an_account(live_city: City, workers: Workers) -> None:
    _log_in(workers, "dca6320f0f0f", "dca6320f0f0f", STRANGER)

    def listed() -> list[str]:
        with live_city.database.read() as connection:
            return [each.mac for each in mac_report.strangers(connection, 0)]

    until(lambda: listed() == ["DC:A6:32:0F:0F:0F"], "the stranger is listed")
    allocate.add(_office(live_city), "device", {"mac": STRANGER, "name": "Kamera", "opd": "MPP"}, ADMIN)
    assert listed() == []
    until(
        lambda: _log_in(workers, "dca6320f0f0f", "dca6320f0f0f", STRANGER).code == "Access-Accept",
        "the worker knows the device",
    )


def test_a_device_that_expired_is_refused(live_city: City, workers: Workers) -> None:
    made = {"mac": "DC-A6-32-0E-0E-0E", "name": "Lama", "opd": "MPP", "valid_until": "2020-01-01"}
    allocate.add(_office(live_city), "device", made, ADMIN)
    until(lambda: "berlaku" in (_log_in(workers, *OLD).get("Reply-Message") or ""), "it is told that its time is over")
    assert _log_in(workers, *OLD).code == "Access-Reject"


def test_a_guest_logs_in_by_his_code_is_timed_counted_and_ended(
    live_city: City, workers: Workers, gateway: Hotspot
) -> None:
    office = _office(live_city)
    batch = desk.make(office, Wish("MPP", "tamu", 2, "Pemohon KTP", valid_for_s=DAY_S), ADMIN)
    code, other = (one.code for one in desk.show(office, batch.key)[1])
    printed = code_in_groups(code).upper()
    said = until(
        lambda: (one := _log_in(workers, printed, printed)).code == "Access-Accept" and one,
        "the worker knows the voucher",
    )
    assert said.get("Mikrotik-Rate-Limit") == "1M/3M"
    assert said.get("Session-Timeout") == str(DAY_S)
    assert _log_in(workers, code, code).code == "Access-Accept"
    assert _log_in(workers, code, "", **{"CHAP-Password": code}).code == "Access-Accept"
    assert _log_in(workers, code, "tebakan").code == "Access-Reject"
    assert _log_in(workers, "aaaabbbbcccc", "aaaabbbbcccc").code == "Access-Reject"

    session = gateway.log_in(other, password=other)
    gateway.flow(session, GB)
    gateway.settle()
    (account,) = live_city.rows(schema.employee, username=other)
    assert account["valid_for_s"] is None  # it was used: from now on its time runs
    assert DAY_S - 600 < account["valid_until_s"] - office.now_s <= DAY_S
    (row,) = live_city.rows(schema.accounting_session, username=other)
    assert row["counted_output"] + row["counted_input"] == GB
    since = len(gateway.truth.entries)
    desk.revoke(office, batch.key, ADMIN)
    gateway.told("disconnect_request", since)
    until(lambda: _log_in(workers, code, code).code == "Access-Reject", "the voucher is good no more")
