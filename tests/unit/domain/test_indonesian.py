"""Dates, times, decimals and document numbers as the office writes them (planning.md part 6)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from netquota.domain.indonesian import (
    MONTHS,
    WEEKDAYS,
    clock,
    decimal,
    full_date,
    long_date,
    mbps,
    month_of,
    percent,
    short_month,
    with_unit,
)
from netquota.domain.numbering import DEFAULT_PATTERN, document_number, draft_mark, next_number
from netquota.errors import InvalidValue


def test_dates_have_no_leading_zero_and_indonesian_names() -> None:
    assert long_date(date(2026, 11, 23)) == "23 November 2026"
    assert full_date(date(2026, 5, 3)) == "Minggu, 3 Mei 2026"
    assert (month_of(date(2026, 8, 1)), short_month(date(2026, 8, 1))) == ("Agustus 2026", "Agu 2026")
    assert " ".join(MONTHS) == (
        "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
    )
    assert " ".join(WEEKDAYS) == "Senin Selasa Rabu Kamis Jumat Sabtu Minggu"


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Jakarta", "07.30 WIB"),
        ("Asia/Makassar", "08.30 WITA"),
        ("Asia/Jayapura", "09.30 WIT"),
        ("UTC", "00.30 UTC"),
    ],
)
def test_times_carry_their_zone(zone: str, shown: str) -> None:
    assert clock(datetime(2026, 11, 23, 0, 30, tzinfo=UTC), ZoneInfo(zone)) == shown


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        (Fraction(25, 2), 1, "12,5"),
        (12, 1, "12"),
        (1284, 0, "1.284"),
        (Fraction(-1, 3), 2, "-0,33"),
        (Fraction(1, 20), 1, "0,1"),
        (Fraction(-1, 200), 1, "0"),
        (Fraction(12_345_678, 10), 1, "1.234.567,8"),
    ],
)
def test_decimals_have_a_comma(value: Fraction | int, places: int, shown: str) -> None:
    assert decimal(value, places) == shown


def test_units_follow_a_space_that_never_breaks() -> None:
    assert with_unit(mbps(12_500_000), "Mbps") == "12,5\u00a0Mbps"
    assert percent(Fraction(952, 1000)) == "95,2\u00a0%"
    assert percent(Fraction(99_999, 100_000)) == "99,9\u00a0%"
    assert percent(Fraction(1)) == "100\u00a0%"


def test_document_numbers_follow_the_offices_pattern() -> None:
    assert document_number(7, 2027) == "000.5/KAK-007/KOMINFO/2027"
    assert document_number(1234, 2027) == "000.5/KAK-1234/KOMINFO/2027"
    assert document_number(1, 2026, "NNNN/TIK/YYYY") == "0001/TIK/2026"
    assert draft_mark(3) == "KONSEP versi 3"
    assert DEFAULT_PATTERN == "000.5/KAK-NNN/KOMINFO/YYYY"


@pytest.mark.parametrize("pattern", ["KAK/YYYY", "NNN/KOMINFO", "NNN/NNN/YYYY"])
def test_a_pattern_that_would_repeat_itself_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidValue, match="NNN once"):
        document_number(1, 2027, pattern)


def test_numbers_are_never_used_twice() -> None:
    assert (next_number([]), next_number([1, 2, 7])) == (1, 8)
    with pytest.raises(InvalidValue, match="begin with 1"):
        document_number(0, 2027)
