"""Numbers of documents by a pattern of the office: `000.5/KAK-NNN/KOMINFO/YYYY`, counted by year, never used twice."""

from __future__ import annotations

import re
from collections.abc import Iterable

from netquota.errors import InvalidValue

DEFAULT_PATTERN = "000.5/KAK-NNN/KOMINFO/YYYY"
_COUNTER = re.compile(r"N{2,}")
_REMEDY = "write NNN once for the running number and YYYY for the year, such as 000.5/KAK-NNN/KOMINFO/YYYY"


def document_number(number: int, year: int, pattern: str = DEFAULT_PATTERN, field: str = "pattern") -> str:
    """`000.5/KAK-007/KOMINFO/2027`; more digits than N's are written in full. Raises `InvalidValue`."""
    counters = _COUNTER.findall(pattern)
    if len(counters) != 1 or "YYYY" not in pattern:
        raise InvalidValue(field, pattern, _REMEDY)
    if number < 1:
        raise InvalidValue("number", number, "numbers begin with 1")
    return _COUNTER.sub(f"{number:0{len(counters[0])}}", pattern).replace("YYYY", f"{year:04}")


def next_number(used: Iterable[int]) -> int:
    """The next running number of a year, given at approval; `used` holds all ever given, withdrawn ones too."""
    return max(used, default=0) + 1


def draft_mark(version: int) -> str:
    """What stands in place of a number until approval: `KONSEP versi 3`."""
    return f"KONSEP versi {version}"
