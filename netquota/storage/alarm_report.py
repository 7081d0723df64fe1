"""How each gateway stands, for alarms: its sessions' reports, last log-in, open orders, claim. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, case, func, select

from netquota.domain.alarms import LATE_INTERVALS, GatewayFacts
from netquota.domain.places import Ability
from netquota.storage.order_store import SENT_BY_WORKERS
from netquota.storage.schema import accounting_session, decision_record, enforcement, gateway, gateway_problem, nas
from netquota.storage.session_report import is_open

_NEWEST_DECISIONS = 5_000
TOO_MANY_GATEWAYS = "too_many_gateways"
SECRET_CAUSES = ("secret_mismatch_suspected", "wrong_authenticator", "wrong_message_authenticator")


class _Sessions(NamedTuple):
    sessions: int
    late: int
    newest_s: int


def gateway_facts(connection: Connection, now_s: int) -> list[GatewayFacts]:
    """All gateways, also those of which only log-ins came (by client and name), and clients that were never heard."""
    sessions, orders, drops = _sessions(connection, now_s), _orders(connection), _drops(connection, SECRET_CAUSES)
    crowded = _drops(connection, (TOO_MANY_GATEWAYS,))
    logins = _logins(connection)
    g = gateway.c
    columns = (
        g.id, nas.c.name, g.identifier, g.nas_id, g.last_accounting_s, g.claim_worker, g.claim_until_s, g.unanswered,
        g.coa_rate_works, g.coa_rate_since_s, g.disconnect_works, g.disconnect_since_s,
    )  # fmt: skip
    found: list[GatewayFacts] = []
    for row in connection.execute(select(*columns).join(nas, nas.c.id == g.nas_id).order_by(nas.c.name, g.identifier)):
        open_ones = sessions.get(row.id, _Sessions(0, 0, 0))
        count, oldest_ms = orders.get(row.id, (0, None))
        found.append(
            GatewayFacts(
                row.name, row.identifier, row.last_accounting_s, logins.pop((row.nas_id, row.identifier), None),
                open_ones.sessions, open_ones.late, open_ones.newest_s, count,
                None if oldest_ms is None else oldest_ms // 1000, row.claim_until_s if row.claim_worker else None,
                row.unanswered, Ability(row.coa_rate_works), row.coa_rate_since_s, Ability(row.disconnect_works),
                row.disconnect_since_s, drops.pop(row.nas_id, None), crowded.pop(row.nas_id, None),
            )
        )  # fmt: skip
    return found + _others(connection, logins, drops, crowded)


def _others(
    connection: Connection,
    logins: Mapping[tuple[int, str], int],
    drops: Mapping[int, int],
    crowded: Mapping[int, int],
) -> list[GatewayFacts]:
    """Gateways that never accounted, and clients of which nothing could be believed."""
    names = {row.id: row.name for row in connection.execute(select(nas.c.id, nas.c.name))}
    silent = [
        GatewayFacts(names[nas_id], name, login_s=at_s) for (nas_id, name), at_s in logins.items() if nas_id in names
    ]
    strange = [
        GatewayFacts(names[one], names[one], dropped_s=drops.get(one), crowded_s=crowded.get(one))
        for one in sorted({*drops, *crowded})
    ]
    return silent + strange


def _sessions(connection: Connection, now_s: int) -> dict[int, _Sessions]:
    """By gateway, of the open sessions that are older than two of their intervals: how many, how many of them late."""
    s = accounting_session.c
    spans = LATE_INTERVALS * s.interim_s
    query = (
        select(
            s.gateway_id, func.count(), func.sum(case((s.last_arrival_s < now_s - spans, 1), else_=0)),
            func.max(s.last_arrival_s),
        )
        .where(is_open(), s.started_s < now_s - spans)
        .group_by(s.gateway_id)
    )  # fmt: skip
    return {row[0]: _Sessions(int(row[1]), int(row[2]), int(row[3])) for row in connection.execute(query)}


def _orders(connection: Connection) -> dict[int, tuple[int, int | None]]:
    """By gateway: how many orders are open, and when the oldest was written (epoch ms)."""
    e = enforcement.c
    query = (
        select(e.gateway_id, func.count(), func.min(e.created_ms))
        .where(e.ended_ms.is_(None), e.gateway_id > 0, e.kind.in_(SENT_BY_WORKERS))
        .group_by(e.gateway_id)
    )
    return {row[0]: (int(row[1]), row[2]) for row in connection.execute(query)}


def _logins(connection: Connection) -> dict[tuple[int, str], int]:
    """By (client, gateway's name): when somebody was accepted there last, among the newest 5,000 decisions."""
    d = decision_record.c
    newest = select(*d).order_by(d.id.desc()).limit(_NEWEST_DECISIONS).subquery().c
    query = (
        select(newest.nas_id, newest.gateway, func.max(newest.at_s))
        .where(newest.accepted.is_(True), newest.nas_id.is_not(None), newest.gateway != "")
        .group_by(newest.nas_id, newest.gateway)
    )
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(query)}


def _drops(connection: Connection, causes: Sequence[str]) -> dict[int, int]:
    """By client: when a packet was dropped last for one of these causes."""
    p = gateway_problem.c
    query = select(p.nas_id, func.max(p.last_s)).where(p.cause.in_(causes)).group_by(p.nas_id)
    return {nas_id: int(last_s) for nas_id, last_s in connection.execute(query)}
