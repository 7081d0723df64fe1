"""A small city for the books: one office with a pool, three people, two gateways, counted through the services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, func, select, update

from netquota.domain.counters import NEVER_FALLS
from netquota.domain.people import Subscriber
from netquota.services.account import Counted, Done, Extra, count
from netquota.services.class_token import Granted
from netquota.services.facts import Policy
from netquota.services.gateways import GatewayBook
from netquota.services.session_memory import SessionMemory
from netquota.services.settling import Entry
from netquota.storage import schema
from netquota.storage.database import Connection, Database
from netquota.storage.ledger_store import Books
from netquota.storage.order_store import Order, orders
from netquota.storage.policy_store import load_snapshot
from radius.families.reports import AccountingReport, ReportStatus

WIB = ZoneInfo("Asia/Jakarta")
NOON = int(datetime(2026, 5, 4, 5, tzinfo=UTC).timestamp())  # in Jakarta
MB = 10**6
WORD = 1 << 32
FULL = (10 * MB, 2 * MB)
SLOW = (512_000, 256_000)


class Plain:
    """A cipher for tests: secrets lie open."""

    def decrypt(self, token: bytes) -> bytes:
        return token


def _insert(connection: Connection, table: Table, **values: Any) -> int:
    key = connection.execute(table.insert().values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def _rates(name: str, rate: tuple[int, int]) -> dict[str, int]:
    return {f"{name}_down_bps": rate[0], f"{name}_up_bps": rate[1]}


@dataclass
class City:
    """The database with its policy, and the words in which tests tell of sessions."""

    database: Database
    ids: dict[str, int]
    policy: Policy = field(init=False)
    gateways: GatewayBook = field(default_factory=GatewayBook)
    memories: dict[str, SessionMemory] = field(default_factory=dict[str, SessionMemory])

    def __post_init__(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Load policy and gateways as they are now."""
        with self.database.read() as connection:
            self.policy = Policy.of(load_snapshot(connection, Plain(), WIB), 128_000)
            self.gateways = GatewayBook()
            self.gateways.read(connection)

    def change(self, table: Table, key: str, **values: Any) -> None:
        """Change a row of policy."""
        with self.database.write() as connection:
            connection.execute(update(table).where(table.c.id == self.ids[key]).values(values))
        self.refresh()

    def person(self, name: str) -> Subscriber:
        """A subscriber by name."""
        return self.policy.snapshot.subscribers[name]

    def entry(
        self, status: str, at_s: int, octets: int = 0, session_s: int | None = 0, *, who: str = "siti",
        session: str = "", gateway: str = "gw1", mac: str = "", granted: tuple[int, int] | None = FULL,
        arrival_s: int | None = None,
    ) -> Entry:  # fmt: skip
        """A report of a person's session at a gateway; all `octets` go down."""
        person = self.policy.snapshot.subscribers.get(who)
        arrived_s = at_s if arrival_s is None else arrival_s
        report = AccountingReport(
            ReportStatus(status), gateway, session or f"of-{who}", who, mac or f"mac-{who}", "10.5.0.1", "hotspot",
            "ether1", b"class" if granted else None, 0, octets % WORD, 0, octets // WORD, session_s, 0, at_s, arrived_s,
            "User-Request" if status == "stop" else "",
        )  # fmt: skip
        nas = self.policy.snapshot.nas_by_id[self.ids["nas"]]
        grant = None
        if granted and person is not None:
            grant = Granted(person.id, self.ids["site"], *granted, None, at_s, 300, 678)
        return Entry(
            report, nas, self.ids[gateway], at_s, arrived_s, person,
            self.policy.snapshot.sites[self.ids["site"]], grant, NEVER_FALLS,
        )  # fmt: skip

    def count(
        self, *entries: Entry, worker: str = "w1", books: Books | None = None, done: Done | None = None,
        also: Extra | None = None,
    ) -> Counted:  # fmt: skip
        """Count one batch, at the arrival of its last report; each worker remembers what it counted before."""
        now_s = max(entry.arrival_s for entry in entries)
        memory = self.memories.setdefault(worker, SessionMemory())
        return count(
            books or Books(self.database), self.policy, self.gateways, entries, worker, now_s * 1000, also,
            memory=memory, done=done,
        )  # fmt: skip

    def rows(self, table: Table) -> list[Any]:
        """All rows of a table, by its key."""
        with self.database.read() as connection:
            return list(connection.execute(select(table).order_by(*table.primary_key.columns)))

    def used(self, quota: str) -> int:
        """What the ledger holds of a quota, over all periods and subjects."""
        table = schema.ledger_entry
        return self._sum(table.c.used, table.c.quota_id == self.ids[quota])

    def sampled(self, kind: int) -> int:
        """What the samples of a kind hold, both ways."""
        table = schema.usage_sample
        return self._sum(table.c.down + table.c.up, table.c.kind == kind)

    def _sum(self, column: Any, condition: Any) -> int:
        with self.database.read() as connection:
            return int(connection.execute(select(func.coalesce(func.sum(column), 0)).where(condition)).scalar_one())

    def orders(self, **which: Any) -> list[Order]:
        """The orders, oldest first."""
        with self.database.read() as connection:
            return orders(connection, **which)[::-1]

    def session(self, name: str = "of-siti") -> Any:
        """The one session row of an id."""
        (row,) = [row for row in self.rows(schema.accounting_session) if row.acct_session_id == name]
        return row


def _found(connection: Connection) -> dict[str, int]:
    ids: dict[str, int] = {}
    ids["plan"] = _insert(
        connection, schema.plan, key="staf", name="Staf", simultaneous=2, **_rates("rate", FULL)
    )  # fmt: skip
    ids["opd"] = _insert(connection, schema.opd, code="DINKES", name="Kesehatan", default_plan_id=ids["plan"])
    ids["link"] = _insert(
        connection, schema.provider_link, name="A", provider="P", **_rates("capacity", (10**9, 10**9))
    )  # fmt: skip
    ids["nas"] = _insert(
        connection, schema.nas, name="gw", address="10.0.0.0/8", secret_encrypted=b"s", family="mikrotik"
    )  # fmt: skip
    ids["site"] = _insert(
        connection, schema.site, name="Lantai 1", opd_id=ids["opd"], link_id=ids["link"], nas_id=ids["nas"]
    )  # fmt: skip
    for name in ("gw1", "gw2"):
        ids[name] = _insert(connection, schema.gateway, nas_id=ids["nas"], identifier=name, address="10.0.0.1")
    _quotas(connection, ids)
    for name in ("siti", "budi", "wati"):
        ids[name] = _insert(
            connection, schema.employee, username=name, username_key=name, name=name.title(), opd_id=ids["opd"]
        )  # fmt: skip
    return ids


def _quotas(connection: Connection, ids: dict[str, int]) -> None:
    """100 MB a day for each, throttled; 1 GB a month for the office, which ends its sessions."""
    common = {"direction": "total", "octets": 100 * MB, "landing": False}
    ids["daily"] = _insert(
        connection, schema.quota, key="harian", name="Harian", plan_id=ids["plan"], period="day", action="throttle",
        **common, **_rates("throttle", SLOW),
    )  # fmt: skip
    ids["pool"] = _insert(
        connection, schema.quota, key="bersama", name="Bersama", opd_id=ids["opd"], action="disconnect",
        **common | {"octets": 1000 * MB},
    )  # fmt: skip


def found_city(database: Database) -> City:
    """The small city, in an empty database."""
    with database.write() as connection:
        ids = _found(connection)
    return City(database, ids)


def batches(entries: Sequence[Entry], size: int) -> list[Sequence[Entry]]:
    """The entries in batches of a size."""
    return [entries[at : at + size] for at in range(0, len(entries), size)]
