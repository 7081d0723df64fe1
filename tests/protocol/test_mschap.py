"""MS-CHAP by Debian's radclient and MS-CHAPv2 by our own client, against live workers on both databases."""

import shutil

import click
import pytest

from netquota.cli.radtest import radtest as command
from radius.methods import mschap
from radius.simulator.client import Question, radtest
from radius.simulator.sessions import Method
from tests.live.city import GB, MBPS, PASSWORD, SECRET, City
from tests.live.fixtures import StartWorkers
from tests.live.radclient import radclient
from tests.live.workers import Workers

VPN, UNKNOWN = "127.0.5.11", "127.0.5.12"


@pytest.fixture(scope="module")
def workers(live_city: City, start_workers: StartWorkers) -> Workers:
    live_city.nas("vpn", VPN, family="mikrotik")
    live_city.plan("staf", 10 * MBPS, 5 * MBPS)
    live_city.quota("bulanan", "staf", 50 * GB, period="month")
    live_city.employee("budi", "staf", chap=True)
    live_city.employee("nia", "staf")
    sealed = live_city.keyring.encrypt(mschap.nt_hash(PASSWORD))
    live_city.employee("dari-ad", "staf", password_hash=None, nt_hash_encrypted=sealed)
    return start_workers()


@pytest.mark.needs("freeradius-utils")
@pytest.mark.parametrize(("username", "password", "code"), [
    ("budi", PASSWORD, "Access-Accept"),
    ("dari-ad", PASSWORD, "Access-Accept"),
    ("budi", "salah sekali", "Access-Reject"),
    ("nia", PASSWORD, "Access-Reject"),  # no password of hers is kept for it
    ("tidakada", PASSWORD, "Access-Reject"),
])  # fmt: skip
def test_radclient_logs_in_by_version_1(workers: Workers, username: str, password: str, code: str) -> None:
    assert shutil.which("radclient"), "install freeradius-utils or set NETQUOTA_TESTS_WITHOUT=freeradius-utils"
    attributes = {"User-Name": username, "MS-CHAP-Password": password, "NAS-Identifier": "gw"}
    said = radclient(workers.server.authentication_port, "auth", VPN, {**attributes, "Message-Authenticator": "0x00"})
    assert said.code == code, said.output
    if code == "Access-Accept":
        assert "MS-CHAP-MPPE-Keys" in said.names
        assert said.get("Mikrotik-Rate-Limit") == "5M/10M"
    else:
        assert (said.get("MS-CHAP-Error") or "").find("E=691 R=0 C=") >= 0


@pytest.mark.parametrize("method", [Method.MSCHAP, Method.MSCHAPV2])
@pytest.mark.parametrize("username", ["budi", "DINAS\\budi", "dari-ad"])
def test_our_client_believes_the_server(workers: Workers, method: Method, username: str) -> None:
    port = workers.server.authentication_port
    answer = radtest(Question(username, PASSWORD, SECRET.encode(), "127.0.0.1", port, method, source=VPN))
    assert answer.accepted
    assert answer.proven is True
    assert answer.lines()[-1] == "The server proved that it knows the password; its keys are right"


def test_wrong_password_by_version_2_is_refused_with_words(workers: Workers) -> None:
    port = workers.server.authentication_port
    answer = radtest(Question("budi", "salah", SECRET.encode(), "127.0.0.1", port, Method.MSCHAPV2, source=VPN))
    assert answer.packet is not None
    assert not answer.accepted
    assert b"V=3 M=" in (answer.packet.vendor(311, 2) or b"")


def test_command_offers_every_method() -> None:
    (option,) = [one for one in command.params if one.name == "method"]
    assert isinstance(option.type, click.Choice)
    assert list(option.type.choices) == [method.value for method in Method]
