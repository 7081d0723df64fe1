"""What an assessment round proposes, on what ground, and which conclusions fit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netquota.domain.rounds import (
    Conclusion,
    Ground,
    Move,
    RoundState,
    Use,
    check_conclusion,
    check_next,
    move_to,
    proposed,
)
from netquota.domain.units import Rate
from netquota.errors import Conflict, InvalidValue

M = 1_000_000
CALM = Use(
    people=40, ceiling_down_bps=60 * M, ceiling_up_bps=30 * M, coverage_permille=990, p95_down_bps=10 * M,
    p95_up_bps=2 * M, at_limit_permille=0, share_down_bps=15 * M, share_up_bps=7 * M,
)  # fmt: skip
FULL = replace(CALM, p95_down_bps=59 * M, at_limit_permille=40, share_down_bps=80 * M, share_up_bps=20 * M)


def mbps(down: int, up: int) -> Rate:
    return Rate(down * M, up * M)


@pytest.mark.parametrize(
    ("use", "move", "rate", "ground"),
    [
        (FULL, Move.RAISE, mbps(80, 30), Ground.AT_LIMIT),  # no direction gets less
        (replace(FULL, share_down_bps=50 * M), Move.KEEP, mbps(60, 30), Ground.NO_MORE),
        (replace(FULL, share_down_bps=None, share_up_bps=None), Move.KEEP, mbps(60, 30), Ground.NO_MORE),
        (replace(FULL, coverage_permille=499), Move.KEEP, mbps(60, 30), Ground.THIN),
        (replace(FULL, p95_down_bps=None), Move.KEEP, mbps(60, 30), Ground.THIN),
        (replace(FULL, at_limit_permille=None), Move.KEEP, mbps(60, 30), Ground.THIN),
        (replace(FULL, ceiling_down_bps=None), Move.KEEP, None, Ground.UNLIMITED),
        (replace(FULL, at_limit_permille=10), Move.KEEP, mbps(60, 30), Ground.FITS),  # 1 % is the service level itself
        (CALM, Move.LOWER, mbps(15, 7), Ground.ROOM),
        (replace(CALM, at_limit_permille=3), Move.KEEP, mbps(60, 30), Ground.FITS),
        (replace(CALM, p95_down_bps=31 * M), Move.KEEP, mbps(60, 30), Ground.FITS),
    ],
)
def test_the_direction_follows_use_and_the_size_the_division(
    use: Use, move: Move, rate: Rate | None, ground: Ground
) -> None:
    found = proposed(use)
    assert (found.move, found.rate, found.ground) == (move, rate, ground)


@pytest.mark.parametrize(
    ("known", "rate"),
    [
        ({"share_down_bps": 1 * M, "share_up_bps": 1 * M}, mbps(13, 3)),  # a quarter above P95, in whole steps
        ({"guaranteed_down_bps": 20 * M, "guaranteed_up_bps": 10 * M}, mbps(20, 10)),
        ({"needed_down_bps": 24_500_000, "needed_up_bps": 8 * M}, mbps(25, 8)),
        ({"share_down_bps": None, "share_up_bps": None}, mbps(13, 3)),
        ({"share_down_bps": None, "share_up_bps": None, "p95_down_bps": 0, "p95_up_bps": 0}, mbps(1, 1)),  # never none
    ],
)
def test_a_lower_ceiling_leaves_room_for_what_is_used_promised_and_needed(
    known: dict[str, int | None], rate: Rate
) -> None:
    assert proposed(replace(CALM, **known)).rate == rate


@pytest.mark.parametrize(
    "known",
    [
        {"share_down_bps": 55 * M},  # hardly lower
        {"needed_down_bps": 70 * M},
        {"requests": ("P-2026-001",), "asked_down_bps": 5 * M, "asked_up_bps": 0},  # it asks for more
    ],
)
def test_what_is_wanted_is_not_taken_away(known: dict[str, int]) -> None:
    assert proposed(replace(CALM, **known)).move is Move.KEEP  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ceiling", "rate", "move"),
    [
        (mbps(10, 5), mbps(10, 5), Move.KEEP), (None, None, Move.KEEP), (mbps(10, 5), mbps(11, 1), Move.RAISE),
        (mbps(10, 5), mbps(10, 6), Move.RAISE), (mbps(10, 5), mbps(10, 4), Move.LOWER), (None, mbps(1, 1), Move.LOWER),
        (mbps(10, 5), None, Move.RAISE),
    ],
)  # fmt: skip
def test_what_a_rate_is_beside_the_ceiling(ceiling: Rate | None, rate: Rate | None, move: Move) -> None:
    assert move_to(ceiling, rate) is move


def test_a_conclusion_has_to_fit_what_is_proposed() -> None:
    check_conclusion(Conclusion.KEPT, mbps(10, 5), mbps(20, 5))
    check_conclusion(Conclusion.CHANGED, mbps(10, 5), mbps(20, 5))
    check_conclusion(Conclusion.BUDGET, mbps(10, 5), mbps(20, 5))
    for conclusion, rate in ((Conclusion.CHANGED, mbps(10, 5)), (Conclusion.BUDGET, mbps(5, 5)),
                             (Conclusion.BUDGET, mbps(10, 5))):  # fmt: skip
        with pytest.raises(InvalidValue) as caught:
            check_conclusion(conclusion, mbps(10, 5), rate)
        assert caught.value.field == "conclusion"


def test_a_round_is_sent_once_and_closed_once_it_was() -> None:
    check_next(RoundState.PREPARED, RoundState.SENT)
    check_next(RoundState.SENT, RoundState.CLOSED)
    for before, after in ((RoundState.PREPARED, RoundState.CLOSED), (RoundState.SENT, RoundState.SENT),
                          (RoundState.CLOSED, RoundState.SENT)):  # fmt: skip
        with pytest.raises(Conflict):
            check_next(before, after)
