"""One installation runs once: a lock on a file of the state folder, held as long as the process lives."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from netquota.errors import ConfigurationError


@contextmanager
def only_instance(state_dir: Path) -> Generator[None]:
    """Hold the lock. Raises `ConfigurationError` where another process holds it or the folder cannot be used.

    Closed on exec and released by the kernel, so a killed process leaves nothing to clean up.
    """
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        handle = os.open(state_dir / "netquota.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(
            f"state_dir {state_dir} cannot be used: {error.strerror}; set state_dir to a folder that netquota may write"
        ) from None
    try:
        _take(handle, state_dir)
        yield
    finally:
        os.close(handle)


def _take(handle: int, state_dir: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(handle, 20).decode(errors="replace").strip() or "unknown"
        raise ConfigurationError(
            f"netquota already runs with state_dir {state_dir} (process {holder}): stop it or set another state_dir"
        ) from None
    os.ftruncate(handle, 0)
    os.write(handle, f"{os.getpid()}\n".encode())
