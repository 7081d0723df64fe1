"""Vouchers for guests: within an office's allowance, good from the first use or until a date, revocable, audited."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from netquota.clock import FixedClock
from netquota.domain.people import AccountKind, Subscriber
from netquota.domain.scope import Scope
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services import vouchers as desk
from netquota.services.allocate import add, get, listing
from netquota.services.authorize import subscriber_named
from netquota.services.facts import Policy
from netquota.services.office import Author, Office
from netquota.services.vouchers import Wish, code_in_groups
from netquota.storage import audit_store
from netquota.storage.policy_store import load_snapshot
from netquota.storage.voucher_store import VoucherState
from radius.methods import Chap, Pap
from radius.methods.chap import respond

DINI = Author("dini", "rapat")
DAY_S = 86_400


@pytest.fixture
def office(office: Office) -> Office:
    by = Author("ani", "uji")
    add(office, "plan", {"key": "tamu", "name": "Tamu", "rate": "2M/1M", "for_guests": "yes"}, by)
    add(office, "plan", {"key": "staf", "name": "Staf", "rate": "20M/10M"}, by)
    add(office, "opd", {"code": "DISDIK", "name": "Dinas Pendidikan", "guests": "5"}, by)
    add(office, "opd", {"code": "DINKES", "name": "Dinas Kesehatan"}, by)
    add(office, "nas", {"name": "gw", "address": "10.0.0.1", "family": "mikrotik"}, by)
    return office


def wish(count: int = 2, **more: object) -> Wish:
    given = {"opd": "DISDIK", "plan": "tamu", "purpose": "Rapat koordinasi", "valid_for_s": DAY_S, **more}
    return Wish(count=count, **given)


def policy(office: Office) -> Policy:
    with office.database.read() as connection:
        return Policy.of(load_snapshot(connection, office.secrets, office.zone), 0)


def guest(office: Office, code: str) -> Subscriber:
    found = subscriber_named(policy(office), code, ())
    assert found is not None
    return found


def codes(office: Office, key: str) -> list[str]:
    return [one.code for one in desk.show(office, key)[1]]


def states(office: Office, key: str) -> list[VoucherState]:
    return [one.state(office.now_s) for one in desk.show(office, key)[1]]


def test_a_batch_is_made_of_codes_and_its_sponsor_stands_in_the_audit_trail(office: Office) -> None:
    batch = desk.make(office, wish(3), DINI)
    found = codes(office, batch.key)
    assert len(set(found)) == batch.count == 3
    assert all(len(code) == 12 for code in found)
    (entry,) = _audited(office, "voucher")
    assert (entry.actor, entry.key, entry.action) == ("dini", batch.key, "add")
    assert all(code not in str(entry) for code in found)
    assert listing(office, "employee").total == 0  # guests are nobody's employees
    assert [(one.sponsor, one.open, one.opd) for one in desk.listing(office)] == [("dini", 3, "DISDIK")]


def _audited(office: Office, kind: str) -> list[audit_store.AuditEntry]:
    with office.database.read() as connection:
        assert audit_store.verify(connection) == []
        return audit_store.entries(connection, audit_store.AuditFilter(kind=kind))


def test_a_guest_is_found_by_his_code_however_it_is_typed(office: Office) -> None:
    (code,) = codes(office, desk.make(office, wish(1), DINI).key)
    for typed in (code, code_in_groups(code), code_in_groups(code).upper(), code.upper()):
        found = guest(office, typed)
        assert (found.kind, found.plan and found.plan.rate.down_bps) == (AccountKind.GUEST, 2_000_000)
    assert subscriber_named(policy(office), code[:-1], ()) is None


def test_the_code_alone_proves_the_guest(office: Office) -> None:
    (code,) = codes(office, desk.make(office, wish(1), DINI).key)
    found, nas = guest(office, code), next(iter(policy(office).snapshot.nas_by_id.values()))
    for password in (b"", code.encode(), code_in_groups(code).upper().encode(), nas.secret):
        assert desk.proves_code(Pap(password), found, code, nas)
    assert not desk.proves_code(Pap(b"tebakan"), found, code, nas)
    for password in (b"", code.encode(), code_in_groups(code).encode()):
        assert desk.proves_code(Chap(7, respond(7, password, b"c"), b"c"), found, code, nas)
    assert not desk.proves_code(Chap(7, respond(7, b"tebakan", b"c"), b"c"), found, code, nas)


def test_a_voucher_runs_from_its_first_use_and_ends(office: Office) -> None:
    batch = desk.make(office, wish(2), DINI)
    first, second = codes(office, batch.key)
    before = guest(office, first)
    assert before.plan is not None
    assert before.plan.session_timeout_s == DAY_S  # the gateway ends it, whatever becomes of us
    with office.database.write() as connection:
        desk.first_used(connection, [before.id], office.now_s)
        desk.first_used(connection, [before.id], office.now_s + 3600)  # a second log-in gives no more time
    assert guest(office, first).valid_until_s == office.now_s + DAY_S
    assert states(office, batch.key) == [VoucherState.RUNNING, VoucherState.UNUSED]
    later = replace(office, clock=FixedClock(office.clock.now() + _seconds(DAY_S)))
    assert states(later, batch.key) == [VoucherState.ENDED, VoucherState.UNUSED]
    assert guest(office, second).valid_until_s == office.now_s + desk.UNUSED_S


def _seconds(count: int) -> timedelta:
    return timedelta(seconds=count)


def test_vouchers_until_a_date_end_together(office: Office) -> None:
    until_s = desk.until_of(office, "2026-12-31")
    batch = desk.make(office, wish(2, valid_for_s=None, valid_until_s=until_s), DINI)
    assert {one.valid_until_s for one in desk.show(office, batch.key)[1]} == {until_s}
    assert states(office, batch.key) == [VoucherState.UNUSED] * 2
    with office.database.write() as connection:
        desk.first_used(connection, [guest(office, codes(office, batch.key)[0]).id], office.now_s + 3600)
    assert {one.valid_until_s for one in desk.show(office, batch.key)[1]} == {until_s}
    assert states(office, batch.key) == [VoucherState.RUNNING, VoucherState.UNUSED]


def test_an_office_makes_no_more_than_its_allowance_and_gets_back_what_ended(office: Office) -> None:
    first = desk.make(office, wish(3), DINI)
    with pytest.raises(Conflict, match="has 3 vouchers that are good now and may have 5"):
        desk.make(office, wish(3), DINI)
    desk.make(office, wish(2), DINI)
    assert desk.allowance(office, "DISDIK") == (5, 5)
    assert desk.revoke(office, first.key, DINI) == 3
    assert desk.allowance(office, "DISDIK") == (2, 5)
    with pytest.raises(Conflict):
        desk.make(office, wish(1, opd="DINKES"), DINI)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"plan": "staf"}, "plan"), ({"count": 0}, "count"), ({"count": 201}, "count"), ({"purpose": " "}, "purpose"),
        ({"valid_for_s": None}, "valid_for"), ({"valid_until_s": 2_000_000_000}, "valid_for"),
        ({"valid_for_s": 59}, "valid_for"), ({"valid_for_s": None, "valid_until_s": 1}, "valid_until"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_named(office: Office, more: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidValue) as error:
        desk.make(office, wish(**{"count": 1, **more}), DINI)
    assert error.value.field == field


def test_one_voucher_or_all_are_revoked(office: Office) -> None:
    batch = desk.make(office, wish(3), DINI)
    first = codes(office, batch.key)[0]
    assert desk.revoke(office, code_in_groups(first).upper(), DINI) == 1
    assert states(office, batch.key) == [VoucherState.REVOKED, VoucherState.UNUSED, VoucherState.UNUSED]
    assert guest(office, first).status == "suspended"
    assert [desk.revoke(office, batch.key, DINI) for _ in range(2)] == [2, 0]
    assert [entry.action for entry in _audited(office, "voucher")] == ["revoke", "revoke", "add"]


def test_an_operator_makes_sees_and_revokes_those_of_his_own_office_alone(office: Office) -> None:
    batch = desk.make(office, wish(1), DINI)
    theirs = replace(office, scope=Scope(frozenset({get(office, "opd", "DINKES").row["id"]})))
    assert desk.listing(theirs) == []
    for act in (lambda: desk.show(theirs, batch.key), lambda: desk.revoke(theirs, batch.key, DINI),
                lambda: desk.make(theirs, wish(1), DINI), lambda: desk.allowance(theirs, "DISDIK"),
                lambda: desk.revoke(theirs, codes(office, batch.key)[0], DINI)):  # fmt: skip
        with pytest.raises(NotFound):
            act()
    for key in ("V-0", "V-x", "", "V-99999999999999999999"):
        with pytest.raises(NotFound):
            desk.show(office, key)
