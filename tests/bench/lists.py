"""A list of 5,000 employees with 30 bad rows: from the file as uploaded to each fault by row and column."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet

from netquota.clock import FixedClock
from netquota.secrets import Keyring
from netquota.services.allocate import add
from netquota.services.imports import running
from netquota.services.imports.judging import Whole
from netquota.services.imports.running import Choices
from netquota.services.office import Author, Office
from netquota.services.sheet import csv_octets, xlsx_octets
from netquota.storage.database import open_database
from netquota.storage.upgrade import upgrade

ROWS, BAD, OFFICES = 5_000, 30, 60
BY = Author("bench", "bench")
HEADINGS = ("NIP", "Nama Lengkap", "Unit Kerja", "Email", "No. HP", "Golongan")


@dataclass(frozen=True)
class Measured:
    """Seconds from the file to its faults, and to all applied; what was found."""

    judged_s: float
    applied_s: float
    faults: int
    named: int


def people() -> list[list[str]]:
    """Five thousand sound rows."""
    draw = random.Random(2026)
    rows: list[list[str]] = []
    for number in range(ROWS):
        born = f"19{draw.randrange(66, 99)}{draw.randrange(1, 13):02d}{draw.randrange(1, 29):02d}"
        nip = f"{born}20{draw.randrange(18, 25)}{draw.randrange(1, 13):02d}{1 + number % 2}{number % 999 + 1:03d}"
        rows.append(
            [nip, f"Pegawai {number}", f"Dinas {number % OFFICES}", f"p{number}@kota.go.id", "0811234567", "III/a"]
        )
    seen: set[str] = set()
    return [row for row in rows if not (row[0] in seen or seen.add(row[0]))]


def spoilt(rows: list[list[str]]) -> list[list[str]]:
    """The same with 30 bad cells, of five sorts."""
    broken = [list(row) for row in rows]
    for number in range(BAD):
        row = broken[100 + number * 150]
        column, text = (
            (0, "19880214"),
            (0, broken[0][0]),
            (2, "Dinas Tidak Ada"),
            (3, "bukan surel"),
            (0, "1.98609E+17"),
        )[number % 5]
        row[column] = text
    return broken


def measured(url: str, form: str) -> Measured:
    """Judge and apply the list on a city of 60 offices with the same people, in this form (csv or xlsx)."""
    database = open_database(url)
    upgrade(database)
    clock = FixedClock(datetime(2026, 11, 24, 2, tzinfo=UTC))
    office = Office(database, Keyring([Fernet.generate_key()]), clock, ZoneInfo("Asia/Jakarta"))
    for number in range(OFFICES):
        add(office, "opd", {"code": f"D{number}", "name": f"Dinas {number}"}, BY)
    good = people()
    applied_s = _seconds(lambda: running.applied(office, _opened(office, good, form), 31, BY))
    began = perf_counter()
    judged = running.tried(office, _opened(office, spoilt(good), form), 31)
    judged_s = perf_counter() - began
    database.dispose()
    named = sum(bool(fault.column and fault.remedy and fault.row) for fault in judged.faults)
    return Measured(judged_s, applied_s, len(judged.faults), named)


def _opened(office: Office, rows: list[list[str]], form: str) -> running.Import:
    content = xlsx_octets("Pegawai", (), HEADINGS, rows) if form == "xlsx" else csv_octets(HEADINGS, rows)
    run_id = running.upload(office, "employee", f"pegawai.{form}", content, BY)
    running.choose(office, run_id, Choices(whole=Whole.CITY))
    return running.opened(office, run_id, BY.name)


def _seconds(act: object) -> float:
    began = perf_counter()
    assert callable(act)
    act()
    return perf_counter() - began


def of_folder(folder: Path, form: str) -> str:
    """A database of its own."""
    return f"sqlite:///{folder}/lists-{form}.sqlite"
