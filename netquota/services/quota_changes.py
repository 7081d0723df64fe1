"""What a change of a quota, and a newcomer, mean for the periods that run: part of the change's own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from netquota.domain.carrying import prorate
from netquota.domain.people import AccountKind
from netquota.domain.periods import current
from netquota.services.guards import period_of
from netquota.storage import quota_store
from netquota.storage.database import Connection

Row = Mapping[str, Any]
_RULE = frozenset({"period", "reset_day", "reset_time", "reset_month", "every_n", "anchor"})
_WHOSE = frozenset({"plan_id", "opd_id"})


def turned(kind: str, row: Row, fresh: Row, zone: ZoneInfo, now_s: int) -> dict[str, int]:
    """The bounds of the running period where the rule of a quota's periods changes: begun by the old, ended by the new.

    Its quota stays whole (planning.md §5.4).
    """
    if kind != "quota" or _RULE.isdisjoint(fresh):
        return {}
    now = datetime.fromtimestamp(now_s, UTC)
    return {
        "turned_from_s": _bounds(row, zone, now_s)[0],
        "turned_until_s": current(period_of({**row, **fresh}, zone), now)[1],
    }


def follow(connection: Connection, kind: str, row: Row, fresh: Row, zone: ZoneInfo, now_s: int) -> None:
    """What else is written once a quota, or somebody's plan or office, was changed; `row` as it stood before."""
    if kind == "quota":
        if "octets" in fresh:
            mode = fresh.get("change_mode", row["change_mode"])
            quota_store.note_change(connection, row["id"], now_s, row["octets"], mode)
        if "turned_until_s" in fresh:
            start_s = _bounds(row, zone, now_s)[0]
            quota_store.move_end(connection, row["id"], start_s, fresh["turned_until_s"])
    if kind == "employee" and not _WHOSE.isdisjoint(fresh):
        arrive(connection, kind, {**row, **fresh}, zone, now_s)


def arrive(connection: Connection, kind: str, row: Row, zone: ZoneInfo, now_s: int) -> None:
    """Somebody comes to the quotas of a plan: those that say so give him his share of the running period alone."""
    if kind != "employee" or row["kind"] != AccountKind.PERSON:
        return
    for quota in quota_store.prorated_for(connection, row["id"], row["plan_id"], row["opd_id"]):
        start_s, end_s = _bounds(quota, zone, now_s)
        share = prorate(0, quota["octets"], start_s, end_s, now_s)
        quota_store.open_row(connection, quota["id"], row["id"], (start_s, end_s), share - quota["octets"])


def _bounds(row: Row, zone: ZoneInfo, now_s: int) -> tuple[int, int]:
    turned_from_s, turned_until_s = row["turned_from_s"], row["turned_until_s"]
    if turned_from_s is not None and turned_from_s <= now_s < turned_until_s:
        return turned_from_s, turned_until_s
    return current(period_of(row, zone), datetime.fromtimestamp(now_s, UTC))
