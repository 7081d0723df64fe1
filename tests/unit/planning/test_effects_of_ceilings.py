"""What a changed ceiling did, from days of a study: clear, chance, or too young to say."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import cast

from netquota.services.planning.effects import Changed, effects
from netquota.services.planning.figures import DayUse, Study

FIRST, CHANGE = date(2026, 9, 7), date(2026, 10, 5)
M = 10**6


def changed(day: date, before: list[int], after: list[int]) -> Changed:
    """So many of a hundred office bins at the limit on the working days from FIRST on, and from the day after `day`."""
    days = [DayUse(on, 20 * M, 20 * M, at, 100) for on, at in zip(_working(FIRST), before, strict=False)]
    days += [DayUse(on, 20 * M, 40 * M, at, 100) for on, at in zip(_working(day + timedelta(1)), after, strict=False)]
    return Changed("DINKES", cast(Study, SimpleNamespace(days=days)), day, 20 * M, 40 * M)


def _working(first: date) -> list[date]:
    every = (first + timedelta(days=step) for step in range(60))
    return [day for day in every if day.weekday() < 5]


def test_a_ceiling_that_was_raised_and_freed_the_office_is_clear() -> None:
    [found] = effects([changed(CHANGE, [40, 44, 38, 42, 41] * 4, [2, 0, 3, 1, 2] * 4)])
    assert (found.before_permille, found.after_permille, found.days_each) == (410, 20, 20)
    assert found.is_clear
    assert found.p_per_10000 < 50


def test_days_that_are_alike_cannot_be_told_from_chance() -> None:
    [found] = effects([changed(CHANGE, [40, 44, 38, 42, 41] * 4, [41, 38, 44, 40, 42] * 4)])
    assert not found.is_clear
    assert found.p_per_10000 > 500


def test_a_young_change_says_nothing_yet() -> None:
    assert list(effects([changed(CHANGE, [40] * 20, [0] * 9)])) == []
