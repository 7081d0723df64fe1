"""The lines of offices in the books of policy: made for a site, no person, its ceiling theirs, its gateway alone."""

from __future__ import annotations

from hashlib import md5

import pytest

from netquota.domain.people import AccountKind, Subscriber
from netquota.domain.places import Nas, Way, WayWhy
from netquota.domain.units import Rate
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services import macs
from netquota.services.allocate import add, change, get, listing, remove
from netquota.services.facts import Policy, site_for
from netquota.services.office import Author, Office
from netquota.storage.city_report import people_by_opd, people_count
from netquota.storage.policy_store import load_snapshot, refresh
from netquota.storage.snapshot import Snapshot
from radius.methods import Chap, Pap

ANI = Author("ani")
M = 1_000_000
MAC = "AA:BB:CC:00:11:22"


@pytest.fixture
def city(office: Office) -> Office:
    add(office, "opd", {"code": "DISHUB", "name": "Perhubungan", "ceiling": "60M/30M"}, ANI)
    add(office, "opd", {"code": "SETDA", "name": "Sekretariat", "ceiling": "20M/20M"}, ANI)
    for name, address in (("pppoe", "10.0.0.1"), ("gw-lain", "10.0.0.2")):
        add(office, "nas", {"name": name, "address": address, "family": "mikrotik"}, ANI)
    add(office, "site", {"name": "Terminal", "opd": "DISHUB", "nas": "pppoe", "mode": "whole_opd"}, ANI)
    add(office, "circuit", {"username": "line-terminal", "name": "Router", "site": "Terminal", "mac_login": MAC}, ANI)
    return office


def _snapshot(office: Office) -> Snapshot:
    with office.database.read() as connection:
        return load_snapshot(connection, office.secrets, office.zone)


def _line(office: Office) -> Subscriber:
    return _snapshot(office).subscribers["line-terminal"]


def _nas(snapshot: Snapshot, name: str) -> Nas:
    return next(nas for nas in snapshot.nas_by_id.values() if nas.name == name)


def test_a_line_has_the_ceiling_of_its_site_and_needs_no_plan(city: Office) -> None:
    line = _line(city)
    assert (line.kind, line.opd.code) == (AccountKind.CIRCUIT, "DISHUB")
    assert line.plan is not None
    assert line.plan.rate == Rate(60 * M, 30 * M)
    change(city, "site", "Terminal", {"ceiling": "40M/40M"}, ANI)
    changed = _line(city).plan
    assert changed is not None
    assert changed.rate == Rate(40 * M, 30 * M)


def test_a_site_with_a_line_is_limited_by_it(city: Office) -> None:
    site = next(iter(_snapshot(city).sites.values()))
    assert (site.way, site.way_why) == (Way.CIRCUIT, WayWhy.HAS_CIRCUIT)


def test_workers_learn_of_a_new_line_and_of_what_it_means_for_its_site(city: Office) -> None:
    before = _snapshot(city)
    remove(city, "circuit", "line-terminal", ANI)
    with city.database.read() as connection:
        after = refresh(connection, before, city.secrets, city.zone)
    assert after is not None
    assert "line-terminal" not in after.subscribers
    assert after.by_mac(MAC) is None
    assert next(iter(after.sites.values())).way is Way.GROUP


def test_a_line_goes_with_its_site_to_another_office(city: Office) -> None:
    change(city, "site", "Terminal", {"opd": "SETDA"}, ANI)
    line = _line(city)
    assert line.opd.code == "SETDA"
    with city.database.read() as connection:
        assert people_by_opd(connection) == {}


def test_a_line_is_nobody_in_the_lists_of_people(city: Office) -> None:
    add(city, "employee", {"username": "siti", "name": "Siti", "opd": "DISHUB"}, ANI)
    assert [record.key for record in listing(city, "employee").records] == ["siti"]
    assert [record.key for record in listing(city, "circuit").records] == ["line-terminal"]
    with city.database.read() as connection:
        assert people_count(connection) == 1
    with pytest.raises(NotFound):
        get(city, "employee", "line-terminal")
    with pytest.raises(NotFound):
        change(city, "circuit", "siti", {"name": "x"}, ANI)


def test_a_line_must_have_something_to_log_in_with(city: Office) -> None:
    with pytest.raises(InvalidValue, match="hardware address or a password"):
        add(city, "circuit", {"username": "line-2", "name": "Router", "site": "Terminal"}, ANI)
    with pytest.raises(InvalidValue, match="hardware address such as"):
        add(city, "circuit", {"username": "l", "name": "R", "site": "Terminal", "mac_login": "line"}, ANI)
    with pytest.raises(InvalidValue, match="line-terminal has it already"):
        add(city, "circuit", {"username": "l", "name": "R", "site": "Terminal", "mac_login": "aabb.cc00.1122"}, ANI)


def test_a_site_stays_while_a_line_is_of_it(city: Office) -> None:
    with pytest.raises(Conflict, match=r"1 circuit \(line-terminal\)"):
        remove(city, "site", "Terminal", ANI)


@pytest.mark.parametrize(
    ("nas", "username", "found"),
    [
        ("pppoe", "aabbcc001122", True),
        ("pppoe", "AA-BB-CC-00-11-22", True),
        ("pppoe", "aabb.cc00.1122", True),
        ("pppoe", "aabbcc001123", False),
        ("pppoe", "line-terminal", False),  # a name is proved by its password
        ("gw-lain", "aabbcc001122", False),  # not the gateway of its site
    ],
)
def test_a_hardware_address_is_a_line_at_its_own_gateway_alone(
    city: Office, nas: str, username: str, found: bool
) -> None:
    snapshot = _snapshot(city)
    account = macs.account_of_mac(Policy.of(snapshot, 0), _nas(snapshot, nas), "gw", username)
    assert (account is not None) == found


@pytest.mark.parametrize(
    ("password", "mac", "good"),
    [
        (b"", MAC, True),  # RouterOS
        (b"aabbcc001122", MAC, True),  # hostapd
        (b"AA-BB-CC-00-11-22", MAC, True),
        (b"0123456789abcdef", MAC, True),  # the shared secret
        (b"rahasia", MAC, False),
        (b"aabbcc001123", MAC, False),
        (b"", "AA:BB:CC:00:11:23", False),  # another device says so
        (b"", "", False),
    ],
)
def test_a_device_proves_itself_as_gateways_do_and_no_other_way(password: bytes, mac: str, good: bool) -> None:
    nas = Nas(1, "pppoe", "10.0.0.1", b"0123456789abcdef", "mikrotik")
    assert macs.proves_itself(Pap(password), "aabbcc001122", mac, nas) == good


def test_a_device_proves_itself_by_chap(city: Office) -> None:
    nas = _nas(_snapshot(city), "pppoe")
    challenge = bytes(range(16))
    # RFC 1994 §4.1: MD5 of identifier, secret, challenge
    right = md5(b"\x07AABBCC001122" + challenge, usedforsecurity=False).digest()
    assert macs.proves_itself(Chap(7, right, challenge), "AABBCC001122", MAC, nas)
    assert not macs.proves_itself(Chap(7, right[::-1], challenge), "AABBCC001122", MAC, nas)


def test_a_line_is_at_its_own_site_among_many_behind_one_concentrator(city: Office) -> None:
    for name in ("Pasar", "Terminal 2"):
        add(city, "site", {"name": name, "opd": "SETDA", "nas": "pppoe", "mode": "whole_opd"}, ANI)
    add(city, "circuit", {"username": "line-pasar", "name": "R", "site": "Pasar", "password": "kuda nil di sawah"}, ANI)
    snapshot = _snapshot(city)
    nas = _nas(snapshot, "pppoe")
    for username, site in (("line-terminal", "Terminal"), ("line-pasar", "Pasar")):
        found = site_for(snapshot, snapshot.subscribers[username], nas, "gw", "", "")
        assert found is not None
        assert found.name == site
