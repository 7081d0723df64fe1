"""Where in time we are, remembered: the running period of each quota and the window of each schedule.

Both are pure functions of time and zone; a worker asks them for each packet, so the answer is kept until it ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import UTC, date, datetime

from netquota.domain.deciding import NO_SCHEDULE, Hours, OwnTurn
from netquota.domain.events import OfficeEvent
from netquota.domain.people import Subscriber
from netquota.domain.policy import Plan
from netquota.domain.quota import Quota, bounds_of, reduced_at, starts_of
from netquota.domain.rotation import MemberKind, Rotation, Turn, own_turn_after, stage_at, turn_at
from netquota.domain.schedule import Schedule, next_edge, window_at

_FOREVER_S = 2**62
_SPANS_KEPT = 8


class Calendar:
    """Running periods and schedule windows for one policy snapshot; not shared between threads."""

    def __init__(
        self,
        plans: Mapping[str, Plan],
        holidays: Set[date],
        rotations: Sequence[Rotation] = (),
        events: Sequence[OfficeEvent] = (),
    ) -> None:
        self._plans = plans
        self._holidays = holidays
        self._periods: dict[int, tuple[int, int]] = {}
        self._parts: dict[int, list[tuple[int, int, int]]] = {}
        self._hours: dict[str, tuple[Hours, int, int]] = {}
        self._events: dict[int, list[OfficeEvent]] = {}
        for each in events:
            for opd_id in each.opd_ids:
                self._events.setdefault(opd_id, []).append(each)
        self._groups = _by_member(rotations)
        self._turns: dict[int, Turn] = {}
        self._next: dict[tuple[int, int], tuple[int, int]] = {}

    def period(self, quota: Quota, at_s: int) -> tuple[int, int]:
        """Start and end (epoch s) of the quota's period that holds `at_s`."""
        held = self._periods.get(quota.id)
        if held is not None and held[0] <= at_s < held[1]:
            return held
        found = bounds_of(quota, at_s)
        if held is None or found[0] > held[0]:
            self._periods[quota.id] = found
        return found

    def edges(self, quota: Quota, from_s: int, to_s: int) -> list[int]:
        """Starts of the quota's periods strictly within (from_s, to_s), ascending."""
        held = self._periods.get(quota.id)
        if held is not None and held[0] <= from_s and to_s <= held[1]:
            return []
        return starts_of(quota, from_s, to_s)

    def counted_edges(self, quota: Quota, from_s: int, to_s: int) -> list[int]:
        """Moments within (from_s, to_s) at which another part of what flows begins to count, ascending."""
        edges: list[int] = []
        at_s: int | None = from_s
        while at_s is not None and at_s < to_s:
            _, at_s = self._counted(quota, at_s)
            if at_s is not None and at_s < to_s:
                edges.append(at_s)
        return edges

    def counted_permille(self, quota: Quota, at_s: int) -> int:
        """How many thousandths of what flows at a moment count."""
        return self._counted(quota, at_s)[0]

    def _counted(self, quota: Quota, at_s: int) -> tuple[int, int | None]:
        """(thousandths that count, until when); kept for the few spans that reports tell of."""
        if quota.reduced is None:
            return 1000, None
        spans = self._parts.setdefault(quota.id, [])
        for permille, from_s, to_s in reversed(spans):
            if from_s <= at_s < to_s:
                return permille, None if to_s == _FOREVER_S else to_s
        permille, edge_s = reduced_at(quota.reduced, at_s, self.is_holiday)
        spans.append((permille, at_s, _FOREVER_S if edge_s is None else edge_s))
        del spans[:-_SPANS_KEPT]
        return permille, edge_s

    def hours(self, schedule: Schedule | None, at_s: int) -> Hours:
        """The window of a schedule that is in force, its rate, and when that changes."""
        if schedule is None:
            return NO_SCHEDULE
        held = self._hours.get(schedule.key)
        if held is not None and held[1] <= at_s < held[2]:
            return held[0]
        now = datetime.fromtimestamp(at_s, UTC)
        window = window_at(schedule, now, self.is_holiday)
        edge = next_edge(schedule, now, self.is_holiday)
        edge_s = None if edge is None else int(edge.timestamp())
        rate = None
        if window is not None:
            other = self._plans.get(window.plan_key) if window.plan_key else None
            rate = window.rate or (other.rate if other is not None else None)
        hours = Hours(None if window is None else window.name, rate, edge_s)
        self._hours[schedule.key] = (hours, at_s, _FOREVER_S if edge_s is None else edge_s)
        return hours

    def turns(self, subscriber: Subscriber, at_s: int) -> Sequence[OwnTurn]:
        """How it stands in the groups in which he, or his office, takes turns."""
        if not self._groups:
            return ()
        mine = ((MemberKind.OPD, subscriber.opd.id), (MemberKind.EMPLOYEE, subscriber.id))
        return [self._own(group, id_, at_s) for of, id_ in mine for group in self._groups.get((of, id_), ())]

    def events(self, opd_id: int, at_s: int) -> Sequence[OfficeEvent]:
        """What is on or to come for an office's people."""
        found = self._events.get(opd_id)
        return () if found is None else [each for each in found if each.until_s > at_s]

    def turn(self, rotation: Rotation, at_s: int) -> Turn:
        """The turn of a group that holds a moment."""
        held = self._turns.get(rotation.id)
        if held is None or not held.start_s <= at_s < held.end_s:
            held = self._turns[rotation.id] = turn_at(rotation, at_s, self._holidays)
        return held

    def _own(self, group: Rotation, member: int, at_s: int) -> OwnTurn:
        turn = self.turn(group, at_s)
        if turn.member == member:
            return OwnTurn(group.key, True, group.bonus, turn.end_s)
        following = stage_at(group, turn.end_s)
        if following is not None and following.is_chosen_late and member in following.order:
            return OwnTurn(group.key, False, group.bonus, turn.end_s, is_chosen=True)
        held = self._next.get((group.id, member))
        if held is None or not held[0] <= at_s < held[1]:
            own = own_turn_after(group, member, at_s, self._holidays)
            held = self._next[group.id, member] = (at_s, _FOREVER_S if own is None else own.start_s)
        return OwnTurn(group.key, False, group.bonus, None if held[1] == _FOREVER_S else held[1])

    def is_holiday(self, day: date) -> bool:
        """Whether the local day is a holiday of the city's list."""
        return day in self._holidays


def _by_member(rotations: Sequence[Rotation]) -> Mapping[tuple[MemberKind, int], tuple[Rotation, ...]]:
    """The groups of everybody who ever takes a turn."""
    found: dict[tuple[MemberKind, int], tuple[Rotation, ...]] = {}
    for group in rotations:
        for member in {each for stage in group.stages for each in stage.order}:
            found[group.of, member] = (*found.get((group.of, member), ()), group)
    return found
