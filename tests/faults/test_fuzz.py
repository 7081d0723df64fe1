"""F19: random and mutated datagrams neither crash it nor make it grow, nor get an answer that the rules forbid."""

import json
import os
import selectors
import socket
import time
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from netquota.domain.places import AuthenticatorPolicy, Nas
from netquota.storage.nas_table import NasTable
from radius import codec
from radius import tables as t
from radius.authenticity import Port
from radius.codec import Code, TooLong, attribute, integer_octets, vendor_attribute
from radius.duplicates import Limits
from radius.engine import Accounting, Engine, Login
from tests.live.city import GB, MBPS, PASSWORD, SECRET, City
from tests.live.fixtures import StartWorkers
from tests.live.lawful import offence
from tests.live.measured import measured
from tests.live.mutation import Mutator
from tests.live.workers import Workers, until

PACKETS, LIVE_PACKETS = 200_000, 10_000
LONG_PACKETS, LONG_LIVE_PACKETS = 1_000_000, 50_000
MOST_GROWTH_KIB = 8_192
MOST_ROUNDS = 12
SECRET_OCTETS = SECRET.encode()
NAMES = ["budi", "sari"]
VECTORS = [
    bytes.fromhex(vector["packet"])
    for vector in json.loads((Path(__file__).parents[1] / "vectors" / "malformed.json").read_text())["vectors"]
]
POLICIES = {
    "192.0.2.1": AuthenticatorPolicy.AUTO,
    "192.0.2.2": AuthenticatorPolicy.REQUIRED,
    "192.0.2.3": AuthenticatorPolicy.OFF,
}
ACCEPT = vendor_attribute(*t.MIKROTIK_RATE_LIMIT, b"5M/10M") + attribute(t.CLASS, bytes(60))


def rss_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def finished(engine: Engine, found: Login | Accounting, mutator: Mutator) -> bytes | None:
    """What a worker would answer; now and then nothing, as when the database is away."""
    draw = mutator.random.random()
    if draw < 0.1:
        engine.drop(found.exchange, "not_recorded")
        return None
    try:
        if isinstance(found, Accounting):
            return engine.finish(found.exchange, Code.ACCOUNTING_RESPONSE, b"")
        code, body = (Code.ACCESS_ACCEPT, ACCEPT) if draw < 0.5 else (Code.ACCESS_REJECT, b"")
        return engine.finish(found.exchange, code, body)
    except TooLong:
        engine.drop(found.exchange, "too_many_proxy_states")
        return None


@pytest.mark.parametrize("packets", [PACKETS, pytest.param(LONG_PACKETS, marks=pytest.mark.long)])
def test_engine_survives_and_answers_only_as_the_rules_allow(packets: int) -> None:
    clients = [
        Nas(number, address, address, SECRET_OCTETS, "mikrotik", policy, is_proxy=policy is AuthenticatorPolicy.OFF)
        for number, (address, policy) in enumerate(POLICIES.items(), 1)
    ]
    engine = Engine(
        NasTable(clients).find, Limits(entries_per_nas=500, entries=1000, octets_per_nas=2**20, octets=2**21)
    )
    mutator = Mutator(19, SECRET_OCTETS, NAMES, PASSWORD, VECTORS)
    addresses, outcomes, sizes = list(POLICIES), Counter[str](), []
    began = time.monotonic()
    for number in range(packets):
        datagram, is_report = mutator.datagram()
        source = (addresses[number % 3], mutator.random.randrange(1024, 1040))
        port = Port.ACCOUNTING if is_report else Port.AUTHENTICATION
        found = engine.receive(datagram, source, port, number / 1000, 1_790_000_000 + number // 1000)
        outcomes[type(found).__name__] += 1
        answer = finished(engine, found, mutator) if isinstance(found, Login | Accounting) else found
        if answer is not None:
            must_sign = POLICIES[source[0]] is AuthenticatorPolicy.REQUIRED
            broken = offence(answer, datagram, SECRET_OCTETS, must_sign, POLICIES[source[0]] is AuthenticatorPolicy.OFF)
            assert broken is None, (broken, number, datagram.hex())
        if number % (packets // 4) == packets // 4 - 1:
            sizes.append(rss_kib(os.getpid()))
    took = time.monotonic() - began
    measured(f"{packets} datagrams in {took:.0f} s: {dict(outcomes)}; RSS by quarters {sizes} KiB")
    assert (
        min(outcomes["Login"], outcomes["Accounting"], outcomes["bytes"]) > packets // 200
    )  # it got through the doors
    assert sizes[-1] - sizes[0] < MOST_GROWTH_KIB


@pytest.fixture(scope="module")
def workers(live_city: City, start_workers: StartWorkers) -> Workers:
    live_city.nas("gw", "127.0.11.1")
    live_city.nas("strict", "127.0.11.2", authenticator_policy="required")
    live_city.plan("staf", 10 * MBPS, 5 * MBPS)
    live_city.quota("harian", "staf", 500 * GB)
    for name in [*NAMES, "jujur"]:
        live_city.employee(name, "staf", chap=True)
    return start_workers(1, radius__reject_delay_s=0)


class Gateway:
    """Sends datagrams to a live worker and judges what comes back, in whatever order."""

    def __init__(self, workers: Workers, address: str, must_sign: bool) -> None:
        self.workers, self.must_sign = workers, must_sign
        self.asked: dict[int, list[bytes]] = defaultdict(list)
        self.answers = 0
        self.channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.channel.bind((address, 0))
        self.channel.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.channel, selectors.EVENT_READ)

    def send(self, datagram: bytes, is_report: bool) -> None:
        server = self.workers.server
        if len(datagram) > 1:
            self.asked[datagram[1]].append(datagram)
        door = server.accounting_port if is_report else server.authentication_port
        self.channel.sendto(datagram, ("127.0.0.1", door))

    def read(self, wait_s: float = 0.0) -> list[str]:
        """The offences of the answers that are there."""
        found: list[str] = []
        self._selector.select(wait_s)
        while True:
            try:
                answer = self.channel.recv(65_535)
            except BlockingIOError:
                return found
            self.answers += 1
            judged = [offence(answer, asked, SECRET_OCTETS, self.must_sign) for asked in self.asked[answer[1]]]
            if None not in judged:
                found.append(f"{answer.hex()}: {judged}")


def sent(workers: Workers, gateways: list[Gateway], mutator: Mutator, packets: int, offences: list[str]) -> int:
    """Send so many, not faster than they are read; gives the least of its memory, KiB: argon2 has 19 MiB a while."""
    (pid,), least = workers.pids, 1 << 40
    for number in range(packets):
        gateways[number % 2].send(*mutator.datagram())
        if number % 20 == 19:
            until(lambda: workers.answers(workers.server.accounting_port), "it still answers")
            offences += [one for gateway in gateways for one in gateway.read()]
            least = min(least, rss_kib(pid))
    return least


@pytest.mark.parametrize("packets", [LIVE_PACKETS, pytest.param(LONG_LIVE_PACKETS, marks=pytest.mark.long)])
def test_live_worker_survives_and_answers_only_as_the_rules_allow(
    workers: Workers, live_city: City, packets: int
) -> None:
    """What is remembered has a bound, which some rounds fill: one must come that leaves the memory as it was."""
    mutator = Mutator(20, SECRET_OCTETS, NAMES, PASSWORD, VECTORS)
    gateways = [Gateway(workers, "127.0.11.1", False), Gateway(workers, "127.0.11.2", True)]
    offences: list[str] = []
    began = time.monotonic()
    sizes = [sent(workers, gateways, mutator, packets // 4, offences) for _ in range(4)]
    while len(sizes) < MOST_ROUNDS and sizes[-1] - sizes[-2] >= MOST_GROWTH_KIB:
        sizes.append(sent(workers, gateways, mutator, packets // 4, offences))
    answers, took = sum(gateway.answers for gateway in gateways), time.monotonic() - began
    measured(
        f"{len(sizes) * packets // 4} datagrams to a live worker ({live_city.database.kind}) in {took:.0f} s:"
        f" {answers} answers, {len(offences)} forbidden; RSS by rounds {sizes} KiB"
    )
    assert offences == []
    assert "internal error" not in workers.said
    assert "cannot be recorded" not in workers.said
    assert sizes[-1] - sizes[-2] < MOST_GROWTH_KIB, "its memory is as it was"
    honest_work_goes_on(workers, live_city)
    for gateway in gateways:
        gateway.channel.close()


def honest_work_goes_on(workers: Workers, city: City) -> None:
    used = city.used("harian", "jujur")
    body = (
        attribute(t.ACCT_STATUS_TYPE, integer_octets(2)) + attribute(t.ACCT_SESSION_ID, b"honest%d" % used)
        + attribute(t.USER_NAME, b"jujur") + attribute(t.NAS_IDENTIFIER, b"gw")
        + attribute(t.ACCT_SESSION_TIME, integer_octets(60)) + attribute(t.ACCT_OUTPUT_OCTETS, integer_octets(777))
    )  # fmt: skip
    report = codec.request(Code.ACCOUNTING_REQUEST, 1, body, SECRET_OCTETS, None, False)
    assert workers.ask(report, workers.server.accounting_port, 10, "127.0.11.1") is not None
    assert city.used("harian", "jujur") == used + 777
