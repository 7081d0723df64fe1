"""The row of midnight: 100,000 quotas turn, each handing on what is left, while accounting goes on.

The scheduler is a process of its own, as always, whose clock stands before the month's end and is then moved over it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, update

from netquota.domain.quota import Quota, bounds_of
from netquota.logging import configure
from netquota.secrets import Keyring
from netquota.services.job_runner import JobRunner
from netquota.settings import Settings
from netquota.storage import schema
from netquota.storage.database import open_database
from netquota.storage.policy_store import load_snapshot
from tests.bench import loads, places, servers

QUOTAS = 100_000
LEFT = 40 * 10**9
LOAD_S = 20.0
WINDOW = 8
_JOB = "roll_over"


@dataclass(frozen=True, slots=True)
class Rollover:
    """What was measured: seconds until all had turned, how many handed something on; the load meanwhile."""

    took_s: float
    turned: int
    load: loads.Figures


@dataclass
class MovedClock:
    """The clock of this machine, moved by so many seconds."""

    ahead_s: float = 0.0

    def now(self) -> datetime:
        """Now, moved."""
        return datetime.now(UTC) + timedelta(seconds=self.ahead_s)

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()


def measured(url: str, key_file: Path, folder: Path, program: Path) -> Rollover:
    """Make the city at `url`, then turn its quotas under the load."""
    places.make_city(url, key_file, 0)
    _grow(url, key_file)
    with servers.netquota(url, key_file, 1, folder / "netquota.log") as serving:
        command = [sys.executable, "-m", "tests.bench.rollover", url, str(key_file)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as scheduler:
            assert scheduler.stdin is not None
            assert scheduler.stdout is not None
            assert scheduler.stdout.readline() == "ready\n"
            scheduler.stdin.write(f"{loads.WARM_UP_S + 2}\n")
            scheduler.stdin.flush()
            load = loads.run(program, "acct", serving, LOAD_S, window=WINDOW)
            told = json.loads(scheduler.stdout.readline())
    return Rollover(told["took_s"], told["turned"], load)


def _grow(url: str, key_file: Path) -> None:
    """People up to 100,000, each with a ledger row of this month of which half is left, carried on by half."""
    database, keyring = open_database(url), Keyring.load(key_file)
    e, q = schema.employee, schema.quota
    with database.write() as connection:
        people = [
            {"id": n + 1, "username": f"more{n:06d}", "username_key": f"more{n:06d}", "name": f"P {n}", "opd_id": 1}
            for n in range(places.PEOPLE, QUOTAS)
        ]
        connection.execute(e.insert(), people)
        carried = {"carry_share_permille": 500, "carry_cap_octets": 10**15, "octets": 2 * LEFT}
        connection.execute(update(q).values(**carried))
        bounds = bounds_of(_quota(connection, keyring), int(time.time()))
        row = {"quota_id": 1, "period_start_s": bounds[0], "period_end_s": bounds[1], "used": LEFT}
        connection.execute(schema.ledger_entry.insert(), [{**row, "subject_id": n + 1} for n in range(QUOTAS)])
    database.dispose()


def _quota(connection: object, keyring: Keyring) -> Quota:
    snapshot = load_snapshot(connection, keyring, Settings().city.zone)  # type: ignore[arg-type]
    return next(iter(snapshot.quotas.values()))


def turn(url: str, key_file: Path) -> None:
    """The scheduler's side: tells when it is ready, waits for how long to wait, turns, tells how it went."""
    configure("critical")
    database, keyring, clock = open_database(url), Keyring.load(key_file), MovedClock()
    runner = JobRunner(database, keyring, Settings(), clock, "bench")
    runner.beat()
    runner.catch_up(_JOB)  # its first look at the clock: from here on nothing is missed
    print("ready", flush=True)
    time.sleep(float(sys.stdin.readline()))
    with database.read() as connection:
        ends_s = bounds_of(_quota(connection, keyring), int(time.time()))[1]
    clock.ahead_s = ends_s + 1 - time.time()
    began = time.monotonic()
    runner.beat()
    done = runner.catch_up(_JOB)
    took_s = time.monotonic() - began
    lots = schema.quota_lot.c
    with database.read() as connection:
        rows = select(func.count()).select_from(schema.quota_lot).where(lots.period_start_s == ends_s, lots.octets > 0)
        turned = connection.execute(rows).scalar_one()
    print(json.dumps({"took_s": took_s, "turned": turned if done == [ends_s] else 0}), flush=True)


if __name__ == "__main__":
    turn(sys.argv[1], Path(sys.argv[2]))
