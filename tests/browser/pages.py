"""Every page that a GET opens, from the application's own table of routes: new pages are looked at, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flask import Flask

from web.app import BLUEPRINTS

_NO_PAGES = frozenset({"static", "health.livez", "health.readyz", "portal.go_on", "admin.orders"})
"""No page for people, a part of other pages, or one that only a signed form reaches (test_employee_portal does)."""

SESSION = 987654321
"""In an address: the number of a running session, looked up when the city runs."""

_KEYS = {
    "employee": "hendra.kusuma", "opd": "DISKOMINFO", "site": "Balai Kota", "plan": "layanan", "quota": "staf-bulanan",
    "schedule": "siang-malam", "nas": "gw-balaikota", "link": "Tautan Layanan", "admin": "admin",
}  # fmt: skip
_THINGS = [{"kind": kind, "key": key} for kind, key in _KEYS.items()]
_HIS = [{"username": "hendra.kusuma"}]
_PARTS: dict[str, list[dict[str, str]]] = {
    "admin.employee": [*_HIS, {"username": "rina.marlina"}, {"username": "agus.wibowo"}],
    "admin.employee_password": _HIS,
    "admin.employee_speed": _HIS,
    "admin.employee_status": _HIS,
    "admin.gateway": [{"name": "gw-balaikota"}],
    "admin.link": [{"name": "Tautan Layanan"}],
    "admin.opd": [{"code": "DISKOMINFO"}, {"code": "RSUD"}],
    "admin.session": [{"session_id": str(SESSION)}],
    "admin.new_thing": [{"kind": kind} for kind in _KEYS],
    "admin.edit_thing": _THINGS,
    "admin.remove_thing": _THINGS[:1],
}
"""What stands in the parts of an address; a route with parts that is not in it fails the test by name."""

_QUERIES = {
    "admin.search": ("?q=santoso", "?q=tidak+ada"),
    "admin.sessions": ("", "?q=tidak+ada"),
    "admin.employees": ("", "?q=tidak+ada"),
    "admin.session_act": (f"?do=speed&session={SESSION}", f"?do=end&session={SESSION}"),
}


def pages() -> list[tuple[str, str]]:
    """(endpoint, address) of every page; an empty address where nobody said what its parts are."""
    app = Flask("pages")
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return sorted(set(_addresses(app)))


def _addresses(app: Flask) -> Iterator[tuple[str, str]]:
    adapter = app.url_map.bind("netquota.invalid")
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in _NO_PAGES:
            continue
        if rule.arguments and rule.endpoint not in _PARTS:
            yield rule.endpoint, ""
            continue
        for parts in _PARTS.get(rule.endpoint, [{}]):
            address = adapter.build(rule.endpoint, _typed(parts))
            for query in _QUERIES.get(rule.endpoint, ("",)):
                yield rule.endpoint, address + query


def _typed(parts: Mapping[str, str]) -> dict[str, object]:
    return {name: int(value) if name.endswith("_id") else value for name, value in parts.items()}
