"""All files of a document from its frozen input: the way in for services, command line and pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from netquota.documents.build import build
from netquota.documents.charts import drawn
from netquota.documents.docx_template import default_template
from netquota.documents.docx_writer import write_docx
from netquota.documents.inputs import BudgetInput
from netquota.documents.paper import Paper
from netquota.documents.pdf_writer import default_look, write_pdf
from netquota.documents.xlsx_writer import write_xlsx

Progress = Callable[[int, int, str], None]
"""Told of each step: how many are done, of how many, and what comes next."""


@dataclass(frozen=True, slots=True)
class Templates:
    """The office's templates: a DOCX, and a Typst text for the PDF."""

    docx: bytes
    look: str


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """The document as structure, and as files."""

    paper: Paper
    docx: bytes
    pdf: bytes
    xlsx: bytes

    def files(self) -> dict[str, bytes]:
        """The files by name; `frozen.manifest` takes these."""
        stem = f"KAK-{self.paper.code}"
        return {f"{stem}.docx": self.docx, f"{stem}.pdf": self.pdf, f"{stem}.xlsx": self.xlsx}


def default_templates() -> Templates:
    """The templates that come with netquota."""
    return Templates(default_template(), default_look())


def _quiet(_done: int, _of: int, _next: str) -> None:
    """Where nobody waits."""


def render(given: BudgetInput, templates: Templates | None = None, progress: Progress = _quiet) -> Rendered:
    """DOCX, PDF and XLSX of an input: the same bytes for the same input and templates.

    Raises `ConfigurationError` without the extra `planning`, `InvalidValue` where a template cannot be used.
    """
    used = templates or default_templates()
    paper = build(given)
    charts = paper.charts()
    steps = len(charts) + 3
    pictures: dict[str, bytes] = {}
    drawings: dict[str, bytes] = {}
    for at, chart in enumerate(charts):
        progress(at, steps, chart.title)
        drawings[chart.key], pictures[chart.key] = drawn(chart.spec)
    progress(len(charts), steps, "DOCX")
    docx = write_docx(paper, given, used.docx, pictures)
    progress(len(charts) + 1, steps, "PDF")
    pdf = write_pdf(paper, given, used.look, drawings)
    progress(len(charts) + 2, steps, "XLSX")
    xlsx = write_xlsx(paper, given)
    progress(steps, steps, "")
    return Rendered(paper, docx, pdf, xlsx)
