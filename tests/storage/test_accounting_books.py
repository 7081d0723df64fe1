"""Accounting reports end in the books exactly once, on both databases, and quotas bite in the same transaction."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from netquota.domain.counters import Kind
from netquota.domain.policy import Code
from netquota.errors import Conflict, StorageUnavailable
from netquota.services.account import count
from netquota.services.settling import Entry
from netquota.storage.database import Connection, Database, Entangled
from netquota.storage.ledger_store import LINK, PERSON, SITE, Books, charges_in_order, page_on
from netquota.storage.order_store import OrderKind, OrderState
from netquota.storage.schema import (
    accounting_session,
    employee,
    enforcement,
    ledger_entry,
    live_change,
    opd,
    usage_sample,
)
from netquota.storage.session_report import SessionFilter, SessionState, open_sessions
from netquota.storage.session_row import Charge
from netquota.storage.token_store import StoredToken, put_token, tokens_of
from tests.storage.books_city import FULL, MB, NOON, SLOW, City, batches, found_city

ALL_KINDS = (PERSON, SITE, LINK)


def story(city: City, who: str = "siti", gateway: str = "gw1", total: int = 40 * MB) -> list[Entry]:
    """A session of ten minutes that uses `total`."""
    begin = city.entry("start", NOON, who=who, gateway=gateway)
    told = {"who": who, "gateway": gateway}
    middle = [city.entry("interim", NOON + 60 * n, total * n // 10, 60 * n, **told) for n in range(1, 10)]
    return [begin, *middle, city.entry("stop", NOON + 600, total, 600, **told)]


def check(city: City, total: int) -> None:
    """Truths A and B of the books: what was told is there once, and nothing else."""
    assert [city.sampled(kind) for kind in ALL_KINDS] == [total] * 3
    assert [city.used(quota) for quota in ("daily", "pool")] == [total] * 2
    assert sum(row.counted_input + row.counted_output for row in city.rows(accounting_session)) == total


def test_a_session_is_in_the_books_as_its_reports_told_it(city: City) -> None:
    for entry in story(city):
        city.count(entry)
    check(city, 40 * MB)
    row = city.session()
    assert (row.username, row.mac, row.framed_ip, row.nas_port) == ("siti", "mac-siti", "10.5.0.1", "ether1")
    assert (row.started_s, row.last_event_s, row.ended_s, row.end_cause) == (
        NOON,
        NOON + 600,
        NOON + 600,
        "User-Request",
    )
    assert (row.employee_id, row.site_id, row.opd_id, row.link_id) == tuple(
        city.ids[name] for name in ("siti", "site", "opd", "link")
    )
    assert (row.applied_down_bps, row.applied_up_bps, row.gigawords_seen) == (*FULL, True)
    assert city.orders() == []


def test_totals_beyond_32_bits_are_kept_whole(city: City) -> None:
    total = 5_000_000_000_000
    city.change(employee, "siti", status="active")
    city.count(city.entry("interim", NOON, total, 600))
    check(city, total)
    assert city.session().output_octets == total


@pytest.mark.parametrize("size", [1, 7, 50])
@pytest.mark.parametrize("seed", range(3))
def test_repeated_and_reordered_reports_count_once(city: City, size: int, seed: int) -> None:
    disturbed = Random(seed)
    sent = [*story(city), *story(city, "budi", "gw2"), *story(city, "wati")]
    arrived = [*sent, *disturbed.choices(sent, k=20)]
    disturbed.shuffle(arrived)
    for batch in batches(arrived, size):
        city.count(*batch)
    check(city, 120 * MB)
    assert len(city.rows(accounting_session)) == 3


def test_a_report_across_midnight_fills_two_rows_of_the_ledger(city: City) -> None:
    midnight = NOON + 12 * 3600
    city.count(city.entry("start", midnight - 300))
    counted = city.count(city.entry("interim", midnight + 600, 90, 900))
    days = [row.used for row in city.rows(ledger_entry) if row.quota_id == city.ids["daily"]]
    assert days == [30, 60]
    assert len(counted.figures) == 3
    assert city.sampled(PERSON) == 90
    assert [row.bin_s - midnight for row in city.rows(usage_sample) if row.kind == PERSON] == [-300, 0, 300]


def test_other_workers_are_told_whose_figures_changed(city: City) -> None:
    city.count(*story(city)[:2], worker="w1")
    (news,) = city.rows(live_change)
    assert (news.worker, news.payload) == ("w1", f"[{city.ids['siti']}]")


# -- quotas bite ---------------------------------------------------------------------------------------------------


def test_a_throttling_quota_orders_the_throttle_once_with_the_report_that_spends_it(city: City) -> None:
    city.count(city.entry("start", NOON))
    assert city.count(city.entry("interim", NOON + 60, 99 * MB, 60)).ordered == ()
    over = city.entry("interim", NOON + 120, 101 * MB, 120)
    counted = city.count(over)
    assert counted.ordered == (city.session().id,)
    for entry in (over, city.entry("interim", NOON + 180, 102 * MB, 180)):
        assert city.count(entry).ordered == ()
    (order,) = city.orders()
    assert (order.kind, order.down_bps, order.up_bps) == (OrderKind.COA, *SLOW)
    assert (order.code, order.state) == (Code.QUOTA_THROTTLED, OrderState.PENDING)
    assert (order.username, order.acct_session_id, order.framed_ip, order.class_token) == (
        "siti", "of-siti", "10.5.0.1", b"class",
    )  # fmt: skip


def test_a_spent_quota_reaches_all_sessions_of_the_person(city: City) -> None:
    city.count(city.entry("start", NOON), city.entry("start", NOON, session="second", gateway="gw2", mac="other"))
    city.count(city.entry("interim", NOON + 60, 100 * MB, 60))
    assert [order.acct_session_id for order in city.orders()] == ["of-siti", "second"]


def test_a_spent_pool_ends_the_sessions_of_its_people_and_of_nobody_else(city: City) -> None:
    with city.database.write() as connection:
        values = {"code": "DISDIK", "name": "Pendidikan", "default_plan_id": city.ids["plan"]}
        key = connection.execute(opd.insert().values(values)).inserted_primary_key
        assert key is not None
        connection.execute(employee.update().where(employee.c.id == city.ids["wati"]).values(opd_id=key[0]))
    city.refresh()
    for who in ("siti", "budi", "wati"):
        city.count(city.entry("start", NOON, who=who))
    counted = city.count(city.entry("interim", NOON + 60, 1000 * MB, 60, who="budi"))
    assert len(counted.ordered) == 2
    assert sorted(order.acct_session_id for order in city.orders()) == ["of-budi", "of-siti"]
    assert {(order.kind, order.code) for order in city.orders()} == {(OrderKind.DISCONNECT, Code.QUOTA_SPENT)}


def test_the_first_packet_decides_again_on_what_the_log_in_did_not_know(city: City) -> None:
    """The quota was spent by a count that the log-in's worker had not heard of."""
    city.count(city.entry("stop", NOON, 150 * MB, 60, session="earlier", mac="other"))
    counted = city.count(city.entry("start", NOON + 10))
    assert counted.ordered == (city.session().id,)
    assert [order.down_bps for order in city.orders()] == [SLOW[0]]


def test_a_device_too_many_ends_the_longest_idle_and_just_that(city: City) -> None:
    for number in (1, 2, 3):
        city.count(city.entry("start", NOON + number, session=f"s{number}", mac=f"m{number}"))
    (order,) = city.orders()
    assert (order.kind, order.acct_session_id, order.code) == (OrderKind.DISCONNECT, "s1", Code.DEVICES_END_IDLE)
    city.count(city.entry("interim", NOON + 60, 100 * MB, 57, session="s3", mac="m3"))
    assert {order.acct_session_id for order in city.orders(state=OrderState.PENDING)} == {"s1", "s2", "s3"}


def test_a_stop_ends_the_orders_that_wait_for_its_session(city: City) -> None:
    city.count(city.entry("start", NOON), city.entry("interim", NOON + 60, 100 * MB, 60))
    city.count(city.entry("stop", NOON + 70, 100 * MB, 70))
    assert [order.state for order in city.orders()] == [OrderState.SUPERSEDED]


# -- who is gone ---------------------------------------------------------------------------------------------------


def test_a_device_that_logs_in_again_ends_its_own_older_session_only(city: City) -> None:
    city.count(
        city.entry("start", NOON, session="old"),
        city.entry("start", NOON, session="other", mac="m2"),
        city.entry("start", NOON, who="budi", mac="mac-siti"),
        city.entry("start", NOON, session="unknown device", mac=" "),
    )
    counted = city.count(city.entry("start", NOON + 90, session="new"))
    ended = {row.acct_session_id: row.end_cause for row in city.rows(accounting_session) if row.ended_s is not None}
    assert ended == {"old": "stale"}
    assert {row.acct_session_id for row in counted.rows} == {"old", "new"}
    city.count(city.entry("interim", NOON + 120, 5, 120, session="old"))
    assert city.session("old").ended_s is None


def test_two_log_ins_of_a_device_in_one_batch_leave_the_newer_open(city: City) -> None:
    city.count(city.entry("start", NOON, session="old"), city.entry("start", NOON + 90, session="new"))
    assert (city.session("old").ended_s, city.session("new").ended_s) == (NOON, None)


def test_a_restart_closes_the_sessions_of_its_gateway_once(city: City) -> None:
    city.count(city.entry("start", NOON), city.entry("start", NOON, who="budi", gateway="gw2"))
    on = city.entry("on", NOON + 50, who="", session="boot")
    city.count(on)
    city.count(city.entry("start", NOON + 60, session="after"))
    city.count(on)
    ended = {row.acct_session_id: row.ended_s for row in city.rows(accounting_session)}
    assert ended == {"of-siti": NOON + 50, "of-budi": None, "after": None}


def test_people_who_left_the_policy_are_sampled_and_their_sessions_ended(city: City) -> None:
    entry = city.entry("interim", NOON, 7 * MB, 60)
    with city.database.write() as connection:
        connection.execute(employee.delete().where(employee.c.id == city.ids["siti"]))
    city.refresh()
    city.count(replace(entry, subscriber=None))
    assert (city.sampled(PERSON), city.sampled(SITE), city.used("daily")) == (7 * MB, 7 * MB, 0)
    with city.database.read() as connection:
        ordered = connection.execute(select(enforcement.c.kind, enforcement.c.code)).all()
    assert ordered == [(OrderKind.DISCONNECT, Code.UNKNOWN)]


def test_a_session_that_speaks_again_is_looked_at_again(city: City) -> None:
    """While it was taken for gone nobody ordered anything for it."""
    city.count(city.entry("start", NOON))
    with city.database.write() as connection:
        connection.execute(accounting_session.update().values(ended_s=NOON, end_cause="stale", seq=1))
    city.count(city.entry("start", NOON + 60, session="other", mac="other"))
    city.count(city.entry("interim", NOON + 120, 101 * MB, 60, session="other", mac="other"))
    assert [order.acct_session_id for order in city.orders()] == ["other"]
    city.count(city.entry("interim", NOON + 2000, MB, 2000))
    assert [order.acct_session_id for order in city.orders()] == ["other", "of-siti"]


def test_a_session_found_stale_weeks_ago_is_still_found(city: City) -> None:
    city.count(*story(city)[:5])
    with city.database.write() as connection:
        connection.execute(accounting_session.update().values(ended_s=NOON + 240, end_cause="stale", seq=9))
    city.count(city.entry("interim", NOON + 30 * 86400, 40 * MB, 30 * 86400))
    assert (len(city.rows(accounting_session)), city.session().counted_output) == (1, 40 * MB)


# -- faults --------------------------------------------------------------------------------------------------------


def test_a_fault_after_the_counting_leaves_nothing_counted(city: City) -> None:
    def fails(_: Any) -> None:
        raise ZeroDivisionError

    entries = story(city)
    with pytest.raises(ZeroDivisionError):
        count(Books(city.database), city.policy, city.gateways, entries, "w1", NOON * 1000, fails)
    assert (city.rows(accounting_session), city.rows(ledger_entry), city.rows(live_change)) == ([], [], [])
    city.count(*entries)
    check(city, 40 * MB)


@pytest.mark.parametrize(
    "fault",
    [
        sqlite3.OperationalError("disk I/O error"),
        sqlite3.DatabaseError("database disk image is malformed"),
        psycopg.OperationalError("server closed the connection unexpectedly\nDETAIL: siti"),
    ],
)
def test_a_fault_of_the_driver_is_told_as_storage_unavailable_and_nothing_is_counted(
    city: City, fault: Exception
) -> None:
    def fails(_: Any) -> None:
        raise fault

    with pytest.raises(StorageUnavailable) as told:
        count(Books(city.database), city.policy, city.gateways, story(city), "w1", NOON * 1000, fails)
    assert "siti" not in str(told.value)
    assert city.rows(accounting_session) == []


@pytest.mark.parametrize(
    "fault",
    [
        psycopg.errors.NumericValueOutOfRange("bigint out of range\nDETAIL: siti"),
        OverflowError("Python int too large to convert to SQLite INTEGER"),
    ],
)
def test_a_value_that_no_column_holds_is_no_outage(city: City, fault: Exception) -> None:
    """The same again will not do, so that whoever sent it must not keep the others from being counted."""

    def fails(_: Any) -> None:
        raise fault

    with pytest.raises(Conflict) as told:
        count(Books(city.database), city.policy, city.gateways, story(city), "w1", NOON * 1000, fails)
    assert "siti" not in str(told.value)
    assert city.rows(accounting_session) == []


def test_what_the_database_itself_refuses_is_told_as_a_conflict(city: City) -> None:
    books = Books(city.database)
    with pytest.raises(Conflict), books.page() as (page, _):
        page.add_samples([(PERSON, 1, NOON, 1, 1), (PERSON, 2**70, NOON, 1, 1)])
    assert city.rows(usage_sample) == []


def test_a_connection_that_breaks_in_the_middle_is_told_and_replaced(postgres_database: Database) -> None:
    city = found_city(postgres_database)

    def breaks(connection: Connection) -> None:
        number = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with postgres_database.read() as other:
            other.exec_driver_sql("SELECT pg_terminate_backend(%s)", (number,))
        page_on(connection).open_sessions_of([1])

    entries = story(city)
    with pytest.raises(StorageUnavailable):
        count(Books(city.database), city.policy, city.gateways, entries, "w1", NOON * 1000, breaks)
    city.count(*entries)
    check(city, 40 * MB)


def test_a_batch_undone_for_another_writers_sake_is_settled_anew(city: City) -> None:
    attempts: list[int] = []

    def undone_once(_: Any) -> None:
        attempts.append(1)
        if len(attempts) == 1:
            raise psycopg.errors.DeadlockDetected("deadlock detected")

    count(Books(city.database), city.policy, city.gateways, story(city), "w1", NOON * 1000, undone_once)
    assert len(attempts) == 2
    check(city, 40 * MB)


def test_a_batch_that_is_undone_again_and_again_is_given_back(city: City) -> None:
    def undone(_: Any) -> None:
        raise psycopg.errors.DeadlockDetected("deadlock detected")

    with pytest.raises(Entangled):
        count(Books(city.database), city.policy, city.gateways, story(city), "w1", NOON * 1000, undone)
    assert city.rows(accounting_session) == []


def test_a_second_session_of_the_same_key_is_refused_by_the_books(city: City) -> None:
    city.count(*story(city)[:1])
    books = Books(city.database)
    with books.reading() as page:
        (row,) = page.open_sessions_of([city.ids["siti"]])
    with pytest.raises(Entangled), books.page() as (page, _):
        page.insert_sessions([row])


def test_rows_of_the_ledger_are_written_in_the_order_of_their_keys_and_once_each() -> None:
    """The order in which every writer takes the locks, so that none waits for one that waits for it."""
    given = [Charge(quota, subject, NOON, NOON + 1, 1) for quota, subject in ((2, 1), (1, 9), (2, 1), (1, 3))]
    found = [(charge.quota_id, charge.subject_id, charge.octets) for charge in charges_in_order(given)]
    assert found == [(1, 3, 1), (1, 9, 1), (2, 1, 2)]


# -- two writers ---------------------------------------------------------------------------------------------------


def _at_once(*writers: Callable[[], None]) -> None:
    """Run all of them at the same time; raises what one of them raised."""
    gate = threading.Barrier(len(writers))

    def run(writer: Callable[[], None]) -> None:
        gate.wait(10)
        writer()

    with ThreadPoolExecutor(len(writers)) as pool:
        for future in [pool.submit(run, writer) for writer in writers]:
            future.result(60)


def _counts(city: City, worker: str, sent: list[list[Entry]]) -> Callable[[], None]:
    policy, books = city.policy.for_another_thread(), Books(city.database)

    def run() -> None:
        for batch in sent:
            now_ms = max(entry.arrival_s for entry in batch) * 1000
            count(books, policy, city.gateways, batch, worker, now_ms)

    return run


@pytest.mark.parametrize("seed", range(3))
def test_two_workers_with_the_same_sessions_and_pool_neither_double_nor_deadlock(city: City, seed: int) -> None:
    """Every report reaches both, in another order and other batches; new sessions and reused ids among them."""
    sent = [*story(city), *story(city, "budi", "gw2"), *story(city, "wati")]
    again = [city.entry("start", NOON + 700), city.entry("stop", NOON + 760, 30 * MB, 60)]
    for phase in (sent, again):
        paths: list[list[list[Entry]]] = []
        for worker in (0, 1):
            arrived = list(phase)
            Random(f"{seed} {worker}").shuffle(arrived)
            paths.append([list(batch) for batch in batches(arrived, 3 + worker)])
        _at_once(_counts(city, "w1", paths[0]), _counts(city, "w2", paths[1]))
    check(city, 150 * MB)
    assert len(city.rows(accounting_session)) == 4


def test_two_workers_that_spend_a_pool_together_write_one_order_a_session(city: City) -> None:
    people = ("siti", "budi", "wati")
    for who in people:
        city.count(city.entry("start", NOON, who=who))

    def path(worker: str, mine: tuple[str, ...]) -> Callable[[], None]:
        steps = [
            [city.entry("interim", NOON + 60 * n, 60 * MB * n, 60 * n, who=who) for who in mine] for n in range(1, 8)
        ]  # fmt: skip
        return _counts(city, worker, steps)

    _at_once(path("w1", people[:2]), path("w2", people[2:]))
    assert city.used("pool") == 3 * 7 * 60 * MB
    open_orders = city.orders(state=OrderState.PENDING)
    assert sorted(order.acct_session_id for order in open_orders) == ["of-budi", "of-siti", "of-wati"]
    assert {order.kind for order in open_orders} == {OrderKind.DISCONNECT}


def test_two_workers_that_hear_of_a_reused_id_at_once_make_one_incarnation(city: City) -> None:
    city.count(*story(city)[:3])
    again = [city.entry("interim", NOON + 900 + n, 5 * MB + n, 60 + n) for n in range(4)]
    paths = [[[entry] for entry in order] for order in (again, again[::-1])]
    _at_once(_counts(city, "w1", paths[0]), _counts(city, "w2", paths[1]))
    assert len(city.rows(accounting_session)) == 2
    assert city.used("daily") == 8 * MB + 5 * MB + 3


def test_an_older_session_in_another_workers_hands_keeps_what_that_one_counts(city: City) -> None:
    """The device logged in again while its old gateway still reports: nobody's totals are written over."""
    city.count(city.entry("start", NOON, session="old", gateway="gw1"))
    old = [[city.entry("interim", NOON + n, MB * n, n, session="old", gateway="gw1")] for n in range(1, 30)]
    new = [[city.entry("start", NOON + n, session=f"new{n}", gateway="gw2")] for n in range(1, 30)]
    _at_once(_counts(city, "w1", old), _counts(city, "w2", new))
    assert city.session("old").counted_output == 29 * MB
    assert city.used("daily") == city.sampled(PERSON) == 29 * MB


def test_kinds_are_told_for_the_metrics(city: City) -> None:
    first, second, *_ = story(city)
    assert city.count(first, second, second, first).kinds == [Kind.FIRST, Kind.GREW, Kind.REPEAT, Kind.LATE]


def test_a_log_in_token_ends_with_the_start_of_its_session(city: City) -> None:
    """It crossed the gateway's page in clear; another device's is not spent by it."""
    stored = {mac: StoredToken(city.ids["siti"], b"sealed", mac, None, NOON + 60) for mac in ("mac-siti", "mac-2")}
    with city.database.write() as connection:
        for mac, token in stored.items():
            put_token(connection, mac.encode(), token)
    city.count(city.entry("start", NOON))
    with city.database.read() as connection:
        assert tokens_of(connection, city.ids["siti"], NOON) == [stored["mac-2"]]


def test_who_is_slowed_at_log_in_stands_as_slowed_from_the_first_report_on(city: City) -> None:
    for who, cause in (("siti", Code.QUOTA_THROTTLED), ("budi", None)):
        start = city.entry("start", NOON, who=who)
        assert start.granted is not None
        city.count(replace(start, granted=replace(start.granted, cause=cause)))
    with city.database.read() as connection:
        found = open_sessions(connection, SessionFilter(), NOON).sessions
        slowed = open_sessions(connection, SessionFilter(state=SessionState.SLOWED), NOON)
    states = {one.username: (one.state(NOON), one.applied_code) for one in found}
    assert states == {"siti": (SessionState.SLOWED, "quota_throttled"), "budi": (SessionState.USUAL, "")}
    assert [one.username for one in slowed.sessions] == ["siti"]
