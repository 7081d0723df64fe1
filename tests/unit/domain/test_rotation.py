"""Whose turn it is: the known answers of planning.md §5.5, changes of members and rule, swaps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from time import process_time
from zoneinfo import ZoneInfo

import pytest

from netquota.domain.rotation import (
    Choice,
    MemberKind,
    Rotation,
    Stage,
    TurnRule,
    TurnUnit,
    begun,
    changed,
    longest_waiting,
    members,
    own_turn_after,
    queue_at,
    swapped,
    turn_at,
    turns,
    waiting_since,
)
from netquota.errors import InvalidValue

JAKARTA = ZoneInfo("Asia/Jakarta")
DINKES, DISDIK, DPMPTSP, BAPPEDA = 1, 2, 3, 4
MONDAY = date(2026, 1, 5)
DAILY = TurnRule(TurnUnit.DAILY, MONDAY)
SHIFTS = TurnRule(TurnUnit.SHIFT, MONDAY, times=(time(7), time(12), time(17)))
DAY_S = 86_400
NEW_YEAR = {date(2026, 1, 16)}
NO_HOLIDAY: frozenset[date] = frozenset()


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def group(rule: TurnRule = DAILY, *, from_s: int = 0, order: tuple[int, ...] = (DINKES, DISDIK, DPMPTSP)) -> Rotation:
    return Rotation(1, "bergilir", JAKARTA, MemberKind.OPD, (Stage(from_s, rule, 0, order),))


@pytest.mark.parametrize(("rule", "now", "number", "member"), [
    (DAILY, "2026-01-04 17:00:00", 0, DINKES),
    (DAILY, "2026-01-07 17:00:00", 3, DINKES),
    (DAILY, "2026-01-04 16:59:59", -1, DPMPTSP),
    (TurnRule(TurnUnit.DAILY, MONDAY, times=(time(6),)), "2026-01-05 22:59:59", 0, DINKES),
    (TurnRule(TurnUnit.WEEKLY, MONDAY), "2026-01-11 17:00:00", 1, DISDIK),
    (TurnRule(TurnUnit.WEEKLY, MONDAY, every=2), "2026-01-25 17:00:00", 1, DISDIK),
    (SHIFTS, "2026-01-06 05:00:00", 4, DISDIK),
    (SHIFTS, "2026-01-05 19:00:00", 2, DPMPTSP),  # 02:00 local: the last shift of the day before
    (TurnRule(TurnUnit.WORKDAY, MONDAY), "2026-01-19 03:00:00", 9, DINKES),
    (TurnRule(TurnUnit.WORKDAY, MONDAY), "2026-01-16 03:00:00", None, None),
    (TurnRule(TurnUnit.WORKDAY, MONDAY), "2026-01-04 03:00:00", None, None),
    (TurnRule(TurnUnit.WORKDAY, MONDAY), "2026-01-02 03:00:00", -1, DPMPTSP),
])  # fmt: skip
def test_known_turns(rule: TurnRule, now: str, number: int | None, member: int | None) -> None:
    turn = turn_at(group(rule, from_s=-(2**40)), epoch(now), NEW_YEAR)
    assert (turn.number, turn.member) == (number, member)
    assert turn.start_s <= epoch(now) < turn.end_s


def test_two_turns_change_hands() -> None:
    before = epoch("2026-01-04 20:00:00")
    found = swapped(group(), epoch("2026-01-06 03:00:00"), epoch("2026-01-07 03:00:00"), before, NO_HOLIDAY)
    turn = turn_at(found, epoch("2026-01-06 03:00:00"), NO_HOLIDAY)
    assert (turn.number, turn.member) == (1, DPMPTSP)
    assert [each.member for each in turns(found, before, before + 5 * DAY_S, NO_HOLIDAY)] == [
        DINKES, DPMPTSP, DISDIK, DINKES, DISDIK, DPMPTSP,
    ]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), [
    ("2026-01-06 03:00:00", "2026-01-08 20:00:00"),  # the running turn
    ("2026-01-07 03:00:00", "2026-01-10 03:00:00"),  # the same member's
    ("2026-01-01 03:00:00", "2026-01-08 03:00:00"),  # past
])  # fmt: skip
def test_only_turns_to_come_of_two_members_change_hands(one: str, other: str) -> None:
    with pytest.raises(InvalidValue, match="turn"):
        swapped(group(), epoch(one), epoch(other), epoch("2026-01-06 03:00:00"), NO_HOLIDAY)


def test_a_group_begins_at_its_anchor_and_at_once_where_that_has_passed() -> None:
    empty = Rotation(1, "bergilir", JAKARTA, MemberKind.OPD, ())
    ahead = begun(empty, DAILY, (DINKES, DISDIK), epoch("2026-01-01 00:00:00"))
    assert turn_at(ahead, epoch("2026-01-03 00:00:00"), NO_HOLIDAY).member is None
    assert turn_at(ahead, epoch("2026-01-04 17:00:00"), NO_HOLIDAY).member == DINKES
    late_s = epoch("2026-01-06 05:00:00")
    late = begun(empty, DAILY, (DINKES, DISDIK), late_s)
    assert turn_at(late, late_s - 1, NO_HOLIDAY).member is None
    assert turn_at(late, late_s, NO_HOLIDAY).member == DISDIK


def test_who_joins_stands_at_the_end_and_nobody_loses_the_running_turn() -> None:
    now_s = epoch("2026-01-06 05:00:00")  # turn 1: DISDIK
    found = changed(group(), DAILY, (BAPPEDA, DINKES, DPMPTSP), now_s, NO_HOLIDAY)
    assert turn_at(found, now_s, NO_HOLIDAY).member == DISDIK
    told = [turn.member for turn in turns(found, now_s, now_s + 6 * DAY_S, NO_HOLIDAY)]
    assert told == [DISDIK, DPMPTSP, DINKES, BAPPEDA, DPMPTSP, DINKES, BAPPEDA]
    assert members(found, now_s) == {DINKES, DISDIK, DPMPTSP, BAPPEDA}


def test_who_left_and_came_back_within_a_turn_keeps_the_place() -> None:
    now_s = epoch("2026-01-06 05:00:00")
    without = changed(group(), DAILY, (DINKES, DPMPTSP), now_s, NO_HOLIDAY)
    again = changed(without, DAILY, (DISDIK, DINKES, DPMPTSP), now_s + 60, NO_HOLIDAY)
    assert again.stages == group().stages


def test_another_rule_begins_where_the_running_turn_ends() -> None:
    now_s = epoch("2026-01-06 05:00:00")
    found = changed(group(), SHIFTS, (DINKES, DISDIK, DPMPTSP), now_s, NO_HOLIDAY)
    told = [turn.member for turn in turns(found, now_s, now_s + 2 * DAY_S, NO_HOLIDAY)]
    assert told[:5] == [DISDIK, DPMPTSP, DINKES, DISDIK, DPMPTSP]


def test_a_rule_that_begins_later_lets_the_present_one_go_on() -> None:
    now_s, later = epoch("2026-01-06 05:00:00"), TurnRule(TurnUnit.WEEKLY, date(2026, 1, 12))
    found = changed(group(), later, (DINKES, DISDIK, DPMPTSP), now_s, NO_HOLIDAY)
    told = [turn.member for turn in turns(found, now_s, now_s + 14 * DAY_S, NO_HOLIDAY)]
    assert told == [DISDIK, DPMPTSP, DINKES, DISDIK, DPMPTSP, DINKES, DISDIK, DPMPTSP]  # the last for a week


def test_a_change_keeps_the_queue_that_a_swap_made() -> None:
    before = epoch("2026-01-04 20:00:00")
    found = swapped(group(), epoch("2026-01-06 03:00:00"), epoch("2026-01-07 03:00:00"), before, NO_HOLIDAY)
    now_s = epoch("2026-01-06 05:00:00")  # DPMPTSP has DISDIK's turn
    after = changed(found, DAILY, (DINKES, DISDIK, DPMPTSP, BAPPEDA), now_s, NO_HOLIDAY)
    assert turn_at(after, now_s, NO_HOLIDAY).member == DPMPTSP
    assert queue_at(after, epoch("2026-01-06 17:00:00"), NO_HOLIDAY) == [DISDIK, DINKES, DPMPTSP, BAPPEDA]


def test_the_next_own_turn_is_told() -> None:
    turn = own_turn_after(group(), DINKES, epoch("2026-01-05 03:00:00"), NO_HOLIDAY)
    assert turn is not None
    assert turn.start_s == epoch("2026-01-07 17:00:00")
    assert own_turn_after(group(order=(DINKES,)), DISDIK, 0, NO_HOLIDAY) is None


@pytest.mark.parametrize(("rule", "field"), [
    ({"unit": TurnUnit.SHIFT}, "times"),
    ({"unit": TurnUnit.DAILY, "times": (time(7), time(12))}, "times"),
    ({"unit": TurnUnit.SHIFT, "times": (time(12), time(7))}, "times"),
    ({"unit": TurnUnit.WORKDAY, "every": 2}, "every"),
    ({"unit": TurnUnit.WEEKLY, "every": 0}, "every"),
])  # fmt: skip
def test_rules_that_cannot_be(rule: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidValue, match=field):
        TurnRule(anchor=MONDAY, **rule)  # type: ignore[arg-type]


def test_the_next_own_turn_costs_little_in_a_large_old_group_of_working_days() -> None:
    free = {date(year, month, 1) for year in range(2010, 2031) for month in range(1, 13)}
    large = group(TurnRule(TurnUnit.WORKDAY, date(2010, 1, 4)), order=tuple(range(200)))
    now_s = epoch("2026-11-30 03:00:00")
    before_s = process_time()
    found = [own_turn_after(large, member, now_s, free) for member in range(20)]
    each_s = (process_time() - before_s) / 20
    assert all(found)
    assert each_s < 0.02, "what a worker may spend on it between two packets, on a slow machine"


# -- turns that go to whoever waited longest -------------------------------------------------------------------------
LONGEST = replace(DAILY, choice=Choice.LONGEST_WAIT)


def test_a_turn_that_is_chosen_late_is_nobodys_until_it_was() -> None:
    found, now_s = group(LONGEST), epoch("2026-01-06 05:00:00")
    turn = turn_at(found, now_s, NO_HOLIDAY)
    assert (turn.number, turn.member) == (1, None)
    known = replace(found, replaced={turn.start_s: DPMPTSP})
    assert turn_at(known, now_s, NO_HOLIDAY).member == DPMPTSP
    assert [each.member for each in turns(known, now_s - 9 * DAY_S, now_s + 9 * DAY_S, NO_HOLIDAY)] == [DPMPTSP]
    assert own_turn_after(known, DINKES, now_s, NO_HOLIDAY) is None
    assert queue_at(known, turn.end_s, NO_HOLIDAY) == [DINKES, DISDIK, DPMPTSP]
    with pytest.raises(InvalidValue, match="turn"):
        swapped(known, now_s + DAY_S, now_s + 2 * DAY_S, now_s, NO_HOLIDAY)


@pytest.mark.parametrize(("waited", "first"), [
    ({DINKES: 3, DISDIK: 4, DPMPTSP: 0}, DISDIK),
    ({DINKES: 4, DISDIK: 4}, DISDIK),  # equal: the lower code, not the lower id
    ({DINKES: 0, DISDIK: 0, DPMPTSP: 0}, DISDIK),
    ({}, None),
])  # fmt: skip
def test_who_waited_longest_is_first_and_of_equals_the_lower_code(waited: dict[int, int], first: int | None) -> None:
    assert longest_waiting(waited, {DINKES: "DINKES", DISDIK: "DIKNAS", DPMPTSP: "DPMPTSP"}) == first


def test_one_waits_from_the_end_of_the_last_turn_or_from_joining() -> None:
    monday_s, thursday_s = epoch("2026-01-04 17:00:00"), epoch("2026-01-07 17:00:00")
    both = (
        Stage(monday_s, LONGEST, 0, (DINKES, DISDIK)),
        Stage(monday_s + DAY_S, LONGEST, 1, (DINKES, DISDIK, DPMPTSP)),
    )
    found = replace(group(), stages=both, replaced={monday_s: DINKES, monday_s + DAY_S: DINKES})
    assert waiting_since(found, thursday_s, NO_HOLIDAY, 90 * DAY_S) == {
        DINKES: monday_s + 2 * DAY_S, DISDIK: monday_s, DPMPTSP: monday_s + DAY_S,
    }  # fmt: skip
    assert waiting_since(found, thursday_s, NO_HOLIDAY, DAY_S) == dict.fromkeys((1, 2, 3), thursday_s - DAY_S)
    assert waiting_since(found, monday_s - 1, NO_HOLIDAY, DAY_S) == {}


def test_turns_of_the_order_before_count_as_turns_once_they_are_chosen() -> None:
    now_s = epoch("2026-01-06 05:00:00")  # turn 1: DISDIK
    found = changed(group(), LONGEST, (DINKES, DISDIK, DPMPTSP), now_s, NO_HOLIDAY)
    assert turn_at(found, now_s, NO_HOLIDAY).member == DISDIK
    begins_s = turn_at(found, now_s, NO_HOLIDAY).end_s
    assert turn_at(found, begins_s, NO_HOLIDAY).member is None
    since = waiting_since(found, begins_s, NO_HOLIDAY, 90 * DAY_S)
    assert (since[DISDIK], since[DINKES]) == (begins_s, begins_s - DAY_S)
    back = changed(replace(found, replaced={begins_s: DPMPTSP}), DAILY, (DINKES, DISDIK), begins_s, NO_HOLIDAY)
    told = [turn.member for turn in turns(back, begins_s, begins_s + 3 * DAY_S, NO_HOLIDAY)]
    assert told[0] == DPMPTSP, "what was chosen stays"
    assert set(told[1:]) == {DINKES, DISDIK}
