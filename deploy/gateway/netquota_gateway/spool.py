"""Reports that wait for the server, one small file each, so that neither an outage nor a restart of ours loses one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from radius.client_parts import Status

_SUFFIX: Final = ".json"


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it happened. `facts` are for the journal: the same in words."""

    serial: int
    status: Status
    event_epoch_s: float
    body: bytes
    facts: dict[str, Any]


class Spool:
    """A folder of reports; `folder` None keeps them in memory alone. Whoever calls sees to their order and number."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, report: Report) -> None:
        """Keep a report; whole or not at all."""
        if self._folder is None:
            return
        content: dict[str, Any] = {"status": int(report.status), "event": report.event_epoch_s}
        content |= {"body": report.body.hex(), "facts": report.facts}
        path = self._path(report.serial)
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(content))
        draft.replace(path)

    def remove(self, serial: int) -> None:
        """The server has it, or it is given up."""
        if self._folder is not None:
            self._path(serial).unlink(missing_ok=True)

    def kept(self) -> Iterator[Report]:
        """What an earlier process left, oldest first; a file that cannot be read is passed over and stays."""
        if self._folder is None:
            return
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            try:
                saved = json.loads(path.read_text())
                yield Report(
                    int(path.stem), Status(saved["status"]), saved["event"],
                    bytes.fromhex(saved["body"]), saved["facts"],
                )  # fmt: skip
            except (ValueError, KeyError, TypeError, OSError):
                continue

    def _path(self, serial: int) -> Path:
        assert self._folder is not None  # noqa: S101 (callers looked)
        return self._folder / f"{serial:012d}{_SUFFIX}"
