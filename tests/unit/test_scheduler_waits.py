"""What waits for others holds up no edge: a mail server, a study, gateways that do not answer."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from netquota import planner
from netquota.channels import Message
from netquota.clock import SystemClock
from netquota.domain.notices import Channel, Topic
from netquota.messenger import Messenger
from netquota.planner import Planner
from netquota.scheduler import Scheduler
from netquota.secrets import Keyring, create_key_file
from netquota.services.job_runner import JobRunner
from netquota.services.notice_addressing import address_book
from netquota.services.notices import tell
from netquota.services.shift import Shift
from netquota.settings import Settings, as_environment
from netquota.storage import job_store, plan_store, schema
from netquota.storage.database import Database
from netquota.storage.policy_store import record_change
from tests.live.workers import until

SOON_S = 4
LATE_S = 10
"""Of a machine that others use, too; what hangs here hangs for a minute."""
HANGS_S = 60.0


@dataclass
class Hanging:
    """Something that does not come back before it is let go."""

    begun: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)

    def hang(self) -> str:
        self.begun.set()
        self.let_go.wait(HANGS_S)
        return "let go"

    def send(self, message: Message) -> str:
        """As a way to send notices by."""
        return self.hang()


@dataclass
class Waits:
    """A scheduler of which each part that waits for others hangs."""

    database: Database
    settings: Settings
    scheduler: Scheduler
    mail: Hanging
    gateways: Hanging
    study: Path


@pytest.fixture
def waits(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Waits]:
    study = tmp_path / "study-begun"
    command = f"import pathlib, time; pathlib.Path({str(study)!r}).touch(); time.sleep({HANGS_S})"
    monkeypatch.setattr(planner, "COMMAND", (sys.executable, "-c", command))
    create_key_file(tmp_path / "netquota.key")
    settings = Settings.model_validate({
        "state_dir": tmp_path, "database": {"url": sqlite_database.url},
        "security": {"key_file": tmp_path / "netquota.key"},
        "notices": {"admins": "mail:noc@kota.go.id", "mail_from": "n@kota.go.id", "quiet_hours": ""},
    })  # fmt: skip
    clock, keyring, mail, gateways = SystemClock(), Keyring.load(tmp_path / "netquota.key"), Hanging(), Hanging()
    runner = JobRunner(sqlite_database, keyring, settings, clock)

    def ask(_shift: Shift, _due_s: int) -> str:
        return gateways.hang()

    silent = replace(runner.jobs["interfaces"], body=ask)
    runner.jobs = {**runner.jobs, "interfaces": silent}
    scheduler = Scheduler(settings, sqlite_database, runner, clock)
    ways = {Channel.MAIL: mail}
    sends = Messenger(
        sqlite_database, clock, ways, address_book(settings, ways), settings.notices, lambda: runner.lease
    )
    plans = Planner(sqlite_database, clock, as_environment(settings), lambda: scheduler.works)
    thread = threading.Thread(target=scheduler.run, daemon=True)
    for part in (thread, sends, plans):
        part.start()
    try:
        yield Waits(sqlite_database, settings, scheduler, mail, gateways, study)
    finally:
        for each in (mail, gateways):
            each.let_go.set()
        plans.stop()
        sends.stop()
        scheduler.stop()
        thread.join(HANGS_S)


def evening_comes(waits: Waits) -> int:
    """A window of a schedule begins in a few seconds; the epoch second."""
    now = datetime.now(UTC)
    begins = now.astimezone(waits.settings.city.zone).replace(microsecond=0) + timedelta(seconds=SOON_S)
    values: dict[str, Any] = {
        "position": 1, "name": "Malam", "weekdays": "0,1,2,3,4,5,6", "from_time": f"{begins:%H:%M:%S}",
        "to_time": f"{begins + timedelta(hours=6):%H:%M:%S}", "rate_down_bps": 4_000_000, "rate_up_bps": 4_000_000,
    }  # fmt: skip
    with waits.database.write() as connection:
        made = connection.execute(insert(schema.schedule).values(key="malam", name="Malam")).inserted_primary_key
        assert made is not None
        connection.execute(insert(schema.schedule_window).values(schedule_id=made[0], **values))
        plan = {"key": "staf", "name": "Staf", "rate_down_bps": 10_000_000, "rate_up_bps": 10_000_000}
        connection.execute(insert(schema.plan).values(plan | {"schedule_id": made[0]}))
        record_change(connection, "schedule", made[0], int(now.timestamp()))
    return int(begins.timestamp())


def test_what_hangs_holds_up_no_edge_of_a_schedule(waits: Waits) -> None:
    now_s = int(datetime.now(UTC).timestamp())
    with waits.database.write() as connection:
        tell(connection, "gw", Topic.GATEWAY_SILENT, {"what": "gw", "since_s": now_s}, now_s)
        plan_store.ask(connection, plan_store.STUDY, "", "scheduler", now_s)
        job_store.put(connection, "interfaces", now_s, now_s, job_store.RunState.WANTED, "wanted by the test")
    until(waits.mail.begun.is_set, "the mail server hangs", 60)
    until(waits.gateways.begun.is_set, "gateways are asked", 60)
    until(waits.study.exists, "the study has begun", 60)
    begins_s = evening_comes(waits)

    def edge() -> job_store.Run | None:
        with waits.database.read() as connection:
            found = [run for run in job_store.runs(connection, "edges", 10) if run.due_s == begins_s]
        return found[0] if found and found[0].ended_s is not None else None

    until(lambda: edge() is not None, "the edge", HANGS_S / 2)
    run = edge()
    assert run is not None
    assert run.ended_s is not None
    assert run.ended_s - begins_s <= LATE_S
    assert not waits.mail.let_go.is_set()
    assert waits.scheduler.works
