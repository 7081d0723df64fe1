"""What a spreadsheet would run when a table is opened there is marked as text, whoever writes the table. Pure."""

from __future__ import annotations

from typing import Final

Cell = str | int | float | None
_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def neutral(cell: Cell) -> Cell:
    """A text that a program would take for a formula, marked as text (OWASP, CSV injection); `-5` stays as it is."""
    is_risky = isinstance(cell, str) and cell.startswith(_STARTS) and not _is_number(cell)
    return f"'{cell}" if is_risky else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
