"""The signs of life that `/readyz` tells: the schema, who leads the scheduled work, when a gateway last counted."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from netquota.storage import revision
from netquota.storage.database import Connection
from netquota.storage.schema import gateway, lease


@dataclass(frozen=True, slots=True)
class SignsOfLife:
    """Epoch seconds; None = never."""

    revision: str
    lease_until_s: int | None
    last_packet_s: int | None
    last_accounting_s: int | None


def signs_of_life(connection: Connection) -> SignsOfLife:
    """How it stands. Raises `ConfigurationError` where the schema is not this program's."""
    schema = revision.require(revision.current(connection))
    until_s = connection.execute(select(func.max(lease.c.until_s))).scalar()
    last = select(func.max(gateway.c.last_packet_s), func.max(gateway.c.last_accounting_s))
    packet_s, accounting_s = connection.execute(last).one()
    return SignsOfLife(schema, until_s, packet_s, accounting_s)
