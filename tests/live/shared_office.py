"""An office whose ceiling thousands of running sessions share on many gateways that take orders, in the tables."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from sqlalchemy import func, select

from netquota.domain.units import Rate
from netquota.services import allocate
from netquota.services.changes import AfterChange
from netquota.storage import schema
from radius import tables as t
from radius.codec import Code, Packet, parse, reply
from radius.simulator.limits import limits_of
from tests.live.city import ADMIN, MBPS, SECRET, ZONE, City, hashed
from tests.live.order_takers import Taker, came_s
from tests.live.workers import until

FULL = Rate(10 * MBPS, 10 * MBPS)


@dataclass
class Sharer(Taker):
    """A gateway that obeys: what each of its sessions has, and every change with its moment (epoch seconds)."""

    rates: dict[str, Rate] = field(default_factory=dict[str, Rate])
    changes: list[tuple[float, str, Rate]] = field(default_factory=list[tuple[float, str, Rate]])

    def take(self) -> None:
        while True:
            try:
                datagram, notes, _, source = self.channel.recvmsg(4096, 128)
            except BlockingIOError:
                return
            self.came_s.append(came_s(notes))
            request = parse(datagram)
            self._obey(request)
            self.channel.sendto(reply(Code.COA_ACK, request, b"", self.secret), source)

    def _obey(self, request: Packet) -> None:
        rate = limits_of(request).rate
        session = request.text(t.ACCT_SESSION_ID)
        assert rate is not None
        assert session is not None
        self.rates[session] = rate
        self.changes.append((self.came_s[-1], session, rate))


@dataclass
class SharedOffice:
    """The office with its gateways."""

    city: City
    gateways: list[Sharer]

    @classmethod
    def opened(
        cls, city: City, gateways: int, sessions_each: int, ceiling: Rate, applied: Rate, subnet: str
    ) -> SharedOffice:
        """So many gateways with so many sessions each, all of which have `applied` and are hungry."""
        city.plan("staf", FULL.down_bps, FULL.up_bps, simultaneous=100)
        sharers = [Sharer(f"gw{n}", f"{subnet}.{n + 1}", SECRET.encode()) for n in range(gateways)]
        office = cls(city, sharers)
        ids = [office._gateway(sharer) for sharer in sharers]
        office.set_ceiling(ceiling)
        office._people(gateways * sessions_each // 4)
        office._sessions(ids, sessions_each, applied)
        return office

    def _gateway(self, sharer: Sharer) -> tuple[int, int]:
        city = self.city
        nas_id = city.nas(sharer.name, sharer.address, "chilli", coa_port=sharer.port)
        site = schema.site
        with city.database.write() as connection:
            connection.execute(site.update().where(site.c.nas_id == nas_id).values(mode="whole_opd", way="share"))
            site_id = connection.execute(select(site.c.id).where(site.c.nas_id == nas_id)).scalar_one()
        return city.insert(schema.gateway, nas_id=nas_id, identifier=sharer.name, address=sharer.address), site_id

    def set_ceiling(self, rate: Rate) -> None:
        """Before any worker runs."""
        with self.city.database.write() as connection:
            values = {"ceiling_down_bps": rate.down_bps, "ceiling_up_bps": rate.up_bps}
            connection.execute(schema.opd.update().where(schema.opd.c.id == self.city.opd_id).values(values))

    def _people(self, count: int) -> None:
        city = self.city
        people = [
            {
                "username": f"p{number}", "username_key": f"p{number}", "name": f"P {number}", "opd_id": city.opd_id,
                "plan_id": city.plans["staf"], "password_hash": hashed("x"),
            }
            for number in range(count)
        ]  # fmt: skip
        with city.database.write() as connection:
            connection.execute(schema.employee.insert(), people)

    def _sessions(self, places: list[tuple[int, int]], each: int, applied: Rate) -> None:
        now_s = int(time.time())
        with self.city.database.write() as connection:
            ids = list(connection.execute(select(schema.employee.c.id).order_by(schema.employee.c.id)).scalars())
            rows = [
                {
                    "gateway_id": gateway_id, "site_id": site_id, "opd_id": self.city.opd_id,
                    "acct_session_id": f"s{number}", "username": f"p{number % len(ids)}",
                    "mac": f"02:00:00:00:{number // 256:02x}:{number % 256:02x}", "incarnation_s": now_s,
                    "employee_id": ids[number % len(ids)], "framed_ip": f"10.{number % 200}.0.9",
                    "started_s": now_s, "last_event_s": now_s, "last_arrival_s": now_s,
                    "applied_down_bps": applied.down_bps, "applied_up_bps": applied.up_bps,
                }
                for number, (gateway_id, site_id) in enumerate(place for place in places for _ in range(each))
            ]  # fmt: skip
            connection.execute(schema.accounting_session.insert(), rows)
        for number, row in enumerate(rows):
            self.gateways[number // each].rates[row["acct_session_id"]] = applied

    def uses(self, every: int, bps: int) -> None:
        """Every so-manieth session used so little in its last interval, the others all that they had."""
        s = schema.accounting_session
        with self.city.database.write() as connection:
            little = s.c.id % every == 0
            all_of_it = {"now_down_bps": s.c.applied_down_bps, "now_up_bps": s.c.applied_up_bps}
            connection.execute(s.update().values(all_of_it))
            connection.execute(s.update().where(little).values(now_down_bps=bps, now_up_bps=bps))

    def change_ceiling(self, text: str) -> float:
        """An admin sets the ceiling; when that was committed (epoch seconds)."""
        office = replace(self.city.office(), on_change=AfterChange(self.city.keyring, ZONE, 256_000))
        allocate.change(office, "opd", "DISKOMINFO", {"ceiling": text}, ADMIN)
        return time.time()

    def forget(self) -> None:
        """Begin to count anew."""
        for sharer in self.gateways:
            sharer.came_s.clear()
            sharer.changes.clear()

    def sum_bps(self) -> int:
        """What the gateways let through together to the users."""
        return sum(rate.down_bps for sharer in self.gateways for rate in sharer.rates.values())

    def most_in_between(self, before_bps: int, first: dict[str, Rate]) -> int:
        """The most that they let through at any instant since `forget`, from what they had then."""
        rates, in_all, most = dict(first), before_bps, before_bps
        for _, session, rate in sorted(
            (change for sharer in self.gateways for change in sharer.changes), key=lambda change: change[0]
        ):
            in_all += rate.down_bps - rates[session].down_bps
            rates[session] = rate
            most = max(most, in_all)
        return most

    def rates(self) -> dict[str, Rate]:
        """What every session has."""
        return {session: rate for sharer in self.gateways for session, rate in sharer.rates.items()}

    @property
    def last_change_s(self) -> float:
        """When the last order came (epoch seconds)."""
        return max(max(sharer.came_s, default=0.0) for sharer in self.gateways)

    @property
    def most_in_a_second(self) -> int:
        """The most datagrams in any second at any gateway."""
        return max(sharer.most_in_a_second for sharer in self.gateways)

    def open_orders(self) -> int:
        """Orders without an end."""
        query = select(func.count()).where(schema.enforcement.c.ended_ms.is_(None))
        with self.city.database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def until_at_rest(self, least: int, within_s: float) -> None:
        """Wait until at least so many orders came since `forget`, and none is under way for two seconds."""
        until(lambda: sum(len(one.changes) for one in self.gateways) >= least, f"{least} orders", within_s, 0.1)
        until(lambda: self.open_orders() == 0 and time.time() - self.last_change_s > 2.5, "all at rest", within_s, 0.1)
