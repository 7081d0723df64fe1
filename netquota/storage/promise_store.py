"""What is promised on provider links: the guaranteed rates of the offices that have a site there, beside capacity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from netquota.domain.units import Rate
from netquota.storage.database import Connection
from netquota.storage.schema import opd, provider_link, site


@dataclass(frozen=True, slots=True)
class Promised:
    """A link's capacity, and all that is guaranteed on it; an office of several sites counts once."""

    link: str
    capacity: Rate
    guaranteed: Rate

    @property
    def is_passed(self) -> bool:
        """Whether more is guaranteed than there is, in either direction."""
        has, needs = self.capacity, self.guaranteed
        return needs.down_bps > has.down_bps or needs.up_bps > has.up_bps


def links_of(connection: Connection, kind: str, row_id: int) -> list[int]:
    """The links on which an office, a site or a link itself bears."""
    if kind == "link":
        return [row_id]
    where = site.c.opd_id == row_id if kind == "opd" else site.c.id == row_id
    query = select(site.c.link_id).distinct().where(where, site.c.link_id.is_not(None)).order_by(site.c.link_id)
    return [link_id for link_id in connection.execute(query).scalars() if link_id is not None]


def promised(connection: Connection, link_ids: Sequence[int]) -> list[Promised]:
    """These links, by name."""
    there = select(site.c.link_id, site.c.opd_id).distinct().where(site.c.link_id.in_(link_ids)).subquery()
    p, g = provider_link.c, opd.c
    query = (
        select(
            p.name,
            p.capacity_down_bps,
            p.capacity_up_bps,
            func.sum(g.guaranteed_down_bps),
            func.sum(g.guaranteed_up_bps),
        )
        .join(there, there.c.link_id == p.id)
        .join(opd, opd.c.id == there.c.opd_id)
        .group_by(p.id, p.name, p.capacity_down_bps, p.capacity_up_bps)
        .order_by(p.name)
    )
    return [
        Promised(name, Rate(down, up), Rate(int(all_down or 0), int(all_up or 0)))
        for name, down, up, all_down, all_up in connection.execute(query)
    ]
