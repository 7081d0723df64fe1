"""A changed ceiling travels to the gateway's queue as an order: by REST or fetched, and ends when read back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from netquota.clock import FixedClock
from netquota.courier import Courier
from netquota.domain.units import Rate
from netquota.errors import NotFound
from netquota.services import gateway_tokens, queues
from netquota.services.allocate import add, change
from netquota.services.changes import AfterChange
from netquota.services.office import Author, Office
from netquota.storage import queue_store, schema
from netquota.storage.gateway_store import ensure_gateways
from netquota.storage.order_store import OrderState
from netquota.storage.policy_store import load_snapshot
from netquota.storage.queue_store import QueueOrder
from netquota.storage.snapshot import Snapshot
from netquota.storage.uptime_store import uptimes
from tests.routeros_city import PASSWORD, USER, FakeRouter, routeros

ANI = Author("ani")
M = 1_000_000
QUEUE = "nq-dinkes"


@pytest.fixture
def router() -> Iterator[FakeRouter]:
    with routeros() as made:
        made.queue(QUEUE, "10000000/20000000")
        yield made


@pytest.fixture
def city(office: Office) -> Office:
    office = replace(office, on_change=AfterChange(office.secrets, office.zone, 256_000))
    add(office, "opd", {"code": "DINKES", "name": "Kesehatan", "ceiling": "60M/30M"}, ANI)
    add(office, "nas", {"name": "gw-dinkes", "address": "10.0.0.1", "family": "mikrotik"}, ANI)
    add(office, "site", {"name": "Dinkes", "opd": "DINKES", "nas": "gw-dinkes", "mode": "whole_opd"}, ANI)
    return office


def _by_rest(city: Office, router: FakeRouter) -> None:
    access = {"rest_url": router.url, "rest_user": USER, "rest_password": PASSWORD}
    change(city, "nas", "gw-dinkes", access, ANI)


def _snapshot(city: Office) -> Snapshot:
    with city.database.read() as connection:
        return load_snapshot(connection, city.secrets, city.zone)


def _site_id(city: Office) -> int:
    return next(iter(_snapshot(city).sites))


def _orders(city: Office) -> list[QueueOrder]:
    with city.database.read() as connection:
        return queue_store.orders_of_site(connection, _site_id(city))


def _states(city: Office) -> list[tuple[Rate, OrderState]]:
    return [(order.rate, order.state) for order in _orders(city)]


def _round(city: Office) -> Courier:
    courier = Courier(city.database, city.secrets, city.clock, lambda: _snapshot(city), lambda: True)
    courier.turn(wait=True)
    return courier


def _now_ms(city: Office) -> int:
    return int(city.clock.now().timestamp() * 1000)


def _pull(city: Office, token: str, have: dict[str, Rate] | None, gateway: str = "") -> queues.Pulled | None:
    return queues.pull(city.database, _snapshot(city), token, gateway, have, "10.0.0.1", _now_ms(city))


def test_without_a_way_to_the_gateway_nothing_is_ordered(city: Office) -> None:
    change(city, "opd", "DINKES", {"ceiling": "40M/20M"}, ANI)
    assert _orders(city) == []


def test_rest_sets_the_queue_and_reads_it_back(city: Office, router: FakeRouter) -> None:
    _by_rest(city, router)
    assert _states(city) == [(Rate(60 * M, 30 * M), OrderState.PENDING)]
    _round(city)
    assert router.limit(QUEUE) == "30000000/60000000"  # up/down, as the router writes it
    order = _orders(city)[0]
    assert (order.state, order.result, order.attempts) == (OrderState.ACKNOWLEDGED, "read back (rest)", 1)
    with city.database.read() as connection:
        state = queue_store.state_of(connection, order.site_id)
    assert state is not None
    assert (state.rate, state.by, state.problem) == (Rate(60 * M, 30 * M), "rest", "")
    assert state.since_s == state.confirmed_s == _now_ms(city) // 1000


def test_a_newer_ceiling_replaces_an_older_order(city: Office, router: FakeRouter) -> None:
    _by_rest(city, router)
    change(city, "opd", "DINKES", {"ceiling": "40M/20M"}, ANI)
    change(city, "site", "Dinkes", {"ceiling": "20M/20M"}, ANI)
    assert [state for _, state in _states(city)] == [
        OrderState.PENDING, OrderState.SUPERSEDED, OrderState.SUPERSEDED,
    ]  # fmt: skip


def test_the_same_again_is_not_ordered_twice(city: Office, router: FakeRouter) -> None:
    _by_rest(city, router)
    with city.database.write() as connection:
        assert queues.order_queues(connection, _snapshot(city), _now_ms(city)) == []
    _round(city)
    with city.database.write() as connection:
        assert queues.order_queues(connection, _snapshot(city), _now_ms(city)) == []
    assert len(_orders(city)) == 1


def test_a_queue_tree_takes_both_directions_apart(city: Office, router: FakeRouter) -> None:
    router.menus["simple"].clear()
    router.queue(f"{QUEUE}-down", "1M", "tree")
    router.queue(f"{QUEUE}-up", "1M", "tree")
    _by_rest(city, router)
    _round(city)
    assert router.limit(f"{QUEUE}-down", "tree") == "60000000"
    assert router.limit(f"{QUEUE}-up", "tree") == "30000000"
    assert _states(city)[0][1] is OrderState.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda router: router.menus["simple"].clear(), f"the gateway has no queue {QUEUE}"),
        (lambda router: setattr(router, "status", 401), "name or password for REST is wrong"),
        (lambda router: setattr(router, "status", 404), "this RouterOS has no REST"),
    ],
)
def test_a_refusal_ends_the_order_and_says_what_is_wrong(city: Office, router: FakeRouter, spoil, told: str) -> None:
    spoil(router)
    _by_rest(city, router)
    _round(city)
    order = _orders(city)[0]
    assert order.state is OrderState.REFUSED
    assert told in order.result
    with city.database.read() as connection:
        state = queue_store.state_of(connection, order.site_id)
    assert state is not None
    assert told in state.problem


def test_a_silent_gateway_is_asked_again_later_and_then_given_up(
    city: Office, router: FakeRouter, clock: FixedClock
) -> None:
    _by_rest(city, router)
    router.status = 502
    courier = _round(city)
    courier.turn(wait=True)  # too soon: it is left alone for a while
    assert [(order.state, order.attempts) for order in _orders(city)] == [(OrderState.SENT, 1)]
    clock.advance(5)
    router.status = 200
    courier.turn(wait=True)
    assert _states(city)[0][1] is OrderState.ACKNOWLEDGED
    change(city, "opd", "DINKES", {"ceiling": "40M/20M"}, ANI)
    clock.advance(16 * 60)
    with city.database.write() as connection:
        before_ms = _now_ms(city) - queues.GIVE_UP_AFTER_MS
        assert queue_store.give_up_before(connection, before_ms, _now_ms(city)) == 1
    assert _states(city)[0][1] is OrderState.GIVEN_UP


def test_a_gateway_that_forgot_its_limit_gets_it_again(city: Office, router: FakeRouter, clock: FixedClock) -> None:
    _by_rest(city, router)
    courier = _round(city)
    router.menus["simple"][0]["max-limit"] = "10M/20M"  # an old backup was restored
    clock.advance(6 * 60)
    courier.turn(wait=True)  # reads it back
    with city.database.write() as connection:
        assert queues.order_queues(connection, _snapshot(city), _now_ms(city)) == [_site_id(city)]
    courier.turn(wait=True)
    assert router.limit(QUEUE) == "30000000/60000000"


def test_a_gateway_that_takes_a_limit_but_keeps_another_is_told_of(city: Office, router: FakeRouter) -> None:
    _by_rest(city, router)
    router.forgets = True
    _round(city)
    assert _states(city)[0][1] is OrderState.SENT
    with city.database.read() as connection:
        state = queue_store.state_of(connection, _site_id(city))
    assert state is not None
    assert (state.rate, state.problem) == (Rate(20 * M, 10 * M), queues.KEPT_ANOTHER)


def test_a_site_that_is_shared_by_now_leaves_its_queue_open(city: Office, router: FakeRouter) -> None:
    _by_rest(city, router)
    _round(city)
    change(city, "site", "Dinkes", {"way": "share"}, ANI)
    _round(city)
    assert router.limit(QUEUE) == "0/0"


def test_a_pull_fetches_the_limit_and_the_next_one_confirms_it(city: Office, clock: FixedClock) -> None:
    token = gateway_tokens.create_token(city, "gw-dinkes", ANI).text
    with city.database.write() as connection:
        queues.order_queues(connection, _snapshot(city), _now_ms(city))
    found = _pull(city, token, {QUEUE: Rate(20 * M, 10 * M)})
    assert found is not None
    assert found.limits == ((QUEUE, Rate(60 * M, 30 * M)),)
    assert _states(city) == [(Rate(60 * M, 30 * M), OrderState.SENT)]
    clock.advance(60)
    _pull(city, token, {QUEUE: Rate(60 * M, 30 * M)})
    order = _orders(city)[0]
    assert (order.state, order.result) == (OrderState.ACKNOWLEDGED, "read back (pull)")
    tokens = gateway_tokens.tokens_of(city, "gw-dinkes")
    assert (tokens[0].last_pull_s, tokens[0].last_address) == (_now_ms(city) // 1000, "10.0.0.1")


def test_a_pull_is_a_sign_of_life(city: Office) -> None:
    """A gateway with nobody on it sends nothing by RADIUS; its nights are known all the same."""
    token, now_s = gateway_tokens.create_token(city, "gw-dinkes", ANI).text, city.now_s
    with city.database.write() as connection:
        (nas_id,) = _snapshot(city).nas_by_id
        ensure_gateways(connection, {(nas_id, "gw"): "10.0.0.1"}, now_s)
        gateway_id = connection.execute(select(schema.gateway.c.id)).scalar_one()
    queues.pull(city.database, _snapshot(city), token, "gw", None, "10.0.0.1", now_s * 1000)
    queues.pull(city.database, _snapshot(city), token, "gw", None, "10.0.0.1", (now_s + 60) * 1000)
    with city.database.read() as connection:
        (span,) = uptimes(connection, [gateway_id], now_s - 3600, now_s + 3600)[gateway_id]
    assert (span.from_s, span.to_s) == (now_s, now_s + 60)


def test_a_gateway_without_the_queue_is_told_of(city: Office) -> None:
    token = gateway_tokens.create_token(city, "gw-dinkes", ANI).text
    _pull(city, token, {})
    with city.database.read() as connection:
        state = queue_store.state_of(connection, _site_id(city))
    assert state is not None
    assert state.problem == queues.NO_QUEUE


def test_a_gateway_that_reports_another_limit_is_ordered_anew(city: Office) -> None:
    token = gateway_tokens.create_token(city, "gw-dinkes", ANI).text
    _pull(city, token, {QUEUE: Rate(1 * M, 1 * M)})
    assert _states(city) == [(Rate(60 * M, 30 * M), OrderState.SENT)]


def test_a_token_opens_its_own_gateways_sites_until_it_is_revoked(city: Office) -> None:
    add(city, "nas", {"name": "gw-lain", "address": "10.0.0.2", "family": "mikrotik"}, ANI)
    other = gateway_tokens.create_token(city, "gw-lain", ANI).text
    mine = gateway_tokens.create_token(city, "gw-dinkes", ANI)
    assert (_pull(city, other, None) or queues.Pulled(0, ((QUEUE, Rate(1, 1)),))).limits == ()
    gateway_tokens.revoke_token(city, "gw-dinkes", mine.id, ANI)
    assert _pull(city, mine.text, None) is None
    for text in ("", "nqg_", "nqg_" + "x" * 40, "x" * 5000):
        assert _pull(city, text, None) is None
    with pytest.raises(NotFound):
        gateway_tokens.revoke_token(city, "gw-dinkes", mine.id, ANI)


def test_each_of_several_gateways_behind_a_client_fetches_its_own(city: Office) -> None:
    change(city, "site", "Dinkes", {"match_gateway": "gw-a", "way": "group"}, ANI)
    add(city, "opd", {"code": "SETDA", "name": "Setda", "ceiling": "20M/20M"}, ANI)
    wanted = {"name": "Setda", "opd": "SETDA", "nas": "gw-dinkes", "mode": "whole_opd", "match_gateway": "gw-b"}
    add(city, "site", wanted, ANI)
    token = gateway_tokens.create_token(city, "gw-dinkes", ANI).text
    for gateway, names in (("gw-a", [QUEUE]), ("gw-b", ["nq-setda"]), ("", [QUEUE, "nq-setda"])):
        found = _pull(city, token, None, gateway)
        assert found is not None
        assert [name for name, _ in found.limits] == names


def test_a_queue_follows_what_a_small_link_leaves_its_office(city: Office, router: FakeRouter) -> None:
    _by_rest(city, router)
    add(city, "link", {"name": "Serat", "provider": "A", "capacity": "80M/40M"}, ANI)
    add(city, "opd", {"code": "RSUD", "name": "RSUD", "ceiling": "60M/30M", "guaranteed": "50M/25M"}, ANI)
    add(city, "nas", {"name": "gw-rsud", "address": "10.0.0.2", "family": "mikrotik"}, ANI)
    add(city, "site", {"name": "RSUD", "opd": "RSUD", "nas": "gw-rsud", "mode": "whole_opd", "link": "Serat"}, ANI)
    assert _orders(city)[0].rate == Rate(60 * M, 30 * M)
    change(city, "site", "Dinkes", {"link": "Serat"}, ANI)
    assert _orders(city)[0].rate == Rate(30 * M, 15 * M)
    change(city, "link", "Serat", {"capacity": "120M/60M"}, ANI)
    assert _orders(city)[0].rate == Rate(60 * M, 30 * M)
