"""Interfaces read from a real agent, Debian's snmpd: v2c and v3, wrong keys, silent gateways beside it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from netquota import pinger, snmp
from netquota.clock import SystemClock
from netquota.services.interfaces import Answer, Asked
from netquota.storage.interface_store import SnmpAccess
from tests.live.snmp_agent import AUTH_KEY, COMMUNITY, PRIVACY_KEY, USER, Agent, snmpd
from tests.live.workers import free_port

pytestmark = pytest.mark.needs("snmpd")


class Open:
    """Secrets that nobody sealed."""

    def decrypt(self, token: bytes) -> bytes:
        return token


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    with snmpd(tmp_path_factory.mktemp("snmpd")) as made:
        yield made


def v2c(port: int, nas_id: int = 1, community: str = COMMUNITY) -> SnmpAccess:
    return SnmpAccess(nas_id, f"gw{nas_id}", "127.0.0.1", port, "2c", community_encrypted=community.encode())


def v3(port: int, nas_id: int = 2, auth_key: str = AUTH_KEY, auth: str = "sha", privacy: str = "aes") -> SnmpAccess:
    keys = auth_key.encode(), PRIVACY_KEY.encode()
    return SnmpAccess(nas_id, f"gw{nas_id}", "127.0.0.1", port, "3", USER, auth, privacy, None, *keys)


def ask(*accesses: SnmpAccess, names: tuple[str, ...] = ("lo",), known: dict[str, int] | None = None) -> list[Answer]:
    asked = [Asked(access, names, known or {}) for access in accesses]
    found = snmp.read(asked, Open(), SystemClock(), threading.Event())
    return [found[access.nas_id] for access in accesses]


@pytest.mark.parametrize("access", [v2c, v3])
def test_the_kernels_own_counters_are_read(agent: Agent, access: object) -> None:
    before = agent.octets("lo")
    (answer,) = ask(access(agent.port))  # type: ignore[operator]
    after = agent.octets("lo")
    found = answer.interfaces["lo"]
    assert (answer.problem, found.bits) == ("", 64)
    # snmpd looks at the kernel anew after some seconds, so what it says may be a little older
    assert found.input <= after[0]
    assert found.output <= after[1]
    assert found.input > before[0] - 50 * 10**6
    assert answer.up_ticks is not None


def test_a_name_that_is_elsewhere_by_now_is_found_again_and_one_that_is_nowhere_left_out(agent: Agent) -> None:
    (answer,) = ask(v2c(agent.port), names=("lo", "nope"), known={"lo": 9_999})
    assert list(answer.interfaces) == ["lo"]
    assert answer.interfaces["lo"].if_index == 1
    (again,) = ask(v2c(agent.port), known={"lo": 1})
    assert again.interfaces["lo"].if_index == 1


def test_users_of_one_name_and_other_passwords_do_not_disturb_each_other(agent: Agent) -> None:
    right, wrong, silent, fresh = ask(
        v3(agent.port), v3(agent.port, 3, auth_key="kunci-yang-salah"), v2c(agent.port, 4, "salah"), v2c(agent.port, 5)
    )
    assert right.interfaces["lo"].bits == 64
    assert "not the gateway's" in wrong.problem
    assert "takes no questions from here" in silent.problem
    assert fresh.problem == ""


def test_silent_gateways_hold_up_nobody(agent: Agent) -> None:
    silent = [v2c(free_port(), number) for number in range(10, 60)]
    began = time.monotonic()
    answers = ask(*silent, v2c(agent.port))
    took_s = time.monotonic() - began
    assert answers[-1].interfaces["lo"].bits == 64
    assert all(answer.problem for answer in answers[:-1])
    waves = -(-51 // snmp.AT_ONCE)
    assert took_s < waves * snmp.TIMEOUT_S * (snmp.RETRIES + 1) + 8


def test_a_process_that_ends_waits_for_nobody() -> None:
    stopping = threading.Event()
    threading.Timer(0.3, stopping.set).start()
    began = time.monotonic()
    assert snmp.read([Asked(v2c(free_port()), ("lo",), {})], Open(), SystemClock(), stopping) == {}
    assert time.monotonic() - began < snmp.TIMEOUT_S


def test_a_network_is_no_address_to_ask(agent: Agent) -> None:
    (answer,) = ask(replace(v2c(agent.port), address="10.0.0.0/24"))
    assert "snmp_address" in answer.problem


@pytest.mark.needs("iputils-ping")
def test_what_answers_ping_is_timed_and_what_is_no_address_never_asked() -> None:
    found = pinger.ping(["127.0.0.1", "-c 1 127.0.0.1"])
    assert list(found) == ["127.0.0.1"]
    echo = found["127.0.0.1"]
    assert (echo.sent, echo.received) == (pinger.ASKED, pinger.ASKED)
    assert echo.round_trip_us is not None
    assert echo.longest_us is not None
    assert 0 <= echo.round_trip_us <= echo.longest_us


@pytest.mark.parametrize(
    ("said", "echo"),
    [
        ("5 packets transmitted, 5 received, 0% packet loss\nrtt min/avg/max/mdev = 0.021/0.034/0.050/0.01 ms",
         (5, 5, 34, 50)),
        ("5 packets transmitted, 0 received, +2 errors, 100% packet loss", (5, 0, None, None)),
        ("3 packets transmitted, 2 packets received, 33% packet loss\nround-trip min/avg/max = 1.0/2.5/4.0 ms",
         (3, 2, 2500, 4000)),
    ],
)  # fmt: skip
def test_summaries_of_ping_are_read(said: str, echo: tuple[int, int, int | None, int | None]) -> None:
    found = pinger.echo_of(said)
    assert found is not None
    assert (found.sent, found.received, found.round_trip_us, found.longest_us) == echo


def test_no_summary_is_no_answer() -> None:
    assert pinger.echo_of("ping: connect: Network is unreachable") is None
