"""Changing who gets what: one transaction each, told to workers, audited, never lost, and explained when refused."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.secrets import Keyring
from netquota.services.allocate import Change, Wanted, add, change, get, listing, remove
from netquota.services.catalogue import KINDS
from netquota.services.office import Author, Office
from netquota.storage import audit_store
from netquota.storage.database import Connection, Entangled
from netquota.storage.policy_store import load_snapshot
from netquota.storage.snapshot import Snapshot

ANI = Author("ani", "rapat 3 November")
PLAN = {"key": "staf", "name": "Staf", "rate": "10M/2M"}
OPD = {"code": "DISDUKCAPIL", "name": "Kependudukan", "plan": "staf", "ceiling": "60M/30M"}
SITI = {"username": "Siti", "nip": "19860926 201505 2 001", "name": "Siti Aminah", "opd": "DISDUKCAPIL"}
NAS = {"name": "gw-1", "address": "10.0.0.7/24", "family": "mikrotik", "secret": "0123456789abcdef"}


@pytest.fixture
def city(office: Office) -> Office:
    add(office, "plan", PLAN, ANI)
    add(office, "opd", OPD, ANI)
    add(office, "employee", SITI, ANI)
    return office


def _snapshot(office: Office) -> Snapshot:
    with office.database.read() as connection:
        return load_snapshot(connection, office.secrets, office.zone)


def _audit(office: Office) -> list[tuple[str, str, str]]:
    with office.database.read() as connection:
        assert audit_store.verify(connection) == []
        return [(entry.action, entry.kind, entry.key) for entry in audit_store.entries(connection)]


def test_what_was_added_is_what_the_rules_see(city: Office) -> None:
    siti = _snapshot(city).subscribers["siti"]
    assert (siti.username, siti.nip, siti.opd.code) == ("Siti", "198609262015052001", "DISDUKCAPIL")
    assert siti.plan is not None
    assert siti.plan.rate.down_bps == 10_000_000
    assert siti.opd.ceiling is not None
    assert siti.opd.ceiling.up_bps == 30_000_000


@pytest.mark.parametrize("key", ["siti", "SITI", " Siti ", "198609262015052001"])
def test_an_employee_is_found_by_username_and_nip(city: Office, key: str) -> None:
    assert get(city, "employee", key).key == "Siti"


def test_each_change_is_told_to_workers_audited_and_numbered(city: Office) -> None:
    before = _snapshot(city).version
    done = change(city, "employee", "siti", {"override": "5M/1M", "override_why": "tugas"}, ANI)
    assert done == Change(
        "change", "employee", "Siti", 2, {"override": "", "override_why": ""},
        {"override": "5M/1M", "override_why": "tugas"}, done.id,
    )  # fmt: skip
    assert _snapshot(city).version == before + 1
    assert _audit(city)[0] == ("change", "employee", "Siti")
    with city.database.read() as connection:
        (entry, *_) = audit_store.entries(connection)
    assert (entry.actor, entry.why, entry.after["override"]) == ("ani", "rapat 3 November", "5M/1M")


def test_a_change_that_changes_nothing_leaves_no_trace(city: Office) -> None:
    before = (_snapshot(city).version, len(_audit(city)))
    assert change(city, "opd", "DISDUKCAPIL", {"ceiling": "60000k / 30M"}, ANI).action == "none"
    assert (_snapshot(city).version, len(_audit(city))) == before


def test_a_dry_run_tells_and_does_nothing(city: Office) -> None:
    before = (_snapshot(city).version, _audit(city))
    assert change(city, "plan", "staf", {"rate": "20M/5M"}, ANI, dry_run=True).after == {"rate": "20M/5M"}
    assert add(city, "employee", SITI | {"username": "budi", "nip": ""}, ANI, dry_run=True).action == "add"
    assert remove(city, "employee", "siti", ANI, dry_run=True).action == "remove"
    with pytest.raises(InvalidValue):
        change(city, "plan", "staf", {"rate": "fast"}, ANI, dry_run=True)
    assert (_snapshot(city).version, _audit(city)) == before


def test_an_emptied_field_goes_back_to_its_default_or_to_nothing(city: Office) -> None:
    change(city, "opd", "DISDUKCAPIL", {"weight": "7", "task": "layanan"}, ANI)
    change(city, "opd", "DISDUKCAPIL", {"weight": "", "task": "", "ceiling": "", "plan": ""}, ANI)
    values = get(city, "opd", "DISDUKCAPIL").values
    assert (values["weight"], values["task"], values["ceiling"], values["plan"]) == ("1", "", "", "")


def test_a_change_upon_an_older_version_is_refused(city: Office) -> None:
    seen = get(city, "plan", "staf").version
    change(city, "plan", "staf", {"rate": "20M/5M"}, ANI, expected_version=seen)
    for act in (
        lambda: change(city, "plan", "staf", {"rate": "30M/5M"}, ANI, expected_version=seen),
        lambda: remove(city, "plan", "staf", ANI, expected_version=seen),
    ):
        with pytest.raises(Conflict, match="version 2, you saw 1"):
            act()
    assert get(city, "plan", "staf").values["rate"] == "20M/5M"


def test_of_many_who_change_the_same_at_once_one_wins_and_the_others_are_told(city: Office) -> None:
    """F21: no lost update."""
    seen, told = get(city, "plan", "staf").version, list[str]()

    def write(number: int) -> None:
        try:
            change(city, "plan", "staf", {"simultaneous": str(number)}, ANI, expected_version=seen)
            told.append("done")
        except Conflict:
            told.append("conflict")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(10, 16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(told) == ["conflict"] * 5 + ["done"]
    assert get(city, "plan", "staf").version == seen + 1
    assert [action for action, _, _ in _audit(city)].count("change") == 1


def test_changes_of_different_fields_at_once_are_both_kept(city: Office) -> None:
    def write(values: dict[str, str]) -> None:
        for _ in range(5):
            change(city, "opd", "DISDUKCAPIL", values, ANI)
            change(city, "opd", "DISDUKCAPIL", dict.fromkeys(values, "2"), ANI)

    threads = [threading.Thread(target=write, args=({name: "5"},)) for name in ("weight", "priority")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    values = get(city, "opd", "DISDUKCAPIL").values
    assert (values["weight"], values["priority"]) == ("2", "2")
    assert [action for action, _, _ in _audit(city)].count("change") == 20


@pytest.mark.parametrize(
    ("kind", "values", "field", "told"),
    [
        ("plan", {"key": "x", "name": "X"}, "rate", "needed"),
        ("plan", PLAN | {"key": "x", "rate": "10MB/s"}, "rate", "bits"),
        ("plan", PLAN | {"key": "x", "burst": "20M"}, "burst", "together"),
        ("plan", PLAN | {"key": "x", "interim_min": "30s"}, "interim_min", "1m"),
        ("plan", PLAN | {"key": "x", "interim_min": "10m"}, "interim_min", "at most"),
        ("plan", PLAN | {"key": "x", "hours_only": "yes"}, "hours_only", "schedule"),
        ("plan", PLAN | {"key": "two words"}, "key", "blanks"),
        ("employee", SITI | {"username": "b", "nip": "", "opd": "NOWHERE"}, "opd", "no such opd"),
        ("employee", SITI | {"username": "b"}, "nip", "Siti has it already"),
        ("employee", SITI | {"username": "b", "nip": "123"}, "nip", "18 digits"),
        ("employee", SITI | {"username": "b", "nip": "", "status": "gone"}, "status", "active, suspended, left"),
        ("employee", SITI | {"username": "b\0", "nip": ""}, "username", "blanks"),
        ("employee", SITI | {"username": "b", "nip": "", "password": "rahasia"}, "password", "8 characters"),
        ("employee", SITI | {"username": "b", "nip": "", "password": "siti aminah 1"}, "password", "known of you"),
        ("quota", {"key": "q", "name": "Q", "octets": "1 GB", "throttle": "1M"}, "plan", "exactly one"),
        ("quota", {"key": "q", "name": "Q", "octets": "1 GB", "plan": "staf"}, "throttle", "slowed"),
        ("quota", {"key": "q", "name": "Q", "octets": "1 GB", "plan": "staf", "action": "notify", "period": "every"},
         "anchor", "began"),
        ("nas", NAS | {"address": "10.0.0.300"}, "address", "network"),
        ("nas", NAS | {"family": "toaster"}, "family", "mikrotik"),
        ("nas", NAS | {"secret": "käse-käse-käse-käse"}, "secret", "ASCII"),
        ("opd", {"code": "X", "name": "X", "guaranteed": "20M", "ceiling": "10M"}, "guaranteed", "ceiling"),
        ("schedule", {"key": "s", "name": "S", "windows": "Malam: 20:00-06:00 plan=none"}, "windows", "no such plan"),
        ("admin", {"username": "a", "name": "A", "role": "opd_operator", "password": "kuda nil jalan"}, "opd", "whose"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused_by_field_value_and_remedy(
    city: Office, kind: str, values: dict[str, str], field: str, told: str
) -> None:
    before = _audit(city)
    with pytest.raises(InvalidValue, match=told) as refused:
        add(city, kind, values, ANI)
    assert refused.value.field == field
    assert _audit(city) == before


def test_a_key_that_exists_an_unknown_kind_key_and_field_are_told_apart(city: Office) -> None:
    with pytest.raises(Conflict, match="plan staf exists already"):
        add(city, "plan", PLAN, ANI)
    with pytest.raises(Conflict, match="exists already"):
        add(city, "employee", SITI | {"username": "SITI", "nip": ""}, ANI)
    with pytest.raises(NotFound, match="there are opd, employee"):
        get(city, "thing", "x")
    with pytest.raises(NotFound, match="nobody"):
        change(city, "employee", "nobody", {"name": "x"}, ANI)
    with pytest.raises(NotFound, match="colour"):
        change(city, "plan", "staf", {"colour": "red"}, ANI)


def test_what_is_still_used_is_not_removed_and_says_by_whom(city: Office) -> None:
    for number in range(4):
        add(city, "employee", {"username": f"u{number}", "name": "U", "opd": "DISDUKCAPIL"}, ANI)
    with pytest.raises(Conflict, match=r"5 employee \(Siti, u0, u1 \.\.\.\)"):
        remove(city, "opd", "DISDUKCAPIL", ANI)
    with pytest.raises(Conflict, match=r"1 opd \(DISDUKCAPIL\)"):
        remove(city, "plan", "staf", ANI)
    remove(city, "employee", "siti", ANI)
    with pytest.raises(NotFound):
        get(city, "employee", "siti")
    assert "siti" not in _snapshot(city).subscribers


def test_a_plan_that_a_window_names_keeps_its_key(city: Office) -> None:
    add(city, "plan", PLAN | {"key": "malam"}, ANI)
    add(city, "schedule", {"key": "s", "name": "S", "windows": "Malam: 20:00-06:00 plan=malam"}, ANI)
    for act in (
        lambda: change(city, "plan", "malam", {"key": "night"}, ANI),
        lambda: remove(city, "plan", "malam", ANI),
    ):
        with pytest.raises(Conflict, match="schedule s"):
            act()
    change(city, "schedule", "s", {"windows": ""}, ANI)
    assert remove(city, "plan", "malam", ANI).action == "remove"


def test_windows_are_written_read_and_changed_with_their_schedule(city: Office) -> None:
    windows = (
        "Kerja: mon,tue,wed,thu,fri 07:30-16:00 no-holidays 5M/1M; Malam: 20:00-06:00 2026-03-01..2026-03-30 plan=staf"
    )
    add(city, "schedule", {"key": "s", "name": "S", "windows": windows}, ANI)
    assert get(city, "schedule", "s").values["windows"] == windows
    (schedule,) = _snapshot(city).schedules.values()
    assert [window.name for window in schedule.windows] == ["Kerja", "Malam"]
    assert change(city, "schedule", "s", {"windows": windows}, ANI).action == "none"
    change(city, "schedule", "s", {"windows": "Malam: 20:00-06:00 2M"}, ANI)
    assert listing(city, "schedule").records[0].values["windows"] == "Malam: 20:00-06:00 2M/2M"


def test_a_secret_is_sealed_hidden_and_made_up_where_none_is_given(city: Office, keyring: Keyring) -> None:
    given = add(city, "nas", NAS, ANI)
    made = add(city, "nas", NAS | {"name": "gw-2", "address": "10.9.0.1", "secret": ""}, ANI)
    assert (given.generated, given.after["secret"], given.warnings) == ({}, "(secret)", ())
    assert len(made.generated["secret"]) >= 32
    assert made.generated["secret"] not in repr(made)
    found = {nas.name: nas for nas in _snapshot(city).nas_by_id.values()}
    assert found["gw-1"].secret == b"0123456789abcdef"
    assert found["gw-2"].secret.decode() == made.generated["secret"]
    assert found["gw-1"].address == "10.0.0.0/24"
    with city.database.read() as connection:
        assert "0123456789abcdef" not in repr(audit_store.entries(connection))


def test_a_short_secret_is_taken_with_a_warning(city: Office) -> None:
    assert "16" in add(city, "nas", NAS | {"secret": "short"}, ANI).warnings[0]


def test_a_form_that_sends_back_a_hidden_secret_leaves_it_alone(city: Office) -> None:
    add(city, "nas", NAS, ANI)
    assert change(city, "nas", "gw-1", {"secret": "(secret)", "lenient": "yes"}, ANI).after == {"lenient": "yes"}
    (nas,) = _snapshot(city).nas_by_id.values()
    assert nas.secret == b"0123456789abcdef"


def _one_of_each(city: Office) -> None:
    link = {"name": "Astinet 1", "provider": "T", "capacity": "1G/500M", "price": "25000000"}
    add(city, "link", link | {"starts_on": "2026-01-01", "ends_on": "2026-12-31"}, ANI)
    site = {"name": "Lantai 1", "opd": "DISDUKCAPIL", "link": "Astinet 1", "nas": "gw-1", "ceiling": "9M"}
    add(city, "site", site, ANI)
    add(city, "schedule", {"key": "s", "name": "S", "windows": "Kerja: sen-jum 7:30-16.00 5M/1M"}, ANI)
    bursting = {"key": "full", "burst": "20M", "burst_threshold": "8M", "burst_time": "16s", "schedule": "s"}
    times = {"session_timeout": "8h", "idle_timeout": "15m", "hours_only": "ya"}
    add(city, "plan", PLAN | bursting | times, ANI)
    quota = {
        "key": "q",
        "name": "Q",
        "employee": "siti",
        "octets": "20 GB",
        "throttle": "512k/256k",
        "warn": "95%, 80%",
    }
    period = {"period": "every", "every_n": "14", "anchor": "2026-01-05", "reset_time": "06:00"}
    add(city, "quota", quota | period | {"carry_share": "12.5%", "carry_cap": "5GB"}, ANI)
    add(city, "admin", {"username": "root", "name": "R", "password": "kuda nil di sawah"}, ANI)
    validity = {"valid_from": "2026-01-01", "valid_until": "2026-12-31", "mail": "siti@kota.go.id"}
    change(city, "employee", "siti", validity | {"override": "1M", "override_until": "2026-12-01 16:30"}, ANI)


def test_every_shown_value_reads_back_as_the_same(city: Office) -> None:
    """What a form shows and sends back unchanged changes nothing, for every kind."""
    add(city, "nas", NAS | {"realms": "@kota.go.id", "octets_reversed": "no"}, ANI)
    _one_of_each(city)
    for kind in KINDS:
        for record in listing(city, kind).records:
            assert change(city, kind, record.key, record.values, ANI).action == "none", kind


def test_a_last_day_is_counted_to_its_end(city: Office) -> None:
    change(city, "employee", "siti", {"valid_until": "2026-12-31"}, ANI)
    assert get(city, "employee", "siti").values["valid_until"] == "2027-01-01 00:00"
    assert _snapshot(city).subscribers["siti"].valid_until_s == 1798736400  # 2027-01-01 00:00 WIB


def test_a_listing_is_searched_filtered_sorted_and_paged(city: Office) -> None:
    add(city, "opd", {"code": "DINKES", "name": "Kesehatan 100%"}, ANI)
    for number in range(5):
        own = {"username": f"u{number}", "name": f"Budi {9 - number}", "opd": "DINKES"}
        add(city, "employee", own | ({"status": "suspended"} if number == 3 else {}), ANI)

    def keys(wanted: Wanted) -> list[str]:
        return [record.key for record in listing(city, "employee", wanted).records]

    assert keys(Wanted()) == ["Siti", "u0", "u1", "u2", "u3", "u4"]
    assert keys(Wanted(search="AMINAH")) == ["Siti"]
    assert keys(Wanted(search="1986092620")) == ["Siti"]
    assert keys(Wanted(filters={"opd": "DINKES", "status": "suspended"})) == ["u3"]
    assert keys(Wanted(filters={"nip": ""}, sort="-username", size=2)) == ["u4", "u3"]
    assert keys(Wanted(sort="name", size=2, page=3)) == ["u0", "Siti"]
    page = listing(city, "employee", Wanted(size=4, page=2))
    assert (page.total, len(page.records), page.records[0].values["opd"]) == (6, 2, "DINKES")
    assert [record.key for record in listing(city, "opd", Wanted(search="%")).records] == ["DINKES"]


@pytest.mark.parametrize(
    "wanted", [Wanted(page=0), Wanted(size=10_000), Wanted(sort="password"), Wanted(filters={"password": "x"})]
)
def test_a_listing_that_cannot_be_is_refused(city: Office, wanted: Wanted) -> None:
    with pytest.raises(InvalidValue):
        listing(city, "employee", wanted)


def test_what_follows_from_a_change_is_done_in_its_transaction(city: Office) -> None:
    called: list[tuple[str, list[int], int]] = []

    def follow(connection: Connection, kind: str, ids: Sequence[int], now_s: int) -> None:
        found = load_snapshot(connection, city.secrets, city.zone)
        called.append((kind, list(ids), found.plans[ids[0]].simultaneous))
        if len(called) == 2:
            raise Conflict("what follows failed")

    plugged = replace(city, on_change=follow)
    done = change(plugged, "plan", "staf", {"simultaneous": "5"}, ANI)
    assert called == [("plan", [done.id], 5)]
    with pytest.raises(Conflict, match="what follows"):
        change(plugged, "plan", "staf", {"simultaneous": "6"}, ANI)
    assert get(city, "plan", "staf").values["simultaneous"] == "5"


def test_the_number_of_a_removed_thing_names_no_other(city: Office) -> None:
    """Ledger and samples go on naming it."""
    gone = remove(city, "employee", "siti", ANI).id
    assert add(city, "employee", SITI, ANI).id > gone


def test_the_last_network_admin_cannot_be_locked_out(city: Office) -> None:
    add(city, "admin", {"username": "root", "name": "R", "password": "kuda nil di sawah"}, ANI)
    for act in (
        lambda: remove(city, "admin", "root", ANI),
        lambda: change(city, "admin", "root", {"active": "no"}, ANI),
        lambda: change(city, "admin", "root", {"role": "planner"}, ANI),
    ):
        with pytest.raises(Conflict, match="make another one first"):
            act()
    add(city, "admin", {"username": "two", "name": "T", "password": "kuda nil di sawah"}, ANI)
    assert remove(city, "admin", "root", ANI).action == "remove"


def test_a_change_that_another_writer_stood_in_the_way_of_is_made_all_the_same(office: Office) -> None:
    """PostgreSQL undoes one of two that wait for each other: a worker's batch, an admin's change."""
    failing = [2]

    def follow(*_: object) -> None:
        if failing[0]:
            failing[0] -= 1
            raise Entangled("deadlock detected")

    add(office, "plan", {"key": "staf", "name": "Staf", "rate": "10M/2M"}, ANI)
    change(replace(office, on_change=follow), "plan", "staf", {"rate": "8M/2M"}, ANI)
    assert get(office, "plan", "staf").values["rate"] == "8M/2M"
    failing[0] = 3
    with pytest.raises(Entangled):
        change(replace(office, on_change=follow), "plan", "staf", {"rate": "6M/2M"}, ANI)


def test_promises_that_pass_the_capacity_of_their_link_are_warned_of(office: Office) -> None:
    def make(kind: str, **values: str) -> Change:
        return add(office, kind, values, ANI)

    make("link", name="Serat", provider="A", capacity="100M/50M")
    for code in ("DISDIK", "DINKES"):
        make("opd", code=code, name=code, guaranteed="40M/20M")
        make("site", name=code, opd=code, link="Serat")
    assert make("site", name="Gudang", opd="DISDIK", link="Serat").warnings == ()  # an office of two sites counts once
    more = {"guaranteed": "60M/31M"}
    (said,) = change(office, "opd", "DISDIK", more, ANI, dry_run=True).warnings
    assert said.startswith("Serat: 100M/51M is guaranteed and it has 100M/50M; at full use")
    assert len(change(office, "link", "Serat", {"capacity": "79M/50M"}, ANI).warnings) == 1
    assert change(office, "link", "Serat", {"capacity": "80M/40M"}, ANI).warnings == ()
    make("opd", code="RSUD", name="RSUD", guaranteed="1M/1M")
    assert len(make("site", name="RSUD", opd="RSUD", link="Serat").warnings) == 1
    assert change(office, "opd", "RSUD", {"name": "Rumah sakit"}, ANI).warnings == ()
