"""Planning by API: the same figures as pages and commands give."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from netquota.clock import FixedClock
from netquota.secrets import Keyring
from netquota.services import api_tokens
from netquota.services.allocate import add, change
from netquota.services.api_tokens import TokenScope
from netquota.services.planning import budget_desk, computing, tasks
from netquota.settings import Settings
from netquota.storage.database import open_database
from netquota.storage.plan_store import RENDER
from tests.conftest import MORNING
from tests.web_city import BY, WebCity
from web.app import create_app


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, planned_file: Path, keyring: Keyring) -> Iterator[WebCity]:
    path = tmp_path_factory.mktemp("api") / "netquota.sqlite"
    shutil.copyfile(planned_file, path)
    database, clock = open_database(f"sqlite:///{path}"), FixedClock(MORNING)
    computing.compute(database, ZoneInfo("Asia/Jakarta"), clock)
    settings = Settings.model_validate({"web": {"plain_http": True}, "city": {"name": "Kota Teluk Arunika"}})
    found = WebCity(create_app(settings, clock, database, keyring), database, keyring, clock)
    found.add_admin("tono", "network_admin")
    found.add_admin("rina", "planner")
    found.add_admin("kepala", "head_of_office")
    yield found
    database.dispose()


def ask(
    city: WebCity, path: str, method: str = "GET", body: object = None, who: str = "rina"
) -> tuple[int, Any]:  # fmt: skip
    text = api_tokens.create(city.office, who, "uji", tuple(TokenScope), BY).text
    answer = city.visitor().open(
        f"/api/v1{path}", method=method, json=body, headers={"Authorization": f"Bearer {text}"}
    )  # fmt: skip
    return answer.status_code, answer.get_json()


def test_measures_studies_and_needs_are_read(city: WebCity) -> None:
    status, found = ask(city, "/plan/measures?kind=opd&key=DPMPTSP&from=2026-10-27&until=2026-11-23")
    assert (status, found["whole"]["expected"], found["hidden"][0]["finding"]) == (200, 28 * 288, "estimate")
    assert ask(city, "/plan/measures?kind=opd&key=DPMPTSP&from=2026-01-01")[0] == 422
    assert ask(city, "/plan/measures?kind=opd&key=NONE")[0] == 404
    studies = ask(city, "/plan/studies")[1]["items"]
    assert {one["key"] for one in studies} >= {"DPMPTSP", "Tautan Layanan"}
    study = ask(city, "/plan/studies/link/Tautan Layanan")[1]
    assert study["outlooks"][0]["ahead"][0]["low_bps"] > 0
    assert ask(city, "/plan/studies/opd/NONE")[0] == 404
    needs = {one["key"]: one for one in ask(city, "/plan/needs?year=2027")[1]["items"]}
    assert needs["Tautan Layanan"]["capacity_bps"] > 110_000_000


def test_studies_are_asked_for_and_followed(city: WebCity) -> None:
    status, asked = ask(city, "/plan/studies", "POST")
    assert status == 202
    assert ask(city, f"/plan/tasks/{asked['task']}")[1]["state"] == "waiting"
    assert ask(city, "/plan/tasks/999999")[0] == 404


def test_a_known_step_is_confirmed_listed_and_removed(city: WebCity) -> None:
    step = {"day": "2027-03-01", "permille": 1200, "note": "Kantor baru"}
    status, found = ask(city, "/plan/steps/link/Tautan Layanan", "POST", step)
    assert status == 200, found
    kept = ask(city, "/plan/steps/link/Tautan Layanan")[1]["items"]
    assert [(one["day"], one["permille"], one["note"]) for one in kept] == [("2027-03-01", 1200, "Kantor baru")]
    assert ask(city, "/plan/steps/link/NONE")[0] == 404
    assert ask(city, "/plan/steps/link/Tautan Layanan", "POST", step | {"day": "soon"})[0] == 422
    assert ask(city, "/plan/steps/link/Tautan Layanan", "POST", step | {"permille": 0})[0] == 422
    assert ask(city, "/plan/steps/link/Tautan Layanan", "POST", step | {"permille": 1000})[1]["items"] == []
    assert ask(city, "/plan/steps/link/Tautan Layanan", "POST", step | {"permille": 1000})[0] == 404


def test_a_budget_request_is_made_and_its_file_fetched(city: WebCity) -> None:
    choices = {"kind": "APBD", "year": 2027, "prices_rp": {"Tautan Layanan": 140_000}}
    status, made = ask(city, "/budget-requests", "POST", choices)
    assert status == 201, made
    assert ask(city, f"/budget-requests/{made['id']}/files/pdf")[0] == 404
    tasks.work(city.database, city.clock, {RENDER: budget_desk.rendering(city.database, city.context.settings)})
    content = base64.b64decode(ask(city, f"/budget-requests/{made['id']}/files/pdf")[1]["content_base64"])
    assert content.startswith(b"%PDF")
    found = ask(city, f"/budget-requests/{made['id']}")[1]
    link = next(each for each in found["input"]["links"] if each["name"] == "Tautan Layanan")
    assert link["asked_price_rp"] == 140_000
    assert found["total_rp"] == found["sum_rp"] + found["ppn_rp"]
    assert [each["id"] for each in ask(city, "/budget-requests")[1]["items"]] == [made["id"]]


def test_a_budget_request_is_approved_by_another_or_removed(city: WebCity) -> None:
    signed = {"position": "Kepala", "name": "Siti", "rank": "Pembina", "nip": "197203151998032004"}
    choices = {"kind": "APBD", "year": 2027, "head": signed}
    drafts = [ask(city, "/budget-requests", "POST", choices) for _ in range(2)]
    assert [status for status, _ in drafts] == [201, 201], drafts
    made = [each["id"] for _, each in drafts]
    kept, gone = (f"/budget-requests/{each}" for each in made)
    assert ask(city, f"{kept}/approve", "POST", {"why": "setuju"})[0] == 403  # rina is no head
    change(city.office, "admin", "rina", {"role": "head_of_office"}, BY)
    assert ask(city, f"{kept}/approve", "POST", {"why": "setuju"})[0] == 409  # her own, by whatever token
    change(city.office, "admin", "rina", {"role": "planner"}, BY)
    status, found = ask(city, f"{kept}/approve", "POST", {"why": "setuju"}, who="kepala")
    assert (status, found["approved_by"].partition(" ")[0]) == (200, "kepala")
    assert found["number"]
    assert ask(city, kept, "DELETE")[0] == 409
    assert ask(city, gone, "DELETE") == (200, {"id": made[1]})
    assert ask(city, gone)[0] == 404


@pytest.mark.parametrize(
    ("choices", "named"),
    [
        ({"kind": "APBN", "year": 2027}, "kind"), ({"kind": "APBD", "year": "soon"}, "year"),
        ({"kind": "APBD-P", "year": 2026}, "change_from"),
        ({"kind": "APBD", "year": 2027, "prices_rp": {"X": 1}}, "prices_rp"),
        ({"kind": "APBD", "year": 2027, "opds": ["NONE"]}, "opds"),
        ({"kind": "APBD", "year": 2027, "permille": 0}, "permille"),
    ],
)  # fmt: skip
def test_choices_that_cannot_be_are_named(city: WebCity, choices: dict[str, Any], named: str) -> None:
    status, problem = ask(city, "/budget-requests", "POST", choices)
    assert status == 422, problem
    assert named in str(problem)


LAYANAN = "Tautan Layanan"


def test_a_scenario_is_tried_kept_listed_and_removed(city: WebCity) -> None:
    base = ask(city, "/plan/scenarios/try", "POST", {})[1]
    terms = {
        "growth_percent": 10, "price_percent": -5, "lost": ["Tautan Balai Kota"],
        "applications": [{"link": LAYANAN, "users": 120, "rate_bps": 2_000_000}] * 2,
    }  # fmt: skip
    status, tried = ask(city, "/plan/scenarios/try", "POST", terms)
    assert status == 200, tried
    (line,) = tried["links"]
    before = {each["link"]: each for each in base["links"]}[LAYANAN]
    assert line["capacity_bps"] > before["capacity_bps"] + 144_000_000
    assert (line["price_rp"], line["months"]) == (before["price_rp"] * 95 // 100, 12)
    assert line["amount_rp"] == line["capacity_bps"] // 10**6 * line["price_rp"] * 12 == tried["total_rp"]
    assert ask(city, "/plan/scenarios")[1]["items"] == []
    status, kept = ask(city, "/plan/scenarios", "POST", {"name": "MPP/baru", "why": "rapat", **terms})
    assert (status, kept["outcome"]) == (201, tried)
    (listed,) = ask(city, "/plan/scenarios")[1]["items"]
    assert (listed["name"], listed["outcome"], listed["problem"]) == ("MPP/baru", tried, None)
    assert listed["terms"] == {"offices": [], **terms}
    assert listed["by"].startswith("rina")
    assert ask(city, "/plan/scenarios", who="kepala")[1]["items"] == [listed]
    assert ask(city, "/plan/scenarios/MPP/baru", "DELETE", who="kepala")[0] == 403
    assert ask(city, "/plan/scenarios/MPP/baru", "DELETE") == (200, {"name": "MPP/baru"})
    assert ask(city, "/plan/scenarios/MPP/baru", "DELETE")[0] == 404


@pytest.mark.parametrize(
    ("terms", "status", "field"),
    [
        ({"growth_percent": 901}, 422, "growth_percent"), ({"lost": ["NONE"]}, 404, None),
        ({"offices": [{"link": LAYANAN, "people": 5}]}, 422, "offices"),  # nobody is known there
        ({"applications": [{"link": LAYANAN, "users": 10**7, "rate_bps": 10**9}]}, 422, "rate_bps"),
        ({"lost": [LAYANAN, "Tautan Balai Kota"]}, 422, "lost"), ({"more": 1}, 422, "more"),
    ],
)  # fmt: skip
def test_a_scenario_that_cannot_be_is_refused(city: WebCity, terms: Any, status: int, field: str | None) -> None:
    for path, body in (("/plan/scenarios/try", terms), ("/plan/scenarios", {"name": "x", **terms})):
        answered, problem = ask(city, path, "POST", body)
        assert (answered, problem.get("field")) == (status, field), problem


def test_a_link_is_divided_by_what_its_offices_want(city: WebCity) -> None:
    status, found = ask(city, f"/plan/division/{LAYANAN}?total=160M")
    assert (status, found["total_bps"]) == (200, 160_000_000)
    assert {one["opd"] for one in found["offices"]} == {"DISDUKCAPIL", "DPMPTSP"}
    dealt = sum(one["share_bps"] + one["extra_bps"] for one in found["offices"]) + found["undivided_bps"]
    assert dealt == 160_000_000
    plenty = ask(city, f"/plan/division/{LAYANAN}?total=1G")[1]
    assert sum(one["share_bps"] + one["extra_bps"] for one in plenty["offices"]) == 10**9
    assert ask(city, f"/plan/division/{LAYANAN}")[1]["total_bps"] == 110_000_000
    assert ask(city, f"/plan/division/{LAYANAN}?total=20M")[1]["field"] == "total"
    assert ask(city, "/plan/division/NONE")[0] == 404


def test_people_are_measured_for_those_who_read_of_people_and_operators_stay_at_home(city: WebCity) -> None:
    for name, opd in (("budi", "DPMPTSP"), ("citra", "DISHUB")):
        add(city.office, "employee", {"username": name, "name": name, "opd": opd, "password": "kata sandi panjang"}, BY)
    city.add_admin("sari", "opd_operator", opd="DPMPTSP")
    days = "from=2026-10-27&until=2026-11-23"

    def status(who: str, kind: str, key: str) -> int:
        return ask(city, f"/plan/measures?kind={kind}&key={key}&{days}", who=who)[0]

    assert status("tono", "employee", "citra") == 200
    assert [status(who, "employee", "citra") for who in ("rina", "kepala")] == [403, 403]
    assert (status("sari", "employee", "budi"), status("sari", "employee", "citra")) == (403, 403)  # hours of presence
    assert [status("sari", kind, key) for kind, key in (("opd", "DPMPTSP"), ("opd", "DISHUB"), ("link", LAYANAN),
            ("site", "Kantor DPMPTSP"), ("gateway", "gw"))] == [200, 404, 404, 404, 404]  # fmt: skip
    assert ask(city, "/plan/studies/opd/DPMPTSP", who="sari")[0] == 200
    assert ask(city, "/plan/studies/opd/DISHUB", who="sari")[0] == 404
    assert ask(city, "/plan/studies", who="sari")[0] == 403


def test_the_citys_office_hours_are_read_and_set(city: WebCity) -> None:
    found = ask(city, "/office-hours")[1]
    assert (found["office_hours"], found["usual"]["fri"], found["usual"]["sat"]) == (
        "", {"from": "07:30", "to": "16:30"}, None,
    )  # fmt: skip
    given = {"office_hours": "mon-sat 07:00-14:00", "why": "Perwali 12/2026"}
    assert ask(city, "/office-hours", "PUT", given)[0] == 403
    assert ask(city, "/office-hours?dry_run=true", "PUT", given, "tono")[1] == {"changed": True, "dry_run": True}
    assert ask(city, "/office-hours", "PUT", given, "tono")[1] == {"changed": True, "dry_run": False}
    found = ask(city, "/office-hours")[1]
    assert (found["office_hours"], found["ramadan"]["sat"]) == (
        "mon-sat 07:00-14:00", {"from": "07:00", "to": "14:00"},
    )  # fmt: skip
    status, problem = ask(city, "/office-hours", "PUT", {"office_hours": "always"}, "tono")
    assert (status, problem["field"]) == (422, "office_hours")
    assert ask(city, "/office-hours", "PUT", {"office_hours": ""}, "tono")[1]["changed"]
