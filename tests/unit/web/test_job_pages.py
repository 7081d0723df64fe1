"""The page of a job: what it did and will do, and what may be done about it by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from netquota.services import backup_trial, job_desk
from netquota.services.backup_trial import Trial
from netquota.services.jobs import jobs
from netquota.settings import Settings
from netquota.storage import job_store
from netquota.storage.backup import Backup
from netquota.storage.database import Database
from netquota.storage.job_store import RunState
from tests.web_city import WebCity, post
from web.admin import timetable


@pytest.fixture
def web(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database)
    made.add_admin()
    return made


@pytest.fixture
def client(web: WebCity) -> FlaskClient:
    return web.browser()


def states(web: WebCity, name: str) -> list[str]:
    with web.database.read() as connection:
        return [run.state for run in job_store.runs(connection, name)]


def test_every_job_has_a_page_in_words_and_is_listed(web: WebCity, client: FlaskClient) -> None:
    listed = client.get("/rotation?lang=id").text
    for name in jobs(web.context.settings):
        page = client.get(f"/jobs/{name}?lang=id")
        assert page.status_code == 200
        assert f'href="/jobs/{name}"' in listed
        assert f"<h1>{name}" not in page.text  # it is told in words
    assert client.get("/jobs/nothing").status_code == 404


def test_a_job_is_asked_for_with_a_reason_alone(web: WebCity, client: FlaskClient) -> None:
    assert post(client, "/jobs/stale/run", "/jobs/stale").status_code == 400
    assert states(web, "stale") == []
    assert post(client, "/jobs/stale/run", "/jobs/stale", why="uji").status_code == 302
    assert states(web, "stale") == [RunState.WANTED]


def test_trying_changes_nothing_and_says_what_would_be_done(web: WebCity, client: FlaskClient) -> None:
    answer = post(client, "/jobs/reconcile/run", "/jobs/reconcile?lang=id", rehearse="1")
    assert "0 sesi diperiksa, 0 perintah" in answer.text
    assert states(web, "reconcile") == []


@pytest.mark.parametrize("name", [job.name for job in jobs(Settings()).values() if job.rehearses])
def test_what_a_job_says_is_told_in_indonesian(web: WebCity, name: str) -> None:
    said = job_desk.rehearse(web.office, jobs(web.context.settings), name, 64_000).result
    with web.app.test_request_context("/rotation?lang=id"):
        assert timetable.result(said) != said


def test_what_was_due_before_anybody_looked_at_the_clock_is_not_late(web: WebCity, client: FlaskClient) -> None:
    began_s = web.now_s - 2 * 3600
    ran(web, "backup", began_s - 7 * 3600 - 1800, began_s)  # due at 02.30
    assert "terlambat" not in client.get("/jobs/backup?lang=id").text
    ran(web, "retention", began_s + 60, began_s + 3660)
    assert "terlambat 1 jam" in client.get("/jobs/retention?lang=id").text.replace("\xa0", " ")


def ran(web: WebCity, name: str, due_s: int, at_s: int) -> None:
    """A run that began and ended at a moment."""
    with web.database.write() as connection:
        job_store.begin(connection, name, due_s, at_s, 1)
        job_store.end(connection, name, due_s, at_s, 1, RunState.DONE, "trimmed")


def test_the_next_run_is_left_out_and_can_be_run_again(web: WebCity, client: FlaskClient) -> None:
    assert post(client, "/jobs/stale/skip", "/jobs/stale", why="uji").status_code == 302
    assert states(web, "stale") == [RunState.SKIPPED]
    due_s = str(web.now_s // 60 * 60 + 60)
    assert f'name="due" value="{due_s}"' in client.get("/jobs/stale").text
    assert post(client, "/jobs/stale/run", "/jobs/stale", why="uji", due=due_s).status_code == 302
    assert states(web, "stale") == [RunState.WANTED]


def test_a_planner_looks_but_does_not_touch_the_clock(web: WebCity) -> None:
    web.add_admin("planner", "planner")
    planner = web.browser("planner")
    assert planner.get("/jobs/stale").status_code == 200
    assert post(planner, "/jobs/stale/run", "/jobs/stale", why="uji").status_code == 403
    assert post(planner, "/jobs/stale/skip", "/jobs/stale", why="uji").status_code == 403


def test_copies_and_what_came_of_trying_one_stand_on_the_page(web: WebCity) -> None:
    page = web.browser().get("/rotation").text
    assert "belum dicoba" in page
    made = Backup(Path("netquota-20261124T023000Z.sqlite"), 3_000_000, "0013", "sqlite")
    good = Trial(made.path.name, web.now_s, 1.5, "0013", {"employees": 300, "offices": 12, "sessions": 2110}, ())
    with web.database.write() as connection:
        backup_trial.note_copy(connection, made, web.now_s, {})
        backup_trial.note_trial(connection, good)
    page = web.browser().get("/rotation").text
    assert "dipulihkan dan utuh" in page
    assert "300 orang, 12 kantor, 2.110 sesi" in page
    with web.database.write() as connection:
        backup_trial.note_trial(connection, replace(good, faults=("table nas is missing",)))
    page = web.browser().get("/rotation").text
    assert "tidak akan memulihkan kota" in page
    assert "table nas is missing" in page
