"""How each chart is drawn with matplotlib; imported only when something is drawn.

Right for a black-and-white printer and for the colour-blind: lines differ in dash and mark, areas in hatching, and the
scale of heat is one of brightness. Missing data is a hatched gap, never a line at zero.
"""

# pyright: reportUnknownMemberType=false
# Because matplotlib types its keyword arguments only in part.

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from netquota.documents.chart_specs import (
    BeforeAfter,
    ChartSpec,
    ForecastBand,
    HeatMap,
    LoadCurve,
    Ranking,
    UseChart,
)
from netquota.domain.indonesian import WEEKDAYS, decimal, mbps, month_of, short_month
from netquota.planning.limits import LIMIT_PERCENT
from netquota.planning.normal import FloatArray

MEGA = 1_000_000
BLUE, SOFT, INK, ORANGE, GREY = "#1f78a4", "#cfe3ee", "#16242b", "#b4561c", "#798890"
_DASHED, _DOTTED = (0, (5, 3)), (0, (1, 1.5))
_MOST_TICKS = 9


def draw(spec: ChartSpec, axes: Axes) -> None:
    """Draw a chart."""
    match spec:
        case UseChart():
            _use(spec, axes)
        case HeatMap():
            _heat(spec, axes)
        case LoadCurve():
            _load(spec, axes)
        case Ranking():
            _ranking(spec, axes)
        case BeforeAfter():
            _before_after(spec, axes)
        case ForecastBand():
            _forecast(spec, axes)


def _megabits(values: Sequence[int | None]) -> FloatArray:
    return np.array([np.nan if value is None else value / MEGA for value in values], dtype=np.float64)


def _number(value: float, _position: int | None = None) -> str:
    return decimal(Fraction(value).limit_denominator(1000), 1)


def _megabits_scale(axes: Axes, *series: FloatArray) -> None:
    highest = max((float(np.nanmax(each)) for each in series if bool(np.isfinite(each).any())), default=0.0)
    axes.set_ylim(0, 1.15 * highest if highest > 0 else 1)
    axes.set_ylabel("Mbps")
    axes.yaxis.set_major_formatter(FuncFormatter(_number))
    axes.grid(visible=False, axis="x")


def _legend(axes: Axes, columns: int) -> None:
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.2, handlelength=3)


def _gaps(axes: Axes, values: FloatArray) -> None:
    """Hatch where nothing was measured."""
    at = 0
    for is_missing, group in groupby(np.isnan(values).tolist()):
        number = len(list(group))
        if is_missing:
            axes.axvspan(at - 0.5, at + number - 0.5, facecolor="none", edgecolor=GREY, hatch="////", linewidth=0)
        at += number


def _ticks(axes: Axes, texts: Sequence[str], every: Sequence[int]) -> None:
    step = max(1, -(-len(every) // _MOST_TICKS))
    chosen = list(every)[::step]
    axes.set_xticks(chosen, [texts[at] for at in chosen])


def _use(spec: UseChart, axes: Axes) -> None:
    used, ceiling = _megabits(spec.used_bps), _megabits(spec.ceiling_bps)
    at = np.arange(len(used))
    axes.fill_between(at, used, color=SOFT, linewidth=0)
    axes.plot(at, used, color=BLUE, linewidth=0.9, label="pemakaian harian")
    axes.step(at, ceiling, where="mid", color=INK, linewidth=1.6, label="batas")
    if spec.p95_bps is not None:
        label = f"persentil ke-95: {mbps(spec.p95_bps)} Mbps"
        axes.axhline(spec.p95_bps / MEGA, color=ORANGE, linewidth=1.1, linestyle=_DASHED, label=label)
    _gaps(axes, used)
    months = [place for place, day in enumerate(spec.days) if place == 0 or day.month != spec.days[place - 1].month]
    if len(months) > 1 and months[1] - months[0] < len(spec.days) / _MOST_TICKS / 2:
        del months[0]  # its name would stand on the next one's
    _ticks(axes, [short_month(day) for day in spec.days], months)
    axes.set_xlim(-0.5, len(used) - 0.5)
    _megabits_scale(axes, used, ceiling)
    _legend(axes, 3)


def _heat(spec: HeatMap, axes: Axes) -> None:
    table = np.array([_megabits(row) for row in spec.rows])
    highest = float(np.nanmax(table)) if bool(np.isfinite(table).any()) else 1.0
    image = axes.imshow(table, cmap="Blues", vmin=0, vmax=highest, aspect="auto")
    for day, hour in np.argwhere(np.isnan(table)).tolist():
        axes.text(hour, day, "–", ha="center", va="center", fontsize=7)
    for day, hour in np.argwhere(table >= 0.35 * highest).tolist():
        ink = "white" if table[day, hour] > 0.6 * highest else INK
        axes.text(hour, day, f"{table[day, hour]:.0f}", ha="center", va="center", fontsize=5.5, color=ink)
    axes.set_xticks(range(0, 24, 2), [f"{hour:02}" for hour in range(0, 24, 2)])
    axes.set_yticks(range(7), WEEKDAYS)
    axes.set_xlabel("jam")
    axes.grid(visible=False)
    bar = axes.figure.colorbar(image, ax=axes, pad=0.01)
    bar.set_label("Mbps")


def _load(spec: LoadCurve, axes: Axes) -> None:
    percents = np.array([percent for percent, _ in spec.points])
    rates = _megabits([bps for _, bps in spec.points])
    capacity = np.array([spec.capacity_bps / MEGA])
    axes.fill_between(percents, rates, color=SOFT, linewidth=0)
    axes.plot(percents, rates, color=BLUE, linewidth=1.3, label="dicapai atau dilampaui")
    axes.axhline(capacity[0], color=INK, linewidth=1.6, label="kapasitas")
    axes.axvline(5, color=ORANGE, linewidth=1.1, linestyle=_DASHED, label="5 % waktu (persentil ke-95)")
    axes.set_xlim(0, 100)
    axes.set_xlabel("persen waktu")
    _megabits_scale(axes, rates, capacity)
    _legend(axes, 3)


def _ranking(spec: Ranking, axes: Axes) -> None:
    at = np.arange(len(spec.names))
    shares = [permille / 10 for permille in spec.permille]
    axes.barh(at, shares, color=SOFT, edgecolor=BLUE, linewidth=0.8, height=0.7)
    for place, share in zip(at.tolist(), shares, strict=True):
        axes.text(share, place, f" {_number(share)} %", va="center", fontsize=7)
    axes.set_yticks(at, spec.names)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.15 * max(shares, default=1))
    axes.set_xlabel("porsi jam kerja pada batas (%)")
    axes.xaxis.set_major_formatter(FuncFormatter(_number))
    axes.grid(visible=False, axis="y")


def _before_after(spec: BeforeAfter, axes: Axes) -> None:
    at = np.arange(len(spec.names), dtype=np.float64)
    before, after = _megabits(spec.before_bps), _megabits(spec.after_bps)
    axes.barh(
        at - 0.2, before, height=0.36, color="white", edgecolor=GREY, hatch="////", linewidth=0.8, label="sebelum"
    )
    axes.barh(at + 0.2, after, height=0.36, color=BLUE, edgecolor=BLUE, linewidth=0.8, label="sesudah")
    for place, value in zip((*(at - 0.2), *(at + 0.2)), (*before, *after), strict=True):
        axes.text(float(value), float(place), f" {_number(float(value))}", va="center", fontsize=6.5)
    axes.set_yticks(at, spec.names)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.12 * float(max(before.max(), after.max())))
    axes.set_xlabel("batas atas (Mbps)")
    axes.xaxis.set_major_formatter(FuncFormatter(_number))
    axes.grid(visible=False, axis="y")
    _legend(axes, 2)


def _forecast(spec: ForecastBand, axes: Axes) -> None:
    history, ahead = _megabits(spec.history_bps), _megabits(spec.forecast_bps)
    low, high = _megabits(spec.low_bps), _megabits(spec.high_bps)
    months = (*spec.months, *spec.ahead)
    at = np.arange(len(months))
    past, future = at[: len(history)], at[len(history) :]
    axes.plot(past, history, color=BLUE, linewidth=1.3, marker="o", markersize=2.5, label="permintaan")
    axes.fill_between(
        future, low, high, facecolor=SOFT, edgecolor=BLUE, hatch="....", linewidth=0.4, label="selang 90 %"
    )
    axes.plot(future, ahead, color=BLUE, linewidth=1.3, linestyle=_DASHED, label="proyeksi")
    capacity = np.array([_capacity(spec, place) for place in range(len(months))])
    axes.step(at, capacity, where="mid", color=INK, linewidth=1.6, label="kapasitas kini dan usulan")
    axes.axhline(spec.capacity_bps / MEGA, color=INK, linewidth=0.8, linestyle=_DOTTED)
    _gaps(axes, history)
    full = np.flatnonzero(ahead >= LIMIT_PERCENT / 100 * spec.capacity_bps / MEGA)
    if len(full):
        place, reached = float(future[full[0]]), float(ahead[full[0]])
        axes.plot([place], [reached], marker="o", markersize=7, markerfacecolor="white", color=ORANGE)
        axes.annotate(
            f"batas tercapai: {month_of(spec.ahead[int(full[0])])}", (place, reached), xytext=(0, -24),
            textcoords="offset points", ha="center", va="top", fontsize=7, arrowprops={"arrowstyle": "-", "lw": 0.6},
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
        )  # fmt: skip
    _ticks(axes, [short_month(month) for month in months], at.tolist())
    axes.set_xlim(-0.5, len(months) - 0.5)
    _megabits_scale(axes, history, high, ahead, capacity)
    _legend(axes, 4)


def _capacity(spec: ForecastBand, place: int) -> float:
    month = (*spec.months, *spec.ahead)[place]
    return (spec.asked_bps if month >= spec.asked_from else spec.capacity_bps) / MEGA
