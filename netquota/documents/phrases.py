"""Turns of phrase that the chapters share, in formal Indonesian; tables from the words of planning to the office's."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from netquota.documents.inputs import BudgetInput, HiddenFigure, Link, Measures, Opd
from netquota.documents.paper import UNKNOWN, Cell, Kind
from netquota.domain.indonesian import decimal, long_date, mbps, percent, with_unit
from netquota.domain.rupiah import rupiah

HIDDEN = {
    "estimate": "perkiraan",
    "rough estimate": "perkiraan kasar",
    "at least": "sekurang-kurangnya sebesar yang terukur",
    "nothing hidden": "tidak ada yang tersembunyi",
    "coverage under 50 %": "data kurang dari separuh",
}
METHODS = {
    "Holt-Winters, damped": "Holt-Winters teredam",
    "seasonal naive with drift": "nilai musim lalu dengan laju perubahan",
    "Theil-Sen line": "garis Theil-Sen",
    "seasonal naive": "nilai musim lalu",
}
BASES = {
    "own back-test": "uji mundur sendiri",
    "all offices' back-tests": "uji mundur semua perangkat daerah",
    "few back-tests of its own": "sedikit uji mundur sendiri",
    "further than any back-test": "melampaui uji mundur",
    "not known yet": "belum diketahui",
}
SOURCES = {"interface": "antarmuka", "accounting": "akuntansi hotspot"}


def speed(bps: int | None) -> str:
    """`512 Mbps`, `–` where unknown."""
    return UNKNOWN if bps is None else with_unit(mbps(bps), "Mbps")


def span(low: int | None, high: int | None) -> str:
    """`331–380`, in Mbps without the unit; `–` where unknown."""
    return UNKNOWN if low is None or high is None else f"{mbps(low)}–{mbps(high)}"


def money(amount: int) -> str:
    """`Rp299.700.000,00`."""
    return rupiah(amount)


def permille(value: int | None) -> str:
    """Thousandths as `98,6 %`; `–` where unknown."""
    return UNKNOWN if value is None else percent(Fraction(value, 1000))


def ratio(thousandths: int | None) -> str:
    """Thousandths as a bare number, `0,67`."""
    return UNKNOWN if thousandths is None else decimal(Fraction(thousandths, 1000), 2)


def saturation(measures: Measures) -> Fraction | None:
    """Share of office hours at the limit; None where there was no ceiling or no data."""
    return Fraction(measures.at_limit, measures.bounded) if measures.bounded else None


def coverage(measures: Measures) -> Fraction:
    """Share of the expected bins that could be used."""
    return Fraction(measures.usable_bins, measures.expected_bins) if measures.expected_bins else Fraction(0)


def billed(measures: Measures) -> int | None:
    """The larger direction's p95: what providers count."""
    return max((v for v in (measures.p95_down_bps, measures.p95_up_bps) if v is not None), default=None)


def share_cell(share: Fraction | None) -> Cell:
    """A share as a percentage."""
    return Cell(share, Kind.PERCENT)


def hour(clock_hour: int | None) -> str:
    """`10.00–11.00`."""
    return UNKNOWN if clock_hour is None else f"{clock_hour:02}.00–{(clock_hour + 1) % 24:02}.00"


def link_words(name: str, starts_line: bool = False) -> str:
    """A link in running text: `tautan Serat Utama`; one that is called *Tautan …* goes by its name alone."""
    if name.lower().startswith("tautan"):
        return name
    return f"{'Tautan' if starts_line else 'tautan'} {name}"


def listed(words: Sequence[str]) -> str:
    """`A, B, dan C`."""
    if len(words) < 3:
        return " dan ".join(words)
    return ", ".join(words[:-1]) + f", dan {words[-1]}"


def hidden_words(figure: HiddenFigure) -> str:
    """What is said of a subject's hidden demand."""
    return HIDDEN.get(figure.finding, figure.finding)


def measured_over(given: BudgetInput) -> str:
    """`1 Oktober 2025 sampai dengan 31 Oktober 2026`."""
    return f"{long_date(given.period.first)} sampai dengan {long_date(given.period.last)}"


def most_saturated(links: Sequence[Link]) -> Link | None:
    """The link that was at its limit most; None where nothing was measured."""
    known = [link for link in links if saturation(link.measures) is not None]
    return max(known, key=lambda link: saturation(link.measures) or Fraction(0), default=None)


def by_saturation(opds: Sequence[Opd]) -> list[Opd]:
    """Offices from the most saturated on; those without a figure last, then by code."""
    return sorted(opds, key=lambda opd: (-(saturation(opd.measures) or Fraction(-1)), opd.code))


def fraction_text(numerator: int, denominator: int) -> str:
    """`11/12`."""
    return f"{numerator}/{denominator}"
