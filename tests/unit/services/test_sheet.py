"""What is exported opens as it was meant: numbers are numbers, no text becomes a formula, and it can be read back."""

from __future__ import annotations

import csv
import io

import pytest
from openpyxl import load_workbook

from netquota.services.sheet import csv_octets, xlsx_octets
from netquota.sheets import read
from netquota.sheets.formulas import Cell, neutral

EVIL = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("http://x")')
COLUMNS = ("Nama", "Kuota (GB)", "=1+1")
ROWS: list[tuple[Cell, ...]] = [
    *((name, 1.5, "2026-11-24") for name in EVIL), ("Budi", 10, None), (None, -3, None)
]  # fmt: skip
BOOK = xlsx_octets("Pegawai", ("Saringan: OPD = RSUD", "Zona: WIB"), COLUMNS, ROWS)


@pytest.mark.parametrize("text", EVIL)
def test_a_text_that_would_be_a_formula_is_none(text: str) -> None:
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Budi", "a=b", "-5", "+62811", "-3.5", ""])
def test_other_texts_and_numbers_stay(text: str) -> None:
    assert neutral(text) == text


def test_csv_is_what_excel_wants() -> None:
    content = csv_octets(COLUMNS, ROWS)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content[3:].decode(), newline=""), delimiter=";"))
    assert rows[0] == ["Nama", "Kuota (GB)", "'=1+1"]
    assert [row[0] for row in rows[1:8]] == [f"'{name}" for name in EVIL]
    assert rows[8:] == [["Budi", "10", ""], ["", "-3", ""]]


def test_xlsx_says_first_what_it_is_and_numbers_are_numbers() -> None:
    book = load_workbook(io.BytesIO(BOOK))
    assert book.sheetnames == ["Info", "Data"]
    assert [row[0].value for row in book["Info"].iter_rows()] == ["Pegawai", "Saringan: OPD = RSUD", "Zona: WIB"]
    data = book["Data"]
    assert [cell.data_type for cell in data[2]] == ["s", "n", "s"]
    assert data["B2"].value == 1.5
    assert all(cell.data_type != "f" for row in data.iter_rows() for cell in row)


def test_an_exported_table_reads_back() -> None:
    for content in (csv_octets(COLUMNS, ROWS), BOOK):
        sheet = read(content)[-1]
        assert sheet.rows[0].texts[:2] == ("Nama", "Kuota (GB)")
        assert sheet.rows[-2].texts[:2] == ("Budi", "10")
