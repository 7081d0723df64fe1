"""The two sides of a comparison, each in its own processes: our workers, and pyrad's own async server on uvloop."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from radius import codec
from tests.bench.places import PASSWORD, PEOPLE, SECRET

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Serving:
    """Where a server listens, and its processes (for their CPU time and memory)."""

    auth_port: int
    acct_port: int
    pids: tuple[int, ...]


def free_ports() -> tuple[int, int]:
    """Two UDP ports on loopback that nobody has now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as a, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as b:
        a.bind(("127.0.0.1", 0))
        b.bind(("127.0.0.1", 0))
        return a.getsockname()[1], b.getsockname()[1]


@contextmanager
def netquota(url: str, key_file: Path, workers: int, log: Path) -> Iterator[Serving]:
    """Our workers over a database, as `netquota serve` starts them."""
    auth, acct = free_ports()
    environment = os.environ | {
        "NETQUOTA_DATABASE__URL": url, "NETQUOTA_SECURITY__KEY_FILE": str(key_file),
        "NETQUOTA_RADIUS__BIND": "127.0.0.1",
        "NETQUOTA_RADIUS__AUTH_PORT": str(auth), "NETQUOTA_RADIUS__ACCT_PORT": str(acct),
        "NETQUOTA_RADIUS__WORKERS": str(workers), "NETQUOTA_METRICS__PORT": "0", "NETQUOTA_LOG__LEVEL": "warning",
    }  # fmt: skip
    program = "import sys; from netquota.settings import load; from radius.server import run; "
    program += "run(load(), int(sys.argv[1]))"
    commands = [[sys.executable, "-c", program, str(index)] for index in range(workers)]
    with _running(commands, environment, log, auth, acct) as serving:
        yield serving


@contextmanager
def pyrad_server(log: Path) -> Iterator[Serving]:
    """pyrad's ServerAsync on uvloop: same packets, same users, a dictionary look-up as its policy, nothing recorded."""
    auth, acct = free_ports()
    command = [sys.executable, "-m", "tests.bench.pyrad_peer", str(auth), str(acct)]
    with _running([command], dict(os.environ), log, auth, acct) as serving:
        yield serving


@contextmanager
def _running(
    commands: list[list[str]], environment: dict[str, str], log: Path, auth: int, acct: int
) -> Iterator[Serving]:
    with log.open("ab") as output:
        processes = [
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output) for command in commands
        ]
    try:
        _wait_until_it_answers(auth, processes, log)
        yield Serving(auth, acct, tuple(process.pid for process in processes))
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_it_answers(port: int, processes: list[subprocess.Popen[bytes]], log: Path) -> None:
    """Ask until each worker had its chance: SO_REUSEPORT gives each source port one worker."""
    from radius.methods.pap import hide
    from radius.naming import encode

    deadline = time.monotonic() + 60
    for source in range(8):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.5)
            authenticator = os.urandom(16)
            hidden = codec.attribute(2, hide(PASSWORD.encode(), SECRET.encode(), authenticator))
            attributes = encode("User-Name", "user00000") + hidden + encode("NAS-IP-Address", "10.0.0.1")
            packet = codec.request(1, source, attributes, SECRET.encode(), authenticator=authenticator)
            while True:
                probe.sendto(packet, ("127.0.0.1", port))
                try:
                    probe.recv(4096)
                    break
                except (TimeoutError, ConnectionRefusedError):
                    if time.monotonic() > deadline or any(one.poll() is not None for one in processes):
                        raise RuntimeError(f"no answer from the server: {log.read_text()[-2000:]}") from None


def cpu_seconds(pids: tuple[int, ...]) -> float:
    """User and system time of these processes so far."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_mb(pids: tuple[int, ...]) -> float:
    """Resident memory of these processes together, in MB."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


__all__ = ["PEOPLE", "Serving", "cpu_seconds", "free_ports", "netquota", "pyrad_server", "resident_mb"]
