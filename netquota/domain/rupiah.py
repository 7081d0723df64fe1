"""Rupiah as an Indonesian office writes them: in figures, in the difference column of a revision, and in words.

Amounts are whole rupiah. Web pages have their own short form (web/formatting.py).
"""

from __future__ import annotations

from netquota.errors import InvalidValue

MOST_RP = 999_999_999_999_999
"""999 triliun and what follows: words go no further."""

_ONES = "nol satu dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas".split()
_GROUPS = ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"), (10**3, "ribu"))


def grouped(amount: int) -> str:
    """`1.250.000`: a dot for thousands."""
    return f"{amount:,}".replace(",", ".")


def rupiah(amount: int, decimals: bool = True) -> str:
    """`Rp1.250.000,00`: no space; two decimals as tables have them, or none; negative `-Rp…`."""
    return f"{'-' if amount < 0 else ''}Rp{grouped(abs(amount))}{',00' if decimals else ''}"


def bare(amount: int) -> str:
    """`1.250.000,00`, for columns whose heading says rupiah."""
    return f"{'-' if amount < 0 else ''}{grouped(abs(amount))},00"


def difference(amount: int) -> str:
    """The column *bertambah/(berkurang)*: `1.250.000,00`, less in brackets: `(1.250.000,00)`."""
    return f"({bare(-amount)})" if amount < 0 else bare(amount)


def in_words(amount: int) -> str:
    """*Terbilang* without the currency: `satu juta seribu`. Raises `InvalidValue` beyond 999 triliun."""
    if abs(amount) > MOST_RP:
        raise InvalidValue("amount", amount, "amounts in words go up to 999 triliun")
    return "minus " + _words(-amount) if amount < 0 else _words(amount)


def terbilang(amount: int, starts_line: bool = False) -> str:
    """`dua ratus juta rupiah`; the first letter is upper-case only where it starts a line. Raises `InvalidValue`."""
    text = in_words(amount) + " rupiah"
    return text[0].upper() + text[1:] if starts_line else text


def _words(amount: int) -> str:
    for size, name in _GROUPS:
        if amount >= size:
            number, rest = divmod(amount, size)
            # One thousand is "seribu"; one million and more are counted.
            head = "seribu" if size == 1000 and number == 1 else f"{_under_thousand(number)} {name}"
            return f"{head} {_words(rest)}" if rest else head
    return _under_thousand(amount)


def _under_thousand(amount: int) -> str:
    if amount < 12:
        return _ONES[amount]
    if amount < 20:
        return f"{_ONES[amount - 10]} belas"
    size, name, one = (10, "puluh", "") if amount < 100 else (100, "ratus", "seratus")
    number, rest = divmod(amount, size)
    head = one if one and number == 1 else f"{_ONES[number]} {name}"
    return f"{head} {_under_thousand(rest)}" if rest else head
