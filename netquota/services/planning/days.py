"""The city's working days as planning takes them: the office's table, beyond its years what calendars say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from netquota.planning.workdays import WorkCalendar
from netquota.services import days_off
from netquota.services.clock_kinds import DayOff
from netquota.storage import day_store
from netquota.storage.database import Connection


def work_calendar(connection: Connection, zone: ZoneInfo, years: Iterable[int]) -> WorkCalendar:
    """Days off of these years and the confirmed Ramadans.

    A year of which the office's table knows nothing (past, or further than the next) has what the `holidays` library
    knows of it.
    """
    wanted = sorted(set(years))
    rows = day_store.days_off(connection, wanted)
    told = {day.year for day in rows}
    off = {day for day, row in rows.items() if not row.works}
    leave = {day for day, row in rows.items() if not row.works and row.kind == DayOff.JOINT}
    for each in days_off.known_days([year for year in wanted if year not in told]):
        off.add(each.day)
        if each.kind is DayOff.JOINT:
            leave.add(each.day)
    ramadans = tuple((row.first, row.last) for row in day_store.ramadans(connection) if row.confirmed)
    return WorkCalendar(zone, frozenset(off), tuple(sorted(ramadans)), frozenset(leave))


def named_days(connection: Connection, years: Iterable[int]) -> list[tuple[date, str]]:
    """The days off by date with their names, as `work_calendar` knows them."""
    wanted = sorted(set(years))
    rows = day_store.days_off(connection, wanted)
    told = {day.year for day in rows}
    found = {day: row.name for day, row in rows.items() if not row.works}
    found |= {each.day: each.name for each in days_off.known_days([year for year in wanted if year not in told])}
    return sorted(found.items())


def day_of(at_s: int, zone: ZoneInfo) -> date:
    """The local day of a moment."""
    return datetime.fromtimestamp(at_s, UTC).astimezone(zone).date()


def month_after(first: date) -> date:
    """The first day of the next month."""
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def months_between(first: date, last: date) -> list[date]:
    """First days of the months from that of `first` to that of `last`."""
    found, at = list[date](), first.replace(day=1)
    while at <= last:
        found.append(at)
        at = month_after(at)
    return found
