"""The sample city's gateways in the test's own process: people log in, traffic flows, orders can be seen."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from netquota.domain.places import Nas
from netquota.domain.units import Rate
from netquota.services.demo_people import DemoCity, DemoPerson
from radius.families import family_named
from radius.simulator.nas import SimulatedNas
from radius.simulator.people import HumanDemand
from radius.simulator.runner import Runner, Server, Station
from radius.simulator.sessions import Demand, Device, Method, SimulatedSession, State
from radius.simulator.settings import NasSettings, Quirks
from radius.simulator.truth import Entry, TruthLog
from tests.live.hotspot import Attentive
from tests.live.workers import until

PLAYING = 48
"""How many of the city's people are online: two pages of sessions."""
SETTLED_S = 30.0
_RATE_NEEDS_S = 6.0  # the worker measures a rate over five whole seconds


class Hotspots:
    """All gateways of the city on one runner; `truth` has what they sent and were told."""

    def __init__(self, city: DemoCity, clients: Mapping[str, Nas], password: str) -> None:
        self.truth = TruthLog()
        self.city, self._clients, self._password = city, clients, password
        self._methods = {one.nas: Method(one.method) for one in city.gateways}
        self._binds = {one.nas: one.bind for one in city.gateways}
        self.gateways = {name: self._nas(name) for name in self._binds}
        self._runner: Runner | None = None
        self._last_start = 0.0

    @contextmanager
    def running(self, auth_port: int, acct_port: int) -> Iterator[None]:
        """Let the gateways run against the server at these ports."""
        server = Server("127.0.0.1", auth_port, acct_port)
        stations = [
            Station(nas, server, self._binds[name], self._clients[name].coa_port or 0)
            for name, nas in self.gateways.items()
        ]
        self._runner = Attentive(stations)
        with self._runner:
            yield

    def everybody_logs_in(self) -> None:
        """A share of each office goes online; waits until the worker has answered all of them."""
        playing = [person for person in self.city.people if person.plays]
        chosen = playing[:: max(1, len(playing) // PLAYING)]
        sessions = [self._begin(person, HumanDemand(f"browser:{person.username}")) for person in chosen]
        until(lambda: all(one.state is not State.ASKING for one in sessions), "all are answered", SETTLED_S)
        self.settle()

    def log_in(self, username: str, demand: Demand = lambda _now: Rate(0, 0)) -> SimulatedSession:
        """One person goes online; waits until the session stands in the books."""
        person = next(one for one in self.city.people if one.username == username)
        session = self._begin(person, demand)
        until(lambda: session.state is not State.ASKING, f"{username} gets an answer")
        assert session.is_running, session.reply_message
        self.settle()
        return session

    def is_refused(self, username: str) -> str:
        """One person tries to go online and is not let in; gives the words told."""
        person = next(one for one in self.city.people if one.username == username)
        session = self._begin(person, lambda _now: Rate(0, 0))
        until(lambda: session.state is not State.ASKING, f"{username} gets an answer")
        assert not session.is_running
        return session.reply_message

    def log_out(self, session: SimulatedSession) -> None:
        """A session ends, and the books know."""
        with self._held() as now:
            for nas in self.gateways.values():
                if session in nas.sessions:
                    nas.log_out(session, now)
        self.settle()

    def report(self) -> None:
        """Every gateway reports on all of its sessions, late enough that a rate can be measured."""
        until(lambda: time.time() - self._last_start >= _RATE_NEEDS_S, "sessions are old enough for a rate")
        with self._held() as now:
            for nas in self.gateways.values():
                for session in nas.running:
                    nas.report_now(session, now)
        self.settle()

    def settle(self) -> None:
        """Wait until every report is acknowledged."""
        until(lambda: not any(nas.unacknowledged for nas in self.gateways.values()), "reports are taken", SETTLED_S)

    def orders(self, gateway: str) -> list[Entry]:
        """The orders that a gateway answered, oldest first."""
        return [
            entry
            for entry in self.truth.entries
            if entry["event"] in ("coa_request", "disconnect_request") and entry["gateway"] == gateway
        ]

    def _begin(self, person: DemoPerson, demand: Demand) -> SimulatedSession:
        device = Device(
            person.username, self._password, person.mac, self._methods[person.site.nas],
            person.site.called_station or None,
        )  # fmt: skip
        self._last_start = time.time()
        with self._held():
            return self.gateways[person.site.nas].log_in(device, demand)

    def _nas(self, name: str) -> SimulatedNas:
        client = self._clients[name]
        settings = NasSettings(
            name, family_named(client.family), client.secret, address=self._binds[name], retry_s=1.0, login_tries=20
        )
        quirks = Quirks(octets_reversed=client.octets_reversed)
        return SimulatedNas(settings, len(name), self.truth, quirks)

    @contextmanager
    def _held(self) -> Iterator[float]:
        """Touch the gateways while their runner does not; gives the time."""
        assert self._runner is not None
        with self._runner.lock:
            yield time.time()
