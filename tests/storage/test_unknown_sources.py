"""Who asks without being registered is remembered with its address, within bounds."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet

from netquota.domain.places import NOBODY
from netquota.secrets import Keyring
from netquota.services.desk_work import DeskWork
from netquota.storage import unknown_store
from netquota.storage.database import Database
from netquota.storage.unknown_store import UnknownSource, add_unknown, unknown_sources
from radius.engine import Engine, Port

NOW_S = 1_790_000_000


def test_strangers_are_counted_by_address_and_clients_are_not(database: Database) -> None:
    with database.write() as connection:
        add_unknown(connection, {(NOBODY, "10.0.0.9"): 2, (1, "malformed"): 5}, NOW_S)
        add_unknown(connection, {(NOBODY, "10.0.0.9"): 3}, NOW_S + 60)
        assert unknown_sources(connection, NOW_S) == [UnknownSource("10.0.0.9", 5, NOW_S, NOW_S + 60)]
        assert unknown_sources(connection, NOW_S + 61) == []


def test_a_worker_writes_down_whom_it_did_not_know(database: Database) -> None:
    desk = DeskWork(database, Keyring([Fernet.generate_key()]), ZoneInfo("Asia/Jakarta"), 256_000, lambda _error: None)
    with database.write() as connection:
        desk.note(connection, [], [{(NOBODY, "10.0.0.9"): 2}, {(NOBODY, "10.0.0.9"): 1}], NOW_S)
        assert [one.packets for one in unknown_sources(connection, 0)] == [3]


def test_only_the_newest_strangers_are_kept(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unknown_store, "MOST", 2)
    with database.write() as connection:
        for second, address in enumerate(("10.0.0.1", "10.0.0.2", "10.0.0.3")):
            add_unknown(connection, {(NOBODY, address): 1}, NOW_S + second)
        assert [one.address for one in unknown_sources(connection, 0)] == ["10.0.0.3", "10.0.0.2"]


def test_made_up_addresses_cannot_fill_the_memory() -> None:
    engine = Engine(lambda _address: None)
    for number in range(300):
        engine.receive(b"x", (f"10.0.{number // 250}.{number % 250}", 1), Port.AUTHENTICATION, 0.0, NOW_S)
    assert engine.counts.dropped == {"unknown_client": 300}
    assert len(engine.counts.problems) == 64
