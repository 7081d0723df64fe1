"""A process follows gateways that are removed and registered anew: each is known by what it is now."""

from __future__ import annotations

from sqlalchemy import delete

from netquota.services.gateways import GatewayBook
from netquota.storage import schema
from netquota.storage.database import Database
from netquota.storage.gateway_store import add_problems, authenticator_seen, ensure_gateways, problems

NOW_S = 1_790_000_000


def register(database: Database, name: str) -> int:
    values = {"name": name, "address": "10.0.0.1", "family": "mikrotik", "secret_encrypted": b"x"}
    with database.write() as connection:
        return int(connection.execute(schema.nas.insert().values(**values)).inserted_primary_key[0])


def remove(database: Database, nas_id: int) -> None:
    with database.write() as connection:
        connection.execute(delete(schema.nas).where(schema.nas.c.id == nas_id))


def seen(book: GatewayBook, database: Database, nas_id: int) -> int:
    """The id of the gateway `hotspot` behind a client, made on first sight."""
    with database.write() as connection:
        ensure_gateways(connection, {(nas_id, "hotspot"): "10.0.0.1"}, NOW_S)
    with database.read() as connection:
        book.read(connection)
    known = book.named(nas_id, "hotspot")
    assert known is not None
    return known.id


def test_a_gateway_registered_anew_is_known_and_inherits_nothing_of_the_removed_one(database: Database) -> None:
    """Else its reports find no gateway, or fall on the sessions of the one before it."""
    book = GatewayBook()
    old_nas = register(database, "old")
    old = seen(book, database, old_nas)
    remove(database, old_nas)
    new_nas = register(database, "new")
    new = seen(book, database, new_nas)
    assert new != old
    assert (book.named(old_nas, "hotspot"), book.of_id(old)) == (None, None)


def test_what_a_removed_client_did_is_noted_nowhere_and_in_nobodys_way(database: Database) -> None:
    gone = register(database, "gone")
    remove(database, gone)
    here = register(database, "here")
    with database.write() as connection:
        authenticator_seen(connection, gone)
        add_problems(connection, {(gone, "malformed"): 2, (here, "malformed"): 3}, NOW_S)
        add_problems(connection, {(here, "malformed"): 1}, NOW_S + 1)
    with database.read() as connection:
        assert problems(connection, gone) == []
        assert problems(connection, here) == [("malformed", 4, NOW_S + 1)]


def test_a_gateway_that_is_not_heard_for_a_month_makes_room_for_another(database: Database) -> None:
    book, nas_id, later_s = GatewayBook(), register(database, "gw"), NOW_S + 30 * 86_400
    with database.write() as connection:
        ensure_gateways(connection, {(nas_id, "old"): "10.0.0.1"}, NOW_S, 2)
        ensure_gateways(connection, {(nas_id, "heard"): "10.0.0.1"}, NOW_S + 60, 2)
        ensure_gateways(connection, {(nas_id, "early"): "10.0.0.1"}, later_s - 1, 2)
    with database.read() as connection:
        book.read(connection)
    assert [book.is_one_too_many(nas_id, "new", 2, at_s) for at_s in (later_s - 1, later_s)] == [True, False]
    assert not book.is_one_too_many(nas_id, "old", 1, later_s)  # it may come back
    with database.write() as connection:
        ensure_gateways(connection, {(nas_id, "new"): "10.0.0.1"}, later_s, 2)
        ensure_gateways(connection, {(nas_id, "newer"): "10.0.0.1"}, later_s, 2)
    with database.read() as connection:
        book.read(connection)
    assert [book.named(nas_id, name) is not None for name in ("early", "new", "newer")] == [False, True, False]
