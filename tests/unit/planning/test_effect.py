"""The effect of a change: matched days, medians, and a permutation test that does not cry wolf."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pytest

from netquota.planning.effect import Finding, effect

CHANGE = date(2026, 6, 10)  # a Wednesday


def working(first: date, days: int) -> list[date]:
    return [day for day in (first + timedelta(days=at) for at in range(days)) if day.weekday() < 5]


def test_a_halved_saturation_is_clear() -> None:
    noise = np.random.default_rng(1).integers(-20, 21, 200)
    days = working(date(2026, 5, 4), 75)
    daily = {day: (400 if day <= CHANGE else 200) + int(noise[at]) for at, day in enumerate(days)}
    found = effect(daily, CHANGE, seed=7)
    assert found.finding is Finding.CLEAR
    assert found.difference is not None
    assert -230 < found.difference < -170
    assert found.p == Fraction(1, 10_000)
    assert found == effect(daily, CHANGE, seed=7)


def test_the_same_before_and_after_cannot_be_told_from_chance() -> None:
    daily = dict.fromkeys(working(date(2026, 5, 4), 75), 100)
    found = effect(daily, CHANGE, seed=7)
    assert (found.finding, found.p, found.difference) == (Finding.CHANCE, 1, 0)


def test_chance_is_called_clear_about_once_in_twenty() -> None:
    days = working(date(2026, 5, 4), 75)
    clear = 0
    for seed in range(60):
        values = np.random.default_rng(seed).integers(0, 1000, len(days))
        clear += (
            effect({day: int(value) for day, value in zip(days, values, strict=True)}, CHANGE, seed).finding == "clear"
        )
    assert clear <= 8


def test_as_many_of_each_weekday_stand_on_both_sides_and_the_day_itself_is_out() -> None:
    daily = dict.fromkeys(working(CHANGE - timedelta(days=21), 60), 1)
    daily[CHANGE] = 10**9
    found = effect(daily, CHANGE, seed=1)
    assert (found.days_each, found.before, found.after) == (15, 1, 1)
    assert effect(daily, CHANGE, seed=1, most_each=12).days_each == 12


@pytest.mark.parametrize("before", [0, 13])
def test_under_ten_days_each_there_is_no_figure(before: int) -> None:
    daily = dict.fromkeys(working(CHANGE - timedelta(days=before), before + 40), 1)
    found = effect(daily, CHANGE, seed=1)
    assert found.finding is Finding.TOO_SHORT
    assert (found.before, found.after, found.p, found.difference) == (None, None, None, None)
