"""Requests for more by API: filed, read, weighed and decided as on the pages, by the same rights."""

from __future__ import annotations

import pytest

from netquota.services.allocate import get
from netquota.storage.database import Database
from tests.web_city import Programs, WebCity

ONE = "/requests/P-2026-001"
ASKED = {"opd": "DINKES", "rate": "20M/10M", "reason": "imunisasi daring"}


@pytest.fixture
def desk(sqlite_database: Database) -> Programs:
    made = WebCity.on(sqlite_database, web={"plain_http": True}, requests={"head_above": "30M/30M"})
    for code in ("DINKES", "DINSOS"):
        made.add("opd", code=code, name=code.title(), ceiling="60M/30M")
    made.add("plan", key="staf", name="Staf", rate="10M/5M")
    made.add("quota", key="bulan", name="Bulanan", plan="staf", period="month", octets="10GB", throttle="1M/1M")
    made.add("employee", username="sri", name="Sri", opd="DINKES", plan="staf")
    made.add("application", code="SIMPUS", name="Simpus", opd="DINKES", function="rekam medis")
    made.add_admin()
    made.add_admin("dodi", "opd_operator", opd="DINKES")
    made.add_admin("lina", "opd_operator", opd="DINSOS")
    made.add_admin("kepala", "head_of_office")
    made.add_admin("adit", "auditor")
    made.clock.advance(1)
    return Programs(made)


def ceiling(desk: Programs) -> str:
    return get(desk.web.office, "opd", "DINKES").values["ceiling"]


def test_an_operator_files_and_reads_of_his_own_office_alone(desk: Programs) -> None:
    made = desk.ask("dodi", "POST", "/requests", ASKED | {"application": "SIMPUS", "until": "2026-12-31"})
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1" + ONE)
    shown = desk.ask("dodi", "GET", ONE).get_json()
    assert shown["wanted"] == {"down_bps": 20_000_000, "up_bps": 10_000_000}
    assert (shown["state"], shown["application"], shown["until"]) == ("new", "SIMPUS", "2026-12-31")
    assert shown["by"].startswith("dodi (api")
    assert desk.ask("lina", "GET", ONE).status_code == 404
    assert desk.ask("lina", "GET", "/requests").get_json()["items"] == []
    assert desk.ask("lina", "POST", f"{ONE}/withdraw", {}).status_code == 404
    assert desk.ask("lina", "POST", "/requests", ASKED).status_code == 404
    assert desk.ask("lina", "GET", "/requests?opd=DINKES").status_code == 404
    assert desk.done("dodi", f"{ONE}/withdraw", {})["state"] == "withdrawn"


def test_who_may_not_decide_decides_nothing(desk: Programs) -> None:
    desk.done("dodi", "/requests", ASKED)
    for who in ("dodi", "adit"):
        assert desk.ask(who, "POST", f"{ONE}/approve", {"why": "layak"}).status_code == 403
    assert desk.ask("adit", "POST", f"{ONE}/withdraw", {}).status_code == 403
    assert desk.ask("adit", "GET", ONE).get_json()["state"] == "new"
    assert ceiling(desk) == "60M/30M"


def test_it_is_assessed_and_given_until_a_day_or_for_good(desk: Programs) -> None:
    desk.done("dodi", "/requests", ASKED)
    assessed = desk.done("rina", f"{ONE}/assess", {"note": "layak"})
    assert (assessed["state"], assessed["assessment"], assessed["advice"]) == ("assessed", "layak", "unclear")
    assert assessed["figures"]["coverage_permille"] == 0
    less = {"down_bps": 15_000_000, "up_bps": 5_000_000}
    given = desk.done("rina", f"{ONE}/approve", {"why": "cukup", "rate": less, "until": "2026-11-30"})
    assert (given["state"], given["wanted"], given["until"]) == ("approved", less, "2026-11-30")
    assert ceiling(desk) == "75M/35M"
    assert desk.ask("rina", "POST", f"{ONE}/refuse", {"why": "terlambat"}).status_code == 409
    desk.done("dodi", "/requests", ASKED)
    desk.done("rina", "/requests/P-2026-002/approve", {"why": "layak"})
    assert ceiling(desk) == "95M/45M"


def test_a_day_after_which_there_is_none_is_named(desk: Programs) -> None:
    desk.done("dodi", "/requests", ASKED)
    answer = desk.ask("rina", "POST", f"{ONE}/approve", {"why": "layak", "until": "9999-12-31"})
    assert (answer.status_code, answer.get_json()["field"]) == (422, "until")
    assert ceiling(desk) == "60M/30M"


def test_over_the_set_size_the_head_decides(desk: Programs) -> None:
    desk.done("dodi", "/requests", ASKED | {"rate": "50M/10M"})
    assert desk.done("rina", f"{ONE}/approve", {"why": "layak"})["state"] == "waits_head"
    assert ceiling(desk) == "60M/30M"
    assert desk.done("kepala", f"{ONE}/approve", {"why": "setuju"})["state"] == "approved"
    assert ceiling(desk) == "110M/40M"


@pytest.mark.parametrize(("word", "state"), [("refuse", "refused"), ("budget", "budget")])
def test_it_is_refused_or_passed_on_with_a_reason(desk: Programs, word: str, state: str) -> None:
    desk.done("dodi", "/requests", ASKED)
    assert desk.ask("rina", "POST", f"{ONE}/{word}", {}).get_json()["field"] == "why"
    assert desk.ask("rina", "POST", f"{ONE}/{word}", {"why": " "}).status_code == 422
    told = desk.done("rina", f"{ONE}/{word}", {"why": "tahun depan"})
    assert (told["state"], told["decision"]) == (state, "tahun depan")


def test_a_person_gets_octets_of_his_quota(desk: Programs) -> None:
    desk.done("dodi", "/requests", {"opd": "DINKES", "employee": "sri", "octets": "5 GB", "reason": "pelatihan"})
    assert desk.ask("dodi", "GET", "/requests?employee=sri").get_json()["items"][0]["wanted_octets"] == 5_000_000_000
    lacking = desk.ask("rina", "POST", f"{ONE}/approve", {"why": "ya"})
    assert lacking.status_code == 404  # of which quota was not said
    assert desk.done("rina", f"{ONE}/approve", {"why": "ya", "quota": "bulan"})["state"] == "approved"
    quotas = desk.ask("rina", "GET", "/usage?employee=sri").get_json()["quotas"]
    assert [one["entitled_octets"] for one in quotas] == [15_000_000_000]


def test_a_version_that_was_not_seen_is_not_decided_on(desk: Programs) -> None:
    made = desk.ask("dodi", "POST", "/requests", ASKED)
    tag = made.headers["ETag"]
    assert desk.ask("dodi", "GET", ONE, If_None_Match=tag).status_code == 304
    desk.done("rina", f"{ONE}/assess", {"note": "tunggu"}, If_Match=tag)
    assert desk.ask("kepala", "POST", f"{ONE}/approve", {"why": "ya"}, If_Match=tag).status_code == 412
    fresh = desk.ask("kepala", "GET", ONE).headers["ETag"]
    assert desk.ask("kepala", "POST", f"{ONE}/approve", {"why": "ya"}, If_Match=fresh).status_code == 200


def test_a_repeated_filing_with_a_key_makes_one(desk: Programs) -> None:
    first = desk.done("dodi", "/requests", ASKED, Idempotency_Key="a1")
    assert desk.done("dodi", "/requests", ASKED, Idempotency_Key="a1") == first
    assert len(desk.ask("dodi", "GET", "/requests").get_json()["items"]) == 1


def test_the_list_is_filtered_and_goes_on(desk: Programs) -> None:
    for opd in ("DINKES", "DINSOS", "DINKES"):
        desk.done("rina", "/requests", ASKED | {"opd": opd})
    desk.done("rina", f"{ONE}/refuse", {"why": "tidak"})

    def numbers(query: str) -> list[str]:
        return [one["number"][-1] for one in desk.ask("rina", "GET", f"/requests{query}").get_json()["items"]]

    assert numbers("") == ["3", "2", "1"]
    assert numbers("?state=open&opd=DINKES") == ["3"]
    assert numbers("?state=refused") == ["1"]
    first = desk.ask("rina", "GET", "/requests?limit=2").get_json()
    assert numbers(f"?limit=2&cursor={first['next']}") == ["1"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rate": "banyak"}, "rate"), ({"rate": {"down_bps": 1}}, "rate.up_bps"), ({"rate": 5}, "rate"),
        ({"until": "2020-01-01"}, "until"), ({"until": "besok"}, "until"), ({"reason": ""}, "reason"),
        ({"octets": 5_000}, "wanted"), ({"octets": "-5GB"}, "octets"), ({"octets": -5}, "octets"),
        ({"application": "LAIN"}, "application"), ({"reason": "a\x00b"}, "reason"), ({"lain": 1}, "lain"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(desk: Programs, body: dict[str, object], field: str) -> None:
    answer = desk.ask("rina", "POST", "/requests", ASKED | body)
    assert (answer.status_code, answer.get_json()["field"]) == (422, field), answer.text
    assert answer.mimetype == "application/problem+json"
    assert desk.ask("rina", "GET", "/requests").get_json()["items"] == []
