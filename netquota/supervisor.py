"""Start and watch the processes of one machine: restart with backoff, stop together, leave nothing behind.

It knows commands, not what they do; which processes there are is the command line's affair.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from structlog.stdlib import BoundLogger

from netquota.clock import Clock, SystemClock
from netquota.errors import ConfigurationError
from netquota.lifeline import SUPERVISOR_VARIABLE, tell_systemd
from netquota.logging import get_logger

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
HEALTHY_AFTER_S = 60.0
GRACE_S = 5.0
_WATCHDOG_S = 10.0


@dataclass(frozen=True, slots=True)
class Child:
    """One process to keep running: its name in the log, its command, what its environment holds beside ours."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict[str, str])


def wait_before_restart(last_wait_s: float, lived_s: float) -> float:
    """Seconds to wait: 1, 2, 4 … 30; from the start again once a process lived for a minute."""
    if last_wait_s == 0 or lived_s >= HEALTHY_AFTER_S:
        return FIRST_WAIT_S
    return min(2 * last_wait_s, LONGEST_WAIT_S)


@dataclass(slots=True)
class _Kept:
    """A child and how it fares."""

    child: Child
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    due_s: float = 0.0
    wait_s: float = 0.0
    is_leaving: bool = False


class Supervisor:
    """Keeps `children` running until a signal (SIGINT, SIGTERM, SIGHUP) or `stop` ends them all.

    At SIGUSR1 the processes that `renew` gives take the place of those of the same name (new settings).
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        clock: Clock | None = None,
        log: BoundLogger | None = None,
        grace_s: float = GRACE_S,
        renew: Callable[[], Sequence[Child]] | None = None,
    ) -> None:
        """`grace_s`: how long children may take to end by themselves before they are killed."""
        self._renew, self._renewals_asked = renew, 0
        self._kept = [_Kept(child) for child in children]
        self._clock: Clock = clock or SystemClock()
        self._log = log or get_logger("netquota.supervisor")
        self._grace_s = grace_s
        self._stops_asked = 0
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def run(self, when_started: Callable[[], None] | None = None) -> None:
        """Return when all have ended. To be called from the main thread, once; `when_started` runs beside it."""
        with self._signals():
            try:
                self._start_due()
                tell_systemd("READY=1", os.environ)
                if when_started is not None:
                    threading.Thread(target=when_started, name="started", daemon=True).start()
                while not self._stops_asked:
                    self._wait(self._until_next_s())
                    self._renew_if_asked()
                    self._reap()
                    self._start_due()
                    tell_systemd("WATCHDOG=1", os.environ)
            finally:
                tell_systemd("STOPPING=1", os.environ)
                self._stop_all()

    def stop(self) -> None:
        """Ask `run` to end all; may be called from any thread. A second time: at once."""
        self._stops_asked += 1
        with contextlib.suppress(OSError):  # full: it wakes anyway; closed: all have ended
            os.write(self._wake_write, b"\0")

    def _start_due(self) -> None:
        now = self._clock.monotonic()
        for kept in self._kept:
            if kept.process is None and kept.due_s <= now:
                self._start(kept, now)

    def _start(self, kept: _Kept, now_s: float) -> None:
        env = {**os.environ, **kept.child.env, SUPERVISOR_VARIABLE: str(os.getpid())}
        # A group of its own, so that Ctrl-C reaches the supervisor alone and all are stopped in one way.
        kept.process = subprocess.Popen(kept.child.command, env=env, stdin=subprocess.DEVNULL, process_group=0)
        kept.started_s = now_s
        self._log.info("process started", name=kept.child.name, pid=kept.process.pid)

    def _reap(self) -> None:
        now = self._clock.monotonic()
        for kept in self._kept:
            if kept.process is None or (status := kept.process.poll()) is None:
                continue
            kept.process = None
            if kept.is_leaving:
                kept.is_leaving, kept.due_s = False, now
                continue
            kept.wait_s = wait_before_restart(kept.wait_s, now - kept.started_s)
            kept.due_s = now + kept.wait_s
            self._log.warning("process ended", name=kept.child.name, status=ending(status), again_in_s=kept.wait_s)

    def _renew_if_asked(self) -> None:
        """End the processes that have successors; these start as soon as they are gone."""
        if not self._renewals_asked or self._renew is None:
            return
        self._renewals_asked = 0
        try:
            successors = {child.name: child for child in self._renew()}
        except ConfigurationError as error:
            self._log.error("settings cannot be used; the processes go on with those of before", error=str(error))
            return
        for kept in self._kept:
            if kept.child.name in successors:
                kept.child = successors[kept.child.name]
                kept.wait_s, kept.is_leaving = 0.0, kept.process is not None
                if kept.process is not None:
                    kept.process.terminate()
        self._log.info("processes begin anew with other settings", names=sorted(successors))

    def _until_next_s(self) -> float:
        now = self._clock.monotonic()
        waits = [kept.due_s - now for kept in self._kept if kept.process is None]
        return max(0.0, min([*waits, _WATCHDOG_S]))

    def _wait(self, timeout_s: float) -> None:
        select.select([self._wake_read], [], [], timeout_s)
        with contextlib.suppress(BlockingIOError):
            while os.read(self._wake_read, 512):
                pass

    def _stop_all(self) -> None:
        began = self._clock.monotonic()
        asked = self._stops_asked
        self._signal_all(signal.SIGTERM)
        while self._running() and self._stops_asked <= max(asked, 1):
            left = self._grace_s - (self._clock.monotonic() - began)
            if left <= 0:
                break
            self._wait(left)
        for kept in self._running():
            self._log.warning("process killed", name=kept.child.name, reason="it did not end by itself")
        self._signal_all(signal.SIGKILL)
        for kept in self._kept:
            if kept.process is not None:
                kept.process.wait()
        self._log.info("all stopped", within_s=round(self._clock.monotonic() - began, 2))

    def _running(self) -> list[_Kept]:
        return [kept for kept in self._kept if kept.process is not None and kept.process.poll() is None]

    def _signal_all(self, number: signal.Signals) -> None:
        for kept in self._running():
            if kept.process is not None:
                kept.process.send_signal(number)

    @contextlib.contextmanager
    def _signals(self) -> Generator[None]:
        """Handlers while it runs; a child that ends wakes the loop through the same pipe."""

        def on_stop(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        def on_renew(_number: int, _frame: FrameType | None) -> None:
            self._renewals_asked += 1

        def on_child(_number: int, _frame: FrameType | None) -> None:
            pass  # the wake-up pipe has been written to, which is all that is needed

        handlers = {
            signal.SIGINT: on_stop, signal.SIGTERM: on_stop, signal.SIGHUP: on_stop, signal.SIGUSR1: on_renew,
            signal.SIGCHLD: on_child,
        }  # fmt: skip
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        wakeup_before = signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup_before)
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(self._wake_read)
            os.close(self._wake_write)


def ending(status: int) -> str:
    """How a process ended, in words: `exit 1`, `SIGKILL`."""
    if status >= 0:
        return f"exit {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
