"""Everything is edited by natural keys from one table of fields; a dry run changes nothing, errors name the field."""

from __future__ import annotations

import io
import json
import sys

import pytest

from netquota.services.catalogue import KINDS
from tests.unit.cli.conftest import Run

VERBS = {"add", "list", "show", "set", "remove"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_every_verb(netquota: Run, kind: str) -> None:
    listed = netquota(kind, "--help").out.partition("Commands:")[2]
    assert {line.split()[0] for line in listed.splitlines() if line.strip()} >= VERBS


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_an_option_of_add_and_set(netquota: Run, kind: str) -> None:
    for verb in ("add", "set"):
        text = netquota(kind, verb, "--help").out
        wanted = [field.name for field in KINDS[kind].fields if verb == "set" or field.name != KINDS[kind].key]
        assert [name for name in wanted if f"--{name.replace('_', '-')} " not in text] == []
        assert "--dry-run" in text
        assert "--why" in text


def test_what_was_added_is_listed_and_shown(small_city: Run) -> None:
    assert small_city("employee", "list").rows == [
        ["budi", "198609262015051001", "Budi", "DISKOMINFO", "active", "", ""]
    ]
    shown = json.loads(small_city("employee", "show", "198609262015051001", "--json").out)
    assert (shown["username"], shown["opd"], shown["password"]) == ("budi", "DISKOMINFO", "(secret)")
    assert json.loads(small_city("opd", "list", "--json").out)[0]["ceiling"] == "50M/25M"


def test_a_change_says_what_was_and_what_is(small_city: Run) -> None:
    done = small_city("employee", "set", "budi", "--override", "20M/5M", "--why", "rapat")
    assert done.out.splitlines() == [
        "employee budi changed",
        "  override: - -> 20M/5M",
        "  not online now: it holds from the next log-in",
    ]
    assert "rapat" in small_city("audit", "list", "--most", "1").out
    assert small_city("employee", "set", "budi", "--override", "20M/5M").out == "employee budi: nothing to change\n"


@pytest.mark.parametrize(
    "line",
    [
        "employee add susi --name Susi --opd DISKOMINFO --dry-run",
        "employee set budi --name Bude --dry-run",
        "employee remove budi --dry-run",
        "employee reset budi --dry-run",
        "nas add gw2 --address 10.0.0.2 --family chilli --dry-run",
    ],
)
def test_a_dry_run_changes_nothing(small_city: Run, line: str) -> None:
    before = [small_city(kind, "list", "--json").out for kind in ("employee", "nas")], small_city("audit", "list").out
    done = small_city(*line.split())
    assert done.code == 0
    assert "would" in done.out
    after = [small_city(kind, "list", "--json").out for kind in ("employee", "nas")], small_city("audit", "list").out
    assert after == before


def test_removal_asks_first(small_city: Run) -> None:
    refused = small_city("employee", "remove", "budi")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert small_city("employee", "remove", "budi", "--yes").code == 0
    assert small_city("employee", "list").rows == []


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("employee add susi --name Susi --opd TIDAKADA", 2, "opd: 'TIDAKADA'"),
        ("employee add susi --opd DISKOMINFO", 2, "name: ''"),
        ("employee add budi --name Budi --opd DISKOMINFO", 1, "exists already"),
        ("employee show siapa", 1, "'siapa' does not exist"),
        ("opd remove DISKOMINFO --yes", 1, "still used by"),
        ("plan set staf --rate 10MB/s", 2, "bits per second"),
        ("plan set staf", 2, "Say what to change"),
        ("employee list --where opd", 2, "FIELD=VALUE"),
        ("employee list --where warna=biru", 1, "there are username"),
        ("employee add susi --name Susi --opd DISKOMINFO --password 12345678", 2, "guesser"),
    ],
)
def test_errors_are_one_line_that_names_the_remedy(small_city: Run, line: str, code: int, words: str) -> None:
    done = small_city(*line.split())
    assert done.code == code
    assert words in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_a_secret_can_come_by_standard_input(small_city: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("rahasia-lain-456\n"))
    assert small_city("nas", "set", "gw1", "--secret", "-").code == 0
    assert small_city("nas", "show", "gw1", "--json").out.count("(secret)") == 1


def test_what_is_made_up_is_shown_once(small_city: Run) -> None:
    made = small_city("nas", "add", "gw2", "--address", "10.0.0.2", "--family", "chilli").out
    assert "secret: " in made
    assert "shown this once" in made
    admin = small_city("admin", "add", "sari", "--name", "Sari").out
    password = admin.split("password: ")[1].split()[0]
    assert password not in small_city("admin", "show", "sari").out
    reset = small_city("admin", "reset", "sari", "--why", "lupa").out
    assert "new password" in reset
    assert password not in reset


def test_filters_search_and_order(small_city: Run) -> None:
    small_city("employee", "add", "ani", "--name", "Ani", "--opd", "DISKOMINFO")
    assert [row[0] for row in small_city("employee", "list").rows] == ["ani", "budi"]
    assert [row[0] for row in small_city("employee", "list", "--sort", "-name").rows] == ["budi", "ani"]
    assert [row[0] for row in small_city("employee", "list", "--where", "nip=").rows] == ["ani"]
    assert [row[0] for row in small_city("employee", "list", "--search", "bud").rows] == ["budi"]


def test_days_off_are_taken_over_by_year(small_city: Run) -> None:
    assert len(small_city("holiday", "take", "2026", "--dry-run").rows) == 25
    assert small_city("holiday", "list").rows == []
    taken = json.loads(small_city("holiday", "take", "2026", "--json", "--why", "uji").out)
    assert {"action": "add", "day": "2026-08-17", "kind": "public",
            "name": "Hari Kemerdekaan Republik Indonesia"} in taken  # fmt: skip
    assert len(small_city("holiday", "list", "--where", "kind=joint").rows) == 8
    assert small_city("holiday", "take", "2026").rows == []


def test_an_event_is_ended_or_called_off_before_it_begins(small_city: Run) -> None:
    for key, begins in (("kini", ()), ("nanti", ("--from", "2098-01-01"))):
        what = ("--opds", "DISKOMINFO", "--until", "2099-01-01", "--leaves", "50%", "--reason", "kabel putus")
        assert small_city("event", "add", key, "--name", key, *what, *begins).code == 0
    assert "event nanti would be removed" in small_city("event", "end", "nanti", "--why", "batal", "--dry-run").out
    assert "event nanti removed" in small_city("event", "end", "nanti", "--why", "batal").out
    done = small_city("event", "end", "nanti", "--why", "batal")
    assert done.code != 0
    assert "nanti" in done.err
    assert [row[0] for row in small_city("event", "list").rows] == ["kini"]
