"""Samples as arrays: a year of a subject is a hundred thousand bins, too many to be a value each. It loads numpy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from netquota.domain.samples import BIN_S
from netquota.storage.database import Connection
from netquota.storage.schema import usage_sample
from netquota.storage.usage_report import Source

_ROWS = 20_000
_u = usage_sample.c
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class BinOctets:
    """Octets of consecutive bins, and in which of them any sample stands."""

    down: Integers
    up: Integers
    counted: NDArray[np.bool_]


def octets(connection: Connection, sources: Iterable[Source], from_s: int, number: int) -> BinOctets:
    """All sources together in so many bins from an epoch second on; memory: 17 octets a bin and 20,000 rows."""
    down, up = np.zeros(number, dtype=np.int64), np.zeros(number, dtype=np.int64)
    counted = np.zeros(number, dtype=np.bool_)
    for source in sorted(set(sources)):
        for rows in _chunks(connection, source, from_s, from_s + BIN_S * number):
            places = (rows[:, 0] - from_s) // BIN_S
            np.add.at(down, places, rows[:, 1])
            np.add.at(up, places, rows[:, 2])
            counted[places] = True
    return BinOctets(down, up, counted)


def _chunks(connection: Connection, source: Source, from_s: int, to_s: int) -> Iterator[Integers]:
    """(bin's start, down, up) of a source's samples, along the primary key; a bin's parts are rows of their own."""
    query = select(_u.bin_s, _u.down, _u.up).where(
        _u.kind == source.kind, _u.subject_id == source.subject_id, _u.bin_s >= from_s, _u.bin_s < to_s
    )
    found = connection.execute(query)
    while rows := found.fetchmany(_ROWS):
        yield np.array([tuple(row) for row in rows], dtype=np.int64)
