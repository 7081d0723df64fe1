"""More of a quota by the command line: for a person or an office, with a reason, until the period ends."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.conftest import Run

REASON = "--why=rapat besar"


@pytest.fixture
def with_quotas(small_city: Run) -> Run:
    assert (
        small_city("quota", "add", "bulanan", "--name=Bulanan", "--octets=50GB", "--plan=staf", "--action=notify").code
        == 0
    )
    assert (
        small_city(
            "quota", "add", "kantor", "--name=Kantor", "--octets=900GB", "--opd=DISKOMINFO", "--action=notify"
        ).code
        == 0
    )
    return small_city


def test_a_person_gets_more_and_the_trail_says_why(with_quotas: Run) -> None:
    done = with_quotas("quota", "grant", "bulanan", "--employee", "budi", "--octets", "5GB", REASON)
    assert done.code == 0, done.err
    assert done.out.startswith("budi has 55 GB of bulanan until ")
    entry = json.loads(with_quotas("audit", "list", "--kind", "employee", "--json").out)[0]
    assert (entry["action"], entry["key"], entry["why"]) == ("grant", "budi", "rapat besar")


def test_an_office_gets_more_of_its_pool_and_gives_it_back(with_quotas: Run) -> None:
    told = [
        json.loads(with_quotas("quota", "grant", "kantor", "--opd=DISKOMINFO", octets, REASON, "--json").out)
        for octets in ("--octets=100GB", "--octets=-40GB")
    ]
    assert [one["granted_octets"] for one in told] == [100 * 10**9, 60 * 10**9]


def test_a_dry_run_gives_nothing(with_quotas: Run) -> None:
    told = with_quotas("quota", "grant", "bulanan", "--employee=budi", "--octets=5GB", REASON, "--dry-run").out
    assert "budi would have" in told
    again = with_quotas("quota", "grant", "bulanan", "--employee=budi", "--octets=5GB", REASON, "--json").out
    assert json.loads(again)["granted_octets"] == 5 * 10**9


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("bulanan", "--octets=5GB"), "--employee or --opd"),
        (("bulanan", "--octets=5GB", "--employee=budi", "--opd=DISKOMINFO"), "--employee or --opd"),
        (("bulanan", "--octets=lima", "--employee=budi"), "octets: 'lima'"),
        (("harian", "--octets=5GB", "--employee=budi"), "there are bulanan, kantor"),
        (("kantor", "--octets=5GB", "--employee=budi"), "give it to the office DISKOMINFO"),
    ],
)
def test_what_cannot_be_given_is_said(with_quotas: Run, arguments: tuple[str, ...], says: str) -> None:
    done = with_quotas("quota", "grant", *arguments, REASON)
    assert done.code != 0
    assert says in done.err
