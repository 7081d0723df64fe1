"""`netquota plan measure|compute|forecast|dimension`, as people and as programs read them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run


@pytest.fixture
def city(state_dir: Path, planned_file: Path, netquota: Run) -> Run:
    """The small city with half a year of use."""
    shutil.copyfile(planned_file, state_dir / "netquota.sqlite")
    return netquota


def test_measures_are_printed_and_written_as_json(city: Run) -> None:
    days = ("--from", "2026-10-27", "--to", "2026-11-23")
    told = city("plan", "measure", "opd", "DPMPTSP", *days)
    assert told.code == 0, told.err
    assert "estimate" in told.out
    found = json.loads(city("plan", "measure", "opd", "DPMPTSP", *days, "--json").out)
    assert found["whole"]["expected"] == 28 * 288
    assert found["hidden"][0]["finding"] == "estimate"
    assert found["first"] == "2026-10-27"


def test_how_many_were_online_is_told_where_sessions_are_kept(city: Run, state_dir: Path) -> None:
    days = ("--from", "2026-11-16", "--to", "2026-11-20")
    assert json.loads(city("plan", "measure", "gateway", "gw", *days, "--json").out)["online"] is None
    noon = int(datetime(2026, 11, 18, 5, tzinfo=UTC).timestamp())
    with sqlite3.connect(state_dir / "netquota.sqlite") as books:
        for person, from_s in ((1, noon - 90 * 86_400), (1, noon), (2, noon)):
            books.execute(
                "INSERT INTO accounting_session (gateway_id, acct_session_id, username, mac, incarnation_s,"
                " employee_id, site_id, started_s, last_event_s, last_arrival_s, ended_s)"
                " VALUES (1, 'x', ?, '', ?, ?, 1, ?, 0, 0, ?)",
                (person, from_s, person, from_s, from_s + 9 * 3600 // 2),
            )  # fmt: skip
    found = json.loads(city("plan", "measure", "gateway", "gw", *days, "--json").out)["online"]
    assert found == {"most": 2, "most_at_s": noon, "office_mean_permille": 186}  # 2 × 4 of 43 hours
    assert "0.2 in office hours (at most 2)" in city("plan", "measure", "gateway", "gw", *days).out


def test_what_a_changed_ceiling_did_is_told(city: Run, state_dir: Path) -> None:
    assert "netquota plan compute" in city("plan", "effects", "opd", "DPMPTSP").err
    assert city("plan", "compute").code == 0
    changed_s = int(datetime(2026, 10, 20, 17, tzinfo=UTC).timestamp())
    with sqlite3.connect(state_dir / "netquota.sqlite") as books:
        [office] = books.execute("SELECT id FROM opd WHERE code = 'DPMPTSP'").fetchone()
        row = (6, office, changed_s, 90_000_000, 45_000_000)
        books.execute("INSERT INTO ceiling_history VALUES (?, ?, ?, ?, ?)", row)
    [found] = json.loads(city("plan", "effects", "opd", "DPMPTSP", "--json").out)
    assert (found["day"], found["after_bps"], found["days_each"] >= 10) == ("2026-10-21", 90_000_000, True)
    assert "cannot be told from chance" in city("plan", "effects", "opd", "DPMPTSP").out


def test_what_is_not_there_is_named_with_a_remedy(city: Run) -> None:
    told = city("plan", "measure", "opd", "NONE")
    assert (told.code, "opd 'NONE' does not exist" in told.err) == (1, True)
    told = city("plan", "forecast", "opd", "DISHUB")
    assert told.code == 1
    assert "netquota plan compute" in told.err
    told = city("plan", "dimension")
    assert told.code == 2
    assert "netquota plan compute" in told.err


def test_a_computed_city_is_forecast_dimensioned_and_divided(city: Run) -> None:
    assert city("plan", "compute").out == "5 offices and links studied\n"
    found = json.loads(city("plan", "forecast", "link", "Tautan Layanan", "--json").out)
    assert [each["what"] for each in found["outlooks"]] == ["down", "up", "volume"]
    assert found["outlooks"][0]["ahead"][0]["low_bps"] > 0
    assert "Theil-Sen" in city("plan", "forecast", "opd", "DISHUB").out
    needs = json.loads(city("plan", "dimension", "--year", "2027", "--divide", "Tautan Layanan", "--json").out)
    link = next(row for row in needs["needs"] if row["key"] == "Tautan Layanan")
    assert link["capacity_bps"] > link["capacity_now_bps"] == 110_000_000
    assert link["amount_rp"] == link["capacity_bps"] // 10**6 * 150_000 * 12
    shares = {row["opd"]: row["mbps"] + row["extra_mbps"] for row in needs["division"]["offices"]}
    assert round(sum(shares.values())) == link["capacity_bps"] // 10**6
    assert "Tautan Layanan" in city("plan", "dimension").out


def test_a_fresh_forecast_needs_nothing_stored(city: Run) -> None:
    told = city("plan", "forecast", "opd", "DPMPTSP", "--fresh")
    assert told.code == 0, told.err
    assert "season before" in told.out


def test_known_steps_are_confirmed_listed_and_removed(city: Run) -> None:
    told = city("plan", "steps", "opd", "DPMPTSP", "--add", "2027-03-01", "-15", "--note", "Loket pindah")
    assert told.code == 0, told.err
    assert "-15 %" in told.out
    found = json.loads(city("plan", "steps", "opd", "DPMPTSP", "--json").out)
    assert [(one["day"], one["permille"], one["note"]) for one in found] == [("2027-03-01", 850, "Loket pindah")]
    assert city("plan", "steps", "opd", "DPMPTSP", "--remove", "2027-03-01").code == 0
    assert city("plan", "steps", "opd", "DPMPTSP", "--remove", "2027-03-01").code == 1
    assert city("plan", "steps", "opd", "DPMPTSP", "--add", "2027-03-01", "0").code == 2
    assert json.loads(city("plan", "steps", "opd", "DPMPTSP", "--json").out) == []


def test_a_scenario_is_tried_kept_listed_and_removed(city: Run) -> None:
    told = city("plan", "scenario", "try")
    assert (told.code, "compute the studies first" in told.err) == (1, True)
    city("plan", "compute")
    assert (
        city("employee", "add", "siti", "--name", "Siti", "--opd", "DPMPTSP", "--password", "kata sandi panjang").code
        == 0
    )
    base = json.loads(city("plan", "scenario", "try", "--json").out)
    terms = ("--growth", "10", "--application", "Tautan Layanan=120x2M", "--office", "Tautan Layanan=1", "--lost",
             "Tautan Balai Kota")  # fmt: skip
    kept = json.loads(city("plan", "scenario", "keep", "Loket baru", *terms, "--json").out)
    assert [one["link"] for one in kept["links"]] == ["Tautan Layanan"]
    before = next(one["capacity_bps"] for one in base["links"] if one["link"] == "Tautan Layanan")
    assert kept["links"][0]["capacity_bps"] > 2 * before + 72_000_000  # nobody else is known there
    (row,) = json.loads(city("plan", "scenario", "list", "--json").out)
    assert (row["name"], row["outcome"]) == ("Loket baru", kept)
    assert row["terms"]["applications"] == [{"link": "Tautan Layanan", "users": 120, "rate_bps": 2_000_000}]
    assert "Loket baru" in city("plan", "scenario", "list").out
    assert city("plan", "scenario", "keep", "Coba", *terms, "--dry-run").code == 0
    assert len(json.loads(city("plan", "scenario", "list", "--json").out)) == 1
    assert city("plan", "scenario", "remove", "Loket baru").code == 0
    assert city("plan", "scenario", "remove", "Loket baru").code == 1
    for wrong in (("--application", "120x2M"), ("--office", "Tautan Layanan"), ("--growth", "901")):
        assert city("plan", "scenario", "try", *wrong).code == 2, wrong


def test_the_citys_office_hours_are_shown_and_set(city: Run) -> None:
    assert "Perpres 21/2023" in city("calendar", "office-hours").out
    measured = ("plan", "measure", "opd", "DISHUB", "--from", "2026-11-16", "--to", "2026-11-20", "--json")
    hours = "mon-fri 07:00-12:00"
    assert "nothing was changed" in city("calendar", "office-hours", hours, "--dry-run").err
    assert json.loads(city(*measured).out)["office"]["expected"] == 43 * 12
    assert json.loads(city("calendar", "office-hours", hours, "--json").out)["changed"]
    assert json.loads(city(*measured).out)["office"]["expected"] == 25 * 12
    assert city("calendar", "office-hours", "always").code == 2
    assert city("calendar", "office-hours", hours, "--perpres").code == 2
    assert "Perpres 21/2023" in city("calendar", "office-hours", "--perpres").out
