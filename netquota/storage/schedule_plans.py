"""Which schedules name a plan: windows hold its key, not its id, so the database cannot watch over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from netquota.storage.database import Connection
from netquota.storage.schema import plan, schedule, schedule_window


def schedules_that_name(connection: Connection, plan_key: str) -> list[str]:
    """Keys of the schedules with a window that gives this plan."""
    joined = schedule.join(schedule_window, schedule.c.id == schedule_window.c.schedule_id)
    query = select(schedule.c.key).select_from(joined).where(schedule_window.c.plan_key == plan_key)
    return list(connection.execute(query.distinct().order_by(schedule.c.key)).scalars())


def plans_missing(connection: Connection, windows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Plan keys that windows give and no plan has."""
    named = {str(window["plan_key"]) for window in windows if window["plan_key"] is not None}
    there = set(connection.execute(select(plan.c.key).where(plan.c.key.in_(named))).scalars()) if named else set[str]()
    return sorted(named - there)
