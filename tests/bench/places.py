"""Databases for the bench: a city of 5,000 people on SQLite or PostgreSQL, with or without a long history.

Durability is as in production (synchronous=FULL, fsync on). Password hashes are made cheap, since the loads run with a
warm password memory; the cold figure is measured apart, with the real parameters.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from argon2 import PasswordHasher

from netquota.secrets import Keyring, create_key_file
from netquota.storage import schema
from netquota.storage.database import Connection, open_database
from netquota.storage.upgrade import upgrade

PEOPLE = 5_000
PASSWORD = "secretpass"
SECRET = "testing123"
_PROGRAMS = Path("/usr/lib/postgresql/15/bin")


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A private PostgreSQL 15 with Debian's defaults; gives the URL of its database, without the name."""
    own = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    place = Path(tempfile.mkdtemp(prefix="netquota-bench-", dir="/tmp"))
    if own:
        shutil.chown(place, "postgres", "postgres")
    data = place / "data"
    initdb = [_PROGRAMS / "initdb", "-D", data, "-U", "netquota", "-A", "trust", "-E", "UTF8", "--locale=C"]
    subprocess.run(initdb, check=True, capture_output=True, cwd=place, **own)  # type: ignore[call-overload]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [_PROGRAMS / "postgres", "-D", data, "-p", str(port), "-k", place, "-c", "shared_buffers=512MB"]
    with (folder / "postgres.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=place, stdout=log, stderr=log, **own)  # type: ignore[call-overload]
    url = f"postgresql://netquota@127.0.0.1:{port}/"
    try:
        _wait_for(url + "postgres")
        yield url
    finally:
        server.send_signal(signal.SIGINT)  # the fast end: it does not wait for who is still connected
        server.wait(20)
        shutil.rmtree(place, ignore_errors=True)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def new_database(url: str, name: str) -> str:
    """Make an empty database in the cluster; its URL."""
    with psycopg.connect(url + "postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return url + name


def make_city(url: str, key_file: Path, history: int, cheap: bool = True) -> None:
    """One gateway, one OPD, 5,000 people with a monthly quota, and `history` sessions of the past year."""
    if not key_file.exists():
        create_key_file(key_file)
    keyring = Keyring.load(key_file)
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if cheap else PasswordHasher(2, 19_456, 1)
    database = open_database(url)
    upgrade(database)
    with database.write() as connection:
        _policy(connection, keyring, hasher.hash(PASSWORD))
        _history(connection, history)
    if url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
    database.dispose()


def _policy(connection: Connection, keyring: Keyring, password_hash: str) -> None:
    s, month = schema, {"octets": 10**15, "action": "throttle", "throttle_down_bps": 10**6, "throttle_up_bps": 10**6}
    rate = {"rate_down_bps": 10_000_000, "rate_up_bps": 2_000_000}
    connection.execute(s.plan.insert().values(id=1, key="staf", name="Staf", **rate))
    connection.execute(s.opd.insert().values(id=1, code="DISDIK", name="Dinas Pendidikan", default_plan_id=1))
    sealed = keyring.encrypt(SECRET.encode())
    connection.execute(
        s.nas.insert().values(
            id=1, name="bench", address="127.0.0.1", secret_encrypted=sealed, family="mikrotik", can_coa_rate="no"
        )
    )
    connection.execute(s.site.insert().values(id=1, name="Kantor", opd_id=1, nas_id=1))
    connection.execute(s.quota.insert().values(id=1, key="bulan", name="Bulanan", plan_id=1, **month))
    people = [
        {"id": n + 1, "username": f"user{n:05d}", "username_key": f"user{n:05d}", "name": f"Pegawai {n}", "opd_id": 1}
        for n in range(PEOPLE)
    ]
    connection.execute(s.employee.insert().values(password_hash=password_hash), people)


def _history(connection: Connection, sessions: int) -> None:
    """Closed sessions, evenly over people and the past year, generated inside the database."""
    if not sessions:
        return
    numbers = (
        f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {sessions})"
        if connection.dialect.name == "sqlite"
        else f"WITH n(i) AS (SELECT generate_series(0::bigint, {sessions - 1}))"
    )
    now_s = int(time.time())
    sqlite = connection.dialect.name == "sqlite"
    session_id = "printf('%08x', i)" if sqlite else "lpad(to_hex(i), 8, '0')"
    username = "printf('user%05d', i % 5000)" if sqlite else "'user' || lpad((i % 5000)::text, 5, '0')"
    began = f"{now_s} - 31536000 + i * 31000000 / {sessions}"
    statement = (
        f"{numbers} INSERT INTO accounting_session (gateway_id, acct_session_id, username, mac, incarnation_s,"
        " employee_id, site_id, opd_id, framed_ip, started_s, last_event_s, last_arrival_s, ended_s, end_cause,"
        " session_time_s, input_octets, output_octets, counted_input, counted_output)"
        f" SELECT 1, {session_id}, {username},"
        f" '', {began}, i % 5000 + 1, 1, 1, '', {began}, {began} + 3600, {began} + 3600, {began} + 3600,"
        " 'User-Request', 3600, 1000000, 9000000, 1000000, 9000000 FROM n"
    )
    connection.exec_driver_sql(statement if sqlite else statement.replace("%", "%%"))
