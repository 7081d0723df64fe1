"""Named leases: of several processes one works at a time, and a late one changes nothing.

Whoever takes a lease counts its fencing number up. Every write done under it asks for that number in its own
transaction (`require`); so time decides who may work, never what is true: clocks may be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import or_, select, text, update

from netquota.errors import Conflict
from netquota.storage.database import Connection, is_postgresql
from netquota.storage.rows import insert_unless_there
from netquota.storage.schema import lease as table


class LeaseLost(Conflict):
    """Another holder took the lease over; what was under way is undone."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as held or seen; `until_s` epoch seconds, `fence` grows with each taking."""

    name: str
    holder: str
    fence: int
    until_s: int

    def holds_at(self, now_s: int) -> bool:
        """Whether its time has not run out."""
        return now_s < self.until_s


def take(connection: Connection, name: str, holder: str, now_s: int, lasts_s: int) -> Lease | None:
    """The lease with a new fencing number, None while another holds it.

    Free is what ran out, what is the holder's own (its past self is late then, too), and what would last longer than
    anybody takes it for: a clock was set back since.
    """
    insert_unless_there(connection, table, {"name": name, "holder": "", "fence": 0, "until_s": 0})
    c = table.c
    free = or_(c.until_s <= now_s, c.holder.in_((holder, "")), c.until_s > now_s + 2 * lasts_s)
    taken = connection.execute(
        update(table)
        .where(c.name == name, free)
        .values(holder=holder, fence=c.fence + 1, until_s=now_s + lasts_s)
        .returning(c.fence)
    ).scalar_one_or_none()
    return None if taken is None else Lease(name, holder, taken, now_s + lasts_s)


def keep(connection: Connection, lease: Lease, now_s: int, lasts_s: int) -> Lease | None:
    """The lease prolonged from now; None where somebody else took it meanwhile."""
    c = table.c
    mine = update(table).where(c.name == lease.name, c.fence == lease.fence, c.holder == lease.holder)
    kept = connection.execute(mine.values(until_s=now_s + lasts_s)).rowcount
    return replace(lease, until_s=now_s + lasts_s) if kept else None


def release(connection: Connection, lease: Lease) -> None:
    """Give it back, so that the next one need not wait; nothing happens where it was lost."""
    c = table.c
    mine = update(table).where(c.name == lease.name, c.fence == lease.fence)
    connection.execute(mine.values(holder="", until_s=0))


def require(connection: Connection, lease: Lease, patience_s: int = 10) -> None:
    """Let this transaction go on only under the newest fencing number; a taker waits until it ends.

    On PostgreSQL the server ends the transaction of a process that stands still in it for `patience_s` seconds, so that
    a stopped holder cannot keep the others waiting. Raises `LeaseLost`.
    """
    query = select(table.c.fence).where(table.c.name == lease.name)
    if is_postgresql(connection):
        connection.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = {1000 * int(patience_s)}"))
        query = query.with_for_update(read=True)
    fence = connection.execute(query).scalar_one_or_none()
    if fence != lease.fence:
        raise LeaseLost(f"the lease {lease.name!r} was taken over by another process; nothing was changed")


def standing(connection: Connection, name: str) -> Lease | None:
    """The lease as it stands, whoever holds it; None where nobody ever took it or it was given back."""
    row = connection.execute(select(table).where(table.c.name == name, table.c.holder != "")).one_or_none()
    return None if row is None else Lease(row.name, row.holder, row.fence, row.until_s)
