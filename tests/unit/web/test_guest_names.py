"""A guest's code is his credential: staff see a name for it everywhere, and find him by the whole code all the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netquota.clock import FixedClock
from netquota.domain.people import guest_name
from netquota.secrets import Keyring
from netquota.services import allocate, api_tokens, disconnect, vouchers
from netquota.services.api_tokens import TokenScope
from netquota.services.office import Author
from netquota.services.vouchers import Wish, code_in_groups
from netquota.settings import Settings
from netquota.storage import audit_store, terms_store
from netquota.storage.database import open_database
from netquota.storage.ledger_store import page_on
from netquota.storage.order_store import NewOrder, OrderKind, write_orders
from netquota.storage.record_store import DecisionRow, write_records
from netquota.storage.session_row import SessionRow
from tests.live import seeded
from tests.unit.cli.conftest import Run, netquota, state_dir  # noqa: F401 (fixtures)
from tests.web_city import BY, WebCity, post
from web.api.v1.table import OPERATIONS
from web.app import create_app

REFUSED = '[{"rule":"credential","code":"wrong_password"}]'
MAC = "02:00:00:00:07:01"
SHOWS_CODES = {"admin.voucher", "admin.voucher_sheet"}


@dataclass
class Guests:
    """The city with a batch of two, the first of whom is online, was refused twice and is being sent away."""

    web: WebCity
    key: str
    codes: tuple[str, ...]
    employee_id: int
    session_id: int

    @property
    def name(self) -> str:
        return guest_name(int(self.key.removeprefix("V-")), self.codes[0])

    def leaks(self, text: str) -> list[str]:
        """Codes in a text, however they are written; the one that is asked for does not count in its own answer."""
        bare = re.sub(r"[^a-z0-9]", "", text.lower())
        return [code for code in self.codes if code in bare]


@pytest.fixture
def guests(state_dir: Path) -> Iterator[Guests]:  # noqa: F811
    database = open_database(f"sqlite:///{state_dir / 'netquota.sqlite'}")
    keyring, clock = Keyring.load(state_dir / "netquota.key"), FixedClock(datetime.now(UTC))
    settings = Settings.model_validate({"web": {"plain_http": True, "api_requests_a_minute": 10_000}})
    app = create_app(settings, clock, database, keyring)
    app.testing = True
    city = WebCity(app, database, keyring, clock)
    city.add_admin()
    whole = seeded.alive(city.office, days=1)
    city.add("plan", key="tamu", name="Tamu", rate="2M/1M", for_guests="yes")
    allocate.change(city.office, "opd", "RSUD", {"guests": "5"}, BY)
    batch = vouchers.make(city.office, Wish("RSUD", "tamu", 2, "Rapat koordinasi", valid_for_s=86_400), BY)
    found = vouchers.show(city.office, batch.key)[1]
    session_id = _at_work(city, whole, found[0].employee_id, found[0].code)
    with app.app_context():
        city.context.changed()
    yield Guests(city, batch.key, tuple(one.code for one in found), found[0].employee_id, session_id)
    database.dispose()


def _at_work(city: WebCity, whole: seeded.Seeded, guest_id: int, code: str) -> int:
    now_s, gateway_id, nas_id = city.now_s, whole.gateways["gw-rsud"], whole.clients["gw-rsud"]
    city.add("terms", edition="2026-1", from_day="2026-01-01", text="Pakai dengan wajar.")
    row = SessionRow(
        0, gateway_id, "8000ff01", code_in_groups(code).upper(), MAC, now_s - 600, guest_id, whole.sites["RSUD"],
        whole.opds["RSUD"], whole.links["Serat Utama"], "10.24.9.77", "", "", None, now_s - 600, now_s - 40, now_s - 40,
        applied_down_bps=2_000_000, applied_up_bps=1_000_000, now_down_bps=1_990_000,
    )  # fmt: skip
    typed = (
        (guest_id, code), (guest_id, code.upper()), (None, code_in_groups(code).upper()),
        (None, f"{code[:5]} {code[5:]}"),
    )  # fmt: skip
    with city.database.write() as connection:
        page_on(connection).insert_sessions([row])
        write_records(connection, [
            DecisionRow(now_s - 60, False, who, name, nas_id, "gw-rsud", MAC, "wrong_password", REFUSED)
            for who, name in typed
        ])  # fmt: skip
        order = NewOrder(row.id, gateway_id, guest_id, OrderKind.COA, 10**6, 10**6, "{}", "override_rate", "[]")
        write_orders(connection, [order], now_s * 1000 - 5000)
        edition = connection.exec_driver_sql("SELECT id FROM terms").scalar_one()
        terms_store.accept(connection, guest_id, edition, MAC, now_s)
    return row.id


def test_no_page_and_no_file_shows_a_code(guests: Guests) -> None:
    client, seen = guests.web.browser(), []
    adapter = guests.web.app.url_map.bind("localhost")
    pages = [
        adapter.build(rule.endpoint) for rule in guests.web.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and not rule.endpoint.startswith("api.")
    ]  # fmt: skip
    for address in (
        *pages, f"/sessions/{guests.session_id}", "/sessions?q=rapat", "/denials?q=V-", "/search?q=rapat",
        f"/sessions/act?do=end&session={guests.session_id}", "/opds/RSUD", "/gateways/gw-rsud", "/audit?kind=voucher",
        f"/employees/{guests.name}",
    ):  # fmt: skip
        answer = client.get(address)
        if answer.status_code == 200 and answer.mimetype.startswith(("text/", "application/json")):
            assert guests.leaks(answer.text) == [], address
            seen += [address] if guests.name in answer.text else []
    assert {f"/sessions/{guests.session_id}", "/denials", "/enforced", "/sessions-file"} <= set(seen)


def test_whom_a_name_means_is_his_batch(guests: Guests) -> None:
    answer = guests.web.browser().get(f"/employees/{guests.name}")
    assert answer.location == f"/vouchers/{guests.key}"


@pytest.mark.parametrize("role", ["auditor", "head_of_office"])
def test_who_may_not_print_the_sheet_sees_no_code_in_the_batch_either(guests: Guests, role: str) -> None:
    guests.web.add_admin(role, role)
    answer = guests.web.browser(role).get(f"/vouchers/{guests.key}")
    if answer.status_code == 200:
        assert guests.leaks(answer.text) == []
        assert guests.name in answer.text
    assert guests.web.browser(role).get(f"/vouchers/{guests.key}/sheet").status_code == 403


def test_the_api_shows_a_code_to_who_asks_for_codes_alone(guests: Guests) -> None:
    text, client = api_tokens.create(guests.web.office, "rina", "uji", tuple(TokenScope), BY).text, guests.web.visitor()

    def ask(path: str) -> str:
        answer = client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {text}"})
        assert answer.status_code < 500, path
        return answer.text

    plain = [one.path for one in OPERATIONS if one.method == "GET" and "{" not in one.path]
    for path in (*plain, f"/explain?employee={guests.name}", f"/sessions?employee={guests.name}",
                 f"/vouchers/{guests.key}"):  # fmt: skip
        assert guests.leaks(ask(path)) == [], path
    for path in ("/sessions", "/denials", "/orders", f"/explain?employee={guests.codes[0]}", f"/vouchers/{guests.key}"):
        assert guests.name in ask(path), path
    assert guests.leaks(ask(f"/vouchers/{guests.key}?codes=true")) == list(guests.codes)


def test_no_command_shows_a_code_but_that_which_is_asked_for_them(guests: Guests, netquota: Run) -> None:  # noqa: F811
    showing = 0
    for line in (
        "session list", "denials", "enforced", "order list", f"explain {guests.name}", f"usage user {guests.name}",
        f"voucher show {guests.key}", "voucher list", "terms accepted 2026-1", "audit list",
        f"explain {guests.codes[0]}", "employee list",
    ):  # fmt: skip
        for form in ([], ["--json"]):
            done = netquota(*line.split(), *form)
            assert guests.leaks(done.out) == [], line
            showing += guests.name in done.out
    assert showing >= 12
    assert guests.leaks(netquota("voucher", "show", guests.key, "--codes").out) == list(guests.codes)


def found_in(page: str) -> bool:
    """Whether the list of a page has the guest: by what he was invited to, or by his name."""
    rows = page.partition("<tbody")[2].partition("</tbody>")[0]
    return "Rapat koordinasi" in rows


def test_the_whole_code_finds_a_guest_and_a_part_of_it_does_not(guests: Guests, netquota: Run) -> None:  # noqa: F811
    client, code = guests.web.browser(), guests.codes[0]
    for text in (code, code_in_groups(code), code_in_groups(code).upper(), guests.name, "rapat"):
        for page in ("sessions", "denials", "enforced"):
            assert found_in(client.get(f"/{page}?q={text}").text), (page, text)
    for part in (code[:5], code[4:10], code[-4:]):
        for page in ("sessions", "denials", "enforced"):
            assert not found_in(client.get(f"/{page}?q={part}").text), (page, part)
    for user in (code, code_in_groups(code).upper(), guests.name, guests.name.upper()):
        assert json.loads(netquota("session", "list", "--user", user, "--json").out)[0]["mac"] == MAC


@pytest.mark.parametrize("written", [lambda one: one.name, lambda one: code_in_groups(one.codes[0]).upper()])
def test_a_guest_is_revoked_by_name_and_by_code(guests: Guests, written: Callable[[Guests], str]) -> None:
    by = Author("dini", "rapat selesai")
    assert vouchers.revoke(guests.web.office, written(guests), by) == 1
    with guests.web.database.read() as connection:
        told = str(audit_store.entries(connection, audit_store.AuditFilter(kind="voucher")))
    assert guests.name in told
    assert guests.leaks(told) == []


def test_a_guest_is_sent_away_and_his_code_is_not_in_the_audit_trail(guests: Guests) -> None:
    assert disconnect.disconnect(guests.web.office, [guests.session_id], Author("dini", "berisik"))
    page = guests.web.browser().get("/audit?kind=session").text
    assert guests.name in page
    assert guests.leaks(page) == []


def test_no_two_guests_of_a_batch_have_one_name(guests: Guests) -> None:
    allocate.change(guests.web.office, "opd", "RSUD", {"guests": "500"}, BY)
    batch = vouchers.make(guests.web.office, Wish("RSUD", "tamu", 200, "Pameran", valid_for_s=86_400), BY)
    found = vouchers.show(guests.web.office, batch.key)[1]
    assert len({one.group for one in found}) == len(found) == 200


def test_a_time_and_a_date_together_are_refused_and_nothing_is_made(guests: Guests) -> None:
    browser = guests.web.browser()
    given = {"opd": "RSUD", "purpose": "Rapat", "count": "1", "plan": "tamu", "span": "2d", "until": "2099-12-31"}
    answer = post(browser, "/new-vouchers", **given)
    assert answer.status_code == 400
    assert "sampai tanggal di bawah” jika memakai tanggal" in answer.text
    assert len(vouchers.listing(guests.web.office)) == 1
    assert post(browser, "/new-vouchers", **given | {"until": ""}).status_code == 302
