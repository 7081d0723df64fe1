"""The log-in desk: what is remembered of a password, and how long somebody waits for his figures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import update

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
from radius.bookkeeper import STANDS_STILL_S, Bookkeeper, FiguresRead, Reserved
from radius.codec import Code, parse, request
from radius.engine import Engine, Exchange, Login
from radius.login_desk import ELSEWHERE_KEPT_S, FIGURES_WAIT_S, DeskRules, LoginDesk
from radius.methods import Pap
from radius.reservations import LONGEST_WAIT_S
from tests.storage.books_city import NOON, WIB, City, found_city

OLD, NEW = "padi kuning di sawah", "perahu biru di laut"
NOW = 1000.0


class Desk:
    """A desk over the small city; `codes` are those of the answers that left."""

    def __init__(self, city: City, answered_s: float = 0.0) -> None:
        self.city, self.codes = city, list[int]()
        self.woken = threading.Event()
        keyring = Keyring([Fernet.generate_key()])
        self.memory = PasswordMemory(keyring, 10, 3600)
        engine = Engine(NasTable(city.policy.snapshot.nas_by_id.values()).find)
        signer = ClassSigner(bytes(32))
        work = DeskWork(city.database, keyring, WIB, 128_000, lambda _: None)
        clock = FixedClock(datetime.fromtimestamp(NOON, UTC), answered_s)
        self.books = books = Bookkeeper(city.database, city.policy, work, signer, clock, "w1", self.woken.set)
        # not started: it answered for the last time at `answered_s`
        self.authorizer = Authorizer(city.policy, LiveFigures(), signer)
        slow = SlowCheck(keyring, TokenDesk(city.database, keyring))
        self.desk = LoginDesk(
            engine, self.authorizer, self.memory, slow, books, DeskRules(0, "id", WIB, 1, 2), self._sent,
            self.woken.set, lambda: NOW,
        )  # fmt: skip

    def _sent(self, _: Exchange, octets: bytes) -> None:
        self.codes.append(octets[0])

    def begin(self, password: str, now_s: float = NOW, gateway: str = "gw1") -> None:
        nas = self.city.policy.snapshot.nas_by_id[self.city.ids["nas"]]
        packet = parse(request(Code.ACCESS_REQUEST, 1, b"", nas.secret, bytes(16)))
        exchange = Exchange(nas, packet, ("10.0.0.1", 1812), ("10.0.0.1", 1812, 1))
        self.desk.begin(Login(exchange, "siti", Pap(password.encode()), gateway, "mac-siti", "", ""), now_s, NOON)

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


def test_a_password_that_is_kept_elsewhere_is_remembered_for_a_minute_at_most(desk: Desk) -> None:
    """Who lost his account there is out a minute later."""
    desk.memory.remember(1, "directory", OLD.encode(), NOW, ELSEWHERE_KEPT_S)
    kept = [desk.memory.knows(1, "directory", OLD.encode(), NOW + later) for later in (59, 60)]
    assert kept == [True, False]


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


def test_figures_of_a_slow_database_are_waited_for_and_never_taken_as_nothing_used(sqlite_database: Database) -> None:
    """Load alone must not give a spent quota back; only a database that is away lets the city's policy decide."""
    desk = Desk(found_city(sqlite_database), answered_s=NOW)
    siti = desk.city.ids["siti"]
    desk.memory.remember(siti, desk.set_password(OLD), OLD.encode(), NOW)
    desk.begin(OLD, NOW)
    desk.desk.figures_due(NOW + FIGURES_WAIT_S, True, NOON)
    assert desk.codes == []
    assert desk.desk.next_due() == NOW + 2 * FIGURES_WAIT_S
    desk.desk.figures_due(NOW + STANDS_STILL_S + FIGURES_WAIT_S, True, NOON)
    assert desk.codes == [Code.ACCESS_ACCEPT]
    desk.desk.close()


def test_a_grant_of_a_slow_database_is_waited_for_while_gateways_repeat(sqlite_database: Database) -> None:
    desk = hard_quota_desk(sqlite_database, NOW)
    desk.begin(OLD, NOW)
    for waited_s in range(1, int(STANDS_STILL_S)):
        desk.desk.figures_due(NOW + waited_s, True, NOON)
    assert desk.codes == []
    desk.desk.figures_due(NOW + STANDS_STILL_S, True, NOON)
    assert desk.codes == [Code.ACCESS_ACCEPT]  # it is away: the smallest useful cap, though nothing stands behind it
    desk.desk.close()


def test_who_waits_for_a_slow_database_longer_than_gateways_repeat_gets_no_answer(sqlite_database: Database) -> None:
    desk = hard_quota_desk(sqlite_database, NOW + LONGEST_WAIT_S)
    desk.begin(OLD, NOW)
    desk.desk.figures_due(NOW + LONGEST_WAIT_S - 1, True, NOON)
    assert desk.desk.next_due() is not None
    desk.desk.figures_due(NOW + LONGEST_WAIT_S, True, NOON)
    assert desk.codes == []
    assert desk.desk.next_due() is None
    desk.desk.close()


@pytest.mark.parametrize(("is_away", "answers"), [(True, [Code.ACCESS_ACCEPT]), (False, [])])
def test_a_grant_that_others_stood_in_the_way_of_is_not_made_up(
    sqlite_database: Database, is_away: bool, answers: list[int]
) -> None:
    desk = hard_quota_desk(sqlite_database, NOW)
    desk.begin(OLD, NOW)
    desk.desk.reserved(Reserved(list(desk.books.inbox.reserving), None, is_away), True, NOON)
    assert desk.codes == answers
    desk.desk.close()


def hard_quota_desk(database: Database, answered_s: float) -> Desk:
    """A desk at which siti has a hard quota and her figures are known: her log-ins wait for a grant."""
    desk = Desk(found_city(database), answered_s)
    siti = desk.city.ids["siti"]
    desk.city.change(schema.quota, "daily", strictness="hard")
    desk.memory.remember(siti, desk.set_password(OLD), OLD.encode(), NOW)
    desk.authorizer.live.keep(siti, LivePerson())
    return desk


def test_a_log_in_at_a_gateway_too_many_is_refused_with_its_name_and_rises_an_alarm(desk: Desk) -> None:
    """What was used there would not be counted, as its reports are refused."""
    siti = desk.city.ids["siti"]
    desk.memory.remember(siti, desk.set_password(OLD), OLD.encode(), NOW)
    with desk.city.database.write() as connection:
        connection.execute(update(schema.gateway).values(last_packet_s=NOON))
    with desk.city.database.read() as connection:
        desk.books.gateways.read(connection)
    desk.begin(OLD, gateway="made-up")
    assert desk.codes == [Code.ACCESS_REJECT]
    (record,) = desk.books.inbox.records
    assert (record.accepted, record.code, record.gateway) == (False, "too_many_gateways", "made-up")
    assert "made-up" in record.reasons
    desk.begin(OLD)  # one that is known goes on
    desk.desk.figures_read(FiguresRead([siti], {siti: LivePerson()}, []), True, NOON)
    assert desk.codes == [Code.ACCESS_REJECT, Code.ACCESS_ACCEPT]
