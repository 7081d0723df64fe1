"""What was read of a file: sheets of texts, with the row numbers that people see in their spreadsheet."""

from __future__ import annotations

from dataclasses import dataclass

from netquota.errors import NetquotaError


class Unreadable(NetquotaError):
    """A file that cannot be used: what is wrong with it and what to do."""


@dataclass(frozen=True, slots=True)
class Cells:
    """One row: its number in the file (the first is 1) and its cells as texts; those at the end may be missing."""

    number: int
    texts: tuple[str, ...]

    def at(self, column: int) -> str:
        """The text of a column, counted from 0; empty where the row is shorter."""
        return self.texts[column] if column < len(self.texts) else ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet with its rows in order; empty rows are left out."""

    name: str
    rows: tuple[Cells, ...]
