"""Passwords, sessions of the web, guessing slowed down, the brake: what is stored and what it promises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from netquota.clock import FixedClock
from netquota.errors import InvalidValue, NotFound
from netquota.passwords import verify_password
from netquota.services import activation, password_codes
from netquota.services import pause as brake
from netquota.services.allocate import add, change, get, remove
from netquota.services.credentials import renew_hash, set_password
from netquota.services.office import Author, Office
from netquota.storage import admin_store, audit_store, login_failure_store, password_code_store, web_session_store
from netquota.storage.database import Database
from netquota.storage.login_failure_store import Backoff
from netquota.storage.password_code_store import PasswordCode, Way
from netquota.storage.policy_store import load_snapshot
from netquota.storage.snapshot import Credential, Snapshot
from netquota.storage.web_session_store import Limits

ANI = Author("ani", "lupa sandi")
GOOD, OTHER = "kuda nil di sawah", "empat ekor itik lagi"


@pytest.fixture
def city(office: Office) -> Office:
    add(office, "opd", {"code": "X", "name": "X"}, ANI)
    add(office, "employee", {"username": "siti", "name": "Siti Aminah", "opd": "X"}, ANI)
    add(office, "admin", {"username": "root", "name": "R", "password": GOOD}, ANI)
    return office


def _snapshot(office: Office) -> Snapshot:
    with office.database.read() as connection:
        return load_snapshot(connection, office.secrets, office.zone)


def _credential(office: Office) -> Credential:
    snapshot = _snapshot(office)
    return snapshot.credentials[snapshot.subscribers["siti"].id]


def test_a_password_is_kept_as_a_hash_and_only_where_asked_for_encrypted(city: Office) -> None:
    set_password(city, "siti", GOOD, ANI)
    stored = _credential(city)
    assert stored.password_hash is not None
    assert verify_password(stored.password_hash, GOOD)
    assert stored.password_encrypted is None
    set_password(city, "SITI", OTHER, ANI, chap=True)
    sealed = _credential(city).password_encrypted
    assert sealed is not None
    assert city.secrets.decrypt(sealed) == OTHER.encode()


def test_an_encrypted_copy_follows_every_later_password(city: Office) -> None:
    """An old password must not stay good for CHAP."""
    set_password(city, "siti", GOOD, ANI, chap=True)
    for act in (
        lambda: set_password(city, "siti", OTHER, ANI),
        lambda: change(city, "employee", "siti", {"password": OTHER}, ANI),
    ):
        act()
        sealed = _credential(city).password_encrypted
        assert sealed is not None
        assert city.secrets.decrypt(sealed) == OTHER.encode()
    set_password(city, "siti", GOOD, ANI, chap=False)
    assert _credential(city).password_encrypted is None


def test_no_password_is_in_the_audit_trail(city: Office) -> None:
    set_password(city, "siti", GOOD, ANI)
    change(city, "employee", "siti", {"password": OTHER}, ANI)
    with city.database.read() as connection:
        told = audit_store.entries(connection)
    assert [entry.action for entry in told][:2] == ["change", "password"]
    assert told[0].after == {"password": "(secret)"}
    assert GOOD not in repr(told)
    assert OTHER not in repr(told)


def test_a_weak_password_or_a_stranger_is_refused(city: Office) -> None:
    with pytest.raises(InvalidValue, match="known of you"):
        set_password(city, "siti", "aminah aminah 1", ANI)
    with pytest.raises(NotFound):
        set_password(city, "nobody", GOOD, ANI)
    set_password(city, "siti", "rahasia1", ANI, usual_allowed=True)


def test_a_new_password_ends_the_persons_web_sessions_and_no_others(city: Office) -> None:
    with city.database.write() as connection:
        root = admin_store.by_username(connection, "root")
        assert root is not None
        token, _ = web_session_store.begin(connection, "admin", root.id, city.now_s, Limits())
        others, _ = web_session_store.begin(connection, "employee", root.id, city.now_s, Limits())
    set_password(city, "root", OTHER, ANI, kind="admin")
    with city.database.read() as connection:
        assert web_session_store.find(connection, token, city.now_s, Limits()) is None
        assert web_session_store.find(connection, others, city.now_s, Limits()) is not None
        changed = admin_store.by_id(connection, root.id)
    assert changed is not None
    assert verify_password(changed.password_hash, OTHER)


def test_a_hash_of_old_parameters_is_renewed_unless_the_password_was_changed(
    city: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_password(city, "siti", GOOD, ANI)
    siti, stored = _snapshot(city).subscribers["siti"].id, _credential(city).password_hash
    assert stored is not None
    assert not renew_hash(city, "employee", siti, stored, GOOD)
    monkeypatch.setattr("netquota.passwords.needs_rehash", lambda _: True)
    assert renew_hash(city, "employee", siti, stored, GOOD)
    renewed = _credential(city).password_hash
    assert renewed is not None
    assert renewed != stored
    assert verify_password(renewed, GOOD)
    assert not renew_hash(city, "employee", siti, stored, GOOD)


def test_an_admin_has_role_and_office(city: Office) -> None:
    operator = {"username": "op", "name": "O", "role": "opd_operator", "opd": "X", "password": GOOD, "active": "no"}
    add(city, "admin", operator, ANI)
    with city.database.read() as connection:
        found = admin_store.by_username(connection, "op")
        assert admin_store.by_username(connection, "nobody") is None
        assert admin_store.count_active(connection) == 1
    assert found is not None
    assert (found.role, found.opd_codes, found.active) == ("opd_operator", ("X",), False)
    assert found.password_hash not in repr(found)


@pytest.mark.parametrize(
    ("steps", "alive"),
    [
        ((0,), True),
        ((1799,), True),
        ((1800,), False),  # idle
        ((1700,) * 25, True),
        ((1700,) * 26, False),  # 12 hours are over, however busy
    ],
)
def test_a_web_session_ends_when_idle_and_at_its_end(database: Database, steps: tuple[int, ...], alive: bool) -> None:
    now_s, limits = 1_000_000, Limits()
    with database.write() as connection:
        token, _ = web_session_store.begin(connection, "admin", 1, now_s, limits, agent="x" * 500)
        found = None
        for step in steps:
            found = web_session_store.find(connection, token, now_s := now_s + step, limits)
            if found is not None and web_session_store.is_due(found, now_s):
                web_session_store.seen(connection, found, now_s)
        assert (found is not None) is alive


def test_web_sessions_are_listed_ended_and_forgotten(database: Database) -> None:
    limits = Limits()
    with database.write() as connection:
        first, one = web_session_store.begin(connection, "admin", 1, 100, limits, address="10.0.0.1", agent="Firefox")
        second, two = web_session_store.begin(connection, "admin", 1, 200, limits)
        web_session_store.begin(connection, "employee", 1, 200, limits)
        assert [found.created_s for found in web_session_store.listing(connection, "admin", 1, 300, limits)] == [
            200,
            100,
        ]
        assert first != second
        assert first.encode() not in one.digest
        assert web_session_store.end_all(connection, "admin", 1, keep=two.digest) == 1
        assert web_session_store.find(connection, first, 300, limits) is None
        assert web_session_store.end(connection, two.digest)
        assert not web_session_store.end(connection, two.digest)
        assert web_session_store.forget_ended(connection, 10**6, limits) == 1


@pytest.mark.parametrize(
    ("failures", "wait_s"), [(0, 0), (5, 0), (6, 1), (7, 2), (8, 4), (11, 32), (12, 60), (13, 60), (1000, 60)]
)
def test_each_failure_beyond_the_free_ones_doubles_the_wait_up_to_a_minute(failures: int, wait_s: int) -> None:
    assert Backoff().wait_s(failures) == wait_s


def test_failures_hold_off_their_keys_alone_and_are_forgotten(database: Database) -> None:
    with database.write() as connection:
        until_s = 0
        for _ in range(7):
            until_s = login_failure_store.failed(connection, ["admin:root", "admin:root@10.0.0.1"], 1000)
        assert until_s == 1002
        assert login_failure_store.blocked_until(connection, ["admin:root", "x"]) == 1002
        assert login_failure_store.blocked_until(connection, ["admin:ani"]) == 0
        login_failure_store.succeeded(connection, ["admin:root"])
        assert login_failure_store.blocked_until(connection, ["admin:root"]) == 0
        assert login_failure_store.failed(connection, ["admin:root@10.0.0.1"], 1000 + 3601) == 0
        assert login_failure_store.forget_old(connection, 10**6) == 1


def test_the_brake_holds_everywhere_or_at_one_client_until_its_end(city: Office, clock: FixedClock) -> None:
    add(city, "nas", {"name": "gw", "address": "10.0.0.1", "family": "mikrotik"}, ANI)
    brake.pause(city, ANI, until=clock.now() + timedelta(hours=1))
    brake.pause(city, ANI, nas="gw")
    everywhere, one = brake.standing(city)
    assert (everywhere.nas_id, everywhere.who, everywhere.why) == (None, "ani", "lupa sandi")
    assert one.until_s is None
    assert [pause.id for pause in _snapshot(city).pauses] == [everywhere.id, one.id]
    clock.advance(3600)
    assert brake.standing(city) == [one]
    assert brake.resume(city, ANI, nas="gw") == 1
    assert brake.resume(city, ANI, nas="gw") == 0
    assert remove(city, "nas", "gw", ANI).action == "remove"


def test_the_brake_needs_a_reason_a_moment_to_come_and_a_client_that_is(city: Office, clock: FixedClock) -> None:
    with pytest.raises(InvalidValue, match="why"):
        brake.pause(city, Author("ani", " "))
    with pytest.raises(InvalidValue, match="to come"):
        brake.pause(city, ANI, until=clock.now())
    with pytest.raises(NotFound):
        brake.pause(city, ANI, nas="nowhere")
    assert brake.standing(city) == []
    assert get(city, "employee", "siti").version == 1


@pytest.mark.parametrize("way", ["by the desk", "by a form", "by a code of the operator's"])
def test_a_printed_slip_opens_no_account_that_has_a_password(city: Office, way: str) -> None:
    (slip,) = activation.make_slips(city, "X", ANI, days=60)
    match way:
        case "by the desk":
            set_password(city, "siti", GOOD, ANI)
        case "by a form":
            change(city, "employee", "siti", {"password": GOOD}, ANI)
        case _:
            password_codes.redeem(city, password_codes.give_code(city, "siti", ANI), GOOD)
    assert password_codes.whose_code(city, slip.code) is None
    with pytest.raises(InvalidValue):
        password_codes.redeem(city, slip.code, OTHER)
    assert verify_password(_credential(city).password_hash or "", GOOD)


def test_a_slip_that_outlived_a_password_is_refused_and_a_refused_password_keeps_it(city: Office) -> None:
    (slip,) = activation.make_slips(city, "X", ANI)
    with pytest.raises(InvalidValue):
        password_codes.redeem(city, slip.code, "siti")  # too weak: the slip stays good
    siti = password_codes.whose_code(city, slip.code)
    assert siti is not None
    set_password(city, "siti", GOOD, ANI)
    with city.database.write() as connection:  # as one of before codes ended with a password
        late = PasswordCode(siti, Way.SLIP, "ani", city.now_s + 1000)
        password_code_store.put(connection, password_codes.written(slip.code), late)
    with pytest.raises(InvalidValue, match="ask for a new one"):
        password_codes.redeem(city, slip.code, OTHER)
    assert verify_password(_credential(city).password_hash or "", GOOD)


@pytest.mark.parametrize("weak", ["trustno1", "dinkes nomor satu", "tanggal 15031990"])
def test_what_others_know_of_a_person_is_no_password(office: Office, weak: str) -> None:
    by = Author("ani", "uji")
    add(office, "opd", {"code": "DINKES", "name": "Dinas Kesehatan"}, by)
    person = {"username": "budi", "nip": "199003152012121001", "name": "Budi", "opd": "DINKES"}
    with pytest.raises(InvalidValue) as caught:
        add(office, "employee", person | {"password": weak}, by)
    assert caught.value.field == "password"
    add(office, "employee", person | {"password": "langit di atas laut"}, by)
    for act in (
        lambda: change(office, "employee", "budi", {"password": weak}, by),
        lambda: set_password(office, "budi", weak, by),
    ):
        with pytest.raises(InvalidValue):
            act()


@pytest.mark.parametrize("weak", ["trustno1", "Mountain2026"])
def test_admins_are_refused_alike(office: Office, weak: str) -> None:
    admin = {"username": "rina", "name": "Rina", "role": "network_admin", "password": weak}
    with pytest.raises(InvalidValue) as caught:
        add(office, "admin", admin, Author("ani", "uji"))
    assert caught.value.field == "password"
