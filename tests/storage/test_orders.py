"""Orders say a thing once, have one end each, and are sent by whoever holds the gateway; the feed loses nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text, update

from netquota.domain.counters import Kind
from netquota.domain.places import Ability
from netquota.domain.policy import Code
from netquota.services.enforce import Reconciled, disconnect_sessions, reconcile
from netquota.storage import gateway_store
from netquota.storage.database import Connection, Database
from netquota.storage.feed_store import KEPT_S, Position, news, publish, trim
from netquota.storage.ledger_store import Books
from netquota.storage.order_store import (
    RETRY_AFTER_MS,
    SETTLES_AFTER_MS,
    Ended,
    NewOrder,
    OrderKind,
    OrderState,
    due_orders,
    end_orders,
    end_orders_of_ended,
    ended_with_orders,
    mark_sent,
    order_counts,
    orders_of,
    write_orders,
)
from netquota.storage.schema import accounting_session, gateway, live_change, plan
from tests.storage.books_city import FULL, MB, NOON, SLOW, City

NOW_MS = NOON * 1000
HALF = (5 * MB, MB)


def coa(city: City, rate: tuple[int, int] = SLOW) -> NewOrder:
    row = city.session()
    return NewOrder(row.id, row.gateway_id, row.employee_id, OrderKind.COA, *rate, "{}", Code.QUOTA_THROTTLED, "[]")


def disconnect(city: City) -> NewOrder:
    return replace(coa(city), kind=OrderKind.DISCONNECT, down_bps=None, up_bps=None)


def write(city: City, *orders: NewOrder, at_ms: int = NOW_MS) -> list[int]:
    with city.database.write() as connection:
        return write_orders(connection, orders, at_ms)


def finish(city: City, order_id: int, state: OrderState, at_ms: int = NOW_MS) -> list[int]:
    with city.database.write() as connection:
        return end_orders(connection, [Ended(order_id, state, 1, at_ms, at_ms)])


def states(city: City) -> list[OrderState]:
    return [order.state for order in city.orders()]


@pytest.fixture
def online(city: City) -> City:
    """Siti is online at gateway 1."""
    city.count(city.entry("start", NOON))
    return city


# -- what is written -----------------------------------------------------------------------------------------------


def test_a_newer_order_supersedes_the_older_open_one(online: City) -> None:
    assert len(write(online, coa(online))) == 1
    assert len(write(online, coa(online, HALF), at_ms=NOW_MS + 5)) == 1
    first, second = online.orders()
    assert (first.state, first.ended_ms) == (OrderState.SUPERSEDED, NOW_MS + 5)
    assert (second.state, second.down_bps, second.created_ms) == (OrderState.PENDING, HALF[0], NOW_MS + 5)


@pytest.mark.parametrize(
    ("state", "until_ms"),
    [
        (None, None),  # while it is open
        (OrderState.ACKNOWLEDGED, SETTLES_AFTER_MS),
        (OrderState.REFUSED, RETRY_AFTER_MS),
        (OrderState.GIVEN_UP, RETRY_AFTER_MS),
        (OrderState.SUPERSEDED, 0),
    ],
)
@pytest.mark.parametrize("make", [coa, disconnect])
def test_an_order_is_not_repeated_before_its_time(
    online: City, make: Callable[[City], NewOrder], state: OrderState | None, until_ms: int | None
) -> None:
    write(online, make(online))
    if state is not None:
        finish(online, online.orders()[0].id, state)
    if until_ms != 0:
        assert write(online, make(online), at_ms=NOW_MS + (until_ms or 10**9) - 1) == []
    if until_ms is not None:
        assert len(write(online, make(online), at_ms=NOW_MS + until_ms)) == 1


def test_another_rate_is_written_at_once_whatever_became_of_the_last(online: City) -> None:
    write(online, coa(online))
    finish(online, online.orders()[0].id, OrderState.REFUSED)
    assert len(write(online, coa(online, HALF), at_ms=NOW_MS + 1)) == 1
    assert len(write(online, coa(online), at_ms=NOW_MS + 2)) == 1


def test_a_disconnect_replaces_a_rate_and_nothing_replaces_a_disconnect(online: City) -> None:
    write(online, coa(online))
    assert len(write(online, disconnect(online))) == 1
    assert write(online, coa(online, HALF)) == []
    assert states(online) == [OrderState.SUPERSEDED, OrderState.PENDING]


def test_orders_of_sessions_that_ended_are_closed_but_a_young_disconnect_awaits_its_answer(online: City) -> None:
    online.count(online.entry("start", NOON, who="budi"))
    write(online, coa(online))
    with online.database.write() as connection:
        connection.execute(update(accounting_session).values(ended_s=NOON + 5))
        assert ended_with_orders(connection) == [online.session().id]
        assert end_orders_of_ended(connection, ended_with_orders(connection), NOW_MS) == 1
    write(online, disconnect(online))
    with online.database.write() as connection:
        assert end_orders_of_ended(connection, [online.session().id], NOW_MS + 1000) == 0
        assert end_orders_of_ended(connection, [online.session().id], NOW_MS + 100_000) == 1
    assert states(online) == [OrderState.SUPERSEDED] * 2


# -- how it ends ---------------------------------------------------------------------------------------------------


def test_an_order_has_exactly_one_end(online: City) -> None:
    write(online, coa(online))
    (order,) = online.orders()
    assert finish(online, order.id, OrderState.ACKNOWLEDGED) == [order.id]
    assert finish(online, order.id, OrderState.GIVEN_UP, NOW_MS + 9) == []
    (order,) = online.orders()
    assert (order.state, order.ended_ms, order.attempts) == (OrderState.ACKNOWLEDGED, NOW_MS, 1)


def test_what_is_sent_is_noted_once_and_counted_by_state(online: City) -> None:
    write(online, coa(online))
    (order,) = online.orders()
    with online.database.write() as connection:
        mark_sent(connection, [(order.id, NOW_MS + 1)])
        mark_sent(connection, [(order.id, NOW_MS + 2)])
        assert order_counts(connection, NOW_MS) == {"sent": 1}
        (found,) = orders_of(connection, [order.id])
    assert (found.state, found.sent_ms) == (OrderState.SENT, NOW_MS + 1)
    finish(online, order.id, OrderState.REFUSED, NOW_MS + 3)
    with online.database.read() as connection:
        assert order_counts(connection, NOW_MS) == {"refused": 1}
        assert order_counts(connection, NOW_MS + 4) == {}


# -- who sends -----------------------------------------------------------------------------------------------------


def due(city: City, worker: str, now_s: int) -> list[int]:
    with city.database.read() as connection:
        return [order.session_id for order in due_orders(connection, worker, now_s * 1000)]


def claim(city: City, worker: str, now_s: int, gateways: tuple[str, ...] = ("gw1",)) -> None:
    with city.database.write() as connection:
        gateway_store.claim(connection, [city.ids[name] for name in gateways], worker, now_s)


def fence(city: City) -> int:
    return next(row.claim_fence for row in city.rows(gateway) if row.identifier == "gw1")


def test_only_the_holder_of_a_gateway_gets_its_orders(online: City) -> None:
    write(online, coa(online))
    session_id = online.session().id
    assert due(online, "w1", NOON) == []
    claim(online, "w1", NOON)
    claim(online, "w2", NOON + 1)  # the gateway's next packet came to another worker: the claim stands
    assert (due(online, "w1", NOON + 1), due(online, "w2", NOON + 1)) == ([session_id], [])
    assert fence(online) == 1


def test_a_claim_that_ran_out_is_taken_over_under_the_next_fence(online: City) -> None:
    write(online, coa(online))
    claim(online, "w1", NOON)
    claim(online, "w1", NOON + gateway_store.CLAIM_S - 1)  # its own is prolonged, without a new fence
    late = NOON + 2 * gateway_store.CLAIM_S - 1
    assert due(online, "w1", late) == []
    claim(online, "w2", late)
    assert due(online, "w2", late) == [online.session().id]
    claim(online, "w1", late + 1)  # it stood still meanwhile, and has lost it
    assert (due(online, "w1", late + 1), fence(online)) == ([], 2)


def test_orphans_are_adopted_and_a_stopping_worker_leaves_none(online: City) -> None:
    write(online, coa(online))
    claim(online, "w1", NOON, ("gw1", "gw2"))
    with online.database.write() as connection:
        gateway_store.claim_orphans(connection, "w2", NOON + 1)
    assert due(online, "w2", NOON + 1) == []
    with online.database.write() as connection:
        gateway_store.release(connection, "w1")
        gateway_store.claim_orphans(connection, "w2", NOON + 2)
    assert (due(online, "w1", NOON + 2), due(online, "w2", NOON + 2)) == ([], [online.session().id])


def test_what_is_heard_makes_and_claims_a_gateway(city: City) -> None:
    with city.database.write() as connection:
        gateway_store.ensure_gateways(connection, {(city.ids["nas"], "gw9"): "10.0.0.9"}, NOON)
        gateway_store.ensure_gateways(connection, {(city.ids["nas"], "gw9"): "10.0.0.8"}, NOON + 1)
        found = next(row for row in gateway_store.gateways(connection) if row.identifier == "gw9")
        assert (found.nas, found.address, found.coa_rate_works) == ("gw", "10.0.0.9", Ability.LEARN)
        gateway_store.heard(connection, {found.id: (NOON + 5, None, "10.0.0.7")}, "w1", NOON + 5)
        found = next(row for row in gateway_store.gateways(connection) if row.identifier == "gw9")
    assert (found.address, found.last_packet_s, found.last_accounting_s) == ("10.0.0.7", NOON + 5, None)
    assert (found.claim_worker, found.unanswered) == ("w1", 0)


def test_problems_add_up_by_cause(city: City) -> None:
    nas = city.ids["nas"]
    with city.database.write() as connection:
        gateway_store.add_problems(connection, {(nas, "malformed"): 2, (nas, "secret"): 1}, NOON)
        gateway_store.add_problems(connection, {(nas, "malformed"): 3}, NOON + 9)
        assert gateway_store.problems(connection, nas) == [("malformed", 5, NOON + 9), ("secret", 1, NOON)]


# -- reconcile -----------------------------------------------------------------------------------------------------


def look(city: City, now_s: int) -> Reconciled:
    """Reconcile everybody's open sessions."""
    with Books(city.database).page() as (page, connection):
        rows = page.open_sessions_of(sorted(city.policy.snapshot.subscriber_by_id))
        return reconcile(page, connection, city.policy, city.gateways, rows, now_s * 1000)


def acknowledge(city: City, at_s: int) -> None:
    """The gateway takes every open order."""
    with city.database.write() as connection:
        for order in city.orders(state=OrderState.PENDING):
            end_orders(connection, [Ended(order.id, OrderState.ACKNOWLEDGED, 1, at_s * 1000, at_s * 1000)])
            connection.execute(
                update(accounting_session)
                .where(accounting_session.c.id == order.session_id)
                .values(applied_down_bps=order.down_bps, applied_up_bps=order.up_bps)
            )


def test_reconcile_run_twice_changes_nothing(online: City) -> None:
    assert look(online, NOON) == Reconciled(1, ())
    online.change(plan, "plan", rate_down_bps=HALF[0], rate_up_bps=HALF[1])
    assert look(online, NOON + 1) == Reconciled(1, (online.session().id,))
    assert look(online, NOON + 2) == Reconciled(1, ())
    acknowledge(online, NOON + 3)
    assert look(online, NOON + 4) == Reconciled(1, ())
    assert [(order.down_bps, order.code) for order in online.orders()] == [(HALF[0], Code.PLAN_RATE)]


def test_a_roll_over_restores_the_full_rate_by_a_new_order(online: City) -> None:
    online.count(online.entry("interim", NOON + 60, 100 * MB, 60))
    acknowledge(online, NOON + 61)
    midnight = NOON + 12 * 3600
    assert look(online, midnight - 1).ordered == ()
    assert look(online, midnight).ordered == (online.session().id,)
    assert [(order.down_bps, order.code) for order in online.orders()] == [
        (SLOW[0], Code.QUOTA_THROTTLED),
        (FULL[0], Code.PLAN_RATE),
    ]


def test_an_order_under_way_that_is_no_longer_wanted_is_replaced(online: City) -> None:
    """The quota was raised before the gateway took the throttle: it must not take it afterwards."""
    online.count(online.entry("interim", NOON + 60, 100 * MB, 60))
    with online.database.write() as connection:
        connection.execute(text("UPDATE ledger_entry SET granted = 1000000000"))
    assert look(online, NOON + 61).ordered == (online.session().id,)
    assert [(order.state, order.down_bps) for order in online.orders()] == [
        (OrderState.SUPERSEDED, SLOW[0]),
        (OrderState.PENDING, FULL[0]),
    ]
    assert look(online, NOON + 62).ordered == ()


def test_a_session_that_is_to_end_is_left_to_its_end(online: City) -> None:
    with Books(online.database).page() as (page, connection):
        rows = page.open_sessions_of([online.ids["siti"]])
        assert disconnect_sessions(connection, rows, Code.SUSPENDED, "[]", NOW_MS) == [rows[0].id]
    online.change(plan, "plan", rate_down_bps=HALF[0], rate_up_bps=HALF[1])
    assert look(online, NOON + 1).ordered == ()
    assert [order.kind for order in online.orders()] == [OrderKind.DISCONNECT]


def test_where_no_rate_can_be_pushed_a_lower_one_ends_the_session_and_a_higher_one_waits(online: City) -> None:
    with online.database.write() as connection:
        connection.execute(update(gateway).values(coa_rate_works=Ability.NO))
    online.change(plan, "plan", rate_down_bps=2 * FULL[0], rate_up_bps=FULL[1])
    assert look(online, NOON).ordered == ()
    online.change(plan, "plan", rate_down_bps=HALF[0], rate_up_bps=FULL[1])
    assert look(online, NOON + 1).ordered == (online.session().id,)
    assert [(order.kind, order.code) for order in online.orders()] == [(OrderKind.DISCONNECT, Code.PLAN_RATE)]


# -- two writers ---------------------------------------------------------------------------------------------------


def _until_blocked(database: Database, future: Future[Any]) -> None:
    """Wait until the other writer waits for us (on SQLite every writer does)."""
    deadline = time.monotonic() + 10
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    while database.kind == "postgresql" and time.monotonic() < deadline and not future.done():
        with database.read() as connection:
            if connection.execute(waiting).scalar_one():
                return


def _while_in_hand(database: Database, first: Callable[[Connection], None], second: Callable[[], Any]) -> Any:
    """Run `second` in another thread while the transaction of `first` is under way; its result."""
    begun = threading.Event()

    def late() -> Any:
        begun.wait(10)
        return second()

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(late)
        with database.write() as connection:
            first(connection)
            begun.set()
            _until_blocked(database, future)
        return future.result(30)


def test_two_who_see_the_same_difference_write_one_order(online: City) -> None:
    order = coa(online)
    second = _while_in_hand(
        online.database,
        lambda connection: _expect(write_orders(connection, [order], NOW_MS), [order.session_id]),
        lambda: write(online, order),
    )
    assert second == []
    assert states(online) == [OrderState.PENDING]


def test_a_session_that_another_worker_adds_meanwhile_is_found(online: City) -> None:
    """The same id after a reboot, told to both with a second's difference: no key in the database would catch it."""
    online.count(online.entry("interim", NOON + 100, MB, 100))
    begun_s = NOON + 640
    with ThreadPoolExecutor(1) as pool:
        with Books(online.database).page() as (page, _):
            (held,) = page.sessions_of([(online.ids["gw1"], "of-siti")], 0)
            future = pool.submit(online.count, online.entry("interim", begun_s + 60, 5 * MB, 61))
            _until_blocked(online.database, future)
            again = replace(
                held,
                id=0,
                incarnation_s=begun_s,
                started_s=begun_s,
                last_event_s=begun_s + 60,
                session_time_s=60,
                output_octets=5 * MB,
            )
            page.insert_sessions([again])
        assert future.result(30).kinds == [Kind.GREW]
    assert len(online.rows(accounting_session)) == 2


def _expect(found: object, wanted: object) -> None:
    assert found == wanted


# -- feed ----------------------------------------------------------------------------------------------------------


def read(database: Database, since: Position, worker: str = "me") -> tuple[list[str], Position]:
    with database.read() as connection:
        return news(connection, worker, since)


def say(database: Database, payload: str, worker: str = "other", at_s: int = NOON) -> None:
    with database.write() as connection:
        publish(connection, worker, payload, at_s)


def test_who_starts_has_nothing_to_forget_and_hears_others_from_then_on(database: Database) -> None:
    say(database, "before")
    found, at = read(database, Position())
    assert found == []
    say(database, "one")
    say(database, "mine", worker="me")
    say(database, "two")
    found, at = read(database, at)
    assert found == ["one", "two"]
    assert read(database, at)[0] == []


def test_a_transaction_that_commits_late_is_still_read(postgres_database: Database) -> None:
    """Its number is the lower, but when the reader came by it was not yet to be seen."""
    _, at = read(postgres_database, Position())
    with postgres_database.write() as slow:
        publish(slow, "other", "late", NOON)
        say(postgres_database, "early")
        found, at = read(postgres_database, at)
        assert found == ["early"]
    found, at = read(postgres_database, at)
    assert "late" in found
    assert read(postgres_database, at)[0] == []


def test_what_was_undone_is_never_read(database: Database) -> None:
    _, at = read(database, Position())
    with suppress(ZeroDivisionError), database.write() as connection:
        publish(connection, "other", "undone", NOON)
        raise ZeroDivisionError
    say(database, "done")
    assert read(database, at)[0] == ["done"]


def test_numbers_are_not_given_again_after_a_trim(database: Database) -> None:
    """Else a reader that stands at a number would pass over the next to bear it."""
    for number in range(3):
        say(database, f"old {number}")
    _, at = read(database, Position())
    say(database, "read not yet", at_s=NOON)
    with database.write() as connection:
        highest = max(row.id for row in connection.execute(live_change.select()))
        trim(connection, NOON + KEPT_S + 1)
        assert list(connection.execute(live_change.select())) == []
    say(database, "new", at_s=NOON + 100)
    found, at = read(database, at)
    assert found == ["new"]
    with database.read() as connection:
        assert connection.execute(live_change.select()).one().id > highest
    with database.write() as connection:
        trim(connection, NOON + 100 + KEPT_S)
    assert read(database, Position(0))[0] == ["new"]
