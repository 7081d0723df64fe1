"""`netquota demo` as a newcomer runs it: one command, lines that work when pasted, a clean end, the same city again."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 40
LINE = re.compile(r'^  (echo "User-Name=.*)$', re.MULTILINE)


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Demo:
    """A running demo: its process, what it printed, how commands find its city."""

    process: subprocess.Popen[bytes]
    output: Path
    env: dict[str, str]

    @property
    def printed(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def lines(self) -> list[str]:
        """The shell lines to paste."""
        return LINE.findall(self.printed)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`netquota …` against the same city."""
        command = [sys.executable, "-m", "netquota.cli", *arguments]
        return subprocess.run(command, check=False, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=30)

    def wait_until_ready(self) -> None:
        self.wait_for("Ctrl-C stops it all.", READY_WITHIN_S)

    def wait_for(self, words: str, within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while words not in self.printed:
            assert self.process.poll() is None, self.printed
            assert time.monotonic() < deadline, self.printed
            time.sleep(0.05)  # the file has no other way to say that it grew

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings of an installation of its own on free ports."""
    state_dir = tmp_path_factory.mktemp("demo")
    ports = {
        "RADIUS__AUTH_PORT": _free_port(socket.SOCK_DGRAM),
        "RADIUS__ACCT_PORT": _free_port(socket.SOCK_DGRAM),
        "WEB__PORT": _free_port(socket.SOCK_STREAM),
        "METRICS__PORT": 0,
    }
    own = {"NETQUOTA_CONFIG": "", "NETQUOTA_STATE_DIR": str(state_dir), "NETQUOTA_RADIUS__BIND": "127.0.0.1"}
    return {**os.environ, **own, **{f"NETQUOTA_{name}": str(port) for name, port in ports.items()}}


@contextmanager
def _running(env: dict[str, str], output: Path, *options: str) -> Iterator[Demo]:
    with output.open("wb") as file:
        command = [sys.executable, "-m", "netquota.cli", "demo", *options]
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=file, stderr=subprocess.STDOUT)
    demo = Demo(process, output, env)
    try:
        demo.wait_until_ready()
        yield demo
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(20)


@pytest.fixture(scope="module")
def demo(env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    coa_port = _free_port(socket.SOCK_DGRAM)
    with _running(env, tmp_path_factory.mktemp("out") / "first", "--coa-port", str(coa_port)) as found:
        yield found


def _pasted(line: str) -> str:
    done = subprocess.run(["sh", "-c", line], check=False, capture_output=True, text=True, timeout=20)
    return done.stdout + done.stderr


@pytest.mark.needs("freeradius-utils")
def test_the_printed_lines_work_when_pasted(demo: Demo) -> None:
    mikrotik, chilli = demo.lines()
    accepted = _pasted(mikrotik)
    assert "Received Access-Accept" in accepted
    assert 'Mikrotik-Rate-Limit = "2M/10M"' in accepted
    accepted = _pasted(chilli)
    assert "Received Access-Accept" in accepted
    assert "WISPr-Bandwidth-Max-Down = 10000000" in accepted


@pytest.mark.needs("freeradius-utils")
def test_refusals_come_with_their_reason_and_explain_tells_the_same(demo: Demo) -> None:
    line = demo.lines()[0]
    for name, words in (("agus.wibowo", "dinonaktifkan"), ("rina.marlina", "habis")):
        refused = _pasted(line.replace("budi.santoso", name))
        assert "Received Access-Reject" in refused
        assert words in refused
        assert words in demo.run("explain", name).stdout
    assert "tidak cocok" in _pasted(re.sub(r"User-Password=[^,]+", "User-Password=salah", line))


def test_radtest_does_the_same(demo: Demo) -> None:
    found = re.search(r"radtest (.*)$", demo.printed, re.MULTILINE)
    assert found is not None
    done = demo.run("radtest", *shlex.split(found[1]))
    assert done.returncode == 0, done.stderr
    assert 'Mikrotik-Rate-Limit = "2M/10M"' in done.stdout


def test_simulated_people_come_online_and_obey_orders(demo: Demo) -> None:
    deadline = time.monotonic() + 30
    while not (online := json.loads(demo.run("session", "list", "--json").stdout)):
        assert time.monotonic() < deadline, demo.printed
    assert {one["nas"] for one in online} <= {"gw-balaikota", "gw-mpp", "gw-pendidikan", "gw-rsud"}
    username = online[0]["username"]
    assert demo.run("session", "disconnect", username, "--why", "uji").returncode == 0
    while json.loads(demo.run("order", "list", "--user", username, "--json").stdout)[0]["state"] != "acknowledged":
        assert time.monotonic() < deadline, demo.run("order", "list").stdout


def test_a_second_instance_is_one_clear_line(demo: Demo) -> None:
    second = demo.run("demo")
    assert second.returncode == 2
    assert second.stderr.count("\n") == 1
    assert "already runs" in second.stderr


def test_a_taken_port_is_one_clear_line_that_names_the_setting(demo: Demo, tmp_path: Path) -> None:
    second = demo.run("demo", "--state-dir", str(tmp_path))
    assert second.returncode == 2
    assert "--set radius.auth_port=" in second.stderr


def test_the_pages_say_that_all_of_it_is_sample_data(demo: Demo) -> None:
    address = f"http://127.0.0.1:{demo.env['NETQUOTA_WEB__PORT']}/readyz"
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert answer.status == 200
    assert "SAMPLE DATA" in demo.printed


def test_ctrl_c_ends_all_and_the_same_city_goes_on(demo: Demo, env: dict[str, str], tmp_path: Path) -> None:
    first = demo.printed
    lines = demo.lines()
    assert demo.stop() == 0
    assert "all stopped" in demo.printed
    assert "process killed" not in demo.printed
    admin_password = re.search(r"user admin, password (\S+) \(shown this once\)", first)
    assert admin_password is not None
    with _running(env, tmp_path / "second") as again:
        assert again.lines() == lines
        assert "Making the sample city" not in again.printed
        assert admin_password[1] not in again.printed
        assert again.stop() == 0


def test_data_of_others_is_refused(env: dict[str, str], tmp_path: Path) -> None:
    own = {**env, "NETQUOTA_STATE_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "netquota.cli"]
    for arguments in (("key", "create"), ("db", "upgrade"), ("opd", "add", "NYATA", "--name", "Nyata")):
        subprocess.run([*command, *arguments], check=True, cwd=ROOT, env=own, capture_output=True, timeout=30)
    refused = subprocess.run(
        [*command, "demo"], check=False, cwd=ROOT, env=own, capture_output=True, text=True, timeout=30
    )
    assert refused.returncode == 2
    assert "holds data of its own" in refused.stderr
