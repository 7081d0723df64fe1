"""Shared ceilings: what each session has of one, what its gateway may hold, what is promised to log-ins.

Whoever spends headroom locks the ceiling's row first. Promises are read before sessions: one that becomes a session
meanwhile is then seen twice, never not at all. Rates in bit/s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from netquota.domain.enforcement import OrderKind
from netquota.domain.units import Rate
from netquota.storage.database import Connection, is_postgresql
from netquota.storage.order_store import OrderState
from netquota.storage.schema import accounting_session, enforcement, gateway, session_share, share_ceiling
from netquota.storage.schema import share_reservation as reservation
from netquota.storage.session_row import COLUMNS, SessionRow

_FAILED = (OrderState.REFUSED, OrderState.GIVEN_UP)


@dataclass(frozen=True, slots=True)
class GivenShare:
    """What a round last gave a session of its ceiling, and when (epoch second).

    `was`: the least that it was allowed since the interval began that its last report told of.
    """

    session_id: int
    share: Rate
    was: Rate
    changed_s: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is promised to a log-in whose session has not spoken; `number` comes back in its Class, `until_s` epoch."""

    number: int
    opd_id: int
    site_id: int
    employee_id: int
    mac: str
    rate: Rate
    until_s: int


def lock_ceiling(connection: Connection, opd_id: int) -> int:
    """Lock an OPD's ceiling until the transaction ends; gives when the last round over it was (epoch ms)."""
    insert = (postgresql.insert if is_postgresql(connection) else sqlite.insert)(share_ceiling)
    connection.execute(insert.on_conflict_do_nothing(), {"opd_id": opd_id})
    query = select(share_ceiling.c.round_ms).where(share_ceiling.c.opd_id == opd_id).with_for_update()
    return int(connection.execute(query).scalar_one())


def note_round(connection: Connection, opd_id: int, now_ms: int) -> None:
    """A round was made over this ceiling, at an epoch millisecond."""
    connection.execute(update(share_ceiling).where(share_ceiling.c.opd_id == opd_id).values(round_ms=now_ms))


def reservations(connection: Connection, opd_id: int, now_s: int) -> list[Reservation]:
    """What is promised of a ceiling; promises that ran out are dropped."""
    r = reservation.c
    connection.execute(delete(reservation).where(r.opd_id == opd_id, r.until_s <= now_s))
    query = select(reservation).where(r.opd_id == opd_id).order_by(r.number)
    return [
        Reservation(
            row.number, row.opd_id, row.site_id, row.employee_id, row.mac,
            Rate(row.rate_down_bps, row.rate_up_bps), row.until_s,
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def reserve(connection: Connection, promised: Sequence[Reservation]) -> None:
    """Promise these; the ceiling's row is locked."""
    if promised:
        connection.execute(
            reservation.insert(),
            [
                {
                    "number": one.number, "opd_id": one.opd_id, "site_id": one.site_id,
                    "employee_id": one.employee_id, "mac": one.mac, "rate_down_bps": one.rate.down_bps,
                    "rate_up_bps": one.rate.up_bps, "until_s": one.until_s,
                }
                for one in promised
            ],
        )  # fmt: skip


def drop_reservations(connection: Connection, numbers: Iterable[int]) -> None:
    """These became sessions, or were promised anew."""
    wanted = sorted(set(numbers))
    if wanted:
        connection.execute(delete(reservation).where(reservation.c.number.in_(wanted)))


def running_sessions(connection: Connection, nas_ids: Sequence[int], site_ids: Sequence[int]) -> list[SessionRow]:
    """All open sessions at these sites of these clients, by id, not locked."""
    s = accounting_session.c
    of_clients = select(gateway.c.id).where(gateway.c.nas_id.in_(nas_ids))
    query = select(*(s[name] for name in COLUMNS)).where(
        s.gateway_id.in_(of_clients), s.ended_s.is_(None), s.site_id.in_(site_ids)
    )
    rows = [SessionRow(*row) for row in connection.execute(query.order_by(s.id))]
    for row in rows:
        row.gigawords_seen = bool(row.gigawords_seen)
    return rows


def shares_of_ceiling(connection: Connection, opd_id: int) -> dict[int, GivenShare]:
    """What sharing has given under a ceiling, by session."""
    return {
        row.session_id: GivenShare(
            row.session_id,
            Rate(row.share_down_bps, row.share_up_bps),
            Rate(row.was_down_bps, row.was_up_bps),
            row.changed_s,
        )
        for row in connection.execute(select(session_share).where(session_share.c.opd_id == opd_id))
    }


def write_shares(connection: Connection, opd_id: int, shares: Sequence[GivenShare]) -> None:
    """Write what a round gave, over what was there; the ceiling's row is locked."""
    if not shares:
        return
    insert = (postgresql.insert if is_postgresql(connection) else sqlite.insert)(session_share)
    key = session_share.c.session_id
    fresh = {column.name: insert.excluded[column.name] for column in session_share.c if column is not key}
    rows = [
        {
            "session_id": one.session_id, "opd_id": opd_id, "share_down_bps": one.share.down_bps,
            "share_up_bps": one.share.up_bps, "was_down_bps": one.was.down_bps, "was_up_bps": one.was.up_bps,
            "changed_s": one.changed_s,
        }
        for one in sorted(shares, key=lambda one: one.session_id)
    ]  # fmt: skip
    connection.execute(insert.on_conflict_do_update(index_elements=[key], set_=fresh), rows)


def drop_shares(connection: Connection, session_ids: Iterable[int]) -> None:
    """These sessions ended, or are elsewhere."""
    wanted = sorted(set(session_ids))
    if wanted:
        connection.execute(delete(session_share).where(session_share.c.session_id.in_(wanted)))


def may_have(connection: Connection, session_ids: Sequence[int]) -> dict[int, Rate]:
    """The most that orders since each session's last acknowledged one may have left at its gateway.

    Refused ones changed nothing (RFC 5176 §2.3); of what nobody answered, anything may be there.
    """
    if not session_ids:
        return {}
    e = enforcement.c
    acknowledged = (
        select(e.session_id, func.max(e.id).label("last"))
        .where(e.session_id.in_(session_ids), e.kind == OrderKind.COA, e.state == OrderState.ACKNOWLEDGED)
        .group_by(e.session_id)
        .subquery()
    )
    query = (
        select(e.session_id, func.max(e.desired_down_bps), func.max(e.desired_up_bps))
        .outerjoin(acknowledged, acknowledged.c.session_id == e.session_id)
        .where(
            e.session_id.in_(session_ids),
            e.kind == OrderKind.COA,
            e.state.not_in((OrderState.REFUSED, OrderState.ACKNOWLEDGED)),
            or_(acknowledged.c.last.is_(None), e.id > acknowledged.c.last),
        )
        .group_by(e.session_id)
    )
    return {key: Rate(down or 0, up or 0) for key, down, up in connection.execute(query)}


def failed_since(connection: Connection, session_ids: Sequence[int], since_ms: int) -> set[int]:
    """Those of these sessions to which an order failed since an epoch millisecond, and none was taken after it."""
    if not session_ids:
        return set()
    e = enforcement.c
    newer = enforcement.alias()
    taken_after = (
        select(newer.c.id)
        .where(newer.c.session_id == e.session_id, newer.c.id > e.id, newer.c.state == OrderState.ACKNOWLEDGED)
        .exists()
    )
    failed = and_(e.state.in_(_FAILED), e.kind == OrderKind.COA, e.ended_ms >= since_ms)
    query = select(e.session_id).where(e.session_id.in_(session_ids), failed, ~taken_after)
    return set(connection.execute(query).scalars())
