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
from netquota.errors import NetquotaError, StorageUnavailable
from netquota.services.class_token import ClassSigner
from netquota.services.desk_work import DeskWork, Tick
from netquota.storage import schema
from netquota.storage.database import Database
from netquota.storage.order_store import Ended, OrderState
from netquota.storage.policy_store import record_change
from radius.bookkeeper import BatchDone, Bookkeeper, EndsWritten, FiguresRead, OrdersDue, PolicyChanged, Result
from radius.codec import Code, parse, request
from radius.engine import Accounting, Exchange
from tests.storage.books_city import MB, NOON, WIB, City, Plain
from tests.storage.late_checks import mend, spoil

WITHIN_S = 10
Kind = TypeVar("Kind", bound=Result)


class Books:
    """A bookkeeper at work; `wait_for` gives its next result of a kind."""

    def __init__(self, city: City, clock: FixedClock) -> None:
        self.problems: list[NetquotaError] = []
        self.clock = clock
        self.desk = desk = DeskWork(city.database, Plain(), WIB, 128_000, self.problems.append)
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


def test_figures_are_read_for_the_quotas_that_a_person_has_now(city: City, books: Books) -> None:
    """A log-in may have asked just before its quota was made, or came back with a former plan."""
    city.count(city.entry("start", NOON, who="budi"))
    city.count(city.entry("interim", NOON + 60, MB, 60, who="budi"))
    now = city.policy.snapshot.subscribers["budi"]
    books.thread.inbox.figures.append(replace(now, plan=None))
    books.thread.start()
    found = books.wait_for(FiguresRead).found
    assert found is not None
    assert [figure.used for figure in found[now.id].figures.values()] == [MB]


def test_a_database_that_failed_is_away_until_it_really_answers(
    city: City, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A turn of the thread that asks it nothing says nothing of it."""
    looks = iter([StorageUnavailable("gone"), Tick(), Tick(looked=True)])
    only_slow: list[bool] = []
    done = threading.Event()

    def look(*_: object) -> Tick:
        only_slow.append(books.thread.is_only_slow(books.clock.monotonic()))
        found = next(looks, None)
        if isinstance(found, Exception):
            raise found
        if found is None:
            done.set()
        return found or Tick()

    monkeypatch.setattr(books.desk, "look_around", look)
    books.thread.start()
    assert done.wait(WITHIN_S)
    assert only_slow[:4] == [True, False, False, True]


def test_a_client_that_names_more_gateways_than_it_may_is_refused_the_rest(
    city: City, books: Books, clock: FixedClock
) -> None:
    known = len(city.rows(schema.gateway))
    with city.database.write() as connection:
        connection.execute(update(schema.gateway).values(last_packet_s=NOON))
    books.desk.most_gateways = known + 1
    packets = Packets(city)

    def named(gateway: str) -> Accounting:
        found = packets.of("siti")
        return replace(found, report=replace(found.report, gateway=gateway, acct_session_id=f"at-{gateway}"))

    first, others = named("a-new"), [named(f"made-up-{number}") for number in range(5)]
    books.thread.inbox.accounting.extend([first, *others, packets.of("budi")])
    books.thread.start()
    refused = books.wait_for(BatchDone)
    assert (refused.counted, refused.why, len(refused.requests)) == (None, "too_many_gateways", 5)
    assert len(books.wait_for(BatchDone).requests) == 2
    assert [row.identifier for row in city.rows(schema.gateway)][known:] == ["a-new"]
    with city.database.write() as connection:  # an admin allows more: known within a minute
        books.desk.most_gateways = known + 2
        connection.execute(update(schema.gateway).values(first_packet_s=NOON))
    clock.advance(61)
    books.thread.inbox.accounting.append(named("made-up-1"))
    books.thread.put()
    assert books.wait_for(BatchDone).counted is not None


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


def test_reports_whose_commit_came_to_nothing_are_not_answered_and_counted_when_they_come_again(
    city: City, books: Books
) -> None:
    """The worker takes them for counted until it learns of it; then it reads anew."""
    packets = Packets(city)
    books.thread.start()
    answered = []
    for octets in (0, 1 * MB, 5 * MB, 5 * MB):
        if octets == 5 * MB:
            (mend if answered[-1] is False else spoil)(city.database)
        books.thread.inbox.accounting.append(packets.of("siti", octets))
        books.thread.put()
        answered.append(books.wait_for(BatchDone).counted is not None)
    assert answered == [True, True, False, True]
    assert (city.used("daily"), city.sampled(1), city.session().output_octets) == (5 * MB, 5 * MB, 5 * MB)
