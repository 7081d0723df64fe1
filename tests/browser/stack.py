"""The whole installation on free ports: the sample city, worker, web and scheduler as processes, gateways in software.

The gateways run in the test's own process, so that a test sees what they were told. All is ready when it says so.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from netquota.cli.demo import Standing, make_or_go_on
from netquota.cli.demo_gateways import gateway_clients
from netquota.cli.desk import office_of
from netquota.cli.preparation import prepare
from netquota.domain.places import Nas
from netquota.lifeline import SUPERVISOR_VARIABLE
from netquota.secrets import Keyring
from netquota.services.allocate import change
from netquota.services.demo_people import DemoCity, sample_city
from netquota.services.office import Author
from netquota.settings import Settings, as_environment
from radius.simulator.status_client import answers
from tests.browser.hotspots import Hotspots
from tests.live.workers import settings_for, until

READY_S = 60.0
UAM_SECRET = "rahasia uam"
CHILLI = "gw-pendidikan"
BY = Author("uji", "tests")


@dataclass
class Stack:
    """What runs: `url` of the web door, `standing` with the passwords, the simulated gateways."""

    settings: Settings
    city: DemoCity
    standing: Standing
    clients: dict[str, Nas]
    keyring: Keyring
    hotspots: Hotspots
    log: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.web.port}"

    @property
    def said(self) -> str:
        """What the processes logged."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def change(self, kind: str, key: str, **values: str) -> None:
        """Change a thing of the city, as the command line does."""
        with office_of(self.settings, self.keyring) as office:
            change(office, kind, key, values, BY)


@contextmanager
def running_stack(folder: Path) -> Iterator[Stack]:
    """Make the city in `folder` and run everything until the end of the block."""
    stack = _made(folder)
    try:
        _start(stack)
        with stack.hotspots.running(stack.settings.radius.auth_port, stack.settings.radius.acct_port):
            stack.hotspots.everybody_logs_in()
            until(lambda: _is_ready(stack), "/readyz says ok", READY_S, 0.1)
            yield stack
    finally:
        _stop(stack)


def _made(folder: Path) -> Stack:
    city = sample_city()
    settings = settings_for(
        f"sqlite:///{folder / 'netquota.sqlite'}", folder, web__port=_free_tcp_port(), web__threads=4,
        city__name=city.name, city__help_contact=city.help_contact,
        notices__smtp_host="127.0.0.1", notices__smtp_port=_free_tcp_port(), notices__mail_from="netquota@kota.go.id",
        radius__coa_give_up_s=4, log__level="info", log__format="json",
    )  # fmt: skip
    keyring = prepare(settings)
    standing = make_or_go_on(settings, keyring, _coa_port([one.bind for one in city.gateways]))
    with office_of(settings, keyring) as office:
        change(office, "nas", CHILLI, {"uam_secret": UAM_SECRET}, BY)
        clients = gateway_clients(office)
    hotspots = Hotspots(city, clients, standing.password)
    return Stack(settings, city, standing, clients, keyring, hotspots, folder / "stack.log")


def _start(stack: Stack) -> None:
    environment = {
        **os.environ, **as_environment(stack.settings), SUPERVISOR_VARIABLE: str(os.getpid()),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }  # fmt: skip
    with stack.log.open("ab") as log:
        for door in ("radius", "web", "scheduler"):
            command = [sys.executable, "-m", "netquota.cli", door]
            stack.processes.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
    radius, secret = stack.settings.radius, stack.clients["gw-balaikota"].secret
    for port in (radius.auth_port, radius.acct_port):
        assert answers("127.0.0.1", port, secret, READY_S), stack.said


def _is_ready(stack: Stack) -> bool:
    for process in stack.processes:
        assert process.poll() is None, stack.said
    try:
        with urlopen(f"{stack.url}/readyz", timeout=2) as answer:  # noqa: S310 (our own http address)
            return b'"status":"ok"' in answer.read().replace(b" ", b"")
    except (URLError, OSError):
        return False


def _stop(stack: Stack) -> None:
    """End all as the supervisor does; fails where one has to be killed."""
    for process in stack.processes:
        process.terminate()
    ended = [_ended(process) for process in stack.processes]
    assert all(ended), stack.said


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        return process.wait(15) == 0
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False


def _free_tcp_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _coa_port(addresses: list[str]) -> int:
    """A UDP port that is free on all of the gateways' addresses."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _address in addresses]
        try:
            sockets[0].bind((addresses[0], 0))
            port = int(sockets[0].getsockname()[1])
            for channel, address in zip(sockets[1:], addresses[1:], strict=True):
                channel.bind((address, port))
        except OSError:
            continue
        else:
            return port
        finally:
            for channel in sockets:
                channel.close()
    raise AssertionError("no port is free on all gateways' addresses")
