"""Every page of the admin answers, with a city at work and with an empty one; each list says what will stand there."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import update

from netquota.domain.policy import Code
from netquota.services.report import Overview
from netquota.storage.city_report import Refusals
from netquota.storage.database import Database
from netquota.storage.report_store import ClientLine
from netquota.storage.schema import accounting_session, enforcement
from netquota.storage.session_report import UseNow
from tests.live import seeded
from tests.web_city import WebCity, post
from web.admin.denials import cause
from web.admin.overview import tiles

LISTS = (
    *(
        "/overview",
        "/opds",
        "/employees",
        "/sessions",
        "/denials",
        "/enforced",
        "/plans",
        "/quotas",
        "/rotation",
        "/gateways",
    ),
    *(
        "/links",
        "/audit",
        "/audit?verify=1",
        "/enforcement",
        "/search",
        "/search?q=zzz",
        "/sessions/act",
        "/sessions/77",
    ),
    *(f"/new/{kind}" for kind in ("opd", "employee", "plan", "quota", "schedule", "nas", "link", "site", "admin")),
)
THINGS = (
    *("/opds/DISDUKCAPIL", "/opds/BPKAD", "/opds/RSUD?span=day", "/opds/RSUD?span=month", "/employees/maria"),
    *("/employees/melati", "/employee-speed/maria", "/employee-status/maria", "/employee-password/maria"),
    *("/gateways/gw-disdukcapil", "/gateways/gw-bpkad", "/gateways/gw-dinkes", "/links/Serat%20Utama"),
    *(
        "/edit/opd/RSUD",
        "/edit/employee/maria",
        "/edit/plan/staf",
        "/edit/quota/staf-bulanan",
        "/edit/schedule/jam-kerja",
    ),
    *(
        "/edit/nas/gw-rsud",
        "/edit/link/Serat%20Utama",
        "/edit/site/Kantor%20RSUD",
        "/edit/admin/rina",
        "/remove/plan/staf",
    ),
    *(
        "/sessions?q=maria&state=at_limit",
        "/sessions?opd=RSUD&sort=name&nas=gw-rsud",
        "/sessions?page=9",
        "/sessions?opd=zz",
    ),
    *(
        "/denials?span=week&code=quota_spent&q=agus",
        "/enforced?kind=limited&user=maria&from=2026-11-20&until=2026-11-30",
        "/enforced?opd=RSUD&nas=gw-rsud&after=99.99",
        "/employees?opd=RSUD&status=active&sort=-nip",
        "/employees?opd=nope",
    ),
    *("/search?q=RSUD", "/search?q=10.24.9.1", "/quotas?q=staf&sort=-octets", "/opds?sort=p95&q=dinas"),
    *("/audit?kind=plan&action=add&from=2026-11-01&until=2026-11-30", "/orders?employee=lukas", "/orders?nas=gw-rsud"),
)
INLINE = re.compile(r"\sstyle=|<script(?![^>]*\bsrc=)(?![^>]*application/json)|\son[a-z]+=", re.IGNORECASE)


@dataclass
class Desk:
    web: WebCity
    city: seeded.Seeded
    client: FlaskClient


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    web = WebCity.on(sqlite_database)
    web.add_admin()
    city = seeded.alive(web.office, days=2)
    return Desk(web, city, web.browser())


@pytest.fixture
def empty(sqlite_database: Database) -> FlaskClient:
    web = WebCity.on(sqlite_database)
    web.add_admin()
    return web.browser()


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_page_answers_with_a_city_at_work(desk: Desk, language: str) -> None:
    first = f"/sessions/{desk.city.sessions['maria']}"
    for address in (*LISTS, *THINGS, first):
        joined = f"{address}{'&' if '?' in address else '?'}lang={language}"
        answer = desk.client.get(joined, follow_redirects=True)
        assert answer.status_code == 200, (address, answer.text[:3000])
        assert not INLINE.search(answer.text), (address, INLINE.search(answer.text))


def test_every_list_answers_in_an_empty_city_and_says_what_will_stand_there(empty: FlaskClient) -> None:
    for address in LISTS:
        answer = empty.get(address, follow_redirects=True)
        assert answer.status_code == 200, (address, answer.text[:3000])
    for address in (
        "/opds",
        "/employees",
        "/sessions",
        "/denials",
        "/enforced",
        "/plans",
        "/quotas",
        "/rotation",
        "/gateways",
        "/links",
    ):
        assert 'class="empty"' in empty.get(address).text, address


def test_the_parts_that_renew_themselves_answer_alone(desk: Desk) -> None:
    for address in ("/overview", "/sessions?session=1&session=2", "/orders?session=1"):
        part = desk.client.get(address, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
        assert part.status_code == 200
        assert "<!doctype" not in part.text
        assert "#i-" not in part.text  # a part brings its drawings along


def test_the_overview_shows_what_flows_and_who_needs_somebody(desk: Desk) -> None:
    page = desk.client.get("/overview?lang=id").text
    assert "Daring sekarang" in page
    assert 'href="/gateways/gw-disdik"' in page  # silent for 37 minutes
    assert "37\u00a0menit" in page
    assert 'href="/gateways/gw-rsud#orders"' in page  # an order without an answer
    assert "600" in page


def test_the_overview_does_not_say_that_all_are_heard_where_one_never_was(desk: Desk) -> None:
    never = ClientLine(2, "gw-new", "10.0.0.2", "plain", "any", False)
    city = Overview(UseNow(), 0, Refusals(0, ()), (), (), 2, (), (), (), (), None, ())
    with desk.web.app.test_request_context(), force_locale("en"):
        told = [tiles(each, 1_000_000)[-1].note for each in (city, replace(city, never=(never,)))]
    assert told == ["all were heard", "1 never heard of yet"]


def test_what_is_done_to_sessions_begins_with_ticking_some(desk: Desk) -> None:
    for what in ("speed", "end"):
        answer = desk.client.get(f"/sessions/act?do={what}&q=maria&lang=en", follow_redirects=True)
        assert answer.request.path == "/sessions"
        assert answer.request.args["q"] == "maria"
        assert "Tick sessions in the list first, then choose" in answer.text


def test_who_is_not_online_has_his_ceilings_told_with_their_place(desk: Desk) -> None:
    assert "this is how a log-in at" not in desk.client.get("/employees/maria?lang=en").text
    assert "this is how a log-in at" in desk.client.get("/employees/melati?lang=en").text


def test_a_live_session_shows_its_limit_its_state_and_its_orders_end(desk: Desk) -> None:
    page = desk.client.get("/sessions?lang=id&sort=name").text
    rows = dict(re.findall(r'class="clip" href="/sessions/\d+">([^<]+)</a>(.*?)</tr>', page, re.DOTALL))
    assert "diterima" in rows["Maria Kaligis"]
    assert "ditolak" in rows["Rizal Maulana"]
    assert "tak dijawab" in rows["Lukas Manopo"]
    assert "diperlambat" in rows["Dewi Larasati"]
    assert "menunggu" in rows["Siti Rahmawati"]


def test_a_session_that_is_being_ended_or_over_offers_nothing_more(desk: Desk) -> None:
    found = re.search(r'class="clip" href="(/sessions/(\d+))">Maria Kaligis', desk.client.get("/sessions?q=maria").text)
    assert found is not None
    page, number = found.groups()
    assert offers(desk.client.get(page).text, number) == {"speed", "end"}
    assert post(desk.client, "/sessions/end", session=number, why="uji").status_code == 302
    assert offers(desk.client.get(page).text, number) == set()
    row = desk.client.get("/sessions?q=maria").text
    assert "Maria Kaligis" in row
    assert f'name="session" value="{number}"' not in row
    assert "Tindakan untuk Maria" not in row
    assert f'value="{number}"' not in desk.client.get(f"/sessions/act?do=end&session={number}").text
    with desk.web.database.write() as connection:
        connection.execute(update(accounting_session).values(ended_s=desk.web.now_s))
    over = desk.client.get(page)
    assert offers(over.text, number) == set()
    assert f'hx-get="{page}"' not in over.text
    assert desk.client.get(page, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_an_answered_end_that_the_gateway_did_not_keep_can_be_asked_for_again(desk: Desk) -> None:
    row = re.search(r'class="clip" href="/sessions/(\d+)">Maria Kaligis', desk.client.get("/sessions?q=maria").text)
    assert row is not None
    number = row[1]
    assert post(desk.client, "/sessions/end", session=number, why="uji").status_code == 302
    taken = {"state": "acknowledged", "ended_ms": desk.web.now_s * 1000}
    with desk.web.database.write() as connection:
        connection.execute(update(enforcement).where(enforcement.c.session_id == int(number)).values(taken))
    assert offers(desk.client.get(f"/sessions/{number}").text, number) == set()
    with desk.web.database.write() as connection:
        connection.execute(update(accounting_session).values(last_event_s=desk.web.now_s + 60))
    assert offers(desk.client.get(f"/sessions/{number}").text, number) == {"speed", "end"}


def offers(page: str, number: str) -> set[str]:
    """What a session's page leads to."""
    return set(re.findall(rf"/sessions/act\?do=(\w+)&amp;session={number}", page))


def test_an_employees_page_tells_why(desk: Desk) -> None:
    page = desk.client.get("/employees/maria?lang=id").text
    assert "Mengapa" in page
    assert "Paket staf" in page
    assert "staf-bulanan" in page
    assert 'class="chain"' in page


def test_on_an_employees_page_the_answer_and_the_quotas_come_before_lists_that_may_be_empty(desk: Desk) -> None:
    text = desk.client.get("/employees/maria").text
    panels = [at for at in re.findall(r'<h2 id="(h-\w+)"', text) if at != "h-slow"]
    assert panels == ["h-why", "h-quotas", "h-sessions", "h-orders", "h-days", "h-refused", "h-facts", "h-history"]


def test_a_number_is_never_shown_where_nothing_is_known(desk: Desk) -> None:
    page = desk.client.get("/opds/BPKAD?lang=id").text
    assert "belum ada data" in page


MISSING = (
    *("/opds/NOPE", "/employees/nobody", "/gateways/none", "/links/none", "/edit/plan/none", "/edit/nonsense/x"),
    *("/new/nonsense", "/remove/quota/none", "/orders"),
)


@pytest.mark.parametrize("address", MISSING)
def test_what_does_not_exist_is_not_found(desk: Desk, address: str) -> None:
    assert desk.client.get(address).status_code == 404


def test_what_was_enforced_can_be_taken_along_as_csv(desk: Desk) -> None:
    assert "Maria Kaligis" in desk.client.get("/enforced?lang=en").text
    answer = desk.client.get("/enforced.csv?kind=limited&lang=en")
    assert answer.mimetype == "text/csv"
    heading, *lines = answer.text.removeprefix("\ufeff").splitlines()
    assert heading.startswith("at,what,username")
    assert {line.split(",")[1] for line in lines} == {"new limit"}
    assert any(",maria," in line for line in lines)


def test_nobody_sees_anything_without_a_sign_in(desk: Desk) -> None:
    visitor = desk.web.visitor()
    for address in (*LISTS, *THINGS):
        assert visitor.get(address).status_code == 302, address


def test_an_operator_sees_his_own_office_alone(desk: Desk) -> None:
    desk.web.add_admin("operator", "opd_operator", opd="RSUD")
    client = desk.web.browser("operator")
    assert "Bagas Adiwinata" in client.get("/employees").text
    assert "Maria Kaligis" not in client.get("/employees?opd=DISDUKCAPIL").text
    assert "Maria Kaligis" not in client.get("/sessions?q=maria").text
    assert "Maria Kaligis" not in client.get("/search?q=maria").text
    assert client.get("/employees/bagas").status_code == 200
    assert client.get("/opds/RSUD").status_code == 200
    assert "DISDUKCAPIL" not in client.get("/opds").text
    assert "Agus Priyono" not in client.get("/denials?span=month").text
    for address in ("/enforced", "/enforced?opd=DISDUKCAPIL", "/enforced.csv?user=maria"):
        assert "Maria Kaligis" not in client.get(address).text
    session = f"/sessions/{desk.city.sessions['maria']}"
    forbidden = ("/opds/DISDUKCAPIL", "/employees/maria", session, "/orders?employee=maria", "/orders?nas=gw-rsud")
    assert [client.get(address).status_code for address in forbidden] == [404] * len(forbidden)
    assert client.get("/gateways").status_code == 403
    assert client.get("/edit/opd/RSUD").status_code == 403


DESCRIBE = frozenset(
    {
        *(
            Code.ACTIVE,
            Code.CIRCUIT_RATE,
            Code.DEVICES_FREE,
            Code.DEVICES_REPLACED,
            Code.WITHIN_HOURS,
            Code.WINDOW_RATE,
        ),
        *(Code.PLAN_RATE, Code.OVERRIDE_RATE, Code.BOOST_RATE, Code.TURN_RATE, Code.TURN_OWN, Code.TURN_WAITS),
        *(Code.TURN_CHOSEN, Code.EVENT_RATE, Code.EVENT_CUT, Code.CEILING_ABOVE, Code.CEILING_CAPS),
        *(Code.SHARE_OF_CEILING, Code.QUOTA_LEFT, Code.QUOTA_WARNED, Code.QUOTA_THROTTLED, Code.QUOTA_NOTIFIED),
        *(Code.QUOTA_STEP, Code.QUOTA_LANDING, Code.FLOOR_HOLDS, Code.PAUSED),
    }
)
"""Codes that refuse nobody: they tell of what was given."""


def test_every_code_that_refuses_has_words_in_both_languages(desk: Desk) -> None:
    told: dict[str, list[str]] = {}
    for language in ("id", "en"):
        with desk.web.app.test_request_context(), force_locale(language):
            told[language] = [cause(code) for code in Code if code not in DESCRIBE]
    codes = [str(code) for code in Code if code not in DESCRIBE]
    for language, found in told.items():
        assert [text for text, code in zip(found, codes, strict=True) if text == code] == [], language
    assert all(indonesian != english for indonesian, english in zip(told["id"], told["en"], strict=True))
    assert cause("of_another_release") == "of_another_release"
