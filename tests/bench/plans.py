"""Planning on the large sample city: how long pages take, the studies of all offices, and a budget document."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from netquota.clock import SystemClock
from netquota.secrets import Keyring
from netquota.services.office import Author
from netquota.services.planning import budget_desk, computing
from netquota.settings import Settings, load
from netquota.storage.database import Database, open_database
from tests.web_city import WebCity
from web.app import create_app

PAGES = (
    "/planning/", "/planning/links/Tautan Balai Kota", "/planning/opds/DISDUKCAPIL",
    "/planning/measure/opd/DISDUKCAPIL", "/planning/scenarios", "/planning/division/Tautan Balai Kota",
    "/planning/budget", "/planning/budget/new", "/planning/budget/{made}", "/planning/reports",
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """Seconds: all studies, the slowest page (and which), a document from choices to its three files."""

    studies_s: float
    slowest_s: float
    slowest: str
    document_s: float


def measured(folder: Path) -> Measured:
    """Make the city in `folder` (some minutes) unless it stands there, and measure."""
    settings = _made(folder)
    database, keyring = open_database(settings.database.url), Keyring.load(settings.security.key_file)
    try:
        begun = perf_counter()
        computing.compute(database, settings.city.zone, SystemClock())
        studies_s = perf_counter() - begun
        city = WebCity(create_app(settings, SystemClock(), database, keyring), database, keyring, SystemClock())  # type: ignore[arg-type]
        document_s, made = _document(city, database, settings)
        slowest_s, slowest = max(_pages(city, made))
    finally:
        database.dispose()
    return Measured(studies_s, slowest_s, slowest, document_s)


def _made(folder: Path) -> Settings:
    settings = load(env={}, overrides={"state_dir": str(folder)})
    if not (folder / "netquota.sqlite").exists():
        command = [sys.executable, "-m", "netquota.cli", "demo", "--large", "--only-make", "--state-dir", str(folder)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "NETQUOTA_CONFIG": ""})
    return settings


def _document(city: WebCity, database: Database, settings: Settings) -> tuple[float, int]:
    choices = budget_desk.Choices(budget_desk.BudgetKind.APBD, city.office.today.year + 1)
    begun = perf_counter()
    row = budget_desk.draft(city.office, settings, choices, Author("bench", "bench"))
    budget_desk.make_files(database, settings, row.id, lambda *_: None)
    return perf_counter() - begun, row.id


def _pages(city: WebCity, made: int) -> list[tuple[float, str]]:
    """Each page's second opening, as an office has it all day."""
    city.add_admin(f"bench{made}", "planner")
    client, found = city.browser(f"bench{made}"), list[tuple[float, str]]()
    for page in PAGES:
        address = page.format(made=made)
        client.get(address)
        begun = perf_counter()
        answer = client.get(address)
        found.append((perf_counter() - begun, page))
        if answer.status_code != 200:
            raise RuntimeError(f"{page} answers {answer.status_code}")
    return found
