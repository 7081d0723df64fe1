"""Rotation groups, events and outages by command: as docs/turns.md says them, tried, done, ended, refused."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.conftest import Run

WHY = ("--why", "uji")


@pytest.fixture
def city(small_city: Run) -> Run:
    """Two offices more, and a second link."""
    for line in (
        "opd add DINKES --name Kesehatan --ceiling 20M/10M --plan staf",
        "opd add DISDIK --name Pendidikan --ceiling 20M/10M --plan staf",
        "link add Utama --provider P --capacity 100M/50M",
        "link add Cadangan --provider Q --capacity 40M/20M",
        "site set Kantor --link Utama --why tautan",
    ):
        done = small_city(*line.split())
        assert done.code == 0, done.err
    return small_city


def group(city: Run, *more: str) -> None:
    done = city("rotation", "add", "giliran", "--name", "Giliran", "--opds", "DISKOMINFO, DINKES, DISDIK", "--turn",
                "daily", "--bonus", "20M/5M", *more, *WHY)  # fmt: skip
    assert done.code == 0, done.err


def test_the_calendar_tells_whose_turn_it_is_and_two_change_hands(city: Run) -> None:
    group(city, "--starts-on", "2099-01-01")
    told = json.loads(city("rotation", "calendar", "giliran", "--from", "2099-01-01", "--days", "4", "--json").out)
    assert [row["member"] for row in told] == ["DISKOMINFO", "DINKES", "DISDIK", "DISKOMINFO"]
    assert {row["state"] for row in told} == {"to come"}
    assert city("rotation", "calendar", "giliran", "--from", "2020-01-01", "--days", "1").rows == []
    swap = ("rotation", "swap", "giliran", "2099-01-02", "2099-01-03", *WHY)
    assert "DISDIK would have the turn from" in city(*swap, "--dry-run").out
    assert "DISDIK has the turn from" in city(*swap).out
    rows = city("rotation", "calendar", "giliran", "--from", "2099-01-01", "--days", "3").rows
    assert [(row[2], row[4]) for row in rows] == [
        ("DISKOMINFO", "to come"), ("DISDIK", "to come, swapped"), ("DINKES", "to come, swapped"),
    ]  # fmt: skip
    assert city("rotation", "swap", "giliran", "2020-01-02", "2099-01-03", *WHY).code != 0
    assert city("rotation", "calendar", "lain").code == 1


def test_where_the_longest_wait_decides_the_calendar_tells_who_waits(city: Run) -> None:
    group(city, "--choice", "longest_wait")
    told = city("rotation", "calendar", "giliran").out
    waits = told.partition("waited longest")[2].splitlines()[1:]
    assert [line.split("\t")[0] for line in waits] == ["member", "DINKES", "DISDIK", "DISKOMINFO"]
    assert json.loads(city("rotation", "calendar", "giliran", "--json").out) == []
    assert city("rotation", "swap", "giliran", "2099-01-02", "2099-01-03", *WHY).code == 2
    people = city("rotation", "add", "orang", "--name", "O", "--employees", "budi", "--bonus", "5M", "--choice",
                  "longest_wait", *WHY)  # fmt: skip
    assert (people.code, "choice" in people.err) == (2, True)


def test_an_event_is_made_and_ended_before_its_time_or_called_off(city: Run) -> None:
    cut = ("event", "add", "darurat", "--name", "Darurat", "--opds", "DISKOMINFO", "--until", "2099-12-31", "--leaves",
           "50%", "--reason", "kabel putus", *WHY)  # fmt: skip
    assert city(*cut, "--dry-run").code == 0
    assert city("event", "list").rows == []
    assert city(*cut).code == 0
    assert "5 / 1 Mbit/s" in city("explain", "budi", "--language", "en").out.replace("\xa0", " ")
    assert city("event", "end", "darurat", *WHY, "--dry-run").code == 0
    assert city("event", "end", "darurat", *WHY).code == 0
    assert city("event", "end", "darurat", *WHY).code == 1, "it is over already"
    assert "10 / 2 Mbit/s" in city("explain", "budi", "--language", "en").out.replace("\xa0", " ")
    more = ("event", "add", "hut", "--name", "HUT", "--opds", "DINKES", "--from", "2099-08-17", "--until", "2099-08-17",
            "--bonus", "20M", "--reason", "HUT", *WHY)  # fmt: skip
    assert city(*more).code == 0
    assert city("event", "end", "hut", *WHY).code == 0
    assert city("event", "end", "hut", *WHY).code == 1, "nothing is left of one that was called off"
    assert city("event", "end", "darurat").code == 2, "a reason is needed"


def test_an_outage_names_what_serves_meanwhile_and_is_over(city: Run) -> None:
    assert "would be out" in city("link", "outage", "add", "Utama", *WHY, "--dry-run").out
    told = city("link", "outage", "add", "Utama", *WHY).out
    assert "Utama is out" in told
    assert "Kantor (DISKOMINFO) is served by Cadangan" in told
    assert city("link", "outage", "add", "Utama", *WHY).code == 1, "one is noted"
    (row,) = json.loads(city("link", "outage", "list", "--json").out)
    assert (row["link"], row["until"], row["why"]) == ("Utama", None, "uji")
    assert "serves again" in city("link", "outage", "end", "Utama", *WHY).out
    assert city("link", "outage", "end", "Utama", *WHY).code == 1
    planned = ("link", "outage", "add", "Utama", "--from", "2099-01-01 22:00", "--until", "2099-01-02 04:00", *WHY)
    assert city(*planned).code == 0
    assert "will not be out as planned" in city("link", "outage", "end", "Utama", *WHY).out
    assert city("link", "outage", "list", "Cadangan").rows == []
    assert city("link", "outage", "add", "Lain", *WHY).code == 1
