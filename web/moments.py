"""How netquota writes times, dates and durations for people, in the office's zone.

Pure functions: moments are aware datetimes, zone and language are arguments, and "now" is never read here.
Hours are written with a dot in both languages (`10.42 WIB`), as the office writes them.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date

from web.formatting import NO_BREAK, UNKNOWN

_INDONESIAN_ZONES = {timedelta(hours=7): "WIB", timedelta(hours=8): "WITA", timedelta(hours=9): "WIT"}
_INDONESIAN_KEYS = frozenset(
    {"Asia/Jakarta", "Asia/Pontianak", "Asia/Makassar", "Asia/Ujung_Pandang", "Asia/Jayapura"},
)
_NEAR = {
    "id": {-1: "kemarin", 0: "hari ini", 1: "besok"},
    "en": {-1: "yesterday", 0: "today", 1: "tomorrow"},
}
_SPANS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
_MINUTES = 2
_SPAN_WORDS = {
    "id": {"d": ("hari", "hari"), "h": ("jam", "jam"), "m": ("menit", "menit"), "s": ("detik", "detik")},
    "en": {"d": ("day", "days"), "h": ("hour", "hours"), "m": ("minute", "minutes"), "s": ("second", "seconds")},
}


def zone_name(zone: ZoneInfo, moment: datetime) -> str:
    """`WIB`, `WITA`, `WIT` in Indonesia, elsewhere what the zone calls itself at that moment."""
    there = moment.astimezone(zone)
    offset = there.utcoffset()
    if offset is not None and zone.key in _INDONESIAN_KEYS:
        return _INDONESIAN_ZONES[offset]
    return there.tzname() or zone.key


def local_iso(at_s: int | None, zone: ZoneInfo) -> str:
    """Epoch seconds as files have them: `2026-11-24T10:42:00+07:00`; empty for None."""
    return "" if at_s is None else datetime.fromtimestamp(at_s, zone).isoformat(timespec="seconds")


def clock_time(moment: datetime | None, zone: ZoneInfo) -> str:
    """`10.42`, without the zone's name."""
    return UNKNOWN if moment is None else moment.astimezone(zone).strftime("%H.%M")


def clock_time_zone(moment: datetime | None, zone: ZoneInfo) -> str:
    """`10.42 WIB`."""
    return UNKNOWN if moment is None else f"{clock_time(moment, zone)}{NO_BREAK}{zone_name(zone, moment)}"


def date_long(moment: datetime | date | None, zone: ZoneInfo, language: str) -> str:
    """`23 November 2026`."""
    return _written(moment, zone, language, "d MMMM y")


def date_full(moment: datetime | date | None, zone: ZoneInfo, language: str) -> str:
    """`Selasa, 24 November 2026`."""
    return _written(moment, zone, language, "EEEE, d MMMM y")


def date_short(moment: datetime | date | None, zone: ZoneInfo, language: str) -> str:
    """`1 Des`."""
    return _written(moment, zone, language, "d MMM")


def day_month(moment: datetime | date | None, zone: ZoneInfo, language: str) -> str:
    """`1 Desember`."""
    return _written(moment, zone, language, "d MMMM")


def weekday_short(moment: datetime | date | None, zone: ZoneInfo, language: str) -> str:
    """`Sel`."""
    return _written(moment, zone, language, "EEE")


def weekday(day: date, language: str) -> str:
    """`Selasa`."""
    return format_date(day, "EEEE", locale=language)


def month_name(moment: datetime | date | None, zone: ZoneInfo, language: str) -> str:
    """`November`."""
    return _written(moment, zone, language, "MMMM")


def stamp(moment: datetime | None, zone: ZoneInfo, language: str) -> str:
    """The whole moment: `Selasa, 24 November 2026, 10.42 WIB`."""
    return UNKNOWN if moment is None else f"{date_full(moment, zone, language)}, {clock_time_zone(moment, zone)}"


def near(moment: datetime | None, now: datetime, zone: ZoneInfo, language: str) -> str:
    """As one would say it at `now`: `hari ini 10.38`, `besok 00.00`, `Jumat 11.30`, `1 Des 00.00`, `2 Nov 2025 …`."""
    if moment is None:
        return UNKNOWN
    there, today = moment.astimezone(zone), now.astimezone(zone).date()
    days = (there.date() - today).days
    if days in _NEAR[language]:
        day = _NEAR[language][days]
    elif 1 < days < 7:
        day = format_date(there.date(), "EEEE", locale=language)
    else:
        day = format_date(there.date(), "d MMM" if there.year == today.year else "d MMM y", locale=language)
    return f"{day} {clock_time(moment, zone)}"


def duration(seconds: float | None, language: str) -> str:
    """The units that matter: `6 hari 13 jam`, `1 jam 5 menit`, `37 menit`, `4 detik`."""
    if seconds is None:
        return UNKNOWN
    rest, counts = int(seconds), list[int]()
    for size, _ in _SPANS:
        count, rest = divmod(rest, size)
        counts.append(count)
    first = next((place for place, count in enumerate(counts) if count), len(_SPANS) - 1)
    kept = range(first, first + 2 if first < _MINUTES else first + 1)
    said = [
        f"{counts[place]}{NO_BREAK}{_SPAN_WORDS[language][_SPANS[place][1]][counts[place] != 1]}"
        for place in kept
        if counts[place] or place == first
    ]
    return " ".join(said)


def iso(moment: datetime | None) -> str:
    """For machines (`datetime=` attributes, files): `2026-11-24T03:42:00+00:00`."""
    return "" if moment is None else moment.isoformat(timespec="seconds")


def _written(moment: datetime | date | None, zone: ZoneInfo, language: str, pattern: str) -> str:
    if moment is None:
        return UNKNOWN
    day = moment.astimezone(zone).date() if isinstance(moment, datetime) else moment
    return format_date(day, pattern, locale=language)
