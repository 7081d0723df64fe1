"""What a change did: the median day before and after it, and whether chance could have done the same.

Permutation of the day labels: nothing is assumed of how the daily values are distributed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

import numpy as np

from netquota.planning.samples import IntArray

LEAST_DAYS = 10
DRAWS = 9_999
CLEAR_UNDER = Fraction(5, 100)


class Finding(StrEnum):
    """What may be said of an effect."""

    CLEAR = "clear"
    CHANCE = "cannot be told from chance"
    TOO_SHORT = "too few working days"


@dataclass(frozen=True, slots=True)
class Effect:
    """Median of the daily value before and after, on so many working days each; `p` from the permutation test.

    Without 10 days each there is no figure, only `TOO_SHORT`. `seed` makes the draws repeatable.
    """

    finding: Finding
    days_each: int
    before: Fraction | None
    after: Fraction | None
    p: Fraction | None
    seed: int

    @property
    def difference(self) -> Fraction | None:
        """Median after less median before."""
        return None if self.before is None or self.after is None else self.after - self.before


def effect(daily: Mapping[date, int], change: date, seed: int, most_each: int | None = None) -> Effect:
    """The effect of a change on the local day `change` on a daily value, given for working days with enough data.

    The day itself is left out; as many days before as after, on the same weekdays, the nearest first (`most_each` at
    most, where given).
    """
    before, after = _matched(daily, change, most_each)
    if len(before) < LEAST_DAYS:
        return Effect(Finding.TOO_SHORT, len(before), None, None, None, seed)
    values = np.array([daily[day] for day in before + after], dtype=np.int64)
    number = len(before)
    observed = abs(_twice_median_gap(values[np.newaxis], number)[0])
    drawn = np.random.default_rng(seed).permuted(np.tile(values, (DRAWS, 1)), axis=1)
    extreme = int((np.abs(_twice_median_gap(drawn, number)) >= observed).sum())
    p = Fraction(1 + extreme, DRAWS + 1)
    finding = Finding.CLEAR if p < CLEAR_UNDER else Finding.CHANCE
    return Effect(finding, number, _median(values[:number]), _median(values[number:]), p, seed)


def _matched(daily: Mapping[date, int], change: date, most_each: int | None) -> tuple[list[date], list[date]]:
    """Days before and after, as many of each weekday on both sides, the nearest to the change."""
    pairs: list[tuple[int, date, date]] = []
    for weekday in range(7):
        before = sorted((day for day in daily if day < change and day.weekday() == weekday), reverse=True)
        after = sorted(day for day in daily if day > change and day.weekday() == weekday)
        pairs += [((late - early).days, early, late) for early, late in zip(before, after, strict=False)]
    pairs.sort()
    chosen = pairs if most_each is None else pairs[:most_each]
    return sorted(early for _, early, _ in chosen), sorted(late for _, _, late in chosen)


def _twice_median_gap(rows: IntArray, number: int) -> IntArray:
    """Twice (median of the rest − median of the first `number`) of each row: twice, so that it stays whole."""
    return _twice_median(rows[:, number:]) - _twice_median(rows[:, :number])


def _twice_median(rows: IntArray) -> IntArray:
    ranked = np.sort(rows, axis=1)
    width = ranked.shape[1]
    return ranked[:, (width - 1) // 2] + ranked[:, width // 2]


def _median(values: IntArray) -> Fraction:
    return Fraction(int(_twice_median(values[np.newaxis])[0]), 2)
