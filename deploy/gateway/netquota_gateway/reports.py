"""Accounting on its way: in order, each report repeated until it is acknowledged, however long the server is away.

A repetition says anew how long it waited (Acct-Delay-Time), so it is a new request with an Identifier of its own
(RFC 2866 §4.1, §5.2); an answer to any of the tries ends it. Sans-IO but for the spool.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from netquota.errors import Malformed
from netquota_gateway.packets import accounting_request
from netquota_gateway.sessions import Moment
from netquota_gateway.settings import Settings
from netquota_gateway.spool import Report, Spool
from radius.authenticity import response_fault
from radius.client_parts import Status
from radius.codec import Packet, parse

_IDENTIFIERS: Final = 256
_WINDOW: Final = 16
_LONGEST_WAIT_S: Final = 30.0


@dataclass(slots=True)
class _Waiting:
    report: Report
    due_s: float = 0.0
    tries: int = 0


class Reports:
    """All reports between their event and the server's answer."""

    def __init__(self, settings: Settings, spool: Spool) -> None:
        self._settings, self._spool = settings, spool
        self._waiting: OrderedDict[int, _Waiting] = OrderedDict((one.serial, _Waiting(one)) for one in spool.kept())
        self._sent: OrderedDict[int, tuple[int, Packet]] = OrderedDict()  # Identifier: report, request
        self._serial = max(self._waiting, default=0)
        self._following = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, status: Status, body: bytes, now: Moment, facts: dict[str, Any]) -> None:
        """Take a report of what happened now."""
        self._serial += 1
        report = Report(self._serial, status, now.epoch_s, body, facts)
        self._waiting[report.serial] = _Waiting(report)
        self._spool.put(report)
        self._note({"event": "sent", "serial": report.serial, "at": now.epoch_s, **facts})
        if len(self._waiting) > self._settings.radius.most_queued:
            self._drop_one()

    def poll(self, now: Moment) -> list[bytes]:
        """What to send now: the oldest reports, as many as may be under way at once."""
        datagrams: list[bytes] = []
        for one, _ in zip(self._waiting.values(), range(_WINDOW), strict=False):
            if one.due_s > now.s:
                continue
            delay_s = max(0, int(now.epoch_s - one.report.event_epoch_s))
            identifier = self._identifier()
            datagram = accounting_request(self._settings, one.report.body, delay_s, identifier)
            self._sent[identifier] = one.report.serial, parse(datagram)
            one.due_s = now.s + min(_LONGEST_WAIT_S, self._settings.radius.accounting_retry_s * 2**one.tries)
            one.tries = min(one.tries + 1, 8)
            datagrams.append(datagram)
        return datagrams

    def received(self, datagram: bytes, now: Moment) -> bool:
        """Whether this acknowledges a report and may be believed."""
        try:
            response = parse(datagram)
        except Malformed:
            return False
        serial, request = self._sent.get(response.identifier, (0, None))
        if request is None or response_fault(response, request, self._settings.secret) is not None:
            return False
        if self._waiting.pop(serial, None) is not None:
            self._spool.remove(serial)
            self._note({"event": "acked", "serial": serial, "at": now.epoch_s})
        self._sent = OrderedDict((key, value) for key, value in self._sent.items() if value[0] != serial)
        return True

    def hurry(self, now: Moment) -> None:
        """The server is back: nobody waits for his turn to repeat."""
        for one in self._waiting.values():
            one.due_s, one.tries = now.s, 0

    def next_due_s(self) -> float | None:
        """When `poll` will have something to do."""
        return min((one.due_s for one, _ in zip(self._waiting.values(), range(_WINDOW), strict=False)), default=None)

    def _identifier(self) -> int:
        """The next in turn; with at most 16 reports under way, the try that had it before is long superseded."""
        found, self._following = self._following, (self._following + 1) % _IDENTIFIERS
        self._sent.pop(found, None)
        return found

    def _drop_one(self) -> None:
        """Room for news: the oldest interim goes first, for later totals contain it."""
        interim = (serial for serial, one in self._waiting.items() if one.report.status is Status.INTERIM)
        serial = next(interim, next(iter(self._waiting)))
        del self._waiting[serial]
        self._spool.remove(serial)
        self.dropped += 1

    def _note(self, entry: dict[str, Any]) -> None:
        journal: Path | None = self._settings.radius.journal
        if journal is not None:
            with journal.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
