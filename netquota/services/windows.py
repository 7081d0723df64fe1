"""Between the windows of a schedule and the columns of schedule_window; how they are written: domain.window_text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from netquota.domain import office_hours
from netquota.domain.schedule import Holidays, Season, Window
from netquota.domain.units import Rate
from netquota.domain.window_text import parse_windows, show_windows
from netquota.errors import InvalidValue
from netquota.services.fields import Format, Surroundings, Values


def _parse(given: str, field: str, _around: Surroundings) -> Values:
    return (tuple(_row(window) for window in parse_windows(given, field)),)


def _show_rows(values: Values, _zone: ZoneInfo) -> str:
    rows: Any = values[0]
    return show_windows(tuple(_from_row(row) for row in rows))


WINDOWS = Format(_parse, _show_rows, is_sorted=False)


def _from_row(row: Mapping[str, Any]) -> Window:
    dates = None if row["dates"] is None else tuple(date.fromisoformat(day) for day in json.loads(row["dates"]))
    down, up = row["rate_down_bps"], row["rate_up_bps"]
    return Window(
        row["name"],
        frozenset(int(day) for day in row["weekdays"].split(",")),
        time.fromisoformat(row["from_time"]),
        time.fromisoformat(row["to_time"]),
        None if dates is None else (dates[0], dates[1]),
        Holidays(row["holidays"]),
        None if down is None or up is None else Rate(down, up),
        row["plan_key"],
        Season(row["season"]),
    )


def _row(window: Window) -> dict[str, object]:
    """The window as the columns of schedule_window."""
    dates = None if window.dates is None else json.dumps([day.isoformat() for day in window.dates])
    return {
        "name": window.name,
        "weekdays": ",".join(str(day) for day in sorted(window.weekdays)),
        "from_time": f"{window.from_time:%H:%M}",
        "to_time": f"{window.to_time:%H:%M}",
        "dates": dates,
        "holidays": window.holidays.value,
        "season": window.season.value,
        "rate_down_bps": None if window.rate is None else window.rate.down_bps,
        "rate_up_bps": None if window.rate is None else window.rate.up_bps,
        "plan_key": window.plan_key,
    }


def _parse_office_hours(given: str, field: str, _around: Surroundings) -> Values:
    if len(given) > office_hours.MOST:
        raise InvalidValue(field, given, f"use at most {office_hours.MOST} characters")
    if given.strip():
        office_hours.parse_office_hours(given, field)
    return ("; ".join(part.strip() for part in given.replace("\n", ";").split(";") if part.strip()),)


OFFICE_HOURS = Format(_parse_office_hours, lambda values, _zone: str(values[0] or ""), is_sorted=False)
"""An office's own hours; empty: the usual ones."""


def _parse_reduced(given: str, field: str, _around: Surroundings) -> Values:
    return (show_windows(parse_windows(given, field)),)


REDUCED = Format(_parse_reduced, lambda values, _zone: str(values[0]), is_sorted=False)
"""Windows that are named by the part of what flows that counts in them: `50%: 22:00-06:00`."""
