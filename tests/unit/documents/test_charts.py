"""Charts: the same to the byte, whole also where data is missing, and not only told apart by colour."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from PIL import Image

from netquota.documents import charts
from netquota.documents.chart_specs import (
    BeforeAfter,
    ChartSpec,
    ForecastBand,
    HeatMap,
    LoadCurve,
    Ranking,
    UseChart,
)
from netquota.documents.charts import drawn
from netquota.errors import ConfigurationError

M = 1_000_000
DAYS = tuple(date(2026, 1, 5) + timedelta(days=at) for at in range(5))
MONTHS = tuple(date(2026, month, 1) for month in range(1, 7))
SPECS: dict[str, ChartSpec] = {
    "use": UseChart(DAYS, (5 * M, None, None, 7 * M, 8 * M), (10 * M,) * 5, 8 * M),
    "use, nothing measured": UseChart(DAYS, (None,) * 5, (10 * M,) * 5, None),
    "heat": HeatMap(tuple(tuple(None if hour == 3 else hour * M for hour in range(24)) for _ in range(7))),
    "heat, nothing measured": HeatMap(((None,) * 24,) * 7),
    "load": LoadCurve(((0, 9 * M), (5, 8 * M), (100, 0)), 10 * M),
    "ranking": Ranking(("A", "B"), (182, 20)),
    "before and after": BeforeAfter(("A", "B"), (5 * M, 0), (9 * M, 3 * M)),
    "forecast": ForecastBand(
        MONTHS[:3], (5 * M, None, 6 * M), MONTHS[3:], (7 * M, 8 * M, 10 * M), (6 * M, 7 * M, None),
        (8 * M, 9 * M, None),
        10 * M, 15 * M, date(2026, 6, 1),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SPECS)
def test_a_chart_is_drawn_the_same_each_time(name: str) -> None:
    svg, png = drawn(SPECS[name])
    assert (svg, png) == drawn(SPECS[name])
    assert svg.startswith(b"<?xml")
    assert b"<date>" not in svg
    assert b"<text" not in svg  # outlines: no font is needed to see it
    picture = Image.open(io.BytesIO(png))
    assert picture.width == 1320
    assert len({colour for _, colour in picture.convert("L").getcolors(100_000)}) > 20


def test_without_the_extra_it_is_said_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ConfigurationError, match=r"netquota\[planning\]"):
        drawn(SPECS["load"])
