"""Assessment rounds on the pages: opened, looked through, sent, answered by the office, concluded, taken away."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from netquota.clock import FixedClock
from netquota.secrets import Keyring
from netquota.services import api_tokens, drafts
from netquota.services.allocate import change
from netquota.services.planning import tasks
from netquota.services.planning.assessing import assessing
from netquota.settings import Settings
from netquota.storage import plan_store
from netquota.storage.database import open_database
from tests.conftest import MORNING
from tests.web_city import BY, WebCity, ask_api, post
from web.app import create_app

OPEN = {
    "name": "Tinjauan semester II", "first": "2026-09-01", "last": "2026-11-20", "due": "2026-12-10", "method": "use",
    "why": "dua kali setahun",
}  # fmt: skip
SHEET = "/rounds/1/DISHUB"


@pytest.fixture
def city(tmp_path: Path, planned_file: Path, keyring: Keyring) -> Iterator[WebCity]:
    path = tmp_path / "netquota.sqlite"
    shutil.copyfile(planned_file, path)
    database = open_database(f"sqlite:///{path}")
    settings = Settings.model_validate({"city": {"name": "Kota Teluk Arunika"}, "web": {"plain_http": True}})
    clock = FixedClock(MORNING)
    app = create_app(settings, clock, database, keyring)
    app.testing = True
    made = WebCity(app, database, keyring, clock)
    change(made.office, "opd", "DISHUB", {"ceiling": "100M/50M"}, BY)  # far more than it uses
    change(made.office, "link", "Tautan Balai Kota", {"capacity": "60M/30M"}, BY)
    made.add_admin()
    made.add_admin("dodi", "opd_operator", opd="DISHUB")
    made.add_admin("petra", "planner")
    made.add_admin("adit", "auditor")
    made.clock.advance(1)
    yield made
    database.dispose()


@pytest.fixture
def measured(city: WebCity) -> WebCity:
    """With a round that the process which plans has measured."""
    assert post(city.browser(), "/new-round", "/new-round", **OPEN).location.endswith("/rounds/1")
    work(city)
    return city


def work(city: WebCity) -> None:
    doer = assessing(city.office, lambda _connection: city.context.view.policy())
    tasks.work(city.database, city.clock, {plan_store.ASSESS: doer})


def test_while_it_is_measured_the_page_says_how_far(city: WebCity) -> None:
    rina = city.browser()
    assert "Belum ada tinjauan" in rina.get("/rounds").text
    post(rina, "/new-round", "/new-round", **OPEN)
    page = rina.get("/rounds/1").text
    assert 'id="task"' in page
    assert "Setelah OPD diukur" in page
    work(city)
    page = rina.get("/rounds/1").text
    assert 'id="task"' not in page
    assert "DISDUKCAPIL" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("first", "kemarin"), ("last", "2026-11-24"), ("due", "2020-01-01"), ("last", "2026-08-01")],
)
def test_what_is_wrong_is_told_at_its_field(city: WebCity, field: str, value: str) -> None:
    answer = post(city.browser(), "/new-round", "/new-round", **OPEN | {field: value})
    assert answer.status_code == 400
    assert f'href="#{field}"' in answer.text
    assert value in answer.text


def test_the_filter_stands_in_the_address_and_the_file_holds_it(measured: WebCity) -> None:
    rina = measured.browser()
    lowered = rina.get("/rounds/1?move=lower").text
    rows = lowered.split("<tbody", 1)[1]
    assert ("DISHUB" in rows, "DISDUKCAPIL" in rows) == (True, False)
    text = rina.get("/round-file/1?move=lower&format=csv").text
    assert text.count("\n") == 2
    assert "DISHUB" in text and "diturunkan" in text  # noqa: PT018
    assert rina.get("/round-file/1?format=xlsx").data[:2] == b"PK"
    assert "/rounds-file?format=csv" in rina.get("/rounds").text
    assert len(rina.get("/rounds-file").text.splitlines()) == 2
    assert len(measured.browser("dodi").get("/rounds-file").text.splitlines()) == 1  # not sent to his office yet


def test_each_office_has_a_sheet_on_paper_and_as_a_file(measured: WebCity) -> None:
    rina = measured.browser()
    page = rina.get(SHEET).text
    for text in ("Yang Anda punya", "Yang Anda pakai, pada jam kerja", "Yang diusulkan", "diturunkan"):
        assert text in page
    printed = rina.get("/round-sheets/1").text
    assert printed.count('<article class="sheet') == 3
    with zipfile.ZipFile(io.BytesIO(rina.get("/round-sheet-files/1").data)) as archive:
        assert sorted(archive.namelist()) == [
            f"netquota-round-1-{code}.xlsx" for code in ("DISDUKCAPIL", "DISHUB", "DPMPTSP")
        ]
    one = rina.get("/round-sheet-files/1?opd=DISHUB")
    assert "netquota-round-1-DISHUB.xlsx" in one.headers["Content-Disposition"]
    assert rina.get("/round-sheet-files/1?opd=LAIN").status_code == 404


def test_an_office_answers_to_its_own_sheet_alone(measured: WebCity) -> None:
    rina, dodi = measured.browser(), measured.browser("dodi")
    for hidden in ("/rounds/1", SHEET, "/round-file/1", "/round-sheets/1", "/round-sheet-files/1"):
        assert dodi.get(hidden).status_code == 404, hidden
    assert post(rina, "/round-act/1", "/rounds/1", act="send", why="").status_code == 302
    assert "DISHUB" in dodi.get("/rounds/1").text
    assert "DPMPTSP" not in dodi.get("/rounds/1").text + dodi.get("/round-file/1").text
    assert dodi.get("/rounds/1/DPMPTSP").status_code == 404
    assert "Simpulkan" not in dodi.get(SHEET).text
    assert f'href="{SHEET}"' in dodi.get("/opds/DISHUB").text
    assert post(dodi, "/round-answer/1/DISHUB", SHEET, reply="remarks", remark="").status_code == 400
    assert post(dodi, "/round-answer/1/DISHUB", SHEET, reply="remarks", remark="ada terminal baru").status_code == 302
    assert "ada terminal baru" in rina.get(SHEET).text
    assert f'href="{SHEET}"' not in dodi.get("/opds/DISHUB").text
    assert post(dodi, "/round-answer/1/DPMPTSP", SHEET, reply="agrees", remark="").status_code == 404
    assert post(dodi, "/round-conclude/1/DISHUB", SHEET, conclusion="kept", note="").status_code == 403


def test_it_is_adjusted_concluded_drafted_and_closed(measured: WebCity) -> None:
    rina, petra = measured.browser(), measured.browser("petra")
    assert post(petra, "/round-adjust/1/DISHUB", SHEET, rate="banyak", why="x").status_code == 400
    assert post(petra, "/round-adjust/1/DISHUB", SHEET, rate="20M/10M", why="").status_code == 400
    assert post(petra, "/round-adjust/1/DISHUB", SHEET, rate="20M/10M", why="terminal ditutup").status_code == 302
    assert post(petra, "/round-conclude/1/DISHUB", SHEET, conclusion="budget", note="").status_code == 400
    assert post(petra, "/round-conclude/1/DISHUB", SHEET, conclusion="changed", note="").status_code == 302
    assert post(petra, "/round-draft/1", SHEET, why="x").status_code == 403  # limits are the network's
    assert post(rina, "/round-act/1", "/rounds/1", act="close", why="").status_code == 409
    draft = post(rina, "/round-draft/1", "/rounds/1", why="rapat")
    assert draft.location.endswith("/drafts/1")
    assert "20 / 10 Mbit/s" in rina.get("/drafts/1").text.replace("\xa0", " ")
    assert post(rina, "/round-draft/1", "/rounds/1", why="rapat").status_code == 409
    for act, status in (("rest", 302), ("send", 302), ("send", 409), ("remind", 302), ("salah", 404)):
        assert post(rina, "/round-act/1", "/rounds", act=act, why="").status_code == status, act
    early = post(rina, "/round-act/1", "/rounds", act="close", why="")
    assert (early.status_code, "perubahan ini belum masuk konsep: DISDUKCAPIL;" in early.text) == (409, True)
    drafts.discard(measured.office, 1, BY)
    assert post(rina, "/round-draft/1", "/rounds/1", why="rapat").location.endswith("/drafts/2")
    assert post(rina, "/round-act/1", "/rounds", act="close", why="").status_code == 302
    assert "Buat konsep" not in rina.get("/rounds/1").text
    drafts.discard(measured.office, 2, BY)
    assert "Buat konsep perubahan (2)" in rina.get("/rounds/1").text
    change(measured.office, "opd", "DISHUB", {"ceiling": "80M/50M"}, BY)
    refused = post(rina, "/round-draft/1", "/rounds/1", why="rapat")
    assert refused.status_code == 409
    assert "DISHUB (80M/50M, 100M/50M); atur di sana sesuai kesimpulan" in refused.text
    change(measured.office, "opd", "DISHUB", {"ceiling": "20M/10M"}, BY)  # as it was concluded
    assert post(rina, "/round-draft/1", "/rounds/1", why="rapat").status_code == 302
    page = rina.get("/rounds/1").text
    assert "ditutup" in page
    assert "Tutup tinjauan" not in page
    assert post(rina, "/round-adjust/1/DISHUB", "/rounds", rate="30M/10M", why="x").status_code == 409
    trail = rina.get("/audit?kind=round").text
    for told in ("dibuka", "usulan disesuaikan", "disimpulkan", "lembar dikirim", "ditutup"):
        assert told in trail, told


def test_an_auditor_looks_on(measured: WebCity) -> None:
    adit = measured.browser("adit")
    page = adit.get(SHEET).text
    assert "Sesuaikan" not in page
    assert "Apa yang dilakukan" not in adit.get("/rounds/1").text
    assert post(adit, "/round-act/1", "/account", act="send", why="").status_code == 403


def test_pages_speak_english_and_unknown_rounds_are_not_there(measured: WebCity) -> None:
    rina = measured.browser()
    post(rina, "/account/appearance", "/account", language="en", theme="auto")
    assert "What you used, in office hours" in rina.get(SHEET).text
    for missing in ("/rounds/9", "/rounds/9/DISHUB", "/rounds/1/LAIN", "/round-sheets/9"):
        assert rina.get(missing).status_code == 404, missing


def test_the_api_goes_the_same_way(measured: WebCity) -> None:
    text = api_tokens.create(measured.office, "rina", "uji", ("read", "policy"), BY).text
    assert [one["name"] for one in ask_api(measured, text, "GET", "/rounds").get_json()["items"]] == [OPEN["name"]]
    found = {one["opd"]: one for one in ask_api(measured, text, "GET", "/rounds/1").get_json()["opds"]}
    assert found["DISHUB"]["move"] == "lower"
    body = {"rate": "30M/15M", "why": "terminal"}
    adjusted = ask_api(measured, text, "POST", "/rounds/1/opds/DISHUB/adjust", body).get_json()
    assert adjusted["adjusted"] == {"down_bps": 30_000_000, "up_bps": 15_000_000}
    wrong = ask_api(measured, text, "POST", "/rounds/1/opds/DISHUB/conclude", {"conclusion": "budget"})
    assert (wrong.status_code, wrong.get_json()["field"]) == (422, "conclusion")
    ask_api(measured, text, "POST", "/rounds/1/opds/DISHUB/conclude", {"conclusion": "changed"})
    assert ask_api(measured, text, "POST", "/rounds/1/measure", {"why": "lagi"}).get_json()["measuring"] is True
    work(measured)
    assert ask_api(measured, text, "POST", "/rounds/1/draft", {"why": "rapat"}).get_json()["draft"] == 1
    assert ask_api(measured, text, "POST", "/rounds/1/send", {"why": "rapat"}).get_json()["sheets"] == 3
    said = ask_api(measured, text, "POST", "/rounds/1/opds/DISHUB/answer", {"reply": "agrees"}).get_json()
    assert said["reply"] == "agrees"
    long = {"reply": "remarks", "remark": "terminal baru " * 70}  # as long as the page takes
    said = ask_api(measured, text, "POST", "/rounds/1/opds/DPMPTSP/answer", long).get_json()
    assert len(said.get("remark", "")) > 900, said
    measured.clock.advance(86_400)  # once a day
    assert ask_api(measured, text, "POST", "/rounds/1/remind", {"why": "x"}).get_json()["reminded"] == ["DISDUKCAPIL"]
    assert ask_api(measured, text, "POST", "/rounds/1/rest", {"why": "rapat"}).get_json()["concluded"] == 1
    assert ask_api(measured, text, "POST", "/rounds/1/measure", {"why": "lagi"}).status_code == 409
    assert ask_api(measured, text, "POST", "/rounds/1/close", {"why": "selesai"}).status_code == 409
    assert ask_api(measured, text, "POST", "/rounds/1/opds/LAIN/adjust", body).status_code == 404
    made = ask_api(measured, text, "POST", "/rounds", {"name": "Lagi", "from": "2026-10-01", "until": "2026-10-31",
                                                       "due": "2026-12-01"})  # fmt: skip
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/rounds/2")
    assert ask_api(measured, text, "POST", "/rounds/2/discard", {"why": "salah"}).status_code == 200
