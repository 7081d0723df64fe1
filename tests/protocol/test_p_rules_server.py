"""The protocol rules that need an engine's memory or a live worker; and that every rule P1 to P29 has a test."""

import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from netquota.domain.places import AuthenticatorPolicy, Nas
from netquota.domain.units import Rate
from netquota.secrets import Keyring
from netquota.services.tokens import TokenDesk
from netquota.services.verify import Claim, SlowCheck
from netquota.storage import schema
from netquota.storage.database import Database
from netquota.storage.nas_table import NasTable
from netquota.storage.snapshot import Credential
from radius import codec
from radius import tables as t
from radius.authenticity import Port, response_fault
from radius.codec import Code, Packet, attribute, integer_octets, parse, reply
from radius.duplicates import Limits
from radius.engine import Accounting, Engine, Login
from radius.methods import Pap, pap
from radius.simulator.settings import Quirks
from tests.live.city import GB, MBPS, PASSWORD, SECRET, City, hashed
from tests.live.fixtures import StartWorkers
from tests.live.hotspot import Hotspot, running
from tests.live.measured import measured
from tests.live.workers import Workers, until

FIRST, LAST = 1, 29
SECRET_OCTETS = SECRET.encode()
GATEWAY, PROXY, AUTO, LOOPBACK_6 = "127.0.10.1", "127.0.10.2", "127.0.10.3", "::1"
DELAY_S = 0.5
NAS_NAME = attribute(t.NAS_IDENTIFIER, b"gw")


def access(
    username: str = "budi", password: str = PASSWORD, *further: bytes, identifier: int = 1, signed: bool = True
) -> bytes:
    random = os.urandom(16)
    hidden = attribute(t.USER_PASSWORD, pap.hide(password.encode(), SECRET_OCTETS, random))
    body = attribute(t.USER_NAME, username.encode()) + hidden + NAS_NAME + b"".join(further)
    return codec.request(Code.ACCESS_REQUEST, identifier, body, SECRET_OCTETS, random, signed)


def accounting(status: int, *further: bytes, username: str | None = "budi", identifier: int = 1) -> bytes:
    name = b"" if username is None else attribute(t.USER_NAME, username.encode())
    body = attribute(t.ACCT_STATUS_TYPE, integer_octets(status)) + name + NAS_NAME + b"".join(further)
    return codec.request(Code.ACCOUNTING_REQUEST, identifier, body, SECRET_OCTETS, None, False)


def session(number: str, seconds: int, down: int = 0, up: int = 0) -> bytes:
    return (
        attribute(t.ACCT_SESSION_ID, number.encode())
        + attribute(t.ACCT_SESSION_TIME, integer_octets(seconds))
        + attribute(t.ACCT_INPUT_OCTETS, integer_octets(up % 2**32))
        + attribute(t.ACCT_INPUT_GIGAWORDS, integer_octets(up >> 32))
        + attribute(t.ACCT_OUTPUT_OCTETS, integer_octets(down % 2**32))
        + attribute(t.ACCT_OUTPUT_GIGAWORDS, integer_octets(down >> 32))
    )


# -- the engine alone -------------------------------------------------------------------------------------------------

CLIENT = Nas(1, "gw", "192.0.2.1", SECRET_OCTETS, "mikrotik")
WIDE = Nas(2, "wide", "10.0.0.0/8", b"another secret of ours", "mikrotik")
NARROW = Nas(3, "narrow", "10.1.0.0/16", SECRET_OCTETS, "mikrotik")
HERE = ("192.0.2.1", 40000)


def engine(limits: Limits | None = None, *clients: Nas) -> Engine:
    return Engine(NasTable(clients or (CLIENT, WIDE, NARROW)).find, limits)


def test_p2_datagram_of_a_stranger_is_dropped_undecoded() -> None:
    asked = engine()
    for datagram in (access(), b"", b"\xff" * 4096):
        assert asked.receive(datagram, ("198.51.100.1", 1), Port.AUTHENTICATION, 0, 0) is None
    assert asked.counts.dropped == {"unknown_client": 3}


def test_p2_longest_matching_prefix_is_the_client() -> None:
    found = engine().receive(access(), ("10.1.2.3", 1), Port.AUTHENTICATION, 0, 0)
    assert isinstance(found, Login)
    assert found.exchange.nas is NARROW
    assert engine().receive(access(), ("10.2.2.3", 1), Port.AUTHENTICATION, 0, 0) is None  # another secret there


def test_p7_every_answer_of_the_engine_returns_the_proxy_states_in_order() -> None:
    states = [attribute(t.PROXY_STATE, value) for value in (b"one", b"two", b"one")]
    found = engine().receive(access("budi", PASSWORD, *states), HERE, Port.AUTHENTICATION, 0, 0)
    assert isinstance(found, Login)
    asked = engine()
    for code in (Code.ACCESS_ACCEPT, Code.ACCESS_REJECT):
        assert asked.finish(found.exchange, code, b"").endswith(b"".join(states))


def test_p11_client_that_signed_once_must_sign_from_then_on() -> None:
    asked = engine()
    assert isinstance(asked.receive(access(signed=False), HERE, Port.AUTHENTICATION, 0, 0), Login)
    assert isinstance(asked.receive(access(), HERE, Port.AUTHENTICATION, 0, 0), Login)
    assert asked.learnt_signing == {CLIENT.id}
    assert asked.receive(access(signed=False), HERE, Port.AUTHENTICATION, 0, 0) is None
    off = Nas(1, "gw", "192.0.2.1", SECRET_OCTETS, "mikrotik", AuthenticatorPolicy.OFF, authenticator_seen=True)
    assert isinstance(engine(None, off).receive(access(signed=False), HERE, Port.AUTHENTICATION, 0, 0), Login)


def test_p16_repetition_is_silent_in_work_and_the_same_octets_afterwards() -> None:
    asked, datagram = engine(), access()
    found = asked.receive(datagram, HERE, Port.AUTHENTICATION, 0, 0)
    assert isinstance(found, Login)
    assert asked.receive(datagram, HERE, Port.AUTHENTICATION, 1, 1) is None
    answer = asked.finish(found.exchange, Code.ACCESS_ACCEPT, attribute(t.CLASS, b"x"))
    for _ in range(3):
        assert asked.receive(datagram, HERE, Port.AUTHENTICATION, 2, 2) == answer
    assert isinstance(asked.receive(datagram, ("192.0.2.1", 40001), Port.AUTHENTICATION, 2, 2), Login)
    assert isinstance(asked.receive(datagram, HERE, Port.AUTHENTICATION, 30, 30), Login)


def test_p16_same_identifier_with_another_authenticator_is_new_and_replaces_the_old() -> None:
    asked = engine()
    first = asked.receive(access(), HERE, Port.AUTHENTICATION, 0, 0)
    second_datagram = access()
    second = asked.receive(second_datagram, HERE, Port.AUTHENTICATION, 1, 1)
    assert isinstance(first, Login)
    assert isinstance(second, Login)
    answer = asked.finish(second.exchange, Code.ACCESS_REJECT, b"")
    asked.finish(first.exchange, Code.ACCESS_ACCEPT, b"")  # comes too late to be remembered for this Identifier
    assert asked.receive(second_datagram, HERE, Port.AUTHENTICATION, 2, 2) == answer


def test_p16_request_that_came_to_nothing_is_worked_on_again() -> None:
    asked, datagram = engine(), accounting(3, session("a", 60))
    found = asked.receive(datagram, HERE, Port.ACCOUNTING, 0, 0)
    assert isinstance(found, Accounting)
    asked.drop(found.exchange, "not_recorded")
    assert isinstance(asked.receive(datagram, HERE, Port.ACCOUNTING, 1, 1), Accounting)


def test_p17_flood_of_one_client_pushes_out_only_its_own_answers() -> None:
    asked = engine(Limits(entries_per_nas=50, entries=80))
    kept = [access(identifier=number) for number in range(20)]
    answers = []
    for datagram in kept:
        found = asked.receive(datagram, HERE, Port.AUTHENTICATION, 0, 0)
        assert isinstance(found, Login)
        answers.append(asked.finish(found.exchange, Code.ACCESS_REJECT, b""))
    for number in range(2_000):
        asked.receive(access(), ("10.1.0.9", number), Port.AUTHENTICATION, 0, 0)
    assert [asked.receive(datagram, HERE, Port.AUTHENTICATION, 1, 1) for datagram in kept] == answers


# -- live workers -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def city(live_city: City) -> City:
    live_city.nas("gw", GATEWAY)
    live_city.nas("proxy", PROXY, is_proxy=True)
    live_city.nas("auto", AUTO)
    live_city.plan("staf", 10 * MBPS, 5 * MBPS, interim_min_s=5, interim_max_s=10)
    live_city.quota("harian", "staf", 500 * GB)
    live_city.quota("kecil", "staf", 400 * GB, direction="down")
    for name in ("budi", "kelas", "tanpa", "besar", "ulang", "enam", "mati", "jenis"):
        live_city.employee(name, "staf")
    return live_city


class Behind:
    """A clock that is some seconds behind."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return time.time() - self.seconds


@pytest.fixture(scope="module")
def rebooting(city: City) -> Hotspot:
    """A gateway whose time a test sets; it is two minutes behind until it reboots."""
    return Hotspot(city, "reboots", "127.0.10.5", quirks=Quirks(reuses_session_ids=True), clock=Behind(120))


@pytest.fixture(scope="module")
def six(city: City) -> Hotspot:
    return Hotspot(city, "six", LOOPBACK_6)


@pytest.fixture(scope="module")
def coa_socket(city: City) -> Iterator[socket.socket]:
    """A gateway's CoA port that a test answers by hand."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as channel:
        channel.bind(("127.0.10.6", 0))
        channel.settimeout(10)
        city.nas("by-hand", "127.0.10.6", coa_port=channel.getsockname()[1])
        city.plan("pesan", MBPS, MBPS)
        city.quota("pesan", "pesan", GB)
        city.employee("tangan", "pesan")
        city.employee("pesan", "pesan")
        yield channel


@pytest.fixture(scope="module")
def workers(
    city: City, rebooting: Hotspot, six: Hotspot, coa_socket: socket.socket, start_workers: StartWorkers
) -> Iterator[Workers]:
    started = start_workers(1, radius__reject_delay_s=DELAY_S, radius__bind="127.0.0.1,::1")
    over_ipv6 = replace(started.server, host=LOOPBACK_6)
    with running(started.server, rebooting), running(over_ipv6, six):  # each with its own clock
        yield started


def asks(workers: Workers, datagram: bytes, source: str = GATEWAY, wait_s: float = 3) -> Packet | None:
    is_access = datagram[0] == Code.ACCESS_REQUEST
    port = workers.server.authentication_port if is_access else workers.server.accounting_port
    answer = workers.ask(datagram, port, wait_s, source)
    if answer is None:
        return None
    packet = parse(answer)
    assert response_fault(packet, parse(datagram), SECRET_OCTETS) is None
    return packet


def accepted(workers: Workers, username: str, source: str = GATEWAY) -> Packet:
    answer = asks(workers, access(username), source)
    assert answer is not None
    assert answer.code == Code.ACCESS_ACCEPT
    return answer


def recorded(workers: Workers, datagram: bytes, source: str = GATEWAY) -> None:
    answer = asks(workers, datagram, source)
    assert answer is not None
    assert answer.code == Code.ACCOUNTING_RESPONSE


def test_p2_live_worker_says_nothing_to_strangers(workers: Workers) -> None:
    assert asks(workers, access(), "127.0.66.6", wait_s=0.5) is None


def test_p7_proxy_states_that_leave_no_room_for_an_accept_get_a_bare_refusal_that_fits(workers: Workers) -> None:
    states = [attribute(t.PROXY_STATE, bytes((number,)) * 253) for number in range(15)]
    room = 4096 - len(access("budi", PASSWORD, *states))
    states.append(attribute(t.PROXY_STATE, b"z" * (room - 2)))
    answer = asks(workers, access("budi", PASSWORD, *states), PROXY)
    assert answer is not None
    assert answer.code == Code.ACCESS_REJECT
    assert len(answer.raw) <= 4096
    assert answer.raw.endswith(b"".join(states))


def test_p8_altered_class_is_as_good_as_none_and_counted(workers: Workers, city: City) -> None:
    token = accepted(workers, "budi").get(t.CLASS) or b""
    altered = token[:-1] + bytes((token[-1] ^ 1,))
    recorded(workers, accounting(3, session("p8", 60, 5000), attribute(t.CLASS, altered), username="kelas"))
    assert city.used("harian", "kelas") == 5000  # by its User-Name, not by what the token says
    assert [row["applied_down_bps"] for row in city.sessions("kelas")] == [None]
    recorded(workers, accounting(3, session("p8-2", 60, 700), attribute(t.CLASS, token), username="kelas"))
    assert city.used("harian", "budi") == 700
    nas_id = city.nas_ids["gw"]
    count = until(lambda: city.rows(schema.gateway_problem, nas_id=nas_id, cause="class_not_ours"), within_s=90)
    assert [row["count"] for row in count] == [1]


def test_p14_status_types_without_meaning_are_answered_and_change_nothing(workers: Workers, city: City) -> None:
    for status in range(9, 16):
        recorded(workers, accounting(status, session("p14", 60, 1000), username="jenis", identifier=status))
    assert city.sessions("jenis") == []
    assert city.used("harian", "jenis") == 0


def test_p15_what_was_acknowledged_survives_the_death_of_the_worker(workers: Workers, city: City) -> None:
    recorded(workers, accounting(3, session("p15", 60, 12345), username="mati"))
    workers.kill()
    assert city.used("harian", "mati") == 12345
    workers.start()
    recorded(workers, accounting(3, session("p15", 60, 12345), username="mati"))
    assert city.used("harian", "mati") == 12345


def test_p11_signing_is_remembered_when_the_worker_starts_anew(workers: Workers, city: City) -> None:
    assert asks(workers, access(signed=False), AUTO) is not None
    assert asks(workers, access(), AUTO) is not None
    until(lambda: city.rows(schema.nas, name="auto", authenticator_seen=True), "it is remembered")
    workers.kill()
    workers.start()
    assert asks(workers, access(signed=False), AUTO, wait_s=0.5) is None
    assert asks(workers, access(), AUTO) is not None


def test_p18_status_server_leaves_no_trace_and_tells_nothing(workers: Workers, city: City) -> None:
    server = workers.server
    ports = ((server.authentication_port, Code.ACCESS_ACCEPT), (server.accounting_port, Code.ACCOUNTING_RESPONSE))
    tables = (schema.accounting_session, schema.ledger_entry, schema.usage_sample)
    before = [len(city.rows(table)) for table in tables]
    for port, code in ports:
        asked = codec.request(Code.STATUS_SERVER, 1, NAS_NAME, SECRET_OCTETS, os.urandom(16))
        answer = workers.ask(asked, port, source=GATEWAY)
        assert answer is not None
        assert parse(answer).code == code
        assert len(answer) == 20 + 18  # nothing but its signature
        unsigned = codec.request(Code.STATUS_SERVER, 2, NAS_NAME, SECRET_OCTETS, os.urandom(16), False)
        assert workers.ask(unsigned, port, 0.3, GATEWAY) is None
    assert [len(city.rows(table)) for table in tables] == before
    assert city.rows(schema.decision_record, username="") == []


def test_p19_interim_interval_is_never_under_a_minute(workers: Workers) -> None:
    """The plan asks for 5 to 10 s."""
    assert (accepted(workers, "budi").integer(t.ACCT_INTERIM_INTERVAL) or 0) >= 60


def test_p20_totals_are_64_bits_and_cumulative(workers: Workers, city: City) -> None:
    before, after = 2**32 - 100, 3 * 2**32 + 7
    recorded(workers, accounting(3, session("p20", 60, before, 2**32), username="besar"))
    recorded(workers, accounting(3, session("p20", 120, after, 2**33), username="besar", identifier=2))
    assert city.used("harian", "besar") == after + 2**33
    assert city.used("kecil", "besar") == after


def test_p21_report_that_leaves_the_user_out_is_counted_by_its_class(workers: Workers, city: City) -> None:
    token = attribute(t.CLASS, accepted(workers, "tanpa").get(t.CLASS) or b"")
    recorded(workers, accounting(1, attribute(t.ACCT_SESSION_ID, b"p21"), token, username="tanpa"))
    recorded(workers, accounting(3, session("p21", 60, 4000), token, username=None))
    assert city.used("harian", "tanpa") == 4000
    assert len(city.sessions("tanpa")) == 1


def test_p22_session_id_used_again_after_a_reboot_is_another_session(
    workers: Workers, city: City, rebooting: Hotspot
) -> None:
    behind = rebooting.clock
    assert isinstance(behind, Behind)
    first = rebooting.log_in("ulang")
    behind.seconds = 60
    rebooting.flow(first, 3_000_000)
    rebooting.settle()
    behind.seconds = 0
    with rebooting.locked():
        rebooting.nas.reboot(behind(), announces=False)
    second = rebooting.log_in("ulang")
    assert second.acct_session_id == first.acct_session_id
    rebooting.flow(second, 1_000_000)
    rebooting.settle()
    old, new = city.sessions("ulang")
    assert (old["counted_output"], new["counted_output"]) == (3_000_000, 1_000_000)
    assert old["ended_s"] is not None
    assert city.used("harian", "ulang") == 4_000_000


def timed(workers: Workers, username: str, password: str) -> float:
    began = time.monotonic()
    answer = asks(workers, access(username, password))
    took = time.monotonic() - began
    assert answer is not None
    assert answer.code == Code.ACCESS_REJECT
    return took


def test_p24_refusals_wait_alike_and_hold_nobody_up(workers: Workers) -> None:
    wrong = [timed(workers, "budi", "salah") for _ in range(3)]
    unknown = [timed(workers, "siapa", "salah") for _ in range(3)]
    measured(f"refusal after {min(wrong):.3f} s for a wrong password, {min(unknown):.3f} s for an unknown user")
    assert min(wrong) >= DELAY_S
    assert min(unknown) >= DELAY_S
    assert abs(min(wrong) - min(unknown)) < 0.1
    accepted(workers, "budi")
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as channel:
        channel.bind((GATEWAY, 0))
        door = ("127.0.0.1", workers.server.authentication_port)
        for number in range(20):
            channel.sendto(access("siapa", "salah", identifier=number), door)
        began = time.monotonic()
        accepted(workers, "budi")
        assert time.monotonic() - began < DELAY_S


def test_p24_stranger_costs_the_same_work(live_database: Database, keyring: Keyring) -> None:
    """argon2 by PAP, the look-up of tokens by their mark: whether the user exists cannot be told from the time."""
    slow = SlowCheck(keyring, TokenDesk(live_database, keyring))
    known = Claim(1, Credential(hashed(PASSWORD), None), "", 1)
    stranger = Claim(None, None, "", 1)
    for password in (b"salah sekali", b"nqt-salah"):
        spent = []
        for claim in (known, stranger):
            times = []
            for _ in range(5):
                began = time.thread_time()
                assert not slow.check(claim, Pap(password), 0).right
                times.append(time.thread_time() - began)
            spent.append(min(times))
        measured(f"work for {password!r}: known {spent[0] * 1000:.1f} ms, stranger {spent[1] * 1000:.1f} ms")
        assert abs(spent[0] - spent[1]) < max(spent) / 3 + 0.002


def test_p27_order_is_repeated_unchanged_and_only_the_right_answer_ends_it(
    workers: Workers, city: City, coa_socket: socket.socket
) -> None:
    here = "127.0.10.6"
    token = attribute(t.CLASS, accepted(workers, "tangan", here).get(t.CLASS) or b"")
    recorded(workers, accounting(1, attribute(t.ACCT_SESSION_ID, b"p27"), token, username="tangan"), here)
    recorded(workers, accounting(3, session("p27", 60, 2 * GB), token, username="tangan"), here)
    first, asker = coa_socket.recvfrom(4096)
    order = parse(first)
    assert order.code == Code.COA_REQUEST
    assert order.offset(t.MESSAGE_AUTHENTICATOR) == codec.HEADER_OCTETS
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as elsewhere:
        elsewhere.bind((here, 0))
        elsewhere.sendto(reply(Code.COA_ACK, order, b"", SECRET_OCTETS), asker)  # from another port
    coa_socket.sendto(reply(Code.COA_ACK, order, b"", b"not the secret"), asker)
    again, _ = coa_socket.recvfrom(4096)  # neither was believed
    assert again == first
    (row,) = city.orders("tangan")
    assert row["ended_ms"] is None
    refusal = attribute(t.ERROR_CAUSE, integer_octets(404))
    coa_socket.sendto(reply(Code.COA_NAK, order, refusal, SECRET_OCTETS), asker)
    row = until(lambda: (one := city.orders("tangan")[0])["ended_ms"] and one, "the order ends")
    assert (row["state"], row["error_cause"], row["result"]) == ("refused", 404, "Invalid-Request")


def test_p29_everything_works_over_ipv6(workers: Workers, city: City) -> None:
    def ask(datagram: bytes, port: int) -> Packet:
        with closing(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)) as channel:
            channel.settimeout(3)
            channel.sendto(datagram, (LOOPBACK_6, port))
            return parse(channel.recv(4096))

    six = attribute(t.NAS_IPV6_ADDRESS, bytes(15) + b"\1")
    answer = ask(access("enam", PASSWORD, six), workers.server.authentication_port)
    assert answer.code == Code.ACCESS_ACCEPT
    told = accounting(3, session("p29", 60, 999), six, username="enam")
    assert ask(told, workers.server.accounting_port).code == Code.ACCOUNTING_RESPONSE
    assert city.used("harian", "enam") == 999
    (row,) = city.rows(schema.gateway, nas_id=city.nas_ids["six"])
    assert row["address"] == LOOPBACK_6


def test_p29_gateway_on_ipv6_gets_its_orders(six: Hotspot, workers: Workers) -> None:
    online = six.log_in("pesan")
    since = len(six.truth.entries)
    six.flow(online, 2 * GB)
    six.told("coa_request", since)
    until(lambda: online.limits.rate == Rate(512_000, 256_000), "the session is slower")


def test_every_rule_has_a_test_of_its_name() -> None:
    """P30 (RadSec) comes later; P31 and P32 stand elsewhere."""
    tests = Path(__file__).parents[1]
    names = {name for file in tests.rglob("test_*.py") for name in re.findall(r"def test_p(\d+)_", file.read_text())}
    missing = [f"P{number}" for number in range(FIRST, LAST + 1) if str(number) not in names]
    assert not missing, f"no test named test_pN_… for {missing}"
