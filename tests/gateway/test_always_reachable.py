"""Applications that the city opens to everybody: by real packets before a log-in, after a spent quota and a refusal.

On the server's host each stands at an address of its own, one of them known by its name alone, and one is not open.
"""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from netquota.services import allocate
from netquota.services.gateway_config import always_reachable
from netquota.settings import Settings
from netquota.storage.policy_store import load_snapshot
from tests.live.city import ADMIN, MBPS, PASSWORD, ZONE, City
from tests.live.gateway_scene import Scene, running_scene
from tests.live.measured import measured
from tests.live.reference_gateway import Office
from tests.live.workers import until

pytestmark = pytest.mark.needs("root", "iproute2", "iputils-ping", "nftables", "iperf3")
BY_ADDRESS, BY_NAME, MOVED, SHUT = "10.88.0.20", "10.88.0.30", "10.88.0.31", "10.88.0.40"
NAME = "eoffice.kota.example"
OTHER_PORT = 8443
MB = 10**6
LOGIN = "NIP"


@pytest.fixture(scope="module")
def scene(place: Path, city: City) -> Iterator[Scene]:
    city.plan("putus", 10 * MBPS, 10 * MBPS)
    city.quota("putus", "putus", 4 * MB, action="disconnect")
    city.employee("putra", "putus")
    city.plan("staf", 10 * MBPS, 10 * MBPS)
    city.employee("sari", "staf")
    for name, hosts in (("Absensi", BY_ADDRESS), ("E-office", NAME)):
        allocate.add(city.office(), "reachable", {"name": name, "hosts": hosts}, ADMIN)
    with city.database.read() as connection:
        listed = load_snapshot(connection, city.keyring, ZONE).rules.reachable
    always = always_reachable(Settings(), listed)
    assert set(always) == {BY_ADDRESS, NAME}
    with running_scene(place, city, before=prepared, portal={"always": list(always)}) as made:
        until(lambda: is_open(made.office, BY_NAME), "the gateway has looked the name up", 10)
        yield made


@contextmanager
def prepared(office: Office) -> Iterator[None]:
    """The applications at work, and a name server's answer for the gateway, as a file of its own host."""
    names = Path("/etc/netns") / office.gateway.name
    names.mkdir(parents=True)
    try:
        (names / "hosts").write_text(f"127.0.0.1 localhost\n{BY_NAME} {NAME}\n")
        office.provider.route("10.88.0.0/24", "10.77.0.1")
        for number, address in enumerate((BY_ADDRESS, BY_NAME, MOVED, SHUT)):
            office.server.address("lo", f"{address}/32")
            pages = office.folder / f"pages{number}"
            pages.mkdir()
            (pages / "index.html").write_text(f"aplikasi di {address}")
            for port in (80, OTHER_PORT):
                office.server.start("python3", "-m", "http.server", "-b", address, "-d", str(pages), str(port))
        until(lambda: office.server.run("ss", "-Hltn").count("10.88.0.") == 8, "the applications listen", 10, 0.05)
        yield
    finally:
        shutil.rmtree(names)


def page(office: Office, address: str, port: int = 80, client: int = 0) -> str:
    """What a client reads there; empty where it does not come through."""
    with office.clients[client].inside():
        connection = HTTPConnection(address, port, timeout=2)
        try:
            connection.request("GET", "/")
            return connection.getresponse().read().decode()
        except OSError:
            return ""
        finally:
            connection.close()


def is_open(office: Office, address: str, client: int = 0) -> bool:
    """Whether the application's own page comes, at both ports."""
    return all(page(office, address, port, client) == f"aplikasi di {address}" for port in (80, OTHER_PORT))


def only_what_is_open_is_reached(office: Office, client: int = 0) -> None:
    for address in (BY_ADDRESS, BY_NAME):
        assert is_open(office, address, client), address
    shown = page(office, SHUT, client=client)
    assert "aplikasi" not in shown
    assert LOGIN in shown  # led to the log-in page instead
    assert page(office, SHUT, OTHER_PORT, client) == ""
    with office.clients[client].inside(), pytest.raises(OSError, match=r"refused|timed out|reset"):
        socket.create_connection((SHUT, 443), timeout=2)


def test_a_stranger_reaches_what_is_always_open_and_nothing_else(scene: Scene) -> None:
    began = time.monotonic()
    assert is_open(scene.office, BY_ADDRESS)
    measured(f"two pages of an application without a log-in: {(time.monotonic() - began) * 1000:.0f} ms")
    only_what_is_open_is_reached(scene.office)
    assert scene.office.session(0) is None


def test_who_is_logged_in_reaches_all_and_what_is_always_open_costs_him_nothing(scene: Scene) -> None:
    office = scene.office
    office.log_in(1, "sari")
    for address in (BY_ADDRESS, BY_NAME):
        assert is_open(office, address, 1)
    assert office.used(1) == 0
    assert is_open(office, SHUT, 1)
    until(lambda: office.used(1) > 0, "that one is counted", 5)
    office.log_out_all()


def test_it_stays_open_when_the_quota_is_spent_and_when_a_log_in_is_refused(scene: Scene) -> None:
    office = scene.office
    office.log_in(2, "putra")
    flow = office.flow(2, seconds=30)
    until(lambda: office.used(2) > 4 * MB, "the quota is spent", 20, 0.05)
    office.interim(2)
    until(lambda: office.session(2) is None, "the session is ended", 10, 0.05)
    flow.process.kill()
    only_what_is_open_is_reached(office, 2)
    office.settle()
    answer = office.ctl("login", ip=office.ip(2), username="putra", password=PASSWORD)
    assert not answer["ok"], answer
    only_what_is_open_is_reached(office, 2)


def test_a_name_that_moves_is_followed_without_a_new_log_in(scene: Scene) -> None:
    """The gateway looks names up once a minute; it is told to start anew here, so that nobody waits that long."""
    office = scene.office
    assert not is_open(office, MOVED)
    names = Path("/etc/netns") / office.gateway.name / "hosts"
    names.write_text(f"127.0.0.1 localhost\n{MOVED} {NAME}\n")
    office.kill()
    office.start()
    until(lambda: is_open(office, MOVED), "the name's new address is open", 20)
    assert LOGIN in page(office, BY_NAME)
