"""What is noted beside samples, where there is something to note: bins that are coarse, hours that came late.

Most batches of reports have neither, so that the hot rows need no column for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from netquota.storage.database import Connection, is_postgresql
from netquota.storage.sample_tables import coarse_bin, late_sample

BinKey = tuple[int, int, int]
"""Kind, subject, start of a bin (or of an hour)."""
_l = late_sample.c


@dataclass(frozen=True, slots=True)
class Late:
    """Notes of hours that were added to: `ids` of the notes, and each (kind, subject, hour) once."""

    ids: tuple[int, ...]
    hours: tuple[BinKey, ...]


def note(connection: Connection, coarse: Iterable[BinKey], late: Iterable[BinKey]) -> None:
    """Note coarse bins, and hours that may have been summed already; in the order of their keys, as rows are locked."""
    bins = [{"kind": kind, "subject_id": subject, "bin_s": bin_s} for kind, subject, bin_s in sorted(set(coarse))]
    if bins:
        insert = (postgresql.insert if is_postgresql(connection) else sqlite.insert)(coarse_bin)
        connection.execute(insert.on_conflict_do_nothing(), bins)
    hours = [{"kind": kind, "subject_id": subject, "hour_s": hour_s} for kind, subject, hour_s in sorted(set(late))]
    if hours:
        connection.execute(late_sample.insert(), hours)


def late(connection: Connection, most: int) -> Late:
    """Notes of late hours, the oldest first, at most so many."""
    rows = connection.execute(select(_l.id, _l.kind, _l.subject_id, _l.hour_s).order_by(_l.id).limit(most)).all()
    return Late(tuple(row.id for row in rows), tuple(sorted({(row.kind, row.subject_id, row.hour_s) for row in rows})))


def settled(connection: Connection, ids: Sequence[int]) -> None:
    """These notes were seen to. Others of the same hours stay: what they tell of may not have been seen."""
    connection.execute(delete(late_sample).where(_l.id.in_(list(ids))))


def coarse_bins(
    connection: Connection, kind: int, subject_ids: Sequence[int], from_s: int, to_s: int
) -> dict[int, set[int]]:
    """The starts of the coarse bins of these subjects in [from_s, to_s), by subject."""
    c, found = coarse_bin.c, dict[int, set[int]]()
    query = select(c.subject_id, c.bin_s).where(
        c.kind == kind, c.subject_id.in_(list(subject_ids)), c.bin_s >= from_s, c.bin_s < to_s
    )
    for subject_id, bin_s in connection.execute(query):
        found.setdefault(subject_id, set()).add(bin_s)
    return found
