"""The log-in desk: what is remembered of a password, and how long somebody waits for his figures."""

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
from radius.bookkeeper import Bookkeeper, FiguresRead
from radius.codec import Code, parse, request
from radius.engine import Engine, Exchange, Login
from radius.login_desk import FIGURES_WAIT_S, DeskRules, LoginDesk
from radius.methods import Pap
from tests.storage.books_city import NOON, WIB, City, found_city

OLD, NEW = "padi kuning di sawah", "perahu biru di laut"
NOW = 1000.0


class Desk:
    """A desk over the small city; `codes` are those of the answers that left."""

    def __init__(self, city: City) -> None:
        self.city, self.codes = city, list[int]()
        self.woken = threading.Event()
        keyring = Keyring([Fernet.generate_key()])
        self.memory = PasswordMemory(keyring, 10, 3600)
        engine = Engine(NasTable(city.policy.snapshot.nas_by_id.values()).find)
        signer = ClassSigner(bytes(32))
        work = DeskWork(city.database, keyring, WIB, 128_000, lambda _: None)
        clock = FixedClock(datetime.fromtimestamp(NOON, UTC))
        books = Bookkeeper(city.database, city.policy, work, signer, clock, "w1", self.woken.set)  # not started
        self.authorizer = Authorizer(city.policy, LiveFigures(), signer)
        slow = SlowCheck(keyring, TokenDesk(city.database, keyring))
        self.desk = LoginDesk(
            engine, self.authorizer, self.memory, slow, books, DeskRules(0, "id", WIB, 1), self._sent, self.woken.set
        )

    def _sent(self, _: Exchange, octets: bytes) -> None:
        self.codes.append(octets[0])

    def begin(self, password: str, now_s: float = NOW) -> None:
        nas = self.city.policy.snapshot.nas_by_id[self.city.ids["nas"]]
        packet = parse(request(Code.ACCESS_REQUEST, 1, b"", nas.secret, bytes(16)))
        exchange = Exchange(nas, packet, ("10.0.0.1", 1812), ("10.0.0.1", 1812, 1))
        self.desk.begin(Login(exchange, "siti", Pap(password.encode()), "gw1", "mac-siti", "", ""), now_s, NOON)

    def set_password(self, password: str) -> str:
        """The new password is in force, as after a change of policy; its hash."""
        hashed = hash_password(password)
        self.city.change(schema.employee, "siti", password_hash=hashed)
        self.authorizer.policy = self.city.policy
        return hashed


@pytest.fixture
def desk(sqlite_database: Database) -> Iterator[Desk]:
    at_work = Desk(found_city(sqlite_database))
    yield at_work
    at_work.desk.close()


def test_a_password_that_was_changed_while_it_was_checked_is_not_remembered_as_the_new_one(desk: Desk) -> None:
    """Else the old one would open the account for an hour after its owner changed it."""
    desk.set_password(OLD)
    desk.begin(OLD)
    assert desk.woken.wait(10)
    changed = desk.set_password(NEW)
    desk.desk.checked(NOW, NOON)
    siti = desk.city.ids["siti"]
    assert not desk.memory.knows(siti, changed, OLD.encode(), NOW)


def test_a_password_that_was_right_is_remembered(desk: Desk) -> None:
    hashed = desk.set_password(OLD)
    desk.begin(OLD)
    assert desk.woken.wait(10)
    desk.desk.checked(NOW, NOON)
    assert desk.memory.knows(desk.city.ids["siti"], hashed, OLD.encode(), NOW)


def test_who_waits_for_figures_has_his_full_time_though_somebody_waited_before(desk: Desk) -> None:
    """Else he would be let in as if nothing were used, a moment before the figures come that say otherwise."""
    siti = desk.city.ids["siti"]
    desk.memory.remember(siti, desk.set_password(OLD), OLD.encode(), NOW)
    desk.begin(OLD, NOW)
    desk.desk.figures_read(FiguresRead([siti], {siti: LivePerson()}, []), True, NOON)
    assert desk.codes == [Code.ACCESS_ACCEPT]
    desk.authorizer.live.forget([siti])
    later = NOW + 0.9 * FIGURES_WAIT_S
    desk.begin(OLD, later)
    desk.desk.figures_due(NOW + FIGURES_WAIT_S, True, NOON)
    assert desk.codes == [Code.ACCESS_ACCEPT]
    assert desk.desk.next_due() == later + FIGURES_WAIT_S
    desk.desk.figures_due(later + FIGURES_WAIT_S, True, NOON)
    assert desk.codes == [Code.ACCESS_ACCEPT] * 2
