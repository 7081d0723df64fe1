"""What a worker remembers of sessions spares the reading, and never changes what is counted."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

import netquota
import radius
import web
from netquota.services.account import count
from netquota.services.session_memory import SessionMemory
from netquota.storage import ledger_postgres, ledger_sqlite
from netquota.storage.ledger_store import Books
from netquota.storage.schema import accounting_session, ledger_entry
from netquota.storage.session_row import Overtaken
from tests.storage.books_city import MB, NOON, City


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many keys each batch read that had to read any."""
    found: list[int] = []
    for page in (ledger_sqlite.SqlitePage, ledger_postgres.PostgresPage):
        reading = page.sessions_of

        def counted(self, keys, since_s, reading=reading):
            found.append(len(keys))
            return reading(self, keys, since_s)

        monkeypatch.setattr(page, "sessions_of", counted)
    return found


def test_a_session_that_this_worker_counted_before_is_not_read_again(city: City, asked: list[int]) -> None:
    city.count(city.entry("start", NOON))
    city.count(city.entry("interim", NOON + 60, 1 * MB, 60))
    city.count(city.entry("interim", NOON + 120, 3 * MB, 120), city.entry("start", NOON + 120, who="budi"))
    assert asked == [1, 1]
    assert city.used("daily") == 3 * MB
    assert city.session().output_octets == 3 * MB


def test_what_another_worker_counted_between_is_not_counted_twice(city: City, asked: list[int]) -> None:
    city.count(city.entry("start", NOON), worker="w1")
    city.count(city.entry("interim", NOON + 60, 5 * MB, 60), worker="w2")
    city.count(city.entry("interim", NOON + 120, 6 * MB, 120), worker="w1")
    assert asked == [1, 1, 1], "the batch was settled anew, on what the database holds"
    assert (city.used("daily"), city.sampled(1), city.sampled(2)) == (6 * MB, 6 * MB, 6 * MB)


def test_a_stop_by_another_worker_is_not_undone_by_what_is_remembered(city: City) -> None:
    city.count(city.entry("start", NOON), worker="w1")
    city.count(city.entry("interim", NOON + 60, 1 * MB, 60), worker="w1")
    city.count(city.entry("stop", NOON + 90, 2 * MB, 90), worker="w2")
    city.count(city.entry("interim", NOON + 60, 1 * MB, 60), worker="w1")
    row = city.session()
    assert (row.ended_s, row.output_octets) == (NOON + 90, 2 * MB)


def test_an_id_that_begins_anew_is_known_with_its_past(city: City, asked: list[int]) -> None:
    city.count(city.entry("start", NOON))
    city.count(city.entry("interim", NOON + 600, 9 * MB, 600))
    city.count(city.entry("interim", NOON + 700, 1 * MB, 60))
    assert asked == [1, 1], "what begins is settled on all that the database knows of its id"
    city.count(city.entry("interim", NOON + 760, 2 * MB, 120))
    city.count(city.entry("interim", NOON + 300, 4 * MB, 300, arrival_s=NOON + 770))
    assert asked[2:] == []
    assert city.used("daily") == 11 * MB
    assert [row.output_octets for row in city.rows(accounting_session)] == [9 * MB, 2 * MB]


def test_what_a_batch_that_failed_had_changed_is_forgotten(city: City) -> None:
    memory = SessionMemory()
    city.memories["w1"] = memory
    city.count(city.entry("start", NOON))
    with pytest.raises(OSError, match="full"):
        _count_and_fail(city, memory)
    city.count(city.entry("interim", NOON + 60, 5 * MB, 60))
    assert city.used("daily") == 5 * MB


def _count_and_fail(city: City, memory: SessionMemory) -> None:
    def full(_connection: object) -> None:
        raise OSError("full")

    entries = [city.entry("interim", NOON + 60, 5 * MB, 60)]
    count(Books(city.database), city.policy, city.gateways, entries, "w1", NOON * 1000, full, memory)


def test_a_row_is_written_only_over_what_was_read(city: City) -> None:
    city.count(city.entry("start", NOON))
    books = Books(city.database)
    with books.page() as (page, _):
        held = page.sessions_of([(city.ids["gw1"], "of-siti")], 0)[0]
    with books.page() as (page, _):
        other = page.sessions_of([(city.ids["gw1"], "of-siti")], 0)[0]
        other.flag = "ending"
        page.update_sessions([other])
    held.input_octets = 7
    with pytest.raises(Overtaken), books.page() as (page, _):
        page.update_sessions([held])
    assert (city.session().flag, city.session().input_octets) == ("ending", 0)


@pytest.mark.parametrize("seed", range(4))
def test_workers_that_take_turns_at_the_same_sessions_count_each_octet_once(city: City, seed: int) -> None:
    chance = Random(seed)
    totals = dict.fromkeys(("siti", "budi", "wati"), 0)
    for step in range(40):
        told = chance.sample(sorted(totals), chance.randint(1, 3))
        for who in told:
            totals[who] += chance.randint(0, 3) * MB
        entries = [city.entry("interim", NOON + 60 * step, totals[who], 60 * step + 60, who=who) for who in told]
        city.count(*entries, worker=chance.choice(["w1", "w2"]))
    assert city.sampled(1) == city.sampled(2) == city.sampled(3) == sum(totals.values())
    by_person = {row.subject_id: row.used for row in city.rows(ledger_entry) if row.quota_id == city.ids["daily"]}
    assert by_person == {city.ids[who]: octets for who, octets in totals.items() if octets}


def test_no_more_is_remembered_than_fits(city: City, asked: list[int]) -> None:
    city.memories["w1"] = SessionMemory(most=2)
    for who in ("siti", "budi", "wati"):
        city.count(city.entry("start", NOON, who=who))
    city.count(
        city.entry("interim", NOON + 60, MB, 60, who="siti"), city.entry("interim", NOON + 60, MB, 60, who="wati")
    )
    assert asked == [1, 1, 1, 1]
    assert city.sampled(1) == 2 * MB


def test_nothing_but_the_books_writes_sessions() -> None:
    """Whoever writes a session past the books does not count its writes, and a worker would write over it."""
    allowed = {"ledger_sqlite.py", "ledger_postgres.py"}
    writing = ("UPDATE accounting_session", "update(accounting_session", "update(session)")
    folders = [Path(str(package.__file__)).parent for package in (netquota, radius, web)]
    found = [
        path.name
        for folder in folders
        for path in folder.rglob("*.py")
        if "migrations" not in path.parts and path.name not in allowed
        and any(text in path.read_text() for text in writing)
    ]  # fmt: skip
    assert found == []
