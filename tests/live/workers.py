"""Real RADIUS worker processes on ephemeral ports; ready when they say so by Status-Server, killed at the end."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from netquota.domain.enforcement import LEAST_INTERIM_S
from netquota.lifeline import SUPERVISOR_VARIABLE
from netquota.settings import Settings, as_environment, load
from radius.codec import Code, request
from radius.simulator.runner import Server

_PROGRAM = """
import os, sys
import netquota.domain.enforcement
netquota.domain.enforcement.LEAST_INTERIM_S = int(sys.argv[2])
from netquota.domain.enforcement import LEAST_INTERIM_S
from netquota.lifeline import follow_parent
from netquota.settings import load
from radius.server import run
follow_parent(os.environ)
run(load(), int(sys.argv[1]))
"""
READY_S = 30.0
Found = TypeVar("Found")


def until(found: Callable[[], Found], why: str = "", within_s: float = 15.0, every_s: float = 0.01) -> Found:
    """Ask again until the answer is true. Raises `AssertionError` after `within_s`."""
    deadline = time.monotonic() + within_s
    waiting = socket.socketpair()  # never readable: select() on it waits without being a sleep that is relied on
    try:
        while not (answer := found()):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {within_s} s: {why or found}; last answer {answer!r}")
            select.select([waiting[0]], [], [], every_s)
        return answer
    finally:
        for one in waiting:
            one.close()


def free_port(host: str = "127.0.0.1") -> int:
    """A UDP port that nobody uses."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def settings_for(url: str, folder: Path, **further: object) -> Settings:
    """Settings of an installation in `folder`, on ports that are free. `further`: section__key=value."""
    overrides: dict[str, object] = {
        "state_dir": folder, "database.url": url, "security.key_file": folder / "netquota.key",
        "radius.bind": "127.0.0.1", "radius.auth_port": free_port(), "radius.acct_port": free_port(),
        "radius.reject_delay_s": 0.1, "metrics.port": 0, "log.level": "warning",
    }  # fmt: skip
    overrides |= {key.replace("__", "."): value for key, value in further.items()}
    return load(env={}, overrides=overrides)


class Workers:
    """The worker processes of one machine; `kill` and `start` any of them as often as wanted.

    `least_interim_s`: what stands for the RFC's minute, so that a trial of hours can be held in a minute.
    """

    def __init__(
        self, settings: Settings, secret: str, source: str, folder: Path, least_interim_s: int = LEAST_INTERIM_S
    ) -> None:
        self.settings, self._least_interim_s = settings, least_interim_s
        self._secret, self._source, self._folder = secret.encode(), source, folder
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._log = (folder / "workers.log").open("ab")
        self.started = 0

    @property
    def server(self) -> Server:
        return Server("127.0.0.1", self.settings.radius.auth_port, self.settings.radius.acct_port)

    @property
    def said(self) -> str:
        """What the workers logged."""
        return (self._folder / "workers.log").read_text(encoding="utf-8", errors="replace")

    @property
    def pids(self) -> list[int]:
        return [one.pid for one in self._processes.values()]

    def start(self, *indices: int) -> None:
        """Start these workers (None: all that the settings ask for) and wait until they answer."""
        environment = {
            **os.environ, **as_environment(self.settings), SUPERVISOR_VARIABLE: str(os.getpid()),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }  # fmt: skip
        for index in indices or range(self.settings.radius.workers):
            command = [sys.executable, "-c", _PROGRAM, str(index), str(self._least_interim_s)]
            self._processes[index] = subprocess.Popen(command, env=environment, stdout=self._log, stderr=self._log)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        until(self._all_bound, "workers bind their ports", READY_S)
        for port in (self.settings.radius.auth_port, self.settings.radius.acct_port):
            until(lambda port=port: self.answers(port), "Status-Server is answered", READY_S)

    def _all_bound(self) -> bool:
        """Whether each living worker has both ports, by the kernel's own table."""
        for index, process in self._processes.items():
            if process.poll() is not None:
                raise AssertionError(f"worker {index} ended with {process.returncode}:\n{self.said}")
        wanted = {self.settings.radius.auth_port, self.settings.radius.acct_port}
        lines = Path("/proc/net/udp").read_text().splitlines()[1:]
        bound = [int(line.split()[1].rpartition(":")[2], 16) for line in lines]
        return all(bound.count(port) >= len(self._processes) for port in wanted)

    def answers(self, port: int, wait_s: float = 0.3) -> bool:
        """Whether a Status-Server is answered (RFC 5997)."""
        asked = request(Code.STATUS_SERVER, 1, b"", self._secret, os.urandom(16))
        return self.ask(asked, port, wait_s) is not None

    def ask(self, datagram: bytes, port: int, wait_s: float = 2.0, source: str | None = None) -> bytes | None:
        """Send one datagram from a fresh port; the answer, None where none comes."""
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as channel:
            channel.bind((source or self._source, 0))
            channel.settimeout(wait_s)
            channel.sendto(datagram, ("127.0.0.1", port))
            try:
                return channel.recv(4097)
            except OSError:
                return None

    def kill(self, *indices: int) -> None:
        """kill -9 of these (none given: all)."""
        chosen = indices or tuple(self._processes)
        for index in chosen:
            self._processes[index].kill()
        for index in chosen:
            self._processes.pop(index).wait(10)

    def stop(self) -> None:
        """SIGTERM, as the supervisor does; fails where one does not end."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            assert process.wait(15) == 0, self.said
        self._processes.clear()

    def close(self) -> None:
        self.kill()
        self._log.close()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
