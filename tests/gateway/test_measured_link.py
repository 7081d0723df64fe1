"""A link is measured at a real gateway's interface: real traffic, Debian's snmpd, the clock's own use case."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from netquota.clock import FixedClock
from netquota.domain.samples import LINK_INTERFACE
from netquota.instruments import NetworkInstruments
from netquota.secrets import Keyring
from netquota.services import interfaces
from netquota.services.allocate import add
from netquota.services.office import Author, Office
from netquota.storage import interface_store
from netquota.storage.database import Database
from netquota.storage.interface_store import Held
from tests.live.netns import Namespace, Network
from tests.live.snmp_agent import COMMUNITY, snmpd
from tests.live.workers import until
from tests.storage.measured_city import Measured

pytestmark = pytest.mark.needs("root", "snmpd", "iproute2", "iputils-ping")
ANI = Author("ani", "uji")
SERVER, GATEWAY, FAR, WAN = "10.77.0.2", "10.77.0.1", "10.78.0.2", "10.78.0.1"


@dataclass
class Line:
    """A gateway with a line to the provider and one to the server, and what netquota knows of it."""

    network: Network
    server: Namespace
    gateway: Namespace
    far: Namespace
    city: Measured
    clock: FixedClock

    def join_wan(self) -> None:
        self.network.join(self.gateway, "wan0", self.far, "eth0")
        for host, device, address in ((self.gateway, "wan0", WAN), (self.far, "eth0", FAR)):
            host.run("sysctl", "-qw", f"net.ipv6.conf.{device}.disable_ipv6=1")
            host.address(device, f"{address}/24")

    def kernel(self) -> tuple[int, int]:
        """What the gateway's kernel counted on the line: received, sent."""
        (found,) = json.loads(self.gateway.run("ip", "-j", "-s", "link", "show", "wan0"))
        return found["stats64"]["rx"]["bytes"], found["stats64"]["tx"]["bytes"]

    def load(self, packets: int) -> None:
        self.far.run("ping", "-q", "-f", "-c", str(packets), "-s", "1200", WAN)

    def read(self) -> Held:
        """The clock asks until the agent, which looks at the kernel now and then, says what the kernel does.

        ARP goes over the line, too, so the kernel is asked each time.
        """
        instruments = NetworkInstruments(self.city.office.secrets, self.clock)

        def said() -> Held | None:
            with self.server.inside():
                interfaces.read_interfaces(self.city.shift(), instruments)
            with self.city.database.read() as connection:
                (held,) = interface_store.held(connection).values()
            self.clock.advance(1)
            last = held.last
            return held if last is not None and (last.input, last.output) == self.kernel() else None

        return until(said, "the agent says what the kernel counted", 90, 1.0)


@pytest.fixture
def line(sqlite_database: Database, keyring: Keyring, clock: FixedClock) -> Iterator[Line]:
    office = Office(sqlite_database, keyring, clock, ZoneInfo("Asia/Jakarta"))
    access = {"snmp": "2c", "snmp_community": COMMUNITY}
    add(office, "nas", {"name": "gw", "address": GATEWAY, "family": "mikrotik", **access}, ANI)
    link = {"name": "A", "provider": "P", "capacity": "100M/50M", "nas": "gw", "interface": "wan0"}
    add(office, "link", link | {"probe_address": GATEWAY}, ANI)
    with Network() as network:
        hosts = [network.host(role) for role in ("server", "gateway", "far")]
        found = Line(network, *hosts, Measured(office), clock)
        network.join(found.server, "eth0", found.gateway, "mgmt0")
        found.server.address("eth0", f"{SERVER}/24")
        found.gateway.address("mgmt0", f"{GATEWAY}/24")
        found.join_wan()
        yield found


@contextmanager
def agent(line: Line, place: Path) -> Iterator[None]:
    with line.gateway.inside(), snmpd(place, port=161, address=GATEWAY, asks=SERVER):
        yield


def counters(held: Held) -> tuple[int, int]:
    assert held.last is not None
    return held.last.input, held.last.output


def test_a_links_traffic_is_counted_to_the_octet_over_a_restart_of_the_agent_and_a_new_card(
    line: Line, tmp_path: Path
) -> None:
    with agent(line, tmp_path / "a"):
        first = counters(line.read())
        line.load(500)
        line.clock.advance(300)
        held = line.read()
        second = counters(held)
        assert second[0] - first[0] > 500 * 1200
        assert (held.total_down, held.total_up) == (second[0] - first[0], second[1] - first[1])
        assert line.city.sampled(LINK_INTERFACE) == (held.total_down, held.total_up)
    line.load(300)  # while nobody can ask
    line.clock.advance(300)
    with agent(line, tmp_path / "b"):  # its up-time begins again, the counters do not
        held = line.read()
        assert held.total_down == counters(held)[0] - first[0]
        line.gateway.run("ip", "link", "del", "wan0")
        line.join_wan()
        line.load(10)
        line.clock.advance(300)
        before, fresh = held.total_down, line.read()
        since = counters(fresh)[0] - (fresh.total_down - before)
        assert since > 10 * 1200  # what the new card had counted when it was read first is nobody's
        line.load(10)
        line.clock.advance(300)
        held = line.read()
        assert held.total_down == before + counters(held)[0] - since
    with line.city.database.read() as connection:
        (reach, *_) = interface_store.reach(connection, 1, 0, 2**40)
    assert reach.received == reach.sent > 0
