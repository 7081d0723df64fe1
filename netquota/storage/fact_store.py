"""Small facts that outlive a process, by key; and whether a database holds anything yet."""

from __future__ import annotations

from sqlalchemy import select, update

from netquota.storage.database import Connection
from netquota.storage.rows import insert_unless_there
from netquota.storage.schema import admin, city_fact, employee, nas, opd

SAMPLE_CITY = "sample_city"
"""Its value is JSON about the sample city; there only where all data is invented."""

OFFICE_HOURS = "office_hours"
"""Its value is the city's office hours in the text of domain.office_hours; empty or not there: the usual ones."""


def fact(connection: Connection, key: str) -> str | None:
    """The value of a fact; None where it was never noted."""
    return connection.execute(select(city_fact.c.value).where(city_fact.c.key == key)).scalar()


def put_fact(connection: Connection, key: str, value: str) -> None:
    """Note a fact, in place of an older value."""
    if not insert_unless_there(connection, city_fact, {"key": key, "value": value}):
        connection.execute(update(city_fact).where(city_fact.c.key == key).values(value=value))


def is_sample(connection: Connection) -> bool:
    """Whether this is the sample city, so that every page must say so."""
    return fact(connection, SAMPLE_CITY) is not None


def is_untouched(connection: Connection) -> bool:
    """Whether nobody has entered anything yet: no admin, office, gateway or employee."""
    return all(connection.execute(select(of.c.id).limit(1)).first() is None for of in (admin, opd, nas, employee))
