"""The template that comes with netquota, made by code; the office edits a copy in its word processor.

Fields are written `{{ name }}`; `{{ isi.key }}`, alone in a paragraph, is where a part's text, tables and charts go,
and `{{ daftar_isi }}` the table of contents. Fonts and spacing are those of the styles Normal, Heading 1, Heading 2 and
Caption, of `Tabel` (text in tables) and of the table style "Table Grid".
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from netquota.documents.docx_xml import add_field, element
from netquota.documents.structure import HEADINGS, NEW_PAGE
from netquota.documents.zipping import repacked

FONT, TABLE_FONT = "Bookman Old Style", "Arial"
TABLE_STYLE = "Tabel"
_LETTERHEAD_END = "{{ alamat }}"
"""A rule across the page stands under it."""
_COVER = (
    ("{{ pemerintah }}", 16, True, 2),
    ("{{ dinas }}", 14, True, 2),
    (_LETTERHEAD_END, 10, False, 120),
    ("{{ judul }}", 20, True, 12),
    ("{{ subjudul }}", 14, True, 12),
    ("{{ anggaran }}", 12, True, 120),
    ("{{ nomor }}", 12, False, 4),
    ("{{ versi }}", 10, False, 4),
    ("{{ tempat_tanggal }}", 12, False, 0),
)


def default_template() -> bytes:
    """The template as DOCX; the same bytes each time."""
    document = Document()
    _styles(document)
    _page(document.sections[0])
    for text, size, bold, after in _COVER:
        line = document.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        line.paragraph_format.space_after = Pt(after)
        run = line.add_run(text)
        run.font.size, run.bold = Pt(size), bold
        if text == _LETTERHEAD_END:
            _rule_under(line)
    document.add_page_break()
    _centred(document, "DAFTAR ISI")
    document.add_paragraph("{{ daftar_isi }}")
    for key, level, heading in HEADINGS:
        title = document.add_heading(heading, level)
        title.paragraph_format.page_break_before = key in NEW_PAGE
        document.add_paragraph("{{ isi." + key + " }}")
    core = document.core_properties
    core.created = core.modified = datetime(2026, 1, 1, tzinfo=UTC)
    core.author, core.title, core.comments = "netquota", "Templat KAK", ""
    out = io.BytesIO()
    document.save(out)
    return repacked(out.getvalue())


def _rule_under(line: Any) -> None:
    border = element("w:pBdr")
    border.append(element("w:bottom", val="single", sz="12", space="6", color="auto"))
    line._p.get_or_add_pPr().insert_element_before(border, "w:spacing", "w:ind", "w:jc", "w:rPr")


def _centred(document: Any, text: str) -> None:
    line = document.add_paragraph()
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line.add_run(text).bold = True


def _page(section: Any) -> None:
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = Cm(3), Cm(2.5)
    section.top_margin, section.bottom_margin = Cm(2.5), Cm(2.5)
    section.different_first_page_header_footer = True
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text in ("{{ nomor }} · kode dokumen {{ kode }} · Halaman ", "PAGE", " dari ", "NUMPAGES"):
        if text.isupper():
            add_field(footer, text, Pt(8))
        else:
            footer.add_run(text).font.size = Pt(8)


def _styles(document: Any) -> None:
    styles = document.styles
    for name, size, bold, before, after in (
        ("Normal", 11, False, 0, 6),
        ("Heading 1", 13, True, 12, 8),
        ("Heading 2", 11, True, 10, 4),
        ("Caption", 9, True, 8, 3),
    ):
        style = styles[name]
        style.font.name, style.font.size, style.font.bold = FONT, Pt(size), bold
        style.font.italic, style.font.color.rgb = False, RGBColor(0, 0, 0)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        _face(style, FONT)
    styles["Normal"].paragraph_format.line_spacing = 1.15
    cells = styles.add_style(TABLE_STYLE, WD_STYLE_TYPE.PARAGRAPH)
    cells.base_style = styles["Normal"]
    cells.paragraph_format.space_after, cells.paragraph_format.line_spacing = Pt(0), 1.0
    _face(cells, TABLE_FONT)
    styles["Normal"].element.get_or_add_rPr().append(element("w:lang", val="id-ID"))


def _face(style: Any, font: str) -> None:
    """Set a style's font for all scripts, in place of the theme's."""
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(script), font)
    for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:cstheme", "w:eastAsiaTheme"):
        fonts.attrib.pop(qn(theme), None)
