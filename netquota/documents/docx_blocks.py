"""Blocks of the document as paragraphs, tables and pictures of a DOCX, put in place of the template's fields."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt

from netquota.documents.docx_sections import finish, lay_across
from netquota.documents.docx_template import TABLE_STYLE
from netquota.documents.docx_xml import element, field_over
from netquota.documents.paper import Block, Cell, Chart, Items, Kind, Paragraph, Run, Signatures, Table

_TEXT_CM, _WIDE_CM = 15.5, 24.7
_HEADER_SHADE, _TOTAL_SHADE = "EAEEEF", "F4F6F6"
_SMALL, _NORMAL_TABLE = 7.5, 8.5
_LONG_WORD = 40
_MOST_TOGETHER = 20
_CELL_MARGIN_TWIPS = "60"


class BlockWriter:
    """Writes blocks before the paragraph that stands for them, and takes that away. Tables and charts are numbered."""

    def __init__(self, document: Any, pictures: Mapping[str, bytes]) -> None:
        self._document = document
        self._pictures = pictures
        self._tables = 0
        self._figures = 0
        styles = document.styles  # looked up once: each look-up reads all styles
        self._cell_style = styles[TABLE_STYLE].style_id if TABLE_STYLE in styles else None

    def write(self, blocks: Sequence[Block], place: Any) -> None:
        """Put the blocks in the place's stead; a part with a wide table lies across the page."""
        for block in blocks:
            match block:
                case Paragraph():
                    self._paragraph(block, place, "Normal")
                case Items():
                    self._list(block, place)
                case Table():
                    self._table(block, place)
                case Chart():
                    self._chart(block, place)
                case Signatures():
                    self._signatures(block, place)
        if any(isinstance(block, Table) and block.wide for block in blocks):
            lay_across(place._p, self._document.element.body.sectPr)
        place._p.getparent().remove(place._p)

    def finish(self) -> None:
        """Call when all is written."""
        finish(self._document.element.body)

    def contents(self, place: Any) -> None:
        """A table of contents: a field that the word processor computes, showing the headings until then."""
        headings = [
            (int(paragraph.style.name[-1]), paragraph.text)
            for paragraph in self._document.paragraphs
            if paragraph.style.name in {"Heading 1", "Heading 2"}
        ]
        lines = [self._before(place, "Normal") for _ in headings]
        for line, (level, text) in zip(lines, headings, strict=True):
            line.paragraph_format.left_indent = Cm(0.8 * (level - 1))
            line.paragraph_format.space_after = Pt(2)
            line.add_run(text)
        if lines:
            field_over(lines, 'TOC \\o "1-2" \\h \\z \\u')
        place._p.getparent().remove(place._p)

    def _before(self, place: Any, style: str) -> Any:
        return place.insert_paragraph_before(style=style)

    def _paragraph(self, block: Paragraph, place: Any, style: str) -> Any:
        line = self._before(place, style)
        if style == "Normal" and _is_prose(block):
            line.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        _runs(line, block.runs)
        return line

    def _list(self, block: Items, place: Any) -> None:
        # Numbers are written out: a list style would go on counting through the whole document.
        for at, each in enumerate(block.paragraphs, start=1):
            line = self._before(place, "Normal")
            line.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
            line.paragraph_format.left_indent, line.paragraph_format.first_line_indent = Cm(0.9), Cm(-0.7)
            line.paragraph_format.tab_stops.add_tab_stop(Cm(0.9))
            line.paragraph_format.space_after = Pt(3)
            line.add_run(f"{at}.\t" if block.numbered else "•\t")
            _runs(line, each.runs)

    def _table(self, block: Table, place: Any) -> None:
        self._tables += 1
        caption = self._before(place, "Caption")
        caption.paragraph_format.keep_with_next = True
        caption.add_run(f"Tabel {self._tables}. {block.title}")
        self._grid(block, place)
        if block.note:
            note = self._before(place, "Normal")
            note.paragraph_format.space_before = Pt(3)
            note.add_run(block.note).font.size = Pt(8.5)
        else:
            self._before(place, "Normal").paragraph_format.space_after = Pt(0)

    def _grid(self, block: Table, place: Any) -> None:
        width = _WIDE_CM if block.wide else _TEXT_CM
        table = self._document.add_table(rows=1, cols=len(block.columns), style="Table Grid")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        size = _SMALL if len(block.columns) > 7 else _NORMAL_TABLE
        for cell, column in zip(table.rows[0].cells, block.columns, strict=True):
            self._fill(cell, Cell(column.title), size, bold=True, centre=True)
            _shade(cell, _HEADER_SHADE)
        _repeat(table.rows[0])
        for row in block.rows:
            added = table.add_row()
            _keep_whole(added)
            for cell, each in zip(added.cells, row.cells, strict=True):
                self._fill(cell, each, size, bold=row.is_total)
                if row.is_total:
                    _shade(cell, _TOTAL_SHADE)
        _widths(table, [column.width for column in block.columns], width)
        _margins(table)
        if len(block.rows) <= _MOST_TOGETHER:
            for row in table.rows[:-1]:
                for cell in row.cells:
                    cell.paragraphs[0].paragraph_format.keep_with_next = True
        place._p.addprevious(table._tbl)

    def _fill(self, cell: Any, content: Cell, size: float, bold: bool = False, centre: bool = False) -> None:
        line = cell.paragraphs[0]
        if self._cell_style is not None:
            line._p.style = self._cell_style
        if centre or content.text == "■":
            line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        elif content.kind is not Kind.TEXT:
            line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        run = line.add_run(content.text)
        run.font.size, run.bold = Pt(size), bold or None
        if content.mark:
            mark = line.add_run(f"[{content.mark}]")
            mark.font.size, mark.font.superscript = Pt(size), True

    def _chart(self, block: Chart, place: Any) -> None:
        self._figures += 1
        line = self._before(place, "Normal")
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        line.paragraph_format.keep_with_next = True
        picture = line.add_run().add_picture(io.BytesIO(self._pictures[block.key]), width=Cm(_TEXT_CM))
        properties = picture._inline.docPr
        properties.set("descr", block.alt)
        properties.set("id", str(1000 + self._figures))
        caption = self._before(place, "Caption")
        caption.alignment = WD_ALIGN_PARAGRAPH.CENTER
        caption.add_run(f"Gambar {self._figures}. {block.title}")

    def _signatures(self, block: Signatures, place: Any) -> None:
        table = self._document.add_table(rows=3, cols=2)
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        blank = ["", "", "", ""]  # where they sign; rows of their own, so that names stand on one line
        sides = (
            (["", "Disusun oleh"], blank, [f"*{block.planner_name}", block.planner_nip]),
            ([block.place_and_date, block.position], blank, [f"*{block.name}", block.rank, block.nip]),
        )
        for across, side in enumerate(sides):
            for row, texts in zip(table.rows, side, strict=True):
                _lines(row.cells[across], texts)
        for row in table.rows:
            _keep_whole(row)
        _widths(table, [45, 55], _TEXT_CM)
        place._p.addprevious(table._tbl)


def _is_prose(block: Paragraph) -> bool:
    """Whether the paragraph may be justified: a long hash would tear its other words apart."""
    return max((len(word) for run in block.runs for word in run.text.split()), default=0) < _LONG_WORD


def _runs(line: Any, runs: Sequence[Run]) -> None:
    for run in runs:
        added = line.add_run(run.text)
        added.bold, added.italic = run.bold or None, run.italic or None
        if run.mark:
            added.font.superscript = True


def _lines(cell: Any, texts: Sequence[str]) -> None:
    """Centred lines; one that begins with * is bold and underlined, as a signer's name is."""
    cell.paragraphs[0]._p.getparent().remove(cell.paragraphs[0]._p)
    for text in texts:
        line = cell.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        line.paragraph_format.space_after = Pt(0)
        line.paragraph_format.keep_with_next = True
        run = line.add_run(text.removeprefix("*"))
        run.bold = run.underline = text.startswith("*") or None


def _shade(cell: Any, colour: str) -> None:
    cell._tc.get_or_add_tcPr().append(element("w:shd", val="clear", color="auto", fill=colour))


def _repeat(row: Any) -> None:
    row._tr.get_or_add_trPr().append(element("w:tblHeader"))
    _keep_whole(row)


def _keep_whole(row: Any) -> None:
    row._tr.get_or_add_trPr().append(element("w:cantSplit"))


def _widths(table: Any, shares: Sequence[int], width_cm: float) -> None:
    whole = sum(shares)
    widths = [Emu(int(Cm(width_cm) * share / whole)) for share in shares]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for row in table._tbl.tr_lst:  # a column's cells are found by walking the whole table
        for cell, width in zip(row.tc_lst, widths, strict=True):
            cell.width = width


def _margins(table: Any) -> None:
    """Little room beside the text of cells: budget tables have many columns."""
    margins = element("w:tblCellMar")
    for side in ("w:left", "w:right"):
        margins.append(element(side, w=_CELL_MARGIN_TWIPS, type="dxa"))
    properties = table._tbl.tblPr
    look = properties.find(qn("w:tblLook"))
    if look is None:
        properties.append(margins)
    else:
        look.addprevious(margins)
