"""What planning reads of policy: links with contract and price, offices with ceilings, people and main link."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select

from netquota.domain.people import AccountKind
from netquota.storage.database import Connection
from netquota.storage.schema import employee, opd, provider_link, site

MEGA = 1_000_000


class PlannedLink(NamedTuple):
    """A provider link: capacity in bit/s, its price a month in rupiah (None = not known), contract days local."""

    id: int
    name: str
    provider: str
    contract: str
    down_bps: int
    up_bps: int
    monthly_rp: int | None
    starts_on: date | None
    ends_on: date | None

    @property
    def unit_price_rp(self) -> int:
        """Rupiah per Mbit/s and month, half up; 0 where no price is known."""
        if not self.monthly_rp or not self.down_bps:
            return 0
        return (2 * self.monthly_rp * MEGA + self.down_bps) // (2 * self.down_bps)


class PlannedOpd(NamedTuple):
    """An office: ceiling and guaranteed rate down in bit/s (0 = none), weight, people, link of most of its sites."""

    id: int
    code: str
    name: str
    kind: str
    ceiling_bps: int
    guaranteed_bps: int
    weight: int
    people: int
    link_id: int | None


def links(connection: Connection) -> list[PlannedLink]:
    """All links by name."""
    link = provider_link.c
    query = select(
        link.id, link.name, link.provider, link.contract, link.capacity_down_bps, link.capacity_up_bps,
        link.price_rupiah, link.starts_on, link.ends_on,
    ).order_by(link.name)  # fmt: skip
    return [
        PlannedLink(*row[:3], row[3] or "", *row[4:7], _day(row[7]), _day(row[8])) for row in connection.execute(query)
    ]


def opds(connection: Connection) -> list[PlannedOpd]:
    """All active offices by code."""
    people = _people(connection)
    main = _main_links(connection)
    o = opd.c
    query = select(o.id, o.code, o.name, o.kind, o.ceiling_down_bps, o.guaranteed_down_bps, o.weight)
    rows = connection.execute(query.where(o.status == "active").order_by(o.code))
    return [
        PlannedOpd(row[0], row[1], row[2], row[3], row[4] or 0, row[5] or 0, row[6], people.get(row[0], 0),
                   main.get(row[0]))
        for row in rows
    ]  # fmt: skip


def own_hours(connection: Connection) -> dict[int, str]:
    """The offices with hours of their own, by id, in the text of domain.office_hours."""
    query = select(opd.c.id, opd.c.office_hours).where(opd.c.office_hours != "").order_by(opd.c.id)
    return {row[0]: row[1] for row in connection.execute(query)}


def _people(connection: Connection) -> dict[int, int]:
    e = employee.c
    query = select(e.opd_id, func.count()).where(e.kind == AccountKind.PERSON, e.status == "active")
    return {row[0]: row[1] for row in connection.execute(query.group_by(e.opd_id))}


def _main_links(connection: Connection) -> dict[int, int]:
    """The link of most of an office's sites; of equals the lower number."""
    query = select(site.c.opd_id, site.c.link_id, func.count()).where(site.c.link_id.is_not(None))
    found: dict[int, tuple[int, int]] = {}
    for opd_id, link_id, number in connection.execute(query.group_by(site.c.opd_id, site.c.link_id)):
        best = found.get(opd_id)
        if best is None or (-number, link_id) < best:
            found[opd_id] = -number, link_id
    return {opd_id: link_id for opd_id, (_, link_id) in found.items()}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
