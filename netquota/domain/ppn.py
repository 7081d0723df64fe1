"""PPN, the value added tax, as a dated rule: 12 % of 11/12 of the price since 2025 (PMK 131/2024), effectively 11 %."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from netquota.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class PpnRule:
    """A rate in thousandths of the taxed base, which is `base` of the price (*DPP nilai lain*), from a day on."""

    valid_from: date
    rate_permille: int
    base: Fraction
    source: str

    def base_rp(self, sum_rp: int) -> int:
        """The taxed base of a sum, whole rupiah, half up: for show; the tax is computed from the sum itself."""
        return _half_up(sum_rp * self.base)

    def tax_rp(self, sum_rp: int) -> int:
        """PPN of the sum of all lines: computed once, half up to whole rupiah."""
        return _half_up(sum_rp * self.base * Fraction(self.rate_permille, 1000))


PPN_RULES = (
    PpnRule(date(2022, 4, 1), 110, Fraction(1), "UU 7/2021"),
    PpnRule(date(2025, 1, 1), 120, Fraction(11, 12), "PMK 131/2024"),
)
"""The rules known; a setting may add later ones."""


def ppn_rule(day: date, rules: Sequence[PpnRule] = PPN_RULES) -> PpnRule:
    """The rule in force on a day. Raises `InvalidValue` before the first."""
    in_force = [rule for rule in rules if rule.valid_from <= day]
    if not in_force:
        raise InvalidValue("day", day, f"no PPN rule is known before {min(rule.valid_from for rule in rules)}")
    return max(in_force, key=lambda rule: rule.valid_from)


def _half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)
