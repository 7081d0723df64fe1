"""Which column of a sheet is which field: by its heading, or as a person says; what nobody knows is named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from netquota.errors import InvalidValue, NotFound
from netquota.services.catalogue import KINDS, Kind
from netquota.services.imports.headings import CONTRACT, HEADINGS, MOVES_ON
from netquota.sheets import Cells, Sheet

LOOKED_FOR_HEADINGS: Final = 20
"""Rows in which the headings are looked for: lists begin with titles and the name of the office."""
IGNORED: Final = ""
_TWO_IN_ONE: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Matched:
    """A sheet whose columns are known. `fields`: column (from 0) -> field; `headings` as they stand in the file."""

    kind: Kind
    sheet: Sheet
    header: int
    headings: tuple[str, ...]
    fields: Mapping[int, str]
    unknown: tuple[int, ...]
    rows: tuple[Cells, ...] = field(repr=False)

    def heading_of(self, name: str) -> str:
        """How the file heads the column of a field; the field's own name where it has none."""
        found = next((column for column, each in self.fields.items() if each == name), None)
        return name if found is None else self.headings[found]

    @property
    def names(self) -> frozenset[str]:
        """The fields that the sheet gives."""
        return frozenset(self.fields.values())


def importable_kinds() -> tuple[str, ...]:
    """The kinds that a list may hold."""
    return tuple(HEADINGS)


def importable_fields(kind: Kind, allowed: Collection[str] | None = None) -> tuple[str, ...]:
    """The fields that a column may be, in the kind's order; passwords are never imported.

    `allowed`: all that the person may set, None = everything.
    """
    if kind.name not in HEADINGS:
        raise NotFound("list", kind.name, f"lists may hold {', '.join(HEADINGS)}")
    own = [each.name for each in kind.fields if not each.format.is_secret or each.name == "secret"]
    further = [name for name in HEADINGS[kind.name] if name.startswith("_")]
    may = [*own, *further] if allowed is None else [name for name in own if name in allowed]
    if allowed is not None and "valid_until" in allowed:
        may += [name for name in further if name == CONTRACT]
    if allowed is not None and "opd" in allowed:
        may += [name for name in further if name == MOVES_ON]
    return tuple(may)


def match(
    sheets: Sequence[Sheet], kind_name: str, said: Mapping[int, str] | None = None,
    allowed: Collection[str] | None = None, sheet_name: str = "", *, strict: bool = True,
) -> Matched:  # fmt: skip
    """Match the columns of the sheet that fits best, or of the one that is named.

    `said`: what a person says of columns (from 0): a field, or nothing to leave it out; the others go by their
    headings. Raises `InvalidValue` where two columns are one field, or none is known (unless not `strict`: then what
    cannot be is left out); `NotFound` for a sheet.
    """
    kind = KINDS[kind_name]
    known = _known(kind, importable_fields(kind, allowed))
    sheet = _sheet(sheets, known, sheet_name)
    at = _header(sheet, known)
    header = sheet.rows[at]
    said = said or {}
    fields: dict[int, str] = {}
    for column, heading in enumerate(header.texts):
        name = said.get(column, known.get(plain(heading), IGNORED))
        if name == IGNORED:
            continue
        if name not in known.values():
            if not strict:
                continue
            raise InvalidValue(heading, name, f"choose one of {', '.join(dict.fromkeys(known.values()))}, or nothing")
        if name in fields.values():
            if not strict:
                continue
            twin = next(header.texts[other] for other, each in fields.items() if each == name)
            raise InvalidValue(heading, name, f"column {twin!r} is that already; leave one of them out")
        fields[column] = name
    if not fields and strict:
        told = ", ".join(header.texts[:12])
        raise InvalidValue("file", told, f"no heading is known; head the columns {_examples(kind)}")
    unknown = tuple(
        column for column, heading in enumerate(header.texts) if heading and column not in fields and column not in said
    )
    return Matched(kind, sheet, header.number, header.texts, fields, unknown, sheet.rows[at + 1 :])


def plain(heading: str) -> str:
    """A heading for comparison: letters and digits alone, without accents, in lower case."""
    letters = unicodedata.normalize("NFKD", heading.casefold())
    return _TWO_IN_ONE.sub(" ", letters.encode("ascii", "ignore").decode()).strip()


def _known(kind: Kind, fields: Sequence[str]) -> dict[str, str]:
    """Heading -> field; of two fields with one heading the first."""
    found: dict[str, str] = {}
    for name in fields:
        for heading in (name.replace("_", " "), *HEADINGS[kind.name].get(name, ())):
            found.setdefault(plain(heading), name)
    return found


def _sheet(sheets: Sequence[Sheet], known: Mapping[str, str], name: str) -> Sheet:
    if name:
        named = next((sheet for sheet in sheets if sheet.name.casefold() == name.casefold()), None)
        if named is None:
            raise NotFound("sheet", name, f"there are {', '.join(sheet.name for sheet in sheets)}")
        return named
    return max(sheets, key=lambda sheet: _fit(sheet.rows[_header(sheet, known)], known))


def _header(sheet: Sheet, known: Mapping[str, str]) -> int:
    """The row with the most known headings; the first where none is known."""
    rows = sheet.rows[:LOOKED_FOR_HEADINGS]
    return max(range(len(rows)), key=lambda at: (_fit(rows[at], known), -at))


def _fit(row: Cells, known: Mapping[str, str]) -> int:
    return len({known[plain(text)] for text in row.texts if plain(text) in known})


def _examples(kind: Kind) -> str:
    return ", ".join(headings[0] for headings in list(HEADINGS[kind.name].values())[:4])
