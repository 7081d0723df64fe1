"""What the city's metrics show of the database: by office, by gateway, by job; never by person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netquota.domain.units import Rate
from netquota.storage import job_store, presence
from netquota.storage.database import Connection, Database
from netquota.storage.ledger_store import page_on
from netquota.storage.snapshot import Snapshot

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class CityFigures:
    """Figures of one moment: octets (down, up), bit/s, used parts of 1, sessions, epoch seconds; by code or name."""

    traffic: Mapping[str, tuple[int, int]]
    ceilings: Mapping[str, Rate]
    quota_used: Mapping[str, float]
    sessions: Mapping[str, int]
    last_accounting: Mapping[str, int]
    last_success: Mapping[str, int]


class TrafficMeter:
    """Octets by office since this process began to look: a counter that starts at 0, as Prometheus wants one.

    Reports may still add to bins of the day before; what comes later than that is in the books, not in the meter.
    """

    def __init__(self) -> None:
        self._from_s = 0
        self._base: dict[str, tuple[int, int]] = {}

    def read(self, connection: Connection, now_s: int) -> dict[str, tuple[int, int]]:
        """The meter's figures now."""
        day_s = now_s // DAY_S * DAY_S
        if not self._from_s:
            self._from_s = day_s - DAY_S
            seen = presence.traffic_by_opd(connection, self._from_s)
            self._base = {code: (-down, -up) for code, (down, up) in seen.items()}
        total = _sum(self._base, presence.traffic_by_opd(connection, self._from_s))
        if day_s - self._from_s > DAY_S:
            self._from_s = day_s - DAY_S
            younger = presence.traffic_by_opd(connection, self._from_s)
            self._base = _sum(total, {code: (-down, -up) for code, (down, up) in younger.items()})
        return total


def city_figures(database: Database, snapshot: Snapshot, meter: TrafficMeter, now_s: int) -> CityFigures:
    """The figures at a moment, in one reading. Raises `StorageUnavailable`."""
    opds = snapshot.opds.values()
    with database.read() as connection:
        return CityFigures(
            traffic=meter.read(connection, now_s),
            ceilings={opd.code: opd.ceiling for opd in opds if opd.ceiling is not None},
            quota_used=_quota_used(connection, snapshot, now_s),
            sessions=presence.sessions_by_nas(connection),
            last_accounting=presence.last_accounting(connection),
            last_success=job_store.last_successes(connection),
        )


def _quota_used(connection: Connection, snapshot: Snapshot, now_s: int) -> dict[str, float]:
    """The used part of each office's pool; of several pools, the one that is used most."""
    pools = {(quota.id, opd.id): (quota, opd.code) for opd in snapshot.opds.values() for quota in opd.pools}
    used = {code: 0.0 for _, code in pools.values()}
    for figure in page_on(connection).figures(sorted(pools), now_s):
        quota, code = pools[(figure.quota_id, figure.subject_id)]
        entitled = figure.entitled(quota)
        used[code] = max(used[code], figure.used / entitled if entitled else 1.0)
    return used


def _sum(a: Mapping[str, tuple[int, int]], b: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    codes = sorted({*a, *b})
    return {code: (a.get(code, (0, 0))[0] + b.get(code, (0, 0))[0], a.get(code, (0, 0))[1] + b.get(code, (0, 0))[1])
            for code in codes}  # fmt: skip
