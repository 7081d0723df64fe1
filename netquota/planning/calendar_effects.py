"""What Ramadan and the weeks of collective leave do to use, by least squares on the logarithm (planning.md part 3).

Estimated only from two occurrences on; else it is 0 and the forecast of such periods says that it is less certain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from netquota.planning.grid import Shares, Span, ramadans_within
from netquota.planning.normal import FloatArray
from netquota.planning.samples import BoolArray
from netquota.planning.workdays import WorkCalendar

LEAST_OCCURRENCES = 2


@dataclass(frozen=True, slots=True)
class CalendarEffects:
    """Change of ln(use) in a period wholly in Ramadan (β) and wholly in leave weeks (γ); None = not known yet."""

    ramadan: float | None
    leave: float | None

    def of(self, shares: Shares) -> FloatArray:
        """What they add to the logarithm of each period."""
        return shares.ramadan * (self.ramadan or 0.0) + shares.leave * (self.leave or 0.0)

    def unknown_in(self, shares: Shares) -> BoolArray:
        """Periods that an effect touches whose size is not known."""
        by_ramadan = (shares.ramadan > 0) & (self.ramadan is None)
        return by_ramadan | ((shares.leave > 0) & (self.leave is None))


def calendar_effects(
    logs: FloatArray, periods: Sequence[Span], shares: Shares, calendar: WorkCalendar
) -> CalendarEffects:
    """Effects seen in a history (NaN = missing), beside effects of month and year."""
    known = np.isfinite(logs)
    seen = [period for period, is_known in zip(periods, known, strict=True) if is_known]
    columns = {
        "ramadan": shares.ramadan if ramadans_within(seen, calendar) >= LEAST_OCCURRENCES else None,
        "leave": shares.leave if _runs(shares.leave[known] > 0) >= LEAST_OCCURRENCES else None,
    }
    base = _month_and_year(periods)[known]
    chosen: dict[str, FloatArray] = {}
    for name, column in columns.items():
        if column is not None and _adds(base, [*chosen.values(), column[known]]):
            chosen[name] = column[known]
    if not chosen:
        return CalendarEffects(None, None)
    design = np.column_stack([base, *chosen.values()])
    solved = np.linalg.lstsq(design, logs[known], rcond=None)[0]
    found = dict(zip(chosen, solved[base.shape[1] :].tolist(), strict=True))
    return CalendarEffects(found.get("ramadan"), found.get("leave"))


def _month_and_year(periods: Sequence[Span]) -> FloatArray:
    """One column for each month of the year, and for each year but the first."""
    middles = [period.middle for period in periods]
    years = sorted({day.year for day in middles})[1:]
    months = [[float(day.month == month) for month in range(1, 13)] for day in middles]
    later = [[float(day.year == year) for year in years] for day in middles]
    return np.column_stack([np.array(months), np.array(later).reshape(len(middles), len(years))])


def _adds(base: FloatArray, columns: Sequence[FloatArray]) -> bool:
    """Whether the last column says something that months, years and the others do not, with observations to spare."""
    design = np.column_stack([base, *columns])
    rank = int(np.linalg.matrix_rank(design))
    return rank > int(np.linalg.matrix_rank(design[:, :-1])) and len(design) > rank


def _runs(marks: BoolArray) -> int:
    """How many separate runs of marked periods there are."""
    before = np.concatenate([[False], marks[:-1]])
    return int((marks & ~before).sum())
