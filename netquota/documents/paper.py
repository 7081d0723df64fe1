"""The document as one structure that all writers print: parts, paragraphs, tables with typed cells, charts, traces.

A cell keeps its value and prints itself, so that totals can be summed from what is printed and a spreadsheet gets
numbers. Texts may carry `**bold**`, `*italic*` and the mark of a figure's trace, `[D3]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from netquota.documents.chart_specs import ChartSpec
from netquota.documents.inputs import Trace
from netquota.domain.indonesian import decimal, percent
from netquota.domain.rupiah import bare, difference, grouped

UNKNOWN = "–"
_INLINE = re.compile(r"\*\*(.+?)\*\*|\*(.+?)\*|\[(D[0-9]+)\]")


class Kind(StrEnum):
    """What a cell's value is and how it is printed."""

    TEXT = "text"
    COUNT = "count"
    MBPS = "Mbps"
    EXACT_MBPS = "exact Mbps"
    RUPIAH = "rupiah"
    DIFFERENCE = "difference"
    PERCENT = "percent"


_PRINTED: dict[Kind, Callable[[Fraction], str]] = {
    Kind.COUNT: lambda value: grouped(int(value)),
    Kind.MBPS: lambda value: decimal(value / 10**6, 1),
    Kind.EXACT_MBPS: lambda value: decimal(value / 10**6, 6),
    Kind.RUPIAH: lambda value: bare(int(value)),
    Kind.DIFFERENCE: lambda value: difference(int(value)),
    Kind.PERCENT: lambda value: percent(value, 1),
}
_PLACES = {Kind.MBPS: 1, Kind.EXACT_MBPS: 6}


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, or a number (bit/s, rupiah, a share from 0 to 1); None is unknown. `mark` is the figure's trace."""

    value: int | Fraction | str | None
    kind: Kind = Kind.TEXT
    mark: str = ""

    @property
    def text(self) -> str:
        """As it is printed, without the mark."""
        if self.value is None:
            return UNKNOWN
        return self.value if isinstance(self.value, str) else _PRINTED[self.kind](Fraction(self.value))

    @property
    def printed(self) -> Fraction:
        """The number that a reader sees, in the value's unit: what totals are made of; unknown counts nothing."""
        if self.value is None or isinstance(self.value, str):
            return Fraction(0)
        unit = Fraction(10**6, 10 ** _PLACES[self.kind]) if self.kind in _PLACES else Fraction(1)
        return Fraction((2 * Fraction(self.value) / unit + 1) // 2) * unit


@dataclass(frozen=True, slots=True)
class Column:
    """A column's title, kind, and width relative to the others."""

    title: str
    kind: Kind = Kind.TEXT
    width: int = 10


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of a table's row; a total stands out."""

    cells: tuple[Cell, ...]
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A numbered table; `note` stands below it. The part of a `wide` one lies across the page."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    wide: bool = False

    def total_of(self, column: int) -> Fraction:
        """Sum of a column's printed numbers over its rows that are no totals."""
        return sum((row.cells[column].printed for row in self.rows if not row.is_total), Fraction(0))


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text in one style; `mark` runs are traces, printed small and raised."""

    text: str
    bold: bool = False
    italic: bool = False
    mark: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list, numbered or with bullets."""

    paragraphs: tuple[Paragraph, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A numbered figure: its title, what it shows in words for those who cannot see it, and what to draw."""

    key: str
    title: str
    alt: str
    spec: ChartSpec


@dataclass(frozen=True, slots=True)
class Signatures:
    """Signature block: who planned on the left, the head of the office on the right."""

    place_and_date: str
    position: str
    name: str
    rank: str
    nip: str
    planner_name: str
    planner_nip: str


Block = Paragraph | Items | Table | Chart | Signatures


@dataclass(frozen=True, slots=True)
class Part:
    """A headed part; level 1 is a chapter (or annex), level 2 a section of it."""

    key: str
    level: int
    heading: str
    blocks: tuple[Block, ...] = ()

    @property
    def is_wide(self) -> bool:
        """Whether a table of it needs the page across."""
        return any(isinstance(block, Table) and block.wide for block in self.blocks)


@dataclass(frozen=True, slots=True)
class TracedFigure:
    """A line of the annex of traces: mark, what, printed value, query, short link, and the page that shows it."""

    mark: str
    what: str
    value: str
    query: str
    link: str
    page: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """The whole document. `number_line` is its number or that it is a draft; `warnings` are for the planner's eyes."""

    government: str
    office: str
    address: str
    title: str
    subtitle: str
    budget_line: str
    number_line: str
    version_line: str
    code: str
    place_and_date: str
    parts: tuple[Part, ...]
    traces: tuple[TracedFigure, ...]
    digest: str
    warnings: tuple[str, ...]

    def tables(self) -> list[Table]:
        """All tables in order."""
        return [block for part in self.parts for block in part.blocks if isinstance(block, Table)]

    def charts(self) -> list[Chart]:
        """All charts in order."""
        return [block for part in self.parts for block in part.blocks if isinstance(block, Chart)]


def prose(text: str) -> Paragraph:
    """A paragraph of a text with `**bold**`, `*italic*` and marks."""
    runs: list[Run] = []
    at = 0
    for found in _INLINE.finditer(text):
        if found.start() > at:
            runs.append(Run(text[at : found.start()]))
        bold, italic, mark = found.groups()
        runs.append(Run(bold or italic or f"[{mark}]", bold is not None, italic is not None, mark is not None))
        at = found.end()
    if at < len(text):
        runs.append(Run(text[at:]))
    return Paragraph(tuple(runs))


def items(texts: Sequence[str], numbered: bool = False) -> Items:
    """A list of texts as for `prose`."""
    return Items(tuple(prose(text) for text in texts), numbered)


class TraceBook:
    """Gives each figure its mark while the document is written, in order, and keeps what the annex prints."""

    def __init__(self, link_base: str) -> None:
        self._link_base = link_base
        self._figures: list[TracedFigure] = []

    def mark(self, what: str, value: str, trace: Trace) -> str:
        """The mark of a figure: one line of the annex."""
        number = f"D{len(self._figures) + 1}"
        self._figures.append(TracedFigure(number, what, value, trace.query, f"{self._link_base}/{number}", trace.page))
        return number

    @property
    def figures(self) -> tuple[TracedFigure, ...]:
        """All marked so far."""
        return tuple(self._figures)
