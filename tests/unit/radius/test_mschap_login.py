"""MS-CHAP from datagram to datagram: engine, checks, decision and answer, read by the simulator's own client."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet

from netquota.clock import FixedClock
from netquota.passwords import hash_password
from netquota.secrets import Keyring
from netquota.services.authorize import Authorizer
from netquota.services.class_token import ClassSigner
from netquota.services.desk_work import DeskWork
from netquota.services.live import LiveFigures, LivePerson
from netquota.services.tokens import TokenDesk
from netquota.services.verify import PasswordMemory, SlowCheck
from netquota.storage import schema
from netquota.storage.database import Database
from netquota.storage.nas_table import NasTable
from radius import tables as t
from radius.authenticity import Port, response_fault
from radius.bookkeeper import Bookkeeper, FiguresRead
from radius.codec import Code, Packet, attribute, parse, request
from radius.engine import Engine, Exchange, Login
from radius.login_desk import DeskRules, LoginDesk
from radius.methods import mschap
from radius.simulator import packets
from radius.simulator.mschap_client import server_is_proven
from radius.simulator.sessions import Device, Method
from tests.storage.books_city import NOON, WIB, City, found_city

PASSWORD = "padi kuning di sawah"
NOW = 1000.0
BOTH = pytest.mark.parametrize("method", [Method.MSCHAP, Method.MSCHAPV2])


class Server:
    """One worker's log-in path over the small city; `answers` are the packets that left."""

    def __init__(self, city: City) -> None:
        self.city, self.answers = city, list[Packet]()
        self.woken, self.keyring = threading.Event(), Keyring([Fernet.generate_key()])
        self.nas = city.policy.snapshot.nas_by_id[city.ids["nas"]]
        self.engine = Engine(NasTable(city.policy.snapshot.nas_by_id.values()).find)
        signer = ClassSigner(bytes(32))
        work = DeskWork(city.database, self.keyring, WIB, 128_000, lambda _: None)
        clock = FixedClock(datetime.fromtimestamp(NOON, UTC))
        books = Bookkeeper(city.database, city.policy, work, signer, clock, "w1", self.woken.set)  # not started
        self.authorizer = Authorizer(city.policy, LiveFigures(), signer)
        self.tokens = TokenDesk(city.database, self.keyring)
        memory, slow = PasswordMemory(self.keyring, 10, 3600), SlowCheck(self.keyring, self.tokens)
        rules = DeskRules(0, "id", WIB, 1)
        self.desk = LoginDesk(
            self.engine, self.authorizer, memory, slow, books, rules, self._sent, self.woken.set, lambda: NOW
        )

    def _sent(self, _: Exchange, octets: bytes) -> None:
        self.answers.append(parse(octets))

    def knows(self, **credential: object) -> None:
        """What is kept of Siti's password."""
        self.city.change(schema.employee, "siti", **credential)
        self.authorizer.policy = self.city.policy

    def ask(self, method: Method, username: str = "siti", password: str = PASSWORD) -> tuple[Packet, Packet]:
        """One log-in and its answer, which is one that a gateway believes."""
        device = Device(username, password, "02:00:00:00:00:01", method)
        body = packets.text(t.USER_NAME, username) + attribute(t.NAS_IDENTIFIER, b"gw1")
        body += packets.credential(device, self.nas.secret, bytes(range(16)), bytes(range(17)))
        datagram = request(Code.ACCESS_REQUEST, 1, body, self.nas.secret, bytes(range(16)))
        source = self.nas.address.partition("/")[0]
        login = self.engine.receive(datagram, (source, 1), Port.AUTHENTICATION, NOW, NOON)
        assert isinstance(login, Login)
        self.desk.begin(login, NOW, NOON)
        assert self.woken.wait(10)
        self.desk.checked(NOW, NOON)
        siti = self.city.ids["siti"]
        self.desk.figures_read(FiguresRead([siti], {siti: LivePerson()}, []), True, NOON)
        self.desk.rejects_due(NOW + 1)
        asked, answer = parse(datagram), self.answers[-1]
        assert response_fault(answer, asked, self.nas.secret) is None
        return asked, answer


@pytest.fixture
def server(sqlite_database: Database) -> Iterator[Server]:
    at_work = Server(found_city(sqlite_database))
    at_work.knows(password_encrypted=at_work.keyring.encrypt(PASSWORD.encode()))
    yield at_work
    at_work.desk.close()


def error_of(answer: Packet) -> str:
    value = answer.vendor(*t.MS_CHAP_ERROR)
    assert value is not None
    return value[1:].decode()


@BOTH
@pytest.mark.parametrize("username", ["siti", "SITI", "DINAS\\siti"])
def test_right_password_is_accepted_and_the_server_proves_itself(server: Server, method: Method, username: str) -> None:
    asked, answer = server.ask(method, username)
    assert answer.code == Code.ACCESS_ACCEPT
    assert server_is_proven(asked, answer, PASSWORD, server.nas.secret) is True
    assert server_is_proven(asked, answer, "another password", server.nas.secret) is False
    assert answer.get(t.CLASS) is not None


@BOTH
def test_keys_do_not_open_under_another_secret(server: Server, method: Method) -> None:
    asked, answer = server.ask(method)
    assert server_is_proven(asked, answer, PASSWORD, b"another shared secret") is False


@BOTH
def test_nt_hash_of_another_directory_is_enough(server: Server, method: Method) -> None:
    server.knows(password_encrypted=None, nt_hash_encrypted=server.keyring.encrypt(mschap.nt_hash(PASSWORD)))
    asked, answer = server.ask(method)
    assert server_is_proven(asked, answer, PASSWORD, server.nas.secret) is True


def test_password_of_which_only_the_nt_hash_is_known_is_right_by_pap_too(server: Server) -> None:
    sealed = server.keyring.encrypt(mschap.nt_hash(PASSWORD))
    server.knows(password_encrypted=None, password_hash=None, nt_hash_encrypted=sealed)
    assert server.ask(Method.PAP)[1].code == Code.ACCESS_ACCEPT


def test_an_old_nt_hash_does_not_open_an_account_with_a_hash_by_pap(server: Server) -> None:
    sealed = server.keyring.encrypt(mschap.nt_hash(PASSWORD))
    server.knows(password_hash=hash_password("perahu biru di laut"), nt_hash_encrypted=sealed)
    assert server.ask(Method.PAP)[1].code == Code.ACCESS_REJECT


@BOTH
def test_one_time_token_is_taken(server: Server, method: Method) -> None:
    with server.city.database.write() as connection:
        token = server.tokens.issue(connection, server.city.ids["siti"], "", None, NOON)
    asked, answer = server.ask(method, password=token)
    assert server_is_proven(asked, answer, token, server.nas.secret) is True


@pytest.mark.parametrize(("method", "version", "digits"), [(Method.MSCHAP, 2, 16), (Method.MSCHAPV2, 3, 32)])
def test_wrong_password_is_told_with_a_fresh_challenge(
    server: Server, method: Method, version: int, digits: int
) -> None:
    asked, answer = server.ask(method, password="salah sekali")
    words = error_of(answer).split()
    assert answer.code == Code.ACCESS_REJECT
    assert words[:2] == ["E=691", "R=0"]
    assert words[3] == f"V={version}"
    assert len(bytes.fromhex(words[2].removeprefix("C="))) * 2 == digits
    offered = asked.vendor(*t.MS_CHAP_CHALLENGE)
    assert offered is not None
    assert offered.hex() not in words[2].lower()
    assert answer.get(t.REPLY_MESSAGE)


@BOTH
def test_no_password_kept_is_a_wrong_password(server: Server, method: Method) -> None:
    server.knows(password_encrypted=None, password_hash=hash_password(PASSWORD))
    assert error_of(server.ask(method)[1]).startswith("E=691 ")


@BOTH
def test_unknown_user_is_told_no_more_than_a_wrong_password(server: Server, method: Method) -> None:
    assert error_of(server.ask(method, "siapa")[1]).startswith("E=691 ")


@pytest.mark.parametrize(("status", "error"), [("suspended", "E=647"), ("left", "E=647")])
def test_refused_account_is_told_by_its_own_number(server: Server, status: str, error: str) -> None:
    server.knows(status=status)
    asked, answer = server.ask(Method.MSCHAPV2)
    assert error_of(answer).startswith(error)
    assert answer.vendor(*t.MS_MPPE_SEND_KEY) is None
    assert server_is_proven(asked, answer, PASSWORD, server.nas.secret) is None


@pytest.mark.parametrize("password", [PASSWORD, "salah sekali"])
def test_answers_to_other_methods_carry_nothing_of_ms_chap(server: Server, password: str) -> None:
    _, answer = server.ask(Method.CHAP, password=password)
    assert all(answer.vendor(*kind) is None for kind in (t.MS_CHAP_ERROR, t.MS_CHAP2_SUCCESS, t.MS_CHAP_MPPE_KEYS))
