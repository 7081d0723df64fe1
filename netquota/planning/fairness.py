"""How evenly a link is shared: Jain's index (Jain, Chiu, Hawe 1984), exact."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from netquota.errors import InvalidValue


def jain(rates: Sequence[int], weights: Sequence[int] | None = None) -> Fraction | None:
    """(Σr)²/(n·Σr²) of the rates by weight (or head), over subjects that wanted anything; None where all are 0.

    1 is even, 1/n is one that has all. Raises `InvalidValue`.
    """
    shares = [Fraction(rate) for rate in rates]
    if weights is not None:
        if any(weight <= 0 for weight in weights):
            raise InvalidValue("weights", list(weights), "give whole numbers from 1 on")
        shares = [share / weight for share, weight in zip(shares, weights, strict=True)]
    squares = sum((share * share for share in shares), Fraction(0))
    return sum(shares, Fraction(0)) ** 2 / (len(shares) * squares) if squares else None
