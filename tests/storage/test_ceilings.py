"""More of a ceiling for a time: it begins and ends by itself, once, keeps changes by hand, and sessions follow."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from netquota.clock import FixedClock
from netquota.domain.units import Rate
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services.allocate import add, change, get
from netquota.services.ceilings import end_grant, grant_ceiling
from netquota.services.office import Author, Office
from netquota.storage import audit_store, ceiling_grant_store, schema
from netquota.storage.ceiling_grant_store import CeilingGrant
from tests.storage.clock_city import ANI, FULL, WIB, City, clock_city, epoch_s, turn

M = 1_000_000
HEAD = Author("kepala", "P-2026-001: layanan malam")


@pytest.fixture
def city(office: Office, clock: FixedClock, tmp_path: Path) -> City:
    found = clock_city(office, clock, tmp_path)
    change(office, "opd", "DINKES", {"ceiling": "40M/20M"}, ANI)
    return found


def granted(city: City, **more: int) -> CeilingGrant:
    with city.database.write() as connection:
        return grant_ceiling(city.office, connection, "DINKES", Rate(20 * M, 10 * M), HEAD, origin="request", **more)


def ceiling(city: City) -> str:
    return get(city.office, "opd", "DINKES").values["ceiling"]


def at(city: City, *local: int) -> None:
    city.clock.moment = datetime(*local, tzinfo=WIB)  # type: ignore[misc]


def test_it_holds_at_once_and_ends_at_its_moment(city: City) -> None:
    granted(city, until_s=epoch_s(2026, 12, 5))
    assert ceiling(city) == "60M/30M"
    at(city, 2026, 12, 4, 23, 59)
    turn(city.scheduler())
    assert ceiling(city) == "60M/30M"
    at(city, 2026, 12, 5, 0, 0)
    turn(city.scheduler())
    assert ceiling(city) == "40M/20M"
    turn(city.scheduler("b"))
    assert ceiling(city) == "40M/20M"
    with city.database.read() as connection:
        newest = audit_store.entries(connection)[0]
        assert audit_store.verify(connection) == []
    assert (newest.actor, newest.after["ceiling"], newest.why) == ("scheduler", "40M/20M", "request")


def test_one_that_begins_later_begins_by_itself(city: City) -> None:
    granted(city, from_s=epoch_s(2026, 12, 2), until_s=epoch_s(2026, 12, 3))
    assert ceiling(city) == "40M/20M"
    at(city, 2026, 12, 2, 0, 0)
    turn(city.scheduler())
    assert ceiling(city) == "60M/30M"


def test_one_that_was_over_while_we_were_down_never_begins(city: City) -> None:
    granted(city, from_s=epoch_s(2026, 12, 2), until_s=epoch_s(2026, 12, 3))
    at(city, 2026, 12, 9, 0, 0)
    turn(city.scheduler())
    assert ceiling(city) == "40M/20M"
    with city.database.read() as connection:
        assert ceiling_grant_store.due(connection, epoch_s(2026, 12, 9)) == []


def test_a_change_by_hand_meanwhile_is_kept(city: City) -> None:
    granted(city, until_s=epoch_s(2026, 12, 5))
    change(city.office, "opd", "DINKES", {"ceiling": "80M/40M"}, ANI)
    at(city, 2026, 12, 5, 0, 0)
    turn(city.scheduler())
    assert ceiling(city) == "60M/30M"


def test_what_was_lowered_meanwhile_does_not_end_below_the_least(city: City) -> None:
    granted(city, until_s=epoch_s(2026, 12, 5))
    change(city.office, "opd", "DINKES", {"ceiling": "10M/5M"}, ANI)
    at(city, 2026, 12, 5, 0, 0)
    turn(city.scheduler())
    assert ceiling(city) == "256k/256k"


def test_a_ceiling_taken_away_meanwhile_stays_away(city: City) -> None:
    granted(city, until_s=epoch_s(2026, 12, 5))
    change(city.office, "opd", "DINKES", {"ceiling": ""}, ANI)
    at(city, 2026, 12, 5, 0, 0)
    turn(city.scheduler())
    assert ceiling(city) == ""


def test_running_sessions_follow_with_the_next_turn(city: City) -> None:
    change(city.office, "opd", "DINKES", {"ceiling": "6M/1M"}, ANI)
    site_id = add(city.office, "site", {"name": "Kantor Dinkes", "opd": "DINKES"}, ANI).id
    (session,) = city.online(1, rate=(6 * M, 1 * M))
    of = schema.accounting_session
    with city.database.write() as connection:
        connection.execute(update(of).where(of.c.id == session).values(site_id=site_id))
    granted(city, from_s=epoch_s(2026, 11, 30, 23, 1), until_s=epoch_s(2026, 12, 2))
    runner = city.scheduler()
    turn(runner)
    city.clock.advance(60)
    turn(runner)
    city.clock.advance(10)
    turn(runner)
    assert FULL in city.rates()
    with city.database.read() as connection:
        assert ceiling_grant_store.unsettled(connection) == {}


def test_it_can_be_ended_before_its_time_once(city: City) -> None:
    grant = granted(city, until_s=epoch_s(2026, 12, 5))
    end_grant(city.office, grant.id, ANI)
    assert ceiling(city) == "40M/20M"
    with pytest.raises(Conflict):
        end_grant(city.office, grant.id, ANI)
    with pytest.raises(NotFound):
        end_grant(city.office, 999, ANI)


def test_an_office_without_a_ceiling_cannot_get_more_of_it(city: City) -> None:
    change(city.office, "opd", "DINKES", {"ceiling": ""}, ANI)
    with pytest.raises(InvalidValue) as refused:
        granted(city)
    assert refused.value.field == "ceiling"
