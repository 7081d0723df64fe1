"""The page of the system (health, copies, versions, settings) and help with its console for the API."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from netquota import __version__
from netquota.services.certificates import Certificate
from netquota.services.findings import Finding, Mark
from netquota.services.machine_doctor import standing_findings
from netquota.settings import Settings, flat
from netquota.storage.database import Database
from netquota.storage.fact_store import put_fact
from tests.web_city import Programs, WebCity
from web import system_words
from web.admin.helping import TERMS
from web.api.v1.table import OPERATIONS
from web.app import create_app
from web.auth.rights import Role

DAY_S = 86_400
MAIL = {"smtp_host": "surel.kota.go.id", "mail_from": "n@kota.go.id", "smtp_password": "rahasia surel"}


@pytest.fixture
def city(sqlite_database: Database, tmp_path: Path) -> WebCity:
    found = with_folder(WebCity.on(sqlite_database, web={"public_url": "https://netquota.kota.go.id"}), tmp_path)
    found.add_admin("budi")
    return found


def with_folder(made: WebCity, folder: Path) -> WebCity:
    """The city with its files in a folder of its own."""
    settings = made.context.settings.model_copy(update={"state_dir": folder})
    return replace(made, app=create_app(settings, made.clock, made.database, made.keyring))


def certificate(city: WebCity, days: int | None, problem: str = "") -> list[Finding]:
    """What is found where the certificate ends in so many days."""
    until_s = None if days is None else city.now_s + days * DAY_S + 60
    seen = Certificate("netquota.kota.go.id", until_s, problem, city.now_s)
    with city.database.write() as connection:
        put_fact(connection, "certificate", json.dumps(asdict(seen)))
    return [one for one in findings(city, "mail") if one.about == "certificate"]


def findings(city: WebCity, *ways: str) -> list[Finding]:
    return list(standing_findings(city.context.settings, ways, city.database, city.now_s))


@pytest.mark.parametrize(
    ("days", "problem", "mark"),
    [
        (90, "", Mark.OK), (20, "", Mark.WARN), (2, "", Mark.BAD), (-1, "", Mark.BAD),
        (90, "self-signed certificate", Mark.WARN), (None, "it takes too long", Mark.WARN),
    ],
)  # fmt: skip
def test_a_certificate_that_ends_soon_or_is_not_trusted_is_told(
    city: WebCity, days: int | None, problem: str, mark: Mark
) -> None:
    [found] = certificate(city, days, problem)
    assert found.mark is mark
    assert bool(found.remedy) is (mark is not Mark.OK)


def test_pages_without_https_have_no_certificate_to_look_at(sqlite_database: Database) -> None:
    assert "certificate" not in {one.about for one in findings(WebCity.on(sqlite_database))}


def test_health_is_told_in_the_pages_language_the_worst_first(city: WebCity) -> None:
    city.add_admin()
    certificate(city, 2)
    page = city.browser().get("/system").text
    health = page[page.index("h-health") : page.index("h-copies")]
    assert health.index("buruk") < health.index("perlu dilihat") < health.index("baik<")
    assert "milik netquota.kota.go.id berakhir" in health
    assert "perpanjang: certbot" in health
    assert "there is none in" not in page


def test_each_sentence_of_the_checks_has_its_words(city: WebCity, tmp_path: Path) -> None:
    """Those that this city brings about; a new sentence without a pattern would stay English."""
    gone = city.context.settings.model_copy(update={"state_dir": tmp_path / "missing"})
    told = findings(city) + list(standing_findings(gone, ["mail"], city.database, city.now_s))
    told += certificate(city, 2) + certificate(city, None, "no route")
    with city.app.test_request_context():
        for one in told:
            assert system_words.about(one.about) != one.about
            if one.mark is Mark.OK or one.about not in ("key file", "database"):  # these tell an error as it was raised
                assert system_words.found(one.found) != one.found or one.about == "disk", one.found
            assert not one.remedy or system_words.remedy(one.remedy) != one.remedy, one.remedy


def test_copies_stand_newest_first(sqlite_database: Database, tmp_path: Path) -> None:
    city = with_folder(WebCity.on(sqlite_database), tmp_path)
    city.add_admin()
    folder = tmp_path / "backups"
    folder.mkdir()
    for day, name in enumerate(("netquota-20261128T193000Z.sqlite", "netquota-20261129T193000Z.sqlite")):
        (folder / name).write_bytes(b"x" * 2_000_000)
        os.utime(folder / name, (city.now_s - (2 - day) * DAY_S, city.now_s - (2 - day) * DAY_S))
    (folder / "netquota-20261130T193000Z.sqlite.part").write_bytes(b"")
    page = city.browser().get("/system").text
    assert page.index("netquota-20261129T193000Z") < page.index("netquota-20261128T193000Z")
    assert ".part" not in page
    assert "2,0 MB" in page.replace("\xa0", " ")


def test_settings_show_what_was_chosen_and_no_secret(sqlite_database: Database) -> None:
    city = WebCity.on(sqlite_database, notices=MAIL)
    city.add_admin()
    client = city.browser()
    chosen, every = client.get("/system").text, client.get("/system?settings=all").text
    assert "surel.kota.go.id" in chosen
    assert "notices.smtp_password" in chosen
    assert "rahasia surel" not in chosen + every
    assert "enforcement.throttle_floor_bps" not in chosen
    for key in flat(Settings()):
        assert f">{key}<" in every, key


def test_an_auditor_reads_the_system_but_starts_nothing(city: WebCity) -> None:
    city.add_admin("tina", role="auditor")
    page = city.browser("tina").get("/system").text
    assert "Setelan yang berlaku" in page
    assert "/jobs/backup/run" not in page


@pytest.mark.parametrize("role", list(Role))
def test_help_and_console_offer_what_the_role_may_do(city: WebCity, role: Role) -> None:
    city.add("opd", code="DINKES", name="Dinas Kesehatan")
    city.add_admin("tina", role=role, **({"opd": "DINKES"} if role is Role.OPD_OPERATOR else {}))
    client = city.browser("tina")
    page = client.get("/help").text
    for address in set(re.findall(r'<p><a href="(/[^"]+)"', page)):
        assert client.get(address, follow_redirects=True).status_code == 200, address
    console = client.get("/help/api").text
    offered = len(re.findall(r'data-path="', console))
    assert offered == sum(role in one.roles for one in OPERATIONS)


def test_the_glossary_is_whole_and_in_order() -> None:
    assert len(TERMS) >= 30
    english = [term for term, _, _ in TERMS]
    assert len(set(english)) == len(english)
    assert all(indonesian and str(meaning) for _, indonesian, meaning in TERMS)


def test_programs_read_the_same(city: WebCity) -> None:
    city.add_admin()
    city.add_admin("tina", role="auditor")
    city.add_admin("pela", role="planner")
    programs = Programs(city)
    found = programs.ask("tina", "GET", "/system").get_json()
    assert {one["about"] for one in found["health"]} >= {"database", "disk", "backup", "notices"}
    assert found["versions"]["netquota"] == __version__
    assert [one for one in found["settings"] if one["is_own"] and one["key"] == "city.name"]
    assert programs.ask("pela", "GET", "/system").status_code == 403


def test_a_schema_of_another_release_is_told_on_the_page(city: WebCity) -> None:
    city.add_admin()
    client = city.browser()
    with city.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    page = client.get("/system")
    assert page.status_code == 200
    assert "9999" in page.text


def test_the_certificate_of_an_address_of_before_is_not_told(city: WebCity) -> None:
    seen = Certificate("lama.kota.go.id", city.now_s + 90 * DAY_S, "", city.now_s)
    with city.database.write() as connection:
        put_fact(connection, "certificate", json.dumps(asdict(seen)))
    [found] = [one for one in findings(city, "mail") if one.about == "certificate"]
    assert "not looked at yet" in found.found


def test_the_consoles_fields_never_reach_an_address(city: WebCity) -> None:
    city.add_admin()
    page = city.browser().get("/help/api").text
    form = page[page.index('<form id="console"') : page.index("</form>", page.index('<form id="console"'))]
    assert 'method="dialog"' in form
    assert " name=" not in form
    assert '<button class="btn btn-primary" disabled>' in form


def test_the_search_finds_terms(city: WebCity) -> None:
    city.add_admin()
    assert "Bagian jam kerja yang mencapai batas" in city.browser().get("/search?q=kejenuhan").text
