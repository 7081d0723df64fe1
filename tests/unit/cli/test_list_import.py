"""`netquota employee import FILE`: tried, told by row and column, applied, taken back; the same for other kinds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netquota.sheets import read
from tests.unit.cli.conftest import Run

GOOD = (
    "NIP;Nama;Unit Kerja;Golongan\n"
    "198609262015051009;Melati;DISKOMINFO;III/a\n"
    "198609262015051008;Agus;DISKOMINFO;II/c\n"
)
BAD = GOOD + "19880214;Budi;DISKOMINFO;\n198609262015051007;Citra;XYZ;\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "baik.csv").write_text(GOOD, encoding="utf-8-sig")
    (tmp_path / "salah.csv").write_text(BAD, encoding="cp1252")
    return tmp_path


def test_a_wrong_list_is_told_by_row_and_column_and_changes_nothing(small_city: Run, folder: Path) -> None:
    done = small_city("employee", "import", str(folder / "salah.csv"), "--errors", str(folder / "galat.xlsx"))
    assert done.code == 2
    assert done.out.startswith("2 create, 0 change, 0 same, 0 retire, 2 error\n")
    assert "columns left out, as nobody knows them: Golongan" in done.err
    assert ["4", "NIP", "19880214", "18 digits needed"] in done.rows
    assert any(row[:3] == ["5", "Unit Kerja", "XYZ"] for row in done.rows)
    assert len(small_city("employee", "list").rows) == 1
    errors = read((folder / "galat.xlsx").read_bytes())[-1]
    assert [row.texts[0] for row in errors.rows] == ["NIP", "19880214", "198609262015051007"]


def test_a_dry_run_changes_nothing_and_json_is_for_programs(small_city: Run, folder: Path) -> None:
    told = json.loads(small_city("employee", "import", str(folder / "salah.csv"), "--dry-run", "--json").out)
    assert told["counts"] == {"create": 2, "change": 0, "same": 0, "retire": 0, "error": 2}
    assert told["unknown_columns"] == ["Golongan"]
    assert told["faults"][0] == {"row": 4, "column": "NIP", "value": "19880214", "remedy": "18 digits needed"}
    assert small_city("employee", "import", str(folder / "baik.csv"), "--dry-run").code == 0
    assert len(small_city("employee", "list").rows) == 1


def test_a_list_is_applied_and_taken_back(small_city: Run, folder: Path) -> None:
    done = small_city("employee", "import", str(folder / "baik.csv"), "--result", str(folder / "hasil.csv"))
    assert done.code == 0
    number = done.err.split("applied as import ")[1].split(";")[0]
    assert len(small_city("employee", "list").rows) == 3
    assert small_city("employee", "show", "198609262015051009").code == 0
    result = read((folder / "hasil.csv").read_bytes())[0]
    assert [row.texts[-1] for row in result.rows] == ["Alasan", "baru", "baru"]
    assert small_city("import", "list").rows[0][2:6:3] == ["employee", "applied"]
    assert small_city("import", "undo", number, "--why", "salah berkas").out.startswith(
        f"import {number} is taken back"
    )
    assert len(small_city("employee", "list").rows) == 1
    assert small_city("import", "undo", number, "--why", "x").code == 1
    assert "import of baik.csv" in small_city("audit", "list", "--kind", "employee").out


def test_columns_may_be_said_and_are_checked(small_city: Run, folder: Path) -> None:
    path = folder / "lain.csv"
    path.write_text("Nomor,Siapa,Dinas\n198609262015051009,Melati,DISKOMINFO\n")
    assert small_city("employee", "import", str(path)).code == 2
    done = small_city("employee", "import", str(path), "--column", "nomor=nip", "--column", "SIAPA=name")
    assert done.code == 0, done.err
    done = small_city("employee", "import", str(path), "--column", "xyz=nip")
    assert (done.code, "the headings are Nomor, Siapa, Dinas" in done.err) == (2, True)


def test_a_whole_list_asks_before_many_leave(small_city: Run, folder: Path) -> None:
    small_city("employee", "import", str(folder / "baik.csv"))
    path = folder / "lengkap.csv"
    path.write_text("NIP,Nama,OPD\n198609262015051009,Melati,DISKOMINFO\n")
    done = small_city("employee", "import", str(path), "--complete", "offices")
    assert done.code == 1
    assert "2 of 3 people would leave, more than 5 %; nothing was changed" in done.err
    assert small_city("employee", "import", str(path), "--complete", "offices", "--leaving", "2").code == 0
    assert len(small_city("employee", "list", "--where", "status=left").rows) == 2


def test_offices_and_gateways_are_imported_too_and_what_is_no_list_is_told(small_city: Run, folder: Path) -> None:
    path = folder / "opd.csv"
    path.write_text("Kode,Nama,Batas atas\nDINKES,Kesehatan,60M/30M\n")
    assert small_city("opd", "import", str(path)).code == 0
    assert json.loads(small_city("opd", "show", "DINKES", "--json").out)["ceiling"] == "60M/30M"
    (folder / "gambar.csv").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    done = small_city("opd", "import", str(folder / "gambar.csv"))
    assert (done.code, "neither CSV nor .xlsx" in done.err) == (1, True)
