"""Samples of before netquota: which bins stand already, and new ones beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import insert, select

from netquota.storage.database import Connection
from netquota.storage.sample_tables import coarse_bin
from netquota.storage.schema import usage_sample

_u = usage_sample.c
_AT_ONCE = 5000


def bins_there(connection: Connection, kind: int, subject_id: int, from_s: int, to_s: int) -> set[int]:
    """The bins in [from_s, to_s) of which a sample stands."""
    query = select(_u.bin_s).where(
        _u.kind == kind, _u.subject_id == subject_id, _u.bin_s >= from_s, _u.bin_s < to_s
    )  # fmt: skip
    return set(connection.execute(query).scalars())


def add_bins(
    connection: Connection, kind: int, subject_id: int, bins: Mapping[int, tuple[int, int]], coarse: Iterable[int]
) -> None:
    """Add bins that are not there; those of `coarse` are noted so."""
    subject = {"kind": kind, "subject_id": subject_id}
    rows = [subject | {"bin_s": at, "down": down, "up": up} for at, (down, up) in sorted(bins.items())]
    for at in range(0, len(rows), _AT_ONCE):
        connection.execute(insert(usage_sample), rows[at : at + _AT_ONCE])
    marks = [subject | {"bin_s": at} for at in sorted(coarse)]
    if marks:
        connection.execute(insert(coarse_bin), marks)
