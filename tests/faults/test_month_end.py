"""F14: the power is cut while reports cross midnight of a month's end; the split stays exact, the new rows open once.

A process counts three people's reports around midnight and is killed in the middle, again and again; as gateways do,
what was not acknowledged is sent again. Both periods then hold just their pieces of the largest totals.
"""

from __future__ import annotations

import multiprocessing
import os
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from netquota.domain.quota import split
from netquota.logging import configure
from netquota.storage import schema
from netquota.storage.database import Database, open_database
from netquota.storage.ledger_store import PERSON
from tests.live.workers import until
from tests.storage.books_city import WIB, City, found_city

SHORT, LONG = 3, 50
PEOPLE = ("siti", "budi", "wati")
STEP_S = 300
MIDNIGHT_S = int(datetime(2026, 6, 1, tzinfo=WIB).timestamp())
BEGIN_S = MIDNIGHT_S - 6 * STEP_S - 130  # no report falls on midnight itself
STEPS = 14
_fork = multiprocessing.get_context("fork")

Totals = Sequence[Sequence[int]]
"""Of each person the octets at each report, growing."""


def drawn(number: int) -> Totals:
    chance = random.Random(number)
    found: list[list[int]] = []
    for _ in PEOPLE:
        totals = [0]
        for _ in range(STEPS):
            totals.append(totals[-1] + chance.randrange(1, 3_000_001))
        found.append(totals)
    return found


def counting(url: str, ids: dict[str, int], totals: Totals, from_step: int, done: Any) -> None:
    """Count step by step; each is done once it is committed, as its replies would leave then."""
    configure("critical")
    city = City(open_database(url), ids)
    for step in range(from_step, STEPS + 1):
        at_s = BEGIN_S + step * STEP_S
        status = "start" if step == 0 else "stop" if step == STEPS else "interim"
        for who, octets in zip(PEOPLE, totals, strict=True):
            city.count(city.entry(status, at_s, octets[step], step * STEP_S, who=who))
        done.value = step + 1


def power_cuts(database: Database, ids: dict[str, int], totals: Totals, chance: random.Random) -> int:
    """Count to the end, killed now and then; how often."""
    done, cuts = _fork.Value("i", 0, lock=False), 0
    database.dispose()
    while done.value <= STEPS:
        process = _fork.Process(target=counting, args=(database.url, ids, totals, done.value, done), daemon=True)
        at = chance.randrange(done.value, STEPS + 2)
        process.start()
        until(lambda: done.value > at or not process.is_alive(), "a step", 60, 0.0005)  # noqa: B023
        if process.is_alive() and done.value <= STEPS:
            os.kill(process.pid or 0, 9)
            cuts += 1
        process.join()
    return cuts


def wanted(totals: Sequence[int]) -> dict[int, int]:
    """What each period should hold of a person's octets, by its start: the pieces of each difference."""
    found = {MIDNIGHT_S - 86_400: 0, MIDNIGHT_S: 0}
    for step in range(1, STEPS + 1):
        from_s, to_s = BEGIN_S + (step - 1) * STEP_S, BEGIN_S + step * STEP_S
        for start_s, octets in split(totals[step] - totals[step - 1], from_s, to_s, [MIDNIGHT_S]):
            found[MIDNIGHT_S if start_s >= MIDNIGHT_S else MIDNIGHT_S - 86_400] += octets
    return found


def check(city: City, totals: Totals) -> None:
    ledger = [row for row in city.rows(schema.ledger_entry) if row.quota_id == city.ids["daily"]]
    held = {(row.subject_id, row.period_start_s): row.used for row in ledger}
    assert len(held) == len(ledger) == 2 * len(PEOPLE)
    for who, own in zip(PEOPLE, totals, strict=True):
        for start_s, octets in wanted(own).items():
            assert held[city.ids[who], start_s] == octets, who
    pool = {row.period_start_s: row.used for row in city.rows(schema.ledger_entry) if row.quota_id == city.ids["pool"]}
    assert sorted(pool) == [int(datetime(2026, 5, 1, tzinfo=WIB).timestamp()), MIDNIGHT_S]
    assert pool[MIDNIGHT_S] == sum(wanted(own)[MIDNIGHT_S] for own in totals)
    assert city.used("pool") == city.used("daily") == city.sampled(PERSON) == sum(own[-1] for own in totals)


def cut_and_check(database: Database, trials: int) -> int:
    city, cuts = found_city(database), 0
    for number in range(trials):
        totals, chance = drawn(number), random.Random(number)
        cuts += power_cuts(database, city.ids, totals, chance)
        check(city, totals)
        with database.write() as connection:
            for table in (schema.accounting_session, schema.ledger_entry, schema.usage_sample):
                connection.execute(table.delete())
    return cuts


def test_power_cuts_over_a_months_end_leave_the_split_exact(database: Database) -> None:
    assert cut_and_check(database, SHORT) >= SHORT


@pytest.mark.long
def test_many_power_cuts_over_a_months_end_leave_the_split_exact(database: Database) -> None:
    assert cut_and_check(database, LONG) >= LONG
