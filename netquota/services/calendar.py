"""Where in time we are, remembered: the running period of each quota and the window of each schedule.

Both are pure functions of time and zone; a worker asks them for each packet, so the answer is kept until it ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import UTC, date, datetime

from netquota.domain.deciding import NO_SCHEDULE, Hours
from netquota.domain.periods import current, starts_within
from netquota.domain.policy import Plan
from netquota.domain.quota import Quota
from netquota.domain.schedule import next_edge, window_at

_FOREVER_S = 2**62


class Calendar:
    """Running periods and schedule windows for one policy snapshot; not shared between threads."""

    def __init__(self, plans: Mapping[str, Plan], holidays: Set[date]) -> None:
        self._plans = plans
        self._holidays = holidays
        self._periods: dict[int, tuple[int, int]] = {}
        self._hours: dict[int, tuple[Hours, int, int]] = {}

    def period(self, quota: Quota, at_s: int) -> tuple[int, int]:
        """Start and end (epoch s) of the quota's period that holds `at_s`."""
        held = self._periods.get(quota.id)
        if held is not None and held[0] <= at_s < held[1]:
            return held
        found = current(quota.period, datetime.fromtimestamp(at_s, UTC))
        if held is None or found[0] > held[0]:
            self._periods[quota.id] = found
        return found

    def edges(self, quota: Quota, from_s: int, to_s: int) -> list[int]:
        """Starts of the quota's periods strictly within (from_s, to_s), ascending."""
        held = self._periods.get(quota.id)
        if held is not None and held[0] <= from_s and to_s <= held[1]:
            return []
        return starts_within(quota.period, from_s, to_s)

    def hours(self, plan: Plan, at_s: int) -> Hours:
        """The window of the plan's schedule that is in force, its rate, and when that changes."""
        if plan.schedule is None:
            return NO_SCHEDULE
        held = self._hours.get(plan.id)
        if held is not None and held[1] <= at_s < held[2]:
            return held[0]
        now = datetime.fromtimestamp(at_s, UTC)
        window = window_at(plan.schedule, now, self.is_holiday)
        edge = next_edge(plan.schedule, now, self.is_holiday)
        edge_s = None if edge is None else int(edge.timestamp())
        rate = None
        if window is not None:
            other = self._plans.get(window.plan_key) if window.plan_key else None
            rate = window.rate or (other.rate if other is not None else None)
        hours = Hours(None if window is None else window.name, rate, edge_s)
        self._hours[plan.id] = (hours, at_s, _FOREVER_S if edge_s is None else edge_s)
        return hours

    def is_holiday(self, day: date) -> bool:
        """Whether the local day is a holiday of the city's list."""
        return day in self._holidays
