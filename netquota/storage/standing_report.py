"""Whose quota may have come to a line in its running period: one query over everybody, however many they are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Numeric, and_, cast, func, or_, select, union_all

from netquota.domain.people import AccountKind
from netquota.domain.quota import LedgerFigure
from netquota.storage.database import Connection
from netquota.storage.schema import employee, ledger_entry, opd, quota

_e, _q, _l = employee.c, quota.c, ledger_entry.c
_USED = _l.used - _l.forgiven


def near(connection: Connection, permille: int, changed: Collection[int], now_s: int) -> list[LedgerFigure]:
    """The ledger rows of people's own and plans' quotas that have come to so many thousandths of what is entitled.

    What a quota is entitled to while its octets change is not SQL's affair: of those in `changed` every row with any
    use is told. A plan's quota is told of who has quotas of his own, too, which stand in its place.
    """
    entitled = cast(_q.octets, Numeric) + _l.granted + _l.carried_in  # thousand times these do not fit into 64 bits
    line = or_(permille * entitled <= 1000 * cast(_USED, Numeric), _q.id.in_(sorted(changed)))
    has_plan = func.coalesce(_e.plan_id, opd.c.default_plan_id)
    of_plans = employee.join(opd, opd.c.id == _e.opd_id).join(quota, _q.plan_id == has_plan)
    of_people = employee.join(quota, _q.employee_id == _e.id)
    both = union_all(*(_running(people, line, now_s) for people in (of_plans, of_people)))
    return [LedgerFigure(*row) for row in connection.execute(both)]


def _running(people: Any, line: ColumnElement[bool], now_s: int) -> Any:
    """The rows of the periods that run, each found by its key, not by looking through those of before."""
    before = ledger_entry.alias()
    newest = (
        select(func.max(before.c.period_start_s))
        .where(before.c.quota_id == _q.id, before.c.subject_id == _e.id, before.c.period_start_s <= now_s)
        .correlate(quota, employee)
        .scalar_subquery()
    )
    own = and_(_l.quota_id == _q.id, _l.subject_id == _e.id, _l.period_start_s == newest)
    return (
        select(_l.quota_id, _l.subject_id, _l.period_start_s, _l.period_end_s, _USED, _l.granted, _l.carried_in)
        .select_from(people.join(ledger_entry, own))
        .where(_e.kind == AccountKind.PERSON, _l.period_end_s > now_s, _USED > 0, line)
    )
