"""A schedule's edge over 5,000 running sessions on 60 gateways: all follow within 30 s, and no gateway is flooded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from netquota.clock import SystemClock
from netquota.services.job_runner import JobRunner
from netquota.settings import Settings
from netquota.storage import schema
from netquota.storage.policy_store import record_change
from tests.live.city import MBPS, SECRET, City
from tests.live.crowd import crowd
from tests.live.fixtures import StartWorkers
from tests.live.measured import measured
from tests.live.order_takers import Taker, Takers
from tests.live.workers import until

GATEWAYS, SESSIONS_EACH, PEOPLE, PACE = 60, 84, 2_000, 10
FULL, NIGHT = 10 * MBPS, 4 * MBPS
WITHIN_S = 30.0
SLACK = 2  # the machine of the tests is shared


SOON_S = 5


@pytest.fixture
def takers(live_city: City, start_workers: StartWorkers) -> Iterator[list[Taker]]:
    schedule_id = live_city.insert(schema.schedule, key="malam", name="Malam")
    live_city.plan("staf", FULL, FULL, simultaneous=100, schedule_id=schedule_id)
    found = [Taker(f"gw{n}", f"127.0.21.{n + 1}", SECRET.encode()) for n in range(GATEWAYS)]
    ids: list[int] = []
    for taker in found:
        nas_id = live_city.nas(taker.name, taker.address, "chilli", coa_port=taker.port)
        ids.append(live_city.insert(schema.gateway, nas_id=nas_id, identifier=taker.name, address=taker.address))
    crowd(live_city, ids, SESSIONS_EACH, PEOPLE, FULL)
    start_workers(1)
    with Takers(found):
        yield found


def evening_comes(city: City) -> int:
    """A window begins in a few seconds; the epoch second of its begin."""
    begins = datetime.now(UTC).astimezone(Settings().city.zone).replace(microsecond=0) + timedelta(seconds=SOON_S)
    (schedule,) = city.rows(schema.schedule)
    city.insert(
        schema.schedule_window, schedule_id=schedule["id"], position=1, name="Malam", weekdays="0,1,2,3,4,5,6",
        from_time=f"{begins:%H:%M:%S}", to_time=f"{begins + timedelta(hours=6):%H:%M:%S}", rate_down_bps=NIGHT,
        rate_up_bps=NIGHT,
    )  # fmt: skip
    with city.database.write() as connection:
        record_change(connection, "schedule", schedule["id"], int(time.time()))
    return int(begins.timestamp())


def test_five_thousand_sessions_follow_the_evening_within_thirty_seconds(live_city: City, takers: list[Taker]) -> None:
    scheduler = JobRunner(live_city.database, live_city.keyring, Settings(), SystemClock(), "edge")
    scheduler.beat()
    scheduler.catch_up("edges")  # its first look at the clock
    begins_s = evening_comes(live_city)
    scheduler.beat()
    until(lambda: begins_s in scheduler.catch_up("edges"), "the edge", 60, 0.05)
    written_s = time.time() - begins_s
    wanted, e = GATEWAYS * SESSIONS_EACH, schema.enforcement.c
    acknowledged = select(func.count()).where(e.desired_down_bps == NIGHT, e.state == "acknowledged")

    def all_have_it() -> bool:
        with live_city.database.read() as connection:
            return bool(connection.execute(acknowledged).scalar_one() == wanted)

    until(all_have_it, f"{wanted} ACKs", WITHIN_S * SLACK * 2, 0.25)
    last_s = max(taker.came_s[-1] for taker in takers) - begins_s
    most = max(taker.most_in_a_second for taker in takers)
    measured(
        f"a schedule's edge over {wanted:,} sessions on {GATEWAYS} gateways: orders written in {written_s:.1f} s, the "
        f"last one there after {last_s:.1f} s; at most {most} packets in one second at a gateway"
    )
    assert most <= PACE + 1  # one that was late on a busy machine arrives within the next second
    assert last_s < WITHIN_S * SLACK
    with live_city.database.read() as connection:
        written = connection.execute(select(func.count()).select_from(schema.enforcement)).scalar_one()
    assert written == wanted, "one order each"
