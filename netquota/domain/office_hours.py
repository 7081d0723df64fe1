"""An office's own hours as one text: `mon-thu 07:30-16:00; fri 07:30-16:30; ramadan mon-fri 08:00-15:00`.

Days that are not named are closed. Without a part for Ramadan the same hours hold in it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time
from itertools import groupby
from typing import TypeAlias

from netquota.domain.indonesian import WEEKDAYS
from netquota.domain.schedule import Holidays, Season, Window
from netquota.domain.window_text import parse_windows
from netquota.errors import InvalidValue

DayHours: TypeAlias = tuple[time, time] | None
"""Opening and closing local time of a weekday, None where the office is closed."""
Week: TypeAlias = tuple[DayHours, ...]
"""Seven days, Monday first."""
MOST = 400
_REMEDY = "write hours such as mon-thu 07:30-16:00; fri 07:30-16:30; ramadan mon-fri 08:00-15:00"


def parse_office_hours(given: str, field: str) -> tuple[Week, Week]:
    """(usual, in Ramadan). Raises `InvalidValue` that names the part and the remedy."""
    seasons: dict[Season, dict[int, DayHours]] = {Season.ANY: {}, Season.ONLY: {}}
    for part in (each.strip() for each in re.split(r"[;\n]", given)):
        if part:
            _add(seasons, part, field)
    usual, fasting = (_week(seasons[season]) for season in (Season.ANY, Season.ONLY))
    if not seasons[Season.ANY]:
        raise InvalidValue(field, given, _REMEDY)
    return usual, fasting if seasons[Season.ONLY] else usual


def _add(seasons: dict[Season, dict[int, DayHours]], part: str, field: str) -> None:
    window = _window(part, field)
    if window.from_time >= window.to_time:
        raise InvalidValue(field, part, "an office opens before it closes, on one day; round the clock is 00:00-23:59")
    days = seasons[window.season]
    if days.keys() & window.weekdays:
        raise InvalidValue(field, part, "give each day once")
    days |= dict.fromkeys(window.weekdays, (window.from_time, window.to_time))


def _window(part: str, field: str) -> Window:
    """One part: days, from-to and perhaps `ramadan`, nothing else."""
    try:
        (window,) = parse_windows(f"jam: {part}", field)
    except InvalidValue:
        raise InvalidValue(field, part, _REMEDY) from None
    rest = (window.dates, window.rate, window.plan_key, window.holidays, window.season)
    if rest[:4] != (None, None, None, Holidays.ANY) or window.season is Season.EXCEPT:
        raise InvalidValue(field, part, _REMEDY)
    if window.from_time == window.to_time:
        raise InvalidValue(field, part, _REMEDY)
    return window


def _week(days: dict[int, DayHours]) -> Week:
    return tuple(days.get(day) for day in range(7))


def in_words(week: Sequence[DayHours], weekdays: Sequence[str] = WEEKDAYS) -> str:
    """`Senin–Kamis 07.30–16.00, Jumat 07.30–16.30`, as the budget document says it; `weekdays` from Monday on."""
    told: list[str] = []
    for hours, group in groupby(enumerate(week), key=lambda day: day[1]):
        days = [day for day, _ in group]
        if hours is not None:
            named = weekdays[days[0]] if len(days) == 1 else f"{weekdays[days[0]]}–{weekdays[days[-1]]}"
            told.append(f"{named} {hours[0]:%H.%M}–{hours[1]:%H.%M}")
    return ", ".join(told)
