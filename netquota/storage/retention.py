"""Forgetting what need not be known any longer, piece by piece: each call is small enough for one short transaction.

Reading what is old is apart from deleting it, so that the search makes no writer wait.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from netquota.storage.database import Connection
from netquota.storage.schema import accounting_session as session
from netquota.storage.schema import enforcement, usage_sample


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


def sample_subjects(connection: Connection, before_s: int) -> list[tuple[int, int]]:
    """(kind, subject) of which there are samples from before an epoch second."""
    s = usage_sample.c
    query = select(s.kind, s.subject_id).where(s.bin_s < before_s).distinct()
    return [(kind, subject) for kind, subject in connection.execute(query)]


def forget_samples(connection: Connection, subjects: Sequence[tuple[int, int]], before_s: int) -> int:
    """Delete the samples of these (kind, subject) from before an epoch second; how many."""
    s, forgotten = usage_sample.c, 0
    for kind, subject in subjects:
        old = delete(usage_sample).where(s.kind == kind, s.subject_id == subject, s.bin_s < before_s)
        forgotten += connection.execute(old).rowcount
    return forgotten
