"""The demo's life: people who come and go on several simulated gateways, until somebody stops it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from radius.families import family_named
from radius.simulator.nas import SimulatedNas
from radius.simulator.packets import Status
from radius.simulator.people import HumanDemand, online_share
from radius.simulator.runner import Runner, Server, Station
from radius.simulator.sessions import Device, Method, SimulatedSession, State
from radius.simulator.settings import NasSettings, Quirks

_LOGINS_A_SECOND: Final = 5
_MEAN_STAY_S: Final = 5400
_AFTER_REFUSAL_S: Final = 600
_GRACE_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class CityGateway:
    """One gateway. `bind`: its own (loopback) address, as the server knows it; `octets_reversed` as its row there.

    None = as the family does, for `coa_port` too (0 = any free port).
    """

    identifier: str
    family: str
    secret: bytes = field(repr=False)
    bind: str = "127.0.0.1"
    coa_port: int | None = None
    called_station: str = "hotspot1"
    octets_reversed: bool | None = None
    quirks: Quirks | None = None


@dataclass(frozen=True, slots=True)
class CityPerson:
    """Somebody who logs in at a gateway (by its identifier) now and then."""

    username: str
    password: str = field(repr=False)
    gateway: str
    mac: str
    method: Method = Method.PAP
    called_station: str | None = None


class City:
    """People and gateways; `tick` lets some come and go. The runner carries the packets."""

    def __init__(
        self,
        gateways: Sequence[CityGateway],
        people: Sequence[CityPerson],
        server: Server,
        seed: int = 1,
        utc_offset_s: int = 7 * 3600,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.gateways = {one.identifier: _nas(one, seed) for one in gateways}
        self.runner = Runner([_station(one, self.gateways[one.identifier], server) for one in gateways], clock)
        self._people = list(people)
        self._random = Random(seed)  # noqa: S311 (repeatable, not secret)
        self._utc_offset_s, self._clock, self._seed = utc_offset_s, clock, seed
        self._present: dict[int, SimulatedSession] = {}
        self._not_before: dict[int, float] = {}
        self._next_tick = 0.0

    @property
    def online(self) -> int:
        """How many sessions run."""
        return sum(len(nas.running) for nas in self.gateways.values())

    def run(self, stop: threading.Event) -> None:
        """Live until `stop`, then log out whoever is online and close."""
        with self.runner.lock:
            for nas in self.gateways.values():
                nas.announce(Status.ON, self._clock())
        while not stop.is_set():
            self.tick()
            self.runner.step()
        self._leave()
        self.runner.stop()

    def tick(self) -> None:
        """Once a second: those who were refused or whose session ended are gone; some come, some go."""
        now = self._clock()
        if now < self._next_tick:
            return
        self._next_tick = now + 1.0
        with self.runner.lock:
            self._notice_who_left(now)
            self._come_and_go(now)

    def _notice_who_left(self, now: float) -> None:
        for person, session in list(self._present.items()):
            if session.state in (State.ASKING, State.RUNNING):
                continue
            pause = self._random.uniform(30, 300) if session.state is State.ENDED else _AFTER_REFUSAL_S
            self._not_before[person] = now + pause
            del self._present[person]
        for nas in self.gateways.values():
            nas.forget_ended()

    def _come_and_go(self, now: float) -> None:
        wanted = round(online_share(now, self._utc_offset_s) * len(self._people))
        missing = wanted - len(self._present)
        if missing > 0:
            away = [n for n in range(len(self._people)) if n not in self._present and self._not_before.get(n, 0) <= now]
            for person in self._random.sample(away, min(len(away), missing, _LOGINS_A_SECOND)):
                self._log_in(person)
        leaving = max(0.0, -missing / 60) + len(self._present) / _MEAN_STAY_S
        if self._present and self._random.random() < leaving:
            person = self._random.choice(list(self._present))
            self.gateways[self._people[person].gateway].log_out(self._present[person], now)

    def _log_in(self, index: int) -> None:
        person = self._people[index]
        device = Device(person.username, person.password, person.mac, person.method, person.called_station)
        demand = HumanDemand(f"{self._seed}:{person.username}:{person.mac}")
        self._present[index] = self.gateways[person.gateway].log_in(device, demand)

    def _leave(self) -> None:
        """Log everybody out and wait a moment for the answers; what stays unanswered is lost, as with a real one."""
        until = time.monotonic() + _GRACE_S
        while time.monotonic() < until:
            with self.runner.lock:
                for nas in self.gateways.values():
                    for session in nas.running:
                        nas.log_out(session, self._clock())
            self.runner.step(0.05)
            if not any(nas.is_busy for nas in self.gateways.values()):
                return


def run_city(
    gateways: Sequence[CityGateway],
    people: Sequence[CityPerson],
    server: Server,
    stop: threading.Event,
    seed: int = 1,
    utc_offset_s: int = 7 * 3600,
) -> None:
    """Let a city live against a real server until `stop` is set. Raises `OSError` where an address or port is taken."""
    City(gateways, people, server, seed, utc_offset_s).run(stop)


def _station(one: CityGateway, nas: SimulatedNas, server: Server) -> Station:
    port = nas.settings.family.coa_port if one.coa_port is None else one.coa_port
    return Station(nas, server, one.bind, port)


def _nas(one: CityGateway, seed: int) -> SimulatedNas:
    settings = NasSettings(
        one.identifier, family_named(one.family), one.secret, address=one.bind, called_station=one.called_station
    )
    quirks = one.quirks or Quirks()
    if one.octets_reversed is not None:
        quirks.octets_reversed = one.octets_reversed
    return SimulatedNas(settings, seed, quirks=quirks)
