"""Whose turn it is: scarce capacity goes around among offices or people by turns (model.md, Rotation). Pure.

A turn is a whole unit of local time, counted from an anchor's date; the member is the order's next (planning.md §5.5).
The order is a queue: who had a turn goes to its end, who joins stands at its end, who leaves leaves it. So between two
turns of one member every other one that was there all the while had exactly one, whoever came and went. Or each turn is
given, as it begins, to whoever waited longest; that is a fact then, kept with the single turns (`replaced`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import takewhile
from zoneinfo import ZoneInfo

from netquota.domain.periods import local_instant
from netquota.domain.units import Rate
from netquota.errors import InvalidValue

DaysOff = Set[date]
MOST_UNITS = 52
_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_MOST_LOOKED_AHEAD = 500
_FOREVER_S = 2**62


class TurnUnit(StrEnum):
    """How long a turn lasts: days or weeks, a shift of the day, a working day."""

    DAILY = "daily"
    WEEKLY = "weekly"
    SHIFT = "shift"
    WORKDAY = "workday"


class Choice(StrEnum):
    """Who has the next turn: the queue's next, or whoever waited longest at its limit, told as the turn begins."""

    ORDER = "order"
    LONGEST_WAIT = "longest_wait"


class MemberKind(StrEnum):
    """What takes turns."""

    OPD = "opd"
    EMPLOYEE = "employee"


@dataclass(frozen=True, slots=True)
class TurnRule:
    """How turns follow each other: turn 0 begins on the local date `anchor` at the first of `times`.

    `every`: so many days or weeks make one turn; several `times` (ascending) are the begins of shifts. On a day that is
    no working day a rule of working days has no turn. Raises `InvalidValue`.
    """

    unit: TurnUnit
    anchor: date
    every: int = 1
    times: tuple[time, ...] = (time(0),)
    choice: Choice = Choice.ORDER

    def __post_init__(self) -> None:
        counted = self.unit in (TurnUnit.DAILY, TurnUnit.WEEKLY)
        if not 1 <= self.every <= (MOST_UNITS if counted else 1):
            remedy = f"give a number from 1 to {MOST_UNITS}" if counted else "leave it at 1: only days and weeks count"
            raise InvalidValue("every", self.every, remedy)
        if not self.times or list(self.times) != sorted(set(self.times)):
            raise InvalidValue("times", _shown(self.times), "give each time once, the earliest first")
        shifts = self.unit is TurnUnit.SHIFT
        if shifts is (len(self.times) == 1):
            remedy = "give the begins of two shifts or more" if shifts else "give one time; several belong to shifts"
            raise InvalidValue("times", _shown(self.times), remedy)


@dataclass(frozen=True, slots=True)
class Stage:
    """Rule and order in force from an epoch second on, until the next stage begins; `first` is the turn of order[0]."""

    from_s: int
    rule: TurnRule
    first: int
    order: tuple[int, ...]

    @property
    def is_chosen_late(self) -> bool:
        """Whether nobody knows who has a turn of it before that begins."""
        return self.rule.choice is Choice.LONGEST_WAIT


@dataclass(frozen=True, slots=True)
class Turn:
    """[start_s, end_s) of whose turn it is (a row id), None: nobody's; `number` counts by the rule then in force."""

    start_s: int
    end_s: int
    number: int | None = None
    member: int | None = None


@dataclass(frozen=True, slots=True)
class Rotation:
    """A group that takes turns; stages ascend, `replaced` says who has single turns (by their start) instead of others.

    The member whose turn it is gets: each of his people at least `bonus` (bit/s), an office `ceiling` more (bit/s), and
    `octets` more of each quota, all for the turn.
    """

    id: int
    key: str
    zone: ZoneInfo
    of: MemberKind
    stages: tuple[Stage, ...]
    replaced: Mapping[int, int] = field(default_factory=dict[int, int])
    bonus: Rate | None = None
    ceiling: Rate | None = None
    octets: int = 0
    name: str = ""


def turn_at(rotation: Rotation, at_s: int, free: DaysOff) -> Turn:
    """The turn that holds an epoch second; before the group begins, and on days without a turn, nobody's."""
    index = _current(rotation, at_s)
    following = rotation.stages[index + 1 : index + 2]
    over_s = following[0].from_s if following else _FOREVER_S
    if index < 0:
        return Turn(at_s, over_s)
    stage = rotation.stages[index]
    number, start_s, end_s = _slot(stage.rule, rotation.zone, at_s, free)
    start_s, end_s = max(start_s, stage.from_s), min(end_s, over_s)
    if number is None or not stage.order:
        return Turn(start_s, end_s, number)
    own = None if stage.is_chosen_late else stage.order[(number - stage.first) % len(stage.order)]
    return Turn(start_s, end_s, number, rotation.replaced.get(start_s, own))


def stage_at(rotation: Rotation, at_s: int) -> Stage | None:
    """Rule and order in force at an epoch second; None before the group begins."""
    index = _current(rotation, at_s)
    return None if index < 0 else rotation.stages[index]


def is_chosen_late(rotation: Rotation, at_s: int) -> bool:
    """Whether nobody knows who has a turn of an epoch second before that begins."""
    stage = stage_at(rotation, at_s)
    return stage is not None and stage.is_chosen_late


def _current(rotation: Rotation, at_s: int) -> int:
    """Which stage is in force at an epoch second; -1 before the group begins."""
    return sum(stage.from_s <= at_s for stage in rotation.stages) - 1


def waiting_since(rotation: Rotation, at_s: int, free: DaysOff, most_s: int) -> dict[int, int]:
    """Since when (epoch s) each member waits at a moment: the end of its last turn, else when it joined.

    At most `most_s` are looked back.
    """
    stages = [stage for stage in rotation.stages if stage.from_s <= at_s]
    found: dict[int, int] = {}
    for member in stages[-1].order if stages else ():
        throughout = takewhile(lambda stage, member=member: member in stage.order, reversed(stages))
        found[member] = max(min(stage.from_s for stage in throughout), at_s - most_s)
    for turn in turns(rotation, at_s - most_s, at_s, free):
        if turn.member in found:
            found[turn.member] = max(found[turn.member], min(turn.end_s, at_s))
    return found


def longest_waiting(waited: Mapping[int, int], keys: Mapping[int, str]) -> int | None:
    """Who waited most, by whatever is counted; of equals the first by its key. None of nobody."""
    return min(waited, key=lambda member: (-waited[member], keys.get(member, ""), member), default=None)


def turns(rotation: Rotation, from_s: int, to_s: int, free: DaysOff) -> Iterator[Turn]:
    """The turns that somebody has and that touch [from_s, to_s), ascending."""
    at_s = from_s
    while at_s < to_s:
        turn = turn_at(rotation, at_s, free)
        if turn.member is not None:
            yield turn
        at_s = turn.end_s


def own_turn_after(rotation: Rotation, member: int, at_s: int, free: DaysOff) -> Turn | None:
    """The first turn of a member that begins after an epoch second; None where none is in sight.

    Reckoned, not walked to: what it costs does not grow with the group or with the years since its anchor.
    """
    swapped_to = sorted(start_s for start_s, who in rotation.replaced.items() if who == member and start_s > at_s)
    found = [turn for start_s in swapped_to if _begins(turn := turn_at(rotation, start_s, free), member, start_s)][:1]
    current = _current(rotation, at_s)
    for index in range(max(0, current), len(rotation.stages)):
        own = _own_in_stage(rotation, index, member, at_s, free)
        if own is not None:
            found.append(own)
            break
    return min(found, key=lambda turn: turn.start_s, default=None)


def _own_in_stage(rotation: Rotation, index: int, member: int, at_s: int, free: DaysOff) -> Turn | None:
    """The first turn after `at_s` that a stage's order gives a member, and that was not swapped away."""
    stage, following = rotation.stages[index], rotation.stages[index + 1 : index + 2]
    over_s = following[0].from_s if following else _FOREVER_S
    if member not in stage.order or stage.is_chosen_late:
        return None
    rule, zone = stage.rule, rotation.zone
    from_s = stage.from_s if stage.from_s > at_s else _slot(rule, zone, at_s, free)[2]
    number = _first_number(rule, zone, from_s, free)
    number += (stage.first + stage.order.index(member) - number) % len(stage.order)
    for _ in range(_MOST_LOOKED_AHEAD):
        start_s = max(_start(rule, zone, number, free), stage.from_s)
        if start_s >= over_s:
            return None
        turn = turn_at(rotation, start_s, free)
        if turn.number == number and turn.start_s > at_s and _begins(turn, member, start_s):
            return turn
        number += len(stage.order)
    return None


def _begins(turn: Turn, member: int, start_s: int) -> bool:
    return turn.member == member and turn.start_s == start_s


def members(rotation: Rotation, at_s: int) -> frozenset[int]:
    """Everybody who takes turns at an epoch second or later."""
    current = _current(rotation, at_s)
    return frozenset(member for stage in rotation.stages[max(0, current) :] for member in stage.order)


def begun(rotation: Rotation, rule: TurnRule, order: Sequence[int], now_s: int) -> Rotation:
    """The group with its first stage: from its anchor on, at once where that has passed."""
    return replace(
        rotation, stages=(Stage(max(now_s, _anchored(rule, rotation.zone)), rule, 0, tuple(order)),), replaced={}
    )


def changed(rotation: Rotation, rule: TurnRule, wanted: Sequence[int], now_s: int, free: DaysOff) -> Rotation:
    """The group by another rule or with other members, from the end of the running turn on, which nobody loses.

    Who stays keeps the place in the queue, who joins stands at its end in the order given; swaps to come are undone. A
    rule whose anchor lies ahead begins there, and the present one goes on until then.
    """
    past = tuple(stage for stage in rotation.stages if stage.from_s <= now_s)
    if not past:
        return begun(rotation, rule, wanted, now_s)
    running = replace(rotation, stages=past)
    turn = turn_at(running, now_s, free)
    over_s = now_s if turn.member is None else turn.end_s
    begins_s = max(over_s, _anchored(rule, rotation.zone))
    if begins_s > over_s:
        running = _staged(running, past[-1].rule, wanted, over_s, free)
    return _staged(running, rule, wanted, begins_s, free)


def _staged(
    rotation: Rotation, rule: TurnRule, wanted: Sequence[int], from_s: int, free: DaysOff
) -> Rotation:  # fmt: skip
    """The group with one more stage; a turn that this cuts short was one."""
    queue = queue_at(rotation, turn_at(rotation, from_s - 1, free).end_s, free)
    order = [member for member in queue if member in set(wanted)]
    order += [member for member in wanted if member not in set(queue)]
    if (rule, order) == (rotation.stages[-1].rule, queue):
        return rotation
    stage = Stage(from_s, rule, _first_number(rule, rotation.zone, from_s, free), tuple(order))
    kept = {start_s: member for start_s, member in rotation.replaced.items() if start_s < from_s}
    return replace(rotation, stages=(*rotation.stages, stage), replaced=kept)


def queue_at(rotation: Rotation, at_s: int, free: DaysOff) -> list[int]:
    """The members in the order of their next turns from an epoch second on, swaps included.

    Where turns are chosen late nobody knows, and it is the order in which they joined.
    """
    stage = stage_at(rotation, at_s)
    if stage is not None and stage.is_chosen_late:
        return list(stage.order)
    found: list[int] = []
    wanted = members(rotation, at_s)
    for _ in range(_MOST_LOOKED_AHEAD):
        turn = turn_at(rotation, at_s, free)
        if turn.member is not None and turn.member not in found:
            found.append(turn.member)
        at_s = turn.end_s
        if len(found) == len(wanted) or at_s >= _FOREVER_S:
            break
    return found + sorted(wanted.difference(found))


def swapped(rotation: Rotation, one_s: int, other_s: int, now_s: int, free: DaysOff) -> Rotation:
    """The group after two turns to come (moments within them) changed hands. Raises `InvalidValue`."""
    pair: list[Turn] = []
    for moment_s in (one_s, other_s):
        turn = turn_at(rotation, moment_s, free)
        if turn.member is None or turn.start_s <= now_s:
            raise InvalidValue("turn", moment_s, "name a turn that somebody has and that has not begun")
        pair.append(turn)
    one, other = pair
    if one.member is None or other.member is None or one.member == other.member:
        raise InvalidValue("turn", other_s, "name two turns of two members")
    return replace(rotation, replaced={**rotation.replaced, one.start_s: other.member, other.start_s: one.member})


def _slot(rule: TurnRule, zone: ZoneInfo, at_s: int, free: DaysOff) -> tuple[int | None, int, int]:
    """(number, start, end) of the rule's slot that holds a moment; the number is None on a day without a turn."""
    if rule.unit is TurnUnit.WORKDAY:
        return _day_slot(rule, zone, at_s, free)
    number = _estimate(rule, datetime.fromtimestamp(at_s, UTC).astimezone(zone).date())
    while _start(rule, zone, number, free) > at_s:
        number -= 1
    while (end_s := _start(rule, zone, number + 1, free)) <= at_s:  # of shifts that the clock skips the last one holds
        number += 1
    return number, _start(rule, zone, number, free), end_s


def _anchored(rule: TurnRule, zone: ZoneInfo) -> int:
    return int(local_instant(rule.anchor, rule.times[0], zone).timestamp())


def _estimate(rule: TurnRule, day: date) -> int:
    return (day - rule.anchor).days // _step_days(rule) * len(rule.times)


def _step_days(rule: TurnRule) -> int:
    return rule.every * (7 if rule.unit is TurnUnit.WEEKLY else 1)


def _start(rule: TurnRule, zone: ZoneInfo, number: int, free: DaysOff) -> int:
    days, shift = divmod(number, len(rule.times))
    if rule.unit is TurnUnit.WORKDAY:
        day = _workday_numbered(rule.anchor, number, free)
    else:
        day = rule.anchor + timedelta(days=days * _step_days(rule))
    return int(local_instant(day, rule.times[shift], zone).timestamp())


def _day_slot(rule: TurnRule, zone: ZoneInfo, at_s: int, free: DaysOff) -> tuple[int | None, int, int]:
    at, day = rule.times[0], datetime.fromtimestamp(at_s, UTC).astimezone(zone).date()
    while local_instant(day, at, zone).timestamp() > at_s:
        day -= _ONE_DAY
    while local_instant(day + _ONE_DAY, at, zone).timestamp() <= at_s:
        day += _ONE_DAY
    start, end = (int(local_instant(each, at, zone).timestamp()) for each in (day, day + _ONE_DAY))
    number = _workdays(rule.anchor, day, free) if _is_workday(day, free) else None
    return number, start, end


def _workdays(anchor: date, day: date, free: DaysOff) -> int:
    """Working days from the anchor to the day, that one excluded; negative before the anchor."""
    low, high = min(anchor, day), max(anchor, day)
    days_off = sum(low <= each < high and each.weekday() < _SATURDAY for each in free)
    days = _weekdays_before(high) - _weekdays_before(low) - days_off
    return days if anchor <= day else -days


def _weekdays_before(day: date) -> int:
    """Mondays to Fridays from Monday 0001-01-01 to the day, that one excluded."""
    weeks, rest = divmod(day.toordinal() - 1, 7)
    return weeks * _SATURDAY + min(rest, _SATURDAY)


def _workday_numbered(anchor: date, number: int, free: DaysOff) -> date:
    """The working day before which there are so many since the anchor."""
    day = anchor
    while missing := number - _workdays(anchor, day, free):  # as many days hold no more working days: never too far
        day += timedelta(days=missing)
    while not _is_workday(day, free):
        day += _ONE_DAY
    return day


def _is_workday(day: date, free: DaysOff) -> bool:
    return day.weekday() < _SATURDAY and day not in free


def _first_number(rule: TurnRule, zone: ZoneInfo, from_s: int, free: DaysOff) -> int:
    """The number of the turn that holds a moment, or of the next one after it."""
    for _ in range(_MOST_LOOKED_AHEAD):
        number, _start_s, from_s = _slot(rule, zone, from_s, free)
        if number is not None:
            return number
    return 0


def _shown(times: Sequence[time]) -> str:
    return ", ".join(f"{each:%H:%M}" for each in times)
