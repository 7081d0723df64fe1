"""`netquota site state|ways`, `circuit` and `nas token` say which way holds a limit, why, and whether it does."""

from __future__ import annotations

import json
import re

import pytest

from tests.unit.cli.conftest import Run


@pytest.fixture
def city(small_city: Run) -> Run:
    assert small_city("site", "set", "Kantor", "--mode", "whole_opd").code == 0
    return small_city


def test_a_site_says_how_it_is_limited_and_why(city: Run) -> None:
    told = city("site", "state", "Kantor", "--language", "en").out
    assert "queue at the gateway: one gateway serves this office and can hold its queue" in told
    assert "antrean di gerbang" in city("site", "state", "Kantor", "--language", "id").out
    assert "not confirmed" in told
    assert "nothing: set rest_url" in told
    found = json.loads(city("site", "state", "Kantor", "--json").out)
    assert (found["way"], found["why"], found["limit"]) == ("group", "one_gateway", "50M/25M")
    assert (found["queue"]["name"], found["queue"]["in_force"], found["queue"]["carried"]) == (
        "nq-diskominfo", False, False,
    )  # fmt: skip


def test_a_line_makes_the_site_a_circuit(city: Run) -> None:
    made = city("circuit", "add", "line-kantor", "--name", "Router", "--site", "Kantor", "--mac-login", "aabbcc001122")
    assert made.code == 0, made.err
    rows = city("site", "ways", "--language", "en").rows
    assert rows == [["Kantor", "DISKOMINFO", "circuit", "50M/25M", "line of the office",
                     "the office's router logs in as one line"]]  # fmt: skip
    assert city("circuit", "list").rows == [["line-kantor", "Router", "Kantor", "AA:BB:CC:00:11:22", "active"]]
    assert [row[0] for row in city("employee", "list").rows] == ["budi"]
    assert city("circuit", "reset", "line-kantor").code == 0


def test_an_admins_choice_is_said_to_be_one(city: Run) -> None:
    city("site", "set", "Kantor", "--way", "share")
    assert json.loads(city("site", "state", "Kantor", "--json").out)["why"] == "chosen"
    refused = city("site", "set", "Kantor", "--mode", "per_employee")
    assert refused.code == 2
    assert "way" in refused.err


def test_a_token_is_shown_once_listed_and_revoked(city: Run) -> None:
    made = city("nas", "token", "create", "gw1", "--why", "antrean").out
    text = re.search(r"nqg_\S+", made)
    assert text is not None
    assert "/api/gateway/v1/queues" in made
    listed = city("nas", "token", "list", "gw1").out
    assert text[0] not in listed
    assert json.loads(city("site", "state", "Kantor", "--json").out)["queue"]["carried"] is True
    assert city("nas", "token", "revoke", "gw1", "1").code == 0
    assert city("nas", "token", "revoke", "gw1", "1").code != 0
    assert json.loads(city("nas", "token", "list", "gw1", "--json").out)[0]["revoked"] is not None
    assert city("nas", "token", "create", "gw9").code != 0


def test_use_of_a_link_and_a_site_says_what_measures_it(city: Run) -> None:
    link = (
        "link",
        "add",
        "Serat",
        "--provider",
        "P",
        "--capacity",
        "100M/50M",
        "--nas",
        "gw1",
        "--interface",
        "ether1",
    )
    made = city(*link)
    assert made.code == 0, made.err
    told = city("usage", "Serat").out
    assert "ether1 at gw1, looks to the provider" in told
    found = json.loads(city("usage", "Serat", "--json").out)
    assert (found["measured"]["interface"], found["measured"]["nas"], found["measured"]["read_s"]) == (
        "ether1", "gw1", None,
    )  # fmt: skip
    assert "none is named" in city("usage", "Kantor").out
    assert "employee, opd, link or site" in city("usage", "nobody").err
