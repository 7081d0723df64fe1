"""Forgetting what need not be known any longer, piece by piece: each call is small enough for one short transaction.

Reading what is old is apart from deleting it, so that the search makes no writer wait.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from netquota.storage.database import Connection
from netquota.storage.schema import accounting_session as session
from netquota.storage.schema import enforcement


def ended_sessions(connection: Connection, before_s: int, most: int) -> list[int]:
    """Sessions that ended before an epoch second, some of the oldest."""
    old = select(session.c.id).where(session.c.ended_s < before_s)
    return list(connection.execute(old.order_by(session.c.id).limit(most)).scalars())


def forget_sessions(connection: Connection, session_ids: Sequence[int]) -> int:
    """Delete ended sessions with their orders; what they used stays in ledger and samples. How many."""
    ids = list(session_ids)
    connection.execute(delete(enforcement).where(enforcement.c.session_id.in_(ids)))
    ended = delete(session).where(session.c.id.in_(ids), session.c.ended_s.is_not(None))
    return connection.execute(ended).rowcount
