"""Drafts: tried without effect, published whole or not at all, at their time too, and run in shadow day by day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from netquota.clock import FixedClock
from netquota.domain.samples import BIN_S, PERSON, SITE
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.secrets import Keyring
from netquota.services import draft_simulation, drafts
from netquota.services.allocate import add, change, get
from netquota.services.bulk import Refused
from netquota.services.facts import Policy
from netquota.services.office import Author, Office
from netquota.settings import Settings
from netquota.storage import audit_store, draft_store, schema
from netquota.storage.database import Database
from netquota.storage.draft_store import DraftState
from netquota.storage.policy_store import load_snapshot
from tests.storage.clock_city import ANI, LAST_OF_NOVEMBER, WIB, City, turn

M = 1_000_000
BIN = BIN_S * M // 8
LOWER = [("opd", "DINKES", {"ceiling": "30M/30M"}), ("opd", "DINSOS", {"ceiling": "20M/20M"})]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(LAST_OF_NOVEMBER)


@pytest.fixture
def office(database: Database, keyring: Keyring, clock: FixedClock) -> Office:
    made = Office(database, keyring, clock, WIB)
    for kind, values in (
        ("plan", {"key": "staf", "name": "Staf", "rate": "10M/2M"}),
        ("link", {"name": "Utama", "provider": "P", "capacity": "100M/100M"}),
        ("nas", {"name": "gw", "address": "10.0.0.1", "family": "mikrotik", "secret": "s" * 20}),
        ("opd", {"code": "DINKES", "name": "Dinkes", "ceiling": "60M/30M", "plan": "staf"}),
        ("opd", {"code": "DINSOS", "name": "Dinsos", "ceiling": "40M/20M", "plan": "staf"}),
        ("site", {"name": "A", "opd": "DINKES", "nas": "gw", "link": "Utama", "match_gateway": "a"}),
        ("site", {"name": "B", "opd": "DINSOS", "nas": "gw", "link": "Utama", "match_gateway": "b"}),
        ("employee", {"username": "budi", "name": "Budi", "opd": "DINKES"}),
        ("employee", {"username": "siti", "name": "Siti", "opd": "DINKES", "override": "50M/9M", "override_why": "x"}),
    ):
        add(made, kind, values, ANI)
    return made


def ceiling(office: Office, code: str = "DINKES") -> str:
    return get(office, "opd", code).values["ceiling"]


def policy(office: Office) -> Policy:
    with office.database.read() as connection:
        return Policy.of(load_snapshot(connection, office.secrets, office.zone), 256_000)


def used(office: Office, kind: int, name: str, mbps: int, hours_ago: int, bins: int = 12) -> None:
    """So much flowed for an hour (down), so many hours ago."""
    table = schema.site if kind == SITE else schema.employee
    column = table.c.name if kind == SITE else table.c.username
    begin_s = (office.now_s - hours_ago * 3600) // BIN_S * BIN_S
    with office.database.write() as connection:
        one = connection.execute(table.select().where(column == name)).one().id
        rows = [{"kind": kind, "subject_id": one, "bin_s": begin_s + n * BIN_S, "down": mbps * BIN, "up": 0}
                for n in range(bins)]  # fmt: skip
        connection.execute(schema.usage_sample.insert(), rows)


def test_a_draft_changes_nothing_and_says_what_it_would(office: Office) -> None:
    number = drafts.make(office, "pembagian", LOWER, ANI)
    would = drafts.tried(office, drafts.opened(office, number))
    assert {(one.key, one.before["ceiling"], one.after["ceiling"]) for one in would.changes} == {
        ("DINKES", "60M/30M", "30M/30M"), ("DINSOS", "40M/20M", "20M/20M")
    }  # fmt: skip
    assert ceiling(office) == "60M/30M"
    with office.database.read() as connection:
        assert audit_store.verify(connection) == []


def test_publishing_is_all_of_it_with_its_reason(office: Office) -> None:
    number = drafts.make(office, "pembagian", LOWER, ANI)
    with pytest.raises(InvalidValue):
        drafts.publish(office, number, Author("ani", ""))
    drafts.publish(office, number, Author("ani", "rapat"))
    assert (ceiling(office), ceiling(office, "DINSOS")) == ("30M/30M", "20M/20M")
    assert drafts.opened(office, number).state is DraftState.PUBLISHED
    with pytest.raises(Conflict):
        drafts.publish(office, number, Author("ani", "lagi"))


def test_one_that_cannot_be_stops_all(office: Office) -> None:
    number = drafts.make(office, "x", LOWER, ANI)
    change(office, "opd", "DINSOS", {"guaranteed": "30M/10M"}, ANI)
    with pytest.raises(Refused, match="DINSOS"):
        drafts.publish(office, number, ANI)
    assert ceiling(office) == "60M/30M"
    assert drafts.opened(office, number).state is DraftState.DRAFT


@pytest.mark.parametrize(
    ("name", "changes", "error"),
    [
        ("", LOWER, InvalidValue), ("x", [], Conflict), ("x", [("opd", "TIDAK", {"ceiling": "1M/1M"})], NotFound),
        ("x", [("nas", "gw", {"address": "10.0.0.2"})], InvalidValue),
        ("x", [("opd", "DINKES", {"salah": "1"})], NotFound),
    ],
)  # fmt: skip
def test_what_is_no_draft_is_refused(
    office: Office, name: str, changes: list[tuple[str, str, dict[str, str]]], error: type[Exception]
) -> None:
    with pytest.raises(error):
        drafts.make(office, name, changes, ANI)
    assert drafts.listing(office) == []


def test_last_week_with_it(office: Office) -> None:
    used(office, SITE, "A", 60, 30)
    used(office, SITE, "B", 10, 30)
    number = drafts.make(office, "x", [LOWER[0]], ANI)
    with office.database.read() as connection:
        found = draft_simulation.last_week(connection, policy(office), drafts.opened(office, number), office.now_s)
    (hit,) = found.offices
    assert (hit.name, hit.cut_bins, hit.cut_octets) == ("DINKES", 12, 12 * 30 * BIN)
    (link,) = found.links
    assert link.name == "Utama"


def test_people_who_would_meet_another_rate_of_their_plan(office: Office) -> None:
    used(office, PERSON, "budi", 9, 30)
    used(office, PERSON, "siti", 9, 30)  # who has a limit of her own
    number = drafts.make(office, "x", [("plan", "staf", {"rate": "5M/2M"})], ANI)
    with office.database.read() as connection:
        found = draft_simulation.last_week(connection, policy(office), drafts.opened(office, number), office.now_s)
    assert [(each.name, each.cut_bins, each.cut_octets) for each in found.people] == [("budi", 12, 12 * 4 * BIN)]
    assert found.people_cut == 1


@pytest.fixture
def city(office: Office, clock: FixedClock, tmp_path: Path) -> City:
    return City(office, clock, Settings.model_validate({"state_dir": str(tmp_path)}))


def test_it_is_published_at_its_time_by_the_clock(office: Office, city: City, clock: FixedClock) -> None:
    number = drafts.make(office, "x", LOWER, ANI)
    with pytest.raises(InvalidValue):
        drafts.schedule(office, number, office.now_s - 1, ANI)
    drafts.schedule(office, number, office.now_s + 3600, ANI)
    turn(city.scheduler())
    clock.advance(1800)
    turn(city.scheduler())
    assert ceiling(office) == "60M/30M"
    clock.advance(1860)
    turn(city.scheduler())
    assert ceiling(office) == "30M/30M"
    assert drafts.opened(office, number).state is DraftState.PUBLISHED


def test_one_whose_time_comes_and_cannot_be_says_why(office: Office, city: City, clock: FixedClock) -> None:
    number = drafts.make(office, "x", LOWER, ANI)
    drafts.schedule(office, number, office.now_s + 60, ANI)
    change(office, "opd", "DINSOS", {"guaranteed": "30M/10M"}, ANI)
    turn(city.scheduler())
    clock.advance(120)
    turn(city.scheduler())
    found = drafts.opened(office, number)
    assert found.state is DraftState.DRAFT
    assert "DINSOS" in found.outcome
    assert ceiling(office) == "60M/30M"


def test_shadow_touches_nobody_and_notes_each_day(office: Office, city: City, clock: FixedClock) -> None:
    number = drafts.make(office, "x", [LOWER[0]], ANI)
    drafts.begin_shadow(office, number, ANI)
    turn(city.scheduler())
    clock.advance(timedelta(hours=12).total_seconds())
    used(office, SITE, "A", 50, 2)
    clock.advance(timedelta(days=1).total_seconds())
    turn(city.scheduler())
    with office.database.read() as connection:
        hits = draft_store.hits(connection, number)
    assert [(hit.day, hit.name, hit.cut_bins) for hit in hits if hit.cut_bins] == [("2026-12-01", "DINKES", 12)]
    assert ceiling(office) == "60M/30M"
    clock.advance(timedelta(days=31).total_seconds())
    turn(city.scheduler())
    assert drafts.opened(office, number).state is DraftState.DRAFT
    drafts.discard(office, number, ANI)
    with office.database.read() as connection:
        assert draft_store.hits(connection, number) == []


def test_a_timed_draft_overwrites_no_later_change_unseen(office: Office, city: City, clock: FixedClock) -> None:
    number = drafts.make(office, "pembagian", LOWER, ANI)
    drafts.schedule(office, number, office.now_s + 3600, ANI)
    turn(city.scheduler())
    change(office, "opd", "DINKES", {"ceiling": "80M/40M"}, ANI)
    clock.advance(3660)
    turn(city.scheduler())
    assert (ceiling(office), ceiling(office, "DINSOS")) == ("80M/40M", "40M/20M")
    kept = drafts.opened(office, number)
    assert kept.state is DraftState.DRAFT
    assert "ceiling of DINKES was changed since (60M/30M then, 80M/40M now)" in kept.outcome
    [late] = drafts.overtaken(office, kept)
    assert (late.key, late.field, late.seen, late.now) == ("DINKES", "ceiling", "60M/30M", "80M/40M")
    with pytest.raises(Conflict, match="was changed since"):
        drafts.publish(office, number, ANI)
    with pytest.raises(Conflict, match="meanwhile"):
        drafts.publish(office, number, ANI, "of another time")
    drafts.schedule(office, number, office.now_s + 3600, ANI, drafts.sight(office, kept))  # somebody looked at it again
    assert drafts.overtaken(office, drafts.opened(office, number)) == []
    clock.advance(3660)
    turn(city.scheduler())
    assert (ceiling(office), ceiling(office, "DINSOS")) == ("30M/30M", "20M/20M")
