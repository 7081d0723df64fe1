"""When gateways gave signs of life: spans without a pause of three interim intervals, so that missing is never 0."""
# ruff: noqa: S608 - the statements are put together from numbers of our own

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import delete, select, text

from netquota.domain.matching import fits
from netquota.domain.samples import HEARD_S, LINK, SITE, Span, Spans, common, joined
from netquota.storage.database import Connection
from netquota.storage.sample_tables import gateway_uptime
from netquota.storage.schema import gateway, site

_SLACK_S = 60  # a span is prolonged once a minute at most: bins are longer
_PROLONG = text(
    "UPDATE gateway_uptime SET to_s = :at_s WHERE gateway_id = :gateway_id"
    f" AND to_s BETWEEN :at_s - {HEARD_S} AND :at_s - {_SLACK_S}"
)
_BEGIN = text(
    "INSERT INTO gateway_uptime (gateway_id, from_s, to_s)"
    " SELECT CAST(:gateway_id AS BIGINT), CAST(:at_s AS BIGINT), CAST(:at_s AS BIGINT) WHERE NOT EXISTS"
    f" (SELECT 1 FROM gateway_uptime WHERE gateway_id = :gateway_id AND to_s >= :at_s - {HEARD_S})"
    " ON CONFLICT (gateway_id, from_s) DO NOTHING"
)
_u = gateway_uptime.c


def note(connection: Connection, signs: Mapping[int, int]) -> None:
    """Signs of life: gateway -> epoch second. Two writers may begin the same span; readers join what overlaps."""
    values = [{"gateway_id": gateway_id, "at_s": at_s} for gateway_id, at_s in sorted(signs.items())]
    if values:
        connection.execute(_PROLONG, values)
        connection.execute(_BEGIN, values)


def note_client(connection: Connection, nas_id: int, at_s: int, identifier: str = "") -> None:
    """A sign of life that names the client: of the gateway with this identifier, else of all behind it."""
    g = gateway.c
    found = select(g.id, g.identifier).where(g.nas_id == nas_id)
    rows = [(row.id, row.identifier) for row in connection.execute(found)]
    named = [row for row in rows if row[1] == identifier] or rows
    note(connection, {gateway_id: at_s for gateway_id, _ in named})


def uptimes(connection: Connection, gateway_ids: Iterable[int], from_s: int, to_s: int) -> dict[int, Spans]:
    """When each of these gateways was known to be up within [from_s, to_s); those that never were are left out."""
    ids = sorted(set(gateway_ids))
    found: dict[int, list[Span]] = {}
    if ids:
        query = select(gateway_uptime).where(_u.gateway_id.in_(ids), _u.to_s > from_s, _u.from_s < to_s)
        for gateway_id, begins_s, ends_s in connection.execute(query):
            found.setdefault(gateway_id, []).append(Span(max(begins_s, from_s), min(ends_s, to_s)))
    return {gateway_id: joined(spans, HEARD_S) for gateway_id, spans in found.items()}


def gateways_of(connection: Connection, kind: int, subject_ids: Sequence[int]) -> dict[int, list[int]]:
    """The gateways that count for each of these sites or links (kind SITE or LINK), by its id."""
    column = {SITE: site.c.id, LINK: site.c.link_id}[kind]
    query = (
        select(column, gateway.c.id, gateway.c.identifier, site.c.match_gateway)
        .select_from(site.join(gateway, gateway.c.nas_id == site.c.nas_id))
        .where(column.in_(subject_ids))
    )
    found: dict[int, list[int]] = {}
    for subject_id, gateway_id, identifier, wanted in connection.execute(query):
        if not wanted or fits(wanted, identifier):
            found.setdefault(subject_id, []).append(gateway_id)
    return found


def known_up(connection: Connection, gateway_ids: Sequence[int], from_s: int, to_s: int) -> Spans:
    """When all of these gateways were known to be up at once; one that never spoke in [from_s, to_s) does not count.

    A silent one among several leaves open what it did not report.
    """
    by_gateway = uptimes(connection, gateway_ids, from_s, to_s)
    spans: Spans | None = None
    for one in by_gateway.values():
        spans = one if spans is None else common(spans, one)
    return spans or ()


def forget(connection: Connection, before_s: int) -> int:
    """Delete spans that ended before an epoch second; how many."""
    return connection.execute(delete(gateway_uptime).where(_u.to_s < before_s)).rowcount
