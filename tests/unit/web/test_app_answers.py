"""What every answer carries and what failures tell: strict headers, bounded forms, a code that the log knows too."""

from __future__ import annotations

import json
import re

import pytest

from netquota.errors import Conflict, InvalidValue, NotFound, StorageUnavailable
from netquota.storage.database import Database, open_database
from tests.web_city import WebCity
from web import failures
from web.auth.rights import RIGHTS


class Recorder:
    """Takes the place of the log."""

    def __init__(self) -> None:
        self.lines: list[dict[str, object]] = []

    def error(self, event: str, **more: object) -> None:
        self.lines.append({"event": event, **more})


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    return WebCity.on(sqlite_database)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    recorder = Recorder()
    monkeypatch.setattr(failures, "log", recorder)
    return recorder.lines


def failing(city: WebCity, monkeypatch: pytest.MonkeyPatch, error: Exception, address: str = "/failing") -> str:
    """A page of the city that fails in this way."""

    def view() -> str:
        raise error

    monkeypatch.setitem(RIGHTS, "failing", None)  # type: ignore[arg-type]
    city.app.add_url_rule(address, "failing", view)
    return address


def test_every_answer_says_what_it_may_load_and_who_may_frame_it(city: WebCity) -> None:
    client = city.visitor()
    for address in ("/login", "/livez", "/nowhere", "/static/logo.svg", "/account"):
        headers = client.get(address).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in headers  # no TLS here


def test_pages_are_not_kept_by_caches_and_static_files_are(city: WebCity) -> None:
    city.add_admin()
    client = city.visitor()
    page = client.get("/login")
    assert page.headers["Cache-Control"] == "no-store"
    style = re.search(r'href="(/static/css/netquota\.css\?v=\w+)"', page.text)
    assert style is not None
    assert "immutable" in client.get(style.group(1)).headers["Cache-Control"]


def test_an_unexpected_failure_shows_a_code_that_stands_in_the_log(
    city: WebCity, monkeypatch: pytest.MonkeyPatch, logged: list[dict[str, object]]
) -> None:
    answer = city.visitor().get(failing(city, monkeypatch, RuntimeError("secret inner thing")))
    assert answer.status_code == 500
    (code,) = [str(line["reference"]) for line in logged]
    assert re.fullmatch(r"[2-9A-Z]{2}-[2-9A-Z]{3}", code)
    assert code in answer.text
    assert isinstance(logged[0]["exc_info"], RuntimeError)
    assert "secret inner thing" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("error", [StorageUnavailable("gone"), RuntimeError("inner")])
def test_at_the_hotspot_a_failure_is_told_by_the_portals_own_page(
    city: WebCity, monkeypatch: pytest.MonkeyPatch, logged: list[dict[str, object]], error: Exception
) -> None:
    answer = city.visitor().get(failing(city, monkeypatch, error, "/portal/failing"))
    assert answer.status_code >= 500
    assert "Hotspot Kota Teluk Arunika" in answer.text
    assert f"sebutkan kode {logged[0]['reference']}" in answer.text
    assert "style-src 'sha256-" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (InvalidValue("rate", "<10X>", "write 10M/2M"), 400, ("rate", "&lt;10X&gt;", "Write 10M/2M.")),
        (NotFound("opd", "DISDIX"), 404, ("OPD", "DISDIX", "Periksa ejaannya")),
        (Conflict("opd DISDIK was changed meanwhile"), 409, ("DISDIK sudah diubah sementara itu",)),
        (StorageUnavailable("postgresql://x:***@host: gone"), 503, ("Tidak ada yang diubah",)),
    ],
)
@pytest.mark.parametrize("part", [False, True])
def test_our_own_errors_tell_field_value_and_remedy(
    city: WebCity, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, words: tuple[str, ...], part: bool
) -> None:
    headers = {"HX-Request": "true", "HX-Request-Type": "partial"} if part else {}
    answer = city.visitor().get(failing(city, monkeypatch, error), headers=headers)
    assert answer.status_code == status
    for said in words:
        assert said in answer.text
    assert ("<!doctype html>" in answer.text) is not part
    assert "postgresql://" not in answer.text


@pytest.mark.parametrize("data", [b"x" * 300_000, {f"f{number}": "x" for number in range(60_000)}])
def test_a_form_that_is_too_large_is_refused(city: WebCity, data: object) -> None:
    assert city.visitor().post("/login", data=data).status_code == 413


def test_alive_and_ready_are_told_apart(city: WebCity, sqlite_database: Database) -> None:
    client = city.visitor()
    assert client.get("/livez").get_json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    told = ready.get_json()
    assert (told["status"], told["database"], told["scheduler"]) == ("degraded", "ok", "never ran")
    assert told["last_accounting_s"] is None


def test_a_running_scheduler_makes_it_all_well(city: WebCity, sqlite_database: Database) -> None:
    from netquota.storage.rows import insert_unless_there
    from netquota.storage.schema import lease

    with sqlite_database.write() as connection:
        values = {"name": "scheduler", "holder": "a", "fence": 1, "until_s": city.now_s + 30}
        assert insert_unless_there(connection, lease, values)
    client = city.visitor()
    assert client.get("/readyz").get_json()["status"] == "ok"
    city.clock.advance(90)
    assert client.get("/readyz").get_json()["scheduler"] == "away for 60 s"


def test_a_database_without_our_schema_is_not_ready(tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = open_database(f"sqlite:///{tmp_path_factory.mktemp('empty')}/empty.sqlite")
    answer = WebCity.on(empty).visitor().get("/readyz")
    assert answer.status_code == 503
    assert "netquota db upgrade" in json.dumps(answer.get_json())
    empty.dispose()
