"""The server's time for each admin page of a large city: 5,000 employees, 60 offices, 13 months of samples."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from flask.testing import FlaskClient

from netquota.cli.demo import make_or_go_on
from netquota.cli.preparation import prepare
from netquota.settings import Settings
from web.app import create_app

ROUNDS = 12
PAGES = (
    "/overview", "/opds", "/opds/DISKOMINFO", "/employees", "/employees?q=santoso", "/employees/hendra.kusuma",
    "/sessions", "/denials", "/plans", "/quotas", "/rotation", "/gateways", "/gateways/gw-balaikota", "/links",
    "/links/Tautan%20Layanan", "/allocation", "/drafts", "/applications", "/requests", "/imports", "/audit", "/notices",
    "/search?q=santoso", "/bulk/employee?field=status", "/employees?quota=spent", "/employees?sort=-seen", "/devices",
    "/enforced", "/events", "/rounds", "/vouchers", "/slips", "/days-off", "/admins",
    "/system", "/help", "/hotspot-pages", "/edit/opd/DISKOMINFO", "/sites/Balai%20Kota", "/gateway-watch/gw-balaikota",
)  # fmt: skip
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True)
class Timed:
    """Milliseconds of one page: the 95th percentile and the longest of its rounds."""

    address: str
    p95_ms: float
    longest_ms: float


def large_city(folder: Path) -> Settings:
    """Make the large sample city in an empty folder, or find it there; some minutes."""
    settings = Settings.model_validate({
        "state_dir": str(folder), "database": {"url": f"sqlite:///{folder / 'netquota.sqlite'}"},
        "security": {"key_file": str(folder / "key")},
    })  # fmt: skip
    standing = make_or_go_on(settings, prepare(settings), None, large=True)
    if standing.admin_password is not None:
        (folder / "admin").write_text(standing.admin_password)
    return settings


def measured(settings: Settings) -> list[Timed]:
    """Each page asked for in turn, the first round left out: the process has read policy by then."""
    client = create_app(settings).test_client()
    _sign_in(client, (settings.state_dir / "admin").read_text())
    took: dict[str, list[float]] = {address: [] for address in PAGES}
    for number in range(ROUNDS + 1):
        for address in PAGES:
            began = perf_counter()
            answer = client.get(address, follow_redirects=True)  # a search that finds one thing leads to it
            spent = (perf_counter() - began) * 1000
            if answer.status_code != 200:
                raise RuntimeError(f"{address}: {answer.status_code}")
            if number:
                took[address].append(spent)
    return [Timed(address, sorted(times)[len(times) * 95 // 100], max(times)) for address, times in took.items()]


def _sign_in(client: FlaskClient, password: str) -> None:
    found = _TOKEN.search(client.get("/login").text)
    if found is None:
        raise RuntimeError("the log-in page has no form")
    answer = client.post("/login", data={"username": "admin", "password": password, "csrf_token": found[1]})
    if answer.status_code != 302:
        raise RuntimeError(f"not signed in: {answer.status_code}")
