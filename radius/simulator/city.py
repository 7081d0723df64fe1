"""Simulated gateways and their people on real sockets, until somebody stops them: for the demo and for rehearsals."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from netquota.domain.units import Rate
from radius.families import family_named
from radius.simulator.crowd import CityPerson, Crowd, Habits
from radius.simulator.life import Life
from radius.simulator.nas import SimulatedNas
from radius.simulator.people import online_share
from radius.simulator.runner import Runner, Server, Station
from radius.simulator.settings import NasSettings, Quirks
from radius.simulator.tally import Tally
from radius.simulator.truth import TruthLog
from radius.simulator.weather import Climate, Weather

__all__ = ["City", "CityGateway", "CityPerson", "Town", "run_city", "simulated_nas", "station"]

_TICK_S: Final = 0.1
_GRACE_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class CityGateway:
    """One gateway. `bind`: its own (loopback) address, as the server knows it; `octets_reversed` as its row there.

    None = as the family does, for `coa_port` too (0 = any free port). `queue`: what all its sessions get together.
    """

    identifier: str
    family: str
    secret: bytes = field(repr=False)
    bind: str = "127.0.0.1"
    coa_port: int | None = None
    called_station: str = "hotspot1"
    octets_reversed: bool | None = None
    quirks: Quirks | None = None
    queue: Rate | None = None
    climate: Climate | None = None


class Town:
    """A life on real sockets; `tick` lets it go on, the runner carries its packets."""

    def __init__(self, life: Life, stations: Sequence[Station], clock: Callable[[], float], grace_s: float) -> None:
        """`grace_s`: how long to wait for the last answers, once everybody has left."""
        self.life, self.gateways = life, life.gateways
        self.runner = Runner(stations, clock)
        self._clock, self._grace_s = clock, grace_s
        self._next_tick = 0.0

    @property
    def online(self) -> int:
        """How many sessions run."""
        return self.life.online

    def run(self, stop: threading.Event, for_s: float | None = None, at_rest: Callable[[], bool] | None = None) -> None:
        """Live until `stop`, or for so many seconds; then log out whoever is online and close.

        `at_rest`: asked again and again before they leave, while everything stands still, until it says True.
        """
        with self.runner.lock:
            began = self._clock()
            self.life.begin(began)
        while not stop.is_set() and (for_s is None or self._clock() < began + for_s):
            self.tick()
            self.runner.step(_TICK_S)
        if at_rest is not None and not stop.is_set():
            self._stand_still(at_rest)
        self.leave()
        self.runner.stop()

    def tick(self) -> None:
        """Let happen what is due."""
        now = self._clock()
        if now < self._next_tick:
            return
        if self._next_tick:
            self.runner.late.add(now - self._next_tick)
        self._next_tick = now + _TICK_S
        with self.runner.lock:
            self.life.tick(now)

    def _stand_still(self, at_rest: Callable[[], bool]) -> None:
        self.life.hold(True)
        until = time.monotonic() + self._grace_s
        while time.monotonic() < until:
            self.runner.step(0.05)
            if not self.life.unacknowledged and at_rest():
                break
        self.life.hold(False)

    def leave(self) -> None:
        """Log everybody out and wait a while for the answers; what stays unanswered is lost, as with a real one."""
        until = time.monotonic() + self._grace_s
        while time.monotonic() < until:
            with self.runner.lock:
                self.life.everybody_leaves(self._clock())
            self.runner.step(0.05)
            if self.life.is_over:
                return


class City(Town):
    """The demo's life: office people at several gateways."""

    def __init__(
        self,
        gateways: Sequence[CityGateway],
        people: Sequence[CityPerson],
        server: Server,
        seed: int = 1,
        utc_offset_s: int = 7 * 3600,
        clock: Callable[[], float] = time.time,
    ) -> None:
        made = {one.identifier: simulated_nas(one, seed) for one in gateways}
        crowd = Crowd(people, made, Habits(lambda now: online_share(now, utc_offset_s)), seed)
        stations = [station(one, made[one.identifier], server, seed) for one in gateways]
        super().__init__(Life(made, [crowd]), stations, clock, _GRACE_S)


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


def station(one: CityGateway, nas: SimulatedNas, server: Server, seed: int) -> Station:
    """The gateway's sockets. Raises `OSError` where its address or port is taken."""
    port = nas.settings.family.coa_port if one.coa_port is None else one.coa_port
    weather = None if one.climate is None else Weather(one.climate, f"{seed}:{one.identifier}:weather")
    return Station(nas, server, one.bind, port, weather)


def simulated_nas(
    one: CityGateway, seed: int, truth: TruthLog | None = None, tally: Tally | None = None
) -> SimulatedNas:
    """The gateway itself."""
    settings = NasSettings(
        one.identifier,
        family_named(one.family),
        one.secret,
        address=one.bind,
        called_station=one.called_station,
        queue=one.queue,
    )
    quirks = one.quirks or Quirks()
    if one.octets_reversed is not None:
        quirks.octets_reversed = one.octets_reversed
    return SimulatedNas(settings, seed, truth, quirks, tally)
