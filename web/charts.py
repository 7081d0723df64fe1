"""Time series for the browser: what a chart draws, and the table that says the same in numbers.

The drawing is uPlot's (`static/js/charts.js`); the page carries the data as JSON in a data block, rates in Mbit/s.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

_MEGA = 10**6
_TABLE_ROWS = 24
Rates = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class RateChart:
    """Rates over time against a ceiling, all in bit/s and as long as `times_s` (epoch seconds, ascending).

    `None` is "no data" and leaves a gap. The ceiling may change with time (a schedule, a loan) and may run on into the
    future, where the rates are None; `now_s` marks where that begins.
    """

    name: str
    summary: str
    times_s: Sequence[int]
    down_bps: Rates
    up_bps: Rates
    ceiling_bps: Rates
    p95_bps: float | None = None
    now_s: int | None = None
    height: int = 190
    days: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of the chart's table: means over the span that begins at `start`."""

    start: datetime
    down_bps: float | None
    up_bps: float | None
    ceiling_bps: float | None


def data_block(chart: RateChart, zone: ZoneInfo, words: dict[str, str]) -> Markup:
    """The chart as JSON that cannot end its `<script type="application/json">` early."""
    series = (chart.down_bps, chart.up_bps, chart.ceiling_bps)
    text = json.dumps(
        {
            "data": [list(chart.times_s), *([_megabits(value) for value in line] for line in series)],
            "p95": _megabits(chart.p95_bps),
            "now": chart.now_s,
            "zone": zone.key,
            "height": chart.height,
            "days": chart.days,
            "group": chart.group,
            "words": words,
        },
        separators=(",", ":"),
        ensure_ascii=False,
    )
    for sign, escape in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(sign, escape)
    return Markup(text)  # noqa: S704 - escaped for a data block by the line above


def table_rows(chart: RateChart) -> list[TableRow]:
    """At most 24 lines, each the mean of what was measured in its span; a span without any data says so by None."""
    past = [place for place, at in enumerate(chart.times_s) if chart.now_s is None or at <= chart.now_s]
    width = max(1, -(-len(past) // _TABLE_ROWS))
    spans = [past[start : start + width] for start in range(0, len(past), width)]
    return [
        TableRow(
            datetime.fromtimestamp(chart.times_s[span[0]], UTC),
            *(_mean(line, span) for line in (chart.down_bps, chart.up_bps, chart.ceiling_bps)),
        )
        for span in spans
    ]


def _mean(line: Rates, places: Sequence[int]) -> float | None:
    known = [value for value in (line[place] for place in places) if value is not None]
    return sum(known) / len(known) if known else None


def _megabits(value: float | None) -> float | None:
    return None if value is None else round(value / _MEGA, 3)
