"""Admins of several offices: kept, shown, counted as references; their second factor taken back by hand."""

from __future__ import annotations

import pytest

from netquota.errors import Conflict, InvalidValue
from netquota.services import allocate, second_factor
from netquota.services.office import Author, Office
from netquota.storage import admin_store
from netquota.storage.admin_store import Admin

BY = Author("ani", "uji")
PASSWORD = "kuda nil di sawah"


@pytest.fixture
def city(office: Office) -> Office:
    for code in ("DISDIK", "RSUD", "SETDA"):
        allocate.add(office, "opd", {"code": code, "name": f"Kantor {code}"}, BY)
    allocate.add(office, "admin", {"username": "rina", "name": "Rina", "password": PASSWORD}, BY)
    values = {"username": "op", "name": "Operator", "role": "opd_operator", "password": PASSWORD}
    allocate.add(office, "admin", values | {"opd": "RSUD, DISDIK"}, BY)
    return office


def op(office: Office) -> Admin:
    with office.database.read() as connection:
        found = admin_store.by_username(connection, "op")
    assert found is not None
    return found


def test_an_operator_may_have_several_offices(city: Office) -> None:
    assert op(city).opd_codes == ("DISDIK", "RSUD")
    assert allocate.get(city, "admin", "op").values["opd"] == "DISDIK, RSUD"
    done = allocate.change(city, "admin", "op", {"opd": "SETDA,RSUD"}, BY)
    assert (done.before, done.after) == ({"opd": "DISDIK, RSUD"}, {"opd": "RSUD, SETDA"})
    assert len(op(city).opd_ids) == 2
    listed = allocate.listing(city, "admin", allocate.Wanted({"role": "opd_operator"})).records
    assert [record.values["opd"] for record in listed] == ["RSUD, SETDA"]


def test_the_same_offices_in_another_order_are_no_change(city: Office) -> None:
    assert allocate.change(city, "admin", "op", {"opd": "DISDIK,RSUD,RSUD"}, BY).action == "none"


def test_an_operator_of_nothing_and_an_unknown_office_are_refused(city: Office) -> None:
    for text in ("", "RSUD, NONE"):
        with pytest.raises(InvalidValue) as refused:
            allocate.change(city, "admin", "op", {"opd": text}, BY)
        assert refused.value.field == "opd"


def test_an_office_with_an_operator_is_not_removed(city: Office) -> None:
    with pytest.raises(Conflict, match=r"1 admin \(op\)"):
        allocate.remove(city, "opd", "RSUD", BY)
    allocate.change(city, "admin", "op", {"opd": "DISDIK"}, BY)
    allocate.remove(city, "opd", "RSUD", BY)


def test_admins_are_not_listed_by_office(city: Office) -> None:
    with pytest.raises(InvalidValue, match="cannot be sorted"):
        allocate.listing(city, "admin", allocate.Wanted({"opd": "RSUD"}))


def test_a_lost_second_factor_is_switched_off_by_another(city: Office) -> None:
    seed = second_factor.new_seed()
    import pyotp

    second_factor.begin(city, "op", seed, pyotp.TOTP(seed).generate_otp(city.now_s // 30), BY)
    assert op(city).has_totp
    assert second_factor.remove(city, "op", BY)
    assert not second_factor.remove(city, "op", BY)
    assert not op(city).has_totp
