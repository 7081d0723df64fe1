"""The main task of each screen, done in the browser on a desk and on a phone; pictures of the end: `task-*`.

Tasks with a file of their own: a raised limit (test_admin_raises_a_limit), lists (test_upload_of_lists), capacity and
budget (test_founding_situation), what employees do (test_employee_portal).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium.webdriver.support.ui import Select

from netquota.cli.desk import office_of
from netquota.services.allocate import add
from netquota.services.office import Author
from radius.simulator.sessions import SimulatedSession
from tests.browser.chrome import DESK, PHONE, Browser, Screen, browser
from tests.browser.looking import faults
from tests.browser.stack import Stack
from tests.live.workers import until

pytestmark = pytest.mark.needs("chromium", "chromium-driver")
BY = Author("uji", "tests")
OPERATOR, PASSWORD = "opr.disdik", "kuda nil di sawah"
SAVE = "main form button.btn-primary"
FOCUS = """
var bar = document.querySelector('.bottombar').getBoundingClientRect(), hidden = [];
var top = document.querySelector('.topbar').getBoundingClientRect().bottom;
document.querySelectorAll('main a[href], main button, main input, main select').forEach(function (each) {
  each.focus();
  var box = each.getBoundingClientRect();
  if (document.activeElement === each && box.height && (box.bottom > bar.top + 1 || box.top < top - 1)) {
    hidden.push(each.outerHTML.slice(0, 80) + ' ' + Math.round(box.top) + ' to ' + Math.round(box.bottom)); } });
return hidden;
"""


@dataclass
class Desk:
    """An admin's browser on one screen. `tag` tells things made on one screen from those of the other."""

    stack: Stack
    page: Browser
    screen: Screen

    @property
    def tag(self) -> str:
        return self.screen.name

    def go(self, address: str) -> None:
        self.page.look_on(self.screen)
        self.page.open(address)

    def choose(self, name: str, text: str) -> None:
        """Choose by the words that a person reads; of a list that submits itself, wait for the page."""
        Select(self.page.find(f"main [name='{name}']")).select_by_visible_text(text)

    def done(self, name: str) -> None:
        """The task ends here: the page is sound, and a picture of it is kept."""
        assert faults(self.page) == []
        assert self.page.complaints() == []
        self.page.keep_picture(f"task-{name}", self.screen, whole=True)


@pytest.fixture(params=[DESK, PHONE], ids=lambda screen: screen.name)
def screen(request: pytest.FixtureRequest) -> Screen:
    found: Screen = request.param
    return found


@pytest.fixture
def desk_of(stack: Stack, admin: Browser, screen: Screen) -> Desk:
    admin.complaints()
    return Desk(stack, admin, screen)


@pytest.fixture(scope="module")
def operators_browser(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Where the operator of DISDIK has signed in."""
    with office_of(stack.settings, stack.keyring) as office:
        fields = {"username": OPERATOR, "name": "Operator Disdik", "role": "opd_operator", "opd": "DISDIK"}
        add(office, "admin", {**fields, "password": PASSWORD}, BY)
    with browser(tmp_path_factory.mktemp("operator"), stack.url) as found:
        found.look_on(DESK)
        found.open("/login")
        found.fill("username", OPERATOR)
        found.fill("password", PASSWORD)
        found.press(SAVE)
        yield found


@pytest.fixture
def operator(stack: Stack, operators_browser: Browser, screen: Screen) -> Desk:
    operators_browser.complaints()
    return Desk(stack, operators_browser, screen)


def test_overview_leads_to_the_cause(desk_of: Desk) -> None:
    desk_of.go("/overview")
    page = desk_of.page
    assert page.text("section[aria-labelledby=h-attn] li")
    desk_of.done("overview")
    page.press("section[aria-labelledby=h-attn] a[href]")
    assert "/overview" not in page.where
    assert faults(page) == []


def test_offices_are_found_and_opened(desk_of: Desk) -> None:
    desk_of.go("/opds")
    desk_of.page.fill("q", "kesehatan")
    desk_of.page.press("main form[role=search] button, main .tools button")
    assert "DINKES" in desk_of.page.text("main table")
    assert "DISDIK" not in desk_of.page.text("main table")
    desk_of.done("opds")
    desk_of.page.press("main table a[href='/opds/DINKES']")
    assert desk_of.page.text("h1") == "Dinas Kesehatan"


def test_an_offices_ceiling_is_raised_after_a_look_at_the_effect_and_taken_back(desk_of: Desk) -> None:
    page = desk_of.page
    desk_of.go("/opds/DINKES")
    page.press("main a[href^='/edit/opd/DINKES']")
    before = page.find("main [name=ceiling]").get_attribute("value")
    page.fill("ceiling", "41M/21M")
    page.fill("why", f"imunisasi massal {desk_of.tag}")
    page.press("main button[name=preview]")
    assert "41 / 21" in page.text("section[aria-labelledby=h-preview]")
    assert page.find("main [name=ceiling]").get_attribute("value") == "41M/21M"
    desk_of.done("opd-preview")
    page.press(SAVE)
    assert "41 / 21" in page.text("main")
    page.press(".strip form[action*=undo] button")
    page.open("/edit/opd/DINKES")
    assert page.find("main [name=ceiling]").get_attribute("value") == before


def test_an_employee_is_added_suspended_and_let_in_again(desk_of: Desk) -> None:
    page, username = desk_of.page, f"siti.{desk_of.tag}"
    desk_of.go("/employees")
    page.press("main a[href='/new/employee']")
    page.fill("username", username)
    page.fill("name", f"Siti Aminah {desk_of.tag}")
    Select(page.find("main [name=opd]")).select_by_value("DINKES")
    page.fill("why", "pegawai baru")
    page.press(SAVE)
    page.open(f"/employees/{username}")
    page.press(f"main a[href^='/employee-status/{username}']")
    page.fill("why", "cuti di luar tanggungan")
    page.press("main form .btn-danger")
    page.sees("cuti di luar tanggungan", "main")
    desk_of.done("employee-suspended")
    page.press(f"main a[href^='/employee-status/{username}']")
    page.fill("why", "kembali bekerja")
    page.press(SAVE)
    assert "kembali bekerja" in page.text("section[aria-labelledby=h-history]")


@pytest.fixture
def sari(stack: Stack) -> Iterator[SimulatedSession]:
    """Sari is online; afterwards nothing of his limit is left to others."""
    session = stack.hotspots.log_in("sari.widodo")
    yield session
    stack.change("employee", "sari.widodo", override="", override_why="")
    stack.hotspots.log_out(session)


def test_a_running_session_gets_another_speed(desk_of: Desk, sari: SimulatedSession) -> None:
    page = desk_of.page
    desk_of.go("/sessions?q=sari+widodo")
    page.press("main table a[href^='/sessions/']")
    page.press("main a[href*='do=speed']")
    page.fill("rate", "3M/2M")
    page.fill("why", "unduhan besar")
    page.press(SAVE)
    until(lambda: (sari.limits.rate.down_bps if sari.limits.rate else 0) == 3_000_000, "the session is slower")
    desk_of.done("session-speed")


def test_a_proposal_of_the_board_becomes_a_draft_that_is_tried_and_discarded(desk_of: Desk) -> None:
    page = desk_of.page
    desk_of.go("/allocation?method=headcount")
    page.fill("name", f"Pembagian uji {desk_of.tag}")
    page.fill("why", "uji pembagian")
    page.press("main section[aria-labelledby=h-draft] button")
    page.sees(f"Pembagian uji {desk_of.tag}", "h1")
    assert page.text("section[aria-labelledby=h-week] table")
    desk_of.done("draft")
    page.press("button[name=act][value=shadow]")
    assert "bayangan" in page.text("section[aria-labelledby=h-state]")
    page.press("button[name=act][value=discard]")
    assert not page.all("button[name=act]")


def test_a_plan_is_made_and_removed(desk_of: Desk) -> None:
    page, name = desk_of.page, f"magang-{desk_of.tag}"
    desk_of.go("/plans")
    page.press("main a[href='/new/plan']")
    page.fill("key", name)
    page.fill("name", f"Peserta magang {desk_of.tag}")
    page.fill("rate", "4M/2M")
    page.fill("why", "peserta magang")
    page.press(SAVE)
    page.open("/plans")
    assert name in page.text("main table")
    desk_of.done("plans")
    page.open(f"/remove/plan/{name}")
    page.fill("phrase", name)
    page.press("main .btn-danger")
    page.open("/plans")
    assert name not in page.text("main table")


def test_a_job_is_tried_without_effect_and_run(desk_of: Desk) -> None:
    page = desk_of.page
    desk_of.go("/jobs/roll_over")
    page.press("button[name=rehearse]")
    assert page.text(".strip[role=status]")
    desk_of.done("job")
    page.open("/jobs/trim")
    page.fill("why", f"dicoba {desk_of.tag}")
    page.press("section[aria-labelledby=h-act] button.btn-primary")
    assert page.where.endswith("/jobs/trim")


def test_a_gateway_is_registered_and_its_configuration_read(desk_of: Desk) -> None:
    page, name = desk_of.page, f"gw-uji-{desk_of.tag}"
    desk_of.go("/gateways")
    page.press("main a[href='/new-gateway']")
    page.fill("name", name)
    page.fill("address", f"10.99.{int(desk_of.tag) // 256}.{int(desk_of.tag) % 256}")
    page.fill("why", "kantor baru")
    page.press(SAVE)
    assert "/radius" in page.text("main pre, main code, main .paste")
    desk_of.done("gateway-wizard")
    page.open(f"/gateway-watch/{name}")
    assert page.text("main ul, main ol, main table")


def test_a_refusal_is_found_with_its_reason_and_remedy(desk_of: Desk) -> None:
    assert "habis" in desk_of.stack.hotspots.is_refused("rina.marlina")
    until(lambda: _has_refusal(desk_of), "the refusal stands in the list", 30.0)
    desk_of.done("denials")


def _has_refusal(desk: Desk) -> bool:
    desk.go("/denials?q=rina.marlina")
    return "habis" in desk.page.text("main table")


def test_a_request_is_filed_by_the_office_and_approved_for_a_time(desk_of: Desk, operator: Desk) -> None:
    reason = f"ujian daring {desk_of.tag}"
    operator.go("/new-request")
    operator.page.fill("rate", "12M/6M")
    operator.page.fill("reason", reason)
    operator.page.press(SAVE)
    number = operator.page.where.rpartition("/")[2]
    operator.page.sees(reason, "main")
    operator.done("request-filed")

    desk_of.go(f"/requests/{number}")
    desk_of.page.fill("why", "sampai ujian selesai")
    desk_of.page.press("form[action*='/approve'] button.btn-primary")
    desk_of.page.sees("sampai ujian selesai", "main")
    desk_of.done("request-approved")
    operator.go(f"/requests/{number}")
    operator.page.sees("sampai ujian selesai", "main")


def test_an_operator_is_at_home_in_his_own_office_alone(operator: Desk) -> None:
    page = operator.page
    operator.go("/")
    assert "/opds/DISDIK" in page.where
    operator.done("opd-home")
    page.open("/opds/DINKES")
    assert "Tidak ditemukan" in page.text("h1")
    page.complaints()  # Chromium notes the answer 404, as it should be
    page.open("/employees")
    assert "DISDIK" in page.text("main table")
    assert "DINKES" not in page.text("main table")


def test_an_outage_of_a_link_is_noted_and_ended(desk_of: Desk) -> None:
    page = desk_of.page
    desk_of.go("/links/Tautan%20Layanan")
    page.touch("section:has(form[action*='outage']) summary")
    page.fill("why", f"kabel putus {desk_of.tag}")
    page.press("details form[action*='outage'] button.btn-primary")
    page.sees(f"kabel putus {desk_of.tag}", "main")
    desk_of.done("link-outage")
    page.press("form[action*='outage']:not(details form) button.btn-primary")
    assert len(page.all("form[action*='outage']")) == 1


def test_an_application_is_taken_through_a_step(desk_of: Desk) -> None:
    page = desk_of.page
    desk_of.go("/applications")
    page.press("main table a[href='/applications/of/SIMRS']")
    note = f"berfungsi, dipakai loket {desk_of.tag}"
    page.find("main form[action*='step'] textarea, main form[action*='step'] [name=note]").send_keys(note)
    page.press("main form[action*='step'] button.btn-primary")
    page.sees(note, "main")
    desk_of.done("application-step")


def test_a_notice_is_tried_out(desk_of: Desk) -> None:
    page = desk_of.page
    desk_of.go("/notices")
    page.fill("to", f"uji{desk_of.tag}@kota.go.id")
    page.press("section[aria-labelledby=h-test] button.btn-primary")
    page.sees(f"uji{desk_of.tag}@kota.go.id", "#strips")
    desk_of.done("notice-test")


def test_the_system_makes_a_copy_on_demand(desk_of: Desk) -> None:
    page = desk_of.page
    desk_of.go("/system")
    job = {"1280": "backup", "360": "certificate"}[desk_of.tag]  # one that was asked for waits
    page.press(f"form[action='/jobs/{job}/run'] button")
    page.sees("penjadwal", "#strips")
    page.open("/system")
    desk_of.done("system")


def test_a_change_is_found_in_the_trail_and_taken_back(desk_of: Desk) -> None:
    page = desk_of.page
    desk_of.stack.change("plan", "layanan", name=f"Layanan {desk_of.tag}")
    desk_of.go("/audit?kind=plan&key=layanan")
    assert f"Layanan {desk_of.tag}" in page.text("main")
    desk_of.done("audit")
    page.press("main a[href*='/revert/'], main form[action*='/revert/'] button")
    if page.all("main [name=why]"):
        page.fill("why", "salah ketik")
        page.press(SAVE)
    page.open("/plans")
    assert f"Layanan {desk_of.tag}" not in page.text("main table")


def test_an_admin_is_added_and_switched_off(desk_of: Desk) -> None:
    page, username = desk_of.page, f"auditor.{desk_of.tag}"
    desk_of.go("/admins")
    page.press("main a[href='/new/admin']")
    page.fill("username", username)
    page.fill("name", f"Auditor {desk_of.tag}")
    Select(page.find("main [name=role]")).select_by_value("auditor")
    page.fill("password", PASSWORD)
    page.fill("why", "pemeriksaan tahunan")
    page.press(SAVE)
    page.open(f"/admins/{username}")
    page.sees("Auditor", "main")
    desk_of.done("admin-added")


def test_something_is_found_by_any_of_its_names(desk_of: Desk) -> None:
    page = desk_of.page
    desk_of.go("/search?q=dis")
    assert "Dinas Kependudukan" in page.text("main")
    desk_of.done("search")
    desk_of.go("/search?q=budi.santoso")
    assert page.where.endswith("/employees/budi.santoso")  # one thing alone is opened


def test_a_term_is_looked_up_and_the_api_tried(desk_of: Desk) -> None:
    page = desk_of.page
    desk_of.go("/help")
    assert "persentil ke-95" in page.text("main table")
    desk_of.done("help")
    desk_of.go("/help/api")
    page.find("#c-token").send_keys("bukan-token")
    page.touch("#console button")
    page.sees("401", "#c-status")
    page.complaints()  # Chromium notes the answer 401, as it should be
    desk_of.done("api-console")


def test_a_list_is_uploaded_looked_at_and_left(desk_of: Desk, tmp_path: Path) -> None:
    page = desk_of.page
    file = tmp_path / "pegawai.csv"
    file.write_text("NIP;Nama;OPD\n19880214;Sri Rahayu;DISDIK\n", encoding="utf-8")
    desk_of.go("/imports?kind=employee")
    page.find("main [name=file]").send_keys(str(file))
    page.press(SAVE)
    page.sees("19880214", "main")
    assert "dibutuhkan 18 angka" in page.text("main")
    desk_of.done("import-wrong")


@pytest.mark.parametrize("address", ["/employees", "/edit/opd/DINKES"])
def test_what_has_the_focus_is_not_under_the_phones_bars(admin: Browser, address: str) -> None:
    admin.look_on(PHONE)
    admin.open(address)
    assert admin.ask(FOCUS) == []  # WCAG 2.2, 2.4.11
