"""What outlives this process: reports that wait for the server, and which sessions run, so that their end gets told."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from netquota.domain.units import NO_OCTETS
from netquota_gateway.kernel import Kernel, KernelRefused
from netquota_gateway.sessions import Moment, Session, recalled
from netquota_gateway.spool import Spool


class Memory:
    """A state folder; None keeps nothing beyond this process."""

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.spool = Spool(None if folder is None else folder / "reports")
        self._sessions = None if folder is None else folder / "sessions.json"

    def sessions(self, running: Iterable[Session], now: Moment) -> None:
        """These run now, and have used so much."""
        if self._sessions is None:
            return
        draft = self._sessions.with_suffix(".new")
        draft.write_text(json.dumps([session.remembered(now) for session in running]))
        draft.replace(self._sessions)

    def left_behind(self, kernel: Kernel, now: Moment) -> list[Session]:
        """Sessions of a process that was killed: they went on in the kernel, whose counters say what they used."""
        if self._sessions is None or not self._sessions.exists():
            return []
        try:
            saved = cast(list[dict[str, Any]], json.loads(self._sessions.read_text()))
            found = [recalled(one, now) for one in saved]
        except (OSError, ValueError, KeyError, TypeError):
            return []
        try:
            counted = kernel.octets()
        except KernelRefused:  # the machine was started anew: what was remembered last is all there is
            counted = {}
        for session in found:
            octets = counted.get(session.minor, NO_OCTETS)
            session.used = octets if octets.total >= session.used.total else session.used
        return found
