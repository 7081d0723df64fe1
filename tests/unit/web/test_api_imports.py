"""Lists by the API: judged, applied whole or not at all, taken back; an operator's own people and fields alone."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from netquota.services import api_tokens
from netquota.services.allocate import get
from netquota.services.api_tokens import TokenScope
from netquota.storage.database import Database
from tests.web_city import BY, WebCity

GOOD = "NIP;Nama;OPD\n199109262015051001;Budi;DINKES\n199109262015052002;Siti;DINKES\n"


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database, web={"plain_http": True})
    for code in ("DINKES", "DINSOS"):
        made.add("opd", code=code, name=code.title(), ceiling="60M/30M")
    made.add_admin()
    made.add_admin("dodi", "opd_operator", opd="DINKES")
    return made


def send(city: WebCity, path: str, body: dict[str, Any], who: str = "rina") -> TestResponse:
    text = api_tokens.create(city.office, who, "uji", tuple(TokenScope), BY).text
    return city.visitor().post(
        f"/api/v1{path}", data=json.dumps(body), content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )  # fmt: skip


def imported(city: WebCity, content: str, path: str = "/employees/import", who: str = "rina", **more: object) -> Any:
    body = {"file": "pegawai.csv", "content": base64.b64encode(content.encode()).decode(), **more}
    answer = send(city, path, body, who)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_list_is_tried_applied_and_taken_back(city: WebCity) -> None:
    tried = imported(city, GOOD, "/employees/import?dry_run=true")
    assert (tried["applied"], tried["because"], tried["counts"]["create"]) == (False, "dry_run", 2)
    done = imported(city, GOOD, why="daftar BKPSDM")
    assert (done["applied"], done["because"]) == (True, "applied")
    assert get(city.office, "employee", "199109262015051001").values["name"] == "Budi"
    assert send(city, f"/opds/import/{done['import']}/undo", {"why": "salah"}).status_code == 404  # of another kind
    undone = send(city, f"/employees/import/{done['import']}/undo", {"why": "salah"})
    assert undone.json == {"rows": 2}
    assert send(city, f"/employees/import/{done['import']}/undo", {"why": "salah"}).status_code == 409


def test_faults_are_named_and_nothing_is_changed(city: WebCity) -> None:
    found = imported(city, GOOD + "123;Made;DINKESS\n")
    assert (found["applied"], found["because"]) == (False, "faults")
    assert [(fault["row"], fault["column"], fault["value"]) for fault in found["faults"]] == [
        (4, "NIP", "123"), (4, "OPD", "DINKESS")
    ]  # fmt: skip


def test_many_who_would_leave_must_be_meant(city: WebCity) -> None:
    imported(city, GOOD + "199109262015051003;Made;DINKES\n")
    short = GOOD.splitlines()[0] + "\n" + GOOD.splitlines()[1] + "\n"
    found = imported(city, short, complete="offices")
    assert (found["because"], found["leaving"], found["covered"]) == ("leaving", 2, 3)
    assert imported(city, short, complete="offices", leaving=2)["applied"]


def test_columns_are_said_by_their_headings(city: WebCity) -> None:
    content = "Nomor;Orang;Kantor;Golongan\n199109262015051001;Budi;DINKES;III/a\n"
    said = {"Nomor": "nip", "Orang": "name", "Kantor": "opd"}
    found = imported(city, content, columns=said)
    assert (found["applied"], found["unknown_columns"]) == (True, ["Golongan"])


def test_an_operator_imports_his_own_people_alone(city: WebCity) -> None:
    assert imported(city, GOOD, who="dodi")["applied"]
    other = imported(city, "NIP;Nama;OPD\n199109262015051009;Ani;DINSOS\n", who="dodi")
    assert other["because"] == "faults"
    assert send(city, "/opds/import", {"file": "a.csv", "content": "YQ=="}, "dodi").status_code == 403


@pytest.mark.parametrize(
    ("content", "status"), [("!!", 422), ("", 422), (base64.b64encode(b"PK\x03\x04x").decode(), 422)]
)
def test_what_is_no_list_is_said(city: WebCity, content: str, status: int) -> None:
    answer = send(city, "/employees/import", {"file": "a.csv", "content": content})
    assert answer.status_code == status
    assert "content" in answer.text


def test_a_file_larger_than_other_bodies_goes_through(city: WebCity) -> None:
    many = "NIP;Nama;OPD\n" + "".join(f"19910926201505{1 + n % 2}{n:03d};{'N' * 150};DINKES\n" for n in range(1, 999))
    many += many.split("\n", 1)[1]
    assert len(many) > 300_000
    assert imported(city, many, "/employees/import?dry_run=true")["because"] == "dry_run"
