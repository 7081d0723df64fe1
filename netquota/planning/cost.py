"""What capacity costs, in whole rupiah before PPN: for a year or the months left, what a sum buys, when an offer pays.

PPN and the printed table are the document's (netquota/domain/ppn.py, netquota/documents).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from netquota.errors import InvalidValue
from netquota.planning.capacity import MEGABIT_BPS

ADDITION_PERMILLE = 100
"""Perpres 16/2018 art. 54: a contract change may add at most 10 % of its price; a setting."""


@dataclass(frozen=True, slots=True)
class LinkCost:
    """Capacity of one link in bit/s, its price in rupiah per Mbit/s and month, and for how many months."""

    link: str
    capacity_bps: int
    price_rp: int
    months: int

    def __post_init__(self) -> None:
        for name, value in (("capacity_bps", self.capacity_bps), ("price_rp", self.price_rp), ("months", self.months)):
            if value < 0:
                raise InvalidValue(name, value, "give 0 or more")

    @property
    def amount_rp(self) -> int:
        """Rupiah before PPN, rounded half up."""
        return (2 * self.capacity_bps * self.price_rp * self.months + MEGABIT_BPS) // (2 * MEGABIT_BPS)


def total_rp(links: Sequence[LinkCost]) -> int:
    """The sum of the links' amounts as they are printed, before PPN."""
    return sum(link.amount_rp for link in links)


def months_left(change: date) -> int:
    """Whole months of the budget year from a change on: a month counts where the change comes on its first day."""
    return 12 - change.month + (1 if change.day == 1 else 0)


def affordable_bps(budget_rp: int, price_rp: int, months: int, step_bps: int = MEGABIT_BPS) -> int:
    """The most capacity, in whole steps, that a sum before PPN pays. Raises `InvalidValue`."""
    if price_rp < 1 or months < 1 or step_bps < 1:
        raise InvalidValue("price_rp", (price_rp, months, step_bps), "give a price, months and a step from 1 on")
    steps = budget_rp * MEGABIT_BPS // (price_rp * months * step_bps)
    return max(0, steps) * step_bps


def break_even_price_rp(budget_rp: int, capacity_bps: int, months: int) -> int:
    """The highest price per Mbit/s and month that keeps a capacity within a sum before PPN. Raises `InvalidValue`."""
    if capacity_bps < 1 or months < 1:
        raise InvalidValue("capacity_bps", (capacity_bps, months), "give a capacity and months from 1 on")
    return max(0, budget_rp * MEGABIT_BPS // (capacity_bps * months))


@dataclass(frozen=True, slots=True)
class Offer:
    """A one-time charge and a monthly charge, rupiah."""

    once_rp: int
    monthly_rp: int

    def after_rp(self, months: int) -> int:
        """What it has cost after so many months."""
        return self.once_rp + self.monthly_rp * months


def break_even_month(first: Offer, second: Offer) -> int | None:
    """The first month after which `second` has cost no more than `first`; None if it never does."""
    ahead, gained = second.once_rp - first.once_rp, first.monthly_rp - second.monthly_rp
    if ahead <= 0:
        return 0
    return None if gained <= 0 else -(-ahead // gained)


def addition_permille(before_rp: int, after_rp: int) -> int:
    """By how many thousandths a contract's price grows, rounded up: what passes a limit never reads as within it."""
    if before_rp < 1:
        raise InvalidValue("before_rp", before_rp, "give the contract's present price")
    return -(-1000 * (after_rp - before_rp) // before_rp)


def exceeds_addition(before_rp: int, after_rp: int, limit_permille: int = ADDITION_PERMILLE) -> bool:
    """Whether a contract's addition passes the limit, so that it needs a contract of its own."""
    return 1000 * (after_rp - before_rp) > limit_permille * before_rp
