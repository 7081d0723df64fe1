"""Geometry of the small drawings that pages carry inline: bars, sparklines, day bars, QR codes.

Only numbers and path data come from here, lengths as attributes (`"42%"`), because pages carry no style attributes;
the markup stands in `templates/macros/bars.html`. Charts with axes are uPlot's (`web.charts`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import segno

CLOSE, FULL = 0.90, 0.99
_SPARK_HEIGHT, _SPARK_TOP, _SPARK_BASE = 18, 1.8, 16.2
_DAY_BASE, _DAY_TALLEST = 68, 46


@dataclass(frozen=True, slots=True)
class BarShape:
    """A capacity or quota bar; lengths are per cent of its width, `None` where the mark is absent."""

    fill: str
    level: str
    guaranteed: str | None = None
    p95: str | None = None
    soft: str | None = None


@dataclass(frozen=True, slots=True)
class SparkShape:
    """A sparkline in a box `width` × 18; `limit_y` is where the dashed limit runs."""

    width: int
    path: str
    limit_y: str | None


@dataclass(frozen=True, slots=True)
class DayBar:
    """One column of the seven-day drawing (86 px high, its base at 68)."""

    x: str
    middle: str
    top: int
    height: int
    today: bool


@dataclass(frozen=True, slots=True)
class QrShape:
    """Dark modules of a QR code as one path of unit-high strokes."""

    size: int
    path: str


def capacity_bar(
    used: float | None,
    ceiling: float,
    guaranteed: float | None = None,
    p95: float | None = None,
    silent: bool = False,
) -> BarShape:
    """Use against a ceiling of the same unit: amber from 90 %, red from 99 %, grey when nothing was heard."""
    share = _share(used or 0, ceiling)
    level = "is-off" if silent else "is-bad" if share >= FULL else "is-warn" if share >= CLOSE else ""
    return BarShape(_length(share), level, _mark(guaranteed, ceiling), _mark(p95, ceiling, most=0.99))


def quota_bar(used: float, allowed: float, slowed_from: float | None = None) -> BarShape:
    """Octets used of a quota: amber from where the speed falls (or 90 %), red once it is spent."""
    share = _share(used, allowed)
    warns = share >= CLOSE if slowed_from is None else used >= slowed_from
    level = "is-bad" if share >= 1 else "is-warn" if warns else ""
    return BarShape(_length(share), level, soft=_mark(slowed_from, allowed, most=0.99))


def sparkline(values: Sequence[float | None], limit: float | None = None) -> SparkShape:
    """A line through `values` in their order; a gap (`None`) breaks it, the limit lies on the box's top."""
    top = max([value for value in values if value is not None] + [limit or 0]) or 1
    scale = (_SPARK_BASE - _SPARK_TOP) / top
    path, pen_up = list[str](), True
    for place, value in enumerate(values):
        if value is not None:
            path.append(f"{'M' if pen_up else 'L'}{place} {_SPARK_BASE - value * scale:.1f}")
        pen_up = value is None
    limit_y = None if limit is None else f"{_SPARK_BASE - limit * scale:.1f}"
    return SparkShape(max(1, len(values) - 1), "".join(path), limit_y)


def day_bars(values: Sequence[float]) -> tuple[DayBar, ...]:
    """Columns for consecutive days, the last one being today; an empty day keeps a line of 1 px."""
    tallest = max(values, default=0) or 1
    step = 100 / max(1, len(values))
    columns = list[DayBar]()
    for place, value in enumerate(values):
        height = max(1, round(_DAY_TALLEST * value / tallest))
        left = place * step + step * 0.15
        columns.append(
            DayBar(
                f"{left:.2f}%",
                f"{(place + 0.5) * step:.2f}%",
                _DAY_BASE - height,
                height,
                place == len(values) - 1,
            )
        )
    return tuple(columns)


def qr_code(text: str) -> QrShape:
    """A QR code for `text` (an address) at error level M, without the quiet zone."""
    rows = segno.make_qr(text, error="m").matrix
    path = list[str]()
    for y, row in enumerate(rows):
        start = None
        for x, dark in enumerate((*row, 0)):
            if dark and start is None:
                start = x
            elif not dark and start is not None:
                path.append(f"M{start} {y}.5h{x - start}")
                start = None
    return QrShape(len(rows), "".join(path))


def _share(part: float, whole: float) -> float:
    return max(0.0, part / whole) if whole > 0 else 0.0


def _length(share: float) -> str:
    return f"{min(1.0, share) * 100:.2f}".rstrip("0").rstrip(".") + "%"


def _mark(at: float | None, whole: float, most: float = 1.0) -> str | None:
    return None if at is None or whole <= 0 else _length(min(most, _share(at, whole)))
