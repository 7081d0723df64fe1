"""The open sessions that a worker counted last, so that their next report needs no reading.

A memory, never the truth: `seq` shows at the write whether another writer came between, and then the database is read.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from netquota.storage.ledger_store import SessionKey
from netquota.storage.session_row import SessionRow, calm_values

MOST_KEYS = 20_000  # a kilobyte each


class SessionMemory:
    """Sessions by (gateway, Acct-Session-Id), those spoken of least lately forgotten first. For one thread.

    All incarnations of a key are remembered together, and only while the newest is open.
    """

    def __init__(self, most: int = MOST_KEYS) -> None:
        self._most = most
        self._rows: OrderedDict[SessionKey, list[SessionRow]] = OrderedDict()

    def knows(self, keys: Iterable[SessionKey]) -> bool:
        """Whether all of these keys are remembered."""
        held = self._rows
        return all(key in held for key in keys)

    def take(self, keys: Iterable[SessionKey]) -> tuple[list[SessionRow], list[SessionKey]]:
        """(the rows remembered for these keys, the keys to be read). What is taken is no longer remembered."""
        rows: list[SessionRow] = []
        unknown: list[SessionKey] = []
        pop = self._rows.pop
        for key in keys:
            held = pop(key, None)
            if held is None:
                unknown.append(key)
            else:
                rows += held
        return rows, unknown

    def keep(self, sessions: Mapping[SessionKey, list[SessionRow]]) -> None:
        """Remember all rows of these keys as they stand now, durably written."""
        for key, rows in sessions.items():
            if rows and rows[-1].ended_s is None:
                for row in rows:
                    if row.kept is None:
                        row.kept = calm_values(row)
                self._rows[key] = rows
        while len(self._rows) > self._most:
            self._rows.popitem(last=False)

    def forget(self, rows: Iterable[SessionRow]) -> None:
        """Forget sessions that were changed by way of other rows."""
        for row in rows:
            self._rows.pop((row.gateway_id, row.acct_session_id), None)

    def clear(self) -> None:
        """Forget all."""
        self._rows.clear()
