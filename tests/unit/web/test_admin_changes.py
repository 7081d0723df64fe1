"""Every change from a page: audited with its reason, checked against what was seen, undoable, and in force at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from netquota.domain.places import Site
from netquota.domain.policy import Code
from netquota.services import allocate
from netquota.services.office import Author
from netquota.storage import audit_store, schema
from netquota.storage.audit_store import AuditEntry
from netquota.storage.database import Database
from netquota.storage.record_store import DecisionRow, write_records
from tests.live import seeded
from tests.web_city import PASSWORD, WebCity, token_of


@dataclass
class Desk:
    web: WebCity
    city: seeded.Seeded
    client: FlaskClient

    @property
    def sites(self) -> Iterable[Site]:
        with self.web.app.test_request_context():
            return self.web.context.policy.snapshot.sites.values()

    def send(self, address: str, page: str | None = None, /, **fields: object) -> TestResponse:
        """Fill in the form of a page (the address itself, unless told) and send it."""
        shown = self.client.get(page or address)
        version = re.search(r'name="version" value="(\d+)"', shown.text)
        data: dict[str, object] = {"csrf_token": token_of(shown)}
        if version is not None:
            data["version"] = version.group(1)
        return self.client.post(address, data=data | fields)

    def form_of(self, address: str) -> dict[str, str]:
        """What a form shows, as a browser would send it back."""
        page = self.client.get(address).text
        found = dict(re.findall(r'<input[^>]*name="([a-z_]+)"[^>]*value="([^"]*)"', page))
        for name, options in re.findall(r'<select[^>]*name="([a-z_]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
            chosen = re.search(r'<option selected value="([^"]*)"', options)
            found[name] = "" if chosen is None else chosen.group(1)
        return found

    def audit(self) -> AuditEntry:
        with self.web.database.read() as connection:
            assert audit_store.verify(connection) == []
            return audit_store.entries(connection, limit=1)[0]

    def value(self, kind: str, key: str, field: str) -> str:
        return allocate.get(self.web.office, kind, key).values[field]


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    web = WebCity.on(sqlite_database)
    web.add_admin()
    city = seeded.alive(web.office, days=0)
    with web.database.write() as connection:
        connection.execute(schema.enforcement.delete())
        connection.execute(schema.ledger_entry.update().values(used=0))
    return Desk(web, city, web.browser())


def test_a_personal_limit_is_audited_and_ordered_in_one_go(desk: Desk) -> None:
    answer = desk.send("/employee-speed/maria", rate="20M/10M", until="2026-12-31", why="antrean KTP-el")
    assert answer.location == "/employees/maria"
    assert desk.city.orders("maria") == [("coa", 20_000_000, "pending")]
    entry = desk.audit()
    assert (entry.actor, entry.kind, entry.key, entry.why) == ("rina", "employee", "maria", "antrean KTP-el")
    assert (entry.before["override"], entry.after["override"]) == ("", "20M/10M")
    page = desk.client.get("/employees/maria?lang=id").text
    assert "menunggu gerbang" in page
    assert "Batas khusus" in page


def test_a_change_can_be_undone_which_is_a_change_too(desk: Desk) -> None:
    desk.send("/employee-speed/maria", rate="20M/10M", why="uji")
    page = desk.client.get("/employees/maria?lang=id").text
    address = re.search(r'action="(/undo/\d+\?next=/employees/maria)"', page)
    assert address is not None
    assert "Urungkan" in page
    answer = desk.send(address.group(1), "/employees/maria")
    assert answer.location == "/employees/maria"
    assert desk.value("employee", "maria", "override") == ""
    assert desk.audit().after["override"] == ""
    assert desk.city.orders("maria") == [("coa", 20_000_000, "superseded"), ("coa", 10_000_000, "pending")]


def test_undo_ends_after_ten_minutes_and_where_somebody_changed_it_again(desk: Desk) -> None:
    desk.send("/employee-speed/maria", rate="20M/10M", why="uji")
    entry = desk.audit()
    allocate.change(desk.web.office, "employee", "maria", {"override": "30M/10M"}, seeded.RINA)
    assert desk.send(f"/undo/{entry.id}", "/employees/maria").status_code == 409
    allocate.change(desk.web.office, "employee", "maria", {"override": "20M/10M"}, seeded.RINA)
    desk.web.clock.advance(601)
    assert "/undo/" not in desk.client.get("/employees/maria").text
    assert desk.send(f"/undo/{entry.id}", "/employees/maria").status_code == 409
    assert desk.value("employee", "maria", "override") == "20M/10M"


def test_a_change_can_be_undone_after_a_later_one_of_something_else(desk: Desk) -> None:
    desk.send("/employee-speed/maria", rate="20M/10M", why="uji")
    entry = desk.audit()
    opd = desk.form_of("/edit/opd/RSUD") | {"ceiling": "100M/50M", "why": "poli baru"}
    desk.client.post("/edit/opd/RSUD", data=opd)
    page = desk.client.get("/overview").text
    assert len(re.findall(r'action="/undo/', page)) == 2
    assert "1 perubahan sebelumnya juga dapat diurungkan" in page
    assert desk.send(f"/undo/{entry.id}", "/employees/maria").status_code == 302
    assert desk.value("employee", "maria", "override") == ""
    page = desk.client.get("/overview").text
    assert f'action="/undo/{entry.id}?' not in page  # it is undone; what undid it may be, too
    assert len(re.findall(r'action="/undo/', page)) == 2


def test_a_form_shows_the_old_value_and_refuses_what_another_changed_meanwhile(desk: Desk) -> None:
    page = desk.client.get("/edit/opd/RSUD?lang=id").text
    assert "sekarang 80M/40M" in page
    fields = desk.form_of("/edit/opd/RSUD") | {"ceiling": "100M/50M", "why": "poli baru"}
    allocate.change(desk.web.office, "opd", "RSUD", {"weight": "3"}, seeded.RINA)
    assert desk.client.post("/edit/opd/RSUD", data=fields).status_code == 409
    assert desk.value("opd", "RSUD", "ceiling") == "80M/40M"
    assert (
        desk.client.post("/edit/opd/RSUD", data=desk.form_of("/edit/opd/RSUD") | {"ceiling": "100M/50M"}).status_code
        == 302
    )
    assert desk.value("opd", "RSUD", "ceiling") == "100M/50M"
    assert desk.audit().after == {"ceiling": "100M/50M"}


def test_the_effect_can_be_seen_before_anything_is_saved(desk: Desk) -> None:
    fields = desk.form_of("/edit/plan/staf") | {"rate": "4M/1M", "preview": "1"}
    page = desk.client.post("/edit/plan/staf?lang=id", data=fields).text
    assert "<del>10\u00a0/\u00a05 Mbit/s</del>" in page
    assert "<ins>4\u00a0/\u00a01 Mbit/s</ins>" in page
    assert re.search(r"menyangkut [1-9]\d* sesi", page)
    assert re.search(r"[1-9]\d* di antaranya langsung mendapat kecepatan lain", page)
    assert desk.value("plan", "staf", "rate") == "10M/5M"
    assert desk.city.orders("maria") == []


def test_a_raised_ceiling_tells_whom_the_plan_holds_all_the_same(desk: Desk) -> None:
    with desk.web.database.write() as connection:
        connection.execute(
            update(schema.accounting_session).values(applied_code=Code.PLAN_RATE)
        )  # as their log-ins were granted
    fields = desk.form_of("/edit/opd/RSUD") | {"ceiling": "200M/100M", "preview": "1"}
    page = desk.client.post("/edit/opd/RSUD?lang=id", data=fields).text
    assert "0 di antaranya langsung" in page
    assert re.search(r"ditetapkan oleh: paket \([1-9]\d*\)", page)


def test_what_cannot_be_used_comes_back_at_its_field(desk: Desk) -> None:
    fields = desk.form_of("/edit/opd/RSUD") | {"ceiling": "banyak"}
    answer = desk.client.post("/edit/opd/RSUD", data=fields)
    assert answer.status_code == 400
    assert 'id="ceiling-error"' in answer.text
    assert 'value="banyak"' in answer.text
    answer = desk.send("/employee-speed/maria", rate="80 MB/s", why="uji")
    assert answer.status_code == 400
    assert 'id="rate-error"' in answer.text


@pytest.mark.parametrize(
    ("kind", "fields", "key"),
    [
        ("plan", {"key": "tamu", "name": "Tamu", "rate": "2M/1M"}, "tamu"),
        ("quota", {"key": "tamu-harian", "name": "Harian", "plan": "staf", "octets": "1 GB", "period": "day",
                   "action": "disconnect"}, "tamu-harian"),
        ("schedule", {"key": "malam", "name": "Malam", "windows": "Malam: 20:00-05:00 5M/1M\nSiang: 8M/2M"},
         "malam"),
        ("link", {"name": "Radio Bukit", "provider": "Penyedia C", "capacity": "100M"}, "Radio Bukit"),
        ("opd", {"code": "DISHUB", "name": "Dinas Perhubungan"}, "DISHUB"),
        ("site", {"name": "Terminal", "opd": "RSUD", "mode": "per_employee"}, "Terminal"),
        ("employee", {"username": "wati", "name": "Wati", "opd": "RSUD"}, "wati"),
        ("admin", {"username": "joko", "name": "Joko", "role": "planner", "password": "gunung sebelah timur"}, "joko"),
    ],
)  # fmt: skip
def test_a_thing_is_added_by_its_form_and_removed_by_its_name(
    desk: Desk, kind: str, fields: dict[str, str], key: str
) -> None:
    assert desk.send(f"/new/{kind}", why="baru", **fields).status_code == 302
    assert desk.audit().action == "add"
    assert allocate.get(desk.web.office, kind, key).key == key
    assert desk.send(f"/remove/{kind}/{key}", phrase="something else").status_code == 409
    assert desk.send(f"/remove/{kind}/{key}", phrase=key).status_code == 302
    assert desk.audit().action == "remove"


def test_a_gateways_secret_is_made_up_shown_once_and_again_only_after_the_password(desk: Desk) -> None:
    answer = desk.send("/new/nas", name="gw-baru", address="10.99.0.1", family="mikrotik")
    assert answer.headers["Cache-Control"] == "no-store"
    secret = re.search(r'user-select-all">([\w-]{20,})<', answer.text)
    assert secret is not None
    # its own address is not known
    assert f"address=&#34;0.0.0.0&#34; secret=&#34;{secret.group(1)}&#34;" in answer.text
    page = desk.client.get("/gateways/gw-baru").text
    assert "secret=&#34;********&#34;" in page
    assert secret.group(1) not in page
    refused = desk.send("/gateway-secret/gw-baru", "/gateways/gw-baru", password="not it")
    assert (refused.status_code, secret.group(1) in refused.text) == (403, False)
    shown = desk.send("/gateway-secret/gw-baru", "/gateways/gw-baru", password=PASSWORD)
    assert secret.group(1) in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert desk.audit().action == "show_secret"


def test_a_new_employee_leads_to_a_password_without_which_nobody_logs_in(desk: Desk) -> None:
    answer = desk.send("/new/employee", username="wati", name="Wati", opd="RSUD")
    assert answer.headers["Location"].endswith("/employee-password/wati")
    assert "Sandinya belum ada" in desk.client.get(answer.headers["Location"]).text


def test_a_speed_until_tonight_is_chosen_not_spelt(desk: Desk) -> None:
    page = desk.client.get("/employee-speed/maria").text
    today = desk.web.office.clock.now().astimezone(desk.web.office.zone).date()
    assert f'<option value="{today.isoformat()}">hari ini, sampai tengah malam</option>' in page


def test_whoever_looks_after_a_refusal_is_told_whether_name_or_password_was_wrong(desk: Desk) -> None:
    now_s, nas_id = desk.web.office.now_s, 1
    reasons = '[{"rule":"credential","code":"wrong_password"}]'
    refused = [("mariaa", "unknown"), ("maria", "wrong_password")]
    with desk.web.database.write() as connection:
        write_records(
            connection,
            [DecisionRow(now_s - 60, False, None, name, nas_id, "gw", "", code, reasons) for name, code in refused],
        )
    page = desk.client.get("/denials?span=hour").text
    assert "Nama tidak dikenal.</b> Tidak ada yang bernama begini." in page
    assert "Sandi salah.</b> Namanya benar." in page


def test_the_trail_tells_of_a_brake_in_words(desk: Desk) -> None:
    desk.send("/enforcement/pause", "/enforcement", nas="", hours="1", why="gangguan")
    page = desk.client.get("/audit").text
    assert "penegakan seluruh kota" in page
    assert "+00:00" not in page


def test_a_suspended_employee_is_ended_at_once_and_reads_why(desk: Desk) -> None:
    assert desk.send("/employee-status/dewi", why="").status_code == 200
    assert desk.send("/employee-status/dewi", why="cuti panjang").status_code == 302
    assert desk.city.orders("dewi") == [("disconnect", None, "pending")]
    assert "cuti panjang" in desk.client.get("/employees/dewi").text
    assert desk.send("/employee-status/dewi", why="kembali").status_code == 302
    assert desk.value("employee", "dewi", "status") == "active"


def test_a_reset_password_is_shown_once_and_works(desk: Desk) -> None:
    answer = desk.send("/employee-password/maria", why="lupa")
    password = re.search(r'user-select-all">([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})<', answer.text)
    assert password is not None
    assert answer.headers["Cache-Control"] == "no-store"
    with desk.web.database.read() as connection:
        stored = connection.execute(
            select(schema.employee.c.password_hash).where(schema.employee.c.username == "maria")
        ).scalar_one()
    from netquota.passwords import verify_password

    assert verify_password(stored, password.group(1))
    assert password.group(1) not in desk.client.get("/employees/maria").text
    assert desk.audit().action == "password"


def test_ticked_sessions_get_another_speed_each_with_its_own_order(desk: Desk) -> None:
    ids = [str(desk.city.sessions[name]) for name in ("maria", "rizal")]
    page = desk.client.get("/sessions/act?do=speed&session=" + "&session=".join(ids))
    assert "Maria Kaligis" in page.text
    assert "Rizal Maulana" in page.text
    answer = desk.send(
        "/sessions/speed", "/sessions/act?do=speed&session=" + ids[0], session=ids, rate="12M/3M", why="rapat"
    )
    assert answer.status_code == 302
    for name in ("maria", "rizal"):
        assert desk.city.orders(name) == [("coa", 12_000_000, "pending")]


def test_a_session_is_disconnected_with_a_reason_in_the_trail(desk: Desk) -> None:
    session_id = desk.city.sessions["rizal"]
    assert (
        desk.send(
            "/sessions/end", f"/sessions/act?do=end&session={session_id}", session=[session_id], why=""
        ).status_code
        == 400
    )
    answer = desk.send(
        "/sessions/end", f"/sessions/act?do=end&session={session_id}", session=[session_id], why="perawatan"
    )
    assert answer.location == f"/sessions/{session_id}"
    assert desk.city.orders("rizal") == [("disconnect", None, "pending")]
    entry = desk.audit()
    assert (entry.action, entry.kind, entry.key, entry.why) == ("disconnect", "session", "rizal", "perawatan")


def test_the_brake_is_loud_on_every_page_until_it_is_let_go(desk: Desk) -> None:
    assert desk.send("/enforcement/pause", "/enforcement", nas="", hours="1", why="").status_code == 400
    assert desk.send("/enforcement/pause", "/enforcement", nas="", hours="1", why="gangguan gateway").status_code == 302
    for address in ("/overview", "/plans", "/sessions"):
        page = desk.client.get(f"{address}?lang=id").text
        assert 'class="brake" role="alert"' in page
        assert "gangguan gateway" in page
    assert desk.send("/enforcement/resume", "/enforcement", nas="", why="pulih").status_code == 302
    assert 'class="brake"' not in desk.client.get("/overview").text
    assert (desk.audit().action, desk.audit().why) == ("resume", "pulih")


@pytest.mark.parametrize("address", ["/employee-speed/maria", "/edit/opd/RSUD", "/remove/plan/staf", "/sessions/end",
                                     "/enforcement/pause", "/undo/1", "/gateway-secret/gw-rsud"])  # fmt: skip
def test_nothing_changes_without_the_forms_token(desk: Desk, address: str) -> None:
    assert desk.client.post(address, data={"why": "x", "rate": "1M", "phrase": "staf"}).status_code == 400
    assert desk.audit().action == "add"


def test_more_of_a_quota_is_given_with_its_reason_and_named_beside_it(desk: Desk) -> None:
    page = desk.client.get("/employees/maria?lang=en").text
    address = "/quota-grant/employee/maria/staf-bulanan"
    assert f'href="{address}"' in page
    answer = desk.send(address, octets="5 GB", why="antrean KTP-el")
    assert answer.location == "/employees/maria"
    entry = desk.audit()
    assert (entry.action, entry.key, entry.why) == ("grant", "maria", "antrean KTP-el")
    assert "15" in desk.client.get("/employees/maria?lang=en").text
    refused = desk.send(address, octets="-6 GB", why="salah")
    assert refused.status_code == 400
    assert "Take back no more" in refused.text


def test_the_grant_page_says_what_is_left_now_and_would_be_with_the_grant(desk: Desk) -> None:
    address = "/quota-grant/employee/maria/staf-bulanan"
    page = desk.client.get(f"{address}?lang=en").text.replace("\xa0", " ")
    found = re.search(r"([\d.]+) GB of 10 GB used, <b>([\d.]+) GB left</b>", page)
    assert found is not None
    used, left = map(float, found.groups())
    assert used + left == pytest.approx(10, abs=0.1)
    told = desk.send(address, octets="5 GB", why="", preview="1")
    assert told.status_code == 200
    volumes = [float(one) for one in re.findall(r"<(?:del|ins)>([\d.]+) GB", told.text.replace("\xa0", " "))]
    assert volumes == [10, 15, left, pytest.approx(left + 5, abs=0.1)]
    assert desk.audit().action != "grant"
    wrong = desk.send(address, octets="-6 GB", why="", preview="1")
    assert wrong.status_code == 400
    assert "Take back no more" in wrong.text
    desk.send(address, octets="5 GB", why="antrean")
    said = re.search(r"([\d.]+) GB are left now", desk.client.get("/employees/maria?lang=en").text.replace("\xa0", " "))
    assert said is not None
    assert float(said[1]) == volumes[-1]


def test_a_grant_that_leaves_a_quota_used_up_says_how_much_more_it_takes(desk: Desk) -> None:
    with desk.web.context.database.write() as connection:
        connection.execute(update(schema.ledger_entry).values(used=12 * 10**9))
    address = "/quota-grant/employee/maria/staf-bulanan"
    told = desk.send(address, octets="500 MB", why="", preview="1").text.replace("\xa0", " ")
    assert "1.5 GB more are needed" in told or "masih perlu 1,5 GB lagi" in told
    enough = desk.send(address, octets="5 GB", why="", preview="1").text
    assert "more are needed" not in enough
    assert "masih perlu" not in enough


def test_an_offices_pool_is_given_more_where_the_office_is_looked_at(desk: Desk) -> None:
    address = "/quota-grant/opd/RSUD/rsud-bersama"
    assert f'href="{address}"' in desk.client.get("/opds/RSUD").text
    assert desk.send(address, octets="100 GB", why="vaksinasi").location == "/opds/RSUD"
    assert (desk.audit().kind, desk.audit().key) == ("opd", "RSUD")
    assert desk.client.get("/quota-grant/opd/RSUD/tidak-ada").status_code == 404
    assert desk.client.get("/quota-grant/employee/maria/rsud-bersama").status_code == 404


def test_an_offices_page_tells_who_was_refused_and_which_link_is_too_small(desk: Desk) -> None:
    link, home = "Serat Utama", allocate.get(desk.web.office, "employee", "agus").values["opd"]
    page = desk.client.get(f"/opds/{home}?lang=id").text
    assert re.search(r"[1-9]\d* permintaan masuk pegawainya ditolak dalam 24 jam:[^.]*kuota habis \([1-9]\d*\)", page)
    assert "agus" in desk.client.get(f"/denials?opd={home}").text
    assert "agus" not in desk.client.get("/denials?opd=TIDAK-ADA").text
    assert "terlalu kecil" not in page
    served = next(site.host.code for site in desk.sites if site.link is not None and site.link.name == link)
    narrow = desk.form_of("/edit/link/Serat%20Utama") | {"capacity": "30M/20M"}
    assert desk.client.post("/edit/link/Serat%20Utama", data=narrow).status_code == 302
    assert f"{link} terlalu kecil" in desk.client.get(f"/opds/{served}?lang=id").text
    fields = desk.form_of(f"/edit/opd/{served}") | {"ceiling": "200M/100M", "preview": "1"}
    assert "tidak menambah apa-apa" in desk.client.post(f"/edit/opd/{served}?lang=id", data=fields).text


@pytest.mark.parametrize(
    "address",
    ["/employee-speed/maria", "/employee-status/maria", "/slips?opd=RSUD", "/jobs/stale", "/links/Serat%20Utama"],
)
def test_a_reason_that_is_needed_is_marked_so(desk: Desk, address: str) -> None:
    page = desk.client.get(address).text
    assert re.search(r'<label[^>]*for="why">Alasan <span class="must"', page)
    assert re.search(r'<input(?=[^>]*name="why")(?=[^>]* required)(?=[^>]*aria-required="true")', page)


def test_a_form_of_the_catalogue_marks_what_it_needs_and_no_reason(desk: Desk) -> None:
    page = desk.client.get("/new/plan").text
    assert set(re.findall(r'for="(\w+)">[^<]*<span class="must"', page)) == {"key", "name", "rate"}


@pytest.mark.parametrize(("language", "words"), [("id", "rumah sakit"), ("en", "hospital")])
def test_kinds_of_office_are_chosen_by_their_words(desk: Desk, language: str, words: str) -> None:
    page = desk.client.get(f"/new/opd?lang={language}").text
    assert f'<option value="hospital">{words}</option>' in page
    assert '<option selected value="office">' in page


def test_a_kind_of_office_that_a_list_brought_stays(desk: Desk) -> None:
    allocate.change(desk.web.office, "opd", "RSUD", {"kind": "laboratorium"}, Author("ani", "uji"))
    assert '<option selected value="laboratorium">laboratorium</option>' in desk.client.get("/edit/opd/RSUD").text
    sent = desk.form_of("/edit/opd/RSUD") | {"ceiling": "61M/30M", "why": "uji"}
    assert desk.client.post("/edit/opd/RSUD", data=sent).status_code == 302
    assert allocate.get(desk.web.office, "opd", "RSUD").values["kind"] == "laboratorium"
