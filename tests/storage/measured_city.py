"""Samples of a city and the clock's use cases over them, for tests of roll-ups, retention and measures."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from netquota.domain.samples import late_hours
from netquota.services.almanac import almanac
from netquota.services.office import Office
from netquota.services.shift import Shift, on_shift
from netquota.storage import lease_store, sample_marks, schema
from netquota.storage.database import Database
from netquota.storage.lease_store import Lease
from netquota.storage.ledger_store import page_on
from netquota.storage.policy_store import load_snapshot

WIB = ZoneInfo("Asia/Jakarta")


def epoch_s(*local: int, zone: ZoneInfo = WIB) -> int:
    return int(datetime(*local, tzinfo=zone).timestamp())  # type: ignore[misc]


@dataclass
class Measured:
    """The books of an office, and a scheduler's shift over them."""

    office: Office
    _lease: Lease | None = field(default=None)

    @property
    def database(self) -> Database:
        return self.office.database

    def shift(self) -> Shift:
        """A turn at work, under one lease for all of a test."""
        if self._lease is None:
            with self.database.write() as connection:
                self._lease = lease_store.take(connection, "scheduler", "a", self.office.now_s, 10**9)
        assert self._lease is not None
        with self.database.read() as connection:
            moments = almanac(load_snapshot(connection, self.office.secrets, self.office.zone))
        return on_shift(self.office, self._lease, moments, 0, threading.Event())

    def flow(self, samples: Iterable[tuple[int, int, int, int, int]], coarse: bool = False) -> None:
        """Octets (kind, subject, bin, down, up) as a batch of reports leaves them, with what is noted beside."""
        rows = sorted(samples)
        with self.database.write() as connection:
            page_on(connection).add_samples(rows)
            keys = [row[:3] for row in rows]
            sample_marks.note(connection, keys if coarse else (), late_hours(keys, self.office.now_s))

    def rows(self, table: Any) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(select(table).order_by(*table.primary_key.columns)))

    def total(self, table: Any, kind: int) -> tuple[int, int]:
        """Octets down and up that a table holds of a kind."""
        c = table.c
        query = select(func.coalesce(func.sum(c.down), 0), func.coalesce(func.sum(c.up), 0)).where(c.kind == kind)
        with self.database.read() as connection:
            down, up = connection.execute(query).one()
        return int(down), int(up)

    def sampled(self, kind: int) -> tuple[int, int]:
        return self.total(schema.usage_sample, kind)

    def hourly(self, kind: int) -> tuple[int, int]:
        return self.total(schema.usage_hour, kind)

    def daily(self, kind: int) -> tuple[int, int]:
        return self.total(schema.usage_day, kind)
