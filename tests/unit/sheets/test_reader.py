"""Files that others wrote: every CSV and XLSX that an office sends is read alike, and what is harmful costs little."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook

from netquota.sheets import Limits, Unreadable, read

ROWS = (("NIP", "Nama"), ("198609262015051001", "Melati, Kusuma"), ("198809262015051002", "Budi"))


def xlsx(*sheets: tuple[str, Sequence[Sequence[Any]]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def texts(content: bytes) -> list[tuple[int, tuple[str, ...]]]:
    (sheet,) = read(content)
    return [(row.number, row.texts) for row in sheet.rows]


def written(separator: str, end: str = "\r\n") -> str:
    return end.join(
        separator.join(f'"{cell}"' if separator in cell else cell for cell in row) for row in ROWS
    ) + end  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        written(",").encode(),
        written(";").encode(),
        written("\t").encode(),
        written(",", "\n").encode(),
        written(";", "\r").encode(),
        b"\xef\xbb\xbf" + written(";").encode(),
        ("\ufeff" + written("\t")).encode("utf-16-le"),
        xlsx(("Pegawai", ROWS)),
    ],
    ids=["comma", "semicolon", "tab", "unix", "old mac", "bom", "utf-16", "xlsx"],
)
def test_one_table_is_read_alike_whatever_wrote_it(content: bytes) -> None:
    assert texts(content) == [(number, row) for number, row in enumerate(ROWS, start=1)]


def test_excels_own_separator_line_and_empty_rows_keep_the_row_numbers() -> None:
    content = b"sep=;\r\nNIP;Nama\r\n\r\n;\r\n1;A\r\n"
    assert texts(content) == [(2, ("NIP", "Nama")), (5, ("1", "A"))]


def test_letters_of_windows_are_read() -> None:
    assert texts("Nama;Kota\r\nRené;Tékno\r\n".encode("cp1252"))[1] == (2, ("René", "Tékno"))


def test_cells_with_line_breaks_and_quotes_are_one_cell() -> None:
    assert texts(b'a,b\n"x\ny ""z""",2\n')[1] == (2, ('x y "z"', "2"))


def test_numbers_and_dates_of_excel_become_what_people_see() -> None:
    rows = [(10.0, 2.5, date(2026, 12, 31), datetime(2026, 12, 31, 16, 30), True, None, "x")]  # noqa: DTZ001
    assert texts(xlsx(("a", rows)))[0][1] == ("10", "2.5", "2026-12-31", "2026-12-31 16:30", "yes", "", "x")


def test_a_nip_that_excel_rounded_is_told_by_its_form() -> None:
    """Typed as a number it lost its last three digits: it must not look like a NIP any more."""
    assert texts(xlsx(("a", [(198609262015051001,)])))[0][1] == ("1.98609262015051E+17",)


def test_hidden_and_empty_sheets_are_left_out_and_the_others_named() -> None:
    book = Workbook()
    book.active.title = "Kosong"
    book.create_sheet("A").append(["x"])
    hidden = book.create_sheet("B")
    hidden.append(["rahasia"])
    hidden.sheet_state = "hidden"
    book.create_sheet("C").append(["y"])
    out = io.BytesIO()
    book.save(out)
    assert [sheet.name for sheet in read(out.getvalue())] == ["A", "C"]


def test_a_formula_is_read_as_its_last_value_not_as_text() -> None:
    assert texts(xlsx(("a", [("x", "=1+1")])))[0][1] == ("x",)


# -- what is refused ------------------------------------------------------------------------------------------------
def archive(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def bomb(octets: int) -> bytes:
    """A sound workbook whose one sheet unpacks to so many octets."""
    with zipfile.ZipFile(io.BytesIO(xlsx(("a", [("x",)])))) as sound:
        parts = {name: sound.read(name) for name in sound.namelist()}
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    parts["xl/worksheets/sheet1.xml"] = head + b" " * octets + b"</sheetData></worksheet>"
    return archive(parts)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"  \r\n ", "empty"),
        (b",,,\n,,\n", "holds no rows"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "old Excel format"),
        (b"PK\x03\x04nonsense", "damaged"),
        (archive({"word/document.xml": b"<x/>"}), "no .xlsx file"),
        (archive({"xl/workbook.xml": b"<x/>"}), "no sound .xlsx"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "neither CSV nor .xlsx"),
        (b"a\n" * 101, "more than 100 rows"),
        (b"x" * 2_000_001, "larger than"),
        (bomb(30_000_000), "too large when unpacked"),
        (archive({"xl/workbook.xml": b"x"} | {f"p{n}": b"" for n in range(3000)}), "too large when unpacked"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_used_is_told_with_what_to_do(content: bytes, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        read(content, Limits(largest=2_000_000, unpacked=20_000_000, rows=100))


def test_a_bomb_that_lies_about_its_size_costs_no_more_than_the_limits() -> None:
    """F20: the directory says 10 octets, the data unpacks to 300 MB; memory and time are bounded either way."""
    content = bytearray(bomb(300_000_000))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as made:
        info = made.getinfo("xl/worksheets/sheet1.xml")
    size = info.file_size.to_bytes(4, "little")
    at = content.rindex(size)
    content[at : at + 4] = (10).to_bytes(4, "little")
    began = time.monotonic()
    with pytest.raises(Unreadable):
        read(bytes(content), Limits(seconds=10, memory=512 * 1024 * 1024))
    assert time.monotonic() - began < 15


def test_entities_do_not_multiply() -> None:
    with zipfile.ZipFile(io.BytesIO(xlsx(("a", [("x",)])))) as sound:
        parts = {name: sound.read(name) for name in sound.namelist()}
    entities = "".join(f'<!ENTITY a{n} "{"".join(f"&a{n - 1};" for _ in range(10))}">' for n in range(1, 10))
    sheet = parts["xl/worksheets/sheet1.xml"].decode().split("?>", 1)[-1]
    head = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "lol">{entities}]>'
    evil = head + sheet.replace("<sheetData", "&a9;<sheetData")
    parts["xl/worksheets/sheet1.xml"] = evil.encode()
    began = time.monotonic()
    with pytest.raises(Unreadable):
        read(archive(parts), Limits(seconds=10))
    assert time.monotonic() - began < 15


def test_a_file_that_takes_too_long_is_left() -> None:
    rows = [tuple(str(n) for n in range(150))] * 4000
    with pytest.raises(Unreadable, match="too much time or memory"):
        read(xlsx(("a", rows)), Limits(seconds=1))
