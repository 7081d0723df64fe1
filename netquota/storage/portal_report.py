"""What the portal looks up: who is online at a network address. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from netquota.storage.database import Connection
from netquota.storage.schema import accounting_session

_s = accounting_session.c


@dataclass(frozen=True, slots=True)
class Online:
    """A running session: its number, whose it is (None: nobody that we know)."""

    session_id: int
    employee_id: int | None


def online_at(connection: Connection, framed_ip: str) -> list[Online]:
    """The running sessions with this address: several where gateways use the same private addresses."""
    query = select(_s.id, _s.employee_id).where(_s.framed_ip == framed_ip, _s.ended_s.is_(None)).limit(2)
    return [Online(*row) for row in connection.execute(query)]
