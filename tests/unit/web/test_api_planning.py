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
from netquota.services.allocate import change
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
