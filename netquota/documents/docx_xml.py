"""Pieces of WordprocessingML that python-docx has no words for."""

from __future__ import annotations

from typing import Any, cast

from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement  # pyright: ignore[reportUnknownVariableType]


def element(tag: str, text: str | None = None, **attributes: str) -> Any:
    """An element such as `w:shd`; attributes are of its namespace."""
    made = cast("Any", OxmlElement(tag))
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    if text is not None:
        made.set(qn("xml:space"), "preserve")
        made.text = text
    return made


def add_field(line: Any, instruction: str, size: Any, shown: str = "1") -> None:
    """A field that the word processor computes, such as PAGE, in a size, with what it shows until then."""
    for piece in (
        element("w:fldChar", fldCharType="begin"),
        element("w:instrText", instruction),
        element("w:fldChar", fldCharType="separate"),
        element("w:t", shown),
        element("w:fldChar", fldCharType="end"),
    ):
        run = line.add_run()
        run.font.size = size
        run._r.append(piece)


def field_over(lines: list[Any], instruction: str) -> None:
    """Make lines the shown text of one field, to be computed anew when the document is opened."""
    first = lines[0]._p
    at = 1 if first.pPr is not None else 0
    opening = (
        element("w:fldChar", fldCharType="begin", dirty="true"),
        element("w:instrText", instruction),
        element("w:fldChar", fldCharType="separate"),
    )
    for offset, piece in enumerate(opening):
        first.insert(at + offset, _run_of(piece))
    lines[-1]._p.append(_run_of(element("w:fldChar", fldCharType="end")))


def _run_of(piece: Any) -> Any:
    run = element("w:r")
    run.append(piece)
    return run
