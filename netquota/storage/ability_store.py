"""What the answers of gateways taught: read and written with the ends of orders, doubted once a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, case, select, update

from netquota.domain.enforcement import OrderKind
from netquota.domain.learning import DOUBTED_AFTER_S, MISSES, Learnt
from netquota.domain.places import Ability
from netquota.storage.schema import gateway

HEARD_WITHIN_S = 900
_PREFIX = {OrderKind.COA: "coa_rate", OrderKind.DISCONNECT: "disconnect"}
_PARTS = ("works", "why", "since_s", "misses", "missed_s")


@dataclass(slots=True)
class GatewayAbilities:
    """One gateway's abilities by the kind of order; `unanswered` orders in a row, epoch seconds."""

    id: int
    unanswered: int
    last_packet_s: int | None
    of: dict[OrderKind, Learnt]

    def was_heard(self, at_s: int) -> bool:
        """Whether other packets of it came about a moment: silence of one that is off proves nothing."""
        return self.last_packet_s is not None and self.last_packet_s >= at_s - HEARD_WITHIN_S


def learnt(connection: Connection, gateway_ids: Sequence[int]) -> dict[int, GatewayAbilities]:
    """What is known of these gateways, by id; locked, in the order of their ids."""
    if not gateway_ids:
        return {}
    g = gateway.c
    columns = [g[f"{prefix}_{part}"] for prefix in _PREFIX.values() for part in _PARTS]
    statement = select(g.id, g.unanswered, g.last_packet_s, *columns).where(g.id.in_(gateway_ids)).order_by(g.id)
    found: dict[int, GatewayAbilities] = {}
    for row in connection.execute(statement.with_for_update()).mappings():
        abilities = {
            kind: Learnt(Ability(row[f"{prefix}_works"]), *(row[f"{prefix}_{part}"] for part in _PARTS[1:]))
            for kind, prefix in _PREFIX.items()
        }
        found[row["id"]] = GatewayAbilities(row["id"], row["unanswered"], row["last_packet_s"], abilities)
    return found


def remember(connection: Connection, gateways: Sequence[GatewayAbilities]) -> None:
    """Write what is known now."""
    for one in gateways:
        values: dict[str, object] = {"unanswered": one.unanswered}
        for kind, prefix in _PREFIX.items():
            values |= {f"{prefix}_{part}": getattr(one.of[kind], part) for part in _PARTS}
        connection.execute(update(gateway).where(gateway.c.id == one.id).values(**values))


def doubt(connection: Connection, now_s: int, gateway_ids: Sequence[int] | None = None) -> int:
    """Try again what was learnt not to work a day ago, or, for these gateways, at any time. How many abilities."""
    return sum(_doubt(connection, prefix, now_s, gateway_ids) for prefix in _PREFIX.values())


def _doubt(connection: Connection, prefix: str, now_s: int, gateway_ids: Sequence[int] | None) -> int:
    """See `domain.learning.doubted`: one more failure is proof enough."""
    g = gateway.c
    works, since_s, misses = g[f"{prefix}_works"], g[f"{prefix}_since_s"], g[f"{prefix}_misses"]
    which: list[ColumnElement[bool]] = [works == Ability.NO]
    if gateway_ids is None:
        which.append(since_s.is_(None) | (since_s <= now_s - DOUBTED_AFTER_S) | (since_s > now_s + DOUBTED_AFTER_S))
    else:
        which.append(g.id.in_(gateway_ids))
    values = {
        f"{prefix}_works": Ability.LEARN,
        f"{prefix}_why": "",
        f"{prefix}_since_s": None,
        f"{prefix}_misses": case((misses < MISSES - 1, MISSES - 1), else_=misses),
    }
    return connection.execute(update(gateway).where(*which).values(values)).rowcount
