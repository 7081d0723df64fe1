"""The document as DOCX: the office's template filled with fields (docxtpl) and with the parts' blocks (docx_blocks)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any
from zipfile import BadZipFile

from docxtpl import DocxTemplate  # pyright: ignore[reportMissingTypeStubs]
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from netquota.documents.docx_blocks import BlockWriter
from netquota.documents.inputs import BudgetInput
from netquota.documents.paper import Paper, Part
from netquota.documents.structure import HEADINGS
from netquota.documents.zipping import repacked
from netquota.errors import InvalidValue

_OPEN, _CLOSE = "\u2983", "\u2984"
_CONTENTS = "daftar_isi"


def write_docx(paper: Paper, given: BudgetInput, template: bytes, pictures: Mapping[str, bytes]) -> bytes:
    """The document in the office's template; `pictures` are the charts as PNG by key.

    Raises `InvalidValue` where the template names a field that does not exist, or is no DOCX.
    """
    document = _filled(paper, template)
    places = _places(document)
    writer = BlockWriter(document, pictures)
    for part in paper.parts:
        if part.key in places:
            writer.write(part.blocks, places[part.key])
    if _CONTENTS in places:
        writer.contents(places[_CONTENTS])
    writer.finish()
    _properties(document, paper, given)
    out = io.BytesIO()
    document.save(out)
    return repacked(out.getvalue())


def unplaced(paper: Paper, template: bytes) -> list[Part]:
    """Parts with content that a template has no place for: the office left them out, or mistyped their field."""
    places = _places(_filled(paper, template))
    return [part for part in paper.parts if part.blocks and part.key not in places]


def fields(paper: Paper) -> dict[str, str]:
    """The fields that a template may use, beside `isi.…` and `daftar_isi`."""
    return {
        "pemerintah": paper.government, "dinas": paper.office, "alamat": paper.address, "judul": paper.title,
        "subjudul": paper.subtitle, "anggaran": paper.budget_line, "nomor": paper.number_line,
        "versi": paper.version_line, "kode": paper.code, "tempat_tanggal": paper.place_and_date, "sidik": paper.digest,
    }  # fmt: skip


def _filled(paper: Paper, template: bytes) -> Any:
    marks = {key: f"{_OPEN}{key}{_CLOSE}" for key, _, _ in HEADINGS}
    environment = SandboxedEnvironment(undefined=StrictUndefined)
    try:
        filled = DocxTemplate(io.BytesIO(template))
        context = {**fields(paper), "isi": marks, _CONTENTS: f"{_OPEN}{_CONTENTS}{_CLOSE}"}
        filled.render(context, environment, autoescape=True)
    except TemplateError as problem:
        known = ", ".join([*fields(paper), _CONTENTS, "isi.…"])
        raise InvalidValue("template", problem.message, f"use only these fields: {known}") from None
    except (BadZipFile, KeyError, ValueError, OSError) as problem:
        raise InvalidValue("template", str(problem), "give a DOCX file, saved by a word processor") from None
    return filled.docx  # get_docx() would begin again with the template


def _places(document: Any) -> dict[str, Any]:
    """The paragraphs that stand for a part, by its key."""
    found: dict[str, Any] = {}
    for paragraph in document.paragraphs:
        text = paragraph.text.strip()
        if text.startswith(_OPEN) and text.endswith(_CLOSE):
            found[text[1:-1]] = paragraph
        elif _OPEN in text:
            raise InvalidValue("template", text.strip(_OPEN + _CLOSE), "give each {{ isi.… }} a paragraph of its own")
    return found


def _properties(document: Any, paper: Paper, given: BudgetInput) -> None:
    core = document.core_properties
    core.created = core.modified = datetime.combine(given.dated, time(0), UTC)
    core.author = core.last_modified_by = given.office.name
    core.title = f"{paper.title}: {paper.subtitle}"
    core.subject, core.keywords, core.comments = paper.budget_line, paper.code, ""
    core.revision, core.language = 1, "id-ID"
