"""How many people used a link or office, how much each, whose quotas were spent: for planning. Reads sums by day only.

Names of people are not read: planning counts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from netquota.domain.people import AccountKind
from netquota.domain.quota import LedgerFigure
from netquota.domain.samples import PERSON
from netquota.storage.database import Connection
from netquota.storage.sample_tables import usage_day
from netquota.storage.schema import employee, ledger_entry, quota, quota_change
from netquota.storage.usage_report import Source

_d, _e, _l, _q = usage_day.c, employee.c, ledger_entry.c, quota.c


class Volume(NamedTuple):
    """What a person or a site used, octets of both directions; a site's `kind` is that of its samples."""

    kind: int
    subject_id: int
    octets: int


def people_by_day(connection: Connection, opd_ids: Sequence[int], days_s: Sequence[int]) -> list[int]:
    """How many people of these offices used anything on each of the local days (their starts) that were summed."""
    query = select(_d.day_s, func.count()).where(_mine(opd_ids, days_s))
    found = {int(day_s): int(number) for day_s, number in connection.execute(query.group_by(_d.day_s))}
    return [found[day_s] for day_s in days_s if day_s in found]


def octets_by_person(connection: Connection, opd_ids: Sequence[int], days_s: Sequence[int]) -> list[int]:
    """What each of the people of these offices used on these local days, of those who used anything."""
    total = func.sum(_d.down + _d.up)
    query = select(total).where(_mine(opd_ids, days_s)).group_by(_d.subject_id)
    return [int(octets) for octets in connection.execute(query.order_by(_d.subject_id)).scalars() if octets]


def _mine(opd_ids: Sequence[int], days_s: Sequence[int]) -> ColumnElement[bool]:
    people = select(_e.id).where(_e.opd_id.in_(opd_ids), _e.kind == AccountKind.PERSON)
    first, last = min(days_s, default=0), max(days_s, default=-1)  # the range of the primary key, person by person
    ranged = and_(_d.day_s >= first, _d.day_s <= last, _d.day_s.in_(days_s))
    return and_(_d.kind == PERSON, _d.subject_id.in_(people), ranged)


def volumes(connection: Connection, sources: Sequence[Source], days_s: Sequence[int]) -> list[Volume]:
    """What each of these sites used on these local days."""
    found: list[Volume] = []
    for kind in sorted({source.kind for source in sources}):
        mine = [source.subject_id for source in sources if source.kind == kind]
        query = select(_d.subject_id, func.sum(_d.down + _d.up)).where(
            _d.kind == kind, _d.subject_id.in_(mine), _d.day_s.in_(days_s)
        )
        rows = connection.execute(query.group_by(_d.subject_id).order_by(_d.subject_id))
        found += [Volume(kind, subject_id, int(octets)) for subject_id, octets in rows]
    return found


def perhaps_spent(
    connection: Connection, opd_ids: Sequence[int], employee_ids: Sequence[int], from_s: int, to_s: int
) -> list[LedgerFigure]:
    """Ledger rows of periods that touch [from_s, to_s) in which a quota may have been spent: those of the people of
    these offices, of their pools, and of these people. A quota that was changed must be looked at with its changes."""
    people = or_(
        _l.subject_id.in_(employee_ids),
        _l.subject_id.in_(select(_e.id).where(_e.opd_id.in_(opd_ids), _e.kind == AccountKind.PERSON)),
    )
    whose = or_(_q.opd_id.in_(opd_ids), and_(_q.opd_id.is_(None), people))
    changed = exists().where(quota_change.c.quota_id == _q.id)
    full = or_(changed, _l.used >= _q.octets + _l.granted + _l.carried_in)
    query = (
        select(
            _l.quota_id, _l.subject_id, _l.period_start_s, _l.period_end_s, _l.used, _l.granted, _l.carried_in
        )
        .join(quota, _q.id == _l.quota_id)
        .where(_l.period_start_s < to_s, _l.period_end_s > from_s, _l.used > 0, whose, full)
    )  # fmt: skip
    return [LedgerFigure(*row) for row in connection.execute(query)]
