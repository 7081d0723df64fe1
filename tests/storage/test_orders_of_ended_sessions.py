"""An order ends with its session, in the transaction that counts the Stop; a young Disconnect waits for its answer."""

from __future__ import annotations

from netquota.storage.order_store import (
    ANSWERS_WITHIN_MS,
    Ended,
    OrderState,
    end_orders,
    end_orders_of_ended,
    ended_with_orders,
)
from tests.storage.books_city import MB, NOON, City

STOP_S = 61  # a second after the report that spends


def spent_and_stopped(city: City, who: str, octets: int) -> None:
    """A session whose second report spends a quota, and whose Stop comes before the order's answer."""
    city.count(city.entry("start", NOON, who=who))
    city.count(city.entry("interim", NOON + 60, octets, 60, who=who))
    city.count(city.entry("stop", NOON + STOP_S, octets, STOP_S, who=who))


def test_the_stop_ends_the_orders_of_its_session(city: City) -> None:
    spent_and_stopped(city, "siti", 101 * MB)
    (order,) = city.orders()
    assert (order.state, order.result) == (OrderState.SUPERSEDED, "the session ended")
    assert order.ended_ms is not None
    with city.database.write() as connection:  # the answer comes late: an order has one end
        assert end_orders(connection, [Ended(order.id, OrderState.ACKNOWLEDGED, 1, 1, 2)]) == []


def test_a_disconnect_whose_stop_overtakes_its_answer_keeps_the_answer(city: City) -> None:
    spent_and_stopped(city, "budi", 1000 * MB)
    (order,) = city.orders()
    assert order.state is OrderState.PENDING
    with city.database.write() as connection:
        assert end_orders(connection, [Ended(order.id, OrderState.ACKNOWLEDGED, 1, 1, 2)]) == [order.id]
        assert ended_with_orders(connection) == []


def test_a_disconnect_that_nobody_answers_ends_with_its_session_in_the_end(city: City) -> None:
    spent_and_stopped(city, "budi", 1000 * MB)
    (order,) = city.orders()
    with city.database.write() as connection:
        left = ended_with_orders(connection)
        assert left == [order.session_id]
        assert end_orders_of_ended(connection, left, order.created_ms + ANSWERS_WITHIN_MS - 1) == 0
        assert end_orders_of_ended(connection, left, order.created_ms + ANSWERS_WITHIN_MS) == 1
    assert city.orders()[0].state is OrderState.SUPERSEDED
