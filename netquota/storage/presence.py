"""Who is online and what flowed, asked over the whole city: for jobs that look at everybody, and for its metrics.

Questions about sessions name the partial index of open ones, so that years of ended ones cost nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from netquota.storage.database import Connection
from netquota.storage.ledger_store import LINK, PERSON, SITE
from netquota.storage.schema import accounting_session as session
from netquota.storage.schema import gateway, nas, opd, provider_link, site, usage_sample

_IS_OPEN = session.c.ended_s.is_(None)
_ON_GATEWAYS = session.c.gateway_id > 0  # leads both databases to the index of open sessions


def online_people(connection: Connection) -> list[int]:
    """The employees with an open session, by id."""
    people = select(session.c.employee_id).where(_IS_OPEN, session.c.employee_id.is_not(None)).distinct()
    return sorted(person for person in connection.execute(people).scalars() if person is not None)


def people_seen(connection: Connection, employee_ids: Sequence[int]) -> set[int]:
    """Which of these people have an open session or used anything that is still known."""
    ids = list(employee_ids)
    found: set[int] = set()
    for at in range(0, len(ids), 500):
        part = ids[at : at + 500]
        open_ones = select(session.c.employee_id).where(_IS_OPEN, session.c.employee_id.in_(part))
        samples = select(usage_sample.c.subject_id).where(
            usage_sample.c.kind == PERSON, usage_sample.c.subject_id.in_(part)
        )
        for query in (open_ones, samples.distinct()):
            found |= {person for person in connection.execute(query).scalars() if person is not None}
    return found


def silent_sessions(connection: Connection, now_s: int, intervals: int) -> list[int]:
    """Open sessions without a packet for more than so many interim intervals, by id."""
    silent = session.c.last_arrival_s + intervals * session.c.interim_s < now_s
    return sorted(connection.execute(select(session.c.id).where(_IS_OPEN, _ON_GATEWAYS, silent)).scalars())


def sessions_by_nas(connection: Connection) -> dict[str, int]:
    """How many sessions are open at each client, by its name; clients without any are named too."""
    counted = (
        select(session.c.gateway_id, func.count().label("sessions"))
        .where(_IS_OPEN, _ON_GATEWAYS)
        .group_by(session.c.gateway_id)
        .subquery()
    )
    query = (
        select(nas.c.name, func.coalesce(func.sum(counted.c.sessions), 0))
        .outerjoin(gateway, gateway.c.nas_id == nas.c.id)
        .outerjoin(counted, counted.c.gateway_id == gateway.c.id)
        .group_by(nas.c.name)
    )
    return {name: int(sessions) for name, sessions in connection.execute(query)}


def last_accounting(connection: Connection) -> dict[str, int]:
    """When each client was last heard of by accounting, epoch seconds; those never heard are left out."""
    query = (
        select(nas.c.name, func.max(gateway.c.last_accounting_s))
        .join(gateway, gateway.c.nas_id == nas.c.id)
        .group_by(nas.c.name)
    )
    return {name: at_s for name, at_s in connection.execute(query) if at_s is not None}


def traffic_by_opd(connection: Connection, from_s: int) -> dict[str, tuple[int, int]]:
    """Octets (down, up) at each office's sites in the bins from an epoch second on, by its code."""
    s = usage_sample.c
    query = (
        select(opd.c.code, func.sum(s.down), func.sum(s.up))
        .join(site, site.c.opd_id == opd.c.id)
        .join(usage_sample, (s.subject_id == site.c.id) & (s.kind == SITE))
        .where(s.bin_s >= from_s)
        .group_by(opd.c.code)
    )
    return {code: (int(down), int(up)) for code, down, up in connection.execute(query)}


def traffic_by_link(connection: Connection, from_s: int) -> dict[str, tuple[int, int]]:
    """Octets (down, up) that sessions account for on each link in the bins from an epoch second on, by its name."""
    s = usage_sample.c
    query = (
        select(provider_link.c.name, func.sum(s.down), func.sum(s.up))
        .join(usage_sample, (s.subject_id == provider_link.c.id) & (s.kind == LINK))
        .where(s.bin_s >= from_s)
        .group_by(provider_link.c.name)
    )
    return {name: (int(down), int(up)) for name, down, up in connection.execute(query)}
