"""The three files: byte-equal, complete, their totals confirmed by other programs; templates that the office edits."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn

from netquota.documents.build import build
from netquota.documents.docx_template import default_template
from netquota.documents.docx_writer import fields, unplaced, write_docx
from netquota.documents.inputs import BudgetInput
from netquota.documents.pdf_writer import default_look, escaped, write_pdf
from netquota.documents.rab import rab
from netquota.documents.render import Rendered, Templates, render
from netquota.documents.structure import HEADINGS
from netquota.documents.xlsx_writer import write_xlsx
from netquota.domain.rupiah import rupiah
from netquota.errors import InvalidValue
from tests.unit.documents.sample_budget import budget_input, revision_input

GIVEN: dict[str, Callable[[], BudgetInput]] = {"apbd": lambda: budget_input(60), "apbd-p": revision_input}


@pytest.fixture(scope="module", params=GIVEN)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def rendered(kind: str) -> Rendered:
    steps: list[tuple[int, int]] = []
    found = render(GIVEN[kind](), progress=lambda done, of, _next: steps.append((done, of)))
    assert steps == [(at, steps[0][1]) for at in range(steps[0][1] + 1)]
    return found


def test_the_same_input_gives_the_same_bytes(kind: str, rendered: Rendered) -> None:
    assert render(GIVEN[kind]()).files() == rendered.files()
    assert {name.rsplit(".", 1)[1] for name in rendered.files()} == {"docx", "pdf", "xlsx"}


@pytest.mark.parametrize("form", ["docx", "xlsx"])
def test_containers_have_sorted_parts_and_fixed_times(rendered: Rendered, form: str) -> None:
    with zipfile.ZipFile(io.BytesIO(getattr(rendered, form))) as container:
        names = [entry.filename for entry in container.infolist()]
        assert names[1:] == sorted(names[1:])
        assert {entry.date_time for entry in container.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_docx_has_all_headings_tables_pictures_and_no_field_left(rendered: Rendered) -> None:
    document = docx.Document(io.BytesIO(rendered.docx))
    headings = [each.text for each in document.paragraphs if each.style.name.startswith("Heading")]
    assert headings == [heading for _, _, heading in HEADINGS]
    assert len(document.tables) == len(rendered.paper.tables()) + 2  # and two signature blocks
    assert len(document.inline_shapes) == len(rendered.paper.charts())
    whole = "\n".join(each.text for each in document.paragraphs)
    assert "{{" not in whole
    assert "\u2983" not in whole
    described = [each._inline.docPr.get("descr") for each in document.inline_shapes]
    assert described == [chart.alt for chart in rendered.paper.charts()]
    assert rendered.paper.title in whole


def test_the_docx_holds_the_papers_tables_cell_by_cell(rendered: Rendered) -> None:
    document = docx.Document(io.BytesIO(rendered.docx))
    found = [each for each in document.tables if each.style is not None and each.style.name == "Table Grid"]
    for shown, table in zip(found, rendered.paper.tables(), strict=True):
        cells = [[cell.text for cell in row.cells] for row in shown.rows]
        assert cells[0] == [column.title for column in table.columns]
        marked = [[cell.text + (f"[{cell.mark}]" if cell.mark else "") for cell in row.cells] for row in table.rows]
        assert cells[1:] == marked


def test_wide_parts_lie_across_and_the_rest_upright(rendered: Rendered) -> None:
    document = docx.Document(io.BytesIO(rendered.docx))
    turned = [section.page_width > section.page_height for section in document.sections]
    wide = [part.key for part in rendered.paper.parts if part.is_wide]
    assert turned == [False, *([True, False] if "rab" in wide else []), True, False, True]


@pytest.mark.needs("poppler-utils")
def test_the_pdf_says_what_the_paper_says(rendered: Rendered, tmp_path: Path) -> None:
    (tmp_path / "kak.pdf").write_bytes(rendered.pdf)
    command = ["pdftotext", "-layout", "kak.pdf", "-"]
    text = subprocess.run(command, check=True, cwd=tmp_path, capture_output=True, text=True).stdout
    flat = re.sub(r"\s+", " ", text.replace("\u00a0", " "))
    for _, _, heading in HEADINGS:
        assert heading in flat
    assert rendered.paper.digest in flat
    sums = next(table for table in rendered.paper.tables() if table.key == "rab").rows
    assert sums[-1].cells[-1].text in flat
    info = subprocess.run(["pdfinfo", "kak.pdf"], check=True, cwd=tmp_path, capture_output=True, text=True).stdout
    assert "Tagged:          yes" in info
    assert "KERANGKA ACUAN KERJA" in info


def test_the_workbook_has_the_rab_in_formulas_with_their_values(kind: str, rendered: Rendered) -> None:
    formulas = openpyxl.load_workbook(io.BytesIO(rendered.xlsx))["RAB"]
    values = openpyxl.load_workbook(io.BytesIO(rendered.xlsx), data_only=True)["RAB"]
    sums = rab(GIVEN[kind]()).sums
    last = values.max_column - (0 if kind == "apbd" else 1)
    rows = {values.cell(row, 2).value: values.cell(row, last).value for row in range(1, values.max_row + 1)}
    assert (rows["Jumlah"], rows["Total"]) == (sums.sum_rp, sums.total_rp)
    assert any(str(cell.value).startswith("=ROUND(") for row in formulas.iter_rows() for cell in row)
    words = [cell.value for row in values.iter_rows() for cell in row if str(cell.value).endswith(" rupiah")]
    assert words == [sums.words]


def test_the_workbook_holds_every_table_as_numbers(rendered: Rendered) -> None:
    book = openpyxl.load_workbook(io.BytesIO(rendered.xlsx))
    assert book.sheetnames[:2] == ["Keterangan", "RAB"]
    for table in rendered.paper.tables():
        if table.key == "rab":
            continue
        sheet = book[table.key.replace("_", " ").capitalize()]
        for down, row in enumerate(table.rows, start=4):
            for across, cell in enumerate(row.cells, start=1):
                shown = sheet.cell(down, across).value
                if cell.value is None or isinstance(cell.value, str):
                    assert (shown or "") == cell.text
                else:
                    unit = 10**6 if "Mbps" in cell.kind else 1
                    assert shown == pytest.approx(float(Fraction(cell.value) / unit))


def recomputed(content: bytes, folder: Path) -> openpyxl.Workbook:
    """The workbook as LibreOffice computes it anew: values that were stored are thrown away first."""
    source, target = folder / "in", folder / "out"
    source.mkdir(exist_ok=True)
    (source / "rab.xlsx").write_bytes(content)
    command = [
        "soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "xlsx", "--outdir",
        str(target), str(source / "rab.xlsx"),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return openpyxl.load_workbook(target / "rab.xlsx", data_only=True)


@pytest.mark.needs("libreoffice-calc")
@pytest.mark.parametrize("price", [95_000, 5, 33_333, 123_456_789])
def test_a_changed_price_changes_sum_ppn_total_and_words(price: int, tmp_path: Path) -> None:
    given = budget_input()
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx(build(given), given)))
    book["RAB"]["G4"] = price
    out = io.BytesIO()
    book.save(out)
    sheet = recomputed(out.getvalue(), tmp_path)["RAB"]
    link = replace(given.links[0], asked_price_rp=price)
    sums = rab(replace(given, links=(link, *given.links[1:]))).sums
    assert [sheet.cell(row, 8).value for row in range(7, 11)] == [sums.sum_rp, sums.base_rp, sums.ppn_rp, sums.total_rp]
    assert sheet["C12"].value == sums.words


# --- what the office does to templates ---


def edited(change: Callable[[docx.document.Document], object]) -> bytes:
    document = docx.Document(io.BytesIO(default_template()))
    change(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def written(template: bytes) -> docx.document.Document:
    given = budget_input()
    paper = build(given)
    pictures = {chart.key: PICTURE for chart in paper.charts()}
    return docx.Document(io.BytesIO(write_docx(paper, given, template, pictures)))


def a_picture() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (8, 4), "white").save(out, "png")
    return out.getvalue()


PICTURE = a_picture()


def test_the_template_made_by_code_is_the_same_each_time() -> None:
    assert default_template() == default_template()
    assert unplaced(build(budget_input()), default_template()) == []


def test_the_office_may_word_headings_anew_and_leave_parts_out() -> None:
    def change(document: docx.document.Document) -> None:
        for paragraph in document.paragraphs:
            if paragraph.text == "E. Penerima Manfaat":
                paragraph.runs[0].text = "E. Penerima Layanan {{ dinas }}"
            if paragraph.text == "{{ isi.risiko }}":
                paragraph._p.getparent().remove(paragraph._p)

    template = edited(change)
    headings = [each.text for each in written(template).paragraphs if each.style.name == "Heading 2"]
    assert "E. Penerima Layanan DINAS KOMUNIKASI DAN INFORMATIKA" in headings
    assert [part.key for part in unplaced(build(budget_input()), template)] == ["risiko"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ nama_walikota }}", "use only these fields: pemerintah"),
        ("{{ isi.lain }}", "use only these fields"),
        ("Lihat {{ isi.risiko }} di sini", "a paragraph of its own"),
        ("{{ ''.__class__.__mro__ }}", "use only these fields"),
        ("{% for %}", "use only these fields"),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused_in_words(text: str, told: str) -> None:
    with pytest.raises(InvalidValue, match=re.escape(told)):
        written(edited(lambda document: document.add_paragraph(text)))


def test_what_is_no_docx_is_refused() -> None:
    with pytest.raises(InvalidValue, match="give a DOCX file"):
        written(b"PK no")


def test_names_with_markup_stay_text() -> None:
    given = budget_input()
    office = replace(given.office, name="Dinas <K> & 'I' {{ kode }} #[x] $y$ *z* _u_")
    odd = replace(given, office=office)
    paper = build(odd)
    document = docx.Document(
        io.BytesIO(write_docx(paper, odd, default_template(), dict.fromkeys((c.key for c in paper.charts()), PICTURE)))
    )
    assert any("DINAS <K> & 'I' {{ KODE }}" in each.text for each in document.paragraphs)
    bare = replace(
        odd, links=tuple(replace(link, outlook=None, days=(), load=(), heat=()) for link in odd.links), opds=()
    )
    assert write_pdf(build(bare), bare, default_look(), {}).startswith(b"%PDF")
    assert escaped("#a_b") == "\\#a\\_b"


def test_a_look_that_is_no_typst_is_refused() -> None:
    given = budget_input()
    with pytest.raises(InvalidValue, match=r"kak\.typ shows one that works"):
        render(given, Templates(default_template(), "#let kertas("))


def test_fields_of_templates_are_those_documented() -> None:
    text = "\n".join(each.text for each in docx.Document(io.BytesIO(default_template())).paragraphs)
    used = set(re.findall(r"{{ (\w+) }}", text))
    assert used <= set(fields(build(budget_input()))) | {"daftar_isi"}
    assert qn("w:p")
    assert rupiah(1)
