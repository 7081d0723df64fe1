"""Guessing slowed down: failures per key (an account; an account and its source), each costing a longer wait.

Never a lasting lock: the wait is bounded, so that nobody can keep another out of his account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from netquota.storage.database import Connection, is_postgresql
from netquota.storage.schema import login_failure


@dataclass(frozen=True, slots=True)
class Backoff:
    """`free` failures cost nothing, then the wait doubles from 1 s to `most_s`; all is forgotten after `forget_s`."""

    free: int = 5
    most_s: int = 60
    forget_s: int = 3600

    def wait_s(self, failures: int) -> int:
        """Seconds to wait after so many failures in a row."""
        over = failures - self.free
        return 0 if over <= 0 else min(self.most_s, 1 << min(over - 1, 30))


def blocked_until(connection: Connection, keys: Sequence[str]) -> int:
    """The epoch second from which all of these keys may try again; 0 where none is held off."""
    longest = select(func.max(login_failure.c.blocked_until_s)).where(login_failure.c.key.in_(_cut(keys)))
    return connection.execute(longest).scalar() or 0


def failures(connection: Connection, key: str, since_s: int = 0) -> int:
    """How many failures in a row are counted for a key, the last of them not before an epoch second."""
    c = login_failure.c
    count = select(c.count).where(c.key == key[:300], c.last_s >= since_s)
    return connection.execute(count).scalar() or 0


def failed(connection: Connection, keys: Sequence[str], now_s: int, backoff: Backoff | None = None) -> int:
    """Count a failure for each key; gives the epoch second until which they are held off now."""
    backoff = backoff or Backoff()
    return max((_failed(connection, key, now_s, backoff) for key in sorted(_cut(keys))), default=0)


def succeeded(connection: Connection, keys: Sequence[str]) -> None:
    """Forget the failures of these keys."""
    connection.execute(delete(login_failure).where(login_failure.c.key.in_(_cut(keys))))


def forget_old(connection: Connection, now_s: int, backoff: Backoff | None = None) -> int:
    """Delete what no longer counts; how many."""
    limit = now_s - (backoff or Backoff()).forget_s
    return connection.execute(delete(login_failure).where(login_failure.c.last_s < limit)).rowcount


def _failed(connection: Connection, key: str, now_s: int, backoff: Backoff) -> int:
    table = login_failure
    make = postgresql.insert if is_postgresql(connection) else sqlite.insert
    added = make(table).values(key=key, count=1, last_s=now_s, blocked_until_s=0)
    count = case((table.c.last_s < now_s - backoff.forget_s, 1), else_=table.c.count + 1)
    counted = added.on_conflict_do_update(index_elements=["key"], set_={"count": count, "last_s": now_s})
    failures = connection.execute(counted.returning(table.c.count)).scalar_one()
    until_s = now_s + backoff.wait_s(failures)
    connection.execute(update(table).where(table.c.key == key).values(blocked_until_s=until_s))
    return until_s if until_s > now_s else 0


def _cut(keys: Sequence[str]) -> list[str]:
    return list({key[:300] for key in keys})
