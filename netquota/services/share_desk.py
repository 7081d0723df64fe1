"""When rounds over shared ceilings are made: what happened marks a ceiling, and a worker's look around makes its round.

A beginning, an end, an answer or a changed policy asks for a round at once, a report of use within seconds; a slow pass
over all heals whatever was missed. What is marked is this worker's; the ceiling's row keeps rounds of all apart.
"""

from __future__ import annotations

from collections.abc import Iterable

from netquota.domain.share_pace import DEMAND_AFTER_MS, RoundPace
from netquota.services.facts import Policy
from netquota.services.gateways import GatewayBook
from netquota.services.share import Round, rebalance
from netquota.services.share_pool import SharedPlace, shared_places
from netquota.storage.database import Database, Entangled
from netquota.storage.ledger_store import page_on
from netquota.storage.session_row import SessionRow


class ShareDesk:
    """The shared ceilings that one worker has to look at again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._policy_number = 0
        self._places: dict[int, SharedPlace] = {}
        self._of_site: dict[int, int] = {}
        self._paces: dict[int, RoundPace] = {}
        self.last: dict[int, Round] = {}

    def saw(self, rows: Iterable[SessionRow], decided: Iterable[int], now_ms: int) -> None:
        """Sessions were counted; `decided`: those decided for anew (ids), as a session is when it begins."""
        anew = frozenset(decided)
        for row in rows:
            if row.site_id in self._of_site:
                is_urgent = not row.is_open or row.id in anew
                self._paces[self._of_site[row.site_id]].mark(now_ms if is_urgent else now_ms + DEMAND_AFTER_MS)

    def answered(self, rows: Iterable[SessionRow], now_ms: int) -> None:
        """Orders of these sessions ended: there may be room now."""
        for row in rows:
            if row.site_id in self._of_site:
                self._paces[self._of_site[row.site_id]].mark(now_ms)

    def look(self, policy: Policy, gateways: GatewayBook, now_ms: int) -> bool:
        """Make the rounds that are due; whether any wrote orders. Raises `StorageUnavailable`."""
        self._know(policy, now_ms)
        ordered = False
        for opd_id, pace in self._paces.items():
            if pace.is_due(now_ms):
                ordered = self._round(policy, gateways, opd_id, pace, now_ms) or ordered
        return ordered

    def _know(self, policy: Policy, now_ms: int) -> None:
        """A new policy: all its ceilings are looked at now."""
        if policy.number == self._policy_number:
            return
        self._policy_number = policy.number
        self._places = shared_places(policy.snapshot)
        self._of_site = {site_id: opd_id for opd_id, place in self._places.items() for site_id in place.sites}
        self._paces = {opd_id: RoundPace(now_ms) for opd_id in self._places}

    def _round(self, policy: Policy, gateways: GatewayBook, opd_id: int, pace: RoundPace, now_ms: int) -> bool:
        try:
            with self._database.write() as connection:
                page = page_on(connection)
                found = rebalance(page, connection, policy, gateways, self._places[opd_id], now_ms)
        except Entangled:
            found = None
        if found is None:  # another worker's round, or its writer, was just there
            pace.put_off(now_ms)
            return False
        self.last[opd_id] = found
        pace.made(now_ms, found.looked_at, len(found.ordered), is_awaited=bool(found.waiting))
        return bool(found.ordered)
