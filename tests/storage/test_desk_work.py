"""Between batches a worker misses no news, sends orders only while it may, and believes what gateways answer."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import delete, update

from netquota.errors import Conflict
from netquota.secrets import Keyring
from netquota.services.desk_work import DeskWork, Heard, Tick
from netquota.storage import schema
from netquota.storage.database import Database
from netquota.storage.feed_store import Position, news, publish
from netquota.storage.gateway_store import CLAIM_S, claim, claim_orphans, held
from netquota.storage.ledger_store import page_on
from netquota.storage.order_store import Ended, NewOrder, Order, OrderKind, OrderState, write_orders
from tests.live.workers import until
from tests.storage.books_city import FULL, MB, NOON, SLOW, WIB, City

NOW_MS = NOON * 1000


class Desk:
    """Worker w1's desk; each `look` is a second later than the one before, or as much as asked for."""

    def __init__(self, city: City) -> None:
        self.city, self.now_ms = city, NOW_MS
        self.work = DeskWork(city.database, Keyring([Fernet.generate_key()]), WIB, 128_000, lambda _: None)
        self.work.worker = "w1"

    def look(self, after_s: float = 1, heard: dict[int, Heard] | None = None) -> Tick:
        self.now_ms += int(after_s * 1000)
        return self.work.look_around(self.city.policy, self.city.gateways, "w1", heard or {}, self.now_ms)

    def end(self, *ends: Ended) -> None:
        with self.city.database.write() as connection:
            self.work.after_orders(
                page_on(connection), connection, self.city.policy, self.city.gateways, ends, (), (), self.now_ms
            )


@pytest.fixture
def desk(city: City) -> Desk:
    """Siti is online at gateway 1, slowed once: the order waits."""
    city.count(city.entry("start", NOON))
    city.count(city.entry("interim", NOON + 60, 101 * MB, 60))
    at_work = Desk(city)
    at_work.look()
    return at_work


def counted_elsewhere(city: City, who: str) -> None:
    with city.database.write() as connection:
        publish(connection, "w2", json.dumps([city.ids[who]]), NOON)


def order_of(city: City) -> Order:
    return city.orders()[-1]


def ended(order: Order, state: OrderState, error_cause: int | None = None) -> Ended:
    return Ended(order.id, state, 1, NOW_MS, NOW_MS, error_cause)


def replaced(city: City, rate: tuple[int, int]) -> None:
    """A newer order of siti's session."""
    row = city.session()
    with city.database.write() as connection:
        new = NewOrder(row.id, row.gateway_id, row.employee_id, OrderKind.COA, *rate, "{}", "plan_rate", "[]")
        assert write_orders(connection, [new], NOW_MS)


# -- news ------------------------------------------------------------------------------------------------------------


def test_news_read_in_a_look_that_came_to_nothing_is_read_again(desk: Desk) -> None:
    """Else a pool that another worker saw spent stays whole here."""
    counted_elsewhere(desk.city, "wati")
    with pytest.raises(Conflict):
        desk.look(6, {desk.city.ids["gw1"]: Heard(2**70, None, "10.0.0.1")})
    assert desk.look().forget == [desk.city.ids["wati"]]
    assert desk.look().forget == []


def test_who_was_away_for_longer_than_news_is_kept_forgets_all_he_knew(desk: Desk) -> None:
    counted_elsewhere(desk.city, "wati")
    with desk.city.database.write() as connection:
        connection.execute(delete(schema.live_change))
    assert desk.look(61).forget_all
    assert not desk.look().forget_all


def test_other_workers_hear_of_a_session_that_was_gone_at_its_gateway(desk: Desk) -> None:
    """Else it holds a device's place with them until it is stale."""
    with desk.city.database.read() as connection:
        _, position = news(connection, "w2", Position())
    desk.end(ended(order_of(desk.city), OrderState.REFUSED, 503))
    with desk.city.database.read() as connection:
        told, _ = news(connection, "w2", position)
    assert [json.loads(payload) for payload in told] == [[desk.city.ids["siti"]]]


# -- answers ---------------------------------------------------------------------------------------------------------


def test_a_change_and_the_taking_of_answers_wait_for_each_other_and_are_both_whole(desk: Desk) -> None:
    """Each needs the session and its order; taken in two ways round, PostgreSQL would undo one of them."""
    order, row, database = order_of(desk.city), desk.city.session(), desk.city.database
    new = NewOrder(row.id, row.gateway_id, row.employee_id, OrderKind.COA, *FULL, "{}", "plan_rate", "[]")
    with ThreadPoolExecutor() as pool:
        with database.write() as connection:
            page_on(connection).sessions_by_id([row.id])
            answers = pool.submit(desk.end, ended(order, OrderState.ACKNOWLEDGED))
            if database.kind == "postgresql":
                until(lambda: is_waiting(database), "the answers wait for the change")
            assert write_orders(connection, [new], NOW_MS) == [row.id]
        answers.result(10)
    assert [one.state for one in desk.city.orders()] == [OrderState.SUPERSEDED, OrderState.PENDING]
    assert desk.city.session().applied_down_bps == order.down_bps  # the gateway has it all the same


def is_waiting(database: Database) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with database.read() as connection:
        return bool(connection.exec_driver_sql(waiting).scalar_one())


def test_limits_taken_by_a_gateway_count_also_where_their_order_was_replaced_meanwhile(desk: Desk) -> None:
    """The first is acknowledged, the one that takes it back is refused: what the gateway has is the first's."""
    first = order_of(desk.city)
    replaced(desk.city, FULL)
    second = order_of(desk.city)
    desk.end(ended(first, OrderState.ACKNOWLEDGED))
    desk.end(ended(second, OrderState.REFUSED, 404))
    row = desk.city.session()
    assert (row.applied_down_bps, row.applied_up_bps) == SLOW
    states = [order.state for order in desk.city.orders()]
    assert states == [OrderState.SUPERSEDED, OrderState.REFUSED]


# -- who sends -------------------------------------------------------------------------------------------------------


def holder(city: City) -> set[int]:
    with city.database.read() as connection:
        return held(connection, "w1")


def test_a_gateway_with_orders_under_way_is_held_until_they_end(desk: Desk) -> None:
    """It may be silent, which is when the orders take longest; a second worker would send them again."""
    assert [order.id for order in desk.look().orders] == [order_of(desk.city).id]
    for _ in range(4):
        desk.look(CLAIM_S - 4)
        with desk.city.database.write() as connection:
            claim_orphans(connection, "w2", desk.now_ms // 1000)
    assert desk.city.ids["gw1"] in holder(desk.city)
    desk.end(ended(order_of(desk.city), OrderState.GIVEN_UP))
    desk.look(CLAIM_S + 1)
    with desk.city.database.write() as connection:
        claim_orphans(connection, "w2", desk.now_ms // 1000 + CLAIM_S)
    assert holder(desk.city) == set()


def test_orders_under_way_are_left_to_whoever_took_the_gateway_over(desk: Desk) -> None:
    desk.look()
    with desk.city.database.write() as connection:
        claim(connection, [desk.city.ids["gw1"]], "w2", desk.now_ms // 1000 + CLAIM_S + 6)
    assert desk.look(CLAIM_S + 6).lost == [desk.city.ids["gw1"]]
    assert desk.look(CLAIM_S + 1).lost == []


def test_claims_of_a_clock_that_was_set_back_bind_nobody(city: City) -> None:
    with city.database.write() as connection:
        claim(connection, [city.ids["gw1"]], "dead", NOON + 3600)
        claim_orphans(connection, "w1", NOON)
    assert city.ids["gw1"] in holder(city)


def test_an_order_that_failed_in_a_future_taken_back_is_written_again(city: City) -> None:
    city.count(city.entry("start", NOON))
    city.count(city.entry("interim", NOON + 60, 101 * MB, 60))
    with city.database.write() as connection:
        last = schema.enforcement
        connection.execute(update(last).values(state="refused", ended_ms=(NOON + 3600) * 1000))
        row = city.session()
        again = NewOrder(row.id, row.gateway_id, row.employee_id, OrderKind.COA, *SLOW, "{}", "quota_throttled", "[]")
        assert write_orders(connection, [again], (NOON + 120) * 1000) == [row.id]
