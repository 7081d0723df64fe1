"""Roll-ups and deletes of a whole city: equal to the ledger to the octet, and never in accounting's way."""

from __future__ import annotations

import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from netquota.clock import FixedClock
from netquota.domain.samples import PERSON, SITE
from netquota.services import keeping, rolling
from netquota.services.measures import month_bounds
from netquota.services.office import Office
from netquota.services.shift import Shift
from netquota.settings import Retention
from netquota.storage import schema
from netquota.storage.ledger_store import Books, page_on
from netquota.storage.session_row import Charge
from tests.storage.books_city import NOON, City, found_city
from tests.storage.measured_city import WIB, Measured, epoch_s

DAY_S = 86_400
OPDS = 60
LONGEST_STEP_S = 0.1
"""Of processor time: where there is one writer, accounting waits for no longer than this."""


def counted_days(city: Measured, days: int, bins_a_day: int) -> dict[tuple[int, int], int]:
    """So many days of 60 offices, each delta to samples and ledger as accounting does; octets by (office, month)."""
    dice, first_s = random.Random(60), epoch_s(2025, 11, 24)
    ledger: dict[tuple[int, int], int] = {}
    for day in range(days):
        start_s = first_s + day * DAY_S
        samples: list[tuple[int, int, int, int, int]] = []
        for opd in range(1, OPDS + 1):
            samples += [
                (SITE, opd, start_s + 300 * place, dice.randrange(10**9), dice.randrange(10**8))
                for place in sorted(dice.sample(range(288), bins_a_day))
            ]
        charges: dict[tuple[int, int, int], Charge] = {}
        for _, opd, bin_s, down, up in samples:
            start, end = _month(bin_s)
            held = charges.get((7, opd, start))
            charges[7, opd, start] = Charge(7, opd, start, end, down + up + (held.octets if held else 0))
            ledger[opd, start] = ledger.get((opd, start), 0) + down + up
        with city.database.write() as connection:
            page = page_on(connection)
            page.add_samples(samples)
            page.charge([charges[key] for key in sorted(charges)])
    return ledger


def _month(at_s: int) -> tuple[int, int]:
    """The local month that holds an epoch second."""
    name = f"{datetime.fromtimestamp(at_s, WIB):%Y-%m}"
    if name not in _months:
        _months[name] = month_bounds(name, WIB)
    return _months[name]


_months: dict[str, tuple[int, int]] = {}


def summed(city: Measured, table: Any, column: Any, months: set[int]) -> dict[tuple[int, int], int]:
    """Octets of both directions by (office, month) from hours or days."""
    found: dict[tuple[int, int], int] = {}
    query = select(table.c.subject_id, column, table.c.down + table.c.up).where(table.c.kind == SITE)
    with city.database.read() as connection:
        for opd, at_s, octets in connection.execute(query):
            month = max(start for start in months if start <= at_s)
            found[opd, month] = found.get((opd, month), 0) + octets
    return found


def ledger_rows(city: Measured) -> dict[tuple[int, int], int]:
    entry = schema.ledger_entry.c
    with city.database.read() as connection:
        rows = connection.execute(select(entry.subject_id, entry.period_start_s, entry.used).where(entry.quota_id == 7))
        return {(opd, start): used for opd, start, used in rows}


@pytest.mark.parametrize(
    ("days", "bins_a_day"), [(3, 40), pytest.param(366, 288, marks=pytest.mark.long)], ids=["days", "a year"]
)
def test_sums_of_sixty_offices_equal_the_ledger_to_the_octet(
    office: Office, clock: FixedClock, days: int, bins_a_day: int
) -> None:
    city = Measured(office)
    expected = counted_days(city, days, bins_a_day)
    clock.moment = datetime.fromtimestamp(epoch_s(2025, 11, 24) + days * DAY_S + 3 * 3600, WIB)
    rolling.roll_up(city.shift(), WIB)
    months = {start for _, start in expected}
    assert ledger_rows(city) == expected
    assert summed(city, schema.usage_hour, schema.usage_hour.c.hour_s, months) == expected
    assert summed(city, schema.usage_day, schema.usage_day.c.day_s, months) == expected
    keeping.forget_samples(city.shift(), Retention(site_samples_days=1), WIB)
    assert summed(city, schema.usage_day, schema.usage_day.c.day_s, months) == expected


def timed(shift: Shift, took: list[float]) -> Shift:
    """The same shift, each write of which notes how much processor time it held the books for."""

    class Timed:
        def __getattr__(self, name: str) -> Any:
            return getattr(shift, name)

        @contextmanager
        def _step(self) -> Iterator[Any]:
            with shift.step() as page:
                begun = time.thread_time()
                yield page
                took.append(time.thread_time() - begun)

        @property
        def step(self) -> Callable[[], AbstractContextManager[Any]]:
            return self._step

    return Timed()  # type: ignore[return-value]


def crowd(city: Measured, people: int, days: int) -> None:
    """People with 60 bins a day each, old enough to be forgotten, unsummed."""
    first_s = epoch_s(2026, 11, 23) - days * DAY_S
    for day in range(days):
        start_s = first_s + day * DAY_S + 8 * 3600
        rows = [(PERSON, who, start_s + 300 * n, 10**6 + n, n) for who in range(1, people + 1) for n in range(60)]
        with city.database.write() as connection:
            page_on(connection).add_samples(rows)


def test_no_step_of_a_roll_up_or_a_delete_holds_the_books_for_long(office: Office) -> None:
    city, took = Measured(office), list[float]()
    crowd(city, 300, 3)
    rolling.roll_up(timed(city.shift(), took), WIB)
    keeping.forget_samples(timed(city.shift(), took), Retention(samples_days=1), WIB)
    assert city.sampled(PERSON) == (0, 0)
    assert len(took) > 30
    assert max(took) < LONGEST_STEP_S


@pytest.mark.long
def test_accounting_goes_on_while_a_month_is_summed_and_forgotten(office: Office) -> None:
    """p99 of an accounting batch under 200 ms meanwhile (the ledger stays exact)."""
    city, books = Measured(office), found_city(office.database)
    crowd(city, 1000, 30)
    stop, took = threading.Event(), list[float]()

    def account() -> None:
        books.count(books.entry("start", NOON))
        for turn in range(1, 10**6):
            if stop.is_set():
                return
            begun = time.monotonic()
            books.count(books.entry("interim", NOON + turn, turn * 1000, turn), books=Books(office.database))
            took.append(time.monotonic() - begun)
            time.sleep(0.005)

    accounting = threading.Thread(target=account)
    accounting.start()
    try:
        rolling.roll_up(city.shift(), WIB)
        keeping.forget_samples(city.shift(), Retention(samples_days=1), WIB)
    finally:
        stop.set()
        accounting.join()
    p99 = statistics.quantiles(took, n=100)[98]
    told = f"{len(took)} batches, p50 {statistics.median(took) * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms"
    assert p99 < 0.2, told
    sys.stderr.write(told + "\n")
    assert _used(books) == len(took) * 1000


def _used(books: City) -> int:
    entry = schema.ledger_entry.c
    with books.database.read() as connection:
        query = select(func.sum(entry.used)).where(entry.quota_id == books.ids["daily"])
        return int(connection.execute(query).scalar_one())
