"""An office on hosts of its own: the reference gateway between employees' devices and the server, on real cables.

client 1..4 --- lan [gateway] wan --- [provider] --- [server: netquota, and the internet]
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netquota_gateway.control import ask
from radius.simulator.truth import Entry
from tests.live.city import PASSWORD, SECRET
from tests.live.netns import Namespace, Network, run
from tests.live.workers import until

ROOT = Path(__file__).parents[2]
SERVER, INTERNET, WAN, LAN = "10.77.0.1", "10.88.0.1", "10.76.0.2", "10.5.0.1"
FRAME_SHARE = 1448 / 1514
"""What of a full frame's octets iperf3 counts: TCP's payload."""
PAYLOAD_SHARE = 1448 / 1500
"""The same of a packet's octets: limits count frames, accounting counts packets."""

CLOCKS = 0.02
"""What a sum of rates may be too high by: each flow is measured over some seconds of its own."""


class Flow:
    """A running iperf3 client, its report to come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process, self.began = process, time.monotonic()
        self._report: Any = None

    @property
    def report(self) -> Any:
        """iperf3's own, once it has ended."""
        if self._report is None:
            self._report = json.loads(self.process.communicate(timeout=60)[0])
            assert "error" not in self._report, self._report["error"]
        return self._report

    def intervals(self) -> list[tuple[float, float, int]]:
        """(start, end in seconds since the flow began, octets of payload) as the client counted them."""
        parts = [one["sum"] for one in self.report["intervals"]]
        return [(one["start"], one["end"], one["bytes"]) for one in parts]

    def mbps(self, from_s: float = 0.0, to_s: float = 1e9) -> float:
        """The mean rate between two moments, in Mbit/s of whole frames: what a limit limits."""
        chosen = [one for one in self.intervals() if one[0] >= from_s - 0.01 and one[1] <= to_s + 0.01]
        seconds = sum(end - start for start, end, _ in chosen)
        return sum(octets for *_, octets in chosen) * 8 / seconds / FRAME_SHARE / 1e6


@dataclass
class Office:
    """The hosts, and the gateway's process and files. `settings` are its tables, changed by a test at will."""

    network: Network
    folder: Path
    server: Namespace
    provider: Namespace
    gateway: Namespace
    clients: list[Namespace]
    settings: dict[str, dict[str, Any]]
    process: subprocess.Popen[Any] | None = None
    _ports: int = field(default=5200)

    @property
    def journal(self) -> Path:
        return self.folder / "journal.jsonl"

    def ip(self, client: int) -> str:
        """The address of a client, numbered from 0."""
        return f"10.5.0.{11 + client}"

    def start(self) -> None:
        """Start the gateway and wait until it answers."""
        path = self.folder / "gateway.toml"
        path.write_text(_toml(self.settings))
        log = (self.folder / "gateway.log").open("ab")
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'deploy/gateway'}"}
        command = [sys.executable, "-m", "netquota_gateway", "--config", str(path), "run"]
        self.process = self.gateway.start(*command, stdout=log, stderr=log, env=environment)
        until(self._answers, "the gateway answers", 20)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.said
        try:
            return bool(self.ctl("status")["ok"])
        except OSError:
            return False

    def kill(self) -> None:
        """kill -9 of the gateway."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    @property
    def said(self) -> str:
        return (self.folder / "gateway.log").read_text(errors="replace")

    def ctl(self, command: str, **what: Any) -> dict[str, Any]:
        """What the gateway answers at its control socket."""
        return ask(self.folder / "control.sock", {"do": command, **what})

    def log_in(self, client: int, username: str) -> None:
        """Log a client in by the gateway's own desk; it has to be let in."""
        self.meet(client)
        answer = self.ctl("login", ip=self.ip(client), username=username, password=PASSWORD)
        assert answer["ok"], (answer, self.said)

    def log_out_all(self) -> None:
        for session in self.ctl("status")["sessions"]:
            self.ctl("logout", ip=session["ip"])

    def meet(self, client: int) -> None:
        """Let the gateway learn the client's hardware address."""
        self.clients[client].run("ping", "-c1", "-W2", LAN)

    def session(self, client: int) -> dict[str, Any] | None:
        """What the gateway says of a client's session."""
        found = [one for one in self.ctl("status")["sessions"] if one["ip"] == self.ip(client)]
        return found[0] if found else None

    def used(self, client: int) -> int:
        """Octets of both directions that a client's session has used; 0 where there is none."""
        session = self.session(client)
        return 0 if session is None else int(session["input"] + session["output"])

    def interim(self, client: int) -> None:
        assert self.ctl("interim", ip=self.ip(client))["ok"]

    def settle(self, within_s: float = 15.0) -> None:
        """Wait until every report is acknowledged."""
        until(lambda: self.ctl("status")["waiting"] == 0, "all reports are acknowledged", within_s, 0.05)

    def flow(self, client: int, *options: str, seconds: float = 5, every_s: float = 0.5) -> Flow:
        """Start an iperf3 download, or an upload with the option `--upload`; returns once octets flow."""
        self._ports += 1
        listener = self.server.start("iperf3", "-s", "-1", "-p", str(self._ports))
        until(lambda: str(self._ports) in self.server.run("ss", "-Hltn"), "iperf3 listens", 5, 0.02)
        assert listener.poll() is None
        reverse = [] if "--upload" in options else ["-R"]
        further = [one for one in options if one != "--upload"]
        command = ["iperf3", "-c", INTERNET, "-p", str(self._ports), "-J", "-i", str(every_s), "-t", str(seconds)]
        process = self.clients[client].start(
            *command, *reverse, *further, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        return Flow(process)

    def received(self, client: int) -> int:
        """Octets of frames that came to a client so far."""
        shown = json.loads(run("ip", "-n", self.clients[client].name, "-s", "-j", "link", "show", "eth0"))
        return int(shown[0]["stats64"]["rx"]["bytes"])

    def truth(self) -> list[Entry]:
        """What the gateway reported and what was acknowledged, for the checker."""
        if not self.journal.exists():
            return []
        return [json.loads(line) for line in self.journal.read_text().splitlines()]

    def line(self, rate: str | None) -> None:
        """Make the provider's line as narrow as `rate` both ways, with a plain queue; None: as wide as it was."""
        for device in ("office", "city"):
            subprocess.run(
                ["tc", "-n", self.provider.name, "qdisc", "del", "dev", device, "root"],
                check=False,
                capture_output=True,
            )
            if rate is not None:
                queue = ["tbf", "rate", rate, "burst", "5kb", "latency", "400ms"]
                run("tc", "-n", self.provider.name, "qdisc", "add", "dev", device, "root", *queue)


@contextmanager
def office(folder: Path, clients: int = 4, **tables: dict[str, Any]) -> Iterator[Office]:
    """The hosts and their cables; the gateway is not started yet. `tables` add to its settings."""
    with Network() as network:
        server, provider, gateway = network.host("server"), network.host("line"), network.host("gw")
        devices = [network.host(f"c{number}-") for number in range(clients)]
        _cables(network, server, provider, gateway, devices)
        settings = _settings(folder)
        for name, table in tables.items():
            settings[name] = {**settings.get(name, {}), **table}
        made = Office(network, folder, server, provider, gateway, devices, settings)
        try:
            yield made
        finally:
            if made.process is not None:
                made.process.kill()


def _cables(
    network: Network, server: Namespace, provider: Namespace, gateway: Namespace, devices: Sequence[Namespace]
) -> None:
    network.join(provider, "city", server, "eth0")
    network.join(provider, "office", gateway, "wan")
    for host, device, address in (
        (server, "eth0", f"{SERVER}/24"),
        (server, "lo", f"{INTERNET}/32"),
        (provider, "city", "10.77.0.254/24"),
        (provider, "office", "10.76.0.1/24"),
        (gateway, "wan", f"{WAN}/24"),
    ):
        host.address(device, address)
    run("ip", "-n", gateway.name, "link", "add", "lan", "type", "bridge")
    run("ip", "-n", gateway.name, "link", "set", "lan", "up")
    gateway.address("lan", f"{LAN}/24")
    for number, device in enumerate(devices):
        network.join(device, "eth0", gateway, f"port{number}")
        run("ip", "-n", gateway.name, "link", "set", f"port{number}", "master", "lan")
        device.address("eth0", f"10.5.0.{11 + number}/24")
        device.route("default", LAN)
    server.route("10.76.0.0/24", "10.77.0.254")
    gateway.route("default", "10.76.0.1")
    provider.route(f"{INTERNET}/32", SERVER)
    for host in (provider, gateway):
        host.run("sysctl", "-qw", "net.ipv4.ip_forward=1")


def _settings(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        "gateway": {
            "identifier": "gw-dinkes", "lan": "lan", "wan": "wan", "address": LAN,
            "state_dir": str(folder / "state"), "control_socket": str(folder / "control.sock"),
        },
        "radius": {
            "server": SERVER, "source": WAN, "secret": SECRET, "retry_s": 0.5, "tries": 4,
            "accounting_retry_s": 0.5, "journal": str(folder / "journal.jsonl"),
        },
        "shaping": {"line": "100M/100M", "ceiling": "20M/20M"},
        "fail_open": {"after_s": 3.0, "probe_s": 0.5, "rate": "10M/10M"},
    }  # fmt: skip


def _toml(tables: dict[str, dict[str, Any]]) -> str:
    return "".join(
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
        for name, table in tables.items()
    )


def short_folder(name: str) -> Path:
    """A folder with a path short enough for a socket."""
    folder = Path(f"/tmp/nq{os.getpid()}-{name}-{time.monotonic_ns() % 10**6}")  # noqa: S108 (ours alone)
    folder.mkdir(mode=0o700)
    return folder


def forget_folder(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
