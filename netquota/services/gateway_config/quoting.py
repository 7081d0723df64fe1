"""How a value is written in each gateway's own language, so that no name or secret can break out of its place.

Pure. A value that a language cannot hold raises `InvalidValue`, which never shows the value: it may be a secret.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from netquota.errors import InvalidValue

_ROUTEROS_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "$": "\\$", "?": "\\?", "\r": "\\r", "\t": "\\t"}
_NEXT_LINE: Final = "\\n\\\n    "
_WORD: Final = re.compile(r"[^\s#\"'\\]+")


class Raw(str):
    """Text that is written as it stands: it was quoted already, or is part of the language."""

    __slots__ = ()


class Language(StrEnum):
    """In what a file is written."""

    ROUTEROS = "routeros"
    SHELL = "shell"
    WORDS = "words"
    LINES = "lines"
    TOML = "toml"
    TEXT = "text"


def routeros(text: str) -> str:
    """A RouterOS string in double quotes; of several lines as `export` writes it, each on a line of its own.

    What is not printable ASCII goes as octets in hexadecimal, since its console knows no encoding.
    """
    head, *rest = ("".join(_routeros_character(character) for character in one) for one in text.split("\n"))
    return '"' + head + "".join(_NEXT_LINE + one for one in rest) + '"'


def _routeros_character(character: str) -> str:
    known = _ROUTEROS_ESCAPES.get(character)
    if known is not None:
        return known
    if " " <= character <= "~":
        return character
    return "".join(f"\\{octet:02X}" for octet in character.encode())


def shell(text: str) -> str:
    """A word of a POSIX shell."""
    return shlex.quote(_one_line(text))


def word(text: str) -> str:
    """A word among blanks, in a file without quotes: no blanks, quotes, backslashes or #."""
    if not _WORD.fullmatch(text):
        raise InvalidValue("text", "(not shown)", "this gateway's files cannot hold blanks, quotes, \\ or # there")
    return text


def line(text: str) -> str:
    """The rest of a line."""
    found = _one_line(text)
    if found != found.strip():
        raise InvalidValue("text", "(not shown)", "this gateway's files cannot hold blanks at the beginning or end")
    return found


def toml(text: str) -> str:
    """A basic string of TOML."""
    return json.dumps(_one_line(text), ensure_ascii=False)


def remark(text: str) -> Raw:
    """A text within a comment: what could end it, or go on past it, is left out."""
    return Raw("".join(character for character in text if character.isprintable() and character != "\\"))


def ascii_remark(text: str) -> Raw:
    """The same where the gateway's console knows ASCII alone."""
    return Raw(remark(text).encode("ascii", "replace").decode("ascii"))


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise InvalidValue("text", "(not shown)", "this gateway's files cannot hold control characters")
    return text


QUOTES: Final[dict[Language, Callable[[str], str]]] = {
    Language.ROUTEROS: routeros,
    Language.SHELL: shell,
    Language.WORDS: word,
    Language.LINES: line,
    Language.TOML: toml,
    Language.TEXT: remark,
}


def written(value: object, language: Language) -> str:
    """A value as a template's place holder becomes it: numbers plain, flags yes or no, text quoted.

    Raises `InvalidValue` for what the language cannot hold, `TypeError` for a value that is no value.
    """
    match value:
        case Raw():
            return value
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value)
        case str():
            return QUOTES[language](value)
        case _:
            raise TypeError(f"{type(value).__name__} cannot be written into a configuration")
