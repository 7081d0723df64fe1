"""Commits that are waited for by a thread of their own, so that a writer gathers the next batch while a disk turns.

One at a time, in the order in which they were given: the next is taken when the one before has ended.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from netquota.errors import NetquotaError
from netquota.storage.database import OpenWrite

Then = Callable[[NetquotaError | None], None]
"""What follows a commit, in the thread that made it; the error says that nothing was kept."""


class Commits:
    """For one writer. `give` returns at once unless another commit is under way."""

    def __init__(self) -> None:
        self._executor: ThreadPoolExecutor | None = None  # made when first wanted: a process may have forked before
        self._last: Future[None] | None = None

    def give(self, write: OpenWrite, then: Then) -> None:
        """Commit, then call `then`."""
        self.wait()
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, "commits")
        self._last = self._executor.submit(_commit, write, then)

    def wait(self) -> None:
        """Return when all that was given has ended, and what follows it was called."""
        last, self._last = self._last, None
        if last is not None:
            last.result()

    def close(self) -> None:
        """Wait, and end the thread."""
        self.wait()
        if self._executor is not None:
            self._executor.shutdown()
            self._executor = None


def _commit(write: OpenWrite, then: Then) -> None:
    try:
        write.commit()
    except NetquotaError as error:
        then(error)
    else:
        then(None)
