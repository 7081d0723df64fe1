"""kill -9 in the middle of accounting load: every acknowledged packet stands in the books, once (F1, F2; A, B, E)."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random

import pytest

from netquota.domain.units import Rate
from netquota.services import allocate
from netquota.services.changes import AfterChange
from radius.simulator.checker import check
from radius.simulator.sessions import Device, SimulatedSession
from radius.simulator.truth import TruthLog
from tests.live.books import books_of, places_of
from tests.live.city import ADMIN, GB, MBPS, PASSWORD, ZONE, City
from tests.live.fixtures import StartWorkers
from tests.live.hotspot import Hotspot, running
from tests.live.measured import measured
from tests.live.workers import Workers, until

GATEWAYS, PEOPLE_EACH = 4, 10
INTERIMS_A_SECOND = 200
READY_WITHIN_S = {"one": 5.0, "all": 8.0}  # F1, F2
SLACK = 3  # the machine of the tests is shared
SHORT, LONG = 3, 100
FLOOR_BPS = 256_000


class Load:
    """People on several gateways, each reporting in turn; some leave and come while it runs."""

    def __init__(self, spots: list[Hotspot], seed: int) -> None:
        self.spots = spots
        self.random = Random(seed)
        self.stopped = threading.Event()
        self.sent = 0
        self._number = 0

    def begin(self) -> None:
        for at, spot in enumerate(self.spots):
            with spot.locked():
                for number in range(PEOPLE_EACH):
                    self._come(spot, f"pegawai{at}-{number}")
        self._all_online()

    def _come(self, spot: Hotspot, username: str) -> None:
        self._number += 1
        mac = f"02:00:00:00:{self._number >> 8:02X}:{self._number & 255:02X}"
        spot.nas.log_in(Device(username, PASSWORD, mac), lambda _now: Rate(0, 0))

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Reports at the set pace while the block runs."""
        self.stopped.clear()
        thread = threading.Thread(target=self._flow)
        thread.start()
        try:
            yield
        finally:
            self.stopped.set()
            thread.join()

    def _flow(self) -> None:
        started, sent = time.monotonic(), 0
        while not self.stopped.wait(0.01):
            due = int((time.monotonic() - started) * INTERIMS_A_SECOND)
            for number in range(sent, due):
                self._one(self.spots[number % len(self.spots)])
            sent = due
        self.sent += sent

    def _one(self, spot: Hotspot) -> None:
        with spot.locked():
            online = spot.nas.running
            if not online:
                return  # all are logging in again while the server is down
            session: SimulatedSession = self.random.choice(online)
            session.sent += self.random.randrange(200_000)
            session.received += self.random.randrange(20_000)
            if self.random.random() < 0.03:
                spot.nas.log_out(session, time.time())
                self._come(spot, session.device.username)
            else:
                spot.nas.report_now(session, time.time())

    def rest(self) -> None:
        """Wait until every report is acknowledged and everybody is back."""
        for spot in self.spots:
            spot.settle(60)
        self._all_online()
        for spot in self.spots:
            spot.settle(60)

    def _all_online(self) -> None:
        try:
            until(lambda: all(len(spot.nas.running) == PEOPLE_EACH for spot in self.spots), "", 30)
        except AssertionError:
            states = [Counter(str(one.state) for one in spot.nas.sessions) for spot in self.spots]
            raise AssertionError(f"not everybody is online: {states}") from None


class Trials:
    """One city with its load; each trial kills, restarts, rests and compares truth and books."""

    def __init__(self, city: City, workers: Workers, load: Load, truth: TruthLog) -> None:
        self.city, self.workers, self.load, self.truth = city, workers, load, truth
        self.violations: list[str] = []
        self.ready_s: list[float] = []
        self.resumed_s: list[float] = []

    def run(self, number: int, whom: str) -> None:
        random = self.load.random
        self._change_everybodys_rate(number)
        with self.load.flowing():
            self.load.stopped.wait(random.uniform(0.05, 0.6))  # the random moment
            dead = (random.randrange(2),) if whom == "one" else ()
            self.workers.kill(*dead)
            began = time.monotonic()
            self.workers.start(*dead)
            self.ready_s.append(time.monotonic() - began)
            self.load.stopped.wait(0.2)
        self.load.rest()
        self._orders_end()
        self.resumed_s.append(time.monotonic() - began)
        found = check(self.truth.entries, books_of(self.city.database), places_of(self.city.database))
        self.violations += [f"trial {number} ({whom}): {one}" for one in found]

    def _change_everybodys_rate(self, number: int) -> None:
        """40 orders are on their way when the kill comes."""
        office = replace(self.city.office(), on_change=AfterChange(self.city.keyring, ZONE, FLOOR_BPS))
        allocate.change(office, "plan", "staf", {"rate": f"{10 + number % 5}M/5M"}, ADMIN)

    def _orders_end(self) -> None:
        until(lambda: all(row["ended_ms"] for row in books_of(self.city.database).orders), "orders end", 90, 0.05)


@pytest.fixture(scope="module")
def trials(live_city: City, start_workers: StartWorkers) -> Iterator[Trials]:
    live_city.plan("staf", 20 * MBPS, 5 * MBPS)
    live_city.quota("harian", "staf", 500 * GB)
    truth = TruthLog()
    spots: list[Hotspot] = []
    for at in range(GATEWAYS):
        family = ("mikrotik", "chilli")[at % 2]
        spots.append(Hotspot(live_city, f"gw{at}", f"127.0.8.{at + 1}", family, truth=truth))
        for number in range(PEOPLE_EACH):
            live_city.employee(f"pegawai{at}-{number}", "staf")
    workers = start_workers(2, radius__reject_delay_s=0)
    with running(workers.server, *spots):
        load = Load(spots, 7)
        load.begin()
        yield Trials(live_city, workers, load, truth)


def tell(trials: Trials, whom: str, count: int) -> None:
    events = Counter(entry["event"] for entry in trials.truth.entries)
    states = Counter(row["state"] for row in books_of(trials.city.database).orders)
    measured(
        f"kill -9 of {whom}, {trials.city.database.kind}: {count} trials, {len(trials.violations)} violations;"
        f" ready again within {max(trials.ready_s):.1f} s, all orders at their end within"
        f" {max(trials.resumed_s):.1f} s; {events['sent']} reports made, {events['acked']} acknowledged;"
        f" orders {dict(states)}"
    )


@pytest.mark.parametrize("whom", ["one", "all"])
@pytest.mark.parametrize("count", [SHORT, pytest.param(LONG, marks=pytest.mark.long)])
def test_killed_workers_lose_and_double_nothing(trials: Trials, whom: str, count: int) -> None:
    trials.ready_s.clear()
    trials.resumed_s.clear()
    for number in range(count):
        trials.run(number, whom)
    tell(trials, whom, count)
    assert trials.violations == []
    assert max(trials.ready_s) < SLACK * READY_WITHIN_S[whom]
    assert not [row for row in books_of(trials.city.database).orders if row["ended_ms"] is None]
    assert_one_octet_would_be_noticed(trials)


def assert_one_octet_would_be_noticed(trials: Trials) -> None:
    """The comparison can fail: with nothing unacknowledged, the truth leaves no room at all."""
    books = books_of(trials.city.database)
    first, *others = books.samples
    for books_with_a_fault in (
        replace(books, samples=[{**first, "down": first["down"] + 1}, *others]),
        replace(books, ledger=[{**books.ledger[0], "used": books.ledger[0]["used"] - 1}, *books.ledger[1:]]),
    ):
        assert check(trials.truth.entries, books_with_a_fault, places_of(trials.city.database))
