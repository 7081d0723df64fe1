"""The small city with one hard quota for the office, and log-ins and reports that go the whole way but for the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count

from sqlalchemy import update

from netquota.domain.policy import Decision
from netquota.services.authorize import Asked, Authorizer, LoginPlace
from netquota.services.class_token import ClassSigner, Granted
from netquota.services.live import LiveFigures, load
from netquota.services.reserve import reserve
from netquota.storage import schema
from netquota.storage.database import Database
from netquota.storage.ledger_store import Books, page_on
from netquota.storage.order_store import Ended, OrderState
from tests.storage.books_city import NOON, WIB, City, Plain, found_city

INTERIM_S = 200
"""With the rates below two intervals use 50 MB: the smallest grant of planning.md's table."""
RATES = {"rate_down_bps": 600_000, "rate_up_bps": 400_000}


@dataclass
class Session:
    """A device's session: what its gateway would hold it to, and what it has told."""

    name: str
    who: str
    mac: str
    gateway: str
    decision: Decision
    number: int
    started_s: int
    cap: int | None
    used: int = 0


@dataclass
class LeaseCity:
    """A pool of `octets` a month that ends its sessions, for gateways of a family; one clock."""

    city: City
    now_s: int = NOON
    sessions: dict[str, Session] = field(default_factory=dict[str, Session])
    numbers: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    @classmethod
    def founded(
        cls, database: Database, octets: int = 10**9, family: str = "chilli", action: str = "disconnect"
    ) -> LeaseCity:  # fmt: skip
        """The city in an empty database; nobody is there."""
        city = found_city(database)
        with database.write() as connection:
            q, p, n = schema.quota, schema.plan, schema.nas
            connection.execute(q.delete().where(q.c.id == city.ids["daily"]))
            slow = {} if action == "disconnect" else {"throttle_down_bps": 512_000, "throttle_up_bps": 256_000}
            hard = {"strictness": "hard", "octets": octets, "action": action, **slow}
            connection.execute(update(q).where(q.c.id == city.ids["pool"]).values(hard))
            plain = {"interim_min_s": INTERIM_S, "interim_max_s": INTERIM_S, "simultaneous": 20, **RATES}
            connection.execute(update(p).where(p.c.id == city.ids["plan"]).values(plain))
            connection.execute(update(n).where(n.c.id == city.ids["nas"]).values(family=family))
        city.refresh()
        return cls(city)

    def place(self, who: str, mac: str, gateway: str) -> LoginPlace:
        nas = self.city.policy.snapshot.nas_by_id[self.city.ids["nas"]]
        return LoginPlace(nas, gateway, mac, "hotspot", "ether1", who)

    def asked(self, who: str, mac: str, gateway: str = "gw1") -> Asked:
        """A log-in as the desk hands it over: decided by what the database says, not yet granted."""
        person, place = self.city.person(who), self.place(who, mac, gateway)
        authorizer = Authorizer(self.city.policy, LiveFigures(), ClassSigner(bytes(32)))
        with self.city.database.read() as connection:
            live, pools = load(page_on(connection), [person], self.now_s)
        authorizer.live.pools.update({figure.quota_id: figure for figure in pools})
        decision = authorizer.decide(person, place, live[person.id], self.now_s)
        return Asked(self.numbers(), person, place, self.city.ids["site"], decision)

    def log_in(self, name: str, who: str = "siti", mac: str = "", gateway: str = "gw1") -> Decision:
        """A log-in with its reservation; a session of this name runs where it is accepted, silent so far."""
        mac = mac or f"mac-{name}"
        asked = self.asked(who, mac, gateway)
        decision = asked.decision
        if decision.needs_grant:
            (decision,) = reserve(Books(self.city.database), self.city.policy, [asked], self.now_s)
        if decision.accepted:
            self.sessions[name] = Session(
                name, who, mac, gateway, decision, asked.number, self.now_s, decision.octet_cap
            )  # fmt: skip
        return decision

    def report(self, name: str, used: int | None = None, status: str = "interim", after_s: int = 60) -> None:
        """The session's gateway reports what it used; later by `after_s`."""
        self.now_s += after_s
        one = self.sessions[name]
        one.used = one.used if used is None else used
        rate = one.decision.rate
        entry = self.city.entry(
            status, self.now_s, one.used, self.now_s - one.started_s, who=one.who, session=f"of-{name}",
            gateway=one.gateway, mac=one.mac,
        )  # fmt: skip
        granted = Granted(
            self.city.ids[one.who], self.city.ids["site"], rate.down_bps, rate.up_bps, one.decision.octet_cap,
            one.started_s, INTERIM_S, one.number,
        )  # fmt: skip
        token = f"class {one.number}".encode()
        self.city.count(replace(entry, granted=granted, report=replace(entry.report, class_token=token)))

    def start(self, name: str, **where: str) -> Decision:
        """A log-in and its Start."""
        decision = self.log_in(name, **where)
        if decision.accepted:
            self.report(name, 0, "start", 0)
        return decision

    def obey(self) -> None:
        """Every gateway acknowledges what it was ordered and keeps to it."""
        from netquota.domain.enforcement import cap_of
        from netquota.services.desk_work import DeskWork

        work = DeskWork(self.city.database, Plain(), WIB, 128_000, lambda _: None)
        work.worker = "w1"
        open_ones = [order for order in self.city.orders() if order.ended_ms is None]
        now_ms = self.now_s * 1000
        for order in open_ones:
            self.sessions[order.acct_session_id.removeprefix("of-")].cap = cap_of(order.desired)
        ends = [Ended(order.id, OrderState.ACKNOWLEDGED, 1, now_ms, now_ms) for order in open_ones]
        with self.city.database.write() as connection:
            page = page_on(connection)
            work.after_orders(page, connection, self.city.policy, self.city.gateways, ends, (), (), now_ms)

    def caps(self) -> int:
        """The sum of the caps that gateways keep, and of what ended sessions used."""
        return sum(one.cap or 0 for one in self.sessions.values())

    def ordered_cap(self, name: str) -> int | None:
        """The cap of the session's order under way; None without one."""
        from netquota.domain.enforcement import cap_of

        found = [o for o in self.city.orders() if o.acct_session_id == f"of-{name}" and o.ended_ms is None]
        return cap_of(found[-1].desired) if found else None
