"""The process that reads a file: `python -m netquota.sheets.parser`, a file in, JSON out (standard streams).

It is started with limits of time and memory, holds nothing of ours, and knows nothing of what the cells mean.
"""

from __future__ import annotations

import csv
import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any, Final

LONGEST_CELL: Final = 2_000
MOST_COLUMNS: Final = 200
MOST_SHEETS: Final = 20
MOST_PARTS: Final = 2_000
EXACT: Final = 10**15
"""Excel keeps 15 digits of a number: beyond it what stands in the file is not what was typed."""
_ENCODINGS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATOR: Final = re.compile(r"sep=(.)", re.IGNORECASE)


class Refusal(Exception):
    """The file cannot be used; the text says why and what to do."""


def main() -> int:
    """Read standard input, answer on standard output; 0 also for a file that is refused, which the answer says."""
    most_rows, most_octets, seconds, memory = (int(argument) for argument in sys.argv[1:5])
    _limit(seconds, memory)
    content = sys.stdin.buffer.read()
    try:
        answer: dict[str, object] = {"sheets": parsed(content, most_rows, most_octets)}
    except Refusal as error:
        answer = {"refused": str(error)}
    except MemoryError:
        answer = {"refused": "it needs too much memory; save the one sheet that is wanted as CSV"}
    json.dump(answer, sys.stdout, ensure_ascii=True)
    return 0


def _limit(seconds: int, memory: int) -> None:
    """From here on this process gets no more, and writes no file: before anything of the file is looked at."""
    for what, most in (
        (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        resource.setrlimit(what, (most, most))


def parsed(content: bytes, most_rows: int, most_octets: int) -> list[dict[str, object]]:
    """The sheets of a file. Raises `Refusal`."""
    if content.startswith(b"PK\x03\x04"):
        return _xlsx(content, most_rows, most_octets)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refusal("it is of the old Excel format (.xls), or protected by a password; save it as .xlsx or CSV")
    return [{"name": "", "rows": list(_bounded(_csv(content), most_rows))}]


def _bounded(rows: Iterable[tuple[int, list[str]]], most_rows: int) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold something, trimmed; no more than may be."""
    found = 0
    for number, cells in rows:
        texts = [_text(cell) for cell in cells[:MOST_COLUMNS]]
        while texts and not texts[-1]:
            texts.pop()
        if not texts:
            continue
        found += 1
        if found > most_rows:
            raise Refusal(f"it has more than {most_rows} rows; divide it into several files")
        yield number, texts


# -- CSV ------------------------------------------------------------------------------------------------------------
def _csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    first, _, rest = text.partition("\n")
    said = _SEPARATOR.fullmatch(first.strip())
    separator, skipped = (said[1], 1) if said else (_separator(text), 0)
    csv.field_size_limit(100_000)
    reader = csv.reader(io.StringIO(rest if said else text, newline=""), delimiter=separator)
    try:
        for number, cells in enumerate(reader, start=1 + skipped):
            yield number, list(cells)
    except csv.Error as error:
        raise Refusal(f"row {reader.line_num + skipped} is no CSV ({error}); save it anew as CSV or .xlsx") from None


def _decoded(content: bytes) -> str:
    """The text, as UTF-8 or UTF-16 where it says so, else as Windows wrote it."""
    if b"\0" in content[:4000] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refusal("it is neither CSV nor .xlsx; save the table in one of these")
    for mark, encoding in _ENCODINGS:
        if content.startswith(mark):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                raise Refusal("its letters cannot be read; save it as CSV UTF-8") from None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _separator(text: str) -> str:
    """The sign between cells: that which the first lines have most of, outside of quotes."""
    head = re.sub(r'"[^"]*"', "", text[:20_000])
    lines = [line for line in head.split("\n") if line.strip()][:10]
    counts = {sign: sum(line.count(sign) for line in lines) for sign in (";", ",", "\t")}
    best = max(counts, key=lambda sign: counts[sign])
    return best if counts[best] else ","


# -- XLSX -----------------------------------------------------------------------------------------------------------
def _xlsx(content: bytes, most_rows: int, most_octets: int) -> list[dict[str, object]]:
    _refuse_bombs(content, most_octets)
    from openpyxl import load_workbook  # noqa: PLC0415 - half a second that a CSV need not wait

    try:
        book: Any = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    except Refusal:
        raise
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged file fails in any way at all; the caller gets one sentence
        raise Refusal(
            f"it is no sound .xlsx file ({type(error).__name__}); open it in Excel and save it anew"
        ) from None
    sheets = [sheet for sheet in book.worksheets[:MOST_SHEETS] if sheet.sheet_state == "visible"]
    return [{"name": str(sheet.title), "rows": list(_bounded(_rows(sheet), most_rows))} for sheet in sheets]


def _rows(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    sheet.reset_dimensions()  # what a file says of its size may be wrong, or meant to be
    for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), start=1):
        yield number, list(cells)


def _refuse_bombs(content: bytes, most_octets: int) -> None:
    """A small file may hold a huge one: the sizes that it tells bound what is unpacked of it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile:
        raise Refusal("it is damaged; open it in Excel and save it anew") from None
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise Refusal("it is no .xlsx file; save the table as .xlsx or CSV")
    if any(part.flag_bits & 1 for part in parts):
        raise Refusal("it is protected by a password; save it without one")
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > most_octets:
        raise Refusal("it would be too large when unpacked; save the one sheet that is wanted as CSV")


def _text(value: object) -> str:
    """A cell as a text: dates in ISO, whole numbers without a decimal, numbers that Excel rounded as it shows them."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.date().isoformat() if value.time() == time(0) else value.isoformat(" ", "minutes")
        case date():
            return value.isoformat()
        case time():
            return value.isoformat("minutes")
        case int() | float():
            return _number(value)
        case _:
            return " ".join(str(value).split())[:LONGEST_CELL]


def _number(value: int | float) -> str:
    if abs(value) >= EXACT:
        return f"{float(value):.14E}"
    return str(int(value)) if value == int(value) else repr(round(value, 10))


if __name__ == "__main__":
    sys.exit(main())
