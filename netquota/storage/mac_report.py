"""Devices that log in by their hardware address: when each was let in last, and which tried without an account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from netquota.domain.mac import normalised_mac
from netquota.domain.policy import Code
from netquota.storage.database import Connection
from netquota.storage.schema import accounting_session, decision_record, employee

_MOST_NAMES = 2000  # looked at, the newest first; phones that ask by a made-up address fill no page


@dataclass(frozen=True, slots=True)
class Stranger:
    """A hardware address without an account that asked to be let in; instants in epoch seconds."""

    mac: str
    nas_id: int | None
    gateway: str
    tries: int
    first_s: int
    last_s: int


@dataclass(frozen=True, slots=True)
class Seen:
    """When a device was let in last (epoch s), None: never; `online`: how many sessions run."""

    last_s: int | None
    online: int


def strangers(connection: Connection, since_s: int) -> list[Stranger]:
    """Addresses that asked since then, no account knows and none made meanwhile, by where; the newest first."""
    d = decision_record.c
    known = select(employee.c.mac_login).where(employee.c.mac_login.is_not(None))
    query = (
        select(
            d.username, d.mac, d.nas_id, d.gateway, func.count(), func.min(d.at_s), func.max(d.at_s).label("last_s")
        )
        .where(
            d.at_s >= since_s, d.accepted.is_(False), d.code == Code.UNKNOWN, d.employee_id.is_(None), d.mac != "",
            d.mac.not_in(known), func.length(d.username).between(12, 17),
        )
        .group_by(d.username, d.mac, d.nas_id, d.gateway)
        .order_by(func.max(d.at_s).desc())
        .limit(_MOST_NAMES)
    )  # fmt: skip
    return [
        Stranger(mac, nas_id, gateway, tries, first_s, last_s)
        for username, mac, nas_id, gateway, tries, first_s, last_s in connection.execute(query)
        if normalised_mac(username) == mac
    ]


def seen(connection: Connection, ids: Sequence[int]) -> dict[int, Seen]:
    """Of each of these accounts."""
    d, s = decision_record.c, accounting_session.c
    let_in = select(d.employee_id, func.max(d.at_s)).where(d.employee_id.in_(ids), d.accepted.is_(True))
    last = {row[0]: row[1] for row in connection.execute(let_in.group_by(d.employee_id))}
    running = select(s.employee_id, func.count(), func.max(s.last_event_s)).where(
        s.employee_id.in_(ids), s.ended_s.is_(None)
    )
    open_now = {row[0]: (row[1], row[2]) for row in connection.execute(running.group_by(s.employee_id))}
    found: dict[int, Seen] = {}
    for each in ids:
        online, heard_s = open_now.get(each, (0, None))
        moments = [moment for moment in (last.get(each), heard_s) if moment is not None]
        found[each] = Seen(max(moments, default=None), online)
    return found
