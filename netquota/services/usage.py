"""Use over time: rates for charts, volumes by local day, what no session accounts for (planning.md part 1).

Missing is never 0: a bin without octets counts as 0 only while the subject's gateways were known to be up. Where the
interface of a site or a link is read, that tells its use, as sessions do not hear of VPNs, servers and circuits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from netquota.domain.periods import local_instant
from netquota.domain.samples import (
    BIN_S,
    BINS_IN_HOUR,
    HOUR_S,
    INTERFACE_OF,
    LINK,
    OPD,
    PERSON,
    SITE,
    Spans,
    holds,
)
from netquota.storage import usage_report
from netquota.storage.database import Connection
from netquota.storage.usage_report import Bin, Consumer, Source

__all__ = [
    "BIN_S", "LINK", "OPD", "PERSON", "SITE", "Consumer", "Day", "Percentiles", "Series", "days", "rate_bps", "series",
]  # fmt: skip

SETTLED_S = 600  # a bin is whole once the sessions' next reports have come
MONTH_S = 30 * 86400
MEASURED_SHARE = 0.5
"""Of a span's bins the interface must have been read in so many, so that it tells the use rather than the sessions."""
_Octets = tuple[int, int]


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
    """The 95th percentile of each direction in bit/s, None without valid bins; `share` (0..1) of them was valid.

    `is_measured`: by the interface, not by sessions.
    """

    down_bps: int | None
    up_bps: int | None
    share: float
    is_measured: bool = False

    @property
    def billed_bps(self) -> int | None:
        """The larger direction's: what a provider counts."""
        known = [value for value in (self.down_bps, self.up_bps) if value is not None]
        return max(known, default=None)


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is measured: an OPD by its sites (`members`), a site or a link by itself; `kind` as in domain.samples."""

    kind: int
    id: int
    members: tuple[int, ...]

    @property
    def sampled_as(self) -> int:
        """The kind under which its members have samples."""
        return SITE if self.kind == OPD else self.kind


class Sources(NamedTuple):
    """What the use of some subjects is read from: `sessions` of these, `interfaces` of those."""

    sessions: tuple[Source, ...]
    interfaces: tuple[Source, ...]

    @property
    def all(self) -> tuple[Source, ...]:
        """Both."""
        return self.sessions + self.interfaces


def rate_bps(octets: int, seconds: int = BIN_S) -> int:
    """Octets in so many seconds as bit/s, rounded half up (planning.md part 1)."""
    return (16 * octets + seconds) // (2 * seconds)


def sources(connection: Connection, kind: int, subject_ids: Sequence[int], from_s: int, to_s: int) -> Sources:
    """Where the use of these subjects in [from_s, to_s) is read: each by its interface, where that was read enough.

    A person's is his sessions'; sites and links may have an interface.
    """
    shares = usage_report.measured(connection, kind, subject_ids, from_s, to_s)
    read = [subject for subject in subject_ids if shares.get(subject, 0.0) >= MEASURED_SHARE]
    return Sources(
        tuple(Source(kind, subject) for subject in subject_ids if subject not in read),
        tuple(Source(INTERFACE_OF[kind], subject) for subject in read),
    )


def series(
    connection: Connection, kind: int, subject_ids: Sequence[int], from_s: int, to_s: int, step_s: int = BIN_S
) -> Series:
    """The rates of these subjects together in [from_s, to_s), in steps of whole bins; whole hours are read summed."""
    from_s, to_s = from_s // step_s * step_s, to_s // step_s * step_s
    told_by = sources(connection, kind, subject_ids, from_s, to_s)
    up = known_up(connection, told_by, from_s, to_s)
    if step_s % HOUR_S == 0:
        hours_found = usage_report.hours_of_sources(connection, told_by.all, from_s, to_s)
        found = [Bin(hour.hour_s, hour.down, hour.up) for hour in hours_found]
    else:
        found = usage_report.bins_of_sources(connection, told_by.all, from_s, to_s)
    return in_steps(found, up, from_s, to_s, step_s)


def known_up(connection: Connection, told_by: Sources, from_s: int, to_s: int) -> Spans:
    """When the gateways of those that sessions tell of were known to be up; readings stand for themselves."""
    if not told_by.sessions:
        return ()
    kind, ids = told_by.sessions[0].kind, [source.subject_id for source in told_by.sessions]
    return usage_report.known_up(connection, kind, ids, from_s, to_s)


def in_steps(found: Iterable[Bin], up: Spans, from_s: int, to_s: int, step_s: int = BIN_S) -> Series:
    """Bins as mean rates by step: 0 where the gateways were up without octets, None where that is not known."""
    sums: dict[int, _Octets] = {}
    for at, down, upload in found:
        held = sums.get(at // step_s * step_s, (0, 0))
        sums[at // step_s * step_s] = held[0] + down, held[1] + upload
    times = tuple(range(from_s, to_s, step_s))
    pairs = [sums.get(at) or ((0, 0) if at in sums or holds(up, at, at + step_s) else None) for at in times]
    return Series(
        times,
        tuple(None if pair is None else rate_bps(pair[0], step_s) for pair in pairs),
        tuple(None if pair is None else rate_bps(pair[1], step_s) for pair in pairs),
        step_s,
    )


@dataclass(frozen=True, slots=True)
class Unaccounted:
    """Octets (both directions) that an interface measured, and those that sessions account for in the same bins."""

    measured: int
    accounted: int

    @property
    def share(self) -> float | None:
        """The part (0..1) of what was measured that no session accounts for; None where nothing was measured."""
        return None if self.measured == 0 else max(0.0, 1 - self.accounted / self.measured)


def unaccounted(connection: Connection, kind: int, subject_id: int, from_s: int, to_s: int) -> Unaccounted | None:
    """What the interface of a site or a link carried beside the sessions; None where it was not read in that time.

    Hours are compared in which each bin was read.
    """
    whole = (1 << BINS_IN_HOUR) - 1
    from_s, to_s = -(-from_s // HOUR_S) * HOUR_S, to_s // HOUR_S * HOUR_S
    read = {
        hour.hour_s: hour.down + hour.up
        for hour in usage_report.hours_of_sources(connection, [Source(INTERFACE_OF[kind], subject_id)], from_s, to_s)
        if hour.counted == whole
    }
    if not read:
        return None
    told = usage_report.hours_of_sources(connection, [Source(kind, subject_id)], from_s, to_s)
    return Unaccounted(sum(read.values()), sum(hour.down + hour.up for hour in told if hour.hour_s in read))


def days(
    connection: Connection, kind: int, subject_ids: Sequence[int], first: date, last: date, zone: ZoneInfo
) -> list[Day]:
    """Octets by local day, from `first` to `last`, both included."""
    starts = [local_instant(first + timedelta(days=step), time(0), zone) for step in range((last - first).days + 2)]
    edges = [int(start.timestamp()) for start in starts]
    told_by = sources(connection, kind, subject_ids, edges[0], edges[-1])
    sums = usage_report.days_of_sources(connection, told_by.all, edges)
    return [Day(first + timedelta(days=step), *octets) for step, octets in enumerate(sums)]


def volume(connection: Connection, kind: int, subject_ids: Sequence[int], from_s: int, to_s: int) -> int:
    """Octets of these subjects in both directions, in the whole hours of [from_s, to_s)."""
    told_by = sources(connection, kind, subject_ids, from_s, to_s)
    return sum(hour.down + hour.up for hour in usage_report.hours_of_sources(connection, told_by.all, from_s, to_s))
