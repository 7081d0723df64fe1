"""What a month held, to the octet, for files that others plan with: by hour and subject, never by person. Reads only.

Samples are the truth while they are kept; hours whose samples were forgotten stand closed in the sums. Both together
are what the sessions' counters and interfaces grew by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import distinct, func, select

from netquota.domain.samples import BIN_S, HOUR_S, PERSON
from netquota.storage.database import Connection
from netquota.storage.sample_tables import reach_sample, usage_hour
from netquota.storage.schema import employee, usage_sample

_s, _h, _p = usage_sample.c, usage_hour.c, reach_sample.c


class HourLine(NamedTuple):
    """Octets of one subject in an hour (epoch second of its start), and how many of its twelve bins were counted."""

    hour_s: int
    down: int
    up: int
    bins: int


def hours(connection: Connection, kind: int, subject_id: int, from_s: int, to_s: int) -> list[HourLine]:
    """The hours of a subject in [from_s, to_s) in which something was counted, in order."""
    found: dict[int, HourLine] = {}
    closed = select(_h.hour_s, _h.down, _h.up, _h.counted).where(
        _h.kind == kind, _h.subject_id == subject_id, _h.hour_s >= from_s, _h.hour_s < to_s, _h.closed.is_(True)
    )
    for hour_s, down, up, mask in connection.execute(closed):
        found[hour_s] = HourLine(hour_s, down, up, int(mask).bit_count())
    at = _s.bin_s - _s.bin_s % HOUR_S
    sampled = (
        select(at, func.sum(_s.down), func.sum(_s.up), func.count(distinct(_s.bin_s)))
        .where(_s.kind == kind, _s.subject_id == subject_id, _s.bin_s >= from_s, _s.bin_s < to_s)
        .group_by(at)
    )
    for hour_s, down, up, bins in connection.execute(sampled):
        before = found.get(hour_s, HourLine(hour_s, 0, 0, 0))
        counted = min(HOUR_S // BIN_S, before.bins + bins)
        found[hour_s] = HourLine(hour_s, before.down + int(down), before.up + int(up), counted)
    return [found[hour_s] for hour_s in sorted(found)]


def people_by_opd(connection: Connection, from_s: int, to_s: int) -> Mapping[int, tuple[int, int]]:
    """Octets (down, up) of each office's own people in [from_s, to_s), wherever they were; as they belong today."""
    sums: dict[int, list[int]] = {}
    sampled = (
        select(employee.c.opd_id, func.sum(_s.down), func.sum(_s.up))
        .join(employee, employee.c.id == _s.subject_id)
        .where(_s.kind == PERSON, _s.bin_s >= from_s, _s.bin_s < to_s)
        .group_by(employee.c.opd_id)
    )
    closed = (
        select(employee.c.opd_id, func.sum(_h.down), func.sum(_h.up))
        .join(employee, employee.c.id == _h.subject_id)
        .where(_h.kind == PERSON, _h.hour_s >= from_s, _h.hour_s < to_s, _h.closed.is_(True))
        .group_by(employee.c.opd_id)
    )
    for query in (sampled, closed):
        for opd_id, down, up in connection.execute(query):
            held = sums.setdefault(opd_id, [0, 0])
            held[0], held[1] = held[0] + int(down), held[1] + int(up)
    return {opd_id: (down, up) for opd_id, (down, up) in sums.items()}


class ReachLine(NamedTuple):
    """How a link's far end answered in an hour; mean round trip in microseconds. `by`: server or gateway."""

    hour_s: int
    by: str
    sent: int
    received: int
    round_trip_us: int | None


def reach(connection: Connection, link_id: int, from_s: int, to_s: int) -> list[ReachLine]:
    """What is known of a link's far end in [from_s, to_s), by hour."""
    at = _p.bin_s - _p.bin_s % HOUR_S
    timed = func.sum(_p.round_trip_us * _p.received)
    answers = func.sum(_p.received).filter(_p.round_trip_us.is_not(None))
    query = (
        select(at, _p.by, func.sum(_p.sent), func.sum(_p.received), timed, answers)
        .where(_p.link_id == link_id, _p.bin_s >= from_s, _p.bin_s < to_s)
        .group_by(at, _p.by)
        .order_by(at, _p.by)
    )
    return [
        ReachLine(hour_s, by, int(sent), int(received), int(total) // int(count) if count else None)
        for hour_s, by, sent, received, total, count in connection.execute(query)
    ]


def first_hour(connection: Connection, kinds: Sequence[int]) -> int | None:
    """The start of the first hour of which anything of these kinds is kept; None where nothing is."""
    firsts = [connection.execute(select(func.min(_s.bin_s)).where(_s.kind == kind)).scalar() for kind in kinds]
    firsts += [connection.execute(select(func.min(_h.hour_s)).where(_h.kind == kind)).scalar() for kind in kinds]
    return min((int(one) // HOUR_S * HOUR_S for one in firsts if one is not None), default=None)
