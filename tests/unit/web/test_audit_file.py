"""The audit trail as a file: what the filter finds, and nothing in it that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import openpyxl

from netquota.services.allocate import add, change
from netquota.services.office import SCHEDULER, Author
from netquota.storage.database import Database
from tests.web_city import WebCity


def test_the_audit_trail_is_exported_as_filtered_and_runs_nothing(sqlite_database: Database) -> None:
    city = WebCity.on(sqlite_database, web={"plain_http": True})
    city.add_admin()
    city.add("opd", code="RSUD", name="Rumah Sakit")
    change(city.office, "opd", "RSUD", {"ceiling": "80M/40M"}, Author("=cmd()", "+1 rapat"))
    client = city.browser()
    answer = client.get("/audit/file?format=csv&kind=opd")
    assert answer.headers["Content-Disposition"] == "attachment; filename=netquota-audit-20261124.csv"
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))
    assert rows[0][5:] == ["Dari", "Menjadi", "Alasan"]
    assert [row[4] for row in rows[1:]] == ["RSUD", "RSUD"]
    assert (rows[1][1], rows[1][6], rows[1][7]) == (
        "'=cmd()",
        "Batas atas: 80\N{NO-BREAK SPACE}/\N{NO-BREAK SPACE}40 Mbit/s",
        "'+1 rapat",
    )
    book = openpyxl.load_workbook(io.BytesIO(client.get("/audit/file?format=xlsx&kind=opd").data))
    sheet = book["Data"]
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("=cmd()", "s")
    assert "kind=opd" in str(book["Info"]["A2"].value)


def test_what_one_act_did_to_many_stands_in_one_line(sqlite_database: Database) -> None:
    city = WebCity.on(sqlite_database)
    city.add_admin()
    for day in range(1, 61):
        values = {"key": f"jadwal-{day}", "name": f"Jadwal {day}", "windows": "Kerja: mon-fri 07:30-16:00 5M/1M"}
        add(city.office, "schedule", values, Author(SCHEDULER, "uji"))
    for key in ("malam", "pagi"):  # two deeds of a person in one second stay two
        city.add("schedule", key=key, name=key.title(), windows="Malam: mon-fri 20:00-22:00 5M/1M")
    client = city.browser()
    page = client.get("/audit?kind=schedule").text
    assert page.count('<tr role="row">') == 4  # the head, the two, the sixty
    assert "dan 59 lainnya sekaligus" in page
    assert "jadwal-1<" in page or "jadwal-1," in page or "jadwal-1 " in page
    assert 'rel="next"' not in page
    each = client.get("/audit?kind=schedule&each=1").text
    assert each.count('<tr role="row">') == 26
    assert 'rel="next"' in each
