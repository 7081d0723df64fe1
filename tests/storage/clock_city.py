"""A small city for tests of the clock: an office with people online, one or more schedulers, a clock that is moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select

from netquota.clock import FixedClock
from netquota.domain.quota import LedgerFigure, Quota, bounds_of
from netquota.services.allocate import add
from netquota.services.facts import Policy
from netquota.services.job_runner import JobRunner
from netquota.services.office import Author, Office
from netquota.settings import Settings
from netquota.storage import schema
from netquota.storage.database import Database
from netquota.storage.gateway_store import ensure_gateways
from netquota.storage.ledger_store import page_on
from netquota.storage.order_store import Order, orders
from netquota.storage.policy_store import load_snapshot
from netquota.storage.session_row import Charge, SessionRow

ANI = Author("ani", "uji")
WIB = ZoneInfo("Asia/Jakarta")
FULL, SLOW = (10_000_000, 2_000_000), (1_000_000, 512_000)
LAST_OF_NOVEMBER = datetime(2026, 11, 30, 23, 0, tzinfo=WIB)


def epoch_s(*local: int) -> int:
    return int(datetime(*local, tzinfo=WIB).timestamp())  # type: ignore[misc]


@dataclass
class City:
    """An office with people online, and schedulers for it."""

    office: Office
    clock: FixedClock
    settings: Settings
    key: str = ""

    @property
    def database(self) -> Database:
        return self.office.database

    def scheduler(self, holder: str = "a", clock: FixedClock | None = None) -> JobRunner:
        return JobRunner(self.database, self.office.secrets, self.settings, clock or self.clock, holder)

    def online(self, people: int, rate: tuple[int, int] = FULL, used: int = 0, plan: str = "staf") -> list[int]:
        """People with a session each at this rate, who used so much of the running month; the sessions' ids."""
        now_s = int(self.clock.now().timestamp())
        rows = [self._row(f"{plan}-{number}", now_s, rate) for number in range(people)]
        for row in rows:
            add(self.office, "employee", {"username": row.username, "name": "P", "opd": "DINKES", "plan": plan}, ANI)
        with self.database.write() as connection:
            page = page_on(connection)
            employee = schema.employee.c
            ids = dict(iter(connection.execute(select(employee.username, employee.id))))
            for row in rows:
                row.employee_id = ids[row.username]
            page.insert_sessions(rows)
            if used:
                quota_id = connection.execute(select(schema.quota.c.id)).scalar_one()
                bounds = epoch_s(2026, 11, 1), epoch_s(2026, 12, 1)
                page.charge([Charge(quota_id, person, *bounds, used) for person in sorted(ids.values())])
        return [row.id for row in rows]

    def _row(self, name: str, now_s: int, rate: tuple[int, int]) -> SessionRow:
        return SessionRow(
            0, 1, f"s-{name}", name, f"mac-{name}", now_s, None, None, None, None, "10.0.0.2", "", "", None,
            now_s, now_s, now_s, interim_s=300, applied_down_bps=rate[0], applied_up_bps=rate[1],
        )  # fmt: skip

    def person_id(self, username: str) -> int:
        employee = schema.employee.c
        with self.database.read() as connection:
            return int(connection.execute(select(employee.id).where(employee.username == username)).scalar_one())

    def quota(self, key: str) -> Quota:
        """A quota as policy has it now."""
        with self.database.read() as connection:
            quotas = load_snapshot(connection, self.office.secrets, self.office.zone).quotas.values()
        return next(quota for quota in quotas if quota.key == key)

    def use(self, key: str, subject: int, octets: int, at_s: int | None = None) -> LedgerFigure:
        """Octets are charged to a quota at a moment (now); how the ledger row stands after it."""
        quota = self.quota(key)
        bounds = bounds_of(quota, int(self.clock.now().timestamp()) if at_s is None else at_s)
        with self.database.write() as connection:
            (figure,) = page_on(connection).charge([Charge(quota.id, subject, *bounds, octets)])
        return figure

    def figure(self, key: str, subject: int) -> LedgerFigure:
        """How the running period stands; untouched where it has no row."""
        quota, now_s = self.quota(key), int(self.clock.now().timestamp())
        with self.database.read() as connection:
            found = page_on(connection).figures([(quota.id, subject)], now_s)
        return found[0] if found else LedgerFigure(quota.id, subject, *bounds_of(quota, now_s), 0)

    def entitled(self, key: str, subject: int) -> int:
        return self.figure(key, subject).entitled(self.quota(key))

    def policy(self) -> Policy:
        with self.database.read() as connection:
            snapshot = load_snapshot(connection, self.office.secrets, self.office.zone)
        return Policy.of(snapshot, 256_000)

    def orders(self) -> list[Order]:
        with self.database.read() as connection:
            return orders(connection, most=1000)

    def rates(self) -> set[tuple[int | None, int | None]]:
        return {(order.down_bps, order.up_bps) for order in self.orders()}


def clock_city(office: Office, clock: FixedClock, state_dir: Path) -> City:
    """The city, on the evening of a month's last day, with a monthly quota and a schedule for the night."""
    clock.moment = LAST_OF_NOVEMBER
    add(office, "schedule", {"key": "malam", "name": "Malam", "windows": "Malam: 20:00-06:00 4M/1M"}, ANI)
    add(office, "plan", {"key": "staf", "name": "Staf", "rate": "10M/2M"}, ANI)
    add(office, "plan", {"key": "jaga", "name": "Jaga", "rate": "10M/2M", "schedule": "malam"}, ANI)
    quota = {"key": "bulanan", "name": "Bulanan", "plan": "staf", "octets": "1 GB", "throttle": "1M/512k"}
    add(office, "quota", quota, ANI)
    add(office, "opd", {"code": "DINKES", "name": "Kesehatan", "plan": "staf", "ceiling": "80M/40M"}, ANI)
    add(office, "nas", {"name": "gw", "address": "10.1.0.1", "family": "mikrotik", "secret": "0123456789abcdef"}, ANI)
    add(office, "site", {"name": "Dinkes", "opd": "DINKES", "nas": "gw"}, ANI)
    with office.database.write() as connection:
        ensure_gateways(connection, {(1, "gw"): "10.1.0.1"}, 0)
    return City(office, clock, Settings(state_dir=state_dir))


def turn(runner: JobRunner) -> dict[str, list[int]]:
    """One beat and a look at every job, as the door does; what was done, by job."""
    if not runner.beat().holds:
        return {}
    return {name: done for name in runner.jobs if name != "backup" and (done := runner.catch_up(name))}
