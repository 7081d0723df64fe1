"""A simulated gateway on loopback as tests want it: log in, let octets flow at once, wait for what it is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from netquota.domain.units import Rate
from radius.families import FAMILIES
from radius.simulator.nas import SimulatedNas
from radius.simulator.runner import Runner, Server, Station
from radius.simulator.sessions import Device, Method, SimulatedSession, State
from radius.simulator.settings import NasSettings, Quirks
from radius.simulator.truth import Entry, TruthLog
from tests.live.city import PASSWORD, SECRET, City
from tests.live.workers import until

SILENT_USER = Rate(0, 0)


class Hotspot:
    """One gateway: its client row in the city, its sockets, its truth. Made before the workers start."""

    def __init__(
        self, city: City, name: str, bind: str, family: str = "mikrotik", quirks: Quirks | None = None,
        truth: TruthLog | None = None, retry_s: float = 0.5, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        settings = NasSettings(name, FAMILIES[family], SECRET.encode(), bind, retry_s=retry_s, login_tries=0)
        self.truth = truth or TruthLog()
        self.nas = SimulatedNas(settings, truth=self.truth, quirks=quirks)
        self.station = Station(self.nas, Server(), bind)
        self.nas_id = city.nas(name, bind, family, coa_port=self.station.coa_port)
        self.clock = clock
        self.runner: Runner | None = None

    def log_in(
        self, username: str, mac: str = "02:00:00:00:00:01", method: Method = Method.PAP, password: str = PASSWORD
    ) -> SimulatedSession:
        """Log a device in and wait for the answer to its Start, so that the session stands in the books."""
        with self.locked():
            session = self.nas.log_in(Device(username, password, mac, method), lambda _now: SILENT_USER)
        until(lambda: session.state is not State.ASKING, f"{username} gets an answer")
        self.settle()
        return session

    def log_out(self, session: SimulatedSession) -> None:
        """End a session and wait until its Stop is acknowledged."""
        with self.locked():
            self.nas.log_out(session, self.clock())
        self.settle()

    def flow(self, session: SimulatedSession, down: int, up: int = 0) -> None:
        """So many octets flow, and an interim tells of them."""
        with self.locked():
            session.sent += down
            session.received += up
            self.nas.report_now(session, self.clock())

    def settle(self, within_s: float = 15.0) -> None:
        """Wait until every report is acknowledged."""
        until(lambda: self.nas.unacknowledged == 0, "all reports are acknowledged", within_s)

    def told(self, event: str, since: int = 0) -> Entry:
        """The first order of that kind after the truth's entry number `since`."""
        return until(lambda: next((e for e in self.truth.entries[since:] if e["event"] == event), None), event)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Touch the gateway while its runner does not."""
        assert self.runner is not None
        with self.runner.lock:
            yield


class Attentive(Runner):
    """A runner that looks up every few milliseconds, so that what a test asks for leaves at once."""

    def step(self, longest_wait_s: float = 0.005) -> None:
        super().step(longest_wait_s)


@contextmanager
def running(server: Server, *hotspots: Hotspot) -> Iterator[Runner]:
    """Let the gateways run against a server."""
    for hotspot in hotspots:
        hotspot.station.server = server
    runner = Attentive([hotspot.station for hotspot in hotspots], hotspots[0].clock)
    for hotspot in hotspots:
        hotspot.runner = runner
    with runner:
        yield runner
