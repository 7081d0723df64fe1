"""A batch that changed nothing but counters leaves its commit to a thread; what it is told, and what follows a failure.

The commits that fail do so by what a database checks only then (late_checks.py).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from netquota.errors import NetquotaError
from netquota.services.account import Counted
from netquota.storage.ledger_store import PARTS_A_WRITER, Books
from netquota.storage.schema import usage_sample
from tests.storage.books_city import MB, NOON, City
from tests.storage.late_checks import mend, spoil

WITHIN_S = 10


@dataclass
class Told:
    """What the counting was told of its commits, in which thread; `hold` keeps the one that commits from going on."""

    errors: list[NetquotaError | None] = field(default_factory=list)
    threads: list[str] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)

    def done(self, _counted: Counted, error: NetquotaError | None) -> None:
        self.errors.append(error)
        self.threads.append(threading.current_thread().name)

    def hold(self, counted: Counted, error: NetquotaError | None) -> None:
        assert self.go_on.wait(WITHIN_S)
        self.done(counted, error)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def books(city: City) -> Books:
    return Books(city.database)


def test_a_batch_of_counters_alone_is_committed_by_a_thread_and_all_others_before_the_counting_returns(
    city: City, books: Books, told: Told
) -> None:
    city.count(city.entry("start", NOON), books=books, done=told.done)
    city.count(city.entry("interim", NOON + 60, 1 * MB, 60), books=books, done=told.done)
    books.wait()
    city.count(city.entry("stop", NOON + 90, 2 * MB, 90), books=books, done=told.done)
    assert told.errors == [None, None, None]
    here = threading.current_thread().name
    assert [name == here for name in told.threads] == [True, False, True]
    assert city.used("daily") == 2 * MB


def test_a_batch_that_crosses_a_line_is_durable_with_its_orders_before_the_counting_returns(
    city: City, books: Books, told: Told
) -> None:
    city.count(city.entry("start", NOON), books=books, done=told.done)
    city.count(city.entry("interim", NOON + 60, 101 * MB, 60), books=books, done=told.done)
    assert told.threads == [threading.current_thread().name] * 2
    assert len(city.orders()) == 1


def test_the_next_batch_is_settled_while_a_commit_is_under_way_and_both_are_counted_once(
    city: City, books: Books, told: Told
) -> None:
    city.count(city.entry("start", NOON), books=books)
    city.count(city.entry("interim", NOON + 60, 1 * MB, 60), books=books, done=told.hold)
    threading.Timer(0.05, told.go_on.set).start()
    city.count(city.entry("interim", NOON + 120, 3 * MB, 120), books=books, done=told.done)
    books.close()
    assert told.errors == [None, None]
    assert (city.used("daily"), city.sampled(1), city.sampled(2)) == (3 * MB, 3 * MB, 3 * MB)


def test_batches_under_way_together_add_to_samples_of_their_own(city: City, books: Books, told: Told) -> None:
    for step in range(1, 5):
        city.count(city.entry("interim", NOON + 60 * step, step * MB, 60 * step), books=books, done=told.done)
    books.wait()
    parts = {row.part for row in city.rows(usage_sample) if row.kind == 2}
    assert parts == ({0} if city.database.kind == "sqlite" else set(range(PARTS_A_WRITER)))
    assert city.sampled(2) == 4 * MB


def test_a_commit_that_fails_is_told_and_leaves_nothing_and_what_comes_again_is_counted_once(
    city: City, books: Books, told: Told
) -> None:
    city.count(city.entry("start", NOON), books=books)
    spoil(city.database)
    report = city.entry("interim", NOON + 60, 1 * MB, 60)
    city.count(report, books=books, done=told.done)
    books.wait()
    (error,) = told.errors
    assert isinstance(error, NetquotaError)
    assert (city.used("daily"), city.session().output_octets) == (0, 0)
    mend(city.database)
    city.memories["w1"].clear()
    city.count(report, books=books, done=told.done)
    books.wait()
    assert told.errors == [error, None]
    assert (city.used("daily"), city.sampled(3)) == (1 * MB, 1 * MB)


def test_a_batch_settled_on_one_that_failed_is_settled_anew_on_what_is_there(
    city: City, books: Books, told: Told
) -> None:
    """It was taken from memory before the failure was known: its write shows that the rows are others."""
    city.count(city.entry("start", NOON), books=books)
    spoil(city.database)
    city.count(city.entry("interim", NOON + 60, 1 * MB, 60), books=books, done=told.done)
    books.wait()
    mend(city.database)
    city.count(city.entry("interim", NOON + 120, 5 * MB, 120), books=books, done=told.done)
    books.close()
    assert [error is None for error in told.errors] == [False, True]
    assert (city.used("daily"), city.sampled(2), city.session().output_octets) == (5 * MB, 5 * MB, 5 * MB)
