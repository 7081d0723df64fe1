"""F21: admins change a limit while the scheduler adds to it and takes back; nothing is lost, the chain is whole."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from netquota.clock import FixedClock
from netquota.domain.units import Rate, parse_rate
from netquota.errors import Conflict
from netquota.services import allocate
from netquota.services.ceilings import grant_ceiling
from netquota.services.office import Author, Office
from netquota.storage import audit_store
from tests.storage.clock_city import City, clock_city

SHORT, LONG = 10, 100
EDITS, GRANTS = 6, 3
M = 1_000_000


@pytest.fixture
def city(office: Office, clock: FixedClock, tmp_path: Path) -> City:
    return clock_city(office, clock, tmp_path)


def ceiling(city: City) -> Rate:
    return parse_rate(allocate.get(city.office, "opd", "DINKES").values["ceiling"])


class Round:
    """Two admins, each of whom adds 1 Mbit/s on what he saw, and a scheduler that begins and ends additions."""

    def __init__(self, city: City) -> None:
        self.city, self.done, self.problems = city, Counter[str](), list[BaseException]()
        self.gate = threading.Barrier(3)

    def run(self) -> None:
        who = [threading.Thread(target=self._kept, args=(self._admin, name)) for name in ("ani", "budi")]
        who.append(threading.Thread(target=self._kept, args=(self._scheduler, "scheduler")))
        for thread in who:
            thread.start()
        for thread in who:
            thread.join(120)
        assert self.problems == []

    def _kept(self, act: object, name: str) -> None:
        try:
            self.gate.wait(30)
            act(name)  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001 - told by the test's own thread
            self.problems.append(error)

    def _admin(self, name: str) -> None:
        while self.done[name] < EDITS:
            seen = allocate.get(self.city.office, "opd", "DINKES")
            rate = parse_rate(seen.values["ceiling"])
            wanted = {"ceiling": f"{rate.down_bps + M}/{rate.up_bps + M}"}
            try:
                allocate.change(
                    self.city.office, "opd", "DINKES", wanted, Author(name, "uji"), expected_version=seen.version
                )  # fmt: skip
            except Conflict as error:
                assert "changed meanwhile" in str(error)  # noqa: PT017 - what the loser reads
                self.done["conflicts"] += 1
            else:
                self.done[name] += 1

    def _scheduler(self, _name: str) -> None:
        runner = self.city.scheduler("f21")
        assert runner.beat().holds
        for number in range(GRANTS):
            until_s = self.city.office.now_s + 1
            with self.city.database.write() as connection:
                grant_ceiling(
                    self.city.office, connection, "DINKES", Rate(7 * M, 7 * M), Author("kepala", "uji"),
                    origin=f"uji {number}", until_s=until_s,
                )  # fmt: skip
            self.city.clock.moment += timedelta(seconds=10)
            runner.beat()
            runner.catch_up("ceilings")


def check(city: City, before: Rate, entries: int, done: Counter[str]) -> None:
    edits = done["ani"] + done["budi"]
    assert ceiling(city) == Rate(before.down_bps + edits * M, before.up_bps + edits * M)
    with city.database.read() as connection:
        assert audit_store.verify(connection) == []
        found = audit_store.entries(connection, limit=1000)
    assert len(found) - entries == edits + 2 * GRANTS


def rounds(city: City, many: int) -> int:
    conflicts = 0
    for _ in range(many):
        before = ceiling(city)
        with city.database.read() as connection:
            entries = len(audit_store.entries(connection, limit=1000))
        one = Round(city)
        one.run()
        check(city, before, entries, one.done)
        conflicts += one.done["conflicts"]
    return conflicts


def test_changes_at_once_lose_nothing(city: City) -> None:
    rounds(city, SHORT // 5)


@pytest.mark.long
def test_many_changes_at_once_lose_nothing(city: City) -> None:
    assert rounds(city, LONG // 5) > 0
