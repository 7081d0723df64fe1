"""Sections of a DOCX: parts with wide tables lie across the page, from their heading to their end."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from docx.oxml.ns import qn

from netquota.documents.docx_xml import element


def lay_across(place: Any, body_section: Any) -> None:
    """Lay what stands from the heading before `place` (a paragraph's element) up to it across the page.

    `body_section` is the section of the whole document. A part across that follows another goes on with its section.
    """
    heading = _heading_before(place)
    before = heading.getprevious()
    if before is not None and _is_across(before):
        before.getparent().remove(before)
    else:
        heading.addprevious(_closing(body_section, across=False, is_first=not _has_section_before(heading)))
    place.addnext(_closing(body_section, across=True, is_first=False))


def finish(body: Any) -> None:
    """A document that ends across needs no empty upright page after it; only the first section has a cover."""
    last = body.sectPr
    before = last.getprevious()
    if before is not None and _is_across(before):
        before.getparent().remove(before)
        _turn(last)
    if _has_section_before(last):
        _without_cover(last)


def _heading_before(place: Any) -> Any:
    at = place
    while at is not None and not _style(at).startswith("Heading"):
        at = at.getprevious()
    return place if at is None else at


def _style(paragraph: Any) -> str:
    return str(paragraph.style or "") if paragraph.tag == qn("w:p") else ""


def _section_of(paragraph: Any) -> Any:
    return paragraph.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") if paragraph.tag == qn("w:p") else None


def _is_across(paragraph: Any) -> bool:
    section = _section_of(paragraph)
    return section is not None and section.find(qn("w:pgSz")).get(qn("w:orient")) == "landscape"


def _has_section_before(at: Any) -> bool:
    return any(_section_of(sibling) is not None for sibling in at.itersiblings(preceding=True))


def _closing(body_section: Any, across: bool, is_first: bool) -> Any:
    """A small paragraph that ends a section with the properties of the document's own."""
    section = deepcopy(body_section)
    if across:
        _turn(section)
    if not is_first:
        _without_cover(section)
    properties = element("w:pPr")
    properties.append(element("w:spacing", before="0", after="0", line="20", lineRule="exact"))
    properties.append(section)
    paragraph = element("w:p")
    paragraph.append(properties)
    return paragraph


def _turn(section: Any) -> None:
    size = section.find(qn("w:pgSz"))
    height, width = size.get(qn("w:h")), size.get(qn("w:w"))
    for name, value in (("w:w", height), ("w:h", width), ("w:orient", "landscape")):
        size.set(qn(name), value)


def _without_cover(section: Any) -> None:
    for first_page in section.findall(qn("w:titlePg")):
        section.remove(first_page)
