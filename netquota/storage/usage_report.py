"""What was used, from the 5-minute samples: sums by bin, by subject, by office. Reads only; octets and epoch seconds.

Every statement walks a range of the samples' primary key (kind, subject, bin).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from sqlalchemy import and_, func, select

from netquota.storage.database import Connection
from netquota.storage.ledger_store import LINK, PERSON, SITE
from netquota.storage.schema import employee, gateway, provider_link, site, usage_sample

_u = usage_sample.c


class Bin(NamedTuple):
    """Octets of one 5-minute bin that starts at `bin_s` (epoch seconds)."""

    bin_s: int
    down: int
    up: int


class Heard(NamedTuple):
    """From when to when (epoch seconds) a subject's gateways spoke: outside it nothing is known."""

    first_s: int
    last_s: int


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
        query = select(_u.subject_id, _u.bin_s, _u.down, _u.up).where(
            _u.kind == kind, _u.subject_id.in_(subject_ids), _u.bin_s >= from_s, _u.bin_s < to_s
        )
        for subject_id, at, down, up in connection.execute(query.order_by(_u.subject_id, _u.bin_s)):
            found.setdefault(subject_id, []).append(Bin(at, down, up))
    return found


def bins_by_opd(connection: Connection, from_s: int, to_s: int) -> dict[int, list[Bin]]:
    """Each OPD's octets by bin: the sum of its sites, visitors included (model.md, UsageSample)."""
    query = (
        select(site.c.opd_id, _u.bin_s, func.sum(_u.down), func.sum(_u.up))
        .select_from(site.join(usage_sample, and_(_u.kind == SITE, _u.subject_id == site.c.id)))
        .where(_u.bin_s >= from_s, _u.bin_s < to_s)
        .group_by(site.c.opd_id, _u.bin_s)
        .order_by(site.c.opd_id, _u.bin_s)
    )
    found: dict[int, list[Bin]] = {}
    for opd_id, at, down, up in connection.execute(query):
        found.setdefault(opd_id, []).append(Bin(int(at), int(down), int(up)))
    return found


def bins_of_links(connection: Connection, from_s: int, to_s: int) -> dict[int, list[Bin]]:
    """Each provider link's octets by bin."""
    links = list(connection.execute(select(provider_link.c.id).order_by(provider_link.c.id)).scalars())
    return bins_by_subject(connection, LINK, links, from_s, to_s)


class Consumer(NamedTuple):
    """What one person used in a span, octets."""

    employee_id: int
    username: str
    name: str
    nip: str | None
    down: int
    up: int


def top_people(connection: Connection, opd_id: int, from_s: int, to_s: int, most: int = 8) -> list[Consumer]:
    """The people of an office who used most (down and up together), wherever they were."""
    total = func.sum(_u.down + _u.up)
    query = (
        select(employee.c.id, employee.c.username, employee.c.name, employee.c.nip, func.sum(_u.down), func.sum(_u.up))
        .select_from(employee.join(usage_sample, and_(_u.kind == PERSON, _u.subject_id == employee.c.id)))
        .where(employee.c.opd_id == opd_id, _u.bin_s >= from_s, _u.bin_s < to_s)
        .group_by(employee.c.id, employee.c.username, employee.c.name, employee.c.nip)
        .order_by(total.desc(), employee.c.id)
        .limit(most)
    )
    return [Consumer(*row[:4], int(row[4]), int(row[5])) for row in connection.execute(query)]


def site_ids(connection: Connection, opd_id: int) -> list[int]:
    """The sites that an office hosts."""
    return list(connection.execute(select(site.c.id).where(site.c.opd_id == opd_id).order_by(site.c.id)).scalars())


def heard(connection: Connection, kind: int, subject_ids: Sequence[int]) -> Heard | None:
    """When the gateways of these sites or links were heard first and last; None where none ever was.

    A person has no gateway of his own: the whole city's gateways speak for him.
    """
    spoke = select(func.min(gateway.c.first_packet_s), func.max(gateway.c.last_packet_s))
    column = {SITE: site.c.id, LINK: site.c.link_id}.get(kind)
    if column is not None:
        clients = select(site.c.nas_id).where(column.in_(subject_ids), site.c.nas_id.is_not(None))
        spoke = spoke.where(gateway.c.nas_id.in_(clients))
    first, last = connection.execute(spoke).one()
    return None if first is None or last is None else Heard(int(first), int(last))


def heard_by(connection: Connection, subject: Literal["opds", "links"]) -> dict[int, Heard]:
    """When each host OPD's, or each link's, gateways were heard first and last."""
    column = site.c.opd_id if subject == "opds" else site.c.link_id
    query = (
        select(column, func.min(gateway.c.first_packet_s), func.max(gateway.c.last_packet_s))
        .select_from(site.join(gateway, gateway.c.nas_id == site.c.nas_id))
        .where(column.is_not(None), gateway.c.first_packet_s.is_not(None), gateway.c.last_packet_s.is_not(None))
        .group_by(column)
    )
    return {key: Heard(int(first), int(last)) for key, first, last in connection.execute(query)}
