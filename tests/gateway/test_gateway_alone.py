"""The server gone, the gateway killed, the line full: people get on, and what was used is counted all the same."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from radius.simulator.checker import check
from tests.live.books import books_of, places_of
from tests.live.city import MBPS, PASSWORD, City
from tests.live.gateway_scene import SLACK, Scene, running_scene
from tests.live.measured import measured
from tests.live.reference_gateway import CLOCKS, INTERNET, LAN
from tests.live.workers import until

pytestmark = pytest.mark.needs("root", "iproute2", "nftables", "iperf3")
NAMES = ("budi", "sari", "tono", "wati")
MB = 10**6
OPENS_S = 3.0


@pytest.fixture(scope="module")
def scene(place: Path, city: City) -> Iterator[Scene]:
    city.plan("staf", 10 * MBPS, 10 * MBPS)
    city.quota("bulanan", "staf", 10**12)
    for name in NAMES:
        city.employee(name, "staf")
    with running_scene(place, city, fail_open={"after_s": OPENS_S, "probe_s": 0.5, "rate": "10M/10M"}) as made:
        yield made


@pytest.fixture(autouse=True)
def at_work(scene: Scene) -> None:
    """Server and gateway are up at each test's start, whatever became of the one before."""
    if not scene.workers.pids:
        scene.workers.start()
    assert scene.office.process is not None
    if scene.office.process.poll() is not None:
        scene.office.start()
    until(lambda: not scene.office.ctl("status")["open"], "the gateway asks for log-ins", 30, 0.05)


def reaches_the_internet(scene: Scene, client: int) -> bool:
    with scene.office.clients[client].inside():
        try:
            socket.create_connection((INTERNET, 5299), 0.3).close()
        except ConnectionRefusedError:
            return True  # somebody answered
        except OSError:
            return False
    return True


def test_gateway_opens_without_its_server_holds_the_sites_queue_and_reports_it_all_later(scene: Scene) -> None:
    office = scene.office
    office.log_in(0, "budi")
    for client in (1, 2, 3):
        office.meet(client)
        assert not reaches_the_internet(scene, client)
    killed_at = time.monotonic()
    scene.workers.kill()
    until(lambda: office.ctl("status")["open"], "the gateway opens", 30, 0.05)
    opened_s = time.monotonic() - killed_at
    for client in (1, 2, 3):
        until(lambda client=client: reaches_the_internet(scene, client), "strangers pass", 5, 0.05)
        until(lambda client=client: office.session(client) is not None, "each gets a session", 5, 0.05)
    flows = [office.flow(client, seconds=6) for client in range(4)]
    shares = [flow.mbps(2, 5) for flow in flows]
    measured(f"open {opened_s:.1f} s after kill -9 (set: {OPENS_S} s); then {[round(one, 2) for one in shares]} Mbit/s")
    assert 20 * 0.9 <= sum(shares) <= 20 * (1 + CLOCKS)
    waiting = office.ctl("status")["waiting"]
    assert waiting >= 3  # a Start of each stranger
    scene.workers.start()
    back_at = time.monotonic()
    until(lambda: not office.ctl("status")["open"], "the gateway closes again", 30, 0.05)
    measured(f"closed {time.monotonic() - back_at:.1f} s after the server answered, {waiting} reports had waited")
    assert not reaches_the_internet(scene, 1)
    assert reaches_the_internet(scene, 0)  # who had logged in stays so
    office.log_out_all()
    office.settle()
    everything_is_counted(scene)


def everything_is_counted(scene: Scene) -> None:
    """Employees by the checker; those who passed without log-in in what their site used."""
    truth = scene.office.truth()
    names = {*NAMES, None}
    books, places = books_of(scene.city.database), places_of(scene.city.database)
    of_people = [one for one in truth if one.get("username") in names or one["event"] == "acked"]
    own_sessions = [row for row in books.sessions if row["username"] in names]
    person_rows = [row for row in books.samples if row["kind"] == "person"]
    found = check(of_people, type(books)(person_rows, own_sessions, books.ledger, books.orders), places)
    assert not found, [str(one) for one in found]
    highest: dict[str, dict[str, Any]] = {one["session"]: one for one in truth if one.get("status") == "stop"}
    for direction, column in (("input", "up"), ("output", "down")):
        told = sum(one[direction] for one in highest.values())
        counted = sum(row[column] for row in books.samples if row["kind"] == "site")
        measured(f"site, {column}: {counted} octets counted, {told} reported")
        assert counted == told


def test_gateway_killed_and_started_again_reports_what_its_sessions_used(scene: Scene) -> None:
    office = scene.office
    office.log_in(0, "sari")
    flow = office.flow(0, seconds=30)
    until(lambda: office.used(0) > 2 * MB, "some megabytes", 20, 0.05)
    office.kill()
    before = office.received(0)
    until(lambda: office.received(0) > before + MB, "traffic goes on without the process", 10, 0.05)
    office.start()
    flow.process.kill()
    assert office.session(0) is None
    stop = scene.reports("sari", "stop")[-1]
    measured(
        f"after kill -9 of the gateway: {stop['output']} octets reported, {office.received(0)} frames' octets came"
    )
    assert stop["output"] > 3 * MB
    office.settle()
    everything_is_counted(scene)


def test_login_over_a_saturated_line_of_two_megabits(scene: Scene) -> None:
    office = scene.office
    office.kill()
    office.settings["shaping"] = {"line": "1900k/1900k", "ceiling": "1900k/1900k"}
    office.line("2mbit")
    office.start()
    for client, name in enumerate(NAMES[:3]):
        office.log_in(client, name)
    downloads = [office.flow(client, "-P", "4", seconds=30) for client in range(3)]
    uploads = [office.flow(client, "--upload", "-u", "-b", "3M", seconds=30) for client in range(3)]
    began = time.monotonic()
    until(lambda: time.monotonic() - began > 3, "the line is full", every_s=0.05)
    came, since = sum(office.received(client) for client in range(3)), time.monotonic()
    seconds = [log_in_by_the_page(scene, 3, "wati") for _ in range(3)]
    until(lambda: time.monotonic() > since + 2, "two seconds", every_s=0.05)
    full = (sum(office.received(client) for client in range(3)) - came) * 8 / (time.monotonic() - since) / MBPS
    for flow in downloads + uploads:
        flow.process.kill()
    measured(f"log-in over a saturated 2 Mbit/s line: {', '.join(f'{one * 1000:.0f} ms' for one in seconds)}")
    measured(f"which carried {full:.2f} Mbit/s to the others meanwhile, and all the upload it can")
    assert full > 1.9 * 0.85
    assert max(seconds) < 5
    office.line(None)


def log_in_by_the_page(scene: Scene, client: int, username: str) -> float:
    """Seconds from opening any web page to being let in, as a phone does it; then out again."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with scene.office.clients[client].inside():
        began = time.monotonic()
        any_page = ask(INTERNET, 80, "GET", "/berita")
        assert (any_page.status, any_page.headers["Location"]) == (303, f"http://{LAN}:3990/")
        assert "<form" in ask(LAN, 3990, "GET", "/").read().decode()
        answer = ask(LAN, 3990, "POST", "/login", urlencode({"username": username, "password": PASSWORD}), form)
        assert answer.status == 303, answer.read().decode()
        took_s = time.monotonic() - began
        assert username in ask(LAN, 3990, "GET", "/").read().decode()
        ask(LAN, 3990, "POST", "/logout")
    return took_s


def ask(host: str, port: int, method: str, path: str, body: str = "", headers: Any = None) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(host, port, timeout=SLACK * 5)
    connection.request(method, path, body, headers or {})
    return connection.getresponse()
