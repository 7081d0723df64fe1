"""Templates of notices: plain text with `{fields}`, which the office may edit; errors tell the line. Pure.

The first line is `Subject: …` (or `Perihal: …`), the second is empty, the rest is the body. `{{` and `}}` stand for
braces. A line with a field that is empty is left out, so that "Hubungi {help}" vanishes where there is no such contact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from netquota.errors import InvalidValue

LONGEST_SUBJECT = 200
LARGEST_TEMPLATE = 20_000
_SUBJECTS = ("subject:", "perihal:", "subjek:")
_PARTS = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")
_BLANKS = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Text:
    """A notice as it is read."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Template:
    """A checked template: its lines as pieces, (True, field) or (False, text)."""

    subject: tuple[tuple[bool, str], ...]
    body: tuple[tuple[tuple[bool, str], ...], ...]

    def filled(self, values: Mapping[str, str]) -> Text:
        """The text with the values in place."""
        lines = [_filled(line, values) for line in self.body]
        body = _BLANKS.sub("\n\n", "\n".join(line for line in lines if line is not None)).strip()
        subject = " ".join("".join(_pieces_in(self.subject, values)).split())
        return Text(subject[:LONGEST_SUBJECT], body + "\n")


def template(text: str, fields: Mapping[str, str], name: str) -> Template:
    """Check a template. Raises `InvalidValue`: its field names file and line, its remedy what to write instead."""
    if len(text) > LARGEST_TEMPLATE:
        raise InvalidValue(name, f"{len(text)} characters", f"write at most {LARGEST_TEMPLATE}")
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").rstrip().split("\n")
    subject = _subject(lines[0], name)
    if len(lines) > 1 and lines[1].strip():
        raise InvalidValue(f"{name} line 2", lines[1], "leave this line empty: it parts the subject from the text")
    if not any(line.strip() for line in lines[2:]):
        raise InvalidValue(f"{name} line 3", "", "write the text from the third line on")
    pieces = [_pieces(subject, fields, f"{name} line 1")]
    pieces += [_pieces(line, fields, f"{name} line {number}") for number, line in enumerate(lines[2:], start=3)]
    return Template(pieces[0], tuple(pieces[1:]))


def _subject(line: str, name: str) -> str:
    for word in _SUBJECTS:
        if line.lower().startswith(word) and line[len(word) :].strip():
            return line[len(word) :].strip()
    raise InvalidValue(f"{name} line 1", line[:60], "begin with a line such as: Subject: what it is about")


def _pieces(line: str, fields: Mapping[str, str], where: str) -> tuple[tuple[bool, str], ...]:
    return tuple(_each_piece(line, fields, where))


def _each_piece(line: str, fields: Mapping[str, str], where: str) -> Iterator[tuple[bool, str]]:
    at = 0
    for found in _PARTS.finditer(line):
        if found.start() > at:
            yield False, line[at : found.start()]
        at = found.end()
        whole = found[0]
        if whole in {"{{", "}}"}:
            yield False, whole[0]
        elif found[1] is None:
            raise InvalidValue(where, whole, "close each { with a }; write {{ or }} for a brace itself")
        else:
            yield True, _known(found[1].strip(), fields, where)
    if at < len(line):
        yield False, line[at:]


def _known(field: str, fields: Mapping[str, str], where: str) -> str:
    if field in fields:
        return field
    close = get_close_matches(field, fields, n=1, cutoff=0.6)
    meant = f"did you mean {{{close[0]}}}?" if close else f"there are {', '.join(f'{{{name}}}' for name in fields)}"
    raise InvalidValue(where, f"{{{field}}}", f"there is no such field; {meant}")


def _filled(line: tuple[tuple[bool, str], ...], values: Mapping[str, str]) -> str | None:
    """The line as text; None where one of its fields is empty."""
    if not all(values.get(part) for is_field, part in line if is_field):
        return None
    return "".join(_pieces_in(line, values))


def _pieces_in(line: tuple[tuple[bool, str], ...], values: Mapping[str, str]) -> Iterator[str]:
    return (values.get(part, "") if is_field else part for is_field, part in line)
