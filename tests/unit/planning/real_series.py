"""Public series that come with statsmodels: the bar of planning.md part 3."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from statsmodels.datasets import co2, elec_equip, elnino


@dataclass(frozen=True)
class Series:
    """Values, season, horizon, first origin and step."""

    values: np.ndarray
    season: int
    horizon: int
    first: int
    step: int

    def origins(self, coarser: int = 1) -> range:
        """Rolling origins with a whole horizon ahead of each."""
        return range(self.first, len(self.values) - self.horizon + 1, self.step * coarser)


def series(name: str) -> Series:
    """`elec_equip` (months), `co2` (weeks as monthly means, gaps interpolated) or `elnino` (months)."""
    if name == "elec_equip":
        return Series(elec_equip.load().data.iloc[:, 0].to_numpy(float), 12, 12, 72, 1)
    if name == "co2":
        monthly = co2.load().data["co2"].resample("MS").mean().interpolate()
        return Series(monthly.to_numpy(float), 12, 24, 120, 3)
    return Series(elnino.load().data.to_numpy(float)[:, 1:].ravel(), 12, 12, 240, 3)


def hourly(path: Path) -> Series:
    """Hourly values, one a line, with a week's season: traffic that is not ours to give on."""
    return Series(np.loadtxt(path, dtype=np.float64), 168, 168, 504, 6)
