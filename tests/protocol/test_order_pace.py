"""A change that concerns 2,000 sessions on 40 gateways: all have it in seconds, and no gateway is flooded meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import func, select

from netquota.services import allocate
from netquota.services.changes import AfterChange
from netquota.storage import schema
from tests.live.city import ADMIN, MBPS, SECRET, ZONE, City
from tests.live.crowd import crowd
from tests.live.fixtures import StartWorkers
from tests.live.measured import measured
from tests.live.order_takers import Taker, Takers
from tests.live.workers import Workers, until

GATEWAYS, SESSIONS_EACH, PACE = 40, 50, 10
PEOPLE = 500
FULL = 10 * MBPS
DRAINED_S = 10.0
SLACK = 3  # the machine of the tests is shared


@dataclass
class Scene:
    """The city with its gateways and one worker; one more gateway never answers."""

    city: City
    takers: Takers
    workers: Workers

    def ordered(self, rate: str) -> float:
        """An admin changes the plan's rate; when that was committed (epoch seconds)."""
        office = replace(self.city.office(), on_change=AfterChange(self.city.keyring, ZONE, 256_000))
        allocate.change(office, "plan", "staf", {"rate": rate}, ADMIN)
        return time.time()

    def states(self, rate_bps: int) -> dict[str, int]:
        """How many orders for this rate stand how."""
        e = schema.enforcement.c
        statement = select(e.state, func.count()).where(e.desired_down_bps == rate_bps).group_by(e.state)
        with self.city.database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}

    def until_acknowledged(self, rate_bps: int, wanted: int) -> None:
        """Wait until so many orders for this rate are acknowledged."""
        until(lambda: self.states(rate_bps).get("acknowledged", 0) >= wanted, f"{wanted} ACKs", 60, 0.1)

    def living(self) -> list[Taker]:
        return [taker for taker in self.takers.takers if taker.answers]

    def forget(self) -> None:
        for taker in self.takers.takers:
            taker.came_s.clear()

    @property
    def most_in_a_second(self) -> int:
        return max(taker.most_in_a_second for taker in self.takers.takers)


@pytest.fixture(scope="module")
def scene(live_city: City, start_workers: StartWorkers) -> Iterator[Scene]:
    live_city.plan("staf", FULL, FULL, simultaneous=100)
    takers = [Taker(f"gw{n}", f"127.0.20.{n + 1}", SECRET.encode(), n < GATEWAYS) for n in range(GATEWAYS + 1)]
    gateway_ids: list[int] = []
    for taker in takers:
        nas_id = live_city.nas(taker.name, taker.address, "chilli", coa_port=taker.port)
        gateway_ids.append(
            live_city.insert(schema.gateway, nas_id=nas_id, identifier=taker.name, address=taker.address)
        )
    crowd(live_city, gateway_ids, SESSIONS_EACH, PEOPLE, FULL)
    workers = start_workers(1, radius__coa_give_up_s=5)
    with Takers(takers) as running:
        yield Scene(live_city, running, workers)


def test_two_thousand_sessions_have_a_change_in_seconds_and_no_second_holds_more_than_the_pace(scene: Scene) -> None:
    began = time.time()
    committed = scene.ordered("5M/5M")
    wanted = GATEWAYS * SESSIONS_EACH
    scene.until_acknowledged(5 * MBPS, wanted)
    last_s = max(taker.came_s[-1] for taker in scene.living()) - committed
    measured(
        f"{wanted} orders on {GATEWAYS} gateways: written in {committed - began:.2f} s, the last acknowledged "
        f"{last_s:.2f} s after; at most {scene.most_in_a_second} packets in one second at a gateway"
    )
    assert scene.most_in_a_second <= PACE
    assert last_s < DRAINED_S * SLACK
    assert scene.states(5 * MBPS).get("acknowledged") == wanted  # the dead one's are open still, or given up


def test_killed_midway_the_orders_go_on_at_the_same_pace_and_each_has_one_end(scene: Scene) -> None:
    scene.forget()
    scene.ordered("6M/6M")
    wanted = GATEWAYS * SESSIONS_EACH
    scene.until_acknowledged(6 * MBPS, wanted // 4)
    scene.workers.kill()
    scene.workers.start()
    scene.until_acknowledged(6 * MBPS, wanted)
    measured(f"kill -9 midway: at most {scene.most_in_a_second} packets in one second at a gateway")
    assert scene.most_in_a_second <= PACE
    applied = select(func.count()).where(schema.accounting_session.c.applied_down_bps == 6 * MBPS)
    with scene.city.database.read() as connection:
        assert connection.execute(applied).scalar_one() == wanted
