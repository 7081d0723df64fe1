"""Octet leases: what is reserved of a quota for each session, before a gateway is told so (planning.md §5.3).

Whoever grants locks the quota's ledger row first, in key order as the counting does; then what is used and what is
leased out are of one moment. A lease in use stands until `freed_s`; the scheduler's own lease is lease_store's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, and_, delete, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from netquota.domain.leasing import HeldLease, Standing
from netquota.domain.quota import Lease, LedgerFigure
from netquota.storage.database import Connection, is_postgresql
from netquota.storage.schema import accounting_session, gateway, ledger_entry, octet_lease, quota_lot

GONE = "gone at gateway"  # accounting_session.flag: the gateway itself said that it does not know the session

PoolKey = tuple[int, int]  # quota, subject


@dataclass(frozen=True, slots=True)
class NewLease:
    """A lease to write: octets from the session's start, epoch seconds."""

    number: int
    quota_id: int
    subject_id: int
    employee_id: int
    mac: str
    nas_id: int
    gateway: str
    cap: int
    interim_s: int
    opened_s: int
    until_s: int | None
    session_id: int | None = None
    last_grant: int = 0
    used_at_grant: int = 0


def locked_figures(connection: Connection, periods: Mapping[PoolKey, tuple[int, int]]) -> dict[PoolKey, LedgerFigure]:
    """The ledger rows of these quotas in these periods (start, end; epoch s), opened where missing, locked."""
    if not periods:
        return {}
    e = ledger_entry.c
    keys = [(quota, subject, periods[quota, subject][0]) for quota, subject in sorted(periods)]
    rows = [
        {"quota_id": key[0], "subject_id": key[1], "period_start_s": key[2], "period_end_s": periods[key[:2]][1]}
        for key in keys
    ]
    insert = (postgresql.insert if is_postgresql(connection) else sqlite.insert)(ledger_entry)
    connection.execute(insert.on_conflict_do_nothing(), rows)
    used = e.used - e.forgiven
    columns = e.quota_id, e.subject_id, e.period_start_s, e.period_end_s, used, e.granted, e.carried_in
    wanted = tuple_(e.quota_id, e.subject_id, e.period_start_s).in_(keys)
    query = select(*columns).where(wanted).order_by(e.quota_id, e.subject_id, e.period_start_s).with_for_update()
    return {(row.quota_id, row.subject_id): LedgerFigure(*row) for row in connection.execute(query)}


def add_granted(connection: Connection, figure: LedgerFigure, octets: int) -> LedgerFigure:
    """Give more (or less) in a period whose row is locked; how it stands after it."""
    e = ledger_entry.c
    mine = and_(
        e.quota_id == figure.quota_id, e.subject_id == figure.subject_id, e.period_start_s == figure.period_start_s
    )
    connection.execute(update(ledger_entry).where(mine).values(granted=e.granted + octets))
    return replace(figure, granted=figure.granted + octets)


def forgive(connection: Connection, figure: LedgerFigure) -> LedgerFigure:
    """Count anew from now on in a period whose row is locked; grants until a moment count their use anew, too."""
    e, o = ledger_entry.c, quota_lot.c
    key = (figure.quota_id, figure.subject_id, figure.period_start_s)
    mine = tuple_(e.quota_id, e.subject_id, e.period_start_s).in_([key])
    connection.execute(update(ledger_entry).where(mine).values(forgiven=e.used))
    lots = and_(tuple_(o.quota_id, o.subject_id, o.period_start_s).in_([key]), o.ended.is_(False))
    connection.execute(update(quota_lot).where(lots).values(used_at=0))
    return replace(figure, used=0)


def held_leases(connection: Connection, keys: Iterable[PoolKey]) -> list[HeldLease]:
    """The leases of these (quota, subject) that nobody freed yet."""
    of = tuple_(octet_lease.c.quota_id, octet_lease.c.subject_id).in_(sorted(keys))
    return _read(connection, _held().where(of, octet_lease.c.freed_s.is_(None)))


def leases_of_sessions(connection: Connection, session_ids: Sequence[int]) -> dict[int, list[HeldLease]]:
    """The newest leases of these sessions, one a quota, freed ones too; by session."""
    found: dict[int, dict[int, HeldLease]] = {}
    if session_ids:
        query = _held().add_columns(octet_lease.c.session_id).where(octet_lease.c.session_id.in_(session_ids))
        for row in connection.execute(query.order_by(octet_lease.c.opened_s, octet_lease.c.number)):
            found.setdefault(row.session_id, {})[row.quota_id] = _lease(row)
    return {session_id: list(leases.values()) for session_id, leases in found.items()}


def write_leases(connection: Connection, leases: Sequence[NewLease]) -> None:
    """Reserve; the quota's row is locked by the caller."""
    if leases:
        names = NewLease.__slots__
        connection.execute(octet_lease.insert(), [{name: getattr(one, name) for name in names} for one in leases])


def renew_lease(connection: Connection, number: int, lease: Lease) -> None:
    """Write a further grant to every quota that the lease is of; one that was freed stands again."""
    values = {"cap": lease.cap, "last_grant": lease.last_grant, "used_at_grant": lease.used_at_grant, "freed_s": None}
    connection.execute(update(octet_lease).where(octet_lease.c.number == number).values(values))


def attach_lease(connection: Connection, number: int, session_id: int, cap: int) -> bool:
    """Tie a log-in's lease to the session that came of it, with the cap that its gateway keeps; whether it exists."""
    tied = (
        update(octet_lease).where(octet_lease.c.number == number).values(session_id=session_id, cap=cap, freed_s=None)
    )
    return connection.execute(tied).rowcount > 0


def free_leases(connection: Connection, numbers: Iterable[int], now_s: int) -> None:
    """What these log-ins have not used may be granted to others."""
    ids = sorted(set(numbers))
    if ids:
        held = and_(octet_lease.c.number.in_(ids), octet_lease.c.freed_s.is_(None))
        connection.execute(update(octet_lease).where(held).values(freed_s=now_s))


def free_leases_of_sessions(connection: Connection, session_ids: Sequence[int], now_s: int) -> None:
    """The same, named by their sessions."""
    if session_ids:
        held = and_(octet_lease.c.session_id.in_(session_ids), octet_lease.c.freed_s.is_(None))
        connection.execute(update(octet_lease).where(held).values(freed_s=now_s))


def revive_leases(connection: Connection, session_ids: Sequence[int]) -> None:
    """These sessions speak again, and may use the rest of their caps: it is reserved anew, over the quota or not."""
    if session_ids:
        freed = and_(octet_lease.c.session_id.in_(session_ids), octet_lease.c.freed_s.is_not(None))
        connection.execute(update(octet_lease).where(freed).values(freed_s=None))


def free_silent_leases_of_gateway(connection: Connection, gateway_id: int, restarted_s: int, now_s: int) -> None:
    """A gateway began anew at that moment (epoch s) without saying so: free what was silent there for an interval."""
    s, o = accounting_session.c, octet_lease.c
    quiet = and_(s.ended_s.is_(None), s.last_arrival_s + s.interim_s < restarted_s)
    silent = select(s.id).where(s.id == o.session_id, s.gateway_id == gateway_id, quiet).exists()
    connection.execute(update(octet_lease).where(o.freed_s.is_(None), silent).values(freed_s=now_s))


def forget_leases(connection: Connection, before_s: int) -> int:
    """Delete leases that were freed before an epoch second; how many."""
    return connection.execute(delete(octet_lease).where(octet_lease.c.freed_s < before_s)).rowcount


def _held() -> Select[*tuple[Any, ...]]:
    o, s, named = octet_lease.c, accounting_session.c, gateway.alias("named")
    at_gateway = and_(named.c.nas_id == o.nas_id, named.c.identifier == o.gateway, s.id.is_(None))
    news_s = func.coalesce(gateway.c.last_accounting_s, named.c.last_accounting_s).label("gateway_news_s")
    return (
        select(
            o.number, o.quota_id, o.subject_id, o.employee_id, o.mac, o.cap, o.last_grant, o.used_at_grant,
            o.interim_s, o.opened_s, o.until_s,
            s.id.label("heard_id"), s.counted_input, s.counted_output, s.ended_s, s.end_cause, s.flag,
            s.last_arrival_s, s.interim_s.label("kept_interim_s"), news_s,
        )
        .select_from(octet_lease)
        .outerjoin(accounting_session, s.id == o.session_id)
        .outerjoin(gateway, gateway.c.id == s.gateway_id)
        .outerjoin(named, at_gateway)
    )  # fmt: skip


def _read(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[HeldLease]:
    return [_lease(row) for row in connection.execute(query)]


def _lease(row: Any) -> HeldLease:
    heard = row.heard_id is not None
    return HeldLease(
        row.number, row.quota_id, row.subject_id, row.employee_id, row.mac,
        Lease(row.cap, row.last_grant, row.used_at_grant),
        used=row.counted_input + row.counted_output if heard else 0,
        standing=_standing(row) if heard else Standing.UNHEARD,
        interim_s=row.kept_interim_s if heard else row.interim_s,
        last_news_s=row.last_arrival_s if heard else row.opened_s,
        gateway_news_s=row.gateway_news_s, until_s=row.until_s,
    )  # fmt: skip


def _standing(row: Any) -> Standing:
    if row.ended_s is None:
        return Standing.OPEN
    return Standing.STALE if row.end_cause == "stale" and row.flag != GONE else Standing.ENDED
