"""Parts of an office's ceiling given for good or for a time, in their table; what is due to begin or end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, or_, select, update

from netquota.domain.units import Rate
from netquota.storage.schema import ceiling_grant, opd

_g = ceiling_grant.c


@dataclass(frozen=True, slots=True)
class CeilingGrant:
    """`rate` is added to the ceiling from `from_s` until `until_s` (epoch s; None = for good); negative takes away.

    `leaves_permille` makes it a cut to so many thousandths; its rate is then what it takes while it is in force.
    """

    opd_id: int
    rate: Rate
    from_s: int
    until_s: int | None
    origin: str
    why: str
    by: str
    review_on: date | None = None
    began_s: int | None = None
    ended_s: int | None = None
    id: int = 0
    opd: str = ""
    leaves_permille: int | None = None

    @property
    def is_in_force(self) -> bool:
        """Whether the ceiling holds it now."""
        return self.began_s is not None and self.ended_s is None


def add_grant(connection: Connection, grant: CeilingGrant) -> int:
    """Note a grant that begins at its moment; its id."""
    made = connection.execute(
        ceiling_grant.insert().values(
            opd_id=grant.opd_id, down_bps=grant.rate.down_bps, up_bps=grant.rate.up_bps, from_s=grant.from_s,
            until_s=grant.until_s, origin=grant.origin, why=grant.why, by=grant.by, began_s=grant.began_s,
            review_day=None if grant.review_on is None else grant.review_on.isoformat(),
            leaves_permille=grant.leaves_permille,
        )
    )  # fmt: skip
    key = made.inserted_primary_key
    return int(key[0]) if key is not None else 0


def grants(
    connection: Connection, opd_id: int | None = None, origin: str | None = None, since_s: int | None = None
) -> list[CeilingGrant]:
    """The grants of an office (None: of all), the newest first; `since_s`: those alone that begin then or later."""
    query = select(ceiling_grant, opd.c.code).join(opd, opd.c.id == _g.opd_id).order_by(_g.id.desc())
    if opd_id is not None:
        query = query.where(_g.opd_id == opd_id)
    if origin is not None:
        query = query.where(_g.origin == origin)
    if since_s is not None:
        query = query.where(_g.from_s >= since_s)
    return [_grant(row) for row in connection.execute(query)]


def grant_of(connection: Connection, grant_id: int) -> CeilingGrant | None:
    """One grant as it stands; not locked."""
    query = select(ceiling_grant, opd.c.code).join(opd, opd.c.id == _g.opd_id).where(_g.id == grant_id)
    row = connection.execute(query).first()
    return None if row is None else _grant(row)


def lock_open(connection: Connection, opd_id: int) -> list[CeilingGrant]:
    """The grants of an office that have not ended, locked, the oldest first: lock them before the office's row."""
    query = select(ceiling_grant, opd.c.code).join(opd, opd.c.id == _g.opd_id).order_by(_g.id)
    mine = query.where(_g.opd_id == opd_id, _g.ended_s.is_(None))
    return [_grant(row) for row in connection.execute(mine.with_for_update(of=ceiling_grant))]


def take(connection: Connection, grant_id: int, rate: Rate) -> None:
    """Note what a grant adds to the ceiling from now on, bit/s; negative: takes away."""
    values = {"down_bps": rate.down_bps, "up_bps": rate.up_bps}
    connection.execute(update(ceiling_grant).where(_g.id == grant_id).values(values))


def due(connection: Connection, now_s: int) -> list[int]:
    """The grants (ids) that should have begun or ended by now and have not, in the order of their moments."""
    begins = and_(_g.began_s.is_(None), _g.ended_s.is_(None), _g.from_s <= now_s)
    ends = and_(_g.began_s.is_not(None), _g.ended_s.is_(None), _g.until_s <= now_s)
    return list(connection.execute(select(_g.id).where(or_(begins, ends)).order_by(_g.from_s, _g.id)).scalars())


def begin(connection: Connection, grant_id: int, now_s: int, *, settled: bool) -> None:
    """The ceiling holds it from now on."""
    connection.execute(update(ceiling_grant).where(_g.id == grant_id).values(began_s=now_s, settled=settled))


def end(connection: Connection, grant_id: int, now_s: int, *, settled: bool) -> None:
    """The ceiling does not hold it any more."""
    connection.execute(update(ceiling_grant).where(_g.id == grant_id).values(ended_s=now_s, settled=settled))


def cut(connection: Connection, origin: str, now_s: int) -> None:
    """Let what is in force by an origin end now, and what has not begun never begin."""
    of_it = and_(_g.origin == origin, _g.ended_s.is_(None))
    connection.execute(update(ceiling_grant).where(of_it).values(until_s=now_s))


def end_at(connection: Connection, grant_id: int, at_s: int) -> None:
    """Let a grant that has not ended end at a moment, epoch seconds."""
    connection.execute(update(ceiling_grant).where(_g.id == grant_id, _g.ended_s.is_(None)).values(until_s=at_s))


def rename(connection: Connection, opd_id: int, origin: str, becomes: str, since_s: int) -> None:
    """What an office was given by an origin from a moment on (epoch seconds) is known by another name from now on."""
    of_it = and_(_g.opd_id == opd_id, _g.origin == origin, _g.from_s >= since_s)
    connection.execute(update(ceiling_grant).where(of_it).values(origin=becomes))


def unsettled(connection: Connection) -> dict[int, int]:
    """Offices whose running sessions do not follow the last change yet, by grant: {grant: office}."""
    query = select(_g.id, _g.opd_id).where(_g.settled.is_(False))
    return {row[0]: row[1] for row in connection.execute(query)}


def settle(connection: Connection, grant_ids: Sequence[int]) -> None:
    """Their sessions follow now."""
    connection.execute(update(ceiling_grant).where(_g.id.in_(list(grant_ids))).values(settled=True))


def _grant(row: Any) -> CeilingGrant:
    review = None if row.review_day is None else date.fromisoformat(row.review_day)
    return CeilingGrant(
        row.opd_id, Rate(row.down_bps, row.up_bps), row.from_s, row.until_s, row.origin, row.why, row.by, review,
        row.began_s, row.ended_s, row.id, row.code, row.leaves_permille,
    )  # fmt: skip
