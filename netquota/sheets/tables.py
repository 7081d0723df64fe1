"""Plain tables as files for other tools: CSV always, Parquet where pyarrow is installed. Same rows, same bytes."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

from netquota.sheets.formulas import Cell, neutral

Type = Literal["text", "integer", "number"]
_ARROW: Final = {"text": "string", "integer": "int64", "number": "float64"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its type, the unit of its values (empty: none) and what it says."""

    name: str
    type: Type
    unit: str
    says: str


@dataclass(frozen=True, slots=True)
class Table:
    """A named table; each row has a cell for each column, None where nothing is known."""

    name: str
    says: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]


def has_parquet() -> bool:
    """Whether Parquet can be written (pyarrow, of the extra `planning`)."""
    return find_spec("pyarrow") is not None


def write_csv(table: Table, path: Path) -> None:
    """Commas, UTF-8, a head with the columns' names; empty where nothing is known (RFC 4180).

    A text that a spreadsheet would take for a formula has `'` before it.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([column.name for column in table.columns])
        writer.writerows(["" if cell is None else neutral(cell) for cell in row] for row in table.rows)


def write_parquet(table: Table, path: Path) -> None:
    """Typed columns; unit and meaning stand in the schema's metadata."""
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    fields = [
        arrow.field(one.name, getattr(arrow, _ARROW[one.type])(), metadata={"unit": one.unit, "says": one.says})
        for one in table.columns
    ]
    columns = [[row[place] for row in table.rows] for place in range(len(table.columns))]
    arrays = [arrow.array(cells, field.type) for cells, field in zip(columns, fields, strict=True)]
    parquet.write_table(arrow.Table.from_arrays(arrays, schema=arrow.schema(fields)), str(path), compression="zstd")


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
