"""Vouchers on their pages: made with the guest plan and allowance that they need, revoked after a question."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from netquota.services import vouchers
from netquota.services.allocate import get
from netquota.services.voucher_needs import Needs, make_with
from netquota.services.vouchers import Wish
from netquota.storage.database import Database
from tests.web_city import BY, WebCity, post

GIVEN = {"opd": "RSUD", "purpose": "Rapat koordinasi", "count": "3", "span": "1d", "until": ""}
NEW = GIVEN | {"plan": "", "new_plan": "tamu", "new_rate": "4M/1M", "allowance": "10"}


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database)
    made.add("opd", code="RSUD", name="Rumah sakit")
    made.add_admin()
    made.add_admin("dodi", "opd_operator", opd="RSUD")
    return made


@pytest.fixture
def batch(city: WebCity) -> str:
    """The key of a batch of three."""
    city.add("plan", key="tamu", name="Tamu", rate="2M/1M", for_guests="yes")
    assert post(city.browser(), "/new-vouchers", **GIVEN, plan="tamu", allowance="10").status_code == 302
    return vouchers.listing(city.office)[0].key


def test_without_a_guest_plan_and_an_allowance_both_are_made_with_the_vouchers(city: WebCity) -> None:
    rina = city.browser()
    assert "paketnya dibuat bersama voucher ini" in rina.get("/new-vouchers").text
    assert post(rina, "/new-vouchers", **NEW).location == "/vouchers/V-1"
    assert get(city.office, "plan", "tamu").values["rate"] == "4M/1M"
    assert get(city.office, "plan", "tamu").values["for_guests"] == "yes"
    assert vouchers.allowance(city.office, "RSUD") == (3, 10)
    assert rina.get("/audit?kind=plan").text.count("Rapat koordinasi") >= 1


@pytest.mark.parametrize(("wrong", "field"), [
    ({"new_rate": ""}, "new_rate"),
    ({"new_rate": "kilat"}, "new_rate"),
    ({"new_plan": "ada lagi!"}, "new_plan"),
    ({"new_plan": "biasa"}, "new_plan"),
    ({"allowance": "2"}, "count"),
])  # fmt: skip
def test_what_is_wrong_stands_at_its_field_keeps_all_entries_and_makes_nothing(
    city: WebCity, wrong: dict[str, str], field: str
) -> None:
    city.add("plan", key="biasa", name="Biasa", rate="2M/1M")
    answer = post(city.browser(), "/new-vouchers", **NEW | wrong)
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert 'value="Rapat koordinasi"' in answer.text
    assert vouchers.listing(city.office) == []
    assert vouchers.allowance(city.office, "RSUD") == (0, 0)
    assert "tamu" not in city.browser().get("/plans").text


def test_an_operator_gives_himself_neither_plan_nor_allowance(city: WebCity, batch: str) -> None:
    dodi = city.browser("dodi")
    assert "new_rate" not in dodi.get("/new-vouchers").text
    assert post(dodi, "/new-vouchers", **NEW).status_code == 400
    assert post(dodi, "/new-vouchers", **GIVEN, plan="tamu", allowance="500").status_code == 302
    assert vouchers.allowance(city.office, "RSUD") == (6, 10)


def test_dates_of_vouchers_have_their_year(city: WebCity, batch: str) -> None:
    rina = city.browser()
    assert "24 November 2026 pukul 12.00" in rina.get("/vouchers").text
    assert "22 Februari 2027 pukul 12.00" in rina.get(f"/vouchers/{batch}").text


def good(client: FlaskClient, batch: str) -> list[str]:
    """The names of the vouchers that may be revoked."""
    return re.findall(rf'/vouchers/{batch}/revoke\?code=([^"]+)"', client.get(f"/vouchers/{batch}").text)


def test_revoking_asks_first_says_how_many_and_wants_a_reason(city: WebCity, batch: str) -> None:
    rina, where = city.browser(), f"/vouchers/{batch}/revoke"
    names = good(rina, batch)
    assert len(names) == 3
    assert f"Cabut voucher {names[0]}" in rina.get(f"{where}?code={names[0]}").text
    assert len(good(rina, batch)) == 3
    assert post(rina, where, where, code=names[0], why="hilang").location == f"/vouchers/{batch}"
    assert good(rina, batch) == names[1:]
    assert f"Cabut 2 voucher {batch}" in rina.get(where).text
    assert post(rina, where, where).status_code == 400
    assert good(rina, batch) == names[1:]
    assert post(rina, where, where, why="acara batal").status_code == 302
    assert good(rina, batch) == []
    assert "acara batal" in rina.get("/audit").text


def test_a_code_of_another_batch_is_not_revoked_from_this_ones_page(city: WebCity, batch: str) -> None:
    rina, where = city.browser(), f"/vouchers/{batch}/revoke"
    for code in ("V-9", batch, "lain"):
        assert rina.get(f"{where}?code={code}").status_code == 404
        assert post(rina, where, where, code=code, why="hilang").status_code == 404
    assert len(good(rina, batch)) == 3


def test_what_cannot_be_made_leaves_no_plan_behind(city: WebCity) -> None:
    with pytest.raises(Exception, match="may have 1"):
        make_with(city.office, Wish("RSUD", "tamu", 2, "Rapat", 86_400), Needs("2M/1M", "1"), BY)
    with pytest.raises(Exception, match="tamu"):
        get(city.office, "plan", "tamu")
