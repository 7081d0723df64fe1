"""The document's charts in the preview: drawn anew as SVG of the page, from the same values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext

from netquota.documents.chart_specs import BeforeAfter, ChartSpec, ForecastBand, HeatMap, LoadCurve, Ranking, UseChart
from netquota.documents.paper import Chart
from web.planning.drawing import Box, Level, Plot


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars by name: value, the second value where there are two, and the highest."""

    rows: tuple[tuple[str, int, int | None], ...]
    most: int
    is_share: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """One of the three that a chart is drawn as."""

    plot: Plot | None = None
    bars: Bars | None = None
    heat: tuple[tuple[int | None, ...], ...] = ()


def drawn(chart: Chart) -> Drawn:
    """A chart of a document for its preview."""
    spec: ChartSpec = chart.spec
    match spec:
        case ForecastBand():
            return Drawn(plot=_band(spec, chart.alt))
        case UseChart():
            return Drawn(plot=_use(spec, chart.alt))
        case LoadCurve():
            return Drawn(plot=_load(spec, chart.alt))
        case HeatMap():
            return Drawn(heat=_heat(spec))
        case Ranking():
            rows = tuple((name, value, None) for name, value in zip(spec.names, spec.permille, strict=True))
            return Drawn(bars=Bars(rows, max(spec.permille, default=1) or 1, is_share=True))
        case BeforeAfter():
            pairs = tuple(zip(spec.names, spec.before_bps, spec.after_bps, strict=True))
            most = max((*spec.before_bps, *spec.after_bps), default=1) or 1
            return Drawn(bars=Bars(pairs, most, is_share=False))


def _band(spec: ForecastBand, alt: str) -> Plot:
    highs = [high or bps for high, bps in zip(spec.high_bps, spec.forecast_bps, strict=True)]
    box = Box(max([value or 0 for value in spec.history_bps] + highs + [spec.capacity_bps, spec.asked_bps]))
    offset = _place(spec.months, spec.ahead)
    width = max(offset + len(spec.ahead) - 1, len(spec.months) - 1, 1)
    paths = (
        ("band", box.band(spec.low_bps, spec.high_bps, offset)), ("l-down", box.line(spec.history_bps)),
        ("l-fc", box.line(spec.forecast_bps, offset)),
    )  # fmt: skip
    now, asked = spec.capacity_bps // 10**6, spec.asked_bps // 10**6
    levels = [Level("l-p95", box.percent(spec.capacity_bps), gettext("contract %(bps)s", bps=now))]
    if asked != now:
        levels.append(Level("l-ceil", box.percent(spec.asked_bps), gettext("asked %(bps)s", bps=asked)))
    ends = [*spec.months[:1], *spec.ahead[-1:]]
    return Plot(alt, width, box.ticks, paths, tuple(levels), tuple(_month(day) for day in ends))


def _place(months: Sequence[date], ahead: Sequence[date]) -> int:
    if not months or not ahead:
        return len(months)
    return 12 * (ahead[0].year - months[0].year) + ahead[0].month - months[0].month


def _month(day: date) -> str:
    return f"{day:%m.%Y}"


def _use(spec: UseChart, alt: str) -> Plot:
    most = [value or 0 for value in spec.used_bps] + list(spec.ceiling_bps) + [spec.p95_bps or 0]
    box = Box(max(most, default=1))
    paths = (("l-down", box.line(spec.used_bps)), ("l-ceil", box.steps(spec.ceiling_bps)))
    levels = () if spec.p95_bps is None else (Level("l-p95", box.percent(spec.p95_bps), "P95"),)
    along = tuple(_month(day) for day in (*spec.days[:1], *spec.days[-1:]))
    return Plot(alt, max(len(spec.days) - 1, 1), box.ticks, paths, levels, along)


def _load(spec: LoadCurve, alt: str) -> Plot:
    box = Box(max([bps for _, bps in spec.points] + [spec.capacity_bps], default=1))
    first, *others = [f"{share} {box.y(bps):.1f}" for share, bps in spec.points] or ["0 100"]
    paths = (("l-down", "M" + "L".join([first, *others])),)
    level = Level("l-ceil", box.percent(spec.capacity_bps), "")
    return Plot(alt, 100, box.ticks, paths, (level,), ("0 %", "50 %", "100 %"))


def _heat(spec: HeatMap) -> tuple[tuple[int | None, ...], ...]:
    most = max((bps for row in spec.rows for bps in row if bps is not None), default=1) or 1
    return tuple(tuple(None if bps is None else 100 * bps // most for bps in row) for row in spec.rows)
