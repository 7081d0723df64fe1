"""Who may open what: every route stands in the one table, and each role meets exactly what the table says."""

from __future__ import annotations

import pytest
from werkzeug.routing import Rule

from netquota.storage.database import Database
from tests.web_city import WebCity
from web.auth.rights import ANYBODY, RIGHTS, Role
from web.shell import MENU


@pytest.fixture
def city(sqlite_database: Database) -> WebCity:
    made = WebCity.on(sqlite_database)
    made.add("opd", code="DISDIK", name="Dinas Pendidikan")
    made.add_admin("network", Role.NETWORK_ADMIN)
    made.add_admin("planner", Role.PLANNER)
    made.add_admin("operator", Role.OPD_OPERATOR, opd="DISDIK")
    return made


def routes(city: WebCity) -> list[Rule]:
    return list(city.app.url_map.iter_rules())


def an_address(city: WebCity, rule: Rule) -> str:
    """The route's address with something in place of each argument."""
    values = {name: 1 if "int" in repr(rule._converters[name]).lower() else "x" for name in rule.arguments}
    with city.app.test_request_context():
        from flask import url_for

        return url_for(rule.endpoint, **values)


def test_every_route_stands_in_the_table_and_the_table_names_only_routes(city: WebCity) -> None:
    assert {rule.endpoint for rule in routes(city)} == set(RIGHTS)


@pytest.mark.parametrize("who", ["network", "planner", "operator", None])
def test_each_role_is_let_in_as_the_table_says(city: WebCity, who: str | None) -> None:
    roles = {"network": Role.NETWORK_ADMIN, "planner": Role.PLANNER, "operator": Role.OPD_OPERATOR}
    client = city.visitor() if who is None else city.browser(who)
    for rule in routes(city):
        allowed = RIGHTS[rule.endpoint]
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        status = client.open(an_address(city, rule), method=method).status_code
        if allowed is ANYBODY:
            assert status != 403, rule
        elif who is None:
            assert status == 302, rule
        elif roles[who] in allowed:
            assert status != 403, rule
        else:
            assert status == 403, rule


def test_a_part_of_a_page_makes_the_whole_page_sign_in(city: WebCity) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/account?x=1"}
    answer = city.visitor().get("/account", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login?next=/account"


def test_the_menu_offers_only_what_exists(city: WebCity) -> None:
    page = city.browser("planner").get("/account").text
    for group in MENU:
        for item in group.items:
            if item.endpoint not in RIGHTS:
                assert f'title="{item.label}"' not in page
