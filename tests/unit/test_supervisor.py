"""The supervisor with small processes of its own: restart, stop, kill, and nothing left behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netquota.supervisor import HEALTHY_AFTER_S, ending, wait_before_restart

ROOT = Path(__file__).resolve().parents[2]
PRELUDE = """
import os, signal, sys, time
from netquota.lifeline import follow_parent
follow_parent(os.environ)
say = lambda word: os.write(1, f"{word} {os.environ['WHO']} {os.getpid()}\\n".encode())
"""
OBEDIENT = PRELUDE + "say('up'); signal.pause()"
DEAF = PRELUDE + "signal.signal(signal.SIGTERM, signal.SIG_IGN); say('up')\nwhile True: signal.pause()"
SUPERVISOR = """
import os, sys
from netquota.logging import configure
from netquota.supervisor import Child, Supervisor
configure("error")
children = [Child(str(n), (sys.executable, "-c", code), {"WHO": str(n)}) for n, code in enumerate(sys.argv[2:])]
Supervisor(children, grace_s=float(sys.argv[1])).run(lambda: os.write(1, b"started - 0\\n"))
os.write(1, b"ended - 0\\n")
"""


class Run:
    """A supervisor in a process of its own, and what its children say."""

    def __init__(self, *codes: str, grace_s: float = 5.0) -> None:
        command = [sys.executable, "-c", SUPERVISOR, str(grace_s), *codes]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, process_group=0)
        self.pids: dict[str, int] = {}
        self.seen: list[str] = []
        self._rest = b""

    def hears(self, word: str, who: str = "-", within_s: float = 15.0) -> int:
        """Read on until this is said; the pid of who said it."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            while b"\n" in self._rest:
                line, self._rest = self._rest.split(b"\n", 1)
                said, speaker, pid = line.decode().split()
                self.seen.append(said)
                self.pids[speaker] = int(pid)
                if (said, speaker) == (word, who):
                    return int(pid)
            assert self.process.stdout is not None
            ready, _, _ = select.select([self.process.stdout], [], [], until - time.monotonic())
            self._rest += os.read(self.process.stdout.fileno(), 4096) if ready else b""
        raise AssertionError(f"never heard {word!r} of {who!r}; heard {self.seen}")


@pytest.fixture
def supervise() -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(*codes: str, grace_s: float = 5.0) -> Run:
        runs.append(Run(*codes, grace_s=grace_s))
        return runs[-1]

    yield start
    for run in runs:
        run.process.kill()
        run.process.wait()
        for pid in run.pids.values():
            if pid and alive(pid):
                os.kill(pid, signal.SIGKILL)
        if run.process.stdout is not None:
            run.process.stdout.close()


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended but was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int, within_s: float = 10.0) -> bool:
    descriptor = os.pidfd_open(pid) if alive(pid) else None
    if descriptor is None:
        return True
    try:
        return bool(select.select([descriptor], [], [], within_s)[0])
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_stops_all_cleanly_within_seconds(supervise: Callable[..., Run], number: signal.Signals) -> None:
    run = supervise(OBEDIENT, OBEDIENT, grace_s=60)
    children = [run.hears("up", "0"), run.pids.get("1") or run.hears("up", "1")]
    began = time.monotonic()
    run.process.send_signal(number)
    run.hears("ended")
    assert run.process.wait(5) == 0
    assert time.monotonic() - began < 10  # far under the grace: nobody had to be killed
    assert not any(map(alive, children))


def test_a_killed_child_is_started_again_and_the_others_go_on(supervise: Callable[..., Run]) -> None:
    run = supervise(OBEDIENT, OBEDIENT)
    first = run.hears("up", "0")
    other = run.pids.get("1") or run.hears("up", "1")
    os.kill(first, signal.SIGKILL)
    second = run.hears("up", "0")
    assert second != first
    assert alive(other)


def test_a_child_that_does_not_obey_is_killed_after_its_grace(supervise: Callable[..., Run]) -> None:
    run = supervise(DEAF, grace_s=0.3)
    child = run.hears("up", "0")
    run.process.terminate()
    run.hears("ended")
    assert not alive(child)


def test_a_second_signal_does_not_wait_for_the_grace(supervise: Callable[..., Run]) -> None:
    run = supervise(DEAF, grace_s=60)
    child = run.hears("up", "0")
    began = time.monotonic()
    while run.process.poll() is None and time.monotonic() - began < 30:
        run.process.terminate()
        select.select([], [], [], 0.05)
    assert run.process.poll() in {0, -signal.SIGTERM}  # the last signal may meet a supervisor that is done
    assert not alive(child)


def test_children_end_with_a_supervisor_that_was_killed(supervise: Callable[..., Run]) -> None:
    run = supervise(OBEDIENT, OBEDIENT)
    children = [run.hears("up", "0"), run.pids.get("1") or run.hears("up", "1")]
    run.process.kill()
    assert all(map(gone, children))


def test_what_follows_the_start_runs_beside_it(supervise: Callable[..., Run]) -> None:
    run = supervise(OBEDIENT)
    run.hears("started")
    run.process.terminate()
    run.hears("ended")


def test_waits_double_up_to_thirty_seconds_and_begin_anew_after_a_healthy_minute() -> None:
    waits = [0.0]
    for _ in range(7):
        waits.append(wait_before_restart(waits[-1], lived_s=0.1))
    assert waits[1:] == [1, 2, 4, 8, 16, 30, 30]
    assert wait_before_restart(30, lived_s=HEALTHY_AFTER_S) == 1


@pytest.mark.parametrize(("status", "words"), [(0, "exit 0"), (2, "exit 2"), (-9, "SIGKILL"), (-63, "signal 63")])
def test_an_ending_is_told_in_words(status: int, words: str) -> None:
    assert ending(status) == words


RENEWING = """
import os, sys
from netquota.logging import configure
from netquota.supervisor import Child, Supervisor
configure("error")
children = [Child("0", (sys.executable, "-c", sys.argv[1]), {"WHO": who}) for who in ("before", "after")]
other = Child("1", (sys.executable, "-c", sys.argv[1]), {"WHO": "other"})
Supervisor([children[0], other], renew=lambda: [children[1]]).run()
"""


def test_a_renewed_process_takes_the_place_of_the_one_before_at_once() -> None:
    run = Run.__new__(Run)
    command = [sys.executable, "-c", RENEWING, OBEDIENT]
    run.process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, process_group=0)
    run.pids, run.seen, run._rest = {}, [], b""
    try:
        old = run.hears("up", "before")
        other = run.pids.get("other") or run.hears("up", "other")
        run.process.send_signal(signal.SIGUSR1)
        new = run.hears("up", "after")
        assert not alive(old)
        assert alive(new)
        assert alive(other)
    finally:
        run.process.terminate()
        run.process.wait(10)
