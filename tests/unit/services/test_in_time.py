"""A database that stands still holds up who asks it for a moment, once, and not those behind him."""

from __future__ import annotations

import threading

from netquota.errors import StorageUnavailable
from netquota.services.in_time import InTime

LONG_S = 30.0


def test_questions_are_answered() -> None:
    asked = InTime(LONG_S)
    assert [asked.ask(lambda number=number: number) for number in (1, 2)] == [1, 2]


def test_a_question_that_fails_has_no_answer_and_the_next_one_has() -> None:
    def fails() -> int:
        raise StorageUnavailable("gone")

    asked = InTime(LONG_S)
    assert [asked.ask(fails), asked.ask(lambda: 3)] == [None, 3]


def test_behind_a_question_that_hangs_nobody_waits_and_after_it_all_goes_on() -> None:
    goes_on, ended = threading.Event(), threading.Event()

    def hangs() -> int:
        goes_on.wait(LONG_S)
        ended.set()
        return 1

    asked = InTime(0.05)
    assert asked.ask(hangs) is None
    asked._wait_s = LONG_S  # who waited now would wait long
    assert asked.ask(lambda: 2) is None
    goes_on.set()
    assert ended.wait(LONG_S)
    while (answer := asked.ask(lambda: 3)) is None:
        pass
    assert answer == 3
