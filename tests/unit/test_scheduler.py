"""The clock's door: it wakes at dues, shows the city's figures while it works, and ends when asked to."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest

from netquota.clock import SystemClock
from netquota.domain.units import Rate
from netquota.metrics import Metrics
from netquota.ports import SCHEDULER_INDEX
from netquota.scheduler import NOTHING_IN_SIGHT, CityBoard, DueTrigger
from netquota.secrets import create_key_file
from netquota.services.city_figures import CityFigures
from netquota.services.job_desk import JobLine
from netquota.services.job_runner import LEASE_NAME
from netquota.settings import Settings, as_environment, load
from netquota.storage import job_store, lease_store
from netquota.storage.database import Database
from netquota.storage.job_store import Run, RunState

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 24, 5, tzinfo=UTC)
RUN = Run("roll_over", 1990, 1995, 2000, RunState.DONE, "", 1)
ROLL_OVER = JobLine("roll_over", "", RUN, 2000, 3000)


def figures(offices: int, gateways: int) -> CityFigures:
    codes, names = [f"opd-{n}" for n in range(offices)], [f"gw-{n}" for n in range(gateways)]
    return CityFigures(
        dict.fromkeys(codes, (7, 3)), dict.fromkeys(codes, Rate(80_000_000, 8_000_000)), dict.fromkeys(codes, 0.5),
        dict.fromkeys(names, 9), dict.fromkeys(names, 1000), {"roll_over": 2000}, jobs=[ROLL_OVER],
    )  # fmt: skip


def shown(metrics: Metrics) -> set[str]:
    lines = generate_latest(metrics.registry).decode().splitlines()
    return {line for line in lines if line.startswith(("netquota_opd", "netquota_sessions", "netquota_scheduler"))}


def test_a_trigger_fires_at_the_next_due_as_it_is_asked_then() -> None:
    dues = iter([int(NOON.timestamp()) + 60, None])
    trigger = DueTrigger(lambda _now_s: next(dues))
    assert trigger.get_next_fire_time(None, NOON) == NOON + timedelta(seconds=60)
    assert trigger.get_next_fire_time(None, NOON) == NOON + NOTHING_IN_SIGHT  # asked again, never forgotten


def test_figures_of_the_city_are_shown_in_bytes_and_taken_away_with_the_lease() -> None:
    metrics = Metrics()
    board = CityBoard(metrics)
    board.show(figures(1, 1))
    assert shown(metrics) >= {
        'netquota_opd_traffic_bytes_total{direction="down",opd="opd-0"} 7.0',
        'netquota_opd_rate_limit_bytes_per_second{direction="up",opd="opd-0"} 1e+06',
        'netquota_opd_quota_used_ratio{opd="opd-0"} 0.5',
        'netquota_sessions_active{nas="gw-0"} 9.0',
        'netquota_scheduler_job_last_success_timestamp_seconds{job="roll_over"} 2000.0',
        'netquota_scheduler_job_last_run_timestamp_seconds{job="roll_over"} 1995.0',
        'netquota_scheduler_job_next_due_timestamp_seconds{job="roll_over"} 3000.0',
        'netquota_scheduler_job_duration_seconds{job="roll_over"} 5.0',
        'netquota_scheduler_job_lateness_seconds{job="roll_over"} 5.0',
        'netquota_scheduler_job_succeeded{job="roll_over"} 1.0',
    }
    board.show(None)
    assert shown(metrics) == set()


def test_an_office_that_is_gone_leaves_the_others_standing() -> None:
    metrics = Metrics()
    board = CityBoard(metrics)
    board.show(figures(2, 2))
    board.show(figures(1, 1))
    assert not any("opd-1" in line or "gw-1" in line for line in shown(metrics))
    assert any("opd-0" in line for line in shown(metrics))


def test_a_citys_figures_stay_within_the_budget_of_series() -> None:
    metrics = Metrics()
    CityBoard(metrics).show(figures(60, 100))
    assert len(shown(metrics)) <= 1_000  # of 5,000, which workers share


# -- as a process ---------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def settings(sqlite_database: Database, tmp_path: Path) -> Settings:
    create_key_file(tmp_path / "netquota.key")
    overrides: dict[str, object] = {
        "state_dir": tmp_path, "database.url": sqlite_database.url, "security.key_file": tmp_path / "netquota.key",
        "metrics.port": free_port() - SCHEDULER_INDEX, "scheduler.lease_s": 5,
    }  # fmt: skip
    return load(env={}, overrides=overrides)


@pytest.fixture
def process(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "netquota.cli", "scheduler"]
    env = {"PATH": "/usr/bin:/bin", **as_environment(settings)}
    started: Any = subprocess.Popen(command, env=env, cwd=ROOT, stderr=subprocess.PIPE)
    try:
        yield started
    finally:
        started.kill()
        started.wait()
        started.stderr.close()


def test_it_works_shows_metrics_and_gives_its_lease_back_when_asked_to_end(
    process: subprocess.Popen[bytes], settings: Settings, sqlite_database: Database
) -> None:
    assert process.stderr is not None
    said = b""
    while b"octets, verified" not in said:  # the first look at what is due, with the nightly copy
        line = process.stderr.readline()
        assert line, said
        said += line
    address = f"http://127.0.0.1:{settings.metrics.port + SCHEDULER_INDEX}/metrics"
    with urllib.request.urlopen(address, timeout=5) as answer:
        assert b"netquota_build_info" in answer.read()
    now_s = int(SystemClock().now().timestamp())
    with sqlite_database.read() as connection:
        lease = lease_store.standing(connection, LEASE_NAME)
        assert lease is not None
        assert lease.holds_at(now_s)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    with sqlite_database.read() as connection:
        assert lease_store.standing(connection, LEASE_NAME) is None
        assert "stale" in job_store.last_runs(connection)
