"""Use case: make the city of a rehearsal in an empty database; tell at rest whether limits follow from the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from netquota import passwords
from netquota.errors import ConfigurationError
from netquota.services.allocate import add_within
from netquota.services.enforce import differing
from netquota.services.facts import Policy
from netquota.services.gateways import GatewayBook
from netquota.services.office import Author, Office
from netquota.storage import fact_store, rows
from netquota.storage.ledger_store import page_on
from netquota.storage.policy_store import load_snapshot, record_change

BY = Author("simulate", "rehearsal")
Rows = Sequence[Mapping[str, str]]
_OFFICE = {"code": "KOTA", "name": "Kota (gladi)"}
_PLAN = {"key": "gladi", "name": "Gladi", "rate": "10M/5M"}
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to make, each row as `add` takes it: tables by kind in order, gateways with their office, people."""

    tables: Mapping[str, Rows]
    gateways: Iterable[Mapping[str, str]]
    people: Iterable[Mapping[str, str]]


def make(office: Office, wanted: Wanted, password: str) -> int:
    """Make the city; everybody gets `password`. How many people there are.

    Raises `ConfigurationError` where the database holds anything already, `InvalidValue` for a row that cannot be used.
    """
    with office.database.read() as connection:
        if not fact_store.is_untouched(connection):
            raise ConfigurationError("the database holds a city already; use an empty one, or do not make one")
    first = _add_tables(office, wanted)
    hashed = passwords.hash_password(password)
    sealed = office.secrets.encrypt(passwords.normal(password).encode())
    people = list(wanted.people)
    for start in range(0, len(people), _AT_ONCE):
        with office.database.write() as connection:
            for person in people[start : start + _AT_ONCE]:
                values = {"opd": first, **{name: value for name, value in person.items() if value}}
                employee_id = add_within(connection, office, "employee", values, BY).id
                # one hash for all: thousands of argon2 would take minutes
                rows.change(
                    connection, "employee", employee_id, {"password_hash": hashed, "password_encrypted": sealed}, 1
                )
                record_change(connection, "employee", employee_id, office.now_s)
    return len(people)


def _add_tables(office: Office, wanted: Wanted) -> str:
    """The code of the first office: of whoever has none."""
    tables = dict(wanted.tables)
    with office.database.write() as connection:
        if not tables.get("opd"):
            if not tables.get("plan"):
                tables["plan"] = [_PLAN]
            tables["opd"] = [{**_OFFICE, "plan": tables["plan"][0]["key"]}]
        first = tables["opd"][0]["code"]
        for kind in ("link", "schedule", "plan", "opd", "quota"):
            for values in tables.get(kind, ()):
                add_within(connection, office, kind, values, BY)
        for gateway in wanted.gateways:
            values = {name: value for name, value in gateway.items() if value and name != "opd"}
            add_within(connection, office, "nas", values, BY)
            site = {"name": gateway["name"], "nas": gateway["name"], "opd": gateway["opd"] or first}
            add_within(connection, office, "site", site, BY)
    return first


def unsettled(office: Office, floor_bps: int, gateways: Collection[str]) -> list[str]:
    """D of reliability.md §2: running sessions whose limits do not follow from the ledger as it stands.

    Only sessions at these gateways; to be asked at rest, when every order has its end.
    """
    book = GatewayBook()
    with office.database.read() as connection:
        book.read(connection)
        snapshot = load_snapshot(connection, office.secrets, office.zone)
        page = page_on(connection)
        people = [person.id for person in snapshot.subscriber_by_id.values()]
        running = [
            row
            for row in page.open_sessions_of(people)
            if (gateway := book.of_id(row.gateway_id)) is not None and gateway.identifier in gateways
        ]
        wanted = differing(page, Policy.of(snapshot, floor_bps), book, running, office.now_s * 1000)
    names = {row.id: f"{row.username} {row.acct_session_id}" for row in running}
    return [f"{names.get(one.session_id, one.session_id)}: {one.code}" for one in wanted]
