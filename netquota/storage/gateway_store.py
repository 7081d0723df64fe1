"""Gateways as they show themselves by their packets: made on first sight, claimed by the worker that hears them.

A claim is fenced: whoever takes it over counts the fence up, and only its holder sends orders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select, text, update

from netquota.domain.places import Ability
from netquota.storage import uptime_store
from netquota.storage.schema import gateway, gateway_problem, nas

CLAIM_S = 15
LONGEST_HOST = 40


@dataclass(frozen=True, slots=True)
class GatewayRow:
    """One gateway behind a client; epoch seconds; `unanswered` orders in a row without an answer.

    `coa_rate_why`, `disconnect_why`: why it is known not to work (`domain.learning.Learnt`), and since when.
    """

    id: int
    nas_id: int
    nas: str
    family: str
    identifier: str
    address: str | None
    first_packet_s: int | None
    last_packet_s: int | None
    last_accounting_s: int | None
    clock_offset_s: int
    coa_rate_works: Ability
    disconnect_works: Ability
    unanswered: int
    claim_worker: str | None
    claim_until_s: int = 0
    coa_rate_why: str = ""
    coa_rate_since_s: int | None = None
    disconnect_why: str = ""
    disconnect_since_s: int | None = None


def gateways(connection: Connection) -> list[GatewayRow]:
    """All gateways, by client and name."""
    g = gateway.c
    statement = (
        select(
            g.id,
            g.nas_id,
            nas.c.name.label("nas"),
            nas.c.family,
            g.identifier,
            g.address,
            g.first_packet_s,
            g.last_packet_s,
            g.last_accounting_s,
            g.clock_offset_s,
            g.coa_rate_works,
            g.disconnect_works,
            g.unanswered,
            g.claim_worker,
            g.claim_until_s,
            g.coa_rate_why,
            g.coa_rate_since_s,
            g.disconnect_why,
            g.disconnect_since_s,
        )
        .join(nas, nas.c.id == g.nas_id)
        .order_by(nas.c.name, g.identifier)
    )
    found: list[GatewayRow] = []
    for row in connection.execute(statement).mappings():
        values: dict[str, Any] = dict(row)
        for ability in ("coa_rate_works", "disconnect_works"):
            values[ability] = Ability(row[ability])
        found.append(GatewayRow(**values))
    return found


_ENSURE = text(
    "INSERT INTO gateway (nas_id, identifier, address, first_packet_s, last_packet_s)"
    " SELECT CAST(:nas_id AS BIGINT), CAST(:identifier AS VARCHAR(253)), CAST(:address AS VARCHAR(64)),"
    " CAST(:now_s AS BIGINT), CAST(:now_s AS BIGINT)"
    " WHERE (SELECT COUNT(*) FROM gateway WHERE nas_id = CAST(:nas_id AS BIGINT)"
    " AND COALESCE(last_packet_s, 0) > CAST(:now_s AS BIGINT) - CAST(:counted_s AS BIGINT)) < :most"
    " ON CONFLICT (nas_id, identifier) DO NOTHING"
)
MOST_OF_A_CLIENT = 256
COUNTED_S = 30 * 86_400
"""A gateway that was not heard for so long takes nobody's place among those that a client may have."""


def ensure_gateways(
    connection: Connection, seen: Mapping[tuple[int, str], str], now_s: int, most: int = MOST_OF_A_CLIENT
) -> None:
    """Make gateways (client id, identifier) -> address that are not there yet, up to so many heard of a client."""
    for (nas_id, identifier), address in sorted(seen.items()):
        values = {"nas_id": nas_id, "identifier": identifier, "address": address, "now_s": now_s, "most": most}
        connection.execute(_ENSURE, values | {"counted_s": COUNTED_S})


def count_heard(connection: Connection, nas_id: int, since_s: int) -> int:
    """How many gateways of a client were heard since an epoch second."""
    g = gateway.c
    query = select(func.count()).where(g.nas_id == nas_id, g.last_packet_s >= since_s)
    return int(connection.execute(query).scalar_one())


def heard(connection: Connection, packets: Mapping[int, tuple[int, int | None, str]], worker: str, now_s: int) -> None:
    """Note (last packet s, last accounting s, address) per gateway, and claim those that nobody else holds."""
    for gateway_id, (packet_s, accounting_s, address) in sorted(packets.items()):
        values: dict[str, object] = {"last_packet_s": packet_s, "address": address}
        if accounting_s is not None:
            values["last_accounting_s"] = accounting_s
        connection.execute(update(gateway).where(gateway.c.id == gateway_id).values(**values))
    uptime_store.note(connection, {gateway_id: packet_s for gateway_id, (packet_s, _, _) in packets.items()})
    claim(connection, list(packets), worker, now_s)


def claim(connection: Connection, gateway_ids: Sequence[int], worker: str, now_s: int) -> None:
    """Take or prolong the claims on these gateways for `CLAIM_S` seconds, where no other worker's still holds."""
    if not gateway_ids:
        return
    g = gateway.c
    mine = g.claim_worker == worker
    of_these = g.id.in_(sorted(gateway_ids))
    connection.execute(
        update(gateway)
        .where(of_these, _is_free(now_s), or_(g.claim_worker.is_(None), g.claim_worker != worker))
        .values(claim_worker=worker, claim_fence=g.claim_fence + 1, claim_until_s=now_s + CLAIM_S)
    )
    connection.execute(update(gateway).where(of_these, mine).values(claim_until_s=now_s + CLAIM_S))


def claim_orphans(connection: Connection, worker: str, now_s: int) -> None:
    """Take gateways whose claim ran out: their orders wait, and no packet says which worker should send them.

    What this worker holds of gateways that nobody hears is prolonged in time, so that no order meets a gap; what
    another worker hears is let run out, and goes to that one.
    """
    g = gateway.c
    half = CLAIM_S // 2
    unheard = or_(g.last_packet_s.is_(None), g.last_packet_s <= now_s - half)
    connection.execute(
        update(gateway)
        .where(g.claim_worker == worker, g.claim_until_s <= now_s + half, unheard)
        .values(claim_until_s=now_s + CLAIM_S)
    )
    connection.execute(
        update(gateway)
        .where(_is_free(now_s))
        .values(claim_worker=worker, claim_fence=g.claim_fence + 1, claim_until_s=now_s + CLAIM_S)
    )


def held(connection: Connection, worker: str) -> set[int]:
    """The gateways that this worker holds, by id."""
    return set(connection.execute(select(gateway.c.id).where(gateway.c.claim_worker == worker)).scalars())


def _is_free(now_s: int) -> ColumnElement[bool]:
    """Nobody's, run out, or for longer than anybody claims: a clock was set back since."""
    until_s = gateway.c.claim_until_s
    return or_(gateway.c.claim_worker.is_(None), until_s <= now_s, until_s > now_s + 2 * CLAIM_S)


def inherit(connection: Connection, worker: str, now_s: int) -> None:
    """Take what a dead predecessor held: the same number on the same machine (`host:pid:index`) under another pid.

    Else the orders of its gateways would wait for its claims to run out.
    """
    g = gateway.c
    held = connection.execute(select(g.claim_worker).distinct().where(g.claim_worker.is_not(None))).scalars()
    before = [name for name in held if name != worker and _place(name) == _place(worker)]
    if before:
        connection.execute(
            update(gateway)
            .where(g.claim_worker.in_(before))
            .values(claim_worker=worker, claim_fence=g.claim_fence + 1, claim_until_s=now_s + CLAIM_S)
        )


def worker_name(host: str, pid: int, index: int) -> str:
    """`host:pid:index`, within what the columns hold: a long host name is cut, and told apart by a digest."""
    if len(host) > LONGEST_HOST:
        host = host[: LONGEST_HOST - 9] + "-" + blake2b(host.encode(), digest_size=4).hexdigest()
    return f"{host}:{pid}:{index}"


def _place(worker: str) -> tuple[str, str]:
    """(host, index) of a worker's name."""
    host, _, index = worker.rsplit(":", 2) if worker.count(":") > 1 else (worker, "", "")
    return host, index


def release(connection: Connection, worker: str) -> None:
    """Give all claims of this worker back (it stops)."""
    connection.execute(
        update(gateway).where(gateway.c.claim_worker == worker).values(claim_worker=None, claim_until_s=0)
    )


def set_clock_offset(connection: Connection, gateway_id: int, offset_s: int) -> None:
    """Remember how far the gateway's clock is ahead (seconds)."""
    connection.execute(update(gateway).where(gateway.c.id == gateway_id).values(clock_offset_s=offset_s))


def authenticator_seen(connection: Connection, nas_id: int) -> None:
    """Remember durably that this client signs its requests: from now on it must (reliability.md P11)."""
    connection.execute(update(nas).where(nas.c.id == nas_id).values(authenticator_seen=True))


_ADD_PROBLEMS = text(
    "INSERT INTO gateway_problem (nas_id, cause, count, first_s, last_s)"
    " SELECT id, :cause, :count, :now_s, :now_s FROM nas WHERE id = :nas_id"
    " ON CONFLICT (nas_id, cause) DO UPDATE SET count = gateway_problem.count + excluded.count,"
    " first_s = CASE WHEN gateway_problem.last_s < excluded.last_s - 86400 THEN excluded.first_s"
    " ELSE gateway_problem.first_s END, last_s = excluded.last_s"
)


def add_problems(connection: Connection, problems: Mapping[tuple[int, str], int], now_s: int) -> None:
    """Count packets dropped by (client id, cause), shown on the client's page; of one that was removed nothing."""
    for (nas_id, cause), count in sorted(problems.items()):
        connection.execute(_ADD_PROBLEMS, {"nas_id": nas_id, "cause": cause, "count": count, "now_s": now_s})


def problems(connection: Connection, nas_id: int) -> list[tuple[str, int, int]]:
    """(cause, count, last epoch s) of a client's dropped packets, most first."""
    p = gateway_problem.c
    statement = select(p.cause, p.count, p.last_s).where(p.nas_id == nas_id).order_by(p.count.desc())
    return [(cause, count, last_s) for cause, count, last_s in connection.execute(statement)]
