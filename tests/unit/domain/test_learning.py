"""One lost packet is no proof; an answer that says so, or failures in a row, are; a day later it is tried again."""

from __future__ import annotations

import pytest

from netquota.domain.fallback import Fallback, fallback
from netquota.domain.learning import SILENT_FOR_S, Answer, Learnt, answer_of, doubted, learn
from netquota.domain.places import Ability


def after(*answers: tuple[Answer, int], start: Learnt | None = None, cause: int | None = None) -> Learnt:
    """What is known after these answers, each at its second."""
    known = start or Learnt()
    for answer, at_s in answers:
        known = learn(known, answer, cause, at_s)
    return known


SILENT, REFUSED, TAKEN, UNSUPPORTED = Answer.SILENT, Answer.REFUSED, Answer.TAKEN, Answer.UNSUPPORTED


@pytest.mark.parametrize(
    ("answers", "works"),
    [
        ([(TAKEN, 0)], Ability.YES),
        ([(SILENT, 0)], Ability.LEARN),
        ([(SILENT, 0), (SILENT, 1), (SILENT, 2)], Ability.LEARN),  # lost together
        ([(SILENT, 0), (SILENT, 60), (SILENT, SILENT_FOR_S)], Ability.NO),
        ([(SILENT, 0), (SILENT, 60), (TAKEN, 70), (SILENT, 200)], Ability.YES),
        ([(REFUSED, 0), (REFUSED, 1)], Ability.LEARN),
        ([(REFUSED, 0), (REFUSED, 1), (REFUSED, 2)], Ability.NO),
        ([(UNSUPPORTED, 0)], Ability.NO),
        ([(TAKEN, 0), (UNSUPPORTED, 9)], Ability.NO),
        ([(Answer.NO_PROOF, at) for at in range(9)], Ability.LEARN),
    ],
)
def test_what_answers_prove(answers: list[tuple[Answer, int]], works: Ability) -> None:
    assert after(*answers).works is works


def test_why_and_since_when_is_remembered_until_it_works_again() -> None:
    known = after((UNSUPPORTED, 7), cause=405)
    assert (known.works, known.why, known.since_s) == (Ability.NO, "405", 7)
    assert after((UNSUPPORTED, 99), start=known, cause=405).since_s == 7
    assert after((TAKEN, 100), start=known) == Learnt(Ability.YES, "", 100)


def test_tried_again_one_failure_is_proof_enough_and_one_success_too() -> None:
    known = doubted(after((UNSUPPORTED, 7)))
    assert known.works is Ability.LEARN
    assert after((REFUSED, 90_000), start=known).works is Ability.NO
    assert after((SILENT, 90_000), start=known).works is Ability.NO
    assert after((TAKEN, 90_000), start=known).works is Ability.YES


@pytest.mark.parametrize(
    ("taken", "refused", "cause", "heard", "answer"),
    [
        (True, False, None, True, TAKEN),
        (False, False, None, True, SILENT),
        (False, False, None, False, Answer.NO_PROOF),  # it is off, or the line is down
        (False, True, 401, True, UNSUPPORTED),
        (False, True, 405, True, UNSUPPORTED),
        (False, True, 503, True, Answer.NO_PROOF),  # that session was gone
        (False, True, 506, True, Answer.NO_PROOF),
        (False, True, None, True, REFUSED),  # CoovaChilli says no more
        (False, True, 402, True, REFUSED),
    ],
)
def test_what_an_end_says_of_the_gateway(
    taken: bool, refused: bool, cause: int | None, heard: bool, answer: Answer
) -> None:
    assert answer_of(taken, refused, cause, heard) is answer


def test_fallback_follows_from_what_it_can_do() -> None:
    table = [fallback(rate, end) for rate in (True, False) for end in (True, False)]
    assert table == [Fallback.NONE, Fallback.SLOW, Fallback.END, Fallback.NEXT_LOGIN]
