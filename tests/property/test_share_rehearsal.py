"""A rehearsed city of shared ceilings: never over one at any instant, nearly all used, newcomers soon at their share.

Virtual time, one seed; `make test-long` rehearses sixty offices of a hundred sessions and prints the figures.
"""

from __future__ import annotations

import sys

import pytest

from tests.share_rehearsal import City, Figures, Scenario

ROUGH = {"stay_s": 400.0, "loss": 0.05, "slow": 0.2, "silent": 0.01}
CHANGES = ((160.0, 0.5), (220.0, 1.2), (260.0, 0.9))


def never_over(figures: Figures) -> None:
    """At no instant more than the ceiling at the gateways (after a lowering: than before), nor than the books knew."""
    assert (figures.over_ceiling, figures.over_books) == (0, 0), figures


@pytest.mark.parametrize("seed", [1, 2])
def test_two_offices_of_a_hundred_under_full_demand(seed: int) -> None:
    figures = City(Scenario(offices=2, seconds=300, seed=seed)).run()
    never_over(figures)
    assert figures.use >= 0.96
    assert figures.messages_per_session_minute < 2
    assert max(figures.newcomers) <= 20


def test_lost_and_slow_answers_and_much_coming_and_going() -> None:
    figures = City(Scenario(offices=2, sessions=60, seconds=300, **ROUGH)).run()
    never_over(figures)
    assert figures.messages_per_session_minute < 4


def test_ceilings_that_change_hold_and_are_used() -> None:
    figures = City(Scenario(offices=2, sessions=60, seconds=320, ceilings=CHANGES)).run()
    never_over(figures)
    assert len(figures.lowered_s) == 2 * 2
    assert max(figures.lowered_s) <= 30


def test_who_uses_little_leaves_the_rest_to_others() -> None:
    figures = City(Scenario(offices=2, sessions=40, seconds=300, idle=0.5)).run()
    never_over(figures)
    assert figures.use >= 0.7
    assert max(figures.newcomers) <= 60


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "scenario"),
    [
        ("churn", Scenario()),
        ("churn, ceilings change", Scenario(ceilings=((240.0, 0.6), (360.0, 1.1), (480.0, 1.0)), seed=2)),
        ("much churn, loss and slow answers", Scenario(offices=20, seed=3, **ROUGH)),
    ],
)
def test_a_whole_city_is_rehearsed(name: str, scenario: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    figures = City(scenario).run()
    with capsys.disabled():
        sys.stdout.write(f"\n{scenario.offices} offices x {scenario.sessions} sessions, {name}: {figures}\n")
    never_over(figures)
    assert figures.use >= 0.97
    assert figures.messages_per_session_minute < 2
    assert max(figures.newcomers) <= 20
