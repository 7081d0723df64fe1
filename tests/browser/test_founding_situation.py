"""What netquota was begun for, in a browser: Disdukcapil with its VPN and DPMPTSP with its mall share one of two links;
both ask for more, and the ICT office argues for the revision of the budget (APBD-P) with figures."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netquota.cli.desk import office_of
from netquota.cli.preparation import prepare
from netquota.documents.rab import rab
from netquota.domain.requests import Wanted
from netquota.domain.units import Rate
from netquota.lifeline import SUPERVISOR_VARIABLE
from netquota.services import requests
from netquota.services.allocate import add
from netquota.services.office import Author
from netquota.services.planning import budget_desk
from netquota.services.requests import Filing
from netquota.settings import Settings, as_environment
from netquota.storage import budget_store
from tests import plan_city
from tests.browser.chrome import DESK, PHONE, Browser, browser
from tests.browser.looking import seen
from tests.browser.stack import _free_tcp_port, _stop  # pyright: ignore[reportPrivateUsage]
from tests.live.workers import settings_for, until

pytestmark = pytest.mark.needs("chromium", "chromium-driver")
PASSWORD = "kuda nil di sawah"
BY = Author("uji", "tests")
M = 10**6
LINK = "Tautan Layanan"
PAGES = (
    "/planning/", f"/planning/links/{LINK}", "/planning/opds/DISDUKCAPIL", "/planning/measure/opd/DISDUKCAPIL",
    f"/planning/division/{LINK}", "/planning/scenarios?growth=20", "/planning/budget", "/planning/reports",
)  # fmt: skip


@dataclass
class Installation:
    """Web and scheduler on the small city with half a year of use."""

    settings: Settings
    processes: list[subprocess.Popen[bytes]]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.web.port}"

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def running(folder: Path) -> Iterator[Installation]:
    settings = settings_for(
        f"sqlite:///{folder / 'netquota.sqlite'}", folder, web__port=_free_tcp_port(), web__threads=4,
        city__name="Kota Teluk Arunika", log__format="json",
    )  # fmt: skip
    keyring = prepare(settings)
    with office_of(settings, keyring) as office:
        plan_city.make(office)
        for name, role in (("rina", "planner"), ("bima", "head_of_office"), ("tono", "network_admin")):
            add(office, "admin", {"username": name, "name": name.title(), "role": role, "password": PASSWORD}, BY)
        for code, rate, why in (
            ("DISDUKCAPIL", Rate(20 * M, 10 * M), "VPN SIAK tersendat pada jam layanan"),
            ("DPMPTSP", Rate(30 * M, 15 * M), "Loket baru di Mal Pelayanan Publik"),
        ):
            requests.file_request(office, Filing(code, Wanted(rate), why), Author(code.lower(), why))
    found = Installation(settings, [], folder / "log")
    environment = {
        **os.environ, **as_environment(settings), SUPERVISOR_VARIABLE: str(os.getpid()),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }  # fmt: skip
    try:
        with found.log.open("ab") as log:
            for door in ("web", "scheduler"):
                command = [sys.executable, "-m", "netquota.cli", door]
                found.processes.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
        yield found
    finally:
        _stop(found)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(tmp_path_factory.mktemp("founding")) as found:
        yield found


def signed_in(window: Browser, username: str) -> Browser:
    window.open("/login")
    window.fill("username", username)
    window.fill("password", PASSWORD)
    window.press("main form button.btn-primary")
    return window


@pytest.fixture
def window(city: Installation, tmp_path: Path) -> Iterator[Browser]:
    import socket

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", city.settings.web.port)) == 0

    until(answers, "the web door answers", 60.0, 0.1)
    with browser(tmp_path, city.url) as found:
        found.look_on(DESK)
        yield found


def test_two_offices_on_a_full_link_become_an_approved_request_for_the_revision(
    city: Installation, window: Browser, axe: str
) -> None:
    planner = signed_in(window, "rina")
    planner.open("/planning/")
    planner.press("main form button")  # compute now: the process that plans does it
    until(lambda: _computed(planner), "the studies are there", 90.0, 1.0)
    planner.sees(LINK)
    planner.keep_picture("planning-capacity", DESK, whole=True)
    planner.open(f"/planning/links/{LINK}")
    planner.sees("Dua belas minggu terakhir")
    planner.keep_picture("planning-link", DESK, whole=True)
    planner.open("/planning/opds/DISDUKCAPIL")
    planner.sees("diukur dari sesi dan antarmuka")  # the VPN is measured at its interface
    planner.sees("perkiraan")
    planner.look_on(PHONE)
    planner.keep_picture("planning-opd", PHONE, whole=True)
    planner.look_on(DESK)

    number = _made(planner, datetime.now(UTC).year)
    planner.sees("KONSEP versi 1")
    planner.sees("adendum", ".paper")
    planner.keep_picture("budget-document", DESK, whole=True)
    planner.look_on(PHONE)
    planner.keep_picture("budget-document", PHONE, whole=True)
    planner.look_on(DESK)
    until(lambda: _has_files(city, number), "the files are made", 120.0, 0.5)

    wrong = {
        address: found for address in [*PAGES, f"/planning/budget/{number}"] if (found := _seen(planner, axe, address))
    }
    assert wrong == {}
    planner.driver.delete_all_cookies()
    head = signed_in(window, "bima")
    head.open(f"/planning/budget/{number}")
    head.press("section[aria-labelledby=h-approve] button")
    head.sees("000.5/KAK-001/KOMINFO/")
    until(lambda: _has_files(city, number), "the files are made anew, with the number", 120.0, 0.5)
    _figures_agree(city, number)
    assert head.complaints() == []


def _seen(planner: Browser, axe: str, address: str) -> list[str]:
    """What is wrong with a page that has figures, on desk and phone, light and dark."""
    planner.complaints()
    planner.look_on(DESK)
    planner.open(address)
    return seen(planner, axe, "planning-" + address.strip("/").replace("/", "-").replace(" ", "-"))


def _computed(planner: Browser) -> bool:
    planner.open("/planning/")
    return LINK in planner.text("main") and not planner.all("#task")


def _made(planner: Browser, year: int) -> int:
    planner.open("/planning/budget/new")
    planner.driver.execute_script("document.querySelector('[name=kind]').value = 'APBD-P'")
    month = min(datetime.now(UTC).month + 1, 12)
    planner.driver.execute_script(f"document.querySelector('[name=change_from]').value = '{year}-{month:02}-01'")
    planner.fill("year", str(year))
    for name, text in (
        ("head_name", "Drs. H. Bima Segara, M.Si."), ("head_position", "Kepala Dinas"),
        ("planner_name", "Rina Prameswari"),
    ):  # fmt: skip
        planner.fill(name, text)
    planner.keep_picture("budget-wizard", DESK, whole=True)
    planner.press("main form button.btn-primary")
    return int(planner.where.rpartition("/")[2])


def _has_files(city: Installation, number: int) -> bool:
    with office_of(city.settings) as office, office.database.read() as connection:
        return len(budget_store.files(connection, number)) == 3


def _figures_agree(city: Installation, number: int) -> None:
    """The totals, computed a second time; both offices' requests stand in it."""
    with office_of(city.settings) as office, office.database.read() as connection:
        found = budget_desk.opened(connection, number)
    given, sums = found.given, rab(found.given).sums
    total = sum(link.asked_bps // M * link.asked_price_rp * link.months for link in given.links)
    assert sums.sum_rp == total
    assert sums.ppn_rp == (2 * total * 11 * 12 + 1200) // 2400  # 12 % of 11/12, half up
    assert {one.opd for one in given.proposals} == {"DISDUKCAPIL", "DPMPTSP"}
    wanted = next(link for link in given.links if link.name == LINK)
    assert wanted.asked_bps > wanted.capacity_bps
    assert given.revision is not None
