"""Office hours per office: each is measured in its own, a link in those that its offices share."""

from __future__ import annotations

from datetime import date

import pytest

from netquota.errors import InvalidValue
from netquota.planning.workdays import OfficeHours
from netquota.services.allocate import add, change
from netquota.services.office import Author, Office
from netquota.services.planning import hours, measured, subjects

BY = Author("ani", "uji")
SATURDAY_TOO = "mon-sat 07:30-14:00; ramadan mon-sat 08:00-13:00"
WEEK = date(2026, 10, 5), date(2026, 10, 11)  # no day off in it


@pytest.fixture
def city(office: Office) -> Office:
    add(office, "link", {"name": "Serat", "provider": "PT", "capacity": "100M/50M"}, BY)
    add(office, "nas", {"name": "gw", "address": "10.0.0.1", "family": "mikrotik"}, BY)
    for code, own in (("DISDUKCAPIL", SATURDAY_TOO), ("DISHUB", "")):
        add(office, "opd", {"code": code, "name": code.title(), "office_hours": own}, BY)
        place = {"name": f"Kantor {code}", "opd": code, "link": "Serat", "nas": "gw", "match_called_station": code}
        add(office, "site", place, BY)
    return office


def _office_bins(city: Office, word: str, key: str) -> int:
    with city.database.read() as connection:
        named = subjects.one(connection, word, key)
        return measured.measure(connection, named, *WEEK, city.zone, city.now_s).office.expected


def test_each_office_is_measured_in_its_own_hours(city: Office) -> None:
    usual, own = 12 * (4 * 17 + 18) // 2, 12 * 6 * 13 // 2
    assert _office_bins(city, "opd", "DISHUB") == usual
    assert _office_bins(city, "opd", "DISDUKCAPIL") == _office_bins(city, "site", "Kantor DISDUKCAPIL") == own
    assert _office_bins(city, "link", "Serat") == usual  # its offices differ
    change(city, "opd", "DISHUB", {"office_hours": SATURDAY_TOO}, BY)
    assert _office_bins(city, "link", "Serat") == own
    change(city, "opd", "DISHUB", {"office_hours": ""}, BY)
    assert _office_bins(city, "opd", "DISHUB") == usual


def test_a_budget_document_says_whose_hours_differ(city: Office) -> None:
    with city.database.read() as connection:
        told = hours.told(connection)
        link = subjects.one(connection, "link", "Serat")
        assert hours.hours_of(connection, link.subject) == OfficeHours()
    assert told == "Senin–Kamis 07.30–16.00, Jumat 07.30–16.30; DISDUKCAPIL: Senin–Sabtu 07.30–14.00"


def test_hours_that_cannot_be_are_refused_with_the_remedy(city: Office) -> None:
    with pytest.raises(InvalidValue, match="opens before it closes"):
        change(city, "opd", "DISHUB", {"office_hours": "mon-fri 16:00-07:30"}, BY)
