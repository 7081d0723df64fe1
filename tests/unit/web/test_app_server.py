"""The web process: real sockets, a taken port told by its setting, forwarded headers, an orderly end."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from netquota.errors import ConfigurationError
from netquota.secrets import create_key_file
from netquota.settings import Settings, as_environment, load
from netquota.storage.database import Database
from web.server import options, run

START_S, END_S = 20.0, 24.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    create_key_file(tmp_path / "netquota.key")
    wishes = {
        "state_dir": str(tmp_path),
        "database.url": sqlite_database.url,
        "web.port": free_port(),
        "metrics.port": 0,
        "log.format": "json",
    }
    return load(env={}, overrides=wishes)


@pytest.fixture
def process(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, **as_environment(settings)}
    command = [sys.executable, "-m", "netquota.cli", "web"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as started:
        yield started
        started.kill()


def until_listening(process: subprocess.Popen[str]) -> None:
    """Wait for the line that says so, which the process writes once its socket is open."""
    assert process.stderr is not None
    lines: list[str] = []
    for line in process.stderr:
        lines.append(line)
        if "web listens" in line:
            return
    raise AssertionError("".join(lines))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(
    settings: Settings, process: subprocess.Popen[str], number: signal.Signals
) -> None:
    until_listening(process)
    connection = http.client.HTTPConnection("127.0.0.1", settings.web.port, timeout=START_S)
    connection.request("GET", "/readyz")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["X-Content-Type-Options"]) == (200, "nosniff")
    assert "Server" not in answer.headers
    process.send_signal(number)
    assert process.wait(END_S) == 0


def test_a_taken_port_is_told_by_its_setting(settings: Settings) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", settings.web.port))
        other.listen()
        with pytest.raises(ConfigurationError, match=rf"web\.port {settings.web.port} is taken"):
            run(settings)


def test_only_the_trusted_proxy_says_where_a_request_came_from() -> None:
    alone = options(Settings())
    assert alone["clear_untrusted_proxy_headers"] is True
    assert "trusted_proxy" not in alone
    behind = options(Settings.model_validate({"web": {"trusted_proxy": "127.0.0.1"}}))
    assert behind["trusted_proxy"] == "127.0.0.1"
    assert behind["trusted_proxy_headers"] == {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
