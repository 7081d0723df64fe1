"""The memory of requests and answers: bounded, fair, forgetful in time."""

import pytest

from radius.duplicates import ENTRY_OCTETS, Duplicates, Limits, Standing

KEY = (("192.0.2.1", 40000), 7)
FIRST, SECOND = b"a" * 16, b"b" * 16


def test_dropped_request_is_worked_on_anew() -> None:
    memory = Duplicates()
    memory.look("nas", KEY, FIRST, 0)
    memory.forget("nas", KEY, FIRST)
    assert memory.look("nas", KEY, FIRST, 1) is Standing.NEW


def test_late_answer_of_a_replaced_request_is_not_given_to_the_new_one() -> None:
    memory = Duplicates()
    memory.look("nas", KEY, FIRST, 0)
    memory.look("nas", KEY, SECOND, 1)
    memory.answered("nas", KEY, FIRST, b"old")
    memory.forget("nas", KEY, FIRST)
    assert memory.look("nas", KEY, SECOND, 2) is Standing.IN_WORK


def test_first_answer_stands() -> None:
    memory = Duplicates()
    memory.look("nas", KEY, FIRST, 0)
    memory.answered("nas", KEY, FIRST, b"one")
    memory.answered("nas", KEY, FIRST, b"two")
    assert memory.look("nas", KEY, FIRST, 1) == b"one"


def test_answer_to_nothing_is_not_kept() -> None:
    memory = Duplicates()
    memory.answered("nas", KEY, FIRST, b"one")
    memory.forget("nas", KEY, FIRST)
    assert memory.entries == memory.octets == 0


def test_silent_gateways_cost_nothing_after_a_while() -> None:
    memory = Duplicates(Limits(keep_s=30))
    for nas in range(10):
        memory.look(nas, KEY, FIRST, nas)
        memory.answered(nas, KEY, FIRST, bytes(100))
    memory.expire(34)
    assert memory.entries == 5
    memory.expire(100)
    assert memory.entries == memory.octets == 0


@pytest.mark.parametrize(
    "limits",
    [
        Limits(entries_per_nas=50, entries=120),
        Limits(octets_per_nas=50 * (ENTRY_OCTETS + 20), octets=120 * (ENTRY_OCTETS + 20)),
    ],
    ids=["by entries", "by octets"],
)
def test_bounds_hold_whoever_floods(limits: Limits) -> None:
    memory = Duplicates(limits)
    for number in range(3000):
        nas = number % 10
        memory.look(nas, number, FIRST, 0)
        memory.answered(nas, number, FIRST, bytes(20))
        assert memory.entries <= 120
        assert memory.octets <= 120 * (ENTRY_OCTETS + 20)


def test_gateways_that_flood_together_leave_a_quiet_one_its_own() -> None:
    memory = Duplicates(Limits(entries_per_nas=50, entries=100))
    for number in range(5):
        memory.look("quiet", number, FIRST, 0)
    for number in range(1000):
        memory.look(f"flood {number % 4}", number, FIRST, 0)
    assert [memory.look("quiet", number, FIRST, 1) for number in range(5)] == [Standing.IN_WORK] * 5


def test_newcomer_gets_in_when_all_is_full() -> None:
    memory = Duplicates(Limits(entries_per_nas=100, entries=100))
    for number in range(100):
        memory.look("old", number, FIRST, 0)
    for number in range(10):
        memory.look("new", number, FIRST, 0)
    assert memory.entries <= 100
    assert memory.look("new", 0, FIRST, 0) is Standing.IN_WORK
