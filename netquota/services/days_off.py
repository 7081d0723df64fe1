"""Days off and Ramadan: what the calendars known to us propose, and taking that over into the office's own tables.

Decisions rest on the tables alone. What the office changed stands: a day that it works on all the same is not brought
back, and the days of Ramadan count only once it confirmed them, as their beginning is decided each year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from netquota.services.allocate import add_within, remove_within
from netquota.services.clock_kinds import DayOff
from netquota.services.office import SCHEDULER, Author, Office
from netquota.services.shift import Shift
from netquota.storage import day_store
from netquota.storage.database import Connection

COUNTRY = "ID"
_CALENDAR = Author(SCHEDULER, "kalender libur nasional")
_CATEGORIES: Mapping[str, DayOff] = {"public": DayOff.PUBLIC, "government": DayOff.JOINT}
RAMADAN_MONTH = 9
AHEAD_DAYS = 400


@dataclass(frozen=True, slots=True)
class Day:
    """A day off as a calendar knows it: its name in Indonesian, where it comes from."""

    day: date
    name: str
    kind: DayOff


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken over, or would be: days added, and days to come that the calendar names no longer."""

    added: tuple[Day, ...]
    gone: tuple[Day, ...]


def known_days(years: Sequence[int]) -> list[Day]:
    """Indonesia's public holidays and joint leave in these years, as the `holidays` library knows them, by date."""
    import holidays

    found: dict[date, Day] = {}
    for category, kind in _CATEGORIES.items():
        listed = holidays.country_holidays(COUNTRY, years=years, categories=(category,), language="id")
        for day, name in listed.items():
            found.setdefault(day, Day(day, name[:120], kind))
    return [found[day] for day in sorted(found)]


def ramadan_of(year: int) -> tuple[date, date]:
    """First and last day of Ramadan in a year of the Hijra by the Umm al-Qura calendar, as a proposal."""
    from hijridate import Hijri

    first, after = (Hijri(year, month, 1).to_gregorian() for month in (RAMADAN_MONTH, RAMADAN_MONTH + 1))
    return date(first.year, first.month, first.day), date(after.year, after.month, after.day) - timedelta(days=1)


def coming_ramadans(today: date) -> list[tuple[int, date, date]]:
    """(year of the Hijra, first, last day) of the Ramadans that run or begin within 400 days."""
    from hijridate import Gregorian

    year = Gregorian(today.year, today.month, today.day).to_hijri().year
    found = [(each, *ramadan_of(each)) for each in range(year, year + 3)]
    return [(each, first, last) for each, first, last in found if last >= today and (first - today).days <= AHEAD_DAYS]


def take_over(office: Office, by: Author, years: Sequence[int], *, dry_run: bool = False) -> Taken:
    """Bring the table of days off to what the calendar knows of these years; own days and works-all-the-same stay."""
    with office.database.read() as connection:
        taken = _differences(connection, office.today, years)
    if not dry_run and (taken.added or taken.gone):
        with office.database.write() as connection:
            taken = take_over_within(connection, office, by, years)
    return taken


def take_over_within(connection: Connection, office: Office, by: Author, years: Sequence[int]) -> Taken:
    """`take_over` in a transaction of the caller's."""
    taken = _differences(connection, office.today, years)
    for each in taken.gone:
        remove_within(connection, office, "holiday", each.day.isoformat(), by)
    for each in taken.added:
        values = {"day": each.day.isoformat(), "name": each.name, "kind": each.kind.value}
        add_within(connection, office, "holiday", values, by)
    return taken


def propose_ramadans_within(connection: Connection, office: Office, by: Author) -> list[int]:
    """Add the coming Ramadans that the table does not have, unconfirmed; their years."""
    known = day_store.ramadan_years(connection)
    missing = [(year, first, last) for year, first, last in coming_ramadans(office.today) if year not in known]
    for year, first, last in missing:
        values = {"year": str(year), "first_day": first.isoformat(), "last_day": last.isoformat()}
        add_within(connection, office, "ramadan", values, by)
    return [year for year, _, _ in missing]


def _differences(connection: Connection, today: date, years: Sequence[int]) -> Taken:
    listed = {each.day: each for each in known_days(years)}
    held = day_store.days_off(connection, years)
    added = [each for day, each in listed.items() if day not in held]
    brought = (DayOff.PUBLIC, DayOff.JOINT)
    gone = [
        Day(day, row.name, DayOff(row.kind))
        for day, row in held.items()
        if row.kind in brought and not row.works and day > today and day not in listed
    ]
    return Taken(tuple(added), tuple(gone))


def bring(shift: Shift, _due_s: int) -> str:
    """The days off of this year and the next, and the coming Ramadan for the office to confirm."""
    office, year = shift.office, shift.office.today.year
    years = (year, year + 1)
    with shift.reading() as (_, connection):
        known = day_store.ramadan_years(connection)
        taken = _differences(connection, office.today, years)
    ramadans = [each for each, _, _ in coming_ramadans(office.today) if each not in known]
    if taken.added or taken.gone or ramadans:
        with shift.step() as (_, connection):
            taken = take_over_within(connection, office, _CALENDAR, years)
            ramadans = propose_ramadans_within(connection, office, _CALENDAR)
    return told(taken, ramadans)


def told(taken: Taken, ramadans: Sequence[int]) -> str:
    """What a run of the job says."""
    days = f"{len(taken.added)} days off added, {len(taken.gone)} taken out"
    return f"{days}, {len(ramadans)} Ramadans proposed"
