"""Lists as files for a spreadsheet: CSV and XLSX. Numbers stay numbers; a text that a program would run stays a text.

The first sheet of an XLSX says what is in it: filter, moment, zone.
"""

from __future__ import annotations

import csv
import importlib
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

from netquota.sheets.formulas import Cell, neutral

_WIDEST: Final = 60
MOST_ROWS: Final = 50_000


def csv_octets(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with BOM, as Excel wants it, apart by semicolons."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([neutral(name) for name in columns])
    for row in rows:
        writer.writerow(["" if cell is None else neutral(cell) for cell in row])
    return ("\ufeff" + text.getvalue()).encode()


def xlsx_octets(title: str, notes: Sequence[str], columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A workbook: what it is on the first sheet, the rows on the second, headings fixed, filters on."""
    xlsxwriter: Any = importlib.import_module("xlsxwriter")  # heavy, and seldom wanted

    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(made, options) as book:
        bold = book.add_format({"bold": True})
        about = book.add_worksheet("Info")
        about.set_column(0, 0, _WIDEST)
        for number, line in enumerate((title, *notes)):
            about.write_string(number, 0, line, bold if number == 0 else None)
        sheet, widths = book.add_worksheet("Data"), [len(name) for name in columns]
        sheet.write_row(0, 0, columns, bold)
        count = 0
        for count, row in enumerate(rows, start=1):
            sheet.write_row(count, 0, ["" if cell is None else cell for cell in row])
            widths = [max(width, len(str(cell or ""))) for width, cell in zip(widths, row, strict=True)]
        for place, width in enumerate(widths):
            sheet.set_column(place, place, min(_WIDEST, width + 2))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(1, count), len(columns) - 1)
    return made.getvalue()
