"""Use case: first passwords as printed slips, by office or for many at once: each with a code that is good once.

Who has a password already gets none; a slip printed again ends the one before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from netquota.domain.people import Opd
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services import sight
from netquota.services.office import Author, Office, needed
from netquota.services.password_codes import fresh_code, written
from netquota.storage import audit_store, password_code_store, rows
from netquota.storage.database import Connection
from netquota.storage.password_code_store import PasswordCode, Waiting, Way
from netquota.storage.snapshot import Snapshot

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


@dataclass(frozen=True, slots=True)
class OfficeWaiting:
    """How many of an office wait for a first password, and how many of them have a slip that is good."""

    opd: Opd
    people: int
    with_slip: int


@dataclass(frozen=True, slots=True)
class Sheets:
    """The slips of one office, in a print job of several."""

    opd: Opd
    slips: list[Slip]


def waiting(office: Office, opd_code: str) -> list[Waiting]:
    """Who of an office has no password yet. Raises `NotFound`, also for an office out of sight."""
    with office.database.read() as connection:
        opd_id = _opd_id(connection, office, opd_code)
        return password_code_store.waiting(connection, opd_id, office.now_s)


def offices_waiting(office: Office, snapshot: Snapshot, among: Collection[int] | None = None) -> list[OfficeWaiting]:
    """The offices in sight of which somebody waits, by code; `among`: of these employees alone."""
    with office.database.read() as connection:
        people = _by_office(connection, office, among)
    offices = [opd for opd in sight.offices(snapshot, office.scope) if opd.id in people]
    return [
        OfficeWaiting(opd, len(people[opd.id]), sum(one.slip_until_s > 0 for one in people[opd.id])) for opd in offices
    ]


def make_sheets(
    office: Office, snapshot: Snapshot, chosen: Collection[str], by: Author, days: int, *,
    among: Collection[int] | None = None, is_again: bool = False,
) -> list[Sheets]:  # fmt: skip
    """Slips for several offices (codes) at once, by code; who has a good one gets another where `is_again`.

    Raises as `make_slips`.
    """
    _refuse_days(by, days)
    with office.database.write() as connection:
        people = _by_office(connection, office, among)
        wanted = [opd for opd in sight.offices(snapshot, office.scope) if opd.code in chosen and opd.id in people]
        those = {opd.id: [one for one in people[opd.id] if is_again or not one.slip_until_s] for opd in wanted}
        if any(people[opd.id] for opd in wanted) and not any(those.values()):
            raise Conflict("their slips are printed already; have them printed again to end those, or hand these out")
        slips = iter(_made(connection, office, [one for group in those.values() for one in group], by, days))
        return [Sheets(opd, list(islice(slips, len(those[opd.id])))) for opd in wanted if those[opd.id]]


def make_slips(
    office: Office, opd_code: str, by: Author, days: int = USUAL_DAYS, only: Collection[str] | None = None
) -> list[Slip]:  # fmt: skip
    """Slips for those of an office without a password (`only`: these usernames of them), good for `days`.

    Raises `InvalidValue` for days out of bounds or a missing reason, `Conflict` where nobody waits or too many do.
    """
    _refuse_days(by, days)
    with office.database.write() as connection:
        opd_id = _opd_id(connection, office, opd_code)
        people = password_code_store.waiting(connection, opd_id, office.now_s)
        chosen = [person for person in people if only is None or person.username in only]
        return _made(connection, office, chosen, by, days)


def _refuse_days(by: Author, days: int) -> None:
    needed(by)
    if not SHORTEST_DAYS <= days <= LONGEST_DAYS:
        raise InvalidValue("days", days, f"give a whole number from {SHORTEST_DAYS} to {LONGEST_DAYS}")


def _made(connection: Connection, office: Office, chosen: Sequence[Waiting], by: Author, days: int) -> list[Slip]:
    """A slip for each, in their order."""
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


def _by_office(connection: Connection, office: Office, among: Collection[int] | None) -> dict[int, list[Waiting]]:
    """Who waits, by office in sight, each by name."""
    found: dict[int, list[Waiting]] = {}
    for one in password_code_store.waiting(connection, None, office.now_s, office.scope):
        if among is None or one.id in among:
            found.setdefault(one.opd_id, []).append(one)
    return found


def _opd_id(connection: Connection, office: Office, code: str) -> int:
    row = rows.find(connection, "opd", ("code",), code)
    if row is None or not office.scope.covers(row["id"]):
        raise NotFound("opd", code)
    return int(row["id"])
