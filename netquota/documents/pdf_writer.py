"""The document as PDF by Typst (extra `planning`): the look is `config/templates/kak.typ`, the content is written here.

Only Typst's own fonts are used, so that every machine makes the same file. The PDF is tagged: charts carry what they
show in words.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time

from netquota.documents.inputs import BudgetInput
from netquota.documents.paper import (
    Block,
    Cell,
    Chart,
    Items,
    Kind,
    Paper,
    Paragraph,
    Part,
    Run,
    Signatures,
    Table,
)
from netquota.documents.structure import NEW_PAGE
from netquota.errors import ConfigurationError, InvalidValue
from netquota.resources import data_file

LOOK = "config/templates/kak.typ"
_MOST_TOGETHER = 20
_SPECIAL = re.compile(r"([\\#$*_`<>@\[\]~=\-+/'\"])")


def write_pdf(paper: Paper, given: BudgetInput, look: str, drawings: Mapping[str, bytes]) -> bytes:
    """The document as PDF; `drawings` are the charts as SVG by key, `look` a Typst text with the functions of kak.typ.

    Raises `ConfigurationError` without the extra, `InvalidValue` where the look is no Typst.
    """
    if importlib.util.find_spec("typst") is None:
        raise ConfigurationError("PDF needs the extra planning; install it: pip install 'netquota[planning]'")
    import typst  # noqa: PLC0415 - an extra

    source = typst_source(paper, given, look, drawings)
    moment = int(datetime.combine(given.dated, time(0), UTC).timestamp())
    try:
        return typst.compile(source.encode(), ignore_system_fonts=True, timestamp=moment)
    except typst.TypstError as problem:
        raise InvalidValue(
            "look", problem.message, f"correct the Typst template; {LOOK} shows one that works"
        ) from None


def default_look() -> str:
    """The look that comes with netquota."""
    return data_file(LOOK).read_text(encoding="utf-8")


def typst_source(paper: Paper, given: BudgetInput, look: str, drawings: Mapping[str, bytes]) -> str:
    """The whole document as Typst text."""
    day = given.dated
    cover = (
        paper.government, paper.office, paper.address, paper.title, paper.subtitle, paper.budget_line,
        paper.number_line, paper.version_line, paper.place_and_date,
    )  # fmt: skip
    meta = {
        "judul": quoted(f"{paper.title}: {paper.subtitle}"),
        "kode": quoted(paper.code),
        "nomor": quoted(paper.number_line),
        "pembuat": quoted(given.office.name),
        "tanggal": f"datetime(year: {day.year}, month: {day.month}, day: {day.day})",
    }
    lines = [
        look,
        f"#show: kertas.with({', '.join(f'{name}: {value}' for name, value in meta.items())})",
        f"#sampul({', '.join(quoted(text) for text in cover)})",
        "#isi-dokumen()",
        *(_part(part, drawings) for part in paper.parts),
    ]
    return "\n\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A Typst string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def escaped(text: str) -> str:
    """Text as Typst markup that means just itself."""
    return _SPECIAL.sub(r"\\\1", text)


def _part(part: Part, drawings: Mapping[str, bytes]) -> str:
    blocks = [_block(block, drawings) for block in part.blocks]
    text = "\n\n".join([f"{'=' * part.level} {escaped(part.heading)}", *blocks])
    if part.is_wide:
        return f"#melintang[\n{text}\n]"
    return f"#pagebreak(weak: true)\n{text}" if part.key in NEW_PAGE else text


def _block(block: Block, drawings: Mapping[str, bytes]) -> str:
    match block:
        case Paragraph():
            return _runs(block.runs)
        case Items():
            sign = "+" if block.numbered else "-"
            return "\n".join(f"{sign} {_runs(each.runs)}" for each in block.paragraphs)
        case Table():
            return _table(block)
        case Chart():
            drawing = drawings[block.key].decode()
            return f"#gambar({_content(block.title)}, {quoted(block.alt)}, {quoted(drawing)})"
        case Signatures():
            texts = (
                block.place_and_date, block.position, block.name, block.rank, block.nip, block.planner_name,
                block.planner_nip,
            )  # fmt: skip
            return f"#pengesahan({', '.join(_content(text) for text in texts)})"


def _runs(runs: Sequence[Run]) -> str:
    return "".join(_run(run) for run in runs)


def _run(run: Run) -> str:
    if run.mark:
        return f"#tanda({quoted(run.text)})"
    text = escaped(run.text)
    if run.bold:
        text = f"#strong[{text}]"
    return f"#emph[{text}]" if run.italic else text


def _content(text: str) -> str:
    return f"[{escaped(text)}]"


def _table(block: Table) -> str:
    widths = ", ".join(f"{column.width}fr" for column in block.columns)
    sides = ", ".join("left" if column.kind is Kind.TEXT else "right" for column in block.columns)
    size = "7.5pt" if len(block.columns) > 7 else "9pt"
    heads = ", ".join(_content(column.title) for column in block.columns)
    cells = [_cell(cell, row.is_total) for row in block.rows for cell in row.cells]
    note = _content(block.note) if block.note else '""'
    whole = "true" if len(block.rows) <= _MOST_TOGETHER else "false"
    look = f"{_content(block.title)}, ({widths}), ({sides}), {size}, ({heads},), {note}, {whole}"
    return f"#tabel({look}, {', '.join(cells)})"


def _cell(cell: Cell, is_total: bool) -> str:
    mark = f"#tanda({quoted(f'[{cell.mark}]')})" if cell.mark else ""
    content = f"[{escaped(cell.text)}{mark}]"
    return f"jumlah({content})" if is_total else content
