"""The load: a closed-loop generator in C (radload.c), compiled when the bench runs; one JSON line a run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bench.places import PEOPLE, SECRET
from tests.bench.servers import Serving, cpu_seconds, resident_mb

WINDOW = 64
WARM_UP_S = 2.0  # sessions begin, caches fill and statements are prepared before anything is measured


@dataclass(frozen=True, slots=True)
class Figures:
    """One run: valid answers a second, latencies (ms), answers that never came, CPU seconds per 1,000, memory (MB)."""

    rate: float
    p50_ms: float
    p99_ms: float
    lost: int
    wrong: int
    cpu_per_1000: float
    resident_mb: float


def generator(folder: Path) -> Path:
    """Compile the generator. Exits with a clear line where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        sys.exit("make bench compiles its load generator: install gcc and libssl-dev")
    program = folder / "radload"
    source = Path(__file__).with_name("radload.c")
    subprocess.run([compiler, "-O2", "-w", "-o", program, source, "-lcrypto"], check=True)
    return program


def run(
    program: Path, mode: str, serving: Serving, seconds: float, people: int = PEOPLE, window: int = WINDOW
) -> Figures:
    """One run of a mode (auth, acct, mixed) against a server: a warm-up, then so many seconds that are measured."""
    port = serving.acct_port if mode == "acct" else serving.auth_port
    command = [program, mode, "127.0.0.1", str(port), SECRET, "-t", str(seconds), "-w", str(window), "-u", str(people)]
    command += ["-k", str(WARM_UP_S), "-n", "5000000", "-s", "8", "-m", "-P", str(serving.acct_port)]
    before = cpu_seconds(serving.pids)
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    cpu = cpu_seconds(serving.pids) - before
    wrong = told["reject"] + told["bad"]
    return Figures(
        told["rps"],
        told["p50_ms"],
        told["p99_ms"],
        told["lost"],
        wrong,
        1000 * cpu / max(1, told["all"]),
        resident_mb(serving.pids),
    )
