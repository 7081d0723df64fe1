"""Two schedulers turn the quotas' day; one is killed, or stands still, in the middle: each subject turns exactly once.

F3, F4 of the fault matrix: whoever is left ends what was begun; a late one changes nothing.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from netquota.clock import FixedClock
from netquota.domain.carrying import carry_over
from netquota.domain.quota import bounds_of
from netquota.logging import configure
from netquota.secrets import Keyring
from netquota.services import carrying, rotate
from netquota.services.allocate import add
from netquota.services.job_runner import JobRunner
from netquota.services.office import Office
from netquota.settings import Settings
from netquota.storage import job_store, lot_store, schema
from netquota.storage.database import open_database
from netquota.storage.ledger_store import page_on
from netquota.storage.order_store import orders
from netquota.storage.session_row import Charge
from tests.live.measured import measured
from tests.live.workers import until
from tests.storage.clock_city import ANI, FULL, SLOW, WIB, City, clock_city

PEOPLE, SPENT = 40, 10
SHORT, LONG = 10, 100  # on each kind of database
LEASE_S = 2
_fork = multiprocessing.get_context("fork")


@dataclass
class MovedClock:
    """The clock of this machine, moved by so many seconds."""

    ahead_s: float

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead_s)

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass
class Seen:
    """What the processes count together: steps, writes and looks at the clock of each, before which step one stands."""

    steps: list[Any] = field(default_factory=lambda: [_fork.Value("i", 0, lock=False) for _ in range(2)])
    writes: list[Any] = field(default_factory=lambda: [_fork.Value("i", 0, lock=False) for _ in range(2)])
    looks: list[Any] = field(default_factory=lambda: [_fork.Value("i", 0, lock=False) for _ in range(2)])
    stop_at: Any = field(default_factory=lambda: _fork.Value("i", 0, lock=False))


def scheduler(url: str, keyring: Keyring, settings: Settings, ahead_s: float, number: int, seen: Seen) -> None:
    """One scheduler process: turns quotas in small steps, each of which it counts; may stand still before one."""
    configure("critical")
    carrying.SUBJECTS_IN_STEP, rotate.SESSIONS_IN_STEP, rotate.PEOPLE_IN_STEP = 3, 2, 10
    runner = JobRunner(open_database(url), keyring, settings, MovedClock(ahead_s), "ab"[number])
    order, differing, hand_on = rotate.order_again, carrying._differing, lot_store.hand_on

    def step() -> None:
        seen.steps[number].value += 1
        if seen.steps[number].value == seen.stop_at.value:
            seen.stop_at.value = 0  # one alone
            os.kill(os.getpid(), signal.SIGSTOP)

    def counted_order(*arguments: Any) -> Any:
        step()
        return order(*arguments)

    def counted_differing(*arguments: Any) -> Any:
        found = differing(*arguments)  # read, and not yet written
        step()
        return found

    def counted_write(*arguments: Any) -> None:
        seen.writes[number].value += 1
        hand_on(*arguments)

    carrying._differing, rotate.order_again, lot_store.hand_on = counted_differing, counted_order, counted_write
    parent = os.getppid()
    while os.getppid() == parent:
        seen.looks[number].value += 1
        if runner.beat().holds:
            runner.catch_up("roll_over")
        else:
            signal.sigtimedwait([], 0.05)


@dataclass
class Trials:
    """The city of the trials: a day of a quota for each, of which some spent theirs and are slowed."""

    city: City
    random: random.Random
    day: datetime = field(default_factory=lambda: datetime(2026, 12, 1, tzinfo=WIB))
    took_s: list[float] = field(default_factory=list[float])

    def people(self) -> list[int]:
        return [self.city.person_id(f"hemat-{number}") for number in range(PEOPLE)]

    def use(self) -> dict[int, int]:
        """Everybody uses something of the day; what the next one should get of it, by the pure rule."""
        quota, noon_s = self.city.quota("harian"), int(self.day.replace(hour=12).timestamp())
        bounds, people = bounds_of(quota, noon_s), self.people()
        used = {person: self.random.randrange(1000) for person in people}
        with self.city.database.write() as connection:
            page = page_on(connection)
            lots = lot_store.lots_of(connection, quota.id, bounds[0], people)
            for person in people[:SPENT]:
                used[person] = 1000 + sum(lot.octets for lot in lots.get(person, []))
            page.charge([Charge(quota.id, person, *bounds, used[person]) for person in people])
            connection.execute(delete(schema.enforcement))
            slow = {"applied_down_bps": SLOW[0], "applied_up_bps": SLOW[1]}
            full = {"applied_down_bps": FULL[0], "applied_up_bps": FULL[1]}
            session = schema.accounting_session
            connection.execute(update(session).values(full))
            connection.execute(update(session).where(session.c.employee_id.in_(people[:SPENT])).values(slow))
        closed = {who: carry_over(quota, 1000, used[who], lots.get(who, []), bounds[1]) for who in people}
        return {who: each.carried_in for who, each in closed.items()}

    @contextmanager
    def two(self, stop_at: int = 0) -> Iterator[tuple[list[BaseProcess], Seen]]:
        """Two schedulers, for which the next day begins in a moment."""
        midnight = self.day + timedelta(days=1)
        ahead_s = midnight.timestamp() - time.time() - 0.3
        city, seen = self.city, Seen()
        seen.stop_at.value = stop_at
        both: list[BaseProcess] = [
            _fork.Process(
                target=scheduler,
                args=(city.database.url, city.office.secrets, city.settings, ahead_s, number, seen),
                daemon=True,
            )
            for number in range(2)
        ]
        city.database.dispose()
        for process in both:
            process.start()
        try:
            yield both, seen
        finally:
            for process in both:
                if process.is_alive():
                    os.kill(process.pid or 0, signal.SIGCONT)
                    process.kill()
                process.join()
            self.day = midnight

    def is_done(self) -> bool:
        due_s = int((self.day + timedelta(days=1)).timestamp())
        with self.city.database.read() as connection:
            found = [run for run in job_store.runs(connection, "roll_over", 5) if run.due_s == due_s]
        return bool(found) and found[0].state == "done"

    def check(self, wanted: dict[int, int]) -> None:
        """Each subject has what it should, each slowed session one order, and nothing else was written."""
        quota = self.city.quota("harian")
        bounds = bounds_of(quota, int(self.day.timestamp()))
        ledger = schema.ledger_entry
        with self.city.database.read() as connection:
            rows = connection.execute(select(ledger).where(ledger.c.period_start_s == bounds[0])).all()
            lots = lot_store.lots_of(connection, quota.id, bounds[0], sorted(wanted))
            ordered = sorted(order.employee_id or 0 for order in orders(connection, most=1000))
        assert {row.subject_id: row.carried_in for row in rows} == {
            who: octets for who, octets in wanted.items() if octets
        }
        assert {who: sum(lot.octets for lot in mine) for who, mine in lots.items()} == {
            who: octets for who, octets in wanted.items() if octets
        }
        assert ordered == sorted(wanted)[:SPENT]
        assert all(row.used == 0 for row in rows)


@pytest.fixture
def trials(office: Office, clock: FixedClock, tmp_path: Path, request: pytest.FixtureRequest) -> Trials:
    city = clock_city(office, clock, tmp_path)
    add(office, "plan", {"key": "hemat", "name": "Hemat", "rate": "10M/2M"}, ANI)
    quota = {
        "key": "harian", "name": "Harian", "plan": "hemat", "octets": "1000", "period": "day", "throttle": "1M/512k",
        "carry_share": "50%", "carry_cap": "600 B", "carry_periods": "2",
    }  # fmt: skip
    add(office, "quota", quota, ANI)
    clock.moment = datetime(2026, 12, 1, 1, 0, tzinfo=WIB)
    city.online(PEOPLE, plan="hemat")
    city.settings = city.settings.model_copy(
        update={"scheduler": city.settings.scheduler.model_copy(update={"lease_s": LEASE_S})}
    )
    runner = city.scheduler("first")
    runner.beat()
    runner.catch_up("roll_over")  # from here on, what is due is missed where it was not run
    runner.close()
    return Trials(city, random.Random(7))


@pytest.mark.parametrize("count", [SHORT, pytest.param(LONG, marks=pytest.mark.long)])
def test_killed_in_mid_rotation_each_subject_turns_exactly_once(trials: Trials, count: int) -> None:
    for _ in range(count):
        wanted, began = trials.use(), time.monotonic()
        kill_at = trials.random.randrange(1, PEOPLE // 3 + SPENT // 2)
        with trials.two() as (both, seen):
            until(lambda seen=seen, at=kill_at: max(one.value for one in seen.steps) >= at, "it works", 60, 0.001)
            working = both[max((0, 1), key=lambda at: seen.steps[at].value)]
            os.kill(working.pid or 0, signal.SIGKILL)
            until(trials.is_done, "the other ends it", 60)
        trials.took_s.append(time.monotonic() - began)
        trials.check(wanted)
    kind = trials.city.database.kind
    measured(f"kill -9 in mid-rotation, {kind}: {count} trials, each done within {max(trials.took_s):.1f} s")


@pytest.mark.parametrize("count", [3, pytest.param(50, marks=pytest.mark.long)])
def test_a_holder_that_stood_still_past_its_lease_changes_nothing(trials: Trials, count: int) -> None:
    """F4: SIGSTOP between what it read and what it would write; it wakes up when another has done the work."""
    for _ in range(count):
        wanted = trials.use()
        stop_at = trials.random.randrange(1, PEOPLE // 3)
        with trials.two(stop_at) as (both, seen):
            until(trials.is_done, "the other ends it", 60)
            late = next(at for at in range(2) if seen.steps[at].value == stop_at)
            looked, written = seen.looks[late].value, seen.writes[late].value
            os.kill(both[late].pid or 0, signal.SIGCONT)
            until(lambda seen=seen, late=late, looked=looked: seen.looks[late].value >= looked + 2, "it wakes up", 30)
            assert seen.writes[late].value == written  # what it reads on, where nothing is to be written, harms nobody
        trials.check(wanted)
