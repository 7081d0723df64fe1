"""A schedule's windows as one text, `Jam kerja: mon-fri 07:30-16:00 no-holidays 5M/1M; Malam: 20:00-06:00 plan=malam`.

After the name: days, from-to (local), dates `2026-03-01..2026-03-30`, `holidays` (only) or `no-holidays`, `ramadan`
(only) or `no-ramadan`, a rate or a plan, in any order, each at most once. The first window that holds wins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

from netquota.domain.schedule import EVERY_DAY, Holidays, Season, Window
from netquota.domain.units import exact_rate, parse_rate
from netquota.errors import InvalidValue

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HARI = ("sen", "sel", "rab", "kam", "jum", "sab", "min")
_NUMBER = {name: number for names in (_DAYS, _HARI) for number, name in enumerate(names)}
_SPAN = re.compile(r"(\d{1,2})[:.](\d{2})-(\d{1,2})[:.](\d{2})")
_DATES = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})")
_REMEDY = "write NAME: mon-fri 07:30-16:00 5M/1M, windows apart by ;"


def parse_windows(given: str, field: str) -> tuple[Window, ...]:
    """The windows in order. Raises `InvalidValue` that names the part."""
    parts = [part.strip() for part in re.split(r"[;\n]", given)]
    return tuple(_window(part, field) for part in parts if part)


def show_windows(windows: tuple[Window, ...]) -> str:
    """The text that `parse_windows` reads back."""
    return "; ".join(_show(window) for window in windows)


def _window(part: str, field: str) -> Window:
    name, colon, rest = part.partition(":")
    is_time = name[-1:].isdigit() and rest[:1].isdigit()
    if not colon or not name.strip() or is_time:
        raise InvalidValue(field, part, _REMEDY)
    found: dict[str, Any] = {}
    for word in rest.split():
        slot, value = _read(word, field)
        if slot in found:
            raise InvalidValue(field, word, f"window {name.strip()!r} says it twice")
        found[slot] = value
    start, end = found.pop("span", (time(0), time(0)))
    return Window(name.strip(), from_time=start, to_time=end, **found)


def _read(word: str, field: str) -> tuple[str, object]:
    for slot, reader in _READERS.items():
        value = reader(word.lower() if slot != "plan_key" else word, field)
        if value is not None:
            return slot, value
    return "rate", parse_rate(word, field)


def _read_days(word: str, field: str) -> frozenset[int] | None:
    days: set[int] = set()
    for part in word.split(","):
        first, _, last = part.partition("-")
        if first[:3] not in _NUMBER or first[0].isdigit():
            return None
        if last and last[:3] not in _NUMBER:
            raise InvalidValue(field, word, "write days as mon-fri or sen-jum, mon,wed")
        start, end = _NUMBER[first[:3]], _NUMBER[(last or first)[:3]]
        days.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return frozenset(days)


def _read_span(word: str, field: str) -> tuple[time, time] | None:
    match = _SPAN.fullmatch(word)
    if match is None:
        return None
    try:
        return _clock(match[1], match[2]), _clock(match[3], match[4])
    except ValueError:
        raise InvalidValue(field, word, "write times as 07:30-16:00") from None


def _clock(hour: str, minute: str) -> time:
    return time(0) if (hour, minute) == ("24", "00") else time(int(hour), int(minute))


def _read_dates(word: str, field: str) -> tuple[date, date] | None:
    match = _DATES.fullmatch(word)
    if match is None:
        return None
    try:
        return date.fromisoformat(match[1]), date.fromisoformat(match[2])
    except ValueError:
        raise InvalidValue(field, word, "write dates as 2026-03-01..2026-03-30") from None


def _read_holidays(word: str, _field: str) -> Holidays | None:
    return {"holidays": Holidays.ONLY, "no-holidays": Holidays.EXCEPT}.get(word)


def _read_season(word: str, _field: str) -> Season | None:
    return {"ramadan": Season.ONLY, "no-ramadan": Season.EXCEPT}.get(word)


def _read_plan(word: str, _field: str) -> str | None:
    return word[5:] if word.lower().startswith("plan=") and len(word) > 5 else None


_READERS: Mapping[str, Callable[[str, str], object]] = {
    "span": _read_span,
    "dates": _read_dates,
    "holidays": _read_holidays,
    "season": _read_season,
    "plan_key": _read_plan,
    "weekdays": _read_days,
}


def _show(window: Window) -> str:
    words = [f"{window.name}:"]
    if window.weekdays != EVERY_DAY:
        words.append(",".join(_DAYS[day] for day in sorted(window.weekdays)))
    if (window.from_time, window.to_time) != (time(0), time(0)):
        words.append(f"{window.from_time:%H:%M}-{window.to_time:%H:%M}")
    if window.dates is not None:
        words.append(f"{window.dates[0]}..{window.dates[1]}")
    if window.holidays is not Holidays.ANY:
        words.append("holidays" if window.holidays is Holidays.ONLY else "no-holidays")
    if window.season is not Season.ANY:
        words.append("ramadan" if window.season is Season.ONLY else "no-ramadan")
    if window.rate is not None:
        words.append(exact_rate(window.rate))
    if window.plan_key is not None:
        words.append(f"plan={window.plan_key}")
    return " ".join(words)
