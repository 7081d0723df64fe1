"""Use case: first passwords as printed slips, office by office: each with a code that is good once.

Who has a password already gets none; a slip printed again ends the one before.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services.office import Author, Office, needed
from netquota.services.password_codes import fresh_code, written
from netquota.storage import audit_store, password_code_store, rows
from netquota.storage.database import Connection
from netquota.storage.password_code_store import PasswordCode, Waiting, Way

SHORTEST_DAYS: Final = 1
LONGEST_DAYS: Final = 60
USUAL_DAYS: Final = 14
MOST: Final = 400
"""Slips made at once: fifty sheets of paper."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What is printed for one person. `code` is known from here on to the paper alone."""

    username: str
    nip: str | None
    name: str
    code: str
    expires_s: int


def waiting(office: Office, opd_code: str) -> list[Waiting]:
    """Who of an office has no password yet. Raises `NotFound`, also for an office out of sight."""
    with office.database.read() as connection:
        opd_id = _opd_id(connection, office, opd_code)
        return password_code_store.waiting(connection, opd_id, office.now_s)


def make_slips(
    office: Office, opd_code: str, by: Author, days: int = USUAL_DAYS, only: Collection[str] | None = None
) -> list[Slip]:  # fmt: skip
    """Slips for those of an office without a password (`only`: these usernames of them), good for `days`.

    Raises `InvalidValue` for days out of bounds or a missing reason, `Conflict` where nobody waits or too many do.
    """
    needed(by)
    if not SHORTEST_DAYS <= days <= LONGEST_DAYS:
        raise InvalidValue("days", days, f"give a whole number from {SHORTEST_DAYS} to {LONGEST_DAYS}")
    with office.database.write() as connection:
        opd_id = _opd_id(connection, office, opd_code)
        people = password_code_store.waiting(connection, opd_id, office.now_s)
        chosen = [person for person in people if only is None or person.username in only]
        if not chosen:
            raise Conflict("nobody here waits for a password; a forgotten one is reset at the person")
        if len(chosen) > MOST:
            raise Conflict(f"{len(chosen)} at once are too many to print; choose at most {MOST}")
        expires_s = office.now_s + days * 86_400
        slips = [Slip(one.username, one.nip, one.name, fresh_code(), expires_s) for one in chosen]
        for one, slip in zip(chosen, slips, strict=True):
            made = PasswordCode(one.id, Way.SLIP, by.name, expires_s)
            password_code_store.put(connection, written(slip.code), made)
        entries = [audit_store.NewEntry("password_code", "employee", slip.username, {}, {}) for slip in slips]
        audit_store.append_all(connection, entries, actor=by.name, why=by.why, now_s=office.now_s)
    return slips


def _opd_id(connection: Connection, office: Office, code: str) -> int:
    row = rows.find(connection, "opd", ("code",), code)
    if row is None or not office.scope.covers(row["id"]):
        raise NotFound("opd", code)
    return int(row["id"])
