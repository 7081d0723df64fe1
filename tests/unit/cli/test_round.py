"""Assessment rounds by command: opened and measured, adjusted, sent, concluded, closed; refused where it cannot be."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from tests.unit.cli.conftest import Run

WHY = ("--why", "uji")


def days(ago: int) -> str:
    return (datetime.now(UTC) - timedelta(days=ago)).date().isoformat()


def opened(city: Run) -> str:
    done = city("round", "open", "Tinjauan", "--from", days(30), "--until", days(2), "--due", days(-14), *WHY)
    assert done.code == 0, done.err
    return done.out


def test_a_round_goes_from_measuring_to_closing(small_city: Run) -> None:
    city = small_city
    assert opened(city) == "round 1: 1 offices measured\n"
    told = json.loads(city("round", "show", "1", "--json").out)
    assert [(one["opd"], one["ground"]) for one in told["opds"]] == [("DISKOMINFO", "thin")]
    assert city("round", "adjust", "1", "DISKOMINFO", "--rate", "90M/40M", *WHY).out == "DISKOMINFO: raise 90M/40M\n"
    assert city("round", "send", "1").out == "round 1: 1 sheets are with the offices\n"
    assert city("round", "answer", "1", "DISKOMINFO", "--as", "agrees").out == "DISKOMINFO: agrees\n"
    assert city("round", "close", "1").code != 0
    assert city("round", "conclude", "1", "DISKOMINFO", "--as", "changed").out == "DISKOMINFO: changed\n"
    assert city("round", "draft", "1", *WHY).out == "round 1: draft 1 was made\n"
    assert city("round", "close", "1").out == "round 1: closed; to the budget: -\n"
    assert city("round", "list").rows[0][:3] == ["1", "Tinjauan", "closed"]
    assert city("opd", "show", "DISKOMINFO", "--json").out.count("90M/40M") == 0  # a draft is not in force


def test_what_cannot_be_is_told(small_city: Run) -> None:
    city = small_city
    wrong = city("round", "open", "Tinjauan", "--from", days(2), "--until", days(9), "--due", days(-14))
    assert (wrong.code, "last" in wrong.err) == (2, True)
    opened(city)
    for line in ("round show 9", "round conclude 1", "round conclude 1 DISKOMINFO", "round adjust 1 LAIN --why x",
                 "round conclude 1 DISKOMINFO --as budget"):  # fmt: skip
        assert city(*line.split()).code != 0, line
    assert city("round", "conclude", "1", "--rest").out == "1 offices concluded\n"
    assert city("round", "discard", "1").out == "round 1: forgotten\n"
    assert city("round", "list").rows == []
