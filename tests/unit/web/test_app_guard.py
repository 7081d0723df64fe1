"""Who may open and change what: every route and kind stands in the tables, and each role meets what they say."""

from __future__ import annotations

import pytest
from werkzeug.routing import Rule

from netquota.services.catalogue import KINDS, ROLES
from netquota.storage.database import Database
from tests.live import seeded
from tests.web_city import WebCity, post, token_of
from web.auth.rights import ANYBODY, RIGHTS, Role, may_change, removing, settable
from web.shell import MENU

READS_ALL_BUT = {
    *("admin.employee_speed", "admin.employee_status", "admin.employee_password", "admin.session_act"),
    *("admin.new_thing", "admin.edit_thing", "admin.remove_thing"),  # forms alone, of no use to who changes nothing
    *("admin.gateway_configuration", "admin.gateway_wizard_setup"),  # made to be entered at a gateway
    *("admin.voucher_new", "admin.voucher_sheet"),  # made to be handed out
}


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database)
    made.add("opd", code="DISDIK", name="Dinas Pendidikan")
    for role in Role:
        made.add_admin(role.value, role, **({"opd": "DISDIK"} if role is Role.OPD_OPERATOR else {}))
    return made


def routes(city: WebCity) -> list[Rule]:
    """All but the API's, which has a walk of its own (test_api_rights)."""
    return [rule for rule in city.app.url_map.iter_rules() if not rule.endpoint.startswith("api.")]


def an_address(city: WebCity, rule: Rule) -> str:
    """The route's address with something in place of each argument; of kinds, one that operators may remove, too.

    As a file of the city's things: one whose list everybody may read who may read any.
    """
    values = {name: 1 if "int" in repr(rule._converters[name]).lower() else "x" for name in rule.arguments}
    if "kind" in values:
        values["kind"] = "link" if rule.endpoint == "admin.export_city" else "device"
    with city.app.test_request_context():
        from flask import url_for

        return url_for(rule.endpoint, **values)


def test_the_table_and_the_catalogue_know_the_same_roles() -> None:
    assert set(ROLES) == set(Role)


def test_every_route_stands_in_the_table_and_the_table_names_only_routes(city: WebCity) -> None:
    assert {rule.endpoint for rule in routes(city)} == set(RIGHTS)


@pytest.mark.parametrize("who", [*Role, None])
def test_each_role_is_let_in_as_the_table_says(city: WebCity, who: Role | None) -> None:
    client = city.visitor() if who is None else city.browser(who)
    for rule in routes(city):
        allowed = RIGHTS[rule.endpoint]
        for method in sorted({"GET", "POST", "PATCH", "PUT", "DELETE"} & (rule.methods or set())):
            if who is not None and rule.endpoint == "auth.sign_out":
                continue
            status = client.open(an_address(city, rule), method=method).status_code
            if allowed is ANYBODY:
                assert status != 403, (rule, method)
            elif who is None:
                assert status in (302, 401), (rule, method)
            elif who in allowed:
                assert status != 403, (rule, method)
            else:
                assert status == 403, (rule, method)


def test_auditors_read_every_page_and_change_nothing_but_their_own_account(city: WebCity) -> None:
    for rule in routes(city):
        allowed = RIGHTS[rule.endpoint]
        if allowed is ANYBODY or rule.endpoint.startswith(("auth.", "second_factor.", "tokens.")):
            continue
        changes = not {"GET"} & (rule.methods or set())
        if changes or rule.endpoint in READS_ALL_BUT:
            assert Role.AUDITOR not in allowed, f"{rule.endpoint} changes something: leave auditors out in RIGHTS"
        elif "POST" not in (rule.methods or set()):
            assert Role.AUDITOR in allowed, f"{rule.endpoint} only reads: let auditors in (RIGHTS), they read all"


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("kind", list(KINDS))
def test_the_forms_of_each_kind_open_to_whom_the_table_lets_change_it(city: WebCity, role: Role, kind: str) -> None:
    status = city.browser(role).get(f"/new/{kind}").status_code
    assert status == (200 if may_change(role, kind) else 403)


def test_operators_set_no_limits() -> None:
    limits = {"plan", "schedule", "override", "override_until", "override_why", "nt_hash", "directory"}
    names = {field.name for field in KINDS["employee"].fields}
    assert set(settable(Role.OPD_OPERATOR, "employee", names)) == names - limits
    assert [kind for kind in KINDS if may_change(Role.OPD_OPERATOR, kind)] == ["employee", "device", "application"]
    assert [kind for kind in KINDS if Role.OPD_OPERATOR in removing(kind)] == ["device"]


def test_a_part_of_a_page_makes_the_whole_page_sign_in(city: WebCity) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/account?x=1"}
    answer = city.visitor().get("/account", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login?next=/account"


def test_the_menu_offers_only_what_exists(city: WebCity) -> None:
    page = city.browser(Role.PLANNER).get("/account").text
    for group in MENU:
        for item in group.items:
            if item.endpoint not in RIGHTS:
                assert f'title="{item.label}"' not in page


@pytest.fixture
def two_offices(sqlite_database: Database) -> WebCity:
    """A city at work, with an operator of one of its offices."""
    made = WebCity.on(sqlite_database)
    made.add_admin()
    seeded.alive(made.office, days=1)
    made.add_admin("operator", Role.OPD_OPERATOR, opd="RSUD")
    return made


ELSEWHERE = (
    *("/opds/DISDUKCAPIL", "/employees/maria", "/edit/employee/maria", "/employee-status/maria"),
    *("/employee-password/maria", "/orders?employee=maria"),
)


def test_another_office_cannot_be_reached_by_changing_an_address(two_offices: WebCity) -> None:
    client = two_offices.browser("operator")
    assert [client.get(address).status_code for address in ELSEWHERE] == [404] * len(ELSEWHERE)
    assert client.get("/employees/bagas").status_code == 200


def test_another_offices_people_cannot_be_changed_by_a_posted_form(two_offices: WebCity) -> None:
    client, office = two_offices.browser("operator"), two_offices.office
    from netquota.services.allocate import get

    before = get(office, "employee", "maria")
    for address in ("/edit/employee/maria", "/employee-status/maria", "/employee-password/maria"):
        assert post(client, address, why="uji", name="Lain", status="left").status_code == 404
    assert get(office, "employee", "maria") == before


def test_nobody_is_moved_into_or_out_of_an_operators_office_by_him(two_offices: WebCity) -> None:
    client = two_offices.browser("operator")
    page = client.get("/edit/employee/bagas")
    assert "DISDUKCAPIL" not in page.text
    form = {"csrf_token": token_of(page), "username": "bagas", "name": "Bagas Adiwinata", "opd": "DISDUKCAPIL"}
    answer = client.post("/edit/employee/bagas", data=form)
    assert answer.status_code == 400
    made = client.post("/new/employee", data=form | {"username": "baru", "name": "Baru"})
    assert made.status_code == 400
    fine = client.post("/new/employee", data=form | {"username": "baru", "name": "Baru", "opd": "RSUD"})
    assert fine.status_code == 302


def test_an_operators_form_cannot_smuggle_a_limit_in(two_offices: WebCity) -> None:
    client = two_offices.browser("operator")
    token = token_of(client.get("/edit/employee/bagas"))
    form = {"csrf_token": token, "username": "bagas", "name": "Bagas A.", "opd": "RSUD", "override": "900M", "plan": ""}
    assert client.post("/edit/employee/bagas", data=form).status_code == 302
    from netquota.services.allocate import get

    record = get(two_offices.office, "employee", "bagas")
    assert (record.values["name"], record.values["override"]) == ("Bagas A.", "")


def test_an_operator_ends_sessions_of_his_own_office_alone(two_offices: WebCity) -> None:
    from netquota.storage.session_report import SessionFilter, open_sessions

    client = two_offices.browser("operator")
    with two_offices.database.read() as connection:
        found = open_sessions(connection, SessionFilter(size=100), two_offices.now_s).sessions
    theirs = next(one for one in found if "RSUD" not in (one.opd, one.host))
    assert client.get(f"/sessions/{theirs.id}").status_code == 404
    assert client.get(f"/orders?session={theirs.id}").text.count("<tr") <= 1
    post(client, "/sessions/end", why="uji", session=str(theirs.id))
    with two_offices.database.read() as connection:
        (still,) = open_sessions(connection, SessionFilter(session_ids=(theirs.id,)), two_offices.now_s).sessions
    assert still.order is None or still.order.code != "ended_by_admin"


def test_an_operator_of_no_office_sees_nobody(two_offices: WebCity) -> None:
    from dataclasses import replace

    from netquota.domain.scope import Scope
    from netquota.services.allocate import listing

    nobody = replace(two_offices.office, scope=Scope(frozenset()))
    assert [listing(nobody, kind).total for kind in KINDS] == [0] * len(KINDS)
