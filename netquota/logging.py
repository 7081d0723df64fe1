"""One log for all processes: JSON lines under a supervisor, colour for a person; never a secret, never a pause.

Records go through a bounded queue to one writing thread, so a log pipe that nobody reads delays no packet and no page.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import re
import sys
import threading
from collections.abc import Mapping
from typing import Any, Literal, TextIO, cast

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter
from structlog.typing import EventDict, Processor

Format = Literal["auto", "json", "console"]

QUEUED_LINES = 10_000
_LEAVE_S = 2.0
_TALKATIVE = ("alembic", "apscheduler", "sqlalchemy", "waitress", "werkzeug")
"""Libraries that tell at `info` what helps nobody but their authors."""
_HIDDEN = "***"
_SECRET_KEY = re.compile(r"passw|secret|token|credential|authorization|cookie|private|(?:^|_)key$|sandi", re.IGNORECASE)
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^\s/:@]*):[^\s/]+@")


def get_logger(name: str) -> BoundLogger:
    """A logger; bind what stays the same, give the rest as keywords: `log.info("order sent", nas="rsud")`."""
    return cast(BoundLogger, structlog.get_logger(name))


def configure(level: str = "info", form: Format = "auto", process: str = "", stream: TextIO | None = None) -> None:
    """Set up this process's log on `stream` (standard error). `process` names the process in each line."""
    target = sys.stderr if stream is None else stream
    as_console = form == "console" or (form == "auto" and target.isatty())
    steps = _steps(process)
    structlog.configure(
        processors=[*steps, ProcessorFormatter.wrap_for_formatter],
        wrapper_class=BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    outlet = Outlet(target)
    outlet.setFormatter(ProcessorFormatter(foreign_pre_chain=steps, processors=_rendering(as_console)))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        if isinstance(old, Outlet):
            old.close()
    root.addHandler(outlet)
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING) if level != "debug" else logging.DEBUG)


def is_configured() -> bool:
    """Whether `configure` was called in this process."""
    return any(isinstance(handler, Outlet) for handler in logging.getLogger().handlers)


def _steps(process: str) -> list[Processor]:
    steps: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        without_secrets,
    ]
    return [*steps, _names(process)] if process else steps


def _names(process: str) -> Processor:
    def add_process(_logger: Any, _method: str, event: EventDict) -> EventDict:
        return {"process": process, **event}

    return add_process


def _rendering(as_console: bool) -> list[Any]:
    if as_console:
        renderer: Any = structlog.dev.ConsoleRenderer(colors="NO_COLOR" not in os.environ, pad_event_to=0)
    else:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    return [ProcessorFormatter.remove_processors_meta, renderer]


def without_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """The same event with what its key calls secret, and passwords inside URLs, hidden."""
    return {key: _hidden(key, value) for key, value in event.items()}


def _hidden(key: str, value: Any) -> Any:
    if _SECRET_KEY.search(key):
        return _HIDDEN
    if isinstance(value, str):
        return hide_passwords(value)
    if isinstance(value, Mapping):
        inner = cast(Mapping[object, Any], value)
        return {str(name): _hidden(str(name), part) for name, part in inner.items()}
    return value


def hide_passwords(text: str) -> str:
    """The text with the password of each URL in it hidden."""
    return _PASSWORD_IN_URL.sub(rf"\1:{_HIDDEN}@", text)


class Outlet(logging.Handler):
    """Hands lines to one writing thread; when the reader is away longer than the queue lasts, lines are dropped."""

    def __init__(self, stream: TextIO, capacity: int = QUEUED_LINES) -> None:
        super().__init__()
        self.dropped = 0
        self._stream = stream
        self._lines: queue.Queue[str | None] = queue.Queue(capacity)
        self._writer = threading.Thread(target=self._write, name="log", daemon=True)
        self._writer.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue one line; never waits."""
        try:
            self._lines.put_nowait(self.format(record))
        except queue.Full:
            self.dropped += 1
        except Exception:  # noqa: BLE001 - a record that cannot be formatted must not stop what it tells of
            self.handleError(record)

    def close(self) -> None:
        """Write what is queued, unless the reader does not take it within two seconds."""
        with contextlib.suppress(queue.Full):
            self._lines.put(None, timeout=_LEAVE_S)
            self._writer.join(_LEAVE_S)
        super().close()

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                self._stream.write(line + "\n")
                if self._lines.empty():
                    self._stream.flush()
            except (OSError, ValueError):
                self.dropped += 1


class SparseLog:
    """At most one line a minute per cause and source; the next one says how many were left out."""

    def __init__(self, log: BoundLogger, every_s: float = 60.0, capacity: int = 10_000) -> None:
        self._log, self._every_s, self._capacity = log, every_s, capacity
        self._last: dict[tuple[str, str], tuple[float, int]] = {}

    def warning(self, event: str, *, cause: str, source: str, now_s: float, **more: object) -> bool:
        """Log, and say so, unless the cause was logged for this source within the minute; `now_s` is monotonic."""
        key = (cause, source)
        if key not in self._last and len(self._last) >= self._capacity:
            self._forget(now_s)
            key = key if len(self._last) < self._capacity else (cause, "others")
        last_s, left_out = self._last.get(key, (now_s - self._every_s, 0))
        if now_s - last_s < self._every_s:
            self._last[key] = (last_s, left_out + 1)
            return False
        self._last[key] = (now_s, 0)
        self._log.warning(event, cause=cause, source=key[1], left_out=left_out, **more)
        return True

    def _forget(self, now_s: float) -> None:
        """Let go of what may be logged again anyway."""
        self._last = {key: seen for key, seen in self._last.items() if now_s - seen[0] < self._every_s}
