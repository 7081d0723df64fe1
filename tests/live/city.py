"""A small city written straight into the tables: clients, plans, people, for tests that drive real workers."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, select

from netquota.domain.periods import Period, PeriodKind, current
from netquota.passwords import hash_password
from netquota.secrets import Keyring
from netquota.services.office import Author, Office
from netquota.storage import schema
from netquota.storage.database import Database
from netquota.storage.policy_store import record_change

ZONE = ZoneInfo("Asia/Jakarta")
SECRET = "sixteen octets or more"
PASSWORD = "kopi tubruk pagi"
GB = 1_000_000_000
MBPS = 1_000_000
ADMIN = Author("ayu", "a test")


@cache
def hashed(password: str) -> str:
    """One argon2 for everybody: each costs 20 ms."""
    return hash_password(password)


class City:
    """What stands in one database; every method gives the row's id."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self.database, self.keyring = database, keyring
        self.nas_ids: dict[str, int] = {}
        self.people: dict[str, int] = {}
        self.plans: dict[str, int] = {}
        self.quotas: dict[str, int] = {}
        self.opd_id = self.insert(schema.opd, code="DISKOMINFO", name="Dinas Komunikasi dan Informatika")

    def insert(self, table: Table, **values: object) -> int:
        with self.database.write() as connection:
            row = connection.execute(table.insert().values(**values))
            record_change(connection, table.name, row.inserted_primary_key[0], int(time.time()))
            return int(row.inserted_primary_key[0])

    def nas(self, name: str, address: str, family: str = "mikrotik", secret: str = SECRET, **values: object) -> int:
        sealed = self.keyring.encrypt(secret.encode())
        made = self.insert(
            schema.nas, name=name, address=address, family=family, secret_encrypted=sealed, **values
        )  # fmt: skip
        self.nas_ids[name] = made
        self.insert(schema.site, name=f"site of {name}", opd_id=self.opd_id, nas_id=made)
        return made

    def plan(self, key: str, down_bps: int, up_bps: int, **values: object) -> int:
        rates = {"rate_down_bps": down_bps, "rate_up_bps": up_bps}
        self.plans[key] = self.insert(schema.plan, key=key, name=key, **rates, **values)
        return self.plans[key]

    def quota(self, key: str, plan: str, octets: int, action: str = "throttle", **values: object) -> int:
        throttle = {"throttle_down_bps": 512_000, "throttle_up_bps": 256_000} if action == "throttle" else {}
        defaults: dict[str, object] = {"period": "day", "name": key, **throttle}
        self.quotas[key] = self.insert(
            schema.quota, key=key, plan_id=self.plans[plan], octets=octets, action=action, **(defaults | values)
        )
        return self.quotas[key]

    def employee(
        self, username: str, plan: str, language: str = "id", chap: bool = False, **values: object
    ) -> int:  # fmt: skip
        sealed = self.keyring.encrypt(PASSWORD.encode()) if chap else None
        row: dict[str, object] = {
            "username": username, "username_key": username.casefold(), "name": username.title(),
            "opd_id": self.opd_id, "plan_id": self.plans[plan], "language": language,
            "password_hash": hashed(PASSWORD), "password_encrypted": sealed,
        }  # fmt: skip
        self.people[username] = self.insert(schema.employee, **(row | values))
        return self.people[username]

    def spend(self, quota: str, username: str, octets: int) -> None:
        """The person used so much of a daily quota today."""
        start_s, end_s = current(Period(PeriodKind.DAY, ZONE), datetime.now(UTC))
        keys = {"quota_id": self.quotas[quota], "subject_id": self.people[username], "period_start_s": start_s}
        with self.database.write() as connection:
            connection.execute(schema.ledger_entry.insert().values(**keys, period_end_s=end_s, used=octets))

    def office(self) -> Office:
        """The desk at which an admin changes policy."""
        from netquota.clock import SystemClock

        return Office(self.database, self.keyring, SystemClock(), ZONE)

    def rows(self, table: Table, **wanted: object) -> list[dict[str, Any]]:
        """Rows of a table as dictionaries, where the columns are so, oldest first."""
        statement = select(table)
        for name, value in wanted.items():
            statement = statement.where(table.c[name] == value)
        first = next(iter(table.primary_key.columns))
        with self.database.read() as connection:
            return [dict(row._mapping) for row in connection.execute(statement.order_by(first))]

    def used(self, quota: str, username: str) -> int:
        """What the ledger says."""
        found = self.rows(schema.ledger_entry, quota_id=self.quotas[quota], subject_id=self.people[username])
        return sum(row["used"] for row in found)

    def orders(self, username: str) -> list[dict[str, Any]]:
        """A person's orders, oldest first."""
        return self.rows(schema.enforcement, employee_id=self.people[username])

    def sessions(self, username: str) -> list[dict[str, Any]]:
        """A person's sessions, oldest first."""
        return self.rows(schema.accounting_session, employee_id=self.people[username])
