"""Outages of provider links in their table; what is due to begin or end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, or_, select, update

from netquota.domain.outages import Outage
from netquota.storage.database import Connection
from netquota.storage.outage_tables import link_outage
from netquota.storage.schema import provider_link

_o = link_outage.c
_ALL = select(link_outage, provider_link.c.name).join(provider_link, provider_link.c.id == _o.link_id)


def add(connection: Connection, outage: Outage) -> int:
    """Note an outage; its id."""
    row = {
        "link_id": outage.link_id, "from_s": outage.from_s, "until_s": outage.until_s, "why": outage.why,
        "by": outage.by, "began_s": outage.began_s, "ended_s": outage.ended_s,
    }  # fmt: skip
    key = connection.execute(link_outage.insert().values(**row)).inserted_primary_key
    return int(key[0]) if key is not None else 0


def outages(connection: Connection, link_id: int | None = None, *, open_only: bool = False) -> list[Outage]:
    """Outages of a link (None: of all), the newest first."""
    query = _ALL.order_by(_o.from_s.desc(), _o.id.desc())
    if link_id is not None:
        query = query.where(_o.link_id == link_id)
    if open_only:
        query = query.where(_o.ended_s.is_(None))
    return [_outage(row) for row in connection.execute(query)]


def links_out(connection: Connection) -> dict[int, int]:
    """The links that are out, by the outage's id."""
    query = select(_o.id, _o.link_id).where(_o.began_s.is_not(None), _o.ended_s.is_(None))
    return {row[0]: row[1] for row in connection.execute(query)}


def due(connection: Connection, now_s: int) -> list[Outage]:
    """Outages that should have begun or ended by now and have not, oldest first."""
    begins = and_(_o.began_s.is_(None), _o.from_s <= now_s)
    ends = _o.until_s <= now_s
    query = _ALL.where(_o.ended_s.is_(None), or_(begins, ends)).order_by(_o.from_s, _o.id)
    return [_outage(row) for row in connection.execute(query)]


def begin(connection: Connection, outage_id: int, now_s: int, *, settled: bool) -> bool:
    """The link is out from now on; False where somebody was first."""
    mine = and_(_o.id == outage_id, _o.began_s.is_(None), _o.ended_s.is_(None))
    return connection.execute(update(link_outage).where(mine).values(began_s=now_s, settled=settled)).rowcount > 0


def end(connection: Connection, outage_id: int, now_s: int, *, settled: bool) -> bool:
    """The link serves again; False where somebody was first."""
    mine = and_(_o.id == outage_id, _o.ended_s.is_(None))
    return connection.execute(update(link_outage).where(mine).values(ended_s=now_s, settled=settled)).rowcount > 0


def unsettled(connection: Connection) -> dict[int, bool]:
    """Outages whose last change running sessions do not follow yet: whether each is on."""
    query = select(_o.id, _o.began_s, _o.ended_s).where(_o.settled.is_(False))
    return {row.id: row.began_s is not None and row.ended_s is None for row in connection.execute(query)}


def settle(connection: Connection, outage_ids: Sequence[int]) -> None:
    """Sessions follow now."""
    connection.execute(update(link_outage).where(_o.id.in_(list(outage_ids))).values(settled=True))


def _outage(row: Any) -> Outage:
    return Outage(
        row.id, row.link_id, row.from_s, row.until_s, row.why, row.by, row.began_s, row.ended_s, row.name
    )  # fmt: skip
