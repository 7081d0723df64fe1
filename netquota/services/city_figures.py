"""What the city's metrics show of the database: by office, by gateway, by job; never by person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from netquota.domain.alarms import alarms
from netquota.domain.units import Rate
from netquota.services import certificates
from netquota.services.backup_trial import Copy, Trial, last_copy, last_trial
from netquota.services.certificates import Certificate
from netquota.services.job_desk import JobLine
from netquota.services.link_figures import PlaceFigures, place_figures
from netquota.storage import job_store, notice_store, presence
from netquota.storage.alarm_report import gateway_facts
from netquota.storage.database import Connection, Database
from netquota.storage.ledger_store import page_on
from netquota.storage.snapshot import Snapshot

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class CityFigures:
    """Figures of one moment: octets (down, up), bit/s, used parts of 1, sessions, epoch seconds; by code or name.

    `not_happening`: 1 for each (gateway, cause) that keeps limits from being enforced. `jobs`: as the scheduler that
    works knows them. `notices`: by channel, how many wait and since when. `link_traffic` as sessions account for it.
    `copy`, `trial`: the last copy of the database, and what came of restoring one. `certificate`: that of the pages.
    """

    traffic: Mapping[str, tuple[int, int]]
    ceilings: Mapping[str, Rate]
    quota_used: Mapping[str, float]
    sessions: Mapping[str, int]
    last_accounting: Mapping[str, int]
    last_success: Mapping[str, int]
    not_happening: Mapping[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    jobs: Sequence[JobLine] = ()
    notices: Mapping[str, tuple[int, int | None]] = field(default_factory=dict[str, tuple[int, int | None]])
    places: PlaceFigures = field(default_factory=PlaceFigures)
    link_traffic: Mapping[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    copy: Copy | None = None
    trial: Trial | None = None
    certificate: Certificate | None = None


Traffic = Callable[[Connection, int], Mapping[str, tuple[int, int]]]
"""Octets (down, up) by name in the bins from an epoch second on."""


class TrafficMeter:
    """Octets by name since this process began to look: a counter that starts at 0, as Prometheus wants one.

    Reports may still add to bins of the day before; what comes later than that is in the books, not in the meter.
    """

    def __init__(self, traffic: Traffic = presence.traffic_by_opd) -> None:
        self._traffic = traffic
        self._from_s = 0
        self._base: dict[str, tuple[int, int]] = {}

    def read(self, connection: Connection, now_s: int) -> dict[str, tuple[int, int]]:
        """The meter's figures now."""
        day_s = now_s // DAY_S * DAY_S
        if not self._from_s:
            self._from_s = day_s - DAY_S
            seen = self._traffic(connection, self._from_s)
            self._base = {code: (-down, -up) for code, (down, up) in seen.items()}
        total = _sum(self._base, self._traffic(connection, self._from_s))
        if day_s - self._from_s > DAY_S:
            self._from_s = day_s - DAY_S
            younger = self._traffic(connection, self._from_s)
            self._base = _sum(total, {code: (-down, -up) for code, (down, up) in younger.items()})
        return total


class Meters:
    """The meters of a process: traffic of offices, and of links."""

    def __init__(self) -> None:
        self.opds, self.links = TrafficMeter(), TrafficMeter(presence.traffic_by_link)


def city_figures(database: Database, snapshot: Snapshot, meters: Meters, now_s: int) -> CityFigures:
    """The figures at a moment, in one reading. Raises `StorageUnavailable`."""
    opds = snapshot.opds.values()
    with database.read() as connection:
        return CityFigures(
            traffic=meters.opds.read(connection, now_s),
            ceilings={opd.code: opd.ceiling for opd in opds if opd.ceiling is not None},
            quota_used=_quota_used(connection, snapshot, now_s),
            sessions=presence.sessions_by_nas(connection),
            last_accounting=presence.last_accounting(connection),
            last_success=job_store.last_successes(connection),
            not_happening={(a.gateway, a.cause): 1 for a in alarms(gateway_facts(connection, now_s), now_s)},
            notices=notice_store.waiting(connection),
            places=place_figures(connection, snapshot, now_s),
            link_traffic=meters.links.read(connection, now_s),
            copy=last_copy(connection),
            trial=last_trial(connection),
            certificate=certificates.held(connection),
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
