"""The policy that pages decide from and show: one snapshot for the process, brought up to date as pages are asked for.

A calendar remembers and is not shared between threads, so each thread has its own view of the same snapshot.
"""

from __future__ import annotations

import threading
from zoneinfo import ZoneInfo

from netquota.clock import Clock
from netquota.errors import StorageUnavailable
from netquota.logging import get_logger
from netquota.secrets import Keyring
from netquota.services.facts import Policy
from netquota.services.gateways import GatewayBook
from netquota.storage.database import Database
from netquota.storage.policy_store import load_snapshot, refresh
from netquota.storage.snapshot import Snapshot

LOOK_EVERY_S = 0.5
log = get_logger("web")


class _Mine(threading.local):
    policy: Policy | None = None


class PolicyView:
    """Snapshot and gateways, at most `LOOK_EVERY_S` old; while the database is away the last ones serve."""

    def __init__(self, database: Database, keyring: Keyring, zone: ZoneInfo, floor_bps: int, clock: Clock) -> None:
        """`floor_bps`: the least that a throttle leaves, in bit/s."""
        self._database, self._keyring, self._zone = database, keyring, zone
        self._floor_bps, self._clock = floor_bps, clock
        self._lock = threading.Lock()
        self._mine = _Mine()
        self._snapshot: Snapshot | None = None
        self._book = GatewayBook()
        self._looked_s = float("-inf")

    def policy(self) -> Policy:
        """What is in force, for this thread. Raises `StorageUnavailable` where nothing was ever read."""
        snapshot = self._current()
        if self._mine.policy is None or self._mine.policy.snapshot is not snapshot:
            self._mine.policy = Policy.of(snapshot, self._floor_bps)
        return self._mine.policy

    def held(self) -> Snapshot:
        """The snapshot as it was last read, for one who brings it up to date himself (services.changes)."""
        return self._snapshot or self._current()

    def gateways(self) -> GatewayBook:
        """The gateways that showed themselves; raises as `policy` does."""
        self._current()
        return self._book

    def expire(self) -> None:
        """Look again at the next page, such as after a change made here."""
        with self._lock:
            self._looked_s = float("-inf")

    def _current(self) -> Snapshot:
        with self._lock:
            if self._snapshot is None or self._clock.monotonic() - self._looked_s >= LOOK_EVERY_S:
                self._snapshot = self._looked(self._snapshot)
                self._looked_s = self._clock.monotonic()
            return self._snapshot

    def _looked(self, held: Snapshot | None) -> Snapshot:
        try:
            with self._database.read() as connection:
                self._book.read(connection)
                if held is None:
                    return load_snapshot(connection, self._keyring, self._zone)
                return refresh(connection, held, self._keyring, self._zone) or held
        except StorageUnavailable as error:
            if held is None:
                raise
            log.warning("policy could not be read anew; the last known serves", problem=str(error))
            return held
