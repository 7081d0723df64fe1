"""Quotas as they were and as they are for newcomers; what changes them is netquota.services.allocate's affair."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, exists, func, select, update

from netquota.storage.database import Connection
from netquota.storage.rows import insert_unless_there
from netquota.storage.schema import ledger_entry, opd, quota, quota_change


def note_change(connection: Connection, quota_id: int, at_s: int, before: int, mode: str) -> None:
    """Remember what a quota was (octets) until an epoch second, and what its change means for the running period."""
    connection.execute(quota_change.insert().values(quota_id=quota_id, at_s=at_s, before=before, mode=mode))


def move_end(connection: Connection, quota_id: int, start_s: int, end_s: int) -> None:
    """The period that began then ends at another moment than it was to (epoch s)."""
    e = ledger_entry.c
    mine = and_(e.quota_id == quota_id, e.period_start_s == start_s)
    connection.execute(update(ledger_entry).where(mine).values(period_end_s=end_s))


def prorated_for(
    connection: Connection, employee_id: int, plan_id: int | None, opd_id: int | None
) -> list[dict[str, Any]]:  # fmt: skip
    """The quotas of somebody's plan (else his office's) that give newcomers a share; none where he has his own."""
    q = quota.c
    of_office = select(opd.c.default_plan_id).where(opd.c.id == opd_id).scalar_subquery()
    has_own = exists().where(quota.alias("own").c.employee_id == employee_id)
    mine = and_(q.plan_id == func.coalesce(plan_id, of_office), q.newcomers == "prorate", ~has_own)
    return [dict(row) for row in connection.execute(select(quota).where(mine)).mappings()]


def open_row(
    connection: Connection, quota_id: int, subject_id: int, bounds: tuple[int, int], granted: int
) -> bool:  # fmt: skip
    """Open the ledger row of a period with what it gets beside the quota; False where it is there already."""
    key = {"quota_id": quota_id, "subject_id": subject_id, "period_start_s": bounds[0]}
    return insert_unless_there(connection, ledger_entry, {**key, "period_end_s": bounds[1], "granted": granted})
