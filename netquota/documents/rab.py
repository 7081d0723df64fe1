"""RAB: the lines of the budget, their sum, PPN and total; for a revision before, after and the difference.

Totals are summed from the printed amounts, so that a reader with a calculator agrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from netquota.documents.inputs import BudgetInput, PpnSetting
from netquota.domain.ppn import PpnRule
from netquota.domain.rupiah import terbilang
from netquota.planning.cost import LinkCost

MEGA = 1_000_000


@dataclass(frozen=True, slots=True)
class RabLine:
    """One line: `quantity` in millionths of its unit (so Mbps are bit/s), months, price per unit and month, amount."""

    description: str
    account: str
    quantity: int
    unit: str
    months: int
    price_rp: int
    amount_rp: int


@dataclass(frozen=True, slots=True)
class Sums:
    """Sum of the lines, the taxed base for show, PPN, and all together in figures and words."""

    sum_rp: int
    base_rp: int
    ppn_rp: int

    @property
    def total_rp(self) -> int:
        """With PPN."""
        return self.sum_rp + self.ppn_rp

    @property
    def words(self) -> str:
        """*Terbilang*, at the start of its line."""
        return terbilang(self.total_rp, starts_line=True)


@dataclass(frozen=True, slots=True)
class Rab:
    """The lines and their sums. Of a revision, `before` are the same lines as they stood."""

    lines: tuple[RabLine, ...]
    sums: Sums
    before: tuple[RabLine, ...] = ()
    before_sums: Sums | None = None


def sums(amounts: Sequence[int], ppn: PpnSetting) -> Sums:
    """Sum, PPN once on it, half up."""
    rule = ppn_of(ppn)
    total = sum(amounts)
    return Sums(total, rule.base_rp(total), rule.tax_rp(total))


def ppn_of(setting: PpnSetting) -> PpnRule:
    """The rule that a setting describes."""
    base = Fraction(setting.base_numerator, setting.base_denominator)
    return PpnRule(date.min, setting.rate_permille, base, setting.source)


def rab(given: BudgetInput) -> Rab:
    """The RAB of a document: a line for each link that costs anything, then the further lines."""
    after = [_link_line(given, at, asked=True) for at in range(len(given.links))]
    extra = [
        RabLine(
            line.description, given.settings.account_code, line.quantity * MEGA, line.unit, line.months, line.price_rp,
            line.quantity * line.months * line.price_rp,
        )
        for line in given.extra_lines
    ]  # fmt: skip
    lines = (*after, *extra)
    ppn = given.settings.ppn
    total = sums([line.amount_rp for line in lines], ppn)
    if given.revision is None:
        return Rab(lines, total)
    before = (
        *(_link_line(given, at, asked=False) for at in range(len(given.links))),
        *(_nothing(one) for one in extra),
    )
    return Rab(lines, total, before, sums([line.amount_rp for line in before], ppn))


def _link_line(given: BudgetInput, at: int, asked: bool) -> RabLine:
    link = given.links[at]
    bps, price = (link.asked_bps, link.asked_price_rp) if asked else (link.capacity_bps, link.price_rp)
    amount = LinkCost(link.key, bps, price, link.months).amount_rp
    return RabLine(
        f"Sewa kapasitas internet {link.name} ({link.provider})", given.settings.account_code, bps, "Mbps", link.months,
        price, amount,
    )  # fmt: skip


def _nothing(line: RabLine) -> RabLine:
    return RabLine(line.description, line.account, 0, line.unit, line.months, line.price_rp, 0)
