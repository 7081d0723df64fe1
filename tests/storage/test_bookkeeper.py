"""The worker's writer thread: what one report or one removed client breaks is theirs alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from sqlalchemy import update

from netquota.clock import FixedClock
from netquota.errors import NetquotaError
from netquota.services.class_token import ClassSigner
from netquota.services.desk_work import DeskWork
from netquota.storage import schema
from netquota.storage.database import Database
from netquota.storage.order_store import Ended, OrderState
from netquota.storage.policy_store import record_change
from radius.bookkeeper import BatchDone, Bookkeeper, EndsWritten, OrdersDue, PolicyChanged, Result
from radius.codec import Code, parse, request
from radius.engine import Accounting, Exchange
from tests.storage.books_city import MB, NOON, WIB, City, Plain

WITHIN_S = 10
Kind = TypeVar("Kind", bound=Result)


class Books:
    """A bookkeeper at work; `wait_for` gives its next result of a kind."""

    def __init__(self, city: City, clock: FixedClock) -> None:
        self.problems: list[NetquotaError] = []
        desk = DeskWork(city.database, Plain(), WIB, 128_000, self.problems.append)
        desk.worker = "w1"
        self._woken = threading.Event()
        self.thread = Bookkeeper(
            city.database, city.policy, desk, ClassSigner(bytes(32)), clock, desk.worker, self._woken.set
        )  # fmt: skip
        with city.database.read() as connection:
            self.thread.gateways.read(connection)

    def wait_for(self, kind: type[Kind]) -> Kind:
        while True:
            while self.thread.outbox:
                found = self.thread.outbox.popleft()
                if isinstance(found, kind):
                    return found
            assert self._woken.wait(WITHIN_S), f"no {kind.__name__}"
            self._woken.clear()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime.fromtimestamp(NOON, UTC))


@pytest.fixture
def books(city: City, clock: FixedClock) -> Iterator[Books]:
    at_work = Books(city, clock)
    yield at_work
    if at_work.thread.is_alive():
        at_work.thread.stop()
        at_work.thread.join(WITHIN_S)


@dataclass
class Packets:
    """Accounting-Requests as the engine hands them over."""

    city: City
    identifier: int = 0

    def of(self, who: str, octets: int = MB) -> Accounting:
        entry = self.city.entry("interim", NOON, octets, 60, who=who)
        self.identifier += 1
        packet = parse(request(Code.ACCOUNTING_REQUEST, self.identifier, b"", b"secret"))
        exchange = Exchange(entry.nas, packet, ("10.0.0.1", 1813), ("10.0.0.1", 1813, self.identifier))
        return Accounting(exchange, replace(entry.report, class_token=None))


def never_taken(city: City, who: str) -> None:
    """This person's session stands in the books already, so long ago that no report finds it: its key is taken."""
    city.count(city.entry("start", NOON - 60, who=who))
    with city.database.write() as connection:
        session = schema.accounting_session
        of_his = session.c.acct_session_id == f"of-{who}"
        connection.execute(update(session).where(of_his).values(last_arrival_s=1, ended_s=1, end_cause="stop"))


def test_a_report_that_the_database_never_takes_keeps_no_other_from_being_counted(city: City, books: Books) -> None:
    never_taken(city, "budi")
    packets = Packets(city)
    requests = [packets.of("siti"), packets.of("budi"), packets.of("wati")]
    books.thread.inbox.accounting.extend(requests)
    books.thread.start()
    done = {id(one.requests[0]): one.counted for one in (books.wait_for(BatchDone) for _ in requests)}
    assert [done[id(one)] is not None for one in requests] == [True, False, True]
    assert city.used("daily") == 2 * MB


def test_what_was_dropped_of_a_removed_client_loses_no_end_of_an_order(city: City, books: Books) -> None:
    city.count(city.entry("start", NOON))
    city.count(city.entry("interim", NOON + 60, 101 * MB, 60))
    (order,) = city.orders()
    books.thread.inbox.problems.append({(9_999, "malformed"): 1})
    books.thread.inbox.signing.append(9_999)
    books.thread.inbox.ends.append(Ended(order.id, OrderState.REFUSED, 1, NOON * 1000, NOON * 1000))
    books.thread.start()
    assert books.wait_for(EndsWritten).order_ids == [order.id]
    assert city.orders()[0].state is OrderState.REFUSED


def test_a_session_that_began_while_policy_changed_gets_what_the_change_gives(
    city: City, books: Books, clock: FixedClock
) -> None:
    """It was decided for by the policy of before, and whoever made the change did not see it yet."""
    found = Packets(city).of("siti", 0)
    books.thread.inbox.accounting.append(found)
    books.thread.start()
    assert books.wait_for(BatchDone).counted is not None
    settled = [(order.down_bps, order.up_bps) for order in city.orders()]
    with city.database.write() as connection:
        connection.execute(update(schema.plan).values(rate_down_bps=3 * MB, rate_up_bps=MB))
        record_change(connection, "plan", city.ids["plan"], NOON)
    clock.advance(1)
    books.wait_for(PolicyChanged)
    while not books.wait_for(OrdersDue).orders:
        pass
    assert [(order.down_bps, order.up_bps) for order in city.orders()] == [*settled, (3 * MB, MB)]


def test_a_gateway_is_known_once_it_is_there_to_stay(city: City, books: Books, database: Database) -> None:
    packets = Packets(city)
    found = packets.of("siti")
    unseen = replace(found.report, gateway="gw-new")
    books.thread.inbox.accounting.append(Accounting(found.exchange, unseen))
    books.thread.start()
    assert books.wait_for(BatchDone).counted is not None
    with database.read() as connection:
        stored = connection.execute(schema.gateway.select().where(schema.gateway.c.identifier == "gw-new")).one()
    known = books.thread.gateways.named(found.exchange.nas.id, "gw-new")
    assert known is not None
    assert (stored.id, stored.claim_worker) == (known.id, "w1")
