"""Hidden demand: what an office would have used in office hours, had its ceiling let it (planning.md part 2).

Use at the ceiling says only "at least this much". It is an estimate, shown with its interval and never added to a
measured column; it cannot see demand that people gave up for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import numpy as np

from netquota.planning.censored import Counts, Lognormals, fit, mixture_quantile
from netquota.planning.limits import LIMIT_PERCENT, at_limit
from netquota.planning.normal import FloatArray, quantile, upper
from netquota.planning.percentile import percentile
from netquota.planning.samples import BIN_S, BoolArray, Coverage, IntArray, rate_bps
from netquota.planning.workdays import LocalTimes

DRAWS = 200
LEAST_DAYS = 10
NOTHING_UNDER = Fraction(2, 100)
ROUGH_OVER = Fraction(50, 100)
REFUSED_OVER = Fraction(70, 100)
_MOST_THRESHOLDS = 64
_COARSER = 256


class Finding(StrEnum):
    """What may be said of an office's hidden demand."""

    NO_FIGURE = "coverage under 50 %"
    NOTHING_HIDDEN = "nothing hidden"
    ESTIMATE = "estimate"
    ROUGH = "rough estimate"
    AT_LEAST = "at least"


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """One direction's usable office-hour bins: octets, ceiling in bits (0: none), local day and clock hour of each.

    `coverage` is that of all office-hour bins of the range.
    """

    octets: IntArray
    ceiling_bits: IntArray
    times: LocalTimes
    coverage: Coverage

    @property
    def censored(self) -> BoolArray:
        """Bins at the limit: their demand is not known."""
        return at_limit(8 * self.octets, self.ceiling_bits)

    @property
    def days(self) -> int:
        """Working days with any bin."""
        return len(np.unique(self.times.day))


def observed(
    octets: IntArray, ceiling_bits: IntArray, usable: BoolArray, office: BoolArray, times: LocalTimes
) -> Observed:
    """What hidden demand is estimated from: one direction of consecutive bins, of which `office` marks office hours."""
    taken = usable & office
    chosen = LocalTimes(times.day[taken], times.hour[taken])
    return Observed(octets[taken], ceiling_bits[taken], chosen, Coverage(int(taken.sum()), int(office.sum())))


@dataclass(frozen=True, slots=True)
class HourClass:
    """A clock hour's demand: μ and σ of ln(bit/s), on how many bins, of which so many were at the limit or at 0."""

    hour: int
    bins: int
    censored: int
    zeros: int
    mu: float
    sigma: float


@dataclass(frozen=True, slots=True)
class HiddenDemand:
    """The p95 of demand over office hours in bit/s, with the 5th and 95th of the bootstrap draws.

    `measured_bps` is the p95 of what was used. Where nothing is hidden p95 is that, without an interval; where refused
    (`AT_LEAST`) there is no p95: demand is at least what was measured.
    """

    finding: Finding
    measured_bps: int | None
    p95_bps: int | None
    low_bps: int | None
    high_bps: int | None
    bins: int
    censored: int
    days: int
    coverage: Coverage
    classes: tuple[HourClass, ...]
    draws: int
    seed: int

    @property
    def censored_share(self) -> Fraction:
        """Share of the bins at the limit."""
        return Fraction(self.censored, self.bins) if self.bins else Fraction(0)


def hidden_demand(seen: Observed, seed: int, draws: int = DRAWS) -> HiddenDemand:
    """The demand's p95 over office hours; refused where too much is hidden or too little known."""
    number, censored = len(seen.octets), int(seen.censored.sum())
    finding = _finding(seen, number, censored)
    octets = percentile(seen.octets)
    measured = None if octets is None or finding is Finding.NO_FIGURE else rate_bps(octets)
    p95, low, high = (measured if finding is Finding.NOTHING_HIDDEN else None), None, None
    classes: tuple[HourClass, ...] = ()
    if finding in {Finding.ESTIMATE, Finding.ROUGH}:
        sums = _sums(seen)
        classes = _classes(sums)
        p95, low, high = _interval(sums, seed, draws)
    return HiddenDemand(
        finding, measured, p95, low, high, number, censored, seen.days, seen.coverage, classes, draws, seed
    )


def _finding(seen: Observed, number: int, censored: int) -> Finding:
    if seen.coverage.is_too_thin or not number:
        return Finding.NO_FIGURE
    share = Fraction(censored, number)
    if share > REFUSED_OVER or seen.days < LEAST_DAYS or seen.coverage.is_thin:
        return Finding.AT_LEAST
    if share < NOTHING_UNDER:
        return Finding.NOTHING_HIDDEN
    return Finding.ROUGH if share > ROUGH_OVER else Finding.ESTIMATE


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Sufficient statistics by day and class (clock hour); logarithms are centred by `centre`."""

    hours: IntArray
    centre: float
    free: FloatArray
    total: FloatArray
    squares: FloatArray
    zeros: FloatArray
    threshold: FloatArray
    censored: FloatArray

    def drawn(self, times: FloatArray) -> tuple[Counts, FloatArray, FloatArray]:
        """Counts, weight of each class and number of zeros where day d is taken times[draw, d] times."""
        days, classes, levels = self.censored.shape
        above = (times @ self.censored.reshape(days, -1)).reshape(-1, classes, levels)
        free = times @ self.free
        counts = Counts(free, times @ self.total, times @ self.squares, self.threshold, above)
        return counts, free + above.sum(axis=-1), (times @ self.zeros).sum(axis=-1)


def _sums(seen: Observed) -> _Sums:
    days, day = np.unique(seen.times.day, return_inverse=True)
    hours, hour = np.unique(seen.times.hour, return_inverse=True)
    shape = (len(days), len(hours))
    above = seen.censored
    zero = ~above & (seen.octets == 0)
    free = ~above & ~zero
    rate = np.log(8.0 * np.maximum(seen.octets, 1) / BIN_S)
    height = np.log(LIMIT_PERCENT / 100.0 * np.maximum(seen.ceiling_bits, 1) / BIN_S)
    centre = float(np.where(above, height, rate)[free | above].mean())
    rate, height = rate - centre, height - centre

    def summed(values: FloatArray, among: BoolArray) -> FloatArray:
        place = (day * len(hours) + hour)[among]
        return np.bincount(place, values[among], minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)

    ones = np.ones(len(rate))
    threshold, censored = _levels(day, hour, above, height, shape)
    return _Sums(
        hours,
        centre,
        summed(ones, free),
        summed(rate, free),
        summed(rate**2, free),
        summed(ones, zero),
        threshold,
        censored,
    )


def _levels(
    day: IntArray, hour: IntArray, above: BoolArray, height: FloatArray, shape: tuple[int, int]
) -> tuple[FloatArray, FloatArray]:
    """Distinct thresholds by class, and how many bins of each day and class lie above each.

    Where ceilings changed from bin to bin, heights are taken to 1/256 (0.4 %): far finer than the estimate.
    """
    if len(np.unique(height[above])) > _MOST_THRESHOLDS:
        height = np.round(height * _COARSER) / _COARSER
    number = max((len(np.unique(height[above & (hour == each)])) for each in range(shape[1])), default=0)
    threshold = np.zeros((shape[1], max(number, 1)))
    censored = np.zeros((*shape, max(number, 1)))
    for each in range(shape[1]):
        here = above & (hour == each)
        levels, level = np.unique(height[here], return_inverse=True)
        threshold[each, : len(levels)] = levels
        np.add.at(censored[:, each], (day[here], level), 1.0)
    return threshold, censored


def _fitted(sums: _Sums) -> Lognormals:
    counts, _, _ = sums.drawn(np.ones((1, len(sums.free))))
    return fit(counts)


def _classes(sums: _Sums) -> tuple[HourClass, ...]:
    fitted = _fitted(sums)
    free, zeros, above = sums.free.sum(axis=0), sums.zeros.sum(axis=0), sums.censored.sum(axis=(0, 2))
    return tuple(
        HourClass(
            int(hour), int(free[at] + zeros[at] + above[at]), int(above[at]), int(zeros[at]),
            float(fitted.mu[0, at] + sums.centre), float(fitted.sigma[0, at]),
        )
        for at, hour in enumerate(sums.hours)
    )  # fmt: skip


def _interval(sums: _Sums, seed: int, draws: int) -> tuple[int, int, int]:
    """p95 of all days, and the 5th and 95th percentile of bootstrap draws of whole days, in bit/s."""
    days = len(sums.free)
    drawn = np.random.default_rng(seed).integers(0, days, (draws, days))
    times = np.stack([np.bincount(each, minlength=days) for each in drawn]).astype(np.float64)
    counts, weight, zeros = sums.drawn(np.concatenate([np.ones((1, days)), times]))
    logs = mixture_quantile(fit(counts), weight, zeros, 0.95) + sums.centre
    rates = np.exp(logs)
    ranked = np.sort(rates[1:])
    ends = ranked[max(draws * 5 // 100 - 1, 0)], ranked[min(draws * 95 // 100, draws - 1)]
    return _whole(rates[0]), _whole(ends[0]), _whole(ends[1])


def _whole(rate: float | np.float64) -> int:
    return int(np.floor(rate + 0.5))


def demand_quantile(found: HiddenDemand, q: float) -> int | None:
    """The rate below which a share `q` of demand lies, by the fitted classes, in bit/s; None where none was fitted."""
    if not found.classes:
        return None
    fitted = Lognormals(*(np.array([[getattr(each, name) for each in found.classes]]) for name in ("mu", "sigma")))
    zeros = sum(each.zeros for each in found.classes)
    weight = np.array([[float(each.bins - each.zeros) for each in found.classes]])
    return _whole(np.exp(mixture_quantile(fitted, weight, np.array([float(zeros)]), q)[0]))


def likely_demand(seen: Observed, found: HiddenDemand) -> IntArray:
    """Demand of each bin in bit/s: what was used, and for a bin at its limit what its class lets expect above it.

    The m bins of an hour at its limit take the class's conditional quantiles (k − ½)/m, in an order without a trend, so
    that the whole has the estimate's spread, and the same data give the same demand. Where nothing was fitted it is
    the use. Capacity and division are computed from it.
    """
    demand = (16 * seen.octets + BIN_S) // (2 * BIN_S)
    above = seen.censored
    for each in found.classes:
        here = np.flatnonzero(above & (seen.times.hour == each.hour))
        if len(here):
            height = np.log(LIMIT_PERCENT / 100.0 * seen.ceiling_bits[here] / BIN_S)
            left = upper((height - each.mu) / each.sigma)
            share = (_mixed(len(here)) + 0.5) / len(here)
            z = quantile(np.clip(1.0 - left * (1.0 - share), 1e-12, 1.0 - 1e-12))
            demand[here] = np.maximum(demand[here], np.floor(np.exp(each.mu + each.sigma * z) + 0.5).astype(np.int64))
    return demand


def _mixed(number: int) -> FloatArray:
    """0 … number − 1 in an order without a trend (by golden steps), the same each time."""
    golden = (np.arange(number) * 0.6180339887498949) % 1.0
    return np.argsort(np.argsort(golden)).astype(np.float64)
