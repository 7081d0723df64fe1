"""Why it is slow: each cause is found by what is known, those elsewhere first; nothing where nothing is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netquota.domain.policy import Code
from netquota.domain.slowness import Cause, Circumstances, Cut, Finding, Flow, findings
from netquota.domain.units import NO_BREAK_SPACE, Rate
from netquota.services import slowness_words

M = 1_000_000
USUAL = Circumstances(True, gateway="gw", code=Code.PLAN_RATE)

CUT = Cut(Rate(9_380_000, 5 * M), Rate(20 * M, 5 * M), Code.SHARE_OF_CEILING, "DISDIK")


def flow(name: str, now: int, most: int) -> Flow:
    return Flow(name, Rate(now * M, M), Rate(most * M, 10 * M))


@pytest.mark.parametrize(
    ("seen", "causes"),
    [
        ({}, [Cause.NOT_HERE]),
        ({"silent_s": 1000}, [Cause.GATEWAY_SILENT]),
        ({"probe": (10, 0)}, [Cause.PROVIDER_DOWN]),
        ({"probe": (10, 9)}, [Cause.PROVIDER_LOSSY]),
        ({"probe": (100, 99)}, [Cause.NOT_HERE]),
        ({"probe": (0, 0)}, [Cause.NOT_HERE]),
        ({"link": flow("a", 90, 100)}, [Cause.LINK_FULL]),
        ({"link": flow("a", 89, 100)}, [Cause.NOT_HERE]),
        ({"link": Flow("a", Rate(M, 95 * M), Rate(100 * M, 100 * M))}, [Cause.LINK_FULL]),  # full upwards
        ({"order_ms": 9_000}, [Cause.NOT_HERE]),
        ({"order_ms": 60_000}, [Cause.ORDER_UNANSWERED]),
        ({"quiet_s": 2_000}, [Cause.SESSION_SILENT]),
        ({"quiet_s": 2_000, "silent_s": 2_000}, [Cause.GATEWAY_SILENT]),  # told once
        ({"office": flow("o", 60, 60)}, [Cause.OPD_FULL]),
        ({"code": Code.QUOTA_THROTTLED, "own": flow("u", 2, 2)}, [Cause.OWN_QUOTA]),
        ({"own": flow("u", 10, 10)}, [Cause.OWN_LIMIT]),
        ({"own": flow("u", 10, 10), "code": Code.SHARE_OF_CEILING}, [Cause.SHARE]),
        ({"own": flow("u", 1, 10)}, [Cause.NOT_HERE]),
        ({"own": flow("u", 1, 10), "code": Code.SHARE_OF_CEILING, "cut": CUT}, [Cause.CUT]),
        ({"own": flow("u", 10, 10), "code": Code.SHARE_OF_CEILING, "cut": CUT}, [Cause.CUT, Cause.SHARE]),
        ({"own": flow("u", 10, 10), "code": Code.EVENT_CUT, "cut": CUT}, [Cause.CUT]),
        ({"code": Code.QUOTA_THROTTLED, "cut": CUT}, [Cause.OWN_QUOTA]),
        ({"accepted": False, "online": False}, [Cause.REFUSED]),
        ({"online": False}, [Cause.OFFLINE]),
        ({"link": flow("a", 99, 100), "office": flow("o", 60, 60), "own": flow("u", 10, 10)},
         [Cause.LINK_FULL, Cause.OPD_FULL, Cause.OWN_LIMIT]),
    ],
)  # fmt: skip
def test_each_cause_is_found_by_what_is_known(seen: dict[str, object], causes: list[Cause]) -> None:
    assert [found.cause for found in findings(replace(USUAL, **seen))] == causes  # type: ignore[arg-type]


def test_causes_elsewhere_are_told_apart() -> None:
    found = findings(replace(USUAL, silent_s=900, own=flow("u", 10, 10)))
    assert [one.is_elsewhere for one in found] == [True, False]


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_words_and_a_remedy(cause: Cause, language: str) -> None:
    seen = {
        Cause.LINK_FULL: {"link": flow("Tautan", 95, 100)}, Cause.GATEWAY_SILENT: {"silent_s": 1800},
    }.get(cause)  # fmt: skip
    finding = findings(replace(USUAL, **seen))[0] if seen else None
    if finding is not None:
        told = slowness_words.told(finding, language)
        assert "{" not in told
        assert ("95" in told) == (cause is Cause.LINK_FULL)
        assert slowness_words.remedy(finding, language).endswith(".")
    assert cause in slowness_words._WORDS


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize(
    "code",
    [Code.SHARE_OF_CEILING, Code.CEILING_CAPS, Code.EVENT_CUT, Code.WINDOW_RATE, Code.OVERRIDE_RATE,
     Code.QUOTA_THROTTLED, Code.QUOTA_STEP, Code.PLAN_RATE, None],
)  # fmt: skip
def test_a_cut_under_the_plan_is_told_with_both_figures(code: Code | None, language: str) -> None:
    (finding,) = findings(replace(USUAL, code=code, cut=replace(CUT, code=code)))
    told = slowness_words.told(finding, language).replace(NO_BREAK_SPACE, " ")
    assert "{" not in told
    assert ("9.4 / 5" if language == "en" else "9,4 / 5") in told
    assert "20 / 5" in told
    assert slowness_words.remedy(finding, language).endswith(".")


def test_a_cut_of_a_rule_without_a_name_is_told_without_one() -> None:
    told = slowness_words.told(Finding(Cause.CUT, cut=replace(CUT, source="")), "en")
    assert told.startswith("his limit is lower than his plan: ")
