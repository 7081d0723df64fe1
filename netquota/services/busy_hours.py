"""When a subject is busy: its use by weekday and hour, beside the ceiling that was in force then and not today's."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from netquota.domain.samples import HOUR_S, Ceiling, bins_of
from netquota.domain.units import Rate
from netquota.services.usage import BIN_S, Subject, sources
from netquota.storage import ceiling_store, usage_report
from netquota.storage.database import Connection


def shares_of_ceiling(
    connection: Connection, subject: Subject, now: Rate | None, from_s: int, to_s: int, zone: ZoneInfo
) -> dict[tuple[int, int], int]:
    """Download by (weekday, Monday 0; local clock hour) in per cent of what the ceilings of the time let through.

    Over the bins that were counted, without those in which no ceiling was in force. `now`: the ceiling that stands,
    for times of which none was noted.
    """
    ceilings = _in_force(connection, subject, now, from_s, to_s)
    told_by = sources(connection, subject.sampled_as, subject.members, from_s, to_s)
    sums: dict[tuple[int, int], tuple[int, int]] = {}
    for hour in usage_report.hours_of_sources(connection, told_by.all, from_s // HOUR_S * HOUR_S, to_s):
        most = [_down_bps(ceilings, bin_s) for bin_s in bins_of(hour.counted, hour.hour_s)]
        if not most or None in most:
            continue
        local = datetime.fromtimestamp(hour.hour_s, UTC).astimezone(zone)
        used, could = sums.get((local.weekday(), local.hour), (0, 0))
        sums[local.weekday(), local.hour] = used + hour.down * 8, could + sum(each or 0 for each in most) * BIN_S
    return {place: round(100 * used / could) for place, (used, could) in sums.items() if could}


def _in_force(
    connection: Connection, subject: Subject, now: Rate | None, from_s: int, to_s: int
) -> list[Ceiling]:  # fmt: skip
    """The ceilings of the time, oldest first; before the first that was noted that one is taken to have held."""
    noted = ceiling_store.histories(connection, subject.kind, [subject.id], from_s, to_s).get(subject.id, [])
    return noted or [Ceiling(from_s, now)]


def _down_bps(ceilings: Sequence[Ceiling], at_s: int) -> int | None:
    place = max(0, bisect_right(ceilings, at_s, key=lambda one: one.from_s) - 1)
    rate = ceilings[place].rate
    return None if rate is None else rate.down_bps
