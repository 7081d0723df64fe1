"""Geometry of the planning charts: axes, lines, bands as path data in a box of so many steps by 100.

Only numbers and path data come from here; the markup stands in `templates/planning/charts.html`, and each chart has a
table beside it that says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Value = float | None
_MEGA = 10**6


@dataclass(frozen=True, slots=True)
class Level:
    """A level line right across, `y` from the top in per cent, with its name."""

    css: str
    y: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart in a box `width` × 100: `paths` (class, data), `ticks` (text, y), `along` the texts under it."""

    summary: str
    width: int
    ticks: tuple[tuple[str, str], ...]
    paths: tuple[tuple[str, str], ...]
    levels: tuple[Level, ...]
    along: tuple[str, ...]
    mark: tuple[str, str, str] | None = None


class Box:
    """A scale from bit/s to the box's height; `most` is the highest value to be shown."""

    def __init__(self, most: float) -> None:
        self.step = _step(max(most, 1.0))
        self.top = self.step * max(1, -(-int(most) // int(self.step)))

    def y(self, value: float) -> float:
        """From the top, 0 to 100."""
        return 100 - 90 * value / self.top

    def percent(self, value: float) -> str:
        """`y` as a length."""
        return f"{self.y(value):.1f}%"

    @property
    def ticks(self) -> tuple[tuple[str, str], ...]:
        """Mbit/s and where they stand."""
        values = [self.step * at for at in range(round(self.top / self.step) + 1)]
        return tuple((f"{value / _MEGA:g}", self.percent(value)) for value in values)

    def line(self, values: Sequence[Value], first: int = 0) -> str:
        """A line through the values in their order; a gap breaks it."""
        path, pen_up = list[str](), True
        for at, value in enumerate(values, start=first):
            if value is not None:
                path.append(f"{'M' if pen_up else 'L'}{at} {self.y(value):.1f}")
            pen_up = value is None
        return "".join(path)

    def band(self, low: Sequence[Value], high: Sequence[Value], first: int = 0) -> str:
        """The area between two lines, where both are known."""
        known = [(at, a, b) for at, (a, b) in enumerate(zip(low, high, strict=True), first) if None not in (a, b)]
        if len(known) < 2:
            return ""
        upper = [f"{at} {self.y(b or 0):.1f}" for at, _, b in known]
        lower = [f"{at} {self.y(a or 0):.1f}" for at, a, _ in reversed(known)]
        return "M" + "L".join(upper + lower) + "Z"

    def steps(self, values: Sequence[float]) -> str:
        """A level that changes at once from one place to the next; 0 is none."""
        path, held = list[str](), 0.0
        for at, value in enumerate(values):
            if value and not held:
                path.append(f"M{at} {self.y(value):.1f}")
            elif value and value != held:
                path.append(f"H{at}V{self.y(value):.1f}")
            elif not value and held:
                path.append(f"H{at}")
            held = value
        return "".join(path) + (f"H{len(values) - 1}" if held else "")


def _step(most: float) -> float:
    """A round step of which three to five fit under the highest value."""
    size = 1.0
    while most / size > 40:
        size *= 10
    return next(factor * size for factor in (1, 2, 2.5, 5, 10, 20) if most / (factor * size) <= 4.5)
