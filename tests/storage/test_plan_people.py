"""People behind an office's and a link's use: how many a working day, how evenly, how often a quota was spent."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from sqlalchemy import insert, update

from netquota.domain.people import AccountKind
from netquota.domain.periods import start_of
from netquota.domain.samples import PERSON, SITE
from netquota.planning.workdays import WorkCalendar
from netquota.services.allocate import add, change
from netquota.services.office import Author, Office
from netquota.services.planning import people, subjects
from netquota.services.planning.figures import Online, People
from netquota.storage.database import Connection
from netquota.storage.sample_tables import usage_day
from netquota.storage.schema import accounting_session, employee, ledger_entry

BY = Author("ani", "uji")
MONDAY = date(2026, 10, 5)
DAYS = [MONDAY + timedelta(days=step) for step in range(7)]
WEIGHTS = {"DINKES": 1, "DISDIK": 2, "DISHUB": 3}


@pytest.fixture
def city(office: Office) -> Office:
    """Three offices on one link, two people in the first."""
    add(office, "link", {"name": "Serat", "provider": "PT", "capacity": "100M/50M"}, BY)
    add(office, "nas", {"name": "gw", "address": "10.0.0.1", "family": "mikrotik"}, BY)
    for code, weight in WEIGHTS.items():
        add(office, "opd", {"code": code, "name": code.title(), "weight": str(weight)}, BY)
        place = {"name": f"Kantor {code}", "opd": code, "link": "Serat", "nas": "gw", "match_called_station": code}
        add(office, "site", place, BY)
    for name in ("ani", "budi"):
        add(office, "employee", {"username": name, "name": name.title(), "opd": "DINKES"}, BY)
    return office


def _used(office: Office, kind: int, subject_id: int, day: date, octets: int) -> None:
    row = {
        "kind": kind, "subject_id": subject_id, "day_s": start_of(day, office.zone), "down": octets - 1, "up": 1,
        "counted": 12, "coarse": 0,
    }  # fmt: skip
    with office.database.write() as connection:
        connection.execute(insert(usage_day), [row])


def _ids(office: Office, kind: str) -> dict[str, int]:
    from netquota.storage.rows import find

    keys = {"employee": ("ani", "budi"), "site": tuple(f"Kantor {code}" for code in WEIGHTS)}[kind]
    column = "username_key" if kind == "employee" else "name"
    with office.database.read() as connection:
        rows = {key: find(connection, kind, (column,), key) for key in keys}
    return {key: row["id"] for key, row in rows.items() if row is not None}


def _people(office: Office, word: str, key: str) -> People | None:
    bounds = start_of(MONDAY, office.zone), start_of(DAYS[-1] + timedelta(days=1), office.zone)
    calendar = WorkCalendar(office.zone, frozenset({MONDAY + timedelta(days=3)}))
    with office.database.read() as connection:
        return people.people(connection, subjects.one(connection, word, key), *bounds, calendar)


def test_people_are_counted_on_working_days_and_shares_are_weighed(city: Office) -> None:
    persons, sites = _ids(city, "employee"), _ids(city, "site")
    _used(city, PERSON, persons["ani"], DAYS[0], 1000)
    _used(city, PERSON, persons["budi"], DAYS[0], 1000)
    _used(city, PERSON, persons["ani"], DAYS[1], 1000)
    _used(city, PERSON, persons["budi"], DAYS[3], 5000)  # a day off
    _used(city, PERSON, persons["budi"], DAYS[5], 5000)  # a Saturday
    for code, octets in (("DINKES", 10), ("DISDIK", 20), ("DISHUB", 30)):
        _used(city, SITE, sites[f"Kantor {code}"], DAYS[0], octets)
    # 2 and 1 octets in a thousand: Jain 9/10; 10, 20, 30 by weights 1, 2, 3: 1 (planning.md part 1)
    assert _people(city, "opd", "DINKES") == People(2, 2, 2, 0, 900, 2)
    assert _people(city, "link", "Serat") == People(2, 2, 2, 0, 1000, 3)


def test_without_anybody_nothing_is_said_and_a_site_has_no_people(city: Office) -> None:
    assert _people(city, "opd", "DISHUB") == People(0, None, None, 0, None, 0)
    assert _people(city, "site", "Kantor DISHUB") is None
    assert _people(city, "gateway", "gw") is None


def _ledger(connection: Connection, subject_id: int, first: date, office: Office, used: int, granted: int = 0) -> None:
    row = {
        "quota_id": 1, "subject_id": subject_id, "period_start_s": start_of(first, office.zone),
        "period_end_s": start_of(first + timedelta(days=1), office.zone), "used": used, "granted": granted,
    }  # fmt: skip
    connection.execute(insert(ledger_entry), [row])


def test_a_quota_is_spent_when_nothing_of_what_was_given_is_left(city: Office) -> None:
    add(city, "plan", {"key": "staf", "name": "Staf", "rate": "2M/1M"}, BY)
    daily = {
        "key": "harian",
        "name": "Harian",
        "plan": "staf",
        "octets": "1000",
        "period": "day",
        "throttle": "256k/256k",
    }
    add(city, "quota", daily, BY)
    persons = _ids(city, "employee")
    with city.database.write() as connection:
        _ledger(connection, persons["ani"], DAYS[0], city, 1000)
        _ledger(connection, persons["ani"], DAYS[1], city, 999)
        _ledger(connection, persons["ani"], DAYS[2], city, 1200, granted=500)
        _ledger(connection, persons["budi"], DAYS[2], city, 1500, granted=500)
        _ledger(connection, persons["budi"], MONDAY - timedelta(days=1), city, 2000)  # before the range
    for word, key, hits in (("opd", "DINKES", 2), ("link", "Serat", 2), ("opd", "DISHUB", 0), ("employee", "ani", 1)):
        found = _people(city, word, key)
        assert found is not None
        assert found.hits == hits, key
    change(city, "quota", "harian", {"octets": "10000", "change_mode": "next"}, BY)  # what was spent stays spent
    found = _people(city, "opd", "DINKES")
    assert found is not None
    assert found.hits == 2


HOUR = 3600
OFFICE = np.repeat(np.array([False, True, False]), 12)
"""Three hours from the start on, the second of them in office hours."""


def _session(office: Office, who: int | None, from_s: int, until_s: int | None, site: str = "Kantor DINKES") -> None:
    start_s = start_of(MONDAY, office.zone)
    with office.database.write() as connection:
        link = subjects.one(connection, "link", "Serat").subject.id
        number = len(connection.execute(accounting_session.select()).all())
        connection.execute(insert(accounting_session).values(
            gateway_id=1, acct_session_id=str(number), username="x", mac="", incarnation_s=0, employee_id=who,
            site_id=_ids(office, "site")[site], link_id=link, started_s=start_s + from_s, last_event_s=start_s,
            last_arrival_s=start_s, ended_s=None if until_s is None else start_s + until_s,
        ))  # fmt: skip


def _online(office: Office, word: str, key: str, from_s: int = 0) -> Online | None:
    with office.database.read() as connection:
        named = subjects.one(connection, word, key)
        return people.online(connection, named, start_of(MONDAY, office.zone) + from_s, OFFICE)


def test_people_online_at_once_are_those_of_an_office_or_those_at_a_place(city: Office) -> None:
    persons, start_s = _ids(city, "employee"), start_of(MONDAY, city.zone)
    _session(city, persons["ani"], -HOUR, 0)  # it ended as the range began: from then on all is kept
    _session(city, persons["ani"], HOUR, 2 * HOUR)
    _session(city, persons["ani"], HOUR + 600, 2 * HOUR)  # her telephone, too
    _session(city, persons["budi"], HOUR + 1800, None, "Kantor DISDIK")
    _session(city, None, 0, 3 * HOUR)  # nobody is known to it
    both = Online(2, start_s + HOUR + 1800, 1500)
    assert _online(city, "opd", "DINKES") == both
    assert _online(city, "link", "Serat") == both
    assert _online(city, "gateway", "gw") == both
    assert _online(city, "site", "Kantor DINKES") == Online(1, start_s + HOUR, 1000)
    assert _online(city, "site", "Kantor DISDIK") == Online(1, start_s + HOUR + 1800, 500)
    assert _online(city, "opd", "DISDIK") == Online(0, None, 0)
    assert _online(city, "employee", "ani") is None


def test_things_are_nobody_and_guests_are_people_where_they_are(city: Office) -> None:
    persons, start_s = _ids(city, "employee"), start_of(MONDAY, city.zone)
    _session(city, persons["ani"], -HOUR, 0)
    for kind, found, at_home in ((AccountKind.GUEST, 1, 0), (AccountKind.DEVICE, 0, 0), (AccountKind.PERSON, 1, 1)):
        with city.database.write() as connection:
            connection.execute(update(employee).where(employee.c.id == persons["budi"]).values(kind=kind))
        if kind is AccountKind.GUEST:
            _session(city, persons["budi"], 0, HOUR)
        place, own = _online(city, "gateway", "gw"), _online(city, "opd", "DINKES")
        assert place is not None
        assert own is not None
        assert (place.most, own.most) == (found, at_home), kind
        assert place.most_at_s == (start_s if found else None)


def test_before_the_sessions_that_are_kept_nothing_is_said(city: Office) -> None:
    persons = _ids(city, "employee")
    assert _online(city, "opd", "DINKES") is None
    _session(city, persons["ani"], -HOUR, 300)
    _session(city, persons["budi"], 0, HOUR)
    assert _online(city, "opd", "DINKES") is None
    assert _online(city, "opd", "DINKES", 300) is not None
