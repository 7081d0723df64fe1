"""Which ceiling was in force when, of sites, links and OPDs: each change with its moment; what is the most of a bin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import and_, func, select

from netquota.domain.samples import LINK, OPD, SITE, Ceiling
from netquota.domain.units import Rate
from netquota.storage.database import Connection
from netquota.storage.rows import insert_unless_there
from netquota.storage.sample_tables import ceiling_history
from netquota.storage.schema import opd, provider_link, site

CONCERNED_KINDS = frozenset({"opd", "site", "link"})
_c = ceiling_history.c
_Key = tuple[int, int]


def note(connection: Connection, now_s: int) -> int:
    """Note the ceilings that policy gives from now on, where they differ from what was noted last. How many did."""
    held, changed = _newest(connection), 0
    for (kind, subject_id), rate in sorted(_in_policy(connection).items()):
        if (kind, subject_id) in held and held[kind, subject_id] == rate:
            continue
        put(connection, kind, subject_id, now_s, rate)
        changed += 1
    return changed


def note_since(connection: Connection, from_s: int) -> None:
    """Note that the ceilings policy gives now were in force since an epoch second: for cities with a made-up past."""
    for (kind, subject_id), rate in sorted(_in_policy(connection).items()):
        put(connection, kind, subject_id, from_s, rate)


def put(connection: Connection, kind: int, subject_id: int, from_s: int, rate: Rate | None) -> None:
    """From an epoch second on this is the most; what was noted for the very same second gives way."""
    key = {"kind": kind, "subject_id": subject_id, "from_s": from_s}
    rates = {
        "ceiling_down_bps": None if rate is None else rate.down_bps,
        "ceiling_up_bps": None if rate is None else rate.up_bps,
    }
    if not insert_unless_there(connection, ceiling_history, key | rates):
        same = and_(_c.kind == kind, _c.subject_id == subject_id, _c.from_s == from_s)
        connection.execute(ceiling_history.update().where(same).values(rates))


def histories(
    connection: Connection, kind: int, subject_ids: Sequence[int], from_s: int, to_s: int
) -> dict[int, list[Ceiling]]:
    """The ceilings in force within [from_s, to_s), oldest first, with the one that held when it began."""
    found: dict[int, list[Ceiling]] = {}
    of_these = and_(_c.kind == kind, _c.subject_id.in_(list(subject_ids)), _c.from_s < to_s)
    query = select(ceiling_history).where(of_these).order_by(_c.subject_id, _c.from_s)
    for _, subject_id, at_s, down, up in connection.execute(query):
        history = found.setdefault(subject_id, [])
        if history and at_s <= from_s:
            history.clear()
        history.append(Ceiling(at_s, _rate(down, up)))
    return found


def _newest(connection: Connection) -> Mapping[_Key, Rate | None]:
    last = select(_c.kind, _c.subject_id, func.max(_c.from_s).label("at")).group_by(_c.kind, _c.subject_id).subquery()
    same = and_(_c.kind == last.c.kind, _c.subject_id == last.c.subject_id, _c.from_s == last.c.at)
    query = select(_c.kind, _c.subject_id, _c.ceiling_down_bps, _c.ceiling_up_bps)
    rows = connection.execute(query.select_from(ceiling_history.join(last, same)))
    return {(kind, subject): _rate(down, up) for kind, subject, down, up in rows}


def _in_policy(connection: Connection) -> Mapping[_Key, Rate | None]:
    """What the rows say now: an OPD's ceiling, a site's own under its host's, a link's capacity."""
    found: dict[_Key, Rate | None] = {}
    for row in connection.execute(select(opd.c.id, opd.c.ceiling_down_bps, opd.c.ceiling_up_bps)):
        found[OPD, row.id] = _rate(row.ceiling_down_bps, row.ceiling_up_bps)
    for row in connection.execute(select(site.c.id, site.c.opd_id, site.c.ceiling_down_bps, site.c.ceiling_up_bps)):
        own, hosts = _rate(row.ceiling_down_bps, row.ceiling_up_bps), found[OPD, row.opd_id]
        found[SITE, row.id] = own.capped_by(hosts) if own is not None and hosts is not None else own or hosts
    link = provider_link.c
    for row in connection.execute(select(link.id, link.capacity_down_bps, link.capacity_up_bps)):
        found[LINK, row.id] = Rate(row.capacity_down_bps, row.capacity_up_bps)
    return found


def _rate(down_bps: int | None, up_bps: int | None) -> Rate | None:
    return None if down_bps is None or up_bps is None else Rate(down_bps, up_bps)
