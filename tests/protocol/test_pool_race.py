"""Two devices of one pool, two gateways, two workers: with leases not an octet too much, without within the bound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from netquota.domain.units import Rate
from netquota.storage import schema
from radius.simulator.sessions import NAS_REQUEST, Device, SimulatedSession, State
from tests.live.city import PASSWORD, City
from tests.live.fixtures import StartWorkers
from tests.live.hotspot import SILENT_USER, Hotspot, running
from tests.live.measured import measured
from tests.live.workers import until

MB = 10**6
TRIALS, LONG_TRIALS = 10, 200
AT_ONCE = 10
POOL, SOFT = 200 * MB, 40 * MB
RATE = Rate(800_000, 200_000)
INTERIM_S = 60
MOST_ROUNDS = 60


@dataclass
class Racer:
    """One device: who it is, where, its sessions so far."""

    spot: Hotspot
    device: Device
    session: SimulatedSession | None = None
    used: int = 0
    refused: int = 0

    @property
    def is_online(self) -> bool:
        return self.session is not None and self.session.is_running

    def act(self, most: int) -> None:
        """Log in where it is out, else use up to so many octets as its gateway lets it, and report."""
        with self.spot.locked():
            session = self.session
            if session is None or not session.is_running:
                self.session = self.spot.nas.log_in(self.device, lambda _now: SILENT_USER)
                return
            cap = session.limits.octet_cap
            octets = most if cap is None else min(most, cap - session.octets)
            session.sent += octets
            self.used += octets
            if cap is not None and session.octets >= cap:
                self.spot.nas.log_out(session, self.spot.clock(), NAS_REQUEST)
            else:
                self.spot.nas.report_now(session, self.spot.clock())

    def settled(self) -> bool:
        return self.session is None or self.session.state is not State.ASKING

    def noted(self) -> None:
        if self.session is not None and self.session.state is State.REFUSED:
            self.session, self.refused = None, self.refused + 1


@dataclass
class Place:
    """Two nodes over one database, a gateway at each."""

    city: City
    spots: tuple[Hotspot, Hotspot]


@pytest.fixture(scope="module")
def place(live_city: City, start_workers: StartWorkers) -> Iterator[Place]:
    """One gateway ends sessions at their caps, the other has them raised."""
    spots = Hotspot(live_city, "cuts", "127.0.7.1"), Hotspot(live_city, "raises", "127.0.7.2", "chilli")
    live_city.plan(
        "balap", RATE.down_bps, RATE.up_bps, interim_min_s=INTERIM_S, interim_max_s=INTERIM_S, simultaneous=9
    )
    first, second = start_workers(1), start_workers(1)
    with running(first.server, spots[0]), running(second.server, spots[1]):
        yield Place(live_city, spots)


def pool(city: City, name: str, octets: int = POOL, **values: Any) -> int:
    """An office with a pool and two people; the quota's id."""
    opd = city.insert(schema.opd, code=name, name=name)
    for number in (1, 2):
        city.employee(f"{name}-{number}", "balap", opd_id=opd)
    city.quotas[name] = city.insert(
        schema.quota, key=name, name=name, opd_id=opd, octets=octets, action="disconnect", **values
    )
    return opd


def known(place: Place, mark: str) -> None:
    """Wait until both nodes know everybody inserted so far."""
    place.city.employee(mark, "balap")
    for number, spot in enumerate(place.spots):
        mac = f"02:07:00:00:01:{number:02d}"
        found = until(lambda spot=spot, mac=mac: accepted(spot, mark, mac), "the node knows everybody")
        with spot.locked():
            spot.nas.log_out(found, spot.clock())


def accepted(spot: Hotspot, username: str, mac: str) -> SimulatedSession | None:
    session = spot.log_in(username, mac)
    return session if session.is_running else None


def racers(place: Place, name: str) -> list[Racer]:
    return [
        Racer(spot, Device(f"{name}-{number}", PASSWORD, f"02:07:00:00:00:{number:02d}"))
        for number, spot in enumerate(place.spots, 1)
    ]


def answered(place: Place, racers: list[Racer]) -> None:
    """Wait until every log-in is answered and every report acknowledged."""
    until(lambda: all(one.settled() for one in racers), "log-ins are answered")
    for spot in place.spots:
        spot.settle()


def all_ended(racers: list[Racer]) -> None:
    until(lambda: not any(one.is_online for one in racers), "a spent pool ends its sessions")


def race(place: Place, names: list[str], random: Random, most: int) -> dict[str, list[Racer]]:
    """Both devices of every pool act at the same time, round by round, until all is spent."""
    field = {name: racers(place, name) for name in names}
    everybody = [one for pair in field.values() for one in pair]
    for _ in range(MOST_ROUNDS):
        for one in random.sample(everybody, len(everybody)):
            if one.refused < 3:
                one.act(random.randint(1, most))
        answered(place, everybody)
        for one in everybody:
            one.noted()
        if all(one.refused and not one.is_online for one in everybody):
            break
    return field


def used(city: City, name: str) -> int:
    found = city.rows(schema.ledger_entry, quota_id=city.quotas[name])
    return sum(row["used"] for row in found)


@pytest.mark.parametrize("trials", [TRIALS, pytest.param(LONG_TRIALS, marks=pytest.mark.long)])
def test_devices_that_race_for_a_pool_use_not_an_octet_too_much(place: Place, trials: int) -> None:
    random = Random(7)
    over: list[int] = []
    left: list[int] = []
    for first in range(0, trials, AT_ONCE):
        names = [f"keras{trials}-{number}" for number in range(first, min(first + AT_ONCE, trials))]
        for name in names:
            pool(place.city, name, strictness="hard")
        known(place, f"tahu-{trials}-{first}")
        field = race(place, names, random, POOL // 4)
        for name in names:
            flowed = sum(one.used for one in field[name])
            assert used(place.city, name) == flowed
            over.append(max(0, flowed - POOL))
            left.append(POOL - flowed)
    measured(f"leases, {place.city.database.kind}: {trials} races, most over {max(over)} octets, most left {max(left)}")
    assert max(over) == 0
    assert sorted(left)[len(left) // 2] < POOL // 10  # nor is the pool locked up


@pytest.mark.parametrize("trials", [TRIALS, pytest.param(LONG_TRIALS, marks=pytest.mark.long)])
def test_without_leases_a_pool_is_passed_by_no_more_than_its_devices_use_between_reports(
    place: Place, trials: int
) -> None:
    """The bound that pages show beside a soft quota: rate x interim, for each session."""
    random = Random(8)
    interval = (RATE.down_bps + RATE.up_bps) * INTERIM_S // 8
    over: list[int] = []
    for first in range(0, trials, AT_ONCE):
        names = [f"lunak{trials}-{number}" for number in range(first, min(first + AT_ONCE, trials))]
        for name in names:
            pool(place.city, name, SOFT, landing=False)
        known(place, f"tahu-lunak-{trials}-{first}")
        field = {name: racers(place, name) for name in names}
        for _ in range(MOST_ROUNDS):
            open_ones = [one for name in names if used(place.city, name) < SOFT for one in field[name]]
            if not open_ones:
                break
            for one in random.sample(open_ones, len(open_ones)):
                one.act(random.randint(1, interval))
            answered(place, open_ones)
        all_ended([one for pair in field.values() for one in pair])
        over += [sum(one.used for one in field[name]) - SOFT for name in names]
    told = f"without leases, {place.city.database.kind}: {trials} races, most over {max(over)} octets"
    measured(f"{told}, bound {2 * interval}")
    assert 0 <= max(over) <= 2 * interval
