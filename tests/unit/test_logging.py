"""The log: form, what it hides, and that nobody waits for it."""

from __future__ import annotations

import io
import json
import logging
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from netquota.logging import Outlet, SparseLog, configure, get_logger, hide_passwords


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    for handler in logging.getLogger().handlers:
        handler.close()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_time_level_and_process(stream: io.StringIO) -> None:
    configure(process="radius-0", stream=stream)
    get_logger("radius").info("started", port=1812)
    logging.getLogger("waitress").warning("slow %s", "page")
    ours, foreign = lines(stream)
    assert (ours["event"], ours["level"], ours["process"], ours["port"]) == ("started", "info", "radius-0", 1812)
    assert ours["at"].endswith("Z")
    assert (foreign["event"], foreign["logger"]) == ("slow page", "waitress")


def test_secrets_are_hidden_by_name_and_in_urls(stream: io.StringIO) -> None:
    configure(stream=stream)
    get_logger("x").info(
        "opened postgresql://netquota:hush@db/n",
        password="hush",
        shared_secret="hush",
        api_token="hush",
        given={"kata_sandi": "hush", "nas": "rsud"},
        error="could not open postgresql://netquota:hush@db/n",
    )
    (line,) = lines(stream)
    assert "hush" not in json.dumps(line)
    assert line["given"] == {"kata_sandi": "***", "nas": "rsud"}
    assert hide_passwords("postgresql://u:p@ss@h/d") == "postgresql://u:***@h/d"


def test_an_exception_is_part_of_the_same_line(stream: io.StringIO) -> None:
    configure(stream=stream)
    try:
        raise RuntimeError("postgresql://u:hush@h/d")
    except RuntimeError:
        get_logger("x").exception("failed")
    (line,) = lines(stream)
    assert "RuntimeError" in line["exception"]
    assert "hush" not in line["exception"]


def test_a_person_gets_readable_lines(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    configure(form="console", stream=stream)
    get_logger("x").info("started", port=1812)
    logging.getLogger().handlers[0].close()
    assert "started" in stream.getvalue()
    assert "port=1812" in stream.getvalue()
    assert "\x1b[" not in stream.getvalue()


def test_level_leaves_out_what_is_below(stream: io.StringIO) -> None:
    configure(level="warning", stream=stream)
    get_logger("x").info("quiet")
    assert lines(stream) == []


def test_a_blocked_log_pipe_delays_nobody() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as pipe:
        outlet = Outlet(pipe, capacity=50)
        record = logging.LogRecord("x", logging.INFO, "", 0, "y" * 10_000, None, None)
        began = time.monotonic()
        for _ in range(2_000):
            outlet.emit(record)
        assert time.monotonic() - began < 1
        assert outlet.dropped > 1_000
        os.close(reading)


def test_one_line_a_minute_per_cause_and_source_and_the_next_says_what_was_left_out() -> None:
    with capture_logs() as seen:
        log = SparseLog(get_logger("x"))
        at = [(0.0, "malformed", "a"), (1.0, "malformed", "a"), (2.0, "malformed", "b"), (59.9, "malformed", "a")]
        logged = [log.warning("dropped", cause=cause, source=source, now_s=now) for now, cause, source in at]
        logged.append(log.warning("dropped", cause="malformed", source="a", now_s=60.0))
    assert logged == [True, False, True, False, True]
    assert [(line["source"], line["left_out"]) for line in seen] == [("a", 0), ("b", 0), ("a", 2)]


def test_many_forged_sources_neither_fill_memory_nor_the_log() -> None:
    with capture_logs() as seen:
        log = SparseLog(get_logger("x"), capacity=100)
        for number in range(10_000):
            log.warning("dropped", cause="unknown source", source=str(number), now_s=0.0)
    assert len(seen) == 101
    assert len(log._last) <= 101
