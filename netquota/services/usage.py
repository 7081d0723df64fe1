"""Use over time: rates for charts, volumes by local day, the 95th percentile (planning.md part 1).

Missing is never 0: a bin without octets counts as 0 only while the subject's gateways were being heard.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from threading import Lock
from typing import Literal
from zoneinfo import ZoneInfo

from netquota.domain.periods import local_instant
from netquota.storage import usage_report
from netquota.storage.database import Connection
from netquota.storage.ledger_store import LINK, PERSON, SITE
from netquota.storage.usage_report import Bin, Consumer, Heard

__all__ = ["LINK", "PERSON", "SITE", "Consumer", "Day", "Measures", "Percentiles", "Series", "days", "p95", "series"]

BIN_S = 300
SETTLED_S = 600  # a bin is whole once the sessions' next reports have come
HEARD_S = 900  # three interim intervals after the last packet nothing is known any more
MONTH_S = 30 * 86400
_Subject = Literal["opds", "links"]


@dataclass(frozen=True, slots=True)
class Series:
    """Mean rates in bit/s by step; `times_s` (epoch seconds) are the steps' starts, None is "not known"."""

    times_s: tuple[int, ...]
    down_bps: tuple[int | None, ...]
    up_bps: tuple[int | None, ...]
    step_s: int = BIN_S


@dataclass(frozen=True, slots=True)
class Day:
    """Octets of one local day."""

    day: date
    down: int
    up: int

    @property
    def total(self) -> int:
        """Both directions together."""
        return self.down + self.up


@dataclass(frozen=True, slots=True)
class Percentiles:
    """The 95th percentile of each direction in bit/s, None without valid bins; `share` (0..1) of them was valid."""

    down_bps: int | None
    up_bps: int | None
    share: float

    @property
    def billed_bps(self) -> int | None:
        """The larger direction's: what a provider counts."""
        known = [value for value in (self.down_bps, self.up_bps) if value is not None]
        return max(known, default=None)


def rate_bps(octets: int, seconds: int = BIN_S) -> int:
    """Octets in so many seconds as bit/s, rounded half up (planning.md part 1)."""
    return (16 * octets + seconds) // (2 * seconds)


def p95(octets: Sequence[int], valid: int) -> int | None:
    """The 95th percentile of `valid` bins, of which `octets` were not 0: drop the floor(n*5/100) highest."""
    valid = max(valid, len(octets))
    if valid == 0:
        return None
    dropped = valid * 5 // 100
    ranked = sorted(octets, reverse=True)
    return ranked[dropped] if dropped < len(ranked) else 0


def series(
    connection: Connection, kind: int, subject_ids: Sequence[int], from_s: int, to_s: int, step_s: int = BIN_S
) -> Series:
    """The rates of these subjects together in [from_s, to_s), in steps of whole bins."""
    from_s, to_s = from_s // step_s * step_s, to_s // step_s * step_s
    found = usage_report.bins(connection, kind, subject_ids, from_s, to_s)
    return in_steps(found, usage_report.heard(connection, kind, subject_ids), from_s, to_s, step_s)


def in_steps(found: Sequence[Bin], heard: Heard | None, from_s: int, to_s: int, step_s: int = BIN_S) -> Series:
    """Bins as mean rates by step: 0 where the gateways were heard without octets, None where they were not."""
    sums: dict[int, tuple[int, int]] = {}
    for at, down, up in found:
        held = sums.get(at // step_s * step_s, (0, 0))
        sums[at // step_s * step_s] = held[0] + down, held[1] + up
    times = tuple(range(from_s, to_s, step_s))
    pairs = [sums.get(at) or _silence(at, step_s, heard) for at in times]
    return Series(
        times,
        tuple(None if pair is None else rate_bps(pair[0], step_s) for pair in pairs),
        tuple(None if pair is None else rate_bps(pair[1], step_s) for pair in pairs),
        step_s,
    )


def _silence(at: int, step_s: int, heard: Heard | None) -> tuple[int, int] | None:
    if heard is None or at + step_s <= heard.first_s or at >= heard.last_s + HEARD_S:
        return None
    return 0, 0


def percentiles(found: Sequence[Bin], heard: Heard | None, from_s: int, to_s: int) -> Percentiles:
    """P95 over the valid bins of [from_s, to_s)."""
    expected = max(0, to_s - from_s) // BIN_S
    valid = len(found)
    if heard is not None:
        first, last = max(from_s, heard.first_s // BIN_S * BIN_S), min(to_s, heard.last_s + HEARD_S)
        valid = max(valid, -(-max(0, last - first) // BIN_S))
    down, up = p95([b.down for b in found], valid), p95([b.up for b in found], valid)
    share = min(1.0, valid / expected) if expected else 0.0
    return Percentiles(None if down is None else rate_bps(down), None if up is None else rate_bps(up), share)


def days(
    connection: Connection, kind: int, subject_ids: Sequence[int], first: date, last: date, zone: ZoneInfo
) -> list[Day]:
    """Octets by local day, from `first` to `last`, both included."""
    starts = [local_instant(first + timedelta(days=step), time(0), zone) for step in range((last - first).days + 2)]
    edges = [int(start.timestamp()) for start in starts]
    sums = [[0, 0] for _ in edges[:-1]]
    for at, down, up in usage_report.bins(connection, kind, subject_ids, edges[0], edges[-1]):
        held = sums[bisect_right(edges, at) - 1]
        held[0] += down
        held[1] += up
    return [Day(first + timedelta(days=step), *held) for step, held in enumerate(sums)]


def hours(
    connection: Connection, kind: int, subject_ids: Sequence[int], from_s: int, to_s: int, zone: ZoneInfo
) -> dict[tuple[int, int], int]:
    """Mean download in bit/s by (weekday, Monday 0; local clock hour), over the bins that had octets."""
    sums: dict[tuple[int, int], tuple[int, int]] = {}
    for at, down, _ in usage_report.bins(connection, kind, subject_ids, from_s, to_s):
        local = datetime.fromtimestamp(at, UTC).astimezone(zone)
        octets, number = sums.get((local.weekday(), local.hour), (0, 0))
        sums[local.weekday(), local.hour] = octets + down, number + 1
    return {place: rate_bps(octets, number * BIN_S) for place, (octets, number) in sums.items()}


class Measures:
    """P95 of the last 30 days by OPD and by link, kept for ten minutes: a month's bins are too many for each page."""

    def __init__(self, kept_s: int = 600) -> None:
        self._kept_s, self._lock = kept_s, Lock()
        self._found: dict[_Subject, tuple[int, dict[int, Percentiles]]] = {}

    def of_opds(self, connection: Connection, now_s: int) -> dict[int, Percentiles]:
        """By host OPD's id; an office without any use is left out."""
        return self._kept("opds", connection, now_s)

    def of_links(self, connection: Connection, now_s: int) -> dict[int, Percentiles]:
        """By link's id; a link without any use is left out."""
        return self._kept("links", connection, now_s)

    def _kept(self, name: _Subject, connection: Connection, now_s: int) -> dict[int, Percentiles]:
        with self._lock:
            held = self._found.get(name)
            if held is None or not held[0] <= now_s < held[0] + self._kept_s:
                held = self._found[name] = now_s, _measured(name, connection, now_s)
            return held[1]


def _measured(name: _Subject, connection: Connection, now_s: int) -> dict[int, Percentiles]:
    to_s = (now_s - SETTLED_S) // BIN_S * BIN_S
    from_s = to_s - MONTH_S
    if name == "opds":
        found = usage_report.bins_by_opd(connection, from_s, to_s)
    else:
        found = usage_report.bins_of_links(connection, from_s, to_s)
    spans = usage_report.heard_by(connection, name)
    return {key: percentiles(rows, spans.get(key), from_s, to_s) for key, rows in found.items()}
