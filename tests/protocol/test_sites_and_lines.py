"""Ceiling follows where somebody is, plan and quota who somebody is; lines and groups as the gateways see them."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from netquota.domain.units import Rate
from netquota.services import allocate
from netquota.services.changes import AfterChange
from netquota.services.office import Office
from netquota.storage import schema
from netquota.storage.ledger_store import LINK, PERSON, SITE
from radius.codec import Code
from radius.simulator.client import Question, access_request
from tests.live.city import ADMIN, GB, MBPS, PASSWORD, SECRET, ZONE, City
from tests.live.fixtures import StartWorkers
from tests.live.hotspot import Hotspot, running
from tests.live.radclient import Said, radclient
from tests.live.workers import Workers, until

pytestmark = pytest.mark.needs("freeradius-utils")

MALL, RUIJIE, ELSEWHERE, PPPOE = "127.0.7.1", "127.0.7.2", "127.0.7.3", "127.0.7.4"
MAC = "AA-BB-CC-00-11-22"
VLAN = {"NAS-Port-Id": "vlan20-hotspot"}
HEALTH = {"Called-Station-Id": "hotspot-dinkes"}


@pytest.fixture(autouse=True)
def _radclient_is_there() -> None:
    if shutil.which("radclient") is None:
        pytest.fail("radclient is missing: install freeradius-utils or set NETQUOTA_TESTS_WITHOUT=freeradius-utils")


def _office(city: City) -> Office:
    return replace(city.office(), on_change=AfterChange(city.keyring, ZONE, 256_000))


def _sites(city: City) -> None:
    office = _office(city)

    def add(kind: str, **values: str) -> None:
        allocate.add(office, kind, values, ADMIN)

    add("link", name="Astinet", provider="Telkom", capacity="100M/100M")
    for code, ceiling in (("DUKCAPIL", "4M/2M"), ("SETDA", "3M/1M"), ("DINKES", "60M/30M"), ("DISHUB", "20M/10M")):
        add("opd", code=code, name=code.title(), ceiling=ceiling)
    add("site", name="Loket", opd="DUKCAPIL", nas="mall", match_vlan="20", link="Astinet")
    add("site", name="Balai", opd="SETDA", nas="mall", match_gateway="gw-b")
    add("site", name="Klinik", opd="DINKES", nas="mall", match_called_station="hotspot-dinkes", mode="whole_opd")
    add(
        "site", name="Rawat", opd="DINKES", nas="ruijie", match_called_station="*dinkes*", mode="whole_opd", way="group"
    )
    add("site", name="Terminal", opd="DISHUB", nas="pppoe", mode="whole_opd")
    add("circuit", username="line-mac", name="Router", site="Terminal", mac_login=MAC)
    add("circuit", username="line-pppoe", name="Router", site="Terminal", password=PASSWORD)
    add(
        "quota",
        key="kolam",
        name="Kolam",
        opd="DISHUB",
        octets="5 GB",
        action="throttle",
        throttle="1M/1M",
        period="day",
    )


@pytest.fixture(scope="module")
def pppoe(live_city: City) -> Hotspot:
    return Hotspot(live_city, "pppoe", PPPOE)


@pytest.fixture(scope="module")
def workers(live_city: City, pppoe: Hotspot, start_workers: StartWorkers) -> Iterator[Workers]:
    live_city.nas("mall", MALL)
    live_city.nas("ruijie", RUIJIE, family="wispr")
    live_city.nas("elsewhere", ELSEWHERE)
    live_city.plan("staf", 10 * MBPS, 5 * MBPS)
    live_city.quota("harian", "staf", 50 * GB)
    live_city.employee("budi", "staf")
    _sites(live_city)
    started = start_workers()
    with running(started.server, pppoe):
        yield started


def _log_in(
    workers: Workers, username: str, source: str = MALL, password: str = PASSWORD, **where: str
) -> Said:  # fmt: skip
    attributes: dict[str, str | int] = {
        "User-Name": username, "User-Password": password, "NAS-Identifier": "gw-a",
        "Calling-Station-Id": "02-00-00-00-00-07", "Message-Authenticator": "0x00",
    }  # fmt: skip
    given = {name.replace("_", "-"): value for name, value in where.items()}
    return radclient(workers.server.authentication_port, "auth", source, attributes | given)


@pytest.mark.parametrize(
    ("where", "limit"),
    [
        ({}, "5M/10M"),  # the office of the gateway has no ceiling: his own plan
        (VLAN, "2M/4M"),  # capped by the host's
        ({"NAS-Port-Id": "eth1.20"}, "2M/4M"),
        ({"Tunnel-Private-Group-Id:1": "20"}, "2M/4M"),
        ({"Mikrotik-Wireless-VLANID": "20"}, "2M/4M"),
        ({"NAS-Port-Id": "vlan21-hotspot"}, "5M/10M"),
        ({"NAS-Identifier": "gw-b"}, "1M/3M"),  # another gateway behind the same address
        ({"NAS-Identifier": "gw-b", **VLAN}, "2M/4M"),  # as many conditions: the VLAN is closer
    ],
)
def test_a_visitor_is_capped_by_the_ceiling_of_the_place(workers: Workers, where: dict[str, str], limit: str) -> None:
    said = _log_in(workers, "budi", **where)
    assert said.code == "Access-Accept", said.output
    assert said.get("Mikrotik-Rate-Limit") == limit


def test_a_visitors_traffic_is_the_hosts_and_his_own_quota_pays(live_city: City, workers: Workers) -> None:
    token = _log_in(workers, "budi", **VLAN).get("Class") or ""
    report: dict[str, str | int] = {
        "User-Name": "budi", "NAS-Identifier": "gw-a", "Calling-Station-Id": "02-00-00-00-00-07",
        "Acct-Session-Id": "81000001", "Class": token, **VLAN,
    }  # fmt: skip
    for status, octets, seconds in (("Start", 0, 0), ("Interim-Update", GB, 300)):
        counted: dict[str, str | int] = {
            "Acct-Status-Type": status, "Acct-Output-Octets": octets, "Acct-Session-Time": seconds,
        }  # fmt: skip
        said = radclient(workers.server.accounting_port, "acct", MALL, report | counted)
        assert said.code == "Accounting-Response", said.output
    (site,) = live_city.rows(schema.site, name="Loket")
    (link,) = live_city.rows(schema.provider_link)
    (session,) = live_city.sessions("budi")
    assert (session["site_id"], session["opd_id"], session["link_id"]) == (site["id"], site["opd_id"], link["id"])
    assert live_city.used("harian", "budi") == GB
    for kind, subject in ((PERSON, live_city.people["budi"]), (SITE, site["id"]), (LINK, link["id"])):
        assert sum(row["down"] for row in live_city.rows(schema.usage_sample, kind=kind, subject_id=subject)) == GB


def test_a_group_sites_sessions_go_into_its_queue(workers: Workers) -> None:
    said = _log_in(workers, "budi", **HEALTH)
    assert said.get("Mikrotik-Group") is None  # behind two gateways: the ceiling is shared
    ruijie = _log_in(workers, "budi", RUIJIE, **{"Called-Station-Id": "AA-BB:dinkes-tamu"})
    assert ruijie.get("Filter-Id") == "nq-dinkes"  # as the admin chose


def test_a_single_gateways_site_is_held_by_its_queue(live_city: City, workers: Workers) -> None:
    allocate.change(_office(live_city), "site", "Rawat", {"mode": "per_employee", "way": ""}, ADMIN)
    said = until(
        lambda: (one := _log_in(workers, "budi", **HEALTH)).get("Mikrotik-Group") and one, "the worker knows of it"
    )
    assert said.get("Mikrotik-Group") == "nq-dinkes"
    assert said.get("Mikrotik-Rate-Limit") == "5M/10M"


@pytest.mark.parametrize(
    ("username", "password"),
    [("aabbcc001122", SECRET), ("AA:BB:CC:00:11:22", "AA:BB:CC:00:11:22"), ("aa-bb-cc-00-11-22", "aabbcc001122")],
)
def test_a_line_logs_in_by_its_hardware_address_and_gets_the_whole_ceiling(
    workers: Workers, username: str, password: str
) -> None:
    said = _log_in(workers, username, PPPOE, password, **{"Calling-Station-Id": MAC})
    assert said.code == "Access-Accept", said.output
    assert said.get("Mikrotik-Rate-Limit") == "10M/20M"


def test_a_line_logs_in_without_any_password_as_routeros_sends_it(workers: Workers) -> None:
    question = Question("aabbcc001122", "", SECRET.encode(), mac=MAC)
    asked = access_request(question, 7, os.urandom(34))
    answer = workers.ask(asked, workers.server.authentication_port, source=PPPOE)
    assert answer is not None
    assert answer[0] == Code.ACCESS_ACCEPT


@pytest.mark.parametrize(
    ("username", "source", "password", "mac"),
    [
        ("aabbcc001122", ELSEWHERE, "", MAC),  # not the gateway of its site
        ("aabbcc001122", PPPOE, "rahasia", MAC),
        ("aabbcc001122", PPPOE, "", "AA-BB-CC-00-11-23"),
        ("aabbcc001123", PPPOE, "", "AA-BB-CC-00-11-23"),
        ("line-mac", PPPOE, "", MAC),
        ("line-pppoe", ELSEWHERE, PASSWORD, MAC),
    ],
)
def test_a_line_is_refused_elsewhere_and_without_proof(
    workers: Workers, username: str, source: str, password: str, mac: str
) -> None:
    assert _log_in(workers, username, source, password, **{"Calling-Station-Id": mac}).code == "Access-Reject"


def test_a_changed_ceiling_reaches_the_running_line_and_its_traffic_is_the_offices(
    live_city: City, workers: Workers, pppoe: Hotspot
) -> None:
    session = pppoe.log_in("line-pppoe")
    assert session.limits.rate == Rate(20 * MBPS, 10 * MBPS)
    since = len(pppoe.truth.entries)
    begun = time.time()
    allocate.change(_office(live_city), "opd", "DISHUB", {"ceiling": "8M/8M"}, ADMIN)
    pppoe.told("coa_request", since)
    until(lambda: session.limits.rate == Rate(8 * MBPS, 8 * MBPS), "the line is slower")
    assert time.time() - begun < 6
    pppoe.flow(session, GB)
    pppoe.settle()
    (quota,) = live_city.rows(schema.quota, key="kolam")
    (opd,) = live_city.rows(schema.opd, code="DISHUB")
    (charged,) = live_city.rows(schema.ledger_entry, quota_id=quota["id"])
    assert (charged["subject_id"], charged["used"]) == (opd["id"], GB)
    (site,) = live_city.rows(schema.site, name="Terminal")
    assert sum(row["down"] for row in live_city.rows(schema.usage_sample, kind=SITE, subject_id=site["id"])) == GB
