"""Use case: more for a set of offices while an event lasts, or an emergency cut; one action, over by itself.

Speeds follow from the event as a pure function of time (domain.events); ceilings by additions that the clock begins
and ends (ceilings.turn_ceilings). Taking the event away, or ending it, takes both back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from netquota.domain.units import Rate
from netquota.services.office import Author, Office
from netquota.storage import ceiling_grant_store
from netquota.storage.ceiling_grant_store import CeilingGrant
from netquota.storage.database import Connection

Row = Mapping[str, Any]
_BEARING = frozenset({"opds", "from_s", "until_s", "ceiling_down_bps", "leaves_permille", "key"})


def origin_of(key: str) -> str:
    """What an event's additions to ceilings are known by."""
    return f"event {key}"


def now_text(zone: ZoneInfo, now_s: int) -> str:
    """This moment as the field `until` reads it, with the zone's offset, also in an hour that comes twice."""
    return datetime.fromtimestamp(now_s, UTC).astimezone(zone).isoformat()


def begin(connection: Connection, kind: str, row: Row, office: Office, by: Author) -> None:
    """An event was made: what it does to ceilings, in the transaction that makes it."""
    if kind == "event":
        _plan(connection, row, office, by)


def follow(connection: Connection, kind: str, before: Row, row: Row, fresh: Row, office: Office, by: Author) -> None:
    """An event was changed: its additions end, others take their place. `row` as it is now."""
    if kind != "event" or _BEARING.isdisjoint(fresh):
        return
    ceiling_grant_store.cut(connection, origin_of(before["key"]), office.now_s)
    _plan(connection, row, office, by)


def leave(connection: Connection, kind: str, row: Row, office: Office) -> None:
    """An event is removed: its additions to ceilings end."""
    if kind == "event":
        ceiling_grant_store.cut(connection, origin_of(row["key"]), office.now_s)


def _plan(connection: Connection, row: Row, office: Office, by: Author) -> None:
    """Note an addition or a cut for each office; the clock begins those that are due within seconds."""
    from_s = office.now_s if row["from_s"] is None else max(row["from_s"], office.now_s)
    adds, leaves = row["ceiling_down_bps"] is not None, row["leaves_permille"]
    if row["until_s"] <= from_s or not (adds or leaves is not None):
        return
    rate = Rate(row["ceiling_down_bps"], row["ceiling_up_bps"]) if adds else Rate(0, 0)
    for each in row["opds"]:
        grant = CeilingGrant(
            each["opd_id"], rate, from_s, row["until_s"], origin_of(row["key"]), row["reason"], by.name,
            leaves_permille=leaves,
        )  # fmt: skip
        ceiling_grant_store.add_grant(connection, grant)
