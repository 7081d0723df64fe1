"""make bench: netquota beside pyrad's own async server, in one run, alternating; a table, and build/bench.json.

python -m tests.bench [--quick] [--history N] [--only auth|history|morning|lists|pages|rollover|plans|forecasts]
    [--large FOLDER] [--traffic FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from statistics import median

from tests.bench import forecasts, lists, loads, morning, pages, places, plans, rollover, servers
from tests.live.morning import PHONES

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 3
MOST_WARM_UPS = 20


class Bench:
    """The rounds of one invocation, and the rows they give."""

    def __init__(self, folder: Path, seconds: float, rounds: int, postgres: str | None) -> None:
        self.folder, self.seconds, self.rounds = folder, seconds, rounds
        self.postgres = postgres
        self.key_file = folder / "key"
        self.program = loads.generator(folder)
        self.rows: list[dict[str, object]] = []
        self.raw: list[dict[str, object]] = []

    def database(self, kind: str, history: int, name: str) -> str:
        """A city on this kind of database."""
        if kind == "sqlite":
            url = f"sqlite:///{self.folder / name}.sqlite"
        else:
            if self.postgres is None:
                raise RuntimeError("PostgreSQL is not running")
            url = places.new_database(self.postgres, name)
        places.make_city(url, self.key_file, history)
        return url

    def measure(self, label: str, mode: str, serving: servers.Serving) -> loads.Figures:
        """One measured run."""
        figures = loads.run(self.program, mode, serving, self.seconds)
        self.raw.append({"label": label, "mode": mode, **asdict(figures)})
        if figures.lost or figures.wrong:
            print(f"  {label} {mode}: {figures.lost} lost, {figures.wrong} wrong", file=sys.stderr)
        return figures

    def row(self, name: str, ours: float, theirs: float, unit: str, wanted: str) -> None:
        """A line of the table: ours beside theirs, and the ratio."""
        ratio = ours / theirs if theirs else float("nan")
        self.rows.append({"name": name, "ours": ours, "theirs": theirs, "unit": unit, "ratio": ratio, "wanted": wanted})
        print(f"{name:62} {ours:>10,.0f} {theirs:>10,.0f} {unit:6} {ratio:6.2f}  {wanted}", flush=True)


@contextmanager
def warmed(bench: Bench, url: str, workers: int) -> Iterator[servers.Serving]:
    """Our server, every person logged in on each worker: passwords and figures are in memory.

    The generator takes people in turn, and each of its sockets has one worker: four turns a worker reach all.
    """
    with servers.netquota(url, bench.key_file, workers, bench.folder / "netquota.log") as serving:
        answered, wanted = 0.0, 4 * places.PEOPLE * workers
        for _ in range(MOST_WARM_UPS):
            seconds = max(2.0, bench.seconds / 2)
            answered += seconds * loads.run(bench.program, "auth", serving, seconds).rate
            if answered >= wanted:
                break
        yield serving


def beside_pyrad(bench: Bench, kind: str, workers: int) -> None:
    """Log-ins with a quota decision, and durable reports, alternating with pyrad's server."""
    url = bench.database(kind, 0, f"{kind}_{workers}")
    ours: dict[str, list[float]] = {"auth": [], "acct": []}
    theirs: dict[str, list[float]] = {"auth": [], "acct": []}
    for _ in range(bench.rounds):
        with warmed(bench, url, workers) as serving:
            for mode, found in ours.items():
                found.append(bench.measure(f"netquota {kind} x{workers}", mode, serving).rate)
        with servers.pyrad_server(bench.folder / "pyrad.log") as serving:
            for mode, found in theirs.items():
                found.append(bench.measure("pyrad", mode, serving).rate)
    wanted = ">= 2 a worker" if workers == 1 else ""
    bench.row(f"PAP log-in with quota decision, {kind}, {workers} worker(s) / pyrad",
              median(ours["auth"]), median(theirs["auth"]), "1/s", wanted)  # fmt: skip
    bench.row(f"durable Interim-Update, {kind}, {workers} worker(s) / pyrad (records nothing)",
              median(ours["acct"]), median(theirs["acct"]), "1/s", "")  # fmt: skip


def slope(bench: Bench, kind: str, history: int) -> None:
    """The same loads with a long history and with none, alternating."""
    urls = {size: bench.database(kind, size, f"{kind}_history_{size}") for size in (0, history)}
    found: dict[tuple[int, str], list[float]] = {}
    for _ in range(bench.rounds):
        for size, url in urls.items():
            with warmed(bench, url, 1) as serving:
                for mode in ("auth", "acct"):
                    rate = bench.measure(f"netquota {kind} history {size}", mode, serving).rate
                    found.setdefault((size, mode), []).append(rate)
    for mode, name in (("auth", "PAP log-in"), ("acct", "durable Interim-Update")):
        with_history, without = median(found[history, mode]), median(found[0, mode])
        bench.row(f"{name}, {kind}, {history:,} past sessions / none", with_history, without, "1/s", ">= 0.9")


def office_morning(bench: Bench, kind: str) -> None:
    """First log-ins at the portal, all at once: seconds until the last is through."""
    if kind == "sqlite":
        url = f"sqlite:///{bench.folder / 'morning'}.sqlite"
    else:
        url = places.new_database(bench.postgres or "", "morning")
    found = morning.measured(url, bench.folder / f"morning-{kind}")
    for problem in found.wrong[:3]:
        print(f"  morning {kind}: {problem}", file=sys.stderr)
    name = f"{PHONES} first log-ins at the portal at once, {kind}: the last waits ({len(found.wrong)} error pages)"
    bench.row(name, found.last_s, float("nan"), "s", "no error page")


def list_of_people(bench: Bench, kind: str) -> None:
    """A list of 5,000 employees, 30 of them bad, each told by row and column; and the sound list applied."""
    for form in ("csv", "xlsx"):
        url = (
            lists.of_folder(bench.folder, form)
            if kind == "sqlite"
            else places.new_database(bench.postgres or "", f"lists_{form}")
        )
        found = lists.measured(url, form)
        if (found.faults, found.named) != (lists.BAD, lists.BAD):
            print(f"  {found.faults} faults, {found.named} with row and column", file=sys.stderr)
        name = f"list of {lists.ROWS:,} people, {lists.BAD} bad, {form}, {kind}"
        bench.row(f"{name}: judged / 10 s", found.judged_s * 1000, 10_000, "ms", "<= 1")
        bench.row(f"{name}: applied / 10 s", found.applied_s * 1000, 10_000, "ms", "<= 1")


def admin_pages(bench: Bench) -> None:
    """The server's time for each admin page of the large sample city, on SQLite."""
    settings = pages.large_city(bench.folder / "large")
    for timed in pages.measured(settings):
        bench.row(f"page {timed.address}: P95 / 200 ms", timed.p95_ms, 200, "ms", "<= 1")


def midnight(bench: Bench, kind: str) -> None:
    """100,000 quotas turn while accounting goes on: how long it takes, and how long a report waits meanwhile."""
    url = (
        f"sqlite:///{bench.folder / 'rollover'}.sqlite"
        if kind == "sqlite"
        else places.new_database(bench.postgres or "", "rollover")
    )
    found = rollover.measured(url, bench.key_file, bench.folder, bench.program)
    if found.turned != rollover.QUOTAS or found.load.lost:
        print(f"  {found.turned} turned, {found.load.lost} reports lost", file=sys.stderr)
    name = f"{rollover.QUOTAS:,} quotas turned while accounting goes on, {kind}"
    bench.row(f"{name}: took / 10 s", found.took_s * 1000, 10_000, "ms", "<= 1")
    bench.row(f"{name}: p99 of replies / 200 ms ({found.load.rate:,.0f}/s)", found.load.p99_ms, 200, "ms", "<= 1")


def planning(bench: Bench, folder: Path | None) -> None:
    """Pages, studies and a document on sixty offices with thirteen months of samples (SQLite)."""
    found = plans.measured(folder or bench.folder / "large")
    bench.row(f"slowest planning page, 60 offices: {found.slowest}", found.slowest_s * 1000, 1_000, "ms", "<= 1")
    bench.row("budget document, from choices to DOCX, PDF and XLSX", found.document_s * 1000, 10_000, "ms", "<= 1")
    bench.row("studies of all offices and links", found.studies_s, float("nan"), "s", "")


def forecasting(bench: Bench, traffic: Path | None) -> None:
    """The back-tests and hidden demand, as docs/planning.md shows them."""
    print(f"{'series':12} {'n':>6} {'model':22} {'MASE':>8} {'coverage':>8} {'pinball':>8} origins scored")
    for one in forecasts.backtests(traffic):
        print(one, flush=True)
        bench.raw.append({"label": "forecast", **asdict(one)})
    print(f"{'ceiling':>7} {'seed':>5} {'censored %':>10} {'plain p95':>10} {'estimate':>10}  error in %")
    for each in forecasts.hidden():
        print(each, flush=True)
        bench.raw.append({"label": "hidden demand", **asdict(each)})


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round: shows that it works, not how fast")
    parser.add_argument("--history", type=int, default=1_000_000, help="past sessions for the slope")
    parts = ["auth", "history", "morning", "lists", "pages", "rollover", "plans", "forecasts"]
    parser.add_argument("--only", choices=parts, help="a part")
    parser.add_argument("--large", type=Path, help="folder of a large sample city; made where it is not there")
    parser.add_argument("--traffic", type=Path, help="hourly values, one a line: a series beside the public ones")
    parser.add_argument("--kinds", default="sqlite,postgresql", help="databases")
    asked = parser.parse_args()
    seconds, rounds = (2.0, 1) if asked.quick else (6.0, ROUNDS)
    history = min(asked.history, 20_000) if asked.quick else asked.history
    kinds = asked.kinds.split(",")
    with tempfile.TemporaryDirectory(prefix="netquota-bench-") as name:
        folder = Path(name)
        cluster = places.postgresql(folder) if "postgresql" in kinds else nullcontext(None)
        with cluster as postgres:
            bench = Bench(folder, seconds, rounds, postgres)
            print(f"{'':62} {'ours':>10} {'theirs':>10} {'':6} {'ratio':>6}  wanted")
            for kind in kinds:
                if asked.only in (None, "auth"):
                    for workers in (1, 2):
                        beside_pyrad(bench, kind, workers)
                if asked.only in (None, "history"):
                    slope(bench, kind, history)
                if asked.only in (None, "morning"):
                    office_morning(bench, kind)
                if asked.only in (None, "lists"):
                    list_of_people(bench, kind)
                if asked.only in (None, "rollover"):
                    midnight(bench, kind)
            if asked.only == "pages" or (asked.only is None and not asked.quick):
                admin_pages(bench)
            if asked.only == "plans" or (asked.only is None and not asked.quick):
                planning(bench, asked.large)
            if asked.only == "forecasts":
                forecasting(bench, asked.traffic)
    _write(bench)


def _write(bench: Bench) -> None:
    machine = {
        "machine": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version, "system": platform.platform(),
    }  # fmt: skip
    path = ROOT / "build" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"machine": machine, "rows": bench.rows, "raw": bench.raw}, indent=1) + "\n")
    print(f"written: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
