"""Which moments of the city's policy jobs wait for: periods, schedules, and ends of what was granted for a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from netquota.domain.dues import Edges, Either, Moments, Starts, Turns
from netquota.domain.people import Subscriber
from netquota.domain.rotation import MemberKind, turn_at
from netquota.domain.schedule import Schedule, window_at
from netquota.storage.snapshot import EmployeeRow, Snapshot


@dataclass(frozen=True, slots=True)
class Almanac:
    """The dues that follow from one policy snapshot; `ends` is (epoch s, employee id), ascending.

    `carried`: starts of periods of quotas that carry something on; `grant_ends`: of what was granted until a moment.
    """

    snapshot: Snapshot
    starts: Starts
    edges: Edges
    ends: tuple[tuple[int, int], ...]
    carried: Starts
    grant_ends: Moments
    turns: Turns

    @property
    def changes(self) -> Either:
        """Moments at which somebody's decision changes by itself, but for quotas."""
        return Either((self.edges, self.turns))

    def people_at(self, due_s: int) -> set[int] | None:
        """Whose decision changes by itself at a moment, None for everybody (a pause ends)."""
        if any(pause.until_s == due_s for pause in self.snapshot.pauses):
            return None
        people = {employee_id for moment_s, employee_id in self.ends if moment_s == due_s}
        changing = {s.key for s in self.edges.schedules if self._changes(s, due_s)}
        if changing:
            people.update(person.id for person in self._everybody() if _schedule_key(person) in changing)
        offices, persons = self._turning(due_s)
        turning = (each for each in self.snapshot.rules.events if due_s in (each.from_s, each.until_s))
        offices = offices.union(*(each.opd_ids for each in turning))
        if offices:
            people.update(person.id for person in self._everybody() if person.opd.id in offices)
        return people | persons

    def quotas_begun(self, due_s: int) -> set[int]:
        """The quotas of which a period begins at a moment."""
        quotas = self.snapshot.quotas.values()
        return {quota.id for quota in quotas if due_s in Starts(frozenset({quota.period})).between(due_s - 1, due_s)}

    def _turning(self, due_s: int) -> tuple[set[int], set[int]]:
        """Offices and people whose turn ends or begins at a moment."""
        found: dict[MemberKind, set[int]] = {kind: set() for kind in MemberKind}
        for group in self.turns.rotations:
            before, after = (turn_at(group, at_s, self.turns.free).member for at_s in (due_s - 1, due_s))
            if before != after:
                found[group.of].update(member for member in (before, after) if member is not None)
        return found[MemberKind.OPD], found[MemberKind.EMPLOYEE]

    def _everybody(self) -> Iterator[Subscriber]:
        return iter(self.snapshot.subscriber_by_id.values())

    def _changes(self, schedule: Schedule, due_s: int) -> bool:
        before, after = (datetime.fromtimestamp(at_s, UTC) for at_s in (due_s - 1, due_s))
        is_holiday = self.edges.is_holiday
        return window_at(schedule, before, is_holiday) is not window_at(schedule, after, is_holiday)


def almanac(snapshot: Snapshot) -> Almanac:
    """The moments that this policy holds."""
    ends = tuple(sorted(_ends(snapshot)))
    moments = {moment_s for moment_s, _ in ends}
    moments |= {moment_s for each in snapshot.rules.events for moment_s in (each.from_s, each.until_s)}
    moments |= {pause.until_s for pause in snapshot.pauses if pause.until_s is not None}

    def is_holiday(day: date) -> bool:
        return day in snapshot.holidays

    return Almanac(
        snapshot,
        Starts(frozenset(quota.period for quota in snapshot.quotas.values())),
        Edges(snapshot.schedules_in_use, is_holiday, sorted(moments)),
        ends,
        Starts(frozenset(quota.period for quota in snapshot.quotas.values() if quota.carry_share_permille)),
        Moments(snapshot.rules.grant_ends),
        Turns(snapshot.rules.rotations, snapshot.holidays),
    )


def _ends(snapshot: Snapshot) -> Iterator[tuple[int, int]]:
    """Ends of overrides, of accounts' validity and of offices' boosts."""
    boosts = {opd.id: opd.boost_until_s for opd in snapshot.opds.values()}
    for row in snapshot.roster.rows.values():
        entry = EmployeeRow._make(row)
        for moment_s in (entry.override_until_s, entry.valid_until_s, boosts.get(entry.opd_id)):
            if moment_s is not None:
                yield moment_s, entry.id


def _schedule_key(person: Subscriber) -> str | None:
    return None if person.schedule is None else person.schedule.key
