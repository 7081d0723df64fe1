"""Applications followed, and more of a quota given, by API: as on the pages, by the same rights."""

from __future__ import annotations

import pytest

from netquota.services import addresses
from netquota.services.allocate import change, get
from netquota.storage.database import Database
from tests.web_city import BY, Programs, WebCity

STEPS, BOARD = "/applications/SIAK/steps", "/application-board"


@pytest.fixture
def desk(sqlite_database: Database) -> Programs:
    made = WebCity.on(sqlite_database, web={"plain_http": True})
    for code in ("DISDUKCAPIL", "DINSOS"):
        made.add("opd", code=code, name=code.title(), ceiling="60M/30M")
    made.add("application", code="SIAK", name="Kependudukan Terpusat", opd="DISDUKCAPIL", function="kartu keluarga")
    made.add("plan", key="staf", name="Staf", rate="10M/5M")
    made.add("quota", key="bulan", name="Bulan", plan="staf", period="month", octets="10GB", throttle="1M/1M")
    made.add("employee", username="sri", name="Sri", opd="DINSOS", plan="staf")
    made.add_admin()
    made.add_admin("dodi", "opd_operator", opd="DINSOS")
    made.add_admin("adit", "auditor")
    made.clock.advance(1)
    return Programs(made)


def ceiling(desk: Programs) -> str:
    return get(desk.web.office, "opd", "DISDUKCAPIL").values["ceiling"]


def test_steps_are_taken_in_turn_until_a_share_is_given(desk: Programs) -> None:
    assert desk.read("rina", STEPS)["next"] == "verify"
    early = desk.ask("rina", "POST", STEPS, {"step": "advise", "outcome": "advised", "note": "VPN"})
    assert (early.status_code, early.get_json()["field"]) == (422, "step")
    for body in (
        {"step": "verify", "outcome": "serves_task"},
        {"step": "advise", "outcome": "advised", "note": "pakai VPN"},
        {"step": "socialise", "outcome": "held", "material": "buku panduan", "on": "2026-11-20"},
        {"step": "evaluate", "outcome": "used", "users": 40},
    ):
        stands = desk.done("rina", STEPS, body)
    assert stands == {"progress": "followed", "next": "provide", "dry_run": False}
    share = {"step": "provide", "outcome": "share", "rate": "10M/5M", "until": "2026-12-31", "review_on": "2026-12-01"}
    assert desk.done("rina", f"{STEPS}?dry_run=true", share)["progress"] == "done"
    assert ceiling(desk) == "60M/30M"
    desk.done("rina", STEPS, share)
    assert ceiling(desk) == "70M/35M"
    found = desk.read("adit", STEPS)
    assert [one["step"] for one in found["steps"]] == ["verify", "advise", "socialise", "evaluate", "provide"]
    assert found["shares"][0]["rate"] == {"down_bps": 10_000_000, "up_bps": 5_000_000}
    assert (found["shares"][0]["in_force"], found["shares"][0]["ended"]) == (True, None)


def test_what_gateways_measured_is_read_with_the_steps(desk: Programs) -> None:
    city = desk.web
    nothing = desk.read("adit", STEPS)["measured"]
    assert (nothing["state"], nothing["figures"]) == ("no_address", None)
    city.add("nas", name="gw", address="10.0.0.1", family="mikrotik")
    change(city.office, "application", "SIAK", {"address": "siak.kota.go.id"}, BY)
    for total in (0, 300_000_000):
        with city.database.write() as connection:
            told = {"siak.kota.go.id": (total, total // 10)}
            addresses.take(connection, addresses.Source(1, ""), told, None, city.now_s)
        city.clock.advance(300)
    reported_s = city.now_s - 300
    city.clock.advance(600)
    assert desk.read("adit", STEPS)["measured"] == {
        "state": "measured", "hosts": ["siak.kota.go.id"], "gateways": 1, "reported_s": reported_s,
        "since": "2026-11-24", "figures": {
            "from": "2026-10-26", "to": "2026-11-24", "down_octets": 300_000_000, "up_octets": 30_000_000,
            "p95_office_down_bps": 8_000_000, "p95_office_up_bps": 800_000, "used_days": 1, "working_days": 1,
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"step": "verify", "outcome": "used"}, "outcome"), ({"step": "verify", "outcome": "duplicate"}, "note"),
        ({"step": "lain", "outcome": "used"}, "step"), ({"step": "verify"}, "outcome"),
        ({"step": "verify", "outcome": "serves_task", "on": "kemarin"}, "on"),
        ({"step": "verify", "outcome": "serves_task", "users": -1}, "users"),
    ],
)  # fmt: skip
def test_a_wrong_step_is_named_and_not_taken(desk: Programs, body: dict[str, object], field: str) -> None:
    answer = desk.ask("rina", "POST", STEPS, body)
    assert (answer.status_code, answer.get_json()["field"]) == (422, field), answer.text
    assert desk.read("rina", STEPS)["steps"] == []


def test_offices_declare_and_the_silent_are_reminded(desk: Programs) -> None:
    def standing(who: str) -> dict[str, str]:
        return {one["opd"]: one["reporting"] for one in desk.read(who, BOARD)["items"]}

    assert standing("rina") == {"DINSOS": "silent", "DISDUKCAPIL": "reported"}
    assert desk.done("rina", f"{BOARD}/remind", {}) == {"opds": ["DINSOS"]}
    assert desk.done("rina", f"{BOARD}/remind", {}) == {"opds": []}  # once a day
    desk.done("dodi", f"{BOARD}/DINSOS/none", {"why": "tidak ada"})
    assert standing("dodi") == {"DINSOS": "none"}
    assert desk.ask("rina", "POST", f"{BOARD}/DISDUKCAPIL/none", {}).status_code == 409
    desk.done("dodi", f"{BOARD}/DINSOS/silent", {"why": "keliru"})
    assert standing("rina")["DINSOS"] == "silent"


def test_an_operator_reaches_his_own_office_alone_and_an_auditor_changes_nothing(desk: Programs) -> None:
    assert desk.ask("dodi", "GET", STEPS).status_code == 404
    for path in (f"{BOARD}/DISDUKCAPIL/none", f"{BOARD}/DISDUKCAPIL/silent"):
        assert desk.ask("dodi", "POST", path, {"why": "uji"}).status_code == 404
    for path in (STEPS, f"{BOARD}/remind", f"{BOARD}/DINSOS/none", "/quotas/bulan/grants", "/quotas/bulan/resets"):
        assert desk.ask("adit", "POST", path, {"why": "uji"}).status_code == 403
    assert desk.ask("dodi", "POST", STEPS, {"step": "verify", "outcome": "serves_task"}).status_code == 403
    assert desk.ask("dodi", "POST", "/quotas/bulan/grants", {"employee": "sri"}).status_code == 403


def test_a_person_gets_more_of_a_quota_and_it_is_taken_back(desk: Programs) -> None:
    path, sri = "/quotas/bulan/grants", {"employee": "sri", "why": "pelatihan"}
    tried = desk.done("rina", f"{path}?dry_run=true", sri | {"octets": "5 GB"})
    assert (tried["entitled_octets"], tried["dry_run"]) == (15_000_000_000, True)
    given = desk.done("rina", path, sri | {"octets": "5 GB"})
    assert (given["to"], given["entitled_octets"]) == ("sri", 15_000_000_000)
    assert desk.done("rina", path, sri | {"octets": -2_000_000_000})["granted_octets"] == 3_000_000_000
    assert desk.done("rina", path, sri | {"octets": "-3 GB"})["granted_octets"] == 0
    until = desk.done("rina", path, sri | {"octets": "1 GB", "until": "2026-12-15T16:00"})
    assert until["carried_octets"] == 1_000_000_000
    assert desk.done("rina", "/quotas/bulan/resets", sri)["used_octets"] == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"octets": 0}, "octets"), ({"octets": "banyak"}, "octets"), ({"octets": -5_000}, "octets"),
        ({"why": " "}, "why"), ({"opd": "DINSOS"}, "employee"), ({"employee": ""}, "employee"),
        ({"until": "2020-01-01"}, "until"), ({"until": "nanti"}, "until"), ({"octets": 10**16}, "octets"),
    ],
)  # fmt: skip
def test_a_wrong_grant_is_named(desk: Programs, body: dict[str, object], field: str) -> None:
    good = {"octets": 5_000, "why": "uji", "employee": "sri"}
    answer = desk.ask("rina", "POST", "/quotas/bulan/grants", good | body)
    assert (answer.status_code, answer.get_json()["field"]) == (422, field), answer.text
    assert desk.ask("rina", "POST", "/quotas/lain/grants", good).status_code == 404
    assert desk.ask("rina", "POST", "/quotas/bulan/grants", {**good, "employee": "siapa"}).status_code == 404
