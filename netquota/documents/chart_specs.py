"""What a chart shows, as values; charts.py draws it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class UseChart:
    """Use by day against the ceiling, with the 95th percentile as a line; Mbps in bit/s, None = no data."""

    days: tuple[date, ...]
    used_bps: tuple[int | None, ...]
    ceiling_bps: tuple[int, ...]
    p95_bps: int | None


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Mean rate in bit/s by weekday (Monday first) and clock hour, None = no data."""

    rows: tuple[tuple[int | None, ...], ...]


@dataclass(frozen=True, slots=True)
class LoadCurve:
    """Load-duration: (percent of the time, bit/s reached or passed), and the capacity."""

    points: tuple[tuple[int, int], ...]
    capacity_bps: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """Offices by a share in thousandths, highest first."""

    names: tuple[str, ...]
    permille: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """Each office's ceiling now and as proposed, bit/s."""

    names: tuple[str, ...]
    before_bps: tuple[int, ...]
    after_bps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ForecastBand:
    """Monthly history, forecast and its band in bit/s; capacity now and as asked for from a month on."""

    months: tuple[date, ...]
    history_bps: tuple[int | None, ...]
    ahead: tuple[date, ...]
    forecast_bps: tuple[int, ...]
    low_bps: tuple[int | None, ...]
    high_bps: tuple[int | None, ...]
    capacity_bps: int
    asked_bps: int
    asked_from: date


ChartSpec = UseChart | HeatMap | LoadCurve | Ranking | BeforeAfter | ForecastBand
