"""Use case: make the sample city in an empty database, in one transaction, marked as sample; or go on with it.

What it consists of is written in config/demo; nothing here happens to a database that holds anything else.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from netquota import passwords
from netquota.domain.applications import Outcome, Step, Taken
from netquota.domain.requests import Wanted
from netquota.domain.units import parse_rate
from netquota.errors import ConfigurationError
from netquota.services.allocate import add_within
from netquota.services.applications import take_step_within
from netquota.services.demo_history import DAYS, History, Player, note_gateways
from netquota.services.demo_people import DemoCity, DemoPerson
from netquota.services.demo_use import BIN_S
from netquota.services.facts import Policy
from netquota.services.office import Author, Office
from netquota.services.requests import Filing, file_request_within
from netquota.storage import fact_store, rows
from netquota.storage.database import Connection
from netquota.storage.ledger_store import page_on
from netquota.storage.policy_store import load_snapshot, record_change
from netquota.storage.session_row import Charge

BY = Author("demo", "data contoh")
ADMIN = "admin"
_FLOOR_BPS = 256_000
_OWN_PERIOD_DAYS = "30"


@dataclass(frozen=True, slots=True)
class Made:
    """What a first run made: passwords to be shown once; `people`, `sessions` how many."""

    admin_password: str
    people: int
    sessions: int


def is_made(office: Office) -> bool:
    """Whether the sample city stands already. Raises `ConfigurationError` where the database holds anything else."""
    with office.database.read() as connection:
        if fact_store.is_sample(connection):
            return True
        if fact_store.is_untouched(connection):
            return False
    raise ConfigurationError(
        "the database holds data of its own, which the sample city would mix with; "
        "set state_dir (or database.url) to an empty place, or run `netquota serve`"
    )


def make(office: Office, city: DemoCity, password: str) -> Made:
    """Make the city and its past week, all or nothing; every employee gets `password`.

    Raises `ConfigurationError`, `StorageUnavailable`, `InvalidValue` for data of config/demo that cannot be used.
    """
    admin_password = secrets.token_urlsafe(12)
    hashed = passwords.hash_password(password)
    until_s = office.now_s // BIN_S * BIN_S
    with office.database.write() as connection:
        _add_policy(connection, office, city)
        ids = _add_people(connection, office, city.people)
        add_within(
            connection, office, "admin",
            {"username": ADMIN, "name": "Admin Jaringan", "role": "network_admin", "password": admin_password}, BY,
        )  # fmt: skip
        give_password(connection, office, ids.values(), hashed, password)
        history = _play_week(connection, office, city, until_s)
        history.write(connection)
        _add_own_quotas(connection, office, city, ids, history, until_s)
        marked = {"name": city.name, "seed": city.seed, "made_s": office.now_s}
        fact_store.put_fact(connection, fact_store.SAMPLE_CITY, json.dumps(marked, ensure_ascii=False))
    return Made(admin_password, len(ids), len(history.sessions))


def renew_password(office: Office, city: DemoCity, password: str) -> None:
    """Give every employee of the city another password, where the one that was noted is lost."""
    hashed = passwords.hash_password(password)
    with office.database.write() as connection:
        found = (rows.find(connection, "employee", ("username_key",), person.username) for person in city.people)
        give_password(connection, office, [row["id"] for row in found if row is not None], hashed, password)


def _add_policy(connection: Connection, office: Office, city: DemoCity) -> None:
    for kind in ("link", "schedule", "plan", "opd", "quota", "nas", "site", "application", "rotation"):
        for values in city.tables[kind]:
            # hexadecimal, so that it can be pasted into a shell without quotes
            own = {"secret": secrets.token_hex(12)} if kind == "nas" else {}
            add_within(connection, office, kind, {**values, **own}, BY)
    for step in city.steps:
        taken = Taken(
            Step(step["step"]), Outcome(step["outcome"]), office.today, BY.name, step.get("note", ""),
            step.get("material", ""), step.get("users"),
        )  # fmt: skip
        take_step_within(connection, office, step["application"], taken, BY)
    for asked in city.requests:
        wanted = Wanted(parse_rate(asked["rate"], "rate"))
        filing = Filing(asked["opd"], wanted, asked["reason"], application=asked.get("application"))
        file_request_within(connection, office, filing, BY)


def _add_people(connection: Connection, office: Office, people: Iterable[DemoPerson]) -> dict[str, int]:
    """Row ids by username."""
    return {person.username: add_within(connection, office, "employee", person.fields, BY).id for person in people}


def give_password(connection: Connection, office: Office, ids: Iterable[int], hashed: str, password: str) -> None:
    """One hash for all of them: it is sample data, and 300 of argon2 would take seconds. Kept for CHAP, too."""
    sealed = office.secrets.encrypt(passwords.normal(password).encode())
    for employee_id in ids:
        row = rows.find(connection, "employee", ("id",), employee_id)
        if row is not None:
            values = {"password_hash": hashed, "password_encrypted": sealed}
            rows.change(connection, "employee", employee_id, values, row["version"])
            record_change(connection, "employee", employee_id, office.now_s)


def _play_week(connection: Connection, office: Office, city: DemoCity, until_s: int) -> History:
    snapshot = load_snapshot(connection, office.secrets, office.zone)
    from_s = until_s - DAYS * 86_400
    clients = {nas.name: nas.id for nas in snapshot.nas_by_id.values()}
    names = [(clients[gateway.nas], gateway.nas, gateway.bind) for gateway in city.gateways]
    gateways = note_gateways(connection, names, from_s, until_s)
    player = Player(Policy.of(snapshot, _FLOOR_BPS), gateways, office.zone, city.seed)
    return player.play(city.people, from_s, until_s)


def _add_own_quotas(
    connection: Connection, office: Office, city: DemoCity, ids: Mapping[str, int], history: History, until_s: int
) -> None:
    """Quotas of single people, sized by what they used, so that one is spent, one slows down, one nearly ends."""
    begins = datetime.fromtimestamp(until_s, UTC).astimezone(office.zone).date() - timedelta(days=DAYS)
    for person in city.people:
        if not person.quota:
            continue
        used = history.used.get(person.username, 0)
        values = {
            **person.quota, "employee": person.username, "octets": str(max(1, used * 1000 // person.used_permille)),
            "period": "every", "every_n": _OWN_PERIOD_DAYS, "anchor": begins.isoformat(),
        }  # fmt: skip
        quota_id = add_within(connection, office, "quota", values, BY).id
        snapshot = load_snapshot(connection, office.secrets, office.zone)
        policy = Policy.of(snapshot, _FLOOR_BPS)
        start_s, end_s = policy.calendar.period(snapshot.quotas[quota_id], until_s)
        page_on(connection).charge([Charge(quota_id, ids[person.username], start_s, end_s, used)])
