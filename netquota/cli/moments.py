"""Times as people give and read them at the command line: local to the city, ISO or `10:30`, or a span like `2h`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from netquota.domain.periods import local_instant
from netquota.errors import InvalidValue

_SPAN = re.compile(r"([+-]?)(\d{1,4})\s*(m|min|h|d)")
_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days"}
_REMEDY = "write a local time such as 10:30, 2026-12-31 16:00 or 2026-12-31T16:00, or a span such as 2h"


def parsed_moment(text: str, field: str, now: datetime, zone: ZoneInfo, *, ahead: bool = False) -> datetime:
    """The moment in UTC. `10:30` is today's; with `ahead` a time that has passed means tomorrow's.

    `2h` counts from now: ahead, else back (`+2h` and `-2h` say which). Raises `InvalidValue`.
    """
    given = text.strip()
    span = _SPAN.fullmatch(given.lower())
    if span is not None:
        length = timedelta(**{_UNITS[span[3]]: int(span[2])})
        forward = span[1] == "+" or (ahead and span[1] != "-")
        return now + length if forward else now - length
    clock = _clock(given)
    if clock is not None:
        return _of_today(clock, now, zone, ahead)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise InvalidValue(field, text, _REMEDY) from None
    if moment.tzinfo is None:
        moment = local_instant(moment.date(), moment.time(), zone)
    return moment.astimezone(UTC)


def _clock(text: str) -> time | None:
    match = re.fullmatch(r"(\d{1,2})[:.](\d{2})", text)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        return None
    return time(int(match[1]), int(match[2]))


def _of_today(clock: time, now: datetime, zone: ZoneInfo, ahead: bool) -> datetime:
    today = now.astimezone(zone).date()
    moment = local_instant(today, clock, zone)
    return local_instant(today + timedelta(days=1), clock, zone) if ahead and moment <= now else moment


def shown_moment(at_s: int | None, zone: ZoneInfo) -> str:
    """`2026-11-24 10:30:05` in the zone; nothing for None."""
    return "" if at_s is None else f"{datetime.fromtimestamp(at_s, UTC).astimezone(zone):%Y-%m-%d %H:%M:%S}"


def iso_moment(at_s: int | None, zone: ZoneInfo) -> str | None:
    """ISO 8601 with the zone's offset, for programs."""
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC).astimezone(zone).isoformat()


def parsed_day(text: str | None, option: str) -> date | None:
    """A local date as `2026-12-31`; None where none was given. Raises `InvalidValue`."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidValue(option, text, "write the date as 2026-12-31") from None
