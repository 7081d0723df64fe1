"""The small city with one ceiling shared at two gateways: log-ins, reports, rounds and answers, but for the wire.

`gateways` below keeps what each gateway really has, so that a test can add up the truth, not the books.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count

from sqlalchemy import update

from netquota.domain.enforcement import Desired
from netquota.domain.policy import Decision
from netquota.domain.units import Rate
from netquota.services.authorize import Asked, Authorizer, LoginPlace
from netquota.services.class_token import ClassSigner, Granted
from netquota.services.desk_work import DeskWork
from netquota.services.live import LiveFigures, load
from netquota.services.reserve import reserve
from netquota.services.share import Round, rebalance
from netquota.services.share_pool import shared_places
from netquota.storage import schema
from netquota.storage.database import Database
from netquota.storage.ledger_store import Books, page_on
from netquota.storage.order_store import Ended, Order, OrderState
from tests.storage.books_city import NOON, WIB, City, Plain, found_city

M = 10**6
CEILING = Rate(20 * M, 20 * M)
PLAN = Rate(20 * M, 20 * M)


@dataclass
class Device:
    """A device's session at its gateway: the limit that it really has there."""

    name: str
    who: str
    gateway: str
    number: int
    started_s: int
    granted: Rate
    real: Rate
    octets: int = 0


@dataclass
class ShareCity:
    """An OPD whose ceiling its running sessions share; each round is two seconds after the one before."""

    city: City
    now_s: int = NOON
    devices: dict[str, Device] = field(default_factory=dict[str, Device])
    numbers: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    @classmethod
    def founded(cls, database: Database, ceiling: Rate = CEILING, plan: Rate = PLAN) -> ShareCity:
        """The city in an empty database; nobody is there. A floor of 128 kbit/s."""
        city = found_city(database)
        with database.write() as connection:
            connection.execute(schema.quota.delete())
            rates = {"rate_down_bps": plan.down_bps, "rate_up_bps": plan.up_bps}
            connection.execute(update(schema.plan).values(simultaneous=200, **rates))
            connection.execute(update(schema.site).values(mode="whole_opd", way="share"))
        shared = cls(city)
        shared.ceiling(ceiling)
        return shared

    def ceiling(self, rate: Rate) -> None:
        """An admin sets the OPD's ceiling."""
        self.city.change(schema.opd, "opd", ceiling_down_bps=rate.down_bps, ceiling_up_bps=rate.up_bps)

    # -- people -------------------------------------------------------------------------------------------------------

    def asked(self, name: str, who: str, gateway: str, mac: str = "") -> Asked:
        """A log-in as the desk hands it over."""
        person = self.city.person(who)
        nas = self.city.policy.snapshot.nas_by_id[self.city.ids["nas"]]
        place = LoginPlace(nas, gateway, mac or f"mac-{name}", "hotspot", "ether1", who)
        authorizer = Authorizer(self.city.policy, LiveFigures(), ClassSigner(bytes(32)))
        with self.city.database.read() as connection:
            live, _ = load(page_on(connection), [person], self.now_s)
        decision = authorizer.decide(person, place, live[person.id], self.now_s)
        assert decision.needs_grant
        return Asked(self.numbers(), person, place, self.city.ids["site"], decision)

    def log_in(self, name: str, who: str = "siti", gateway: str = "gw1", mac: str = "") -> Decision:
        """A log-in with its promise; a session of this name runs where it is accepted, silent so far."""
        asked = self.asked(name, who, gateway, mac)
        (decision,) = reserve(Books(self.city.database), self.city.policy, [asked], self.now_s)
        if decision.accepted:
            rate = decision.rate
            self.devices[name] = Device(name, who, gateway, asked.number, self.now_s, rate, rate)
        return decision

    def report(self, name: str, status: str = "interim", bps: int = 0, after_s: int = 60) -> None:
        """The session's gateway reports; since the last time it used `bps` down."""
        self.now_s += after_s
        one = self.devices[name]
        one.octets += bps * after_s // 8
        entry = self.city.entry(
            status, self.now_s, one.octets, self.now_s - one.started_s, who=one.who, session=f"of-{name}",
            gateway=one.gateway, mac=f"mac-{name}",
        )  # fmt: skip
        granted = Granted(
            self.city.ids[one.who], self.city.ids["site"], one.granted.down_bps, one.granted.up_bps, None,
            one.started_s, 300, one.number,
        )  # fmt: skip
        token = f"class {one.number}".encode()
        self.city.count(replace(entry, granted=granted, report=replace(entry.report, class_token=token)))
        if status == "stop":
            del self.devices[name]

    def start(self, name: str, **where: str) -> Decision:
        """A log-in and its Start."""
        decision = self.log_in(name, **where)
        if decision.accepted:
            self.report(name, "start", after_s=0)
        return decision

    # -- the ceiling --------------------------------------------------------------------------------------------------

    def round(self) -> Round:
        """A round over the ceiling, two seconds later."""
        self.now_s += 2
        place = shared_places(self.city.policy.snapshot)[self.city.ids["opd"]]
        with self.city.database.write() as connection:
            page = page_on(connection)
            found = rebalance(page, connection, self.city.policy, self.city.gateways, place, self.now_s * 1000)
        assert found is not None
        return found

    def on_the_way(self) -> dict[str, Rate]:
        """The orders under way, by session: the rate that each brings."""
        return {self.name(o): _rate(o) for o in self.city.orders() if o.ended_ms is None}

    @staticmethod
    def name(order: Order) -> str:
        """The session of an order."""
        return order.acct_session_id.removeprefix("of-")

    def answer(self, *names: str, state: OrderState = OrderState.ACKNOWLEDGED, arrives: bool = True) -> None:
        """The gateways of these sessions (none named: all) answer what is under way; where it `arrives`, they do it."""
        found = [o for o in self.city.orders() if o.ended_ms is None and (not names or self.name(o) in names)]
        for order in found:
            if arrives and state is not OrderState.REFUSED and self.name(order) in self.devices:
                self.devices[self.name(order)].real = _rate(order)
        self._end([Ended(order.id, state, 1, self.now_s * 1000, self.now_s * 1000) for order in found])

    def _end(self, ends: list[Ended]) -> None:
        work = DeskWork(self.city.database, Plain(), WIB, 128_000, lambda _: None)
        work.worker = "w1"
        with self.city.database.write() as connection:
            page = page_on(connection)
            work.after_orders(page, connection, self.city.policy, self.city.gateways, ends, (), (), self.now_s * 1000)

    def settle(self) -> None:
        """Rounds and answers until nothing is left to order."""
        for _ in range(12):
            if not self.round().ordered:
                return
            self.answer()
        raise AssertionError("the rounds do not come to rest")

    def real(self) -> dict[str, Rate]:
        """What each session has at its gateway."""
        return {name: one.real for name, one in self.devices.items()}

    def real_sum(self) -> Rate:
        """What the gateways let through together."""
        return Rate(
            sum(one.real.down_bps for one in self.devices.values()),
            sum(one.real.up_bps for one in self.devices.values()),
        )


def _rate(order: Order) -> Rate:
    return Desired.from_json(order.desired).rate
