"""History written in bulk, for sample cities: samples, their sums, up-times; by the drivers' own fastest ways."""
# ruff: noqa: S608 - the statements are put together from names of our own

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, LiteralString, NamedTuple, cast
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy import func, insert, select, update

from netquota.domain.periods import Period, PeriodKind, current
from netquota.domain.samples import BIN_S, LINK, PERSON, SITE, SITE_INTERFACE
from netquota.storage import rollup_store
from netquota.storage.database import Connection, is_postgresql
from netquota.storage.sample_tables import gateway_uptime
from netquota.storage.schema import gateway, opd, provider_link, site

DAY_S = 86_400
Octets = NDArray[np.int64]


class Place(NamedTuple):
    """A site with its office's ceiling, bit/s."""

    site_id: int
    name: str
    opd_id: int
    code: str
    link_id: int
    down_bps: int
    up_bps: int


def sites_with_ceilings(connection: Connection) -> list[Place]:
    """Sites on a link whose own or office's ceiling is set, by id; the smaller of the two holds."""
    own_down, own_up = site.c.ceiling_down_bps, site.c.ceiling_up_bps
    query = (
        select(
            site.c.id, site.c.name, opd.c.id, opd.c.code, site.c.link_id,
            func.coalesce(own_down, opd.c.ceiling_down_bps), func.coalesce(own_up, opd.c.ceiling_up_bps),
        )
        .select_from(site.join(opd, opd.c.id == site.c.opd_id))
        .where(site.c.link_id.is_not(None), opd.c.ceiling_down_bps.is_not(None))
        .order_by(site.c.id)
    )  # fmt: skip
    return [Place(*row) for row in connection.execute(query)]


def capacities(connection: Connection) -> dict[int, tuple[int, int]]:
    """Each link's capacity down and up, bit/s, by its id."""
    link = provider_link.c
    query = select(link.id, link.capacity_down_bps, link.capacity_up_bps).order_by(link.id)
    return {row[0]: (row[1], row[2]) for row in connection.execute(query)}


def gateways_were_up(connection: Connection, from_s: int, until_s: int) -> None:
    """Every gateway is known since an epoch second and was up ever since."""
    ids = list(connection.execute(select(gateway.c.id)).scalars())
    connection.execute(update(gateway).values(first_packet_s=from_s))
    connection.execute(gateway_uptime.delete())
    connection.execute(insert(gateway_uptime), [{"gateway_id": one, "from_s": from_s, "to_s": until_s} for one in ids])


def write_bins(connection: Connection, kind: int, subject_id: int, from_s: int, down: Octets, up: Octets) -> int:
    """Add octets by bin from an epoch second (a whole hour) on, with their hours; how many bins had any."""
    some = np.flatnonzero(down + up)
    starts = (from_s + BIN_S * some).tolist()
    rows = list(zip(starts, down[some].tolist(), up[some].tolist(), strict=True))
    _write(connection, "usage_sample", "bin_s", [(kind, subject_id, *row) for row in rows])
    rollup_store.roll_hours(connection, kind, [subject_id], from_s, from_s + BIN_S * len(down))
    return len(rows)


def write_people(
    connection: Connection, people: Sequence[int], from_s: int, down: Octets, up: Octets, rng: np.random.Generator
) -> None:
    """Share a site's octets among people, each UTC day to the octet, as days alone: their samples are forgotten."""
    if not people:
        return
    days = len(down) * BIN_S // DAY_S
    whole = days * DAY_S // BIN_S
    sums = [each[:whole].reshape(days, -1).sum(axis=1) for each in (down, up)]
    weights = rng.lognormal(0.0, 0.8, len(people))
    shares = weights / weights.sum()
    parts = [np.floor(np.outer(total, shares)).astype(np.int64) for total in sums]
    for part, total in zip(parts, sums, strict=True):
        part[:, 0] += total - part.sum(axis=1)
    rows = [
        (PERSON, person, from_s + DAY_S * day, int(parts[0][day, place]), int(parts[1][day, place]))
        for place, person in enumerate(people)
        for day in range(days)
    ]
    _write(connection, "usage_day", "day_s", rows)


def sum_days(connection: Connection, zone: ZoneInfo, from_s: int, until_s: int) -> None:
    """Sum the hours of sites and links by local day."""
    days = Period(PeriodKind.DAY, zone)
    at_s = current(days, datetime.fromtimestamp(from_s, UTC))[0]
    for part in in_parts(rollup_store.sampled_subjects(connection, PERSON)):
        rollup_store.roll_hours(connection, PERSON, part, from_s, until_s)
    kinds = (SITE, LINK, SITE_INTERFACE, PERSON)
    known = {kind: rollup_store.summed_subjects(connection, kind) for kind in kinds}
    while True:
        start_s, end_s = current(days, datetime.fromtimestamp(at_s, UTC))
        if end_s > until_s:
            break
        for kind, subject_ids in known.items():
            rollup_store.roll_day(connection, kind, subject_ids, start_s, end_s)
        at_s = end_s
    rollup_store.set_days_rolled_to(connection, at_s)


def in_parts(ids: Sequence[int], size: int = 100) -> Iterable[Sequence[int]]:
    """The ids, so many at a time."""
    return (ids[at : at + size] for at in range(0, len(ids), size))


def _write(connection: Connection, table: str, key: str, rows: Iterable[tuple[int, ...]]) -> None:
    """Add rows (kind, subject, moment, down, up)."""
    driver = connection.connection.driver_connection
    if is_postgresql(connection):
        _copy(cast("psycopg.Connection[tuple[Any, ...]]", driver), table, key, rows)
        return
    columns, zeros = (", part", ", 0") if table == "usage_sample" else (", counted, coarse", ", 0, 0")
    conflict = f"ON CONFLICT DO UPDATE SET down = {table}.down + excluded.down, up = {table}.up + excluded.up"
    target = f"INSERT INTO {table} (kind, subject_id, {key}, down, up{columns})"
    statement = f"{target} VALUES (?, ?, ?, ?, ?{zeros}) {conflict}"
    cast(sqlite3.Connection, driver).executemany(statement, rows)


def _copy(
    driver: psycopg.Connection[tuple[Any, ...]], table: str, key: str, rows: Iterable[tuple[int, ...]]
) -> None:  # fmt: skip
    """By COPY into a scratch table, then added: a city of years is millions of rows."""
    columns, zeros = (", part", ", 0") if table == "usage_sample" else (", counted, coarse", ", 0, 0")
    target = "kind, subject_id, bin_s, part" if table == "usage_sample" else f"kind, subject_id, {key}"
    driver.execute(
        "CREATE TEMP TABLE IF NOT EXISTS bulk (kind int, subject_id bigint, at_s bigint, down bigint, up bigint)"
        " ON COMMIT DROP"
    )
    driver.execute("TRUNCATE bulk")
    with driver.cursor().copy("COPY bulk FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    statement = (
        f"INSERT INTO {table} (kind, subject_id, {key}, down, up{columns})"
        f" SELECT kind, subject_id, at_s, down, up{zeros} FROM bulk ON CONFLICT ({target})"
        f" DO UPDATE SET down = {table}.down + excluded.down, up = {table}.up + excluded.up"
    )
    driver.execute(cast(LiteralString, statement))
