"""Small facts of the installation that outlive a process, such as whether its city is a sample."""

from __future__ import annotations

from sqlalchemy import delete, select

from netquota.storage.database import Connection
from netquota.storage.rows import insert_unless_there
from netquota.storage.schema import city_fact

SAMPLE = "sample"
"""Stands where the city, its people and figures are invented (`netquota demo`)."""


def fact(connection: Connection, key: str) -> str | None:
    """The fact's value; None where it was never noted."""
    return connection.execute(select(city_fact.c.value).where(city_fact.c.key == key)).scalar()


def note(connection: Connection, key: str, value: str) -> None:
    """Note a fact in place of what was noted before."""
    if not insert_unless_there(connection, city_fact, {"key": key, "value": value}):
        connection.execute(city_fact.update().where(city_fact.c.key == key).values(value=value))


def forget(connection: Connection, key: str) -> None:
    """As if it had never been noted."""
    connection.execute(delete(city_fact).where(city_fact.c.key == key))
