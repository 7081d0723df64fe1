"""A server of its own for a rehearsal: a temporary folder, free ports, `netquota serve`, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from netquota import ports
from netquota.cli.preparation import prepare
from netquota.errors import ConfigurationError
from netquota.lifeline import SUPERVISOR_VARIABLE
from netquota.secrets import Keyring
from netquota.settings import Settings, as_environment, load

LOOPBACK: Final = "127.0.0.1"
_READY_WITHIN_S: Final = 60.0
_END_WITHIN_S: Final = 20.0
_LOG_LINES: Final = 15


@contextmanager
def own_server(
    overrides: Mapping[str, object],
    prepared: Callable[[Settings, Keyring], None],
    ready: Callable[[Settings, float], bool],
) -> Generator[Settings]:
    """Run `netquota serve` while the block lasts; `prepared` fills its empty database before.

    `ready(settings, seconds)` tells whether it answers within so long. `overrides` are settings by key; nothing else is
    taken from this machine's. Raises `ConfigurationError` where it does not come up, with what it said last.
    """
    folder = Path(tempfile.mkdtemp(prefix="netquota-simulate-"))
    try:
        settings = _settings(folder, overrides)
        prepared(settings, prepare(settings))
        process = _started(settings, folder / "serve.log")
        try:
            _wait(process, lambda: ready(settings, 0.5), folder / "serve.log")
            yield settings
        finally:
            _end(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settings(folder: Path, overrides: Mapping[str, object]) -> Settings:
    own: dict[str, object] = {
        "state_dir": str(folder), "radius.bind": LOOPBACK, "web.bind": LOOPBACK, "metrics.port": 0,
        "radius.auth_port": ports.free_port(datagram=True), "radius.acct_port": ports.free_port(datagram=True),
        "web.port": ports.free_port(), "log.level": "warning",
    }  # fmt: skip
    return load(env={"NETQUOTA_CONFIG": ""}, overrides={**own, **overrides})


def _started(settings: Settings, log: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **as_environment(settings), SUPERVISOR_VARIABLE: str(os.getpid())}
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "netquota.cli", "serve"], env=environment, stdin=subprocess.DEVNULL,
            stdout=file, stderr=file, process_group=0,
        )  # fmt: skip


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + _READY_WITHIN_S
    while not ready():
        if process.poll() is not None or time.monotonic() > until:
            said = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
            raise ConfigurationError("the server of the rehearsal does not answer; it said:\n" + "\n".join(said))


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(_END_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
