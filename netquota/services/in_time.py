"""Questions to a database that may stand still: asked by a thread of their own, and answered in time or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue

from netquota.errors import NetquotaError


@dataclass(slots=True)
class _Question:
    ask: Callable[[], int]
    done: threading.Event = field(default_factory=threading.Event)
    answer: int | None = None


class InTime:
    """One question after another; after one that was not answered in `wait_s` none is put until it is."""

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._questions: SimpleQueue[_Question] = SimpleQueue()
        self._stuck: threading.Event | None = None
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def ask(self, question: Callable[[], int]) -> int | None:
        """The answer; None where it did not come in time, or failed. May be called by several threads."""
        stuck = self._stuck
        if stuck is not None and not stuck.is_set():
            return None
        one = _Question(question)
        self._start()
        self._questions.put(one)
        if not one.done.wait(self._wait_s):
            self._stuck = one.done
            return None
        return one.answer

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="in-time", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            one = self._questions.get()
            try:
                one.answer = one.ask()
            except NetquotaError:  # who asked goes on without an answer
                one.answer = None
            finally:
                one.done.set()
