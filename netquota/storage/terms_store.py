"""Who accepted which edition of the terms of use, when, at which device."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from netquota.storage import rows
from netquota.storage.database import Connection
from netquota.storage.guest_names import shown
from netquota.storage.schema import employee, terms, terms_acceptance


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One person's word; `at_s` epoch seconds, `mac` empty where the gateway told none."""

    username: str
    name: str
    edition: str
    at_s: int
    mac: str


_a = terms_acceptance.c


def has_accepted(connection: Connection, employee_id: int, terms_id: int) -> bool:
    """Whether somebody accepted an edition."""
    mine = select(_a.id).where(_a.employee_id == employee_id, _a.terms_id == terms_id)
    return connection.execute(mine).first() is not None


def accept(connection: Connection, employee_id: int, terms_id: int, mac: str, now_s: int) -> bool:
    """Keep that somebody accepted an edition; whether that is new: the first time counts."""
    values = {"employee_id": employee_id, "terms_id": terms_id, "mac": mac[:64], "at_s": now_s}
    return rows.insert_unless_there(connection, terms_acceptance, values)


def accepted_by(connection: Connection) -> dict[int, int]:
    """How many accepted each edition, by its row id."""
    counted = select(_a.terms_id, func.count()).group_by(_a.terms_id)
    return {row[0]: row[1] for row in connection.execute(counted)}


def is_accepted(connection: Connection, terms_id: int) -> bool:
    """Whether anybody accepted an edition, so that its text must stay as he read it."""
    return connection.execute(select(_a.id).where(_a.terms_id == terms_id).limit(1)).first() is not None


def acceptances(connection: Connection, edition: str, most: int = 10_000) -> list[Acceptance]:
    """Who accepted an edition, the newest first."""
    joined = terms_acceptance.join(employee, employee.c.id == _a.employee_id).join(terms, terms.c.id == _a.terms_id)
    columns = (shown(employee.c.username), employee.c.name, terms.c.edition, _a.at_s, _a.mac)
    query = select(*columns).select_from(joined).where(terms.c.edition == edition)
    return [Acceptance(*row) for row in connection.execute(query.order_by(_a.at_s.desc(), _a.id.desc()).limit(most))]
