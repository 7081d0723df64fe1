"""Addresses that send RADIUS packets without being registered: how many, since when, until when. Bounded.

An address costs nobody anything to make up, so only the newest are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, select, text

from netquota.domain.places import NOBODY
from netquota.storage.database import Connection
from netquota.storage.schema import unknown_source

MOST = 200


@dataclass(frozen=True, slots=True)
class UnknownSource:
    """An address that is not registered, and the packets that came from it; epoch seconds."""

    address: str
    packets: int
    first_s: int
    last_s: int


_ADD = text(
    "INSERT INTO unknown_source (address, count, first_s, last_s) VALUES (:address, :count, :now_s, :now_s)"
    " ON CONFLICT (address) DO UPDATE SET count = unknown_source.count + excluded.count, last_s = excluded.last_s"
)


def add_unknown(connection: Connection, problems: Mapping[tuple[int, str], int], now_s: int) -> None:
    """Count those of the packets by (client, cause or address) that nobody sent; the oldest beyond the bound go."""
    packets = {address: count for (nas_id, address), count in problems.items() if nas_id == NOBODY}
    for address, count in sorted(packets.items()):
        connection.execute(_ADD, {"address": address[:64], "count": count, "now_s": now_s})
    u = unknown_source.c
    kept = select(u.address).order_by(u.last_s.desc(), u.address).limit(MOST)
    if packets:
        connection.execute(delete(unknown_source).where(u.address.not_in(kept)))


def unknown_sources(connection: Connection, since_s: int) -> list[UnknownSource]:
    """Those heard since an epoch second, the last first."""
    u = unknown_source.c
    query = select(u.address, u["count"], u.first_s, u.last_s).where(u.last_s >= since_s)
    return [UnknownSource(*row) for row in connection.execute(query.order_by(u.last_s.desc(), u.address))]
