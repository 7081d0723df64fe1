"""Interfaces of sites and links: which are read where, what was read last, and what answers at links' far ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Row, delete, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from netquota.domain.interfaces import Faces, Reading
from netquota.domain.samples import LINK_INTERFACE, SITE_INTERFACE
from netquota.storage.database import Connection, is_postgresql
from netquota.storage.sample_tables import interface_reading, reach_sample
from netquota.storage.schema import nas, provider_link, site

Key = tuple[int, int]
"""A kind of domain.samples (a site's or a link's interface) and the subject's id."""
_r, _p = interface_reading.c, reach_sample.c


@dataclass(frozen=True, slots=True)
class Wanted:
    """An interface to read: whose it is, at which client, under which name; `gateway` picks one behind the client."""

    kind: int
    subject_id: int
    subject: str
    nas_id: int
    nas: str
    interface: str
    faces: Faces
    gateway: str | None = None

    @property
    def key(self) -> Key:
        """Under what it is kept."""
        return self.kind, self.subject_id


@dataclass(frozen=True, slots=True)
class Held:
    """What is kept of an interface: the last reading (None: none yet), the rates of the last interval, all so far.

    `by`: snmp or push; `gateway`: which of the client's gateways reported it, as it named itself. `problem` (empty:
    none) is what the last try met, since `problem_s`.
    """

    kind: int
    subject_id: int
    interface: str
    nas_id: int
    last: Reading | None = None
    now_down_bps: int | None = None
    now_up_bps: int | None = None
    total_down: int = 0
    total_up: int = 0
    by: str = ""
    problem: str = ""
    problem_s: int | None = None
    gateway: str = ""

    @property
    def key(self) -> Key:
        """Under what it is kept."""
        return self.kind, self.subject_id


@dataclass(frozen=True, slots=True)
class SnmpAccess:
    """How a client is asked by SNMP; what is encrypted stays so until it is asked."""

    nas_id: int
    nas: str
    address: str
    port: int
    version: str
    user: str = ""
    auth: str = ""
    privacy: str = ""
    community_encrypted: bytes | None = field(default=None, repr=False)
    auth_password_encrypted: bytes | None = field(default=None, repr=False)
    privacy_password_encrypted: bytes | None = field(default=None, repr=False)


class Probe(NamedTuple):
    """What is to answer at the far end of a link; `nas_id`: the client at which the link is measured."""

    link_id: int
    link: str
    address: str
    nas_id: int | None


class Reach(NamedTuple):
    """How often the far end of a link was asked and answered in a bin; microseconds. `by`: server or gateway."""

    link_id: int
    bin_s: int
    by: str
    sent: int
    received: int
    round_trip_us: int | None
    longest_us: int | None


def wanted(connection: Connection) -> list[Wanted]:
    """Every interface that a site or a link names at a client, by client."""
    sites = (
        select(site.c.id, site.c.name, nas.c.id, nas.c.name, site.c.interface, site.c.interface_faces,
               site.c.match_gateway)
        .join(nas, nas.c.id == site.c.nas_id)
        .where(site.c.interface.is_not(None))
    )  # fmt: skip
    links = (
        select(provider_link.c.id, provider_link.c.name, nas.c.id, nas.c.name, provider_link.c.interface,
               provider_link.c.interface_faces)
        .join(nas, nas.c.id == provider_link.c.nas_id)
        .where(provider_link.c.interface.is_not(None))
    )  # fmt: skip
    found = [Wanted(SITE_INTERFACE, *row[:5], Faces(row[5]), row[6]) for row in connection.execute(sites)] + [
        Wanted(LINK_INTERFACE, *row[:5], Faces(row[5])) for row in connection.execute(links)
    ]
    return sorted(found, key=lambda one: (one.nas_id, one.key))


def snmp_access(connection: Connection) -> dict[int, SnmpAccess]:
    """Clients that may be asked by SNMP, by id."""
    n = nas.c
    query = select(
        n.id, n.name, func.coalesce(n.snmp_address, n.address), func.coalesce(n.snmp_port, 161), n.snmp,
        func.coalesce(n.snmp_user, ""), n.snmp_auth, n.snmp_privacy, n.snmp_community_encrypted,
        n.snmp_auth_password_encrypted, n.snmp_privacy_password_encrypted,
    ).where(n.snmp != "off")  # fmt: skip
    return {row[0]: SnmpAccess(*row) for row in connection.execute(query)}


def held(connection: Connection, keys: Sequence[Key] | None = None, *, lock: bool = False) -> dict[Key, Held]:
    """What is kept of these interfaces (None: of all); locked in the order of their keys until the transaction ends."""
    query = select(interface_reading).order_by(_r.kind, _r.subject_id)
    if keys is not None:
        query = query.where(tuple_(_r.kind, _r.subject_id).in_(list(keys)))
    if lock:
        query = query.with_for_update()
    return {(row.kind, row.subject_id): _held(row) for row in connection.execute(query)}


def _held(row: Row[Any]) -> Held:
    last = None
    if row.at_s is not None:
        last = Reading(
            row.at_s, int(row.input), int(row.output), row.up_ticks, row.if_index, row.bits, row.speed_bps
        )  # fmt: skip
    return Held(
        row.kind, row.subject_id, row.interface, row.nas_id, last, row.now_down_bps, row.now_up_bps, row.total_down,
        row.total_up, row.by, row.problem, row.problem_s, row.gateway,
    )  # fmt: skip


def put(connection: Connection, found: Iterable[Held], *, over: bool = True) -> None:
    """Keep these in place of what stood there; without `over`, where nothing stands yet."""
    values = [_values(one) for one in sorted(found, key=lambda one: one.key)]
    if values:
        insert = (postgresql.insert if is_postgresql(connection) else sqlite.insert)(interface_reading)
        keys = ("kind", "subject_id")
        fresh = {column.name: insert.excluded[column.name] for column in _r if column.name not in keys}
        kept = insert.on_conflict_do_update(index_elements=list(keys), set_=fresh)
        connection.execute(kept if over else insert.on_conflict_do_nothing(), values)


def _values(one: Held) -> dict[str, object]:
    last = one.last or Reading(0, 0, 0)
    return {
        "kind": one.kind, "subject_id": one.subject_id, "interface": one.interface, "nas_id": one.nas_id,
        "if_index": last.if_index, "at_s": None if one.last is None else last.at_s, "up_ticks": last.up_ticks,
        "input": str(last.input), "output": str(last.output), "bits": last.bits, "speed_bps": last.speed_bps,
        "now_down_bps": one.now_down_bps, "now_up_bps": one.now_up_bps, "total_down": one.total_down,
        "total_up": one.total_up, "by": one.by, "problem": one.problem[:200], "problem_s": one.problem_s,
        "gateway": one.gateway[:253],
    }  # fmt: skip


def forget(connection: Connection, keys: Sequence[Key]) -> None:
    """Keep nothing of these any more: nobody names them."""
    if keys:
        connection.execute(delete(interface_reading).where(tuple_(_r.kind, _r.subject_id).in_(list(keys))))


def probes(connection: Connection) -> list[Probe]:
    """The links that say what answers at their far end."""
    p = provider_link.c
    query = select(p.id, p.name, p.probe_address, p.nas_id).where(p.probe_address.is_not(None)).order_by(p.id)
    return [Probe(*row) for row in connection.execute(query)]


def add_reach(connection: Connection, found: Iterable[Reach]) -> None:
    """Add to what is known of these bins; the mean is weighed by what was answered."""
    for one in sorted(found):
        known = connection.execute(
            select(reach_sample).where(_p.link_id == one.link_id, _p.bin_s == one.bin_s, _p.by == one.by)
        ).one_or_none()
        both = one if known is None else together(Reach(*known), one)
        values = both._asdict()
        insert = (postgresql.insert if is_postgresql(connection) else sqlite.insert)(reach_sample)
        keys = ("link_id", "bin_s", "by")
        fresh = {name: insert.excluded[name] for name in values if name not in keys}
        connection.execute(insert.on_conflict_do_update(index_elements=list(keys), set_=fresh), values)


def together(one: Reach, other: Reach) -> Reach:
    """Two counts of one bin as one."""
    timed = [each for each in (one, other) if each.round_trip_us is not None and each.received]
    answers = sum(each.received for each in timed)
    mean = sum((each.round_trip_us or 0) * each.received for each in timed) // answers if answers else None
    longest = max((each.longest_us for each in (one, other) if each.longest_us is not None), default=None)
    return Reach(
        one.link_id, one.bin_s, one.by, one.sent + other.sent, one.received + other.received, mean, longest
    )  # fmt: skip


def reach(connection: Connection, link_id: int, from_s: int, to_s: int) -> list[Reach]:
    """What is known of a link's far end in [from_s, to_s), in order of time."""
    query = (
        select(reach_sample).where(_p.link_id == link_id, _p.bin_s >= from_s, _p.bin_s < to_s).order_by(_p.bin_s, _p.by)
    )
    return [Reach(*row) for row in connection.execute(query)]


def reach_since(connection: Connection, link_ids: Sequence[int], from_s: int) -> list[Reach]:
    """What is known of these links' far ends from an epoch second on; by link, as the key's order begins with it."""
    query = (
        select(reach_sample)
        .where(_p.link_id.in_(sorted(link_ids)), _p.bin_s >= from_s)
        .order_by(_p.link_id, _p.bin_s, _p.by)
    )
    return [Reach(*row) for row in connection.execute(query)]


def forget_reach(connection: Connection, before_s: int) -> int:
    """Delete what is older; how many."""
    return connection.execute(delete(reach_sample).where(_p.bin_s < before_s)).rowcount
