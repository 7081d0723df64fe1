"""Devices without a browser: accounts by hardware address in any notation; who asks without one; whose they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netquota.domain.people import AccountKind
from netquota.domain.policy import Code
from netquota.domain.scope import Scope
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services import device_desk, macs
from netquota.services.allocate import Wanted, add, change, get, listing, remove
from netquota.services.facts import Policy
from netquota.services.imports import running
from netquota.services.office import Author, Office
from netquota.storage import mac_report
from netquota.storage.policy_store import load_snapshot
from netquota.storage.record_store import DecisionRow, write_records
from netquota.storage.snapshot import Snapshot
from radius.methods import Pap

BY = Author("ani", "uji")
MAC = "AA:BB:CC:00:11:22"
STRANGER = "DC:A6:32:00:00:01"


@pytest.fixture
def office(office: Office) -> Office:
    made = office
    add(made, "plan", {"key": "alat", "name": "Alat", "rate": "2M/1M"}, BY)
    for number, code in enumerate(("DISDIK", "DINKES"), start=1):
        add(made, "opd", {"code": code, "name": code.title(), "plan": "alat"}, BY)
        add(made, "nas", {"name": f"gw-{code.lower()}", "address": f"10.0.0.{number}", "family": "mikrotik"}, BY)
        add(made, "site", {"name": f"Kantor {code}", "opd": code, "nas": f"gw-{code.lower()}"}, BY)
    return made


def snapshot(office: Office) -> Snapshot:
    with office.database.read() as connection:
        return load_snapshot(connection, office.secrets, office.zone)


def printer(office: Office, mac: str = "aabb.cc00.1122", **more: str) -> None:
    add(office, "device", {"mac": mac, "name": "Printer loket 2", "opd": "DISDIK", **more}, BY)


def operator(office: Office, code: str) -> Office:
    return replace(office, scope=Scope(frozenset({get(office, "opd", code).row["id"]})))


def test_a_device_is_found_by_its_address_in_any_notation(office: Office) -> None:
    printer(office)
    for written in (MAC, "aa-bb-cc-00-11-22", "aabbcc001122", " AABB.CC00.1122 "):
        assert get(office, "device", written).key == MAC
    assert listing(office, "device", Wanted(after="aa-bb-cc-00-11-21")).records[0].key == MAC
    assert listing(office, "device", Wanted(after=MAC)).records == ()
    assert listing(office, "employee").total == 0
    with pytest.raises(NotFound):
        get(office, "employee", MAC)


def test_an_address_belongs_to_one_account(office: Office) -> None:
    printer(office)
    with pytest.raises(Conflict):
        printer(office, "AA-BB-CC-00-11-22")
    add(office, "circuit", {"username": "line", "name": "Router", "site": "Kantor DISDIK", "mac_login": STRANGER}, BY)
    with pytest.raises(Conflict):
        printer(office, STRANGER)
    with pytest.raises(InvalidValue, match="mac"):
        printer(office, "no address")


def test_a_device_may_be_changed_suspended_and_removed(office: Office) -> None:
    printer(office, valid_until="2026-12-31")
    change(office, "device", MAC, {"mac": STRANGER, "status": "suspended"}, BY)
    record = get(office, "device", STRANGER)
    assert (record.row["username"], record.row["username_key"], record.row["mac_login"]) == (
        STRANGER, STRANGER.lower(), STRANGER,
    )  # fmt: skip
    remove(office, "device", STRANGER, BY)
    assert listing(office, "device").total == 0


def test_its_account_holds_at_every_gateway_and_is_proved_by_the_address_alone(office: Office) -> None:
    printer(office)
    found = snapshot(office)
    nas = next(iter(found.nas_by_id.values()))
    for written in (MAC, "aa-bb-cc-00-11-22", "aabbcc001122", "AABBCC001122", "aabb.cc00.1122"):
        account = macs.account_of_mac(Policy.of(found, 0), nas, "gw", written)
        assert account is not None
        assert (account.kind, account.plan and account.plan.key) == (AccountKind.DEVICE, "alat")
        for password in (b"", written.encode(), nas.secret):
            assert macs.proves_itself(Pap(password), written, MAC, nas)
        assert not macs.proves_itself(Pap(b"tebakan"), written, MAC, nas)
        assert not macs.proves_itself(Pap(b""), written, STRANGER, nas)
        assert not macs.proves_itself(Pap(b""), written, "", nas)
    for name in ("printer", "siti.rahmawati", "199008172015", "zzzzzzzzzzzz", ""):
        assert macs.account_of_mac(Policy.of(found, 0), nas, "gw", name) is None
    assert macs.address_of("199008172015") == "19:90:08:17:20:15"  # twelve digits are one: a NIP has eighteen
    assert macs.address_of("198802142010011002") is None


def refused(office: Office, username: str, mac: str, nas: str, ago_s: int = 0, code: Code = Code.UNKNOWN) -> None:
    nas_id = get(office, "nas", nas).row["id"]
    row = DecisionRow(office.now_s - ago_s, False, None, username, nas_id, nas, mac, code, "[]")
    with office.database.write() as connection:
        write_records(connection, [row])


def test_who_asks_without_an_account_is_told_apart_from_names_and_from_those_with_one(office: Office) -> None:
    printer(office)
    refused(office, "dca632000001", STRANGER, "gw-disdik", ago_s=600)
    refused(office, "dca632000001", STRANGER, "gw-disdik")
    refused(office, "aabbcc001122", MAC, "gw-disdik")  # before its account was made
    refused(office, "nobody", STRANGER, "gw-disdik")
    refused(office, "dca632000002", STRANGER, "gw-disdik")  # it says another address than it has
    refused(office, "dca632000003", "DC:A6:32:00:00:03", "gw-dinkes", ago_s=9 * 86400)
    found = device_desk.strangers(office, snapshot(office))
    assert [(each.mac, each.gateway, each.tries, each.last_s - each.first_s) for each in found] == [
        (STRANGER, "gw-disdik", 2, 600)
    ]


def test_an_operator_sees_and_changes_the_devices_of_his_own_office_alone(office: Office) -> None:
    printer(office)
    refused(office, "dca632000001", STRANGER, "gw-dinkes")
    mine, theirs = operator(office, "DISDIK"), operator(office, "DINKES")
    found = snapshot(office)
    assert [len(device_desk.strangers(each, found)) for each in (mine, theirs)] == [0, 1]
    assert [listing(each, "device").total for each in (mine, theirs)] == [1, 0]
    with pytest.raises(NotFound):
        remove(theirs, "device", MAC, BY)
    with pytest.raises(InvalidValue, match="own offices"):
        add(theirs, "device", {"mac": STRANGER, "name": "Kamera", "opd": "DISDIK"}, BY)


def test_when_a_device_was_let_in_last(office: Office) -> None:
    printer(office)
    device_id = get(office, "device", MAC).row["id"]
    row = DecisionRow(office.now_s - 60, True, device_id, MAC, None, "gw", MAC, Code.PLAN_RATE, "[]")
    with office.database.write() as connection:
        write_records(connection, [row])
    with office.database.read() as connection:
        assert mac_report.seen(connection, [device_id, 999]) == {
            device_id: mac_report.Seen(office.now_s - 60, 0), 999: mac_report.Seen(None, 0),
        }  # fmt: skip


LIST = """Nama perangkat;Alamat MAC;OPD;Berlaku sampai
Printer loket 2;aabb.cc00.1122;DISDIK;
Mesin absensi;DC-A6-32-00-00-01;DINKES;31/12/2026
"""


def test_a_list_of_devices_is_imported_and_changed_by_a_second_one(office: Office) -> None:
    for text, created in ((LIST, 2), (LIST.replace("Mesin absensi", "Mesin absensi lobi"), 0)):
        run_id = running.upload(office, "device", "alat.csv", text.encode(), BY)
        done = running.applied(office, running.opened(office, run_id, BY.name), 31, BY)
        assert len(done.created) == created
    assert {each.key: each.values["name"] for each in listing(office, "device").records} == {
        MAC: "Printer loket 2", STRANGER: "Mesin absensi lobi",
    }  # fmt: skip
