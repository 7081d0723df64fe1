"""An office's morning: many phones open the log-in page at once and log in for the first time that day."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Barrier
from urllib.parse import urlencode

from netquota.lifeline import SUPERVISOR_VARIABLE
from netquota.ports import free_port
from netquota.settings import Settings, as_environment
from tests.live.city import MBPS, PASSWORD, City
from tests.live.phone import Form
from tests.live.workers import settings_for, until

PHONES = 200
_WAIT_S = 120.0
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Morning:
    """Seconds from the common start until each phone was sent on with its token; what went wrong instead."""

    seconds: tuple[float, ...]
    wrong: tuple[str, ...]

    @property
    def last_s(self) -> float:
        return max(self.seconds, default=0.0)


def people(city: City, phones: int = PHONES) -> None:
    """As many employees as phones, and the gateway that they are behind."""
    city.nas("gw-lobi", "127.0.8.9")
    city.plan("staf", 10 * MBPS, 5 * MBPS)
    for number in range(phones):
        city.employee(f"pegawai{number}", "staf")


@contextmanager
def running_web(url: str, folder: Path) -> Iterator[Settings]:
    """The web door as a process of its own, with the settings that an office has."""
    settings = settings_for(url, folder, web__port=free_port())
    environment = {
        **os.environ, **as_environment(settings), SUPERVISOR_VARIABLE: str(os.getpid()), "PYTHONPATH": str(_ROOT),
    }  # fmt: skip
    with (folder / "web.log").open("ab") as log:
        command = [sys.executable, "-m", "netquota.cli", "web"]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            until(lambda: _is_up(settings, process), "the web door answers", 60, 0.05)
            yield settings
        finally:
            process.terminate()
            process.wait(20)


def morning(settings: Settings, phones: int = PHONES) -> Morning:
    """All phones at once: the page, the form, on to the gateway. Each has the patience of a person who waits."""
    start = Barrier(phones + 1)
    with ThreadPoolExecutor(phones) as pool:
        asked = [pool.submit(_logs_in, settings.web.port, number, start) for number in range(phones)]
        start.wait()
        found = [one.result() for one in asked]
    return Morning(
        tuple(one for one in found if isinstance(one, float)), tuple(one for one in found if isinstance(one, str))
    )


def _logs_in(port: int, number: int, start: Barrier) -> float | str:
    """Seconds that it took, or what was shown in place of the way on."""
    mac = f"02:00:00:00:{number // 256:02X}:{number % 256:02X}"
    fields = {
        "mac": mac, "ip": "10.5.50.7", "link-login-only": "http://10.5.50.1/login", "link-orig": "",
        "identity": "gw-lobi", "server-name": "hs",
    }  # fmt: skip
    start.wait()
    began = time.monotonic()
    try:
        status, page = _ask(port, "GET", f"/portal/login?{urlencode(fields)}")
        if status != 200:
            return f"{status} for the page"
        form = Form(page, "/portal/login")
        typed = form.fields | {"username": f"pegawai{number}", "password": PASSWORD}
        status, page = _ask(port, "POST", form.action or "", urlencode(typed))
    except (OSError, HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    if status != 200 or "password=nqt-" not in page:
        return f"{status} for the form"
    return time.monotonic() - began


def _ask(port: int, method: str, path: str, body: str = "") -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=_WAIT_S)
    try:
        connection.request(method, path, body or None, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def _is_up(settings: Settings, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None
    try:
        return _ask(settings.web.port, "GET", "/livez")[0] == 200
    except OSError:
        return False
