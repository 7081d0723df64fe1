"""More octets of a period's quota: in force at once, over with the period, audited."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet

from netquota.clock import FixedClock
from netquota.errors import InvalidValue, NotFound
from netquota.secrets import Keyring
from netquota.services.changes import AfterChange
from netquota.services.grants import grant_octets
from netquota.services.office import Author, Office
from netquota.storage import schema
from netquota.storage.ledger_store import page_on
from tests.storage.books_city import FULL, MB, NOON, WIB, City, Plain

BY = Author("ayu", "rapat besar")


def office(city: City, at_s: int = NOON + 120) -> Office:
    clock = FixedClock(datetime.fromtimestamp(at_s, UTC))
    return Office(city.database, Keyring([Fernet.generate_key()]), clock, WIB, AfterChange(Plain(), WIB, 128_000))


def slowed(city: City) -> None:
    """Siti spent her day."""
    city.count(city.entry("start", NOON))
    city.count(city.entry("interim", NOON + 60, 101 * MB, 60))
    assert [order.code for order in city.orders()] == ["quota_throttled"]


def test_more_octets_reach_the_running_session_at_once_and_end_with_the_period(city: City) -> None:
    slowed(city)
    found = grant_octets(office(city), city.policy, "harian", city.person("siti"), 50 * MB, BY)
    assert found.figure.entitled(found.quota) == 150 * MB
    newest = city.orders()[-1]
    assert (newest.down_bps, newest.up_bps) == FULL
    next_day_s = found.figure.period_end_s
    with city.database.read() as connection:
        assert page_on(connection).figures([(city.ids["daily"], city.ids["siti"])], next_day_s) == []


def test_a_grant_stands_in_the_audit_trail_and_is_told_to_workers(city: City) -> None:
    grant_octets(office(city), city.policy, "bersama", city.person("siti").opd, 10 * MB, BY)
    (entry,) = city.rows(schema.audit_entry)
    assert (entry.actor, entry.action, entry.kind, entry.key, entry.why) == (
        "ayu", "grant", "opd", "DINKES", "rapat besar",
    )  # fmt: skip
    assert len(city.rows(schema.live_change)) == 1


@pytest.mark.parametrize(
    ("quota", "whom", "octets", "error"),
    [
        ("harian", "siti", 0, InvalidValue),
        ("harian", "siti", -1, InvalidValue),  # nothing was given
        ("bersama", "siti", MB, InvalidValue),  # it is everybody's
        ("harian", "opd", MB, NotFound),
    ],
)
def test_what_cannot_be_given_is_refused(
    city: City, quota: str, whom: str, octets: int, error: type[Exception]
) -> None:  # fmt: skip
    person = city.person("siti")
    with pytest.raises(error):
        grant_octets(office(city), city.policy, quota, person.opd if whom == "opd" else person, octets, BY)


def test_a_grant_needs_a_reason(city: City) -> None:
    with pytest.raises(InvalidValue):
        grant_octets(office(city), city.policy, "harian", city.person("siti"), MB, Author("ayu"))


def test_what_was_given_can_be_taken_back(city: City) -> None:
    siti, desk = city.person("siti"), office(city)
    grant_octets(desk, city.policy, "harian", siti, 50 * MB, BY)
    assert grant_octets(desk, city.policy, "harian", siti, -20 * MB, BY).figure.granted == 30 * MB
    tried = grant_octets(desk, city.policy, "harian", siti, -30 * MB, BY, dry_run=True)
    assert tried.figure.granted == 0  # as it would be
    assert city.rows(schema.ledger_entry)[0].granted == 30 * MB
