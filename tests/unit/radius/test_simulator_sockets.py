"""Simulated gateways, the city and radtest on real sockets, against a server of a few lines."""

import itertools
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from netquota.domain.enforcement import Desired, SessionIdentity
from netquota.domain.units import Rate
from radius import tables as t
from radius.codec import Code, Packet, attribute, parse, reply
from radius.dynauth import DynauthSockets
from radius.dynauth_core import DynauthCore, Order, OrderKind, Outcome, Result
from radius.families import FAMILIES, coa_attributes, identifiers, reply_attributes
from radius.methods import pap
from radius.simulator.city import City, CityGateway, CityPerson, run_city
from radius.simulator.client import Question, radtest
from radius.simulator.nas import SimulatedNas
from radius.simulator.people import LEAST_ONLINE, HumanDemand, online_share
from radius.simulator.runner import Runner, Server, Station
from radius.simulator.sessions import Device, Method
from radius.simulator.settings import NasSettings
from radius.simulator.truth import TruthLog
from radius.simulator.weather import Climate

SECRET = b"a secret of sixteen"
DESIRED = Desired(Rate(8_000_000, 800_000), interim_s=60)
DEADLINE_S = 10.0


class TinyServer:
    """Accepts whoever has the right password, acknowledges every report; both doors on one port, in a thread."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.05)
        self.port: int = self.socket.getsockname()[1]
        self.requests: list[Packet] = []
        self._open = True
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def server(self) -> Server:
        return Server("127.0.0.1", self.port, self.port)

    def close(self) -> None:
        self._open = False
        self._thread.join()
        self.socket.close()

    def _serve(self) -> None:
        while self._open:
            try:
                datagram, source = self.socket.recvfrom(4096)
            except TimeoutError:
                continue
            asked = parse(datagram)
            self.requests.append(asked)
            self.socket.sendto(self._answer(asked), source)

    def _answer(self, asked: Packet) -> bytes:
        if asked.code == Code.ACCOUNTING_REQUEST:
            return reply(Code.ACCOUNTING_RESPONSE, asked, b"", SECRET, message_authenticator=False)
        password = asked.get(t.USER_PASSWORD)
        if password is not None and pap.reveal(password, SECRET, asked.authenticator) != b"rahasia":
            return reply(Code.ACCESS_REJECT, asked, attribute(t.REPLY_MESSAGE, b"Kata sandi salah"), SECRET)
        return reply(Code.ACCESS_ACCEPT, asked, reply_attributes(FAMILIES["mikrotik"], DESIRED), SECRET)


@pytest.fixture
def tiny() -> Iterator[TinyServer]:
    server = TinyServer()
    yield server
    server.close()


def eventually(holds: Callable[[], bool], drive: Callable[[], object] = lambda: time.sleep(0.01)) -> None:
    """Drive on until it holds; fails after a deadline that is far beyond need."""
    until = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < until, "it never came about"
        drive()


def nas(truth: TruthLog | None = None) -> SimulatedNas:
    """A gateway that asks until it is answered."""
    return SimulatedNas(NasSettings("gw-1", FAMILIES["mikrotik"], SECRET, retry_s=2.0, login_tries=0), 7, truth)


def person(number: int) -> Device:
    return Device(f"user{number}", "rahasia", f"02:00:00:00:00:{number:02X}")


def test_gateways_log_in_report_and_obey_over_the_network(tiny: TinyServer) -> None:
    gateway = nas()
    with Runner([Station(gateway, tiny.server)]) as runner, DynauthSockets(DynauthCore()) as client:
        with runner.lock:
            session = gateway.log_in(person(1), lambda _now: Rate(8000, 8000))
        eventually(lambda: session.is_running and gateway.unacknowledged == 0)
        family = FAMILIES["mikrotik"]
        body = identifiers(family, SessionIdentity("user1", session.acct_session_id, session.framed_ip))
        body += coa_attributes(family, Desired(Rate(256_000, 256_000)))
        port, now = runner.stations[0].coa_port, time.time()
        client.submit(Order(1, 1, 1, OrderKind.COA, "127.0.0.1", port, SECRET, body, int(now)), 0.0)
        outcomes: list[Outcome] = []

        def listen() -> None:
            for fileno in select.select(client.filenos, [], [], 1)[0]:
                outcomes.extend(client.read(fileno, 0.1))

        eventually(lambda: bool(outcomes), listen)
        assert outcomes[0].result is Result.ACK
        assert session.limits.rate == Rate(256_000, 256_000)


def test_everything_is_acknowledged_in_the_end_however_bad_the_weather(tiny: TinyServer) -> None:
    truth, seconds = TruthLog(), itertools.count(1_760_000_000)
    gateway = nas(truth)
    climate = Climate(lost=0.3, doubled=0.3, late=0.3, late_by_s=20)
    runner = Runner([Station(gateway, tiny.server)], clock=lambda: float(next(seconds)), climate=climate, seed=3)
    sessions = [gateway.log_in(person(number), lambda _now: Rate(8000, 8000)) for number in range(20)]
    eventually(lambda: all(one.is_running for one in sessions), lambda: runner.step(0.001))
    eventually(lambda: next(seconds) > sessions[0].started + 200, lambda: runner.step(0))
    now = float(next(seconds))
    for session in sessions:
        gateway.log_out(session, now)
    eventually(lambda: gateway.unacknowledged == 0, lambda: runner.step(0.001))
    runner.stop()
    serials = {event: [e["serial"] for e in truth.entries if e["event"] == event] for event in ("sent", "acked")}
    assert sorted(serials["acked"]) == serials["sent"]
    assert len(serials["sent"]) >= 40
    assert len(tiny.requests) > len(serials["sent"])


def city_people(count: int) -> list[CityPerson]:
    return [
        CityPerson(f"user{n}", "rahasia", f"gw-{n % 4}", person(n).mac, Method.CHAP if n % 3 else Method.PAP)
        for n in range(count)
    ]


def gateways() -> list[CityGateway]:
    families = ["mikrotik", "chilli", "wispr", "mikrotik"]
    return [CityGateway(f"gw-{n}", family, SECRET, f"127.0.7.{n + 1}", coa_port=0) for n, family in enumerate(families)]


def test_city_fills_with_people_and_leaves_nobody_behind(tiny: TinyServer) -> None:
    seconds = itertools.count(1_760_058_000)  # a Friday, 08:00 in Jakarta
    city = City(gateways(), city_people(40), tiny.server, clock=lambda: float(next(seconds)))
    stop = threading.Event()
    thread = threading.Thread(target=city.run, args=(stop,))
    thread.start()
    eventually(lambda: city.online >= 25)
    stop.set()
    thread.join(DEADLINE_S)
    assert not thread.is_alive()
    assert city.online == 0
    named = {asked.text(t.NAS_IDENTIFIER) for asked in tiny.requests}
    assert named == {f"gw-{n}" for n in range(4)}
    told = [asked.integer(t.ACCT_STATUS_TYPE) for asked in tiny.requests if asked.code == Code.ACCOUNTING_REQUEST]
    assert told.count(7) >= 4
    assert told.count(2) >= 25


def test_run_city_stops_when_told(tiny: TinyServer) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=run_city, args=(gateways(), city_people(4), tiny.server, stop))
    thread.start()
    eventually(lambda: any(asked.code == Code.ACCESS_REQUEST for asked in tiny.requests))
    stop.set()
    thread.join(DEADLINE_S)
    assert not thread.is_alive()


def test_port_that_is_taken_is_an_error_at_once(tiny: TinyServer) -> None:
    with pytest.raises(OSError, match="in use"):
        City([CityGateway("gw", "mikrotik", SECRET, "127.0.0.1", tiny.port)], [], tiny.server)


def test_offices_are_full_in_the_morning_and_never_empty() -> None:
    jakarta_s, hour_s = 7 * 3600, 3600
    thursday = 1_759_968_000 - jakarta_s  # 2025-10-09 00:00 in Jakarta
    shares = [online_share(thursday + hour * hour_s, jakarta_s) for hour in range(24)]
    assert max(shares) == shares[9] == shares[10]
    assert min(shares) == LEAST_ONLINE
    assert online_share(thursday + 9 * hour_s, jakarta_s) > online_share(thursday + (48 + 9) * hour_s, jakarta_s)


def test_demand_is_repeatable_and_changes() -> None:
    one, other = HumanDemand("1:siti"), HumanDemand("1:siti")
    wanted = [one(1_760_000_000.0 + s) for s in range(0, 2000, 10)]
    assert wanted == [other(1_760_000_000.0 + s) for s in range(0, 2000, 10)]
    assert len(set(wanted)) > 50
    assert all(rate.down_bps > 0 for rate in wanted)


def question(
    tiny: TinyServer, password: str = "rahasia", method: Method = Method.PAP, secret: bytes = SECRET
) -> Question:
    return Question("siti", password, secret, "127.0.0.1", tiny.port, method)


@pytest.mark.parametrize("method", [Method.PAP, Method.CHAP])
def test_radtest_shows_what_was_granted(tiny: TinyServer, method: Method) -> None:
    answer = radtest(question(tiny, method=method))
    assert answer.accepted
    assert answer.lines()[0].startswith("Access-Accept after ")
    assert '\tMikrotik-Rate-Limit = "800k/8M"' in answer.lines()


@pytest.mark.parametrize("method", [Method.MSCHAP, Method.MSCHAPV2])
def test_radtest_tells_a_server_that_does_not_prove_itself(tiny: TinyServer, method: Method) -> None:
    answer = radtest(question(tiny, method=method))
    assert answer.accepted
    assert answer.proven is False
    assert answer.lines()[-1] == "The server did not prove that it knows the password"


def test_radtest_shows_why_it_was_refused(tiny: TinyServer) -> None:
    answer = radtest(question(tiny, password="salah"))
    assert not answer.accepted
    assert '\tReply-Message = "Kata sandi salah"' in answer.lines()


def test_radtest_tells_a_wrong_secret_from_silence(tiny: TinyServer) -> None:
    answer = radtest(question(tiny, secret=b"another secret...", method=Method.CHAP), wait_s=0.2, tries=1)
    assert answer.lines() == ["No answer after 1 tries; 1 answers were not signed with this secret"]


def test_radtest_of_a_closed_port_ends() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
    answer = radtest(Question("siti", "x", SECRET, "127.0.0.1", port), wait_s=0.05, tries=2)
    assert answer.packet is None
    assert answer.tries == 2


def test_secrets_of_a_question_are_not_shown() -> None:
    assert "rahasia" not in repr(Question("siti", "rahasia", SECRET))
    assert "rahasia" not in repr(CityPerson("siti", "rahasia", "gw", ""))
