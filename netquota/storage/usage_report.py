"""What was used, from the 5-minute samples and their sums: by bin, hour or day, by subject. Reads only.

Octets and epoch seconds. Every statement walks a range of a primary key (kind, subject, time); long times are read from
the hours and days that rolling sums, what is younger from the samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import and_, func, select

from netquota.domain.people import AccountKind
from netquota.domain.samples import (
    BIN_S,
    HOUR_S,
    INTERFACE_OF,
    LINK,
    PERSON,
    SITE,
    Spans,
    joined,
    mask_of,
)
from netquota.storage import rollup_store, sample_marks, uptime_store
from netquota.storage.database import Connection
from netquota.storage.sample_tables import usage_day, usage_hour
from netquota.storage.schema import employee, gateway, site, usage_sample

_u, _h, _d = usage_sample.c, usage_hour.c, usage_day.c


class Source(NamedTuple):
    """Whose samples are read: a kind of domain.samples and the subject's id."""

    kind: int
    subject_id: int


class Bin(NamedTuple):
    """Octets of one 5-minute bin that starts at `bin_s` (epoch seconds)."""

    bin_s: int
    down: int
    up: int


class Hour(NamedTuple):
    """Octets of an hour, and which of its bins had a sample (twelve bits, the first the lowest)."""

    hour_s: int
    down: int
    up: int
    counted: int


def bins(connection: Connection, kind: int, subject_ids: Sequence[int], from_s: int, to_s: int) -> list[Bin]:
    """The subjects' octets together, by bin, for bins that start in [from_s, to_s)."""
    if not subject_ids:
        return []
    query = (
        select(_u.bin_s, func.sum(_u.down), func.sum(_u.up))
        .where(_u.kind == kind, _u.subject_id.in_(subject_ids), _u.bin_s >= from_s, _u.bin_s < to_s)
        .group_by(_u.bin_s)
        .order_by(_u.bin_s)
    )
    return [Bin(int(at), int(down), int(up)) for at, down, up in connection.execute(query)]


def bins_by_subject(
    connection: Connection, kind: int, subject_ids: Sequence[int], from_s: int, to_s: int
) -> dict[int, list[Bin]]:
    """Each subject's octets by bin, for bins that start in [from_s, to_s); those without any are left out."""
    found: dict[int, list[Bin]] = {}
    if subject_ids:
        query = (
            select(_u.subject_id, _u.bin_s, func.sum(_u.down), func.sum(_u.up))
            .where(_u.kind == kind, _u.subject_id.in_(subject_ids), _u.bin_s >= from_s, _u.bin_s < to_s)
            .group_by(_u.subject_id, _u.bin_s)
            .order_by(_u.subject_id, _u.bin_s)
        )
        for subject_id, at, down, up in connection.execute(query):
            found.setdefault(subject_id, []).append(Bin(at, int(down), int(up)))
    return found


def bins_of_sources(connection: Connection, sources: Iterable[Source], from_s: int, to_s: int) -> list[Bin]:
    """The octets of all sources together, by bin, for bins that start in [from_s, to_s)."""
    sums: dict[int, list[int]] = {}
    for kind, subject_ids in _by_kind(sources).items():
        for at, down, up in bins(connection, kind, subject_ids, from_s, to_s):
            held = sums.setdefault(at, [0, 0])
            held[0] += down
            held[1] += up
    return [Bin(at, *sums[at]) for at in sorted(sums)]


def hours_of_sources(connection: Connection, sources: Iterable[Source], from_s: int, to_s: int) -> list[Hour]:
    """The octets of all sources together, by hour, for whole hours in [from_s, to_s)."""
    sums: dict[int, list[int]] = {}
    for kind, subject_ids in _by_kind(sources).items():
        for hour in _hours(connection, kind, subject_ids, from_s, to_s):
            held = sums.setdefault(hour.hour_s, [0, 0, 0])
            held[0], held[1], held[2] = held[0] + hour.down, held[1] + hour.up, held[2] | hour.counted
    return [Hour(at, *sums[at]) for at in sorted(sums)]


def _hours(connection: Connection, kind: int, subject_ids: Sequence[int], from_s: int, to_s: int) -> list[Hour]:
    """Each subject's hours: summed ones as they stand, younger ones from the samples."""
    summed_s = min(to_s, max(from_s, rollup_store.rolled_to(connection) or from_s))
    query = select(_h.hour_s, _h.down, _h.up, _h.counted).where(
        _h.kind == kind, _h.subject_id.in_(subject_ids), _h.hour_s >= from_s, _h.hour_s < summed_s
    )
    found = [Hour(*row) for row in connection.execute(query)]
    young: dict[int, list[Bin]] = {}
    for one in bins(connection, kind, subject_ids, summed_s, to_s):
        young.setdefault(one.bin_s // HOUR_S * HOUR_S, []).append(one)
    for at, inside in young.items():
        down, up = sum(one.down for one in inside), sum(one.up for one in inside)
        found.append(Hour(at, down, up, mask_of((one.bin_s for one in inside), at)))
    return found


def days_of_sources(
    connection: Connection, sources: Iterable[Source], edges: Sequence[int]
) -> list[tuple[int, int]]:  # fmt: skip
    """Octets (down, up) of all sources in each local day; `edges` are the days' starts and the last one's end."""
    days_s = rollup_store.days_rolled_to(connection) or 0
    summed = [edge for edge in edges[1:] if edge <= days_s]
    sums = {edge: [0, 0] for edge in edges[:-1]}
    first_young = edges[len(summed)]
    for kind, subject_ids in _by_kind(sources).items():
        query = (
            select(_d.day_s, func.sum(_d.down), func.sum(_d.up))
            .where(_d.kind == kind, _d.subject_id.in_(subject_ids), _d.day_s >= edges[0], _d.day_s < first_young)
            .group_by(_d.day_s)
        )
        rows = [(int(at), int(down), int(up)) for at, down, up in connection.execute(query)] if summed else []
        for at, down, up in [*rows, *_in_days(connection, kind, subject_ids, edges[len(summed) :])]:
            if at in sums:
                sums[at][0] += down
                sums[at][1] += up
    return [(down, up) for down, up in sums.values()]


def _in_days(
    connection: Connection, kind: int, subject_ids: Sequence[int], edges: Sequence[int]
) -> list[tuple[int, int, int]]:
    """(day's start, down, up) from the samples, for days that are not summed yet."""
    found: list[tuple[int, int, int]] = []
    for start_s, end_s in pairwise(edges):
        query = select(func.sum(_u.down), func.sum(_u.up)).where(
            _u.kind == kind, _u.subject_id.in_(subject_ids), _u.bin_s >= start_s, _u.bin_s < end_s
        )
        down, up = connection.execute(query).one()
        found.append((start_s, int(down or 0), int(up or 0)))
    return found


def _by_kind(sources: Iterable[Source]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for kind, subject_id in sources:
        found.setdefault(kind, []).append(subject_id)
    return {kind: sorted(set(ids)) for kind, ids in found.items()}


def coarse_of_sources(connection: Connection, sources: Iterable[Source], from_s: int, to_s: int) -> set[int]:
    """The bins in [from_s, to_s) that are coarse for any of the sources."""
    found: set[int] = set()
    for kind, subject_ids in _by_kind(sources).items():
        for bins_found in sample_marks.coarse_bins(connection, kind, subject_ids, from_s, to_s).values():
            found |= bins_found
    return found


def measured(connection: Connection, kind: int, subject_ids: Sequence[int], from_s: int, to_s: int) -> dict[int, float]:
    """The share (0..1) of the bins in [from_s, to_s) that the interface of each of these sites or links was read in."""
    expected = max(1, (to_s - from_s) // BIN_S)
    interface = INTERFACE_OF.get(kind)
    if interface is None or not subject_ids:
        return {}
    query = (
        select(_u.subject_id, func.count())
        .where(_u.kind == interface, _u.subject_id.in_(subject_ids), _u.bin_s >= from_s, _u.bin_s < to_s)
        .group_by(_u.subject_id)
    )
    return {subject_id: min(1.0, count / expected) for subject_id, count in connection.execute(query)}


class Consumer(NamedTuple):
    """What one person used in a span, octets."""

    employee_id: int
    username: str
    name: str
    nip: str | None
    down: int
    up: int


def top_people(connection: Connection, opd_id: int, from_s: int, to_s: int, most: int = 8) -> list[Consumer]:
    """The people of an office who used most (down and up together), wherever they were; from_s is a day's start."""
    days_s = min(to_s, max(from_s, rollup_store.days_rolled_to(connection) or from_s))
    of_office = and_(employee.c.opd_id == opd_id, employee.c.kind == AccountKind.PERSON)
    mine = select(employee.c.id).where(of_office)  # each looked up; joined, SQLite reads every person's days
    daily = select(_d.subject_id, func.sum(_d.down), func.sum(_d.up)).group_by(_d.subject_id)
    daily = daily.where(_d.kind == PERSON, _d.subject_id.in_(mine), _d.day_s >= from_s, _d.day_s < days_s)
    young = select(_u.subject_id, func.sum(_u.down), func.sum(_u.up)).group_by(_u.subject_id)
    young = young.where(_u.kind == PERSON, _u.subject_id.in_(mine), _u.bin_s >= days_s, _u.bin_s < to_s)
    sums: dict[int, tuple[int, int]] = {}
    for statement in (daily, young):
        for person_id, down, up in connection.execute(statement):
            held = sums.get(person_id, (0, 0))
            sums[person_id] = held[0] + int(down), held[1] + int(up)
    first = sorted(sums, key=lambda person: (-sum(sums[person]), person))[:most]
    e = employee.c
    named = {row.id: row for row in connection.execute(select(e.id, e.username, e.name, e.nip).where(e.id.in_(first)))}
    return [Consumer(one.id, one.username, one.name, one.nip, *sums[one.id]) for one in map(named.__getitem__, first)]


def site_ids(connection: Connection, opd_id: int) -> list[int]:
    """The sites that an office hosts."""
    return list(connection.execute(select(site.c.id).where(site.c.opd_id == opd_id).order_by(site.c.id)).scalars())


def sites_by_opd(connection: Connection) -> dict[int, list[int]]:
    """The sites that each office hosts, by its id."""
    found: dict[int, list[int]] = {}
    for opd_id, site_id in connection.execute(select(site.c.opd_id, site.c.id).order_by(site.c.id)):
        found.setdefault(opd_id, []).append(site_id)
    return found


def known_up(connection: Connection, kind: int, subject_ids: Sequence[int], from_s: int, to_s: int) -> Spans:
    """When the gateways of these subjects together were known to be up within [from_s, to_s).

    A person has no gateway of his own: that of any gateway of the city counts. An interface is known by its readings.
    """
    if kind in (SITE, LINK):
        gateways = uptime_store.gateways_of(connection, kind, subject_ids)
        return uptime_store.known_up(connection, [one for ids in gateways.values() for one in ids], from_s, to_s)
    if kind != PERSON:
        return ()
    every = list(connection.execute(select(gateway.c.id)).scalars())
    by_gateway = uptime_store.uptimes(connection, every, from_s, to_s)
    return joined(span for spans in by_gateway.values() for span in spans)
