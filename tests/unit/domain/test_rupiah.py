"""Money in figures and words, and PPN: the known answers of planning.md part 6."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netquota.domain.ppn import PPN_RULES, ppn_rule
from netquota.domain.rupiah import MOST_RP, bare, difference, in_words, rupiah, terbilang
from netquota.errors import InvalidValue

WORDS = {
    0: "nol",
    1: "satu",
    11: "sebelas",
    12: "dua belas",
    19: "sembilan belas",
    20: "dua puluh",
    21: "dua puluh satu",
    100: "seratus",
    101: "seratus satu",
    111: "seratus sebelas",
    999: "sembilan ratus sembilan puluh sembilan",
    1_000: "seribu",
    1_001: "seribu satu",
    1_100: "seribu seratus",
    2_000: "dua ribu",
    11_000: "sebelas ribu",
    101_000: "seratus satu ribu",
    1_000_000: "satu juta",
    1_001_000: "satu juta seribu",
    1_011_011: "satu juta sebelas ribu sebelas",
    21_100_000: "dua puluh satu juta seratus ribu",
    299_700_000: "dua ratus sembilan puluh sembilan juta tujuh ratus ribu",
    1_000_000_000: "satu miliar",
    2_345_678_901: "dua miliar tiga ratus empat puluh lima juta enam ratus tujuh puluh delapan ribu "
    "sembilan ratus satu",
    1_000_000_000_000: "satu triliun",
    -1_500: "minus seribu lima ratus",
}


@pytest.mark.parametrize(("amount", "words"), WORDS.items())
def test_amounts_in_words(amount: int, words: str) -> None:
    assert in_words(amount) == words
    assert terbilang(amount) == words + " rupiah"
    assert terbilang(amount, starts_line=True) == (words[0].upper() + words[1:]) + " rupiah"


def test_words_end_at_999_triliun() -> None:
    assert in_words(MOST_RP).startswith("sembilan ratus sembilan puluh sembilan triliun")
    for amount in (MOST_RP + 1, -MOST_RP - 1):
        with pytest.raises(InvalidValue, match="999 triliun"):
            in_words(amount)


ONES = {word: at for at, word in enumerate("nol satu dua tiga empat lima enam tujuh delapan sembilan".split())}


def read_back(words: str) -> int:
    """The number of Indonesian number words, by another way than writing them."""
    total = group = last = 0
    for word in words.split():
        match word:
            case "sebelas":
                group += 11
            case "sepuluh":
                group += 10
            case "seratus":
                group += 100
            case "seribu":
                total += 1000
            case "belas":
                group, last = group + last + 10, 0
            case "puluh":
                group, last = group + 10 * last, 0
            case "ratus":
                group, last = group + 100 * last, 0
            case "ribu" | "juta" | "miliar" | "triliun":
                size = {"ribu": 10**3, "juta": 10**6, "miliar": 10**9, "triliun": 10**12}[word]
                total, group, last = total + (group + last) * size, 0, 0
            case _:
                last = ONES[word]
    return total + group + last


@given(st.integers(0, MOST_RP))
def test_words_read_back_give_the_amount(amount: int) -> None:
    assert read_back(in_words(amount)) == amount


@pytest.mark.parametrize(
    ("amount", "table", "short", "column"),
    [
        (1_250_000, "Rp1.250.000,00", "Rp1.250.000", "1.250.000,00"),
        (-1_250_000, "-Rp1.250.000,00", "-Rp1.250.000", "(1.250.000,00)"),
        (0, "Rp0,00", "Rp0", "0,00"),
        (999, "Rp999,00", "Rp999", "999,00"),
    ],
)
def test_amounts_in_figures(amount: int, table: str, short: str, column: str) -> None:
    assert (rupiah(amount), rupiah(amount, decimals=False), difference(amount)) == (table, short, column)
    assert bare(-5) == "-5,00"


@pytest.mark.parametrize(
    ("mbps", "price", "months", "before", "ppn", "total"),
    [
        (500, 45_000, 12, "Rp270.000.000,00", "Rp29.700.000,00", "Rp299.700.000,00"),
        (7, 33_333, 1, "Rp233.331,00", "Rp25.666,00", "Rp258.997,00"),
        (200, 62_500, 5, "Rp62.500.000,00", "Rp6.875.000,00", "Rp69.375.000,00"),
        (1, 50, 1, "Rp50,00", "Rp6,00", "Rp56,00"),
        (1, 5, 1, "Rp5,00", "Rp1,00", "Rp6,00"),
    ],
)
def test_ppn_is_12_percent_of_eleven_twelfths_half_up(
    mbps: int, price: int, months: int, before: str, ppn: str, total: str
) -> None:
    rule, amount = ppn_rule(date(2027, 1, 1)), mbps * price * months
    tax = rule.tax_rp(amount)
    assert (rupiah(amount), rupiah(tax), rupiah(amount + tax)) == (before, ppn, total)


def test_the_rule_follows_the_date_and_shows_its_base() -> None:
    assert ppn_rule(date(2024, 12, 31)).rate_permille == 110
    rule = ppn_rule(date(2025, 1, 1))
    assert (rule.rate_permille, rule.source, rule.base_rp(270_000_000)) == (120, "PMK 131/2024", 247_500_000)
    assert ppn_rule(date(2024, 6, 1)).tax_rp(1_000) == 110
    with pytest.raises(InvalidValue, match="no PPN rule"):
        ppn_rule(date(2020, 1, 1), PPN_RULES)
