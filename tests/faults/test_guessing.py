"""F18: thousands of guesses from one gateway. Real people log in meanwhile, and nobody is kept out by a stranger."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections import Counter
from contextlib import closing
from itertools import count

import pytest

from netquota.domain.policy import Code as Cause
from netquota.services.guessing import OF_ACCOUNT, OF_SOURCE
from netquota.storage import schema
from radius.codec import Code
from radius.simulator.client import Question, access_request
from tests.live.city import GB, MBPS, PASSWORD, SECRET, City
from tests.live.fixtures import StartWorkers
from tests.live.measured import measured
from tests.live.workers import Workers, until

GUESSER, OFFICE = "127.0.8.1", "127.0.8.2"
GUESSES = 2_000
PEOPLE = 30
VICTIMS = 5
PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def workers(live_city: City, start_workers: StartWorkers) -> Workers:
    live_city.nas("guesser", GUESSER)
    live_city.nas("office", OFFICE)
    live_city.plan("staf", 10 * MBPS, 5 * MBPS)
    live_city.quota("harian", "staf", 50 * GB)
    for name in (*(f"p{number}" for number in range(PEOPLE + VICTIMS)), "kolega", "pemilik"):
        live_city.employee(name, "staf")
    return start_workers(radius__password_workers=2)


def log_in(workers: Workers, name: str, password: str, mac: str, source: str) -> tuple[int | None, float]:
    """The answer's code (None: silence) and how long it took, a gateway's repetitions included."""
    begun = time.monotonic()
    question = Question(name, password, SECRET.encode(), mac=mac)
    asked = access_request(question, os.urandom(1)[0], os.urandom(34))
    while time.monotonic() - begun < PATIENCE_S:
        answer = workers.ask(asked, workers.server.authentication_port, 3.0, source)
        if answer is not None:
            return answer[0], time.monotonic() - begun
    return None, time.monotonic() - begun


class Guesser(threading.Thread):
    """Sends its guesses as fast as the socket takes them, at a few accounts, from ever other devices."""

    def __init__(self, workers: Workers, count: int) -> None:
        super().__init__(daemon=True)
        self._port, self._count, self.answers = workers.server.authentication_port, count, Counter[int]()

    def run(self) -> None:
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as channel:
            channel.bind((GUESSER, 0))
            channel.settimeout(0.002)
            for number in range(self._count):
                name, mac = f"p{PEOPLE + number % VICTIMS}", f"02-00-00-00-{number % 40:02X}-{number % VICTIMS:02X}"
                question = Question(name, f"tebakan {number}", SECRET.encode(), mac=mac)
                channel.sendto(access_request(question, number % 256, os.urandom(34)), ("127.0.0.1", self._port))
                try:
                    while True:
                        self.answers[channel.recv(4097)[0]] += 1
                except TimeoutError:
                    continue


def test_people_log_in_while_somebody_guesses(live_city: City, workers: Workers) -> None:
    guesser = Guesser(workers, GUESSES)
    guesser.start()
    took: list[float] = []
    for number in range(PEOPLE):
        mac = f"06-00-00-00-00-{number:02X}"
        code, took_s = log_in(workers, f"p{number}", PASSWORD, mac, OFFICE)
        assert code == Code.ACCESS_ACCEPT, (number, code)
        took.append(took_s)
    guesser.join(120)
    took.sort()
    measured(f"{GUESSES} guesses: {PEOPLE} people logged in meanwhile, the slowest in {took[-1]:.3f} s")
    assert took[-1] < 1.0
    assert guesser.answers[Code.ACCESS_ACCEPT] == 0
    held = until(lambda: live_city.rows(schema.decision_record, code=Cause.HELD_OFF), "a hold is recorded")
    assert len(held) < GUESSES / 2  # told once a hold, not once a packet


def test_the_guesser_is_held_off_at_once_and_a_colleague_is_not(live_city: City, workers: Workers) -> None:
    victim, own, strange = "kolega", "06-00-00-00-00-00", "0A-00-00-00-00-01"  # nobody remembers his password yet
    key = f"employee:{live_city.people[victim]}|{strange.replace('-', ':')}"
    for number in range(OF_SOURCE.free + 1):
        assert log_in(workers, victim, f"tebakan {number}", strange, GUESSER)[0] == Code.ACCESS_REJECT

    def held_for_a_while() -> bool:
        log_in(workers, victim, "tebakan", strange, GUESSER)  # the holds grow by what is tried after each
        rows = live_city.rows(schema.login_failure, key=key)
        return bool(rows) and rows[0]["blocked_until_s"] > time.time() + 5

    until(held_for_a_while, "the guesser is held off", 90)
    code, _ = log_in(workers, victim, PASSWORD, strange, GUESSER)
    assert code == Code.ACCESS_REJECT  # not even the right one, for a moment: it was not looked at
    until(lambda: live_city.rows(schema.decision_record, code=Cause.HELD_OFF, username=victim), "the hold is recorded")
    assert log_in(workers, victim, PASSWORD, own, OFFICE)[0] == Code.ACCESS_ACCEPT


def test_the_owners_new_phone_gets_in_at_another_gateway_while_the_guessing_goes_on(
    live_city: City, workers: Workers
) -> None:
    """Nobody remembers his password, and no device of his is known; only beside the guesser does he wait with it."""
    owner, account = "pemilik", f"employee:{live_city.people['pemilik']}"
    numbers = count()

    def guess() -> None:
        number = next(numbers)
        log_in(workers, owner, f"tebakan {number}", f"0A-00-00-00-01-{number % 200:02X}", GUESSER)

    for _ in range(OF_ACCOUNT.free + 5):
        guess()

    def held() -> bool:
        guess()  # the holds grow by what is tried after each
        rows = live_city.rows(schema.login_failure, key=account)
        return bool(rows) and rows[0]["blocked_until_s"] > time.time() + 5

    until(held, "the whole account is held off", 90)
    assert log_in(workers, owner, PASSWORD, "06-00-00-00-01-01", GUESSER)[0] == Code.ACCESS_REJECT
    code, took_s = log_in(workers, owner, PASSWORD, "06-00-00-00-01-02", OFFICE)
    measured(f"the owner's new phone at another gateway: let in after {took_s:.3f} s")
    assert code == Code.ACCESS_ACCEPT
    assert took_s < 1.0


def test_what_radius_held_off_the_portal_holds_off_too(live_city: City, workers: Workers) -> None:
    account = f"employee:{live_city.people['p1']}"
    for number in range(OF_SOURCE.free + 1):
        log_in(workers, "p1", f"tebakan {number}", "0A-00-00-00-00-02", GUESSER)
    key = f"{account}|0A:00:00:00:00:02"
    (row,) = until(lambda: live_city.rows(schema.login_failure, key=key), "the failures are in the database")
    until(lambda: live_city.rows(schema.login_failure, key=key)[0]["count"] > OF_SOURCE.free, "all of them")
    assert live_city.rows(schema.login_failure, key=key)[0]["blocked_until_s"] > time.time() - 60
    assert row["count"] >= 1
