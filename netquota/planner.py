"""Starts the process that plans when there is something to compute; in a thread of the scheduler that works.

Computing loads numpy and takes minutes: in a process of its own it holds up no job, and gives its memory back.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Final

from netquota.clock import Clock
from netquota.errors import StorageUnavailable
from netquota.lifeline import SUPERVISOR_VARIABLE
from netquota.logging import get_logger
from netquota.storage import plan_store
from netquota.storage.database import Database

TURN_S: Final = 2.0
STOP_WITHIN_S: Final = 5.0
AGAIN_S: Final = 60.0
"""After a process that ended badly the next one waits so long: each costs a second of computing to start."""
COMMAND: Final = (sys.executable, "-m", "netquota.cli", "plan", "work")

log = get_logger("planner")


class Planner:
    """The thread: `start`, then `stop`, which ends a computation under way; it is taken up again later.

    `environment`: under which the process loads our settings. `works`: whether this scheduler is the one that works.
    """

    def __init__(
        self, database: Database, clock: Clock, environment: Mapping[str, str], works: Callable[[], bool]
    ) -> None:
        self._database, self._clock, self._works = database, clock, works
        # the process ends with this one, not with the supervisor that started this one
        self._environment = {**os.environ, **environment, SUPERVISOR_VARIABLE: str(os.getpid())}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="planner", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(TURN_S):
            try:
                if self._works() and self._waits() and not self._compute():
                    self._stop.wait(AGAIN_S)
            except StorageUnavailable as error:
                log.warning("the database does not answer; it is asked again", problem=str(error))
            except Exception as error:  # noqa: BLE001 (a thread's edge: the next turn begins anew)
                log.error("a turn of the planner failed", problem=type(error).__name__)

    def _waits(self) -> bool:
        with self._database.read() as connection:
            return plan_store.waits(connection, int(self._clock.now().timestamp()))

    def _compute(self) -> bool:
        """Whether the process ended well."""
        process = subprocess.Popen(COMMAND, env=self._environment, stdin=subprocess.DEVNULL)
        while process.poll() is None:
            if self._stop.wait(0.2):
                process.terminate()
                try:
                    process.wait(STOP_WITHIN_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                return True
        if process.returncode:
            log.error("the process that plans ended badly", status=process.returncode)
        return not process.returncode
