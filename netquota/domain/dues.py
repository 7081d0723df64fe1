"""When a job is due: pure functions of time over what the city's policy holds. Nothing here remembers a run.

All moments are whole epoch seconds; spans are (after, to]: what was due at `after` has been seen, what is due at `to`
has come.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

from netquota.domain.periods import Period, current, starts_within
from netquota.domain.rotation import DaysOff, Rotation, turn_at
from netquota.domain.schedule import Schedule, next_edge

MOST_EDGES = 1000


class Dues(Protocol):
    """The due times of one job."""

    def following(self, now_s: int) -> int | None:
        """The first due after `now_s`, None where none comes within sight."""
        ...

    def between(self, after_s: int, to_s: int) -> list[int]:
        """The dues in (after, to], ascending."""
        ...


@dataclass(frozen=True, slots=True)
class Multiples:
    """Every so many seconds; of those that were missed only the last is due, as each looks at the present."""

    every_s: int

    def following(self, now_s: int) -> int:
        """See `Dues`."""
        return (now_s // self.every_s + 1) * self.every_s

    def between(self, after_s: int, to_s: int) -> list[int]:
        """See `Dues`."""
        last = to_s // self.every_s * self.every_s
        return [last] if last > after_s else []


@dataclass(frozen=True, slots=True)
class Starts:
    """Whenever a period of any of these rules begins."""

    periods: frozenset[Period]

    def following(self, now_s: int) -> int | None:
        """See `Dues`."""
        now = datetime.fromtimestamp(now_s, UTC)
        return min((current(period, now)[1] for period in self.periods), default=None)

    def between(self, after_s: int, to_s: int) -> list[int]:
        """See `Dues`."""
        return sorted({start for period in self.periods for start in starts_within(period, after_s, to_s + 1)})


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges of schedules, and further moments (ascending) at which somebody's decision changes by itself."""

    schedules: tuple[Schedule, ...]
    is_holiday: Callable[[date], bool]
    moments: Sequence[int] = ()

    def following(self, now_s: int) -> int | None:
        """See `Dues`."""
        edges = [edge for schedule in self.schedules if (edge := edge_after(schedule, now_s, self.is_holiday))]
        at = bisect_right(self.moments, now_s)
        return min([*edges, *self.moments[at : at + 1]], default=None)

    def between(self, after_s: int, to_s: int) -> list[int]:
        """See `Dues`."""
        found = set(self.moments[bisect_right(self.moments, after_s) : bisect_right(self.moments, to_s)])
        for schedule in self.schedules:
            found.update(_edges_between(schedule, after_s, to_s, self.is_holiday))
        return sorted(found)


def edge_after(schedule: Schedule, now_s: int, is_holiday: Callable[[date], bool]) -> int | None:
    """The schedule's next edge after a moment, None without one within a year."""
    edge = next_edge(schedule, datetime.fromtimestamp(now_s, UTC), is_holiday)
    return None if edge is None else int(edge.timestamp())


def _edges_between(schedule: Schedule, after_s: int, to_s: int, is_holiday: Callable[[date], bool]) -> Iterable[int]:
    at_s: int | None = after_s
    for _ in range(MOST_EDGES):
        at_s = edge_after(schedule, at_s, is_holiday)
        if at_s is None or at_s > to_s:
            return
        yield at_s


@dataclass(frozen=True, slots=True)
class Moments:
    """Known moments (epoch s), ascending."""

    moments: Sequence[int]

    def following(self, now_s: int) -> int | None:
        """See `Dues`."""
        return next(iter(self.moments[bisect_right(self.moments, now_s) :]), None)

    def between(self, after_s: int, to_s: int) -> list[int]:
        """See `Dues`."""
        return list(self.moments[bisect_right(self.moments, after_s) : bisect_right(self.moments, to_s)])


@dataclass(frozen=True, slots=True)
class Turns:
    """Whenever a turn of any of these groups begins or ends."""

    rotations: tuple[Rotation, ...]
    free: DaysOff

    def following(self, now_s: int) -> int | None:
        """See `Dues`."""
        return min((turn_at(each, now_s, self.free).end_s for each in self.rotations), default=None)

    def between(self, after_s: int, to_s: int) -> list[int]:
        """See `Dues`."""
        found: set[int] = set()
        for each in self.rotations:
            at_s = after_s
            while (at_s := turn_at(each, at_s, self.free).end_s) <= to_s and len(found) < MOST_EDGES:
                found.add(at_s)
        return sorted(found)


@dataclass(frozen=True, slots=True)
class Either:
    """Whatever is due by any of these."""

    dues: tuple[Dues, ...]

    def following(self, now_s: int) -> int | None:
        """See `Dues`."""
        found = (each.following(now_s) for each in self.dues)
        return min((due_s for due_s in found if due_s is not None), default=None)

    def between(self, after_s: int, to_s: int) -> list[int]:
        """See `Dues`."""
        return sorted({due_s for each in self.dues for due_s in each.between(after_s, to_s)})


@dataclass(frozen=True, slots=True)
class After:
    """So many seconds after each due of another kind, once for each of the spans."""

    dues: Dues
    spans_s: tuple[int, ...]

    def following(self, now_s: int) -> int | None:
        """See `Dues`."""
        found = ((self.dues.following(now_s - span_s), span_s) for span_s in self.spans_s)
        return min((due_s + span_s for due_s, span_s in found if due_s is not None), default=None)

    def between(self, after_s: int, to_s: int) -> list[int]:
        """See `Dues`."""
        shifted = ((self.dues.between(after_s - span_s, to_s - span_s), span_s) for span_s in self.spans_s)
        return sorted({due_s + span_s for dues, span_s in shifted for due_s in dues})
