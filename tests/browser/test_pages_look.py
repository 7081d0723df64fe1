"""Every page on a desk and on a phone, light and dark: nothing sticks out, nothing is complained of, all can be read.

The pages come from the application's routes (pages.py). Pictures of those with a mock land in build/screenshots/.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from netquota.cli.desk import office_of, policy_of
from netquota.domain.notices import Channel, Topic
from netquota.domain.places import NOBODY
from netquota.domain.rounds import Conclusion, Reply
from netquota.domain.samples import APPLICATION, BIN_S
from netquota.domain.units import Rate
from netquota.services import drafts, rounds
from netquota.services.allocate import add
from netquota.services.imports import running
from netquota.services.notice_addressing import address_all, address_book
from netquota.services.notices import tell
from netquota.services.office import Author, Office
from netquota.services.planning.assessing import assess
from netquota.services.planning.computing import quiet
from netquota.services.rounds import Opened
from netquota.settings import Settings
from netquota.storage import application_store, notice_store
from netquota.storage.database import Connection, open_database
from netquota.storage.gateway_store import add_problems
from netquota.storage.ledger_store import page_on
from netquota.storage.notice_store import State
from netquota.storage.unknown_store import add_unknown
from tests.browser.chrome import DESK, Browser, browser
from tests.browser.guests import add_devices, forget_terms, invite, open_applications, set_terms
from tests.browser.looking import ON_PHONES, seen
from tests.browser.pages import SESSION, pages
from tests.browser.stack import Stack
from web.auth.rights import ANYBODY, RIGHTS

pytestmark = pytest.mark.needs("chromium", "chromium-driver")
PICTURES = {
    "/overview": "overview", "/sessions": "sessions", "/employees": "employees", "/employees/hendra.kusuma": "employee",
    "/opds": "opds", "/opds/DISKOMINFO": "opd", "/login": "sign-in", "/kuota": "quota-sign-in", "/plans": "plans",
    "/applications": "applications", "/applications/of/SIAK": "application", "/requests": "requests",
    "/requests/P-2026-001": "request", "/new-request": "new-request",
    "/quotas": "quotas", "/gateways": "gateways", "/gateways/gw-balaikota": "gateway",
    "/new-gateway": "new-gateway", "/gateway-watch/gw-balaikota": "gateway-watch",
    "/gateway-config/gw-balaikota": "gateway-config", "/links": "links",
    "/bulk/employee?field=status": "bulk",
    "/admins": "admins", "/admins/admin": "admin",
    "/allocation?method=headcount": "allocation", "/drafts": "drafts", "/drafts/1": "draft",
    "/rounds": "rounds", "/rounds/1": "round", "/rounds/1/RSUD": "round-sheet",
    "/imports": "imports", "/imports/1": "import-wrong", "/imports/2": "import-open", "/imports/3": "import-applied",
    "/slips?opd=DISKOMINFO": "slips",
    "/notices": "notices", "/notices/1": "notice",
    "/audit": "audit", "/denials": "denials", "/enforced": "enforced",
    "/quota-grant/opd/DISDIK/disdik-bersama": "pool-grant",
    "/enforcement": "enforcement", "/rotation": "rotation", "/devices": "devices", "/hotspot-pages": "hotspot-pages",
    "/vouchers": "vouchers", "/vouchers/V-1": "voucher-batch", "/vouchers/V-1/sheet": "voucher-sheet",
    "/new-vouchers": "new-vouchers", "/new/terms": "new-terms",
    "/edit/employee/hendra.kusuma": "edit-employee", "/links/Tautan%20Layanan": "link", "/portal/login": "portal-login",
}  # fmt: skip


EDITIONS = ("2025-1", "2026-1")
_MADE: set[int] = set()


@pytest.fixture(scope="module")
def lively(stack: Stack) -> Iterator[Stack]:
    """Somebody who may be looked at is online, and rates have been measured."""
    if id(stack) not in _MADE:  # a process may come back to these tests after others
        _fill(stack)
        _MADE.add(id(stack))
    for edition in EDITIONS:
        set_terms(stack, edition, f"{edition[:4]}-01-01")
    yield stack
    for edition in EDITIONS[::-1]:  # or whoever logs in after this would be shown them
        forget_terms(stack, edition)


def _fill(stack: Stack) -> None:
    stack.hotspots.log_in("hendra.kusuma")
    stack.hotspots.report()
    database = open_database(stack.settings.database.url)
    with database.write() as connection:  # so that the page of the gateway has something to say
        causes = ("wrong_authenticator", "no_message_authenticator", "no_session_id")
        client = stack.clients["gw-balaikota"].id
        add_problems(connection, {(client, cause): 3 for cause in causes}, int(time.time()))
        add_unknown(connection, {(NOBODY, "192.0.2.77"): 3}, int(time.time()))
        _tell(connection, int(time.time()))
        _count(connection, int(time.time()))
    database.dispose()
    add_devices(stack)
    open_applications(stack)
    invite(stack, "Rapat koordinasi penanganan banjir tingkat kota")
    _import_lists(stack)
    _plan_ahead(stack)


def _count(connection: Connection, now_s: int) -> None:
    """A gateway reported the hosts of SIAK over the last hours."""
    number = application_store.applications(connection, code="SIAK")[0].id
    bins = range(now_s // BIN_S * BIN_S - 24 * 3600, now_s // BIN_S * BIN_S, BIN_S)
    page_on(connection).add_samples([(APPLICATION, number, at_s, 300_000_000, 40_000_000) for at_s in bins])


def _tell(connection: Connection, now_s: int) -> None:
    """A gateway was silent: one admin heard of it, the other's address does not exist."""
    to = Settings.model_validate({
        "notices": {"admins": ["mail:noc@kota.go.id", "mail:pensiun@kota.go.id"]},
        "web": {"public_url": "https://netquota.kota.go.id"},
    })  # fmt: skip
    tell(connection, "look", Topic.GATEWAY_SILENT, {"what": "gw-balaikota", "since_s": now_s - 1000}, now_s)
    address_all(connection, address_book(to, [Channel.MAIL]), now_s)
    while claimed := notice_store.claim(connection, Channel.MAIL, now_s, 300, 60):
        lost = claimed.to.to.startswith("pensiun")
        state, said = (State.GIVEN_UP, "550 5.1.1 no such user") if lost else (State.SENT, "taken")
        notice_store.settle(connection, claimed, state, now_s, said)


def _import_lists(stack: Stack) -> None:
    """One with faults, one that waits to be applied, one that was applied, with people who need a password."""
    head = "NIP;Nama Lengkap;Perangkat Daerah;Golongan\n"
    good = (
        head + "199109262015051001;Wulan Ayuningtyas;DISKOMINFO;III/a\n199109262015052002;Joko Prasetyo;DISKOMINFO;\n"
    )
    bad = good + "19880214;Sri Rahayu;DISKOMINFO;III/b\n199109262015052003;Made Wirawan;DISDUKCAPILL;IV/a\n"
    by = Author("admin", "daftar BKPSDM November")
    with office_of(stack.settings, stack.keyring) as office:
        drafts.make(office, "Pembagian Desember", [("opd", "DISKOMINFO", {"ceiling": "30M/15M"}),
                                                   ("plan", "layanan", {"rate": "6M/2M"})], by)  # fmt: skip
        for name, content in (("pegawai-salah.csv", bad), ("pegawai-nanti.csv", good), ("pegawai.csv", good)):
            number = running.upload(office, "employee", name, content.encode(), by)
        running.applied(office, running.opened(office, number, None), 31, by)


def _plan_ahead(stack: Stack) -> None:
    """An event to come, and a group whose turns go to whoever waited longest."""
    by, until = Author("admin", "HUT kota"), datetime.now(stack.settings.city.zone).date() + timedelta(days=30)
    event = {"key": "hut-kota", "name": "HUT kota", "opds": "DISKOMINFO, RSUD", "until": f"{until}", "bonus": "20M/5M",
             "from": f"{until}", "ceiling": "20M/10M", "reason": "siaran langsung HUT kota"}  # fmt: skip
    group = {"key": "giliran-menunggu", "name": "Giliran menunggu", "opds": "DISKOMINFO, RSUD", "bonus": "20M/5M",
             "choice": "longest_wait"}  # fmt: skip
    with office_of(stack.settings, stack.keyring) as office:
        add(office, "event", event, by)
        add(office, "rotation", group, by)
        _assess(office, stack, by)


def _assess(office: Office, stack: Stack, by: Author) -> None:
    """A round whose sheets are with the offices; one has answered, one is concluded."""
    last = office.today - timedelta(days=1)
    wanted = Opened("Tinjauan semester II", last - timedelta(days=13), last, last + timedelta(days=14))
    number = rounds.begin(office, wanted, by, asks=False)
    assess(office, lambda connection: policy_of(connection, office, stack.settings)[0], number, quiet)
    rounds.send(office, number, by)
    rounds.adjust(office, number, "RSUD", Rate(90_000_000, 45_000_000), Author("admin", "poliklinik baru"))
    rounds.answer(office, number, "RSUD", Reply.REMARKS, "poliklinik baru dibuka Januari", by)
    rounds.conclude(office, number, "DISKOMINFO", Conclusion.KEPT, by)


@pytest.fixture(scope="module")
def stranger(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser in which nobody is signed in."""
    with browser(tmp_path_factory.mktemp("stranger"), stack.url) as found:
        yield found


def address_of(address: str, reader: Browser) -> str:
    """The address with a session that runs now."""
    if str(SESSION) not in address:
        return address
    reader.open("/sessions")
    number = reader.find("main table input[name=session]").get_attribute("value")
    return address.replace(str(SESSION), str(number))


@pytest.mark.parametrize(("endpoint", "address"), pages(), ids=lambda value: str(value).replace("/", "|"))
def test_page_fits_every_screen(
    lively: Stack, admin: Browser, stranger: Browser, axe: str, endpoint: str, address: str
) -> None:
    assert address, f"say in tests/browser/pages.py what stands for the parts of {endpoint}"
    page = stranger if RIGHTS[endpoint] is ANYBODY else admin
    wanted = address_of(address, page)
    page.complaints()
    page.look_on(DESK)
    page.open(wanted)
    found = seen(page, axe, PICTURES.get(address))
    assert found == [], "\n".join(found)


def test_the_portal_fits_small_phones_too(lively: Stack, stranger: Browser, axe: str) -> None:
    stranger.look_on(DESK)
    stranger.open("/portal/login")
    found = seen(stranger, axe, "portal-login", ON_PHONES)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize(
    ("door", "username", "picture"),
    [
        ("/kuota", "hendra.kusuma", "portal-status"),
        ("/kuota", "dewi.lestari", "portal-slowed"),
        ("/portal/login", "rina.marlina", "portal-denied"),
    ],
)
def test_page_of_a_person_fits_every_screen(
    lively: Stack, stranger: Browser, axe: str, door: str, username: str, picture: str
) -> None:
    stranger.look_on(DESK)
    stranger.open(door)
    stranger.fill("username", username)
    stranger.fill("password", lively.standing.password)
    stranger.press("form button[type=submit]")
    stranger.complaints()
    found = seen(stranger, axe, picture)
    assert found == [], "\n".join(found)
