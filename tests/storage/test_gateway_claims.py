"""Who sends a gateway's orders: claims, and who takes them over."""

import pytest

from netquota.storage import schema
from netquota.storage.database import Database
from netquota.storage.feed_store import publish
from netquota.storage.gateway_store import claim, claim_orphans, ensure_gateways, gateways, heard, inherit, worker_name

NOW_S = 1_790_000_000


@pytest.fixture
def claimed(database: Database) -> Database:
    """Gateway a is held by worker 0, b by worker 1 of one machine, c by worker 0 of another."""
    with database.write() as connection:
        values = {"name": "n", "address": "10.0.0.1", "family": "mikrotik", "secret_encrypted": b"x"}
        nas_id = connection.execute(schema.nas.insert().values(**values)).inserted_primary_key[0]
        ensure_gateways(connection, {(nas_id, name): "10.0.0.1" for name in "abc"}, NOW_S)
        ids = {row.identifier: row.id for row in gateways(connection)}
        for name, worker in (("a", "here:10:0"), ("b", "here:11:1"), ("c", "there:10:0")):
            claim(connection, [ids[name]], worker, NOW_S)
    return database


def holders(database: Database) -> dict[str, str | None]:
    with database.read() as connection:
        return {row.identifier: row.claim_worker for row in gateways(connection)}


def test_restarted_worker_takes_over_what_its_dead_self_held_and_nothing_else(claimed: Database) -> None:
    with claimed.write() as connection:
        inherit(connection, "here:99:0", NOW_S + 1)
    assert holders(claimed) == {"a": "here:99:0", "b": "here:11:1", "c": "there:10:0"}


def test_claim_that_holds_is_left_alone_and_one_that_ran_out_is_taken(claimed: Database) -> None:
    with claimed.write() as connection:
        claim_orphans(connection, "here:11:1", NOW_S + 14)
    assert holders(claimed) == {"a": "here:10:0", "b": "here:11:1", "c": "there:10:0"}
    with claimed.write() as connection:
        claim_orphans(connection, "here:11:1", NOW_S + 15)
    assert set(holders(claimed).values()) == {"here:11:1"}


def test_a_silent_gateways_claim_is_prolonged_without_a_gap_and_one_that_another_hears_runs_out(
    claimed: Database,
) -> None:
    with claimed.write() as connection:
        ids = {row.identifier: row.id for row in gateways(connection)}
        heard(
            connection, {ids["a"]: (NOW_S + 9, None, "10.0.0.1")}, "here:11:1", NOW_S + 9
        )  # by another than its holder
        claim_orphans(connection, "here:10:0", NOW_S + 10)
        claim_orphans(connection, "there:10:0", NOW_S + 10)
    with claimed.read() as connection:
        rows = connection.execute(schema.gateway.select()).all()
    assert {row.identifier: row.claim_until_s - NOW_S for row in rows} == {"a": 15, "b": 15, "c": 25}


def test_each_hand_over_counts_the_fence_up(claimed: Database) -> None:
    def fences() -> list[int]:
        with claimed.read() as connection:
            return [
                row.claim_fence
                for row in connection.execute(schema.gateway.select().order_by(schema.gateway.c.identifier))
            ]

    assert fences() == [1, 1, 1]
    with claimed.write() as connection:
        inherit(connection, "here:99:0", NOW_S + 1)
    assert fences() == [2, 1, 1]


def test_a_long_host_name_fits_and_stays_told_apart(claimed: Database) -> None:
    """Names of machines may be 64 octets long, as are the columns, with process and number behind them."""
    names = [worker_name("opd-" * 15 + end, 4_194_304, 63) for end in ("a", "b")]
    assert names[0] != names[1]
    assert worker_name("here", 10, 0) == "here:10:0"
    for name in names:
        with claimed.write() as connection:
            inherit(connection, name, NOW_S + 1)
            claim_orphans(connection, name, NOW_S + 100)
            publish(connection, name, "[1]", NOW_S)
    assert set(holders(claimed).values()) == {names[0]}
