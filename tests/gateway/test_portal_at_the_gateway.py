"""An employee's whole way on real hosts: led to the portal, in, limited, told the truth, out, and the flow stops."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from netquota.lifeline import SUPERVISOR_VARIABLE
from netquota.services import allocate
from netquota.settings import as_environment
from tests.live.city import ADMIN, GB, MBPS, PASSWORD, City
from tests.live.gateway_scene import SLACK, Scene, running_scene
from tests.live.measured import measured
from tests.live.phone import Phone
from tests.live.reference_gateway import INTERNET, LAN, ROOT, SERVER
from tests.live.workers import settings_for, until
from web import formatting

pytestmark = pytest.mark.needs("root", "iproute2", "iputils-ping", "nftables", "iperf3")
PORTAL = f"http://{SERVER}:8080"
PROBE = "connectivitycheck.gstatic.com"
GATEWAY = f"http://{LAN}:3990"
MB = 10**6
QUOTA = GB


@pytest.fixture(scope="module")
def scene(place: Path, city: City) -> Iterator[Scene]:
    city.plan("staf", 8 * MBPS, 4 * MBPS)
    city.quota("harian", "staf", QUOTA, action="disconnect")
    for name in ("sari", "tono"):
        city.employee(name, "staf")
    allocate.add(city.office(), "reachable", {"name": "Berita Kota", "hosts": "berita.example"}, ADMIN)
    with running_scene(place, city, portal={"url": PORTAL}) as made, running_portal(made, place):
        yield made


@contextmanager
def running_portal(scene: Scene, place: Path) -> Iterator[None]:
    """The web door on the server's host."""
    settings = settings_for(
        scene.city.database.url, place, web__bind=SERVER, web__port=8080, web__public_url=PORTAL, web__plain_http=True,
    )  # fmt: skip
    environment = {
        **os.environ, **as_environment(settings), SUPERVISOR_VARIABLE: str(os.getpid()), "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    with (place / "web.log").open("ab") as log:
        command = [sys.executable, "-m", "netquota.cli", "web"]
        process = scene.office.server.start(*command, stdout=log, stderr=log, env=environment)
        try:
            until(lambda: is_alive(scene, process, place), "the web door answers", 60, 0.05)
            yield
        finally:
            process.terminate()
            process.wait(15)


def is_alive(scene: Scene, process: subprocess.Popen[bytes], place: Path) -> bool:
    assert process.poll() is None, (place / "web.log").read_text()
    with scene.office.server.inside():
        connection = HTTPConnection(SERVER, 8080, timeout=2)
        try:
            connection.request("GET", "/livez")
            return connection.getresponse().status == 200
        except OSError:
            return False


def phone_of(scene: Scene, client: int) -> Phone:
    """A phone that knows no names: whatever it opens goes to the internet's address."""
    scene.office.meet(client)
    return Phone({PROBE: INTERNET, "berita.example": INTERNET})


def told(octets: int) -> str:
    """Octets as the quota page writes them, in GB."""
    return formatting.gigabytes(octets, "id")


def test_from_the_first_page_to_the_last_octet(scene: Scene) -> None:
    office, phone = scene.office, phone_of(scene, 0)
    with office.clients[0].inside():
        began = time.monotonic()
        form = phone.open(f"http://{PROBE}/generate_204")
        assert form.steps[1].startswith(f"{PORTAL}/portal/login?"), form.steps
        assert "Masuk ke internet kantor" in form.words
        assert office.session(0) is None
        shown = phone.send(form, "/portal/login", username="sari", password=PASSWORD)
        took_s = time.monotonic() - began
    assert shown.steps[1].startswith(f"{GATEWAY}/login?username=sari&password=nqt-"), shown.steps
    assert PASSWORD not in "".join(shown.steps)
    assert shown.address.startswith(f"{PORTAL}/kuota?s=")
    assert "8 Mbit/s unduh" in shown.words
    session = office.session(0)
    assert session is not None
    assert session["user"] == "sari"
    office.settle()
    with office.clients[0].inside():
        assert "Tersambung" in phone.open(shown.address).words
    measured(f"from any page through the portal to the quota page: {took_s * 1000:.0f} ms")
    assert took_s < 3 * SLACK

    flow = office.flow(0, seconds=6)
    rate = flow.mbps(1, 5)
    measured(f"a limit of 8 Mbit/s: {rate:.2f}")
    assert 8 * 0.9 <= rate <= 8 * 1.05

    office.interim(0)
    office.settle()
    used = scene.city.used("harian", "sari")
    assert used > 4 * MB
    with office.clients[0].inside():
        page = phone.open(shown.address)
    assert f"{told(used)} dari 1 GB" in page.words, page.words
    assert "Perangkat ini" in page.words

    second = office.flow(0, seconds=30)
    until(lambda: office.used(0) > used + MB, "octets flow again", 20, 0.05)
    with office.clients[0].inside():
        gone = phone.send(page, "/kuota/logout")
    assert gone.address == f"{GATEWAY}/logout?erase-cookie=on"
    until(lambda: office.session(0) is None, "the session is over")
    received, gone_at = office.received(0), time.monotonic()
    until(lambda: time.monotonic() - gone_at > 1, "a second more", every_s=0.05)
    further = office.received(0) - received
    second.process.kill()
    measured(f"in the second after the log-out: {further} octets")
    assert further < 20_000
    with office.clients[0].inside():
        again = phone.open("http://berita.example/")
        assert "Masuk ke internet kantor" in again.words


def test_the_page_that_was_wanted_follows_and_a_wrong_password_is_told(scene: Scene) -> None:
    office, phone = scene.office, phone_of(scene, 1)
    with office.clients[1].inside():
        form = phone.open("http://berita.example/pagi?hal=1")
        wrong = phone.send(form, "/portal/login", username="tono", password="bukan ini")
        assert "tidak cocok" in wrong.words
        assert office.session(1) is None
        with pytest.raises(ConnectionRefusedError):  # the way is open; nobody serves that page in this internet
            phone.send(wrong, "/portal/login", username="tono", password=PASSWORD)
    assert office.session(1) is not None
    office.log_out_all()


def test_what_the_gateway_refuses_is_told_at_the_portal(scene: Scene) -> None:
    office, phone = scene.office, phone_of(scene, 2)
    with office.clients[2].inside():
        page = phone.open(f"{GATEWAY}/login?username=sari&password=nqt-made-up&dst=http://berita.example/")
    assert page.address.startswith(f"{PORTAL}/portal/login?")
    assert "tidak cocok" in page.words
    assert office.session(2) is None
