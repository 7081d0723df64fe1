"""Lognormals by maximum likelihood where part of the observations only says "at least this much" (right-censored).

Many fits at once: by draw of days and by class of bins. In (1/σ, μ/σ) the likelihood is concave (Olsen 1978), so that
Newton's steps, halved where they overshoot, find its one maximum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from netquota.planning.normal import FloatArray, hazard, log_upper, upper
from netquota.planning.samples import BoolArray

UNSEEN_SIGMA = 0.3
"""Shape of a class that is at its limit nearly always and so says nothing of it."""
UNSEEN_ABOVE = 0.95
_LEAST_SIGMA = 1e-3
_STEPS = 60
_HALVINGS = 25
_CLOSE = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """What is to be fitted, by draw and class: free observations' number, sum and sum of squares of the logarithm.

    `censored[draw, class, k]` counts observations known to lie above `threshold[class, k]` (logarithm). Logarithms
    should be centred near 0.
    """

    free: FloatArray
    total: FloatArray
    squares: FloatArray
    threshold: FloatArray
    censored: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Lognormals:
    """μ and σ of the logarithm, by draw and class."""

    mu: FloatArray
    sigma: FloatArray


def fit(counts: Counts) -> Lognormals:
    """Maximum likelihood; classes censored over 95 % take their thresholds' mean and σ 0.3."""
    above = counts.censored.sum(axis=-1)
    unseen = above > UNSEEN_ABOVE * (above + counts.free)
    mean, spread = _moments(counts, above)
    solved = _maximum(counts, mean, spread, ~unseen & (counts.free > 0) & (above > 0))
    mu, sigma = solved.mu, solved.sigma
    height = (counts.censored * counts.threshold).sum(axis=-1) / np.maximum(above, 1.0)
    return Lognormals(np.where(unseen, height, mu), np.where(unseen, UNSEEN_SIGMA, np.maximum(sigma, _LEAST_SIGMA)))


def _moments(counts: Counts, above: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and spread as if what is censored lay at its threshold: exact where nothing is, else where to begin."""
    number = np.maximum(counts.free + above, 1.0)
    mean = (counts.total + (counts.censored * counts.threshold).sum(axis=-1)) / number
    square = (counts.squares + (counts.censored * counts.threshold**2).sum(axis=-1)) / number
    return mean, np.sqrt(np.maximum(square - mean**2, 0.0))


def _maximum(counts: Counts, mean: FloatArray, spread: FloatArray, wanted: BoolArray) -> Lognormals:
    """Newton's steps from the moments; where nothing is wanted the moments stay."""
    beta = 1.0 / np.maximum(spread, _LEAST_SIGMA)
    at = _Point(beta, mean * beta)
    likelihood = _likelihood(counts, at)
    for _ in range(_STEPS):
        at, reached = _uphill(counts, at, likelihood, wanted)
        gained = float(np.max(np.abs(reached - likelihood), initial=0.0))
        likelihood = reached
        if gained < _CLOSE:
            break
    return Lognormals(at.gamma / at.beta, 1.0 / at.beta)


class _Point(NamedTuple):
    """Where a fit stands: 1/σ and μ/σ."""

    beta: FloatArray
    gamma: FloatArray


def _uphill(counts: Counts, at: _Point, before: FloatArray, wanted: BoolArray) -> tuple[_Point, FloatArray]:
    """One step, halved for each fit that it would make worse; the new point and its likelihood."""
    step = _newton_step(counts, at)
    size = np.where(wanted, 1.0, 0.0)
    for halving in range(_HALVINGS):
        tried = _Point(at.beta + size * step.beta, at.gamma + size * step.gamma)
        likelihood = _likelihood(counts, tried)
        worse = ~(likelihood >= before - _CLOSE)
        if not worse.any():
            return tried, likelihood
        size = np.where(worse, 0.5 * size if halving < _HALVINGS - 2 else 0.0, size)
    return at, before


def _likelihood(counts: Counts, at: _Point) -> FloatArray:
    """Logarithm of the likelihood without its constant; −∞ outside of 1/σ > 0."""
    inside, gamma = at.beta > 0, at.gamma
    safe = np.where(inside, at.beta, 1.0)
    squares = safe**2 * counts.squares - 2.0 * safe * gamma * counts.total + gamma**2 * counts.free
    tails = (counts.censored * log_upper(_heights(counts, _Point(safe, gamma)))).sum(axis=-1)
    return np.where(inside, counts.free * np.log(safe) - 0.5 * squares + tails, -np.inf)


def _heights(counts: Counts, at: _Point) -> FloatArray:
    """The thresholds in standard units."""
    return at.beta[..., np.newaxis] * counts.threshold - at.gamma[..., np.newaxis]


def _newton_step(counts: Counts, at: _Point) -> _Point:
    """The step in (1/σ, μ/σ): minus the inverse Hessian times the gradient."""
    beta, gamma = at
    z = _heights(counts, at)
    h = hazard(z)
    pull, bend = counts.censored * h, counts.censored * h * (h - z)
    slope_gamma = beta * counts.total - gamma * counts.free + pull.sum(axis=-1)
    slope_beta = (
        counts.free / beta - beta * counts.squares + gamma * counts.total - (pull * counts.threshold).sum(axis=-1)
    )
    gg = -counts.free - bend.sum(axis=-1)
    gb = counts.total + (bend * counts.threshold).sum(axis=-1)
    bb = -counts.free / beta**2 - counts.squares - (bend * counts.threshold**2).sum(axis=-1)
    determinant = gg * bb - gb**2
    usable = determinant > 0
    safe = np.where(usable, determinant, 1.0)
    step_beta = np.where(usable, (gb * slope_gamma - gg * slope_beta) / safe, 0.0)
    step_gamma = np.where(usable, (gb * slope_beta - bb * slope_gamma) / safe, 0.0)
    return _Point(step_beta, step_gamma)


def mixture_quantile(fitted: Lognormals, weight: FloatArray, at_zero: FloatArray, q: float) -> FloatArray:
    """For each draw the logarithm below which a share `q` of the mixture of classes lies, by bisection.

    `weight[draw, class]` and `at_zero[draw]` (what is exactly 0) are counts of observations; −∞ where 0 reaches q.
    """
    whole = weight.sum(axis=-1) + at_zero
    present = weight > 0
    reach = 12.0 * np.where(present, fitted.sigma, 0.0).max(axis=-1)
    low: FloatArray = np.where(present, fitted.mu, np.inf).min(axis=-1) - reach
    high: FloatArray = np.where(present, fitted.mu, -np.inf).max(axis=-1) + reach
    for _ in range(60):
        middle = 0.5 * (low + high)
        z = (middle[:, np.newaxis] - fitted.mu) / fitted.sigma
        above = (weight * upper(np.where(present, z, 0.0))).sum(axis=-1) > (1.0 - q) * whole
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.where(at_zero >= q * whole, -np.inf, 0.5 * (low + high))
