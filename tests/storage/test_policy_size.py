"""A city of 100,000 employees: loading, following a change and looking for news stay quick."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from netquota.storage import schema
from netquota.storage.database import Database
from netquota.storage.policy_store import load_snapshot, record_change, refresh
from netquota.storage.snapshot import Snapshot

WIB = ZoneInfo("Asia/Jakarta")
P, T = ParamSpec("P"), TypeVar("T")
PEOPLE, OFFICES = 100_000, 60


class Plain:
    def decrypt(self, token: bytes) -> bytes:
        return token


def _fill(database: Database) -> None:
    offices = [{"code": f"O{number}", "name": f"Office {number}"} for number in range(OFFICES)]
    people = [
        {
            "username": f"u{number:06}", "username_key": f"u{number:06}", "nip": f"{1986092600000000 + number:018}",
            "name": f"Nama Pegawai {number}", "opd_id": number % OFFICES + 1, "password_hash": "x" * 97,
        }
        for number in range(PEOPLE)
    ]  # fmt: skip
    with database.write() as connection:
        connection.execute(schema.opd.insert(), offices)
        for start in range(0, PEOPLE, 10_000):
            connection.execute(schema.employee.insert(), people[start : start + 10_000])


def _timed(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[T, float]:
    began = time.perf_counter()
    return act(*args, **kwargs), time.perf_counter() - began


@pytest.mark.long
def test_a_large_city_loads_in_seconds_and_follows_a_change_at_once(database: Database) -> None:
    _fill(database)

    def load() -> Snapshot:
        with database.read() as connection:
            return load_snapshot(connection, Plain(), WIB)

    def follow(snapshot: Snapshot) -> Snapshot | None:
        with database.read() as connection:
            return refresh(connection, snapshot, Plain(), WIB)

    snapshot, loading_s = _timed(load)
    assert len(snapshot.subscribers) == PEOPLE
    assert loading_s < 4
    for kind, changed in (("employee", schema.employee), ("opd", schema.opd)):
        with database.write() as connection:
            connection.execute(update(changed).where(changed.c.id == 7).values(name="Baru"))
            record_change(connection, kind, 7, 1)
        fresh, following_s = _timed(follow, snapshot)
        assert fresh is not None
        snapshot = fresh
        assert following_s < 0.1
        assert _timed(follow, snapshot)[1] < 0.02
    siti = snapshot.subscriber_by_id[7]
    assert (siti.name, snapshot.opds[7].name) == ("Baru", "Baru")
    print(f"{database.kind}: load {loading_s:.2f} s, change {following_s * 1000:.0f} ms")  # noqa: T201
