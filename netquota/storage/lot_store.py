"""What periods of quotas have beside their own: lots, how a period closed, and the sum that the ledger shows.

Lots handed on from the period before stand before those granted within the period, and are written anew as a whole;
their sum is the ledger row's `carried_in`. So closing a period twice leaves the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, cast, delete, func, literal, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY

from netquota.domain.carrying import Lot
from netquota.storage.database import Connection, is_postgresql
from netquota.storage.schema import employee, ledger_entry, quota_lot

GIVEN_FROM = 1000
"""Positions of lots that were granted within the period itself."""

e, o = ledger_entry.c, quota_lot.c


@dataclass(frozen=True, slots=True)
class Closing:
    """A period of one subject: octets used since the last reset, and granted beside the quota for the whole period."""

    used: int = 0
    granted: int = 0


@dataclass(frozen=True, slots=True)
class OpenGrant:
    """A grant until a moment that has not ended: of which ledger row, at which position."""

    quota_id: int
    subject_id: int
    period_start_s: int
    position: int
    lot: Lot


def closings(connection: Connection, quota_id: int, start_s: int, subjects: Sequence[int]) -> dict[int, Closing]:
    """How the period that began then stands for these subjects; those without a row used nothing."""
    mine = and_(e.quota_id == quota_id, _exactly(e.subject_id, subjects), e.period_start_s == start_s)
    query = select(e.subject_id, e.used - e.forgiven, e.granted).where(mine)
    return {subject: Closing(used, granted) for subject, used, granted in connection.execute(query)}


def lots_of(
    connection: Connection, quota_id: int, start_s: int, subjects: Sequence[int], *, handed_on: bool = False
) -> dict[int, list[Lot]]:
    """The lots that these subjects have in a period, in the order in which they are used.

    `handed_on`: without those granted within it.
    """
    mine = and_(o.quota_id == quota_id, _exactly(o.subject_id, subjects), o.period_start_s == start_s)
    if handed_on:
        mine = and_(mine, o.position < GIVEN_FROM)
    query = select(o.subject_id, o.octets, o.periods_left, o.until_s, o.used_at).where(mine)
    found: dict[int, list[Lot]] = {}
    for subject, *values in connection.execute(query.order_by(o.subject_id, o.position)):
        found.setdefault(subject, []).append(Lot(*values))
    return found


def subjects_with_grants(connection: Connection, quota_id: int, start_s: int, after_s: int) -> list[int]:
    """Whose grants of the period that began then go on after an epoch second."""
    going_on = and_(o.quota_id == quota_id, o.period_start_s == start_s, o.until_s > after_s)
    return sorted(set(connection.execute(select(o.subject_id).where(going_on)).scalars()))


def made_before(connection: Connection, employee_ids: Sequence[int], moment_s: int) -> set[int]:
    """Those of these people whose account was there before an epoch second."""
    old = and_(_exactly(employee.c.id, employee_ids), employee.c.created_s < moment_s)
    return set(connection.execute(select(employee.c.id).where(old)).scalars())


def hand_on(
    connection: Connection,
    quota_id: int,
    closed_s: int,
    bounds: tuple[int, int],
    lots: Mapping[int, Sequence[Lot]],
    now_s: int,
) -> None:
    """Write what a period (start, end; epoch s) got from the one that began at `closed_s`, over what it had got."""
    subjects = sorted(lots)
    before = and_(o.quota_id == quota_id, _exactly(o.subject_id, subjects), o.period_start_s == closed_s)
    going_on = and_(before, o.until_s.is_not(None), o.ended.is_(False))
    connection.execute(update(quota_lot).where(going_on).values(ended=True))  # they go on as new ones
    handed = and_(o.quota_id == quota_id, _exactly(o.subject_id, subjects), o.period_start_s == bounds[0])
    connection.execute(delete(quota_lot).where(handed, o.position < GIVEN_FROM))
    rows = [
        _row(quota_id, subject, bounds[0], position, lot, ended=lot.until_s is not None and lot.until_s <= now_s)
        for subject in subjects
        for position, lot in enumerate(lots[subject])
    ]
    if rows:
        _insert_lots(connection, rows)
    sum_up(connection, quota_id, bounds, subjects)


def _insert_lots(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Add many at once: on PostgreSQL by one statement of arrays, as one of each row costs several times as much."""
    if not is_postgresql(connection):
        connection.execute(quota_lot.insert(), rows)
        return
    columns = [quota_lot.c[name] for name in rows[0]]
    values = func.unnest(
        *(bindparam(column.name, [row[column.name] for row in rows], ARRAY(column.type)) for column in columns)
    )
    table = values.table_valued(*(column.name for column in columns)).render_derived()
    connection.execute(quota_lot.insert().from_select([column.name for column in columns], select(*table.c)))


def give(connection: Connection, quota_id: int, subject_id: int, bounds: tuple[int, int], lot: Lot) -> None:
    """Add a grant until a moment to the running period."""
    mine = and_(o.quota_id == quota_id, o.subject_id == subject_id, o.period_start_s == bounds[0])
    last = connection.execute(select(func.max(o.position)).where(mine)).scalar()
    position = max(GIVEN_FROM, (last or 0) + 1)
    connection.execute(quota_lot.insert(), [_row(quota_id, subject_id, bounds[0], position, lot)])
    sum_up(connection, quota_id, bounds, [subject_id])


def sum_up(connection: Connection, quota_id: int, bounds: tuple[int, int], subjects: Sequence[int]) -> None:
    """Let the ledger rows say what their lots add up to; a row is opened only for what it gets."""
    insert = (postgresql.insert if is_postgresql(connection) else sqlite.insert)(ledger_entry)
    mine = and_(o.quota_id == quota_id, _exactly(o.subject_id, subjects), o.period_start_s == bounds[0])
    keys = literal(quota_id, BigInteger), literal(bounds[0], BigInteger), literal(bounds[1], BigInteger)
    sums = select(*keys, o.subject_id, cast(func.sum(o.octets), BigInteger)).where(mine).group_by(o.subject_id)
    names = ["quota_id", "period_start_s", "period_end_s", "subject_id", "carried_in"]
    keyed = (ledger_entry.c.quota_id, ledger_entry.c.subject_id, ledger_entry.c.period_start_s)
    changed = {"carried_in": insert.excluded.carried_in}
    connection.execute(insert.from_select(names, sums).on_conflict_do_update(index_elements=keyed, set_=changed))
    rows = and_(e.quota_id == quota_id, _exactly(e.subject_id, subjects), e.period_start_s == bounds[0])
    has = select(o.subject_id).where(mine)
    connection.execute(
        update(ledger_entry).where(rows, e.carried_in != 0, e.subject_id.not_in(has)).values(carried_in=0)
    )


def grants_ending(connection: Connection, until_s: int) -> list[OpenGrant]:
    """Grants whose moment has come by an epoch second, in key order."""
    columns = o.quota_id, o.subject_id, o.period_start_s, o.position, o.octets, o.periods_left, o.until_s, o.used_at
    over = and_(o.until_s <= until_s, o.ended.is_(False))
    query = select(*columns).where(over).order_by(*columns[:4])
    return [OpenGrant(*row[:4], Lot(*row[4:])) for row in connection.execute(query)]


def end_grant(connection: Connection, grant: OpenGrant, used: int) -> bool:
    """End a grant: what was not used of it is gone; False where it ended already. `used` of its period so far."""
    mine = and_(
        o.quota_id == grant.quota_id, o.subject_id == grant.subject_id, o.period_start_s == grant.period_start_s,
        o.position == grant.position, o.ended.is_(False),
    )  # fmt: skip
    ended = update(quota_lot).where(mine).values(octets=grant.lot.ended(used).octets, ended=True)
    return connection.execute(ended).rowcount > 0


def grant_ends(connection: Connection) -> tuple[int, ...]:
    """The moments (epoch s) at which grants end, ascending."""
    query = select(o.until_s).where(o.until_s.is_not(None), o.ended.is_(False)).distinct()
    return tuple(sorted(until_s for until_s in connection.execute(query).scalars() if until_s is not None))


def forget_lots(connection: Connection, before_s: int, most: int) -> int:
    """Delete some lots of periods that began before an epoch second; how many. What is used stays in the ledger."""
    keys = o.quota_id, o.subject_id, o.period_start_s, o.position
    old = connection.execute(select(*keys).where(o.period_start_s < before_s).limit(most)).all()
    if old:
        connection.execute(delete(quota_lot).where(tuple_(*keys).in_([tuple(key) for key in old])))
    return len(old)


def _exactly(column: ColumnElement[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """The rows of these ids and no others; the span lets an index find them where a planner distrusts a long list."""
    if not ids:
        return column.in_(ids)
    span = column.between(min(ids), max(ids))
    return span if max(ids) - min(ids) < len(ids) else and_(span, column.in_(ids))


def _row(
    quota_id: int, subject_id: int, start_s: int, position: int, lot: Lot, *, ended: bool = False
) -> dict[str, object]:  # fmt: skip
    return {
        "quota_id": quota_id, "subject_id": subject_id, "period_start_s": start_s, "position": position,
        "octets": lot.octets, "periods_left": lot.periods_left, "until_s": lot.until_s, "used_at": lot.used_at,
        "ended": ended,
    }  # fmt: skip
