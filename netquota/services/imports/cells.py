"""From what stands in a cell to the text that a field reads: dates, rounded numbers, words of the office."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from netquota.errors import InvalidValue
from netquota.services.imports.headings import CHOICES, CONTRACT, MOVES_ON

EMPTIES: Final = "-"
"""A cell that empties a field; an empty one leaves it as it is."""
_DATES: Final = frozenset(
    {"valid_from", "valid_until", "override_until", "starts_on", "ends_on", CONTRACT, MOVES_ON, "boost_until"}
)
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:\s+(\d{1,2}[:.]\d{2}))?")
_IN_WORDS: Final = re.compile(r"(\d{1,2})\s+([A-Za-z]+)\s+(\d{4})")
_ROUNDED: Final = re.compile(r"\d[.,]?\d*E\+\d+", re.IGNORECASE)
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        ("jan januari january", "feb februari february", "mar maret march", "apr april", "mei may", "jun juni june",
         "jul juli july", "agu agt ags agustus aug august", "sep september", "okt oct oktober october",
         "nov november", "des dec desember december"), start=1,
    )
    for name in names.split()
}  # fmt: skip


def cleaned(cell: str) -> str:
    """The cell without what spreadsheets add: spaces, and the sign that keeps a text from being a formula."""
    text = cell.strip()
    if text[:1] in {"'", "`", "’"} and len(text) > 1:
        text = text[1:].strip()
    return text


def text_of(name: str, cell: str, heading: str) -> str:
    """What the field reads. Raises `InvalidValue` with the heading as field."""
    text = cleaned(cell)
    if text == EMPTIES:
        return ""
    if name in {"nip", "phone"} and _ROUNDED.fullmatch(text):
        remedy = "the spreadsheet rounded this number; format the column as text and enter it anew"
        raise InvalidValue(heading, cell, remedy)
    if name in _DATES:
        return _date_text(text, heading)
    return CHOICES.get(name, {}).get(text.casefold(), text)


def day_of(text: str, heading: str) -> date:
    """A date of `text_of`. Raises `InvalidValue`."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise InvalidValue(heading, text, "give a date such as 31/12/2026 or 2026-12-31") from None


def last_day(contract_ends: date, grace_days: int) -> date:
    """The last day of an account whose contract ends then: contracts that end with the year are renewed weeks later."""
    ends_with_year = (contract_ends.month, contract_ends.day) == (12, 31)
    return contract_ends + timedelta(days=grace_days) if ends_with_year else contract_ends


def _date_text(text: str, heading: str) -> str:
    """Dates as they are written here (day first), in ISO."""
    found = _DAY_FIRST.fullmatch(text)
    if found is not None:
        moment = f" {found[4].replace('.', ':').zfill(5)}" if found[4] else ""
        return _iso(int(found[3]), int(found[2]), int(found[1]), text, heading) + moment
    found = _IN_WORDS.fullmatch(text)
    if found is not None and found[2].casefold() in _MONTHS:
        return _iso(int(found[3]), _MONTHS[found[2].casefold()], int(found[1]), text, heading)
    return text


def _iso(year: int, month: int, day: int, text: str, heading: str) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise InvalidValue(heading, text, "there is no such day; give day/month/year") from None
