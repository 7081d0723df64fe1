"""The database is away while gateways go on: nothing is acknowledged unsaved, log-ins are decided from memory."""

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import pytest

from netquota.domain.units import Rate
from netquota.storage import schema
from netquota.storage.database import Database
from radius.bookkeeper import STANDS_STILL_S
from radius.codec import Code, parse
from radius.login_desk import FIGURES_WAIT_S
from radius.simulator.client import Question, access_request
from radius.simulator.sessions import Method
from radius.simulator.settings import Obedience
from tests.live.city import GB, MBPS, PASSWORD, SECRET, City
from tests.live.fixtures import StartWorkers
from tests.live.hotspot import Hotspot, running
from tests.live.measured import measured
from tests.live.workers import Workers, until

GATEWAY = "127.0.7.1"


@contextmanager
def _locked(database: Database) -> Iterator[None]:
    """Another process holds SQLite's writer lock, as a long copy or a stuck tool would."""
    assert database.path is not None
    holder = sqlite3.connect(database.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        holder.rollback()
        holder.close()


@contextmanager
def _refusing(database: Database) -> Iterator[None]:
    """PostgreSQL ends all connections and takes no new ones, as a stopped server does."""
    host, _, name = database.url.rpartition("/")
    with psycopg.connect(f"{host}/postgres", autocommit=True) as control:
        control.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        control.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        try:
            yield
        finally:
            control.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())


@contextmanager
def _standing_still(database: Database) -> Iterator[None]:
    """PostgreSQL takes what it is asked and answers nothing, as on a machine whose disk hangs."""
    host, _, name = database.url.rpartition("/")
    with psycopg.connect(f"{host}/postgres", autocommit=True) as control:
        found = control.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", (name,)).fetchall()
    for (pid,) in found:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for (pid,) in found:
            os.kill(pid, signal.SIGCONT)


def away(database: Database) -> AbstractContextManager[None]:
    return _locked(database) if database.kind == "sqlite" else _refusing(database)


@pytest.fixture(scope="module")
def spot(live_city: City) -> Hotspot:
    live_city.plan("staf", 10 * MBPS, 5 * MBPS)
    live_city.quota("harian", "staf", 50 * GB)
    live_city.plan("kecil", 10 * MBPS, 5 * MBPS)
    live_city.quota("kecil", "kecil", GB)
    live_city.employee("perintah", "kecil")
    for name in ("budi", "baru", "tertahan", "sandi", "chap"):
        live_city.employee(name, "staf", chap=name == "chap")
    return Hotspot(live_city, "gw-away", GATEWAY, retry_s=0.3)


@pytest.fixture(scope="module")
def workers(spot: Hotspot, start_workers: StartWorkers) -> Iterator[Workers]:
    started = start_workers(1)
    with running(started.server, spot):
        yield started


def code_of(
    workers: Workers, username: str, password: str = PASSWORD, method: Method = Method.PAP, wait_s: float = 6
) -> int | None:
    """The answer's code to one log-in, asked again as gateways do; None: silence for so long."""
    asked = access_request(Question(username, password, SECRET.encode(), method=method), 1, os.urandom(34))
    answer = workers.ask(asked, workers.server.authentication_port, wait_s, GATEWAY)
    return None if answer is None else parse(answer).code


def test_nothing_is_acknowledged_unsaved_and_log_ins_go_on(workers: Workers, spot: Hotspot, live_city: City) -> None:
    session = spot.log_in("budi")
    spot.flow(session, 1000)
    spot.settle()
    with away(live_city.database):
        since = len(spot.truth.entries)
        spot.flow(session, 2 * GB, 500)
        assert code_of(workers, "budi") == Code.ACCESS_ACCEPT  # known
        assert code_of(workers, "baru") == Code.ACCESS_ACCEPT  # nothing of him is in memory yet
        assert code_of(workers, "sandi", "salah") == Code.ACCESS_REJECT
        assert code_of(workers, "chap", method=Method.CHAP) == Code.ACCESS_ACCEPT
        late = [entry["event"] for entry in spot.truth.entries[since:]]
        assert "acked" not in late
        measured(
            f"database away ({live_city.database.kind}): {late.count('sent')} reports unanswered, log-ins answered"
        )
    spot.settle(30)
    assert live_city.used("harian", "budi") == 1000 + 2 * GB + 500
    (row,) = live_city.sessions("budi")
    assert (row["counted_output"], row["counted_input"]) == (1000 + 2 * GB, 500)


def test_database_that_stands_still_is_away_once_nothing_came_for_some_seconds(
    workers: Workers, spot: Hotspot, live_city: City
) -> None:
    """Until then it may be slow only, and who waits for its figures is not let in as if nothing were used."""
    if live_city.database.kind == "sqlite":
        return  # a file answers or is locked
    session = spot.log_in("budi", "02:00:00:00:00:77")
    spot.settle()
    used = live_city.used("harian", "budi")
    with _standing_still(live_city.database):
        began = time.monotonic()
        since = len(spot.truth.entries)
        spot.flow(session, GB, 500)
        assert code_of(workers, "tertahan", wait_s=3 * STANDS_STILL_S) == Code.ACCESS_ACCEPT
        assert time.monotonic() - began >= FIGURES_WAIT_S
        assert code_of(workers, "budi") == Code.ACCESS_ACCEPT  # known
        measured(f"PostgreSQL stood still: a log-in waited {time.monotonic() - began:.1f} s")
        assert "acked" not in [entry["event"] for entry in spot.truth.entries[since:]]
    spot.settle(30)
    assert live_city.used("harian", "budi") == used + GB + 500


def test_what_was_learnt_while_the_database_was_away_is_written_afterwards(workers: Workers, live_city: City) -> None:
    """Decisions wait in memory, and are not lost with the first attempt to write them."""
    before = workers.said.count("does not answer")
    with away(live_city.database):
        assert code_of(workers, "baru", "salah lagi") == Code.ACCESS_REJECT
        until(lambda: workers.said.count("does not answer") > before, "an attempt to write failed")
    codes = until(
        lambda: [row["code"] for row in live_city.rows(schema.decision_record, username="baru", accepted=False)],
        "the refusal is recorded",
        30,
    )
    assert codes == ["wrong_password"]


def test_order_answered_while_the_database_was_away_has_its_end_afterwards(
    workers: Workers, spot: Hotspot, live_city: City
) -> None:
    session = spot.log_in("perintah", "02:00:00:00:00:99")
    spot.nas.quirks.obedience = Obedience.SILENT
    spot.flow(session, 2 * GB)
    until(lambda: [order for order in live_city.orders("perintah") if order["state"] == "sent"], "the order is sent")
    before = workers.said.count("does not answer")
    with away(live_city.database):
        spot.nas.quirks.obedience = Obedience.OBEYS
        until(lambda: session.limits.rate == Rate(512_000, 256_000), "a repetition is obeyed")
        until(lambda: workers.said.count("does not answer") > before, "an attempt to write failed")
    (order,) = until(lambda: [one for one in live_city.orders("perintah") if one["ended_ms"]], "it has its end", 30)
    assert order["state"] == "acknowledged"
