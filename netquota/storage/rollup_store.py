"""Sums of the samples by hour and by local day: made anew while the samples are there, alone once they are forgotten.

Each call is one short statement or a few, over few subjects and little time, so that accounting never waits for long.
"""
# ruff: noqa: S608 - the statements are put together from words and numbers of our own

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, text

from netquota.domain.samples import BIN_S, BINS_IN_HOUR, HOUR_S
from netquota.storage.database import Connection
from netquota.storage.fact_store import fact, put_fact

ROLLED_TO = "samples_rolled_to_s"
DAYS_ROLLED_TO = "days_rolled_to_s"

_SAMPLES, _HOURLY, _DAILY = ("usage_sample", "bin_s"), ("usage_hour", "hour_s"), ("usage_day", "day_s")


_BINS = (  # a bin's parts are one bin
    "SELECT s.kind, s.subject_id, s.bin_s, SUM(s.down) AS down, SUM(s.up) AS up FROM usage_sample s"
    " WHERE s.kind = :kind AND s.subject_id IN :subjects AND s.bin_s >= :from_s AND s.bin_s < :to_s"
    " GROUP BY s.kind, s.subject_id, s.bin_s"
)
_PLACE = f"CAST(1 AS INTEGER) << CAST((b.bin_s % {HOUR_S}) / {BIN_S} AS INTEGER)"
_HOURS = (
    f"SELECT b.kind, b.subject_id, b.bin_s - b.bin_s % {HOUR_S},"
    " CAST(SUM(b.down) AS BIGINT), CAST(SUM(b.up) AS BIGINT),"
    f" SUM({_PLACE}), SUM(CASE WHEN c.bin_s IS NULL THEN 0 ELSE {_PLACE} END)"
    f" FROM ({_BINS}) b LEFT JOIN coarse_bin c"
    " ON c.kind = b.kind AND c.subject_id = b.subject_id AND c.bin_s = b.bin_s"
    f" GROUP BY b.kind, b.subject_id, b.bin_s - b.bin_s % {HOUR_S}"
)
_ROLL = text(
    "INSERT INTO usage_hour (kind, subject_id, hour_s, down, up, counted, coarse)"
    f" SELECT * FROM ({_HOURS}) h WHERE true"
    " ON CONFLICT (kind, subject_id, hour_s) DO UPDATE SET down = excluded.down, up = excluded.up,"
    " counted = excluded.counted, coarse = excluded.coarse WHERE NOT usage_hour.closed"
).bindparams(bindparam("subjects", expanding=True))
_CLOSE = text(  # what came late to a closed hour is added to it, and its samples go with this transaction
    "INSERT INTO usage_hour (kind, subject_id, hour_s, down, up, counted, coarse, closed)"
    f" SELECT h.*, true FROM ({_HOURS}) h WHERE true"
    " ON CONFLICT (kind, subject_id, hour_s) DO UPDATE SET closed = true,"
    " down = CASE WHEN usage_hour.closed THEN usage_hour.down + excluded.down ELSE excluded.down END,"
    " up = CASE WHEN usage_hour.closed THEN usage_hour.up + excluded.up ELSE excluded.up END,"
    " counted = CASE WHEN usage_hour.closed THEN usage_hour.counted | excluded.counted ELSE excluded.counted END,"
    " coarse = CASE WHEN usage_hour.closed THEN usage_hour.coarse | excluded.coarse ELSE excluded.coarse END"
).bindparams(bindparam("subjects", expanding=True))
_FORGET = [
    text(
        f"DELETE FROM {table} WHERE kind = :kind AND subject_id IN :subjects AND bin_s >= :from_s AND bin_s < :to_s"
    ).bindparams(bindparam("subjects", expanding=True))
    for table in ("usage_sample", "coarse_bin")
]

_SAMPLED = text(
    f"SELECT s.subject_id, s.bin_s - s.bin_s % {HOUR_S} AS hour_s, SUM(s.down), SUM(s.up) FROM usage_sample s"
    " WHERE s.kind = :kind AND s.subject_id IN :subjects AND s.bin_s >= :from_s AND s.bin_s < :to_s GROUP BY 1, 2"
).bindparams(bindparam("subjects", expanding=True))
_SUMMED = text(
    "SELECT subject_id, hour_s, down, up, closed FROM usage_hour"
    " WHERE kind = :kind AND subject_id IN :subjects AND hour_s >= :from_s AND hour_s < :to_s"
).bindparams(bindparam("subjects", expanding=True))


def _ones(column: str) -> str:
    """How many of the twelve bits are set."""
    return " + ".join(f"({column} >> {place} & 1)" for place in range(BINS_IN_HOUR))


_ROLL_DAY = text(
    "INSERT INTO usage_day (kind, subject_id, day_s, down, up, counted, coarse)"
    " SELECT h.kind, h.subject_id, CAST(:from_s AS BIGINT), CAST(SUM(h.down) AS BIGINT), CAST(SUM(h.up) AS BIGINT),"
    f" SUM({_ones('h.counted')}), SUM({_ones('h.coarse')}) FROM usage_hour h"
    " WHERE h.kind = :kind AND h.subject_id IN :subjects AND h.hour_s >= :from_s AND h.hour_s < :to_s"
    " GROUP BY h.kind, h.subject_id"
    " ON CONFLICT (kind, subject_id, day_s) DO UPDATE SET down = excluded.down, up = excluded.up,"
    " counted = excluded.counted, coarse = excluded.coarse"
).bindparams(bindparam("subjects", expanding=True))


def _values(kind: int, subject_ids: Sequence[int], from_s: int, to_s: int) -> dict[str, object]:
    return {"kind": kind, "subjects": list(subject_ids), "from_s": from_s, "to_s": to_s}


def sampled_subjects(connection: Connection, kind: int) -> list[int]:
    """The subjects of a kind that have samples."""
    return _subjects(connection, _SAMPLES[0], kind)


def summed_subjects(connection: Connection, kind: int) -> list[int]:
    """The subjects of a kind that have hours."""
    return _subjects(connection, _HOURLY[0], kind)


def first_bin(connection: Connection, kind: int, subject_ids: Sequence[int], since_s: int = 0) -> int | None:
    """The start of the first bin from an epoch second on that any of these subjects has."""
    return _first(connection, _SAMPLES, kind, subject_ids, since_s)


def first_hour(connection: Connection, kind: int, subject_ids: Sequence[int], since_s: int = 0) -> int | None:
    """The start of the first hour from an epoch second on that any of these subjects has."""
    return _first(connection, _HOURLY, kind, subject_ids, since_s)


def _subjects(connection: Connection, table: str, kind: int) -> list[int]:
    """From one to the next by the key, never through the rows: a month of a city is millions."""
    following = text(f"SELECT MIN(subject_id) FROM {table} WHERE kind = :kind AND subject_id > :after")
    found: list[int] = []
    at = connection.execute(following, {"kind": kind, "after": -1}).scalar()
    while at is not None:
        found.append(at)
        at = connection.execute(following, {"kind": kind, "after": at}).scalar()
    return found


def _first(
    connection: Connection, of: tuple[str, str], kind: int, subject_ids: Sequence[int], since_s: int
) -> int | None:  # fmt: skip
    first = text(f"SELECT MIN({of[1]}) FROM {of[0]} WHERE kind = :kind AND subject_id = :subject AND {of[1]} >= :since")
    values = ({"kind": kind, "subject": subject, "since": since_s} for subject in subject_ids)
    firsts = (connection.execute(first, one).scalar() for one in values)
    return min((at for at in firsts if at is not None), default=None)


def roll_hours(connection: Connection, kind: int, subject_ids: Sequence[int], from_s: int, to_s: int) -> int:
    """Sum these subjects' samples in [from_s, to_s), whole hours, anew; closed hours stay. How many hours."""
    return connection.execute(_ROLL, _values(kind, subject_ids, from_s, to_s)).rowcount


def roll_day(connection: Connection, kind: int, subject_ids: Sequence[int], from_s: int, to_s: int) -> int:
    """Sum these subjects' hours of the local day [from_s, to_s) anew. How many have any."""
    return connection.execute(_ROLL_DAY, _values(kind, subject_ids, from_s, to_s)).rowcount


def close(connection: Connection, kind: int, subject_ids: Sequence[int], from_s: int, to_s: int) -> int:
    """Sum the samples in [from_s, to_s), whole hours, for the last time, and delete them. How many samples."""
    values = _values(kind, subject_ids, from_s, to_s)
    connection.execute(_CLOSE, values)
    forgotten = [connection.execute(statement, values).rowcount for statement in _FORGET]
    return forgotten[0]


def forget_hours(connection: Connection, kind: int, subject_ids: Sequence[int], before_s: int) -> int:
    """Delete hours of these subjects from before an epoch second; how many."""
    return _forget_sums(connection, _HOURLY, kind, subject_ids, before_s)


def forget_days(connection: Connection, kind: int, subject_ids: Sequence[int], before_s: int) -> int:
    """Delete days of these subjects from before an epoch second; how many."""
    return _forget_sums(connection, _DAILY, kind, subject_ids, before_s)


def _forget_sums(
    connection: Connection, of: tuple[str, str], kind: int, subject_ids: Sequence[int], before_s: int
) -> int:
    old = text(f"DELETE FROM {of[0]} WHERE kind = :kind AND subject_id IN :subjects AND {of[1]} < :to_s")
    values = _values(kind, subject_ids, 0, before_s)
    return connection.execute(old.bindparams(bindparam("subjects", expanding=True)), values).rowcount


def differing(
    connection: Connection, kind: int, subject_ids: Sequence[int], from_s: int, to_s: int
) -> list[tuple[int, int]]:
    """(subject, hour) in [from_s, to_s) whose samples do not sum to what stands there; closed hours are left out."""
    values = _values(kind, subject_ids, from_s, to_s)
    sampled = {(row[0], row[1]): (int(row[2]), int(row[3])) for row in connection.execute(_SAMPLED, values)}
    rows = connection.execute(_SUMMED, values).all()
    summed = {(row[0], row[1]): (row[2], row[3]) for row in rows if not row[4]}
    closed = {(row[0], row[1]) for row in rows if row[4]}
    both = {*sampled, *summed} - closed
    return sorted(key for key in both if sampled.get(key, (0, 0)) != summed.get(key, (0, 0)))


def rolled_to(connection: Connection) -> int | None:
    """Up to which epoch second all hours are summed; None where none ever was."""
    found = fact(connection, ROLLED_TO)
    return None if found is None else int(found)


def set_rolled_to(connection: Connection, at_s: int) -> None:
    """All hours before this epoch second are summed."""
    put_fact(connection, ROLLED_TO, str(at_s))


def days_rolled_to(connection: Connection) -> int | None:
    """Up to which epoch second all local days are summed; None where none ever was."""
    found = fact(connection, DAYS_ROLLED_TO)
    return None if found is None else int(found)


def set_days_rolled_to(connection: Connection, at_s: int) -> None:
    """All local days before this epoch second are summed."""
    put_fact(connection, DAYS_ROLLED_TO, str(at_s))
