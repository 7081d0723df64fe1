"""Test hosts as network namespaces: made by a test, joined by veth pairs, gone at its end with all that runs in them.

Names begin with `nq`, the test process's id and `-`, so that what a killed test process left is swept up by the next.
Needs root (or CAP_NET_ADMIN and CAP_SYS_ADMIN) and Debian's iproute2.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_PREFIX: Final = "nq"
_WHERE: Final = Path("/run/netns")
_CLONE_NEWNET: Final = 0x40000000
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def run(*command: str | os.PathLike[str], text: str | None = None, timeout_s: float = 30) -> str:
    """A command's standard output. Raises `AssertionError` with what it said where it fails."""
    done = subprocess.run([*command], check=False, capture_output=True, text=True, input=text, timeout=timeout_s)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


@dataclass
class Namespace:
    """One test host."""

    name: str
    processes: list[subprocess.Popen[Any]] = field(default_factory=list)

    def command(self, *command: str | os.PathLike[str]) -> list[str | os.PathLike[str]]:
        """The command as it runs on this host."""
        return ["ip", "netns", "exec", self.name, *command]

    def run(self, *command: str | os.PathLike[str], text: str | None = None, timeout_s: float = 30) -> str:
        """Run a command on this host; its output. Raises `AssertionError` where it fails."""
        return run(*self.command(*command), text=text, timeout_s=timeout_s)

    def start(self, *command: str | os.PathLike[str], **how: Any) -> subprocess.Popen[Any]:
        """Start a program on this host; killed with it at the latest. `how` as for Popen."""
        how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **how}
        process = subprocess.Popen(self.command(*command), **how)
        self.processes.append(process)
        return process

    def address(self, device: str, address: str) -> None:
        """Give a device an address with its prefix (`10.5.0.1/24`)."""
        run("ip", "-n", self.name, "addr", "add", address, "dev", device)

    def route(self, target: str, via: str) -> None:
        """A route (`default`, `10.5.0.0/24`) by a neighbour."""
        run("ip", "-n", self.name, "route", "add", target, "via", via)

    def mac(self, device: str) -> str:
        """The hardware address of a device, with colons."""
        for line in run("ip", "-n", self.name, "-o", "link", "show", device).splitlines():
            words = line.split()
            return words[words.index("link/ether") + 1]
        raise AssertionError(f"{self.name} has no {device}")

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Within it this thread's new sockets, and the processes that it starts, are this host's."""
        home = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
        try:
            there = os.open(_WHERE / self.name, os.O_RDONLY)
            try:
                _enter(there)
            finally:
                os.close(there)
            try:
                yield
            finally:
                _enter(home)
        finally:
            os.close(home)


class Network:
    """Namespaces of one test: `with Network() as network`; leaving it ends their processes and removes them."""

    def __init__(self) -> None:
        self.hosts: list[Namespace] = []

    def __enter__(self) -> Network:
        sweep()
        return self

    def __exit__(self, *_: object) -> None:
        for host in self.hosts:
            remove_namespace(host)
        self.hosts.clear()

    def host(self, role: str) -> Namespace:
        """A new host with its loopback up."""
        made = make_namespace(f"{role}{len(self.hosts)}")
        self.hosts.append(made)
        return made

    @staticmethod
    def join(one: Namespace, device: str, other: Namespace, its_device: str) -> None:
        """A cable between two hosts."""
        veth_pair(one, device, other, its_device)


def make_namespace(role: str) -> Namespace:
    """A namespace of this process's own, its loopback up. Take `Network` where it shall also go by itself."""
    host = Namespace(f"{_PREFIX}{os.getpid()}-{role}")
    run("ip", "netns", "add", host.name)
    run("ip", "-n", host.name, "link", "set", "lo", "up")
    return host


def veth_pair(one: Namespace, device: str, other: Namespace, its_device: str) -> None:
    """A cable between two hosts, both ends up. One packet is one frame, as on a wire, so that queues count rightly."""
    run("ip", "link", "add", device, "netns", one.name, "type", "veth", "peer", "name", its_device, "netns", other.name)
    for host, name in ((one, device), (other, its_device)):
        run("ip", "-n", host.name, "link", "set", name, "up", "gso_max_segs", "1")


def remove_namespace(host: Namespace) -> None:
    """End what runs in it, then remove it; its cables go with it."""
    for pid in run("ip", "netns", "pids", host.name).split():
        _kill(int(pid))
    for process in host.processes:
        process.kill()
        process.wait(10)
    host.processes.clear()
    _delete(host.name)


def sweep() -> None:
    """Remove what killed test processes left behind."""
    for path in _WHERE.glob(f"{_PREFIX}*-*"):
        owner = path.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            found = subprocess.run(["ip", "netns", "pids", path.name], check=False, capture_output=True, text=True)
            for pid in found.stdout.split():
                _kill(int(pid))
            subprocess.run(["ip", "netns", "del", path.name], check=False, capture_output=True)


def _delete(name: str) -> None:
    deadline = time.monotonic() + 5
    while (_WHERE / name).exists():
        done = subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True, text=True)
        assert done.returncode == 0 or time.monotonic() < deadline, done.stderr


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns: a network namespace cannot be entered; tests with hosts need root")
