"""What has arrived from one RADIUS client: log-ins, running sessions, answers to orders. Reads only, bounded.

Conclusions are drawn in netquota.services.gateway_doctor.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import func, select

from netquota.domain.enforcement import OrderKind
from netquota.domain.learning import Learnt
from netquota.domain.places import Ability
from netquota.storage.database import Connection
from netquota.storage.report_store import ClientLine, clients
from netquota.storage.schema import accounting_session, audit_entry, decision_record, gateway
from netquota.storage.unknown_store import UnknownSource, unknown_sources

MOST_SESSIONS = 500
MOST_LOGINS = 50
_NEWEST_RECORDS = 20_000
_RECENT_S = 86_400


@dataclass(frozen=True, slots=True)
class SessionTrace:
    """A running session as its reports left it; epoch seconds, octets."""

    gateway_id: int
    started_s: int
    last_event_s: int
    last_arrival_s: int
    session_time_s: int
    interim_s: int
    input_octets: int
    output_octets: int
    has_gigawords: bool
    framed_ip: str
    flag: str
    site_id: int | None
    class_token: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that arrived from a client; `logins` accepted ones of the last day (epoch s, the newest first).

    `abilities` by gateway id: what orders taught. `registered_s` when it was made here, None = not known.
    """

    line: ClientLine
    registered_s: int | None
    sessions: tuple[SessionTrace, ...]
    logins: tuple[int, ...]
    abilities: dict[int, dict[OrderKind, Learnt]]
    strangers: tuple[UnknownSource, ...]


def evidence(connection: Connection, nas_id: int, now_s: int) -> Evidence:
    """What is known of a client that exists."""
    (line,) = clients(connection, [nas_id])
    return Evidence(
        line,
        _registered(connection, line.name),
        tuple(_sessions(connection, nas_id)),
        tuple(_logins(connection, nas_id, now_s - _RECENT_S)),
        _abilities(connection, nas_id),
        tuple(unknown_sources(connection, now_s - _RECENT_S)),
    )


def _registered(connection: Connection, name: str) -> int | None:
    a = audit_entry.c
    made = select(func.max(a.at_s)).where(a.kind == "nas", a.key == name, a.action == "add")
    return connection.execute(made).scalar()


def _sessions(connection: Connection, nas_id: int) -> list[SessionTrace]:
    s = accounting_session.c
    query = (
        select(
            s.gateway_id, s.started_s, s.last_event_s, s.last_arrival_s, s.session_time_s, s.interim_s, s.input_octets,
            s.output_octets, s.gigawords_seen, s.framed_ip, s.flag, s.site_id, s.class_token,
        )
        .join(gateway, gateway.c.id == s.gateway_id)
        .where(gateway.c.nas_id == nas_id, s.ended_s.is_(None))
        .order_by(s.last_arrival_s.desc())
        .limit(MOST_SESSIONS)
    )  # fmt: skip
    return [SessionTrace(*row) for row in connection.execute(query)]


def _logins(connection: Connection, nas_id: int, since_s: int) -> list[int]:
    """Among the newest records alone: no index leads to a client's."""
    d = decision_record.c
    newest = select(func.coalesce(func.max(d.id), 0) - _NEWEST_RECORDS).scalar_subquery()
    query = select(d.at_s).where(d.id > newest, d.nas_id == nas_id, d.accepted, d.at_s >= since_s)
    return list(connection.execute(query.order_by(d.at_s.desc()).limit(MOST_LOGINS)).scalars())


def _abilities(connection: Connection, nas_id: int) -> dict[int, dict[OrderKind, Learnt]]:
    g = gateway.c
    query = select(
        g.id, g.coa_rate_works, g.coa_rate_why, g.coa_rate_since_s, g.coa_rate_misses, g.coa_rate_missed_s,
        g.disconnect_works, g.disconnect_why, g.disconnect_since_s, g.disconnect_misses, g.disconnect_missed_s,
    ).where(g.nas_id == nas_id)  # fmt: skip
    return {
        row[0]: {
            OrderKind.COA: Learnt(Ability(row[1]), *row[2:6]),
            OrderKind.DISCONNECT: Learnt(Ability(row[6]), *row[7:11]),
        }
        for row in connection.execute(query)
    }
