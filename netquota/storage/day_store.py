"""Days off and Ramadans as rows; they are edited through netquota.services.allocate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from netquota.storage.database import Connection
from netquota.storage.schema import holiday, ramadan


@dataclass(frozen=True, slots=True)
class DayOffRow:
    """A day off: name, kind (public, joint, own); `works`: the office works all the same."""

    day: date
    name: str
    kind: str
    works: bool


@dataclass(frozen=True, slots=True)
class RamadanRow:
    """A Ramadan by its year of the Hijra; it counts once the office confirmed it."""

    year: int
    first: date
    last: date
    confirmed: bool


def days_off(connection: Connection, years: Sequence[int]) -> dict[date, DayOffRow]:
    """The days off of these years by date, in order."""
    within = or_(*(holiday.c.day.between(f"{year}-01-01", f"{year}-12-31") for year in years))
    found = connection.execute(select(holiday).where(within).order_by(holiday.c.day))
    rows = (DayOffRow(date.fromisoformat(row.day), row.name, row.kind, row.works) for row in found)
    return {row.day: row for row in rows}


def ramadans(connection: Connection) -> list[RamadanRow]:
    """All Ramadans of the table, the newest first."""
    found = connection.execute(select(ramadan).order_by(ramadan.c.first_day.desc()))
    return [
        RamadanRow(int(row.year), date.fromisoformat(row.first_day), date.fromisoformat(row.last_day), row.confirmed)
        for row in found
    ]


def ramadan_years(connection: Connection) -> set[int]:
    """The years of the Hijra whose Ramadan stands in the table."""
    return {int(year) for year in connection.execute(select(ramadan.c.year)).scalars()}
