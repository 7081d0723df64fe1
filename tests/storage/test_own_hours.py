"""Office hours per office: each is measured in its own, a link in those that its offices share."""

from __future__ import annotations

from datetime import date, time

import pytest

from netquota.errors import InvalidValue
from netquota.planning.workdays import OfficeHours
from netquota.services.allocate import add, change
from netquota.services.office import Author, Office
from netquota.services.planning import hours, measured, subjects
from netquota.services.request_figures import measured_figures
from netquota.storage import audit_store, plan_store
from netquota.storage.audit_store import AuditFilter
from netquota.storage.policy_store import load_snapshot

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


CITY = "mon-fri 07:00-15:00; ramadan mon-fri 08:00-14:00"


def test_offices_without_their_own_hours_follow_the_citys(city: Office) -> None:
    assert hours.set_city(city, f" {CITY} ", BY)
    assert _office_bins(city, "opd", "DISHUB") == _office_bins(city, "link", "Serat") == 12 * 5 * 8
    assert _office_bins(city, "opd", "DISDUKCAPIL") == 12 * 6 * 13 // 2
    change(city, "opd", "DISDUKCAPIL", {"office_hours": ""}, BY)
    assert _office_bins(city, "opd", "DISDUKCAPIL") == 12 * 5 * 8
    with city.database.read() as connection:
        assert hours.told(connection) == "Senin–Jumat 07.00–15.00"
        assert hours.of_city(connection).ramadan[0] == (time(8), time(14))
    assert hours.set_city(city, "", BY)
    assert _office_bins(city, "opd", "DISHUB") == 12 * (4 * 17 + 18) // 2


def test_setting_the_citys_hours_is_audited_and_asks_for_the_studies(city: Office) -> None:
    assert hours.set_city(city, CITY, BY, dry_run=True)
    with city.database.read() as connection:
        assert hours.city_text(connection) == ""
        assert plan_store.newest_task(connection, plan_store.STUDY) is None
    hours.set_city(city, CITY, BY)
    assert not hours.set_city(city, CITY, BY)
    with city.database.read() as connection:
        (entry,) = audit_store.entries(connection, AuditFilter(kind="office hours"))
        task = plan_store.newest_task(connection, plan_store.STUDY)
    assert (entry.actor, entry.before, entry.after) == ("ani", {"office_hours": ""}, {"office_hours": CITY})
    assert task is not None
    assert task.is_open
    for wrong in ("mon-fri 16:00-07:30", "x" * 401, "always"):
        with pytest.raises(InvalidValue) as refused:
            hours.set_city(city, wrong, BY)
        assert refused.value.field == "office_hours"


def test_a_requests_figures_are_of_its_offices_hours(planned_city: Office) -> None:
    def saturation() -> int:
        with planned_city.database.read() as connection:
            opds = load_snapshot(connection, planned_city.secrets, planned_city.zone).opds.values()
            opd = next(each for each in opds if each.code == "DPMPTSP")
            found = measured_figures(connection, opd, planned_city.zone, planned_city.now_s).at_limit_permille
        assert found is not None
        return found

    usual = saturation()
    hours.set_city(planned_city, "mon-fri 10:00-11:00", BY)  # when it is busiest
    busiest = saturation()
    change(planned_city, "opd", "DPMPTSP", {"office_hours": "mon-fri 05:00-06:00"}, BY)
    assert saturation() == 0 < usual < busiest
