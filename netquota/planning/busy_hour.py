"""The busy hour: the clock hour that carries most on average over working days (terms of ITU-T E.600, E.500).

Time-consistent, on whole clock hours, not floating. All exact: means are fractions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from netquota.planning.samples import BIN_S, Bins, BoolArray, IntArray
from netquota.planning.workdays import LocalTimes

LEAST_BINS = 10
"""An hour of twelve bins needs so many valid ones."""


@dataclass(frozen=True, slots=True)
class BusyHour:
    """The busy hour (0-23, local), its mean rate, and beside it the mean of each day's own highest clock hour."""

    hour: int
    traffic: Fraction
    mean_of_daily_peaks: Fraction
    days: int


def hour_means(octets: IntArray, usable: BoolArray, times: LocalTimes) -> dict[tuple[int, int], Fraction]:
    """Mean bit/s of each (day ordinal, clock hour) that has at least 10 usable bins of its 12."""
    day, hour, flowed = times.day[usable], times.hour[usable], octets[usable]
    if not len(day):
        return {}
    places, index = np.unique(24 * day + hour, return_inverse=True)
    counts = np.bincount(index)
    sums = np.zeros(len(places), dtype=np.int64)
    np.add.at(sums, index, flowed)
    return {
        divmod(int(place), 24): Fraction(8 * int(total), BIN_S * int(count))
        for place, total, count in zip(places, sums, counts, strict=True)
        if count >= LEAST_BINS
    }


def busy_hour(means: Mapping[tuple[int, int], Fraction]) -> BusyHour | None:
    """The busy hour of means by (day, hour), ties to the earlier hour; None without any."""
    by_hour: dict[int, list[Fraction]] = {}
    by_day: dict[int, Fraction] = {}
    for (day, hour), mean in means.items():
        by_hour.setdefault(hour, []).append(mean)
        by_day[day] = max(by_day.get(day, mean), mean)
    if not by_hour:
        return None
    traffic, earliness = max((_mean(values), -hour) for hour, values in by_hour.items())
    return BusyHour(-earliness, traffic, _mean(list(by_day.values())), len(by_day))


def busy_hour_of(bins: Bins, octets: IntArray, times: LocalTimes, working: BoolArray) -> BusyHour | None:
    """The busy hour of one direction (`octets` of the bins) over the bins of working days."""
    return busy_hour(hour_means(octets, bins.usable & working, times))


def _mean(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)
