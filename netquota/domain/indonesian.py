"""Dates, times, decimals and units as Indonesian official letters write them; pages have web/moments.py."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from netquota.domain.units import NO_BREAK_SPACE

MONTHS = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split()
WEEKDAYS = "Senin Selasa Rabu Kamis Jumat Sabtu Minggu".split()
_ZONES = {timedelta(hours=7): "WIB", timedelta(hours=8): "WITA", timedelta(hours=9): "WIT"}


def long_date(day: date) -> str:
    """`23 November 2026`; the day without leading zero."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def full_date(day: date) -> str:
    """`Senin, 23 November 2026`."""
    return f"{WEEKDAYS[day.weekday()]}, {long_date(day)}"


def month_of(day: date) -> str:
    """`November 2026`."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def short_month(day: date) -> str:
    """`Nov 2026`."""
    return f"{MONTHS[day.month - 1][:3]} {day.year}"


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """`07.30 WIB` (WITA, WIT) of an aware moment; outside of Indonesia the zone's own name."""
    local = moment.astimezone(zone)
    name = _ZONES.get(local.utcoffset() or timedelta()) or local.tzname()
    return f"{local:%H.%M} {name}"


def decimal(value: Fraction | int, places: int = 1) -> str:
    """`12,5` and `1.284`: a comma for decimals (none where they are 0), a dot for thousands; rounded half up."""
    scaled = abs(Fraction(value)) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    head, tail = divmod(whole, 10**places)
    digits = f"{tail:0{places}}".rstrip("0") if tail else ""
    sign = "-" if value < 0 and whole else ""
    return f"{sign}{head:,}".replace(",", ".") + (f",{digits}" if digits else "")


def with_unit(figure: str, unit: str) -> str:
    """Figure and unit that never part at a line's end: `12,5 Mbps`."""
    return f"{figure}{NO_BREAK_SPACE}{unit}"


def mbps(bps: int, places: int = 1) -> str:
    """Bit/s as a bare figure in Mbps, as budgets count it: `12,5`."""
    return decimal(Fraction(bps, 10**6), places)


def percent(share: Fraction, places: int = 1) -> str:
    """`95,2 %`; what is not whole never reads as 100."""
    text = decimal(100 * share, places)
    if share < 1 and text == "100":
        text = decimal(100 - Fraction(1, 10**places), places)
    return with_unit(text, "%")
