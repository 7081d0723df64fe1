"""The document's figures as XLSX: a sheet that says what it is, the RAB in live formulas, every table as numbers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, time
from fractions import Fraction
from typing import Any

import xlsxwriter  # pyright: ignore[reportMissingTypeStubs]

from netquota.documents.inputs import BudgetInput
from netquota.documents.paper import Cell, Kind, Paper, Table
from netquota.documents.phrases import measured_over
from netquota.documents.rab import rab
from netquota.documents.xlsx_rab import RabSheet
from netquota.documents.zipping import repacked

_FORMATS = {
    Kind.TEXT: "@",
    Kind.COUNT: "#,##0",
    Kind.MBPS: "#,##0.0",
    Kind.EXACT_MBPS: "#,##0.######",
    Kind.RUPIAH: "#,##0",
    Kind.DIFFERENCE: "#,##0;(#,##0)",
    Kind.PERCENT: "0.0%",
}
_LONGEST_NAME = 31
_LEAST_WIDTH, _MOST_WIDTH, _LINE_PT = 12, 60, 15


def write_xlsx(paper: Paper, given: BudgetInput) -> bytes:
    """The workbook; the same input gives the same bytes."""
    out = io.BytesIO()
    book: Any = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({
        "title": f"{paper.title}: {paper.subtitle}", "subject": paper.budget_line, "author": given.office.name,
        "keywords": paper.code, "created": datetime.combine(given.dated, time(0)),
    })  # fmt: skip
    _about(book, paper, given)
    RabSheet(book, given, rab(given)).write()
    for table in paper.tables():
        if table.key != "rab":
            _TableSheet(book, table).write()
    book.close()
    return repacked(out.getvalue())


def _about(book: Any, paper: Paper, given: BudgetInput) -> None:
    sheet = book.add_worksheet("Keterangan")
    bold = book.add_format({"bold": True, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)
    rows = (
        ("Dokumen", f"{paper.title} {paper.subtitle}"),
        ("Anggaran", paper.budget_line),
        ("Nomor", paper.number_line),
        ("Versi", paper.version_line),
        ("Tanggal", paper.place_and_date),
        ("Data", f"{measured_over(given)}; {given.period.office_hours}; {given.period.zone}"),
        ("Satuan", "Kecepatan dalam Mbps (1 Mbps = 1.000.000 bit/s), uang dalam rupiah, porsi dalam persen."),
        (
            "RAB",
            "Lembar RAB memakai rumus: ubah volume, bulan, atau harga, lalu jumlah, PPN, total, dan terbilang ikut.",
        ),
        ("SHA-256 masukan", paper.digest),
    )
    for at, (name, text) in enumerate(rows):
        sheet.write_string(at, 0, name, bold)
        sheet.write_string(at, 1, text, wrapped)
        sheet.set_row(at, _height([text], [90]))
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


class _TableSheet:
    """One table on one sheet: title, heading, rows as numbers, note."""

    def __init__(self, book: Any, table: Table) -> None:
        self._book, self._table = book, table
        self._sheet = book.add_worksheet(table.key.replace("_", " ").capitalize()[:_LONGEST_NAME])
        self._formats: dict[tuple[Kind, bool], Any] = {}

    def write(self) -> None:
        """Write the table; the heading stays in sight."""
        table, sheet = self._table, self._sheet
        sheet.write_string(0, 0, table.title, self._book.add_format({"bold": True, "font_size": 12}))
        head = self._book.add_format(
            {
                "bold": True,
                "text_wrap": True,
                "bg_color": "#EAEEEF",
                "border": 1,
                "align": "center",
                "valign": "vcenter",
            }
        )
        widths = [max(_LEAST_WIDTH, min(_MOST_WIDTH, column.width)) for column in table.columns]
        sheet.set_row(2, _height([column.title for column in table.columns], widths))
        for at, column in enumerate(table.columns):
            sheet.write_string(2, at, column.title, head)
            sheet.set_column(at, at, widths[at])
        for down, row in enumerate(table.rows, start=3):
            sheet.set_row(down, _height([cell.text for cell in row.cells], widths))
            for across, cell in enumerate(row.cells):
                self._cell(down, across, cell, row.is_total)
        sheet.freeze_panes(3, 0)
        if table.note:
            self._note(len(table.rows) + 4, table.note, widths)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(2)

    def _note(self, down: int, text: str, widths: Sequence[int]) -> None:
        """As wide as the table, so that a long one makes no narrow print."""
        form = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._sheet.merge_range(down, 0, down, len(widths) - 1, text, form)
        self._sheet.set_row(down, _height([text], [sum(widths)]))

    def _cell(self, down: int, across: int, cell: Cell, is_total: bool) -> None:
        form = self._format(cell.kind, is_total)
        if cell.value is None or isinstance(cell.value, str):
            self._sheet.write_string(down, across, cell.text, form)
        else:
            unit = 10**6 if cell.kind in {Kind.MBPS, Kind.EXACT_MBPS} else 1
            self._sheet.write_number(down, across, float(Fraction(cell.value) / unit), form)
        if cell.mark:
            self._sheet.write_comment(down, across, f"Jejak {cell.mark}", {"author": "netquota"})

    def _format(self, kind: Kind, is_total: bool) -> Any:
        if (kind, is_total) not in self._formats:
            look: dict[str, object] = {"num_format": _FORMATS[kind], "border": 1, "valign": "top", "bold": is_total}
            if kind is Kind.TEXT:
                look["text_wrap"] = True
            self._formats[kind, is_total] = self._book.add_format(look)
        return self._formats[kind, is_total]


def _height(texts: Sequence[str], widths: Sequence[int]) -> int:
    """Height of a row in points so that wrapped texts are seen: not every program fits it by itself."""
    return _LINE_PT * max(-(-len(text) * 12 // (10 * width)) or 1 for text, width in zip(texts, widths, strict=True))
