"""Turns in any zone, over changes of the clock and of members: they meet, and nobody has more than others."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from netquota.domain.rotation import (
    Choice,
    MemberKind,
    Rotation,
    Stage,
    Turn,
    TurnRule,
    TurnUnit,
    begun,
    changed,
    longest_waiting,
    own_turn_after,
    turn_at,
    turns,
    waiting_since,
)

ZONES = ("Asia/Jakarta", "Asia/Jayapura", "Europe/Berlin", "Africa/Cairo", "America/Havana", "Australia/Lord_Howe")
FROM_S = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
THREE_YEARS_S = 3 * 365 * 86_400
FREE = {date.fromordinal(number * 17) for number in range(date(2010, 1, 1).toordinal() // 17, 44_000)}

zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.integers(FROM_S, FROM_S + THREE_YEARS_S)
clocks = st.builds(time, st.integers(0, 23), st.sampled_from((0, 30)))


@st.composite
def rules(draw: st.DrawFn) -> TurnRule:
    unit = draw(st.sampled_from(TurnUnit))
    counted = unit in (TurnUnit.DAILY, TurnUnit.WEEKLY)
    hours = draw(st.sets(st.sampled_from(range(4, 24, 2)), min_size=2, max_size=4))
    times = tuple(time(hour) for hour in sorted(hours)) if unit is TurnUnit.SHIFT else (draw(clocks),)
    return TurnRule(
        unit, draw(st.dates(date(2023, 6, 1), date(2026, 12, 31))), draw(st.integers(1, 4)) if counted else 1, times
    )


def group(rule: TurnRule, zone: ZoneInfo, order: tuple[int, ...]) -> Rotation:
    return Rotation(1, "g", zone, MemberKind.EMPLOYEE, (Stage(0, rule, 0, order),))


@settings(max_examples=60)
@given(rules(), zones, moments, st.integers(1, 7))
def test_turns_meet_and_hold_their_moments(rule: TurnRule, zone: ZoneInfo, at_s: int, size: int) -> None:
    found = group(rule, zone, tuple(range(size)))
    turn = turn_at(found, at_s, FREE)
    assert turn.start_s <= at_s < turn.end_s
    for inside in (turn.start_s, turn.end_s - 1):
        assert turn_at(found, inside, FREE) == turn
    after = turn_at(found, turn.end_s, FREE)
    assert after.start_s == turn.end_s
    if turn.number is not None and after.number is not None:
        assert after.number == turn.number + 1


@settings(max_examples=25)
@given(rules(), zones, moments, st.integers(1, 6), st.integers(1, 5))
def test_after_whole_cycles_everybody_had_the_same_number_of_turns(
    rule: TurnRule, zone: ZoneInfo, at_s: int, size: int, cycles: int
) -> None:
    found = group(rule, zone, tuple(range(size)))
    had: Counter[int | None] = Counter()
    for turn in turns(found, at_s, at_s + 10**12, FREE):
        had[turn.member] += 1
        if had.total() == size * cycles:
            break
    assert set(had.values()) == {cycles}
    assert len(had) == size


@settings(max_examples=40)
@given(
    rules(), zones, moments,
    st.lists(
        st.tuples(st.integers(0, 20 * 86_400), st.sets(st.integers(0, 5), min_size=1), st.none() | rules()), max_size=6
    ),
)  # fmt: skip
def test_whoever_comes_and_goes_nobody_waits_longer_than_others(
    rule: TurnRule, zone: ZoneInfo, at_s: int, edits: list[tuple[int, set[int], TurnRule | None]]
) -> None:
    found, now_s = begun(Rotation(1, "g", zone, MemberKind.OPD, ()), rule, (0, 1, 2), at_s), at_s
    present = [(at_s - 1, {0, 1, 2})]
    for wait_s, wanted, other in edits:
        now_s += wait_s
        running = turn_at(found, now_s, FREE)
        found = changed(found, other or found.stages[-1].rule, sorted(wanted), now_s, FREE)
        assert running.member is None or turn_at(found, now_s, FREE).member == running.member
        present.append((now_s, wanted))
    told = list(turns(found, at_s, now_s + 60 * 86_400, FREE))
    assert all(before.end_s <= after.start_s for before, after in pairwise(told))
    _check_fairness(told, present)


@settings(max_examples=60)
@given(
    rules(), zones, moments, st.integers(1, 7), st.lists(st.tuples(st.integers(1, 60), st.integers(0, 6)), max_size=3),
    st.none() | rules(),
)  # fmt: skip
def test_the_next_own_turn_is_the_first_that_a_walk_over_all_turns_finds(
    rule: TurnRule, zone: ZoneInfo, at_s: int, size: int, swaps: list[tuple[int, int]], other: TurnRule | None
) -> None:
    found = group(rule, zone, tuple(range(size)))
    if other is not None:
        found = changed(found, other, tuple(range(1, size + 1)), at_s, FREE)
    walked = list(islice(turns(found, at_s, at_s + 10**12, FREE), 80))
    swapped_to = {walked[number].start_s: member for number, member in swaps if walked[number].start_s > at_s}
    found = replace(found, replaced=swapped_to)
    walked = list(islice(turns(found, at_s, at_s + 10**12, FREE), 80))
    for member in range(size + 1):
        own = [turn for turn in walked if turn.member == member and turn.start_s > at_s]
        told = own_turn_after(found, member, at_s, FREE)
        assert told == own[0] if own else told is None or told.start_s > walked[-1].start_s


@given(st.dates(date(2015, 1, 1), date(2035, 1, 1)), st.dates(date(2015, 1, 1), date(2035, 1, 1)))
def test_working_days_are_numbered_one_by_one_from_the_anchor(anchor: date, day: date) -> None:
    found = group(TurnRule(TurnUnit.WORKDAY, anchor), ZoneInfo("UTC"), (0,))
    low, high = sorted((anchor, day))
    counted = sum(_works(low + timedelta(days=step)) for step in range((high - low).days))
    turn = turn_at(found, int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()), FREE)
    assert turn.number == ((counted if anchor <= day else -counted) if _works(day) else None)


@settings(max_examples=40)
@given(st.lists(st.tuples(*[st.integers(0, 9)] * 4), min_size=2, max_size=40))
def test_no_two_turns_in_a_row_while_another_waited_and_nobody_who_waits_is_forgotten(
    busy: list[tuple[int, ...]],
) -> None:
    """Busy bins of four members in each turn; a turn goes to who waited longest since the own last one."""
    rule, zone = TurnRule(TurnUnit.DAILY, date(2024, 1, 1), choice=Choice.LONGEST_WAIT), ZoneInfo("Asia/Jakarta")
    begins_s = int(datetime(2024, 1, 1, tzinfo=zone).timestamp())
    found = begun(Rotation(1, "g", zone, MemberKind.OPD, ()), rule, (0, 1, 2, 3), begins_s)
    chosen: list[int] = []
    for number in range(1, len(busy) + 1):
        at_s = begins_s + number * 86_400
        since = waiting_since(found, at_s, frozenset(), 92 * 86_400)
        days = {who: range((since_s - begins_s) // 86_400, number) for who, since_s in since.items()}
        waited = {who: sum(busy[day][who] for day in mine) for who, mine in days.items()}
        first = longest_waiting(waited, {who: f"{who}" for who in waited})
        assert first is not None
        assert waited[first] == max(waited.values())
        if chosen and first == chosen[-1]:
            assert not any(waited.values()), "who had the turn just now waited for nothing"
        found = replace(found, replaced={**found.replaced, at_s: first})
        chosen.append(first)
    last = len(chosen)
    for who in range(4):
        own = max((at for at, each in enumerate(chosen) if each == who), default=-1)
        waits = sum(busy[day][who] for day in range(own + 2, last))
        assert waits <= 9 * 4 * 3, "what one gathers is less than what three others gather in their turns"


def _works(day: date) -> bool:
    return day.weekday() < 5 and day not in FREE


def _check_fairness(told: list[Turn], present: list[tuple[int, set[int]]]) -> None:
    """Between two turns of one, each other who was a member from before the first had exactly one."""
    for one in {turn.member for turn in told}:
        own = [index for index, turn in enumerate(told) if turn.member == one]
        for first, last in pairwise(own):
            between = Counter(turn.member for turn in told[first + 1 : last])
            stayed = _members_throughout(present, told[first].start_s, told[last].start_s)
            assert one not in stayed or all(between[other] == 1 for other in stayed - {one})


def _members_throughout(present: list[tuple[int, set[int]]], from_s: int, to_s: int) -> set[int]:
    before = [who for at_s, who in present if at_s < from_s][-1:]
    leaving = (who for at_s, who in present if from_s <= at_s <= to_s)  # who leaves as a turn begins waits for none
    return set.intersection(*before, *leaving)
