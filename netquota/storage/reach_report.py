"""What probes of a provider link's other end met lately, and its interface as read last. Reads only."""

from __future__ import annotations

from sqlalchemy import case, func, select

from netquota.storage.database import Connection
from netquota.storage.schema import interface_reading, reach_sample

_LINKS_INTERFACE = 5


def reached(connection: Connection, link_id: int, since_s: int) -> tuple[int, int] | None:
    """How many probes were sent and answered since an epoch second; None where none was."""
    c = reach_sample.c
    sums = select(func.coalesce(func.sum(c.sent), 0), func.coalesce(func.sum(c.received), 0))
    sent, received = connection.execute(sums.where(c.link_id == link_id, c.bin_s >= since_s)).one()
    return (int(sent), int(received)) if sent else None


def interface_now(connection: Connection, link_id: int, since_s: int) -> tuple[int, int] | None:
    """What flows over a link's own interface (down, up, bit/s), if it was read since an epoch second."""
    c = interface_reading.c
    query = select(c.now_down_bps, c.now_up_bps).where(
        c.kind == _LINKS_INTERFACE, c.subject_id == link_id, c.at_s >= since_s, c.now_down_bps.is_not(None)
    )
    row = connection.execute(query).first()
    return None if row is None else (int(row[0]), int(row[1] or 0))


def availability(connection: Connection, link_id: int, from_s: int, to_s: int) -> tuple[int, int] | None:
    """(bins in which anything answered, bins in which it was asked) in [from_s, to_s); None: never asked."""
    c = reach_sample.c
    bins = (
        select(func.sum(c.received).label("received"))
        .where(c.link_id == link_id, c.bin_s >= from_s, c.bin_s < to_s, c.sent > 0)
        .group_by(c.bin_s)
        .subquery()
    )
    query = select(func.coalesce(func.sum(case((bins.c.received > 0, 1), else_=0)), 0), func.count())
    answered, asked = connection.execute(query.select_from(bins)).one()
    return (int(answered), int(asked)) if asked else None
