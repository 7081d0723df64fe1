"""Every page that a GET opens, from the application's own table of routes: new pages are looked at, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from flask import Flask

from netquota.services.days_off import coming_ramadans
from tests.browser.guests import DEVICES, OPEN
from web.app import BLUEPRINTS

_NO_PAGES = frozenset(
    {"hotspot.page", "capport.state", "device.show", "password.change", "more.ask", "capport.begin"}
    | {"static", "health.livez", "health.readyz", "portal.go_on", "admin.orders", "gateway_api.queues"}
    | {"gateway_api.readings"}
    | {"admin.enforced_csv", "admin.audit_file", "first_run.set_up"}
    | {"admin.import_blank", "admin.import_file", "admin.export", "admin.export_city", "admin.sessions_file"}
    | {"admin.denials_file", "admin.revert", "admin.round_file", "admin.round_sheet_files"}
    | {"admin.requests_file", "admin.rounds_file"}
    | {"planning.capacity_file", "planning.measure_file", "planning.scenarios_file"}
    | {"planning.task", "planning.budget_document", "planning.budget_file", "traces.trace"}
)
"""No page for people, a part of others, a file, one that only a signed form reaches (test_employee_portal does), or of
what the sample city has none of."""

SESSION = 987654321
"""In an address: the number of a running session, looked up when the city runs."""
VOUCHERS = "V-1"

_TODAY = date.today()  # noqa: DTZ011 - the sample city's scheduler brings the days off of this year
_KEYS = {
    "employee": "hendra.kusuma", "opd": "DISKOMINFO", "site": "Balai Kota", "plan": "layanan", "quota": "staf-bulanan",
    "schedule": "siang-malam", "nas": "gw-balaikota", "link": "Tautan Layanan", "admin": "admin",
    "application": "SIMRS", "device": DEVICES[1][0], "reachable": OPEN[1][0], "terms": "2026-1",
    "rotation": "giliran-layanan", "event": "hut-kota",
    "holiday": f"{_TODAY.year}-08-17", "ramadan": str(coming_ramadans(_TODAY)[0][0]),
}  # fmt: skip
_THINGS = [{"kind": kind, "key": key} for kind, key in _KEYS.items()]
_HIS = [{"username": "hendra.kusuma"}]
_PARTS: dict[str, list[dict[str, str]]] = {
    "admin.bulk_change": [{"kind": "employee"}, {"kind": "opd"}],
    "admin.application": [{"code": "SIAK"}, {"code": "E-PUSKESMAS"}],
    "admin.employee": [*_HIS, {"username": "rina.marlina"}, {"username": "agus.wibowo"}],
    "admin.employee_password": _HIS,
    "admin.employee_code": _HIS,
    "admin.employee_speed": _HIS,
    "admin.quota_grant": [{"username": "rina.marlina", "quota": "rina-harian-lepas"}],
    "admin.pool_grant": [{"code": "DISDIK", "quota": "disdik-bersama"}],
    "admin.employee_status": _HIS,
    "admin.gateway": [{"name": "gw-balaikota"}],
    "admin.one_admin": [{"username": "admin"}],
    "admin.draft": [{"number": "1"}],
    "admin.gateway_watch": [{"name": "gw-balaikota"}, {"name": "gw-pendidikan"}],
    "admin.gateway_configuration": [{"name": "gw-balaikota"}],
    "admin.gateway_wizard_setup": [{"name": "gw-balaikota"}],
    "admin.one_import": [{"number": "1"}, {"number": "2"}, {"number": "3"}],
    "admin.job": [{"name": "roll_over"}],
    "admin.link": [{"name": "Tautan Layanan"}],
    "admin.notice": [{"number": "1"}],
    "admin.opd": [{"code": "DISKOMINFO"}, {"code": "RSUD"}],
    "admin.request": [{"number": "P-2026-001"}],
    "admin.round": [{"number": "1"}],
    "admin.round_line": [{"number": "1", "code": "RSUD"}],
    "admin.round_sheets": [{"number": "1"}],
    "admin.session": [{"session_id": str(SESSION)}],
    "admin.voucher": [{"key": VOUCHERS}],
    "admin.voucher_sheet": [{"key": VOUCHERS}],
    "admin.voucher_revoke": [{"key": VOUCHERS}],
    "admin.turns": [{"key": "giliran-layanan"}, {"key": "giliran-menunggu"}],
    "admin.site": [{"name": "Balai Kota"}],
    "admin.new_thing": [{"kind": kind} for kind in (*_KEYS, "circuit")],
    "admin.edit_thing": _THINGS,
    "admin.remove_thing": _THINGS[:1],
    "planning.link": [{"key": "Tautan Layanan"}],
    "planning.opd": [{"key": "DISDUKCAPIL"}],
    "planning.measure": [{"kind": "opd", "key": "DISDUKCAPIL"}],
    "planning.division": [{"name": "Tautan Layanan"}],
}
"""What stands in the parts of an address; a route with parts that is not in it fails the test by name."""

_QUERIES = {
    "admin.bulk_change": ("", "?field=status"),
    "admin.allocation": ("", "?method=headcount"),
    "admin.slips": ("", "?opd=DISKOMINFO", "?import=3"),
    "admin.search": ("?q=santoso", "?q=tidak+ada"),
    "admin.sessions": ("", "?q=tidak+ada"),
    "admin.employees": ("", "?q=tidak+ada", "?quota=spent"),
    "admin.devices": ("", "?q=tidak+ada"),
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
        if "GET" not in (rule.methods or ()) or rule.endpoint in _NO_PAGES or rule.endpoint.startswith("api."):
            continue
        if rule.arguments and rule.endpoint not in _PARTS:
            yield rule.endpoint, ""
            continue
        for parts in _PARTS.get(rule.endpoint, [{}]):
            address = adapter.build(rule.endpoint, _typed(parts))
            for query in _QUERIES.get(rule.endpoint, ("",)):
                yield rule.endpoint, address + query


def _typed(parts: Mapping[str, str]) -> dict[str, object]:
    return {name: int(value) if name.endswith("_id") or value.isdecimal() else value for name, value in parts.items()}
