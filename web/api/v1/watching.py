"""Operations that read what happens: why somebody has a limit, use, refusals, orders, gateways, the overview."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final

from netquota.errors import InvalidValue, NotFound
from netquota.services import device_desk, gateway_doctor, report, sight, usage
from netquota.services import explain as explaining
from netquota.services.api_tokens import TokenScope
from netquota.services.class_token import class_signer
from netquota.services.explain_words import plain as explained
from netquota.services.measured import measured, told_of
from netquota.services.reasons import reasons_from_json
from netquota.services.slowness import why_slow
from netquota.services.standing import QuotaStanding, quotas_of_opds, quotas_of_people
from netquota.services.usage import Percentiles
from netquota.services.words import sentence
from netquota.storage import report_store, usage_report
from netquota.storage.database import Connection
from netquota.storage.ledger_store import page_on
from netquota.storage.order_store import OrderState
from netquota.storage.report_store import ClientLine, Denial, DenialFilter, OrderFilter, OrderLine
from netquota.storage.session_report import use_now
from web.admin.door import measures
from web.admin.gateway_setup import server_host
from web.api.v1.operations import (
    CURSOR,
    LIMIT,
    OBJECT,
    USUAL_AT_ONCE,
    Answer,
    Call,
    Json,
    Operation,
    Parameter,
    iso,
    listed,
    moment_of,
    number_in,
    page,
    text,
    wrap,
)
from web.auth.rights import API
from web.context import here

MOST_DAYS: Final = 400
_LANGUAGE: Final = Parameter("language", "query", {"enum": ["id", "en"]}, "Of the words; else the city's.")


def operations() -> Iterator[Operation]:
    """Those that watch."""
    yield from _about_people()
    yield from _about_gateways()
    yield Operation(
        "overview.read", "GET", "/overview", "overview", "The city now: people online, links and offices against "
        "their limits, silent gateways.", API["overview.read"], TokenScope.READ, _overview, {200: OBJECT},
    )  # fmt: skip


def _about_people() -> Iterator[Operation]:
    employee = Parameter("employee", "query", text(253), "NIP or username.", True)
    yield Operation(
        "explain.read", "GET", "/explain", "explain", "Why somebody has the limit they have, and what changes it.",
        API["explain.read"], TokenScope.READ, _explain, {200: OBJECT},
        (employee, Parameter("nas", "query", text(80), "At this gateway; else where they are or were last."),
         Parameter("at", "query", text(40), "At a moment; else now."), _LANGUAGE),
    )  # fmt: skip
    yield Operation(
        "usage.read", "GET", "/usage", "usage", "What a person, office, link or site used by day, and how quotas "
        "stand. Give exactly one of the four.", API["usage.read"], TokenScope.READ, _usage, {200: OBJECT},
        (*(Parameter(name, "query", text(253), f"Of this {name}, by its key.") for name in _SUBJECTS),
         Parameter("from", "query", {"type": "string", "format": "date"}, "First local day; else 6 days back."),
         Parameter("until", "query", {"type": "string", "format": "date"}, "Last local day; else today.")),
    )  # fmt: skip
    since = Parameter("since", "query", text(40), "Since this moment; else a day back.")
    yield Operation(
        "denials.list", "GET", "/denials", "denials", "Refused log-ins, the newest first, with the reason in words.",
        API["denials.list"], TokenScope.READ, _denials, {200: listed(OBJECT)},
        (LIMIT, CURSOR, since, Parameter("employee", "query", text(253), "Only of this NIP or username."),
         Parameter("code", "query", text(40), "Only for this reason, such as wrong_password."), _LANGUAGE),
    )  # fmt: skip
    yield Operation(
        "unknown_devices.list", "GET", "/unknown-devices", "devices", "Hardware addresses without an account that "
        "asked in the last week, the newest first.", API["unknown_devices.list"], TokenScope.READ, _unknown_devices,
        {200: listed(OBJECT)},
    )  # fmt: skip
    yield Operation(
        "orders.list", "GET", "/orders", "orders", "What gateways were asked, and what became of it, newest first.",
        API["orders.list"], TokenScope.READ, _orders, {200: listed(OBJECT)},
        (LIMIT, CURSOR, Parameter("employee", "query", text(253), "Only for this NIP or username."),
         Parameter("nas", "query", text(80), "Only to this gateway."),
         Parameter("state", "query", {"enum": [state.value for state in OrderState]}, "Only in this state.")),
    )  # fmt: skip


def _about_gateways() -> Iterator[Operation]:
    yield Operation(
        "gateways.list", "GET", "/gateways", "gateways", "The gateways that showed themselves behind each client.",
        API["gateways.list"], TokenScope.READ, _gateways, {200: listed(OBJECT)},
    )  # fmt: skip
    yield Operation(
        "gateways.findings", "GET", "/gateways/{nas}/findings", "gateways", "What is missing at a gateway, from what "
        "has arrived, the worst first.", API["gateways.findings"], TokenScope.READ, _findings,
        {200: listed(OBJECT)}, (Parameter("nas", "path", text(80) | {"minLength": 1}, "Its name.", True), _LANGUAGE),
    )  # fmt: skip


def _language(call: Call) -> str:
    return str(call.query.get("language") or here().settings.city.language)


def _explain(call: Call) -> Answer:
    context, query = here(), call.query
    snapshot = context.policy.snapshot
    subscriber = sight.person(snapshot, context.scope, str(query["employee"]))
    nas = explaining.nas_named(snapshot, query["nas"]) if query.get("nas") else None
    at_s = int(moment_of(query["at"], "at").timestamp()) if query.get("at") else None
    with context.database.read() as connection:
        found = explaining.explain(
            connection, context.policy, context.gateways, subscriber, context.now_s, nas=nas, at_s=at_s
        )  # fmt: skip
        is_now = found.basis is explaining.Basis.NOW
        slow = why_slow(connection, context.policy, found, context.now_s) if is_now else ()
    return Answer(explained(found, context.zone, _language(call), slow))


_SUBJECTS: Final = ("employee", "opd", "link", "site")


def _usage(call: Call) -> Answer:
    given = [name for name in _SUBJECTS if call.query.get(name)]
    if len(given) != 1:
        raise InvalidValue("employee", ", ".join(given), f"give exactly one of {', '.join(_SUBJECTS)}")
    context, today = here(), here().office.today
    last = _day(call, "until", today)
    first = _day(call, "from", last - timedelta(days=6))
    if not 0 <= (last - first).days < MOST_DAYS:
        raise InvalidValue("from", str(first), f"let it be before `until`, by less than {MOST_DAYS} days")
    with context.database.read() as connection:
        kind, ids, quotas = _subject(connection, given[0], str(call.query[given[0]]))
        found = usage.days(connection, kind, ids, first, last, context.zone)
        by_interface = measured(connection, kind, ids[0], context.now_s) if given[0] in {"link", "site"} else None
    days = [{"day": str(one.day), "down_octets": one.down, "up_octets": one.up} for one in found]
    told: Json = {given[0]: str(call.query[given[0]]), "days": days, "quotas": [_standing(one) for one in quotas]}
    return Answer(told if by_interface is None else told | {"measured": told_of(by_interface)})


def _subject(connection: Connection, what: str, key: str) -> tuple[int, list[int], Sequence[QuotaStanding]]:
    """What is summed, and the quotas that go with it, within the caller's scope."""
    context, snapshot = here(), here().policy.snapshot
    pages = page_on(connection)
    if what == "employee":
        person = sight.person(snapshot, context.scope, key)
        standing = quotas_of_people(pages, context.policy, [person], context.now_s)
        return usage.PERSON, [person.id], standing[person.id]
    if what == "opd":
        opd = sight.office_named(snapshot, context.scope, key)
        standing = quotas_of_opds(pages, context.policy, [opd], context.now_s)
        return usage.SITE, list(usage_report.site_ids(connection, opd.id)), standing[opd.id]
    if what == "site":
        site = next((one for one in snapshot.sites.values() if one.name == key), None)
        if site is None or not context.scope.covers(site.host.id):
            raise NotFound("site", key)
        return usage.SITE, [site.id], ()
    link = next((one for one in snapshot.links.values() if one.name == key), None)
    if link is None or not context.scope.is_all:
        raise NotFound("link", key)
    return usage.LINK, [link.id], ()


def _day(call: Call, name: str, usual: date) -> date:
    value = call.query.get(name)
    if not value:
        return usual
    try:
        found = date.fromisoformat(str(value))
    except ValueError:
        raise InvalidValue(name, value, "give a day such as 2026-11-24") from None
    if not 2000 <= found.year <= 2100:
        raise InvalidValue(name, value, "give a day of this century")
    return found


def _standing(one: QuotaStanding) -> Json:
    return {
        "key": one.quota.key, "used_octets": one.used, "entitled_octets": one.entitled, "state": str(one.state),
        "until": iso(one.figure.period_end_s),
    }  # fmt: skip


def _denials(call: Call) -> Answer:
    context, query, size = here(), call.query, call.query.get("limit", USUAL_AT_ONCE)
    since_s = int(moment_of(query["since"], "since").timestamp()) if query.get("since") else context.now_s - 86400
    snapshot = context.policy.snapshot
    wanted = DenialFilter(
        since_s, code=query.get("code") or None, size=size + 1, scope=context.scope,
        employee_id=sight.person(snapshot, context.scope, query["employee"]).id if query.get("employee") else None,
        before_id=number_in(query.get("cursor")),
    )  # fmt: skip
    with context.database.read() as connection:
        found, _total = report_store.denials(connection, wanted)
    more = wrap(str(found[size - 1].id)) if len(found) > size else None
    return page([_denial(one, _language(call)) for one in found[:size]], more)


def _denial(one: Denial, language: str) -> Json:
    reasons = reasons_from_json(one.reasons)
    return {
        "id": one.id, "at": iso(one.at_s), "username": one.username, "name": one.name, "opd": one.opd, "nas": one.nas,
        "gateway": one.gateway, "mac": one.mac, "code": one.code,
        "text": sentence(reasons[-1], language, here().zone) if reasons else one.code,
    }  # fmt: skip


def _unknown_devices(_call: Call) -> Answer:
    context = here()
    nases = context.policy.snapshot.nas_by_id
    return page(
        [
            {
                "mac": one.mac, "nas": nases[one.nas_id].name if one.nas_id in nases else None,
                "gateway": one.gateway, "tries": one.tries, "first": iso(one.first_s), "last": iso(one.last_s),
            }
            for one in device_desk.strangers(context.office, context.policy.snapshot)
        ],
        None,
    )  # fmt: skip


def _orders(call: Call) -> Answer:
    context, query, size = here(), call.query, call.query.get("limit", USUAL_AT_ONCE)
    snapshot = context.policy.snapshot
    wanted = OrderFilter(
        nas_id=explaining.nas_named(snapshot, query["nas"]).id if query.get("nas") else None,
        employee_id=sight.person(snapshot, context.scope, query["employee"]).id if query.get("employee") else None,
        state=OrderState(query["state"]) if query.get("state") else None, before_id=number_in(query.get("cursor")),
        most=size + 1, scope=context.scope,
    )  # fmt: skip
    with context.database.read() as connection:
        found = report_store.order_lines(connection, wanted)
    more = wrap(str(found[size - 1].id)) if len(found) > size else None
    return page([_order(one) for one in found[:size]], more)


def _order(one: OrderLine) -> Json:
    return {
        "id": one.id, "session": one.session_id, "at": iso(one.created_ms // 1000), "nas": one.nas,
        "gateway": one.gateway, "username": one.username, "kind": one.kind, "down_bps": one.down_bps,
        "up_bps": one.up_bps, "code": one.code, "state": one.state, "error_cause": one.error_cause,
        "result": one.result, "attempts": one.attempts,
        "took_ms": None if one.ended_ms is None else one.ended_ms - one.created_ms,
    }  # fmt: skip


def _gateways(_call: Call) -> Answer:
    with here().database.read() as connection:
        found = report_store.clients(connection)
        use = use_now(connection)
    return page([_client(line, use.gateways) for line in found], None)


def _client(line: ClientLine, by_gateway: Any) -> Json:
    return {
        "nas": line.name, "address": line.address, "family": line.family, "last_packet": iso(line.last_packet_s),
        "last_accounting": iso(line.last_accounting_s), "silent": report.is_silent(line, here().now_s),
        "signs": line.authenticator_seen,
        "dropped": [{"cause": one.cause, "packets": one.packets, "last": iso(one.last_s)} for one in line.problems],
        "gateways": [
            {
                "name": row.identifier, "last_packet": iso(row.last_packet_s), "clock_offset_s": row.clock_offset_s,
                "new_rate_works": str(row.coa_rate_works), "disconnect_works": str(row.disconnect_works),
                "sessions": by_gateway[row.id].sessions if row.id in by_gateway else 0,
            }
            for row in line.gateways
        ],
    }  # fmt: skip


def _findings(call: Call) -> Answer:
    context, language = here(), _language(call)
    signer = class_signer(context.keyring)
    with context.database.read() as connection:
        surgery = gateway_doctor.Surgery(
            connection, context.policy.snapshot, context.settings, signer, context.now_s, server_host()
        )
        found = gateway_doctor.examine_named(surgery, call.path["nas"])
    return page(
        [
            {
                "level": one.level.value, "what": one.what.value, "gateway": one.gateway,
                "text": gateway_doctor.told(one, language), "remedy": gateway_doctor.remedy(one, language),
                "since": iso(one.since_s), "enter": one.enter,
            }
            for one in found
        ],
        None,
    )  # fmt: skip


def _overview(_call: Call) -> Answer:
    context = here()
    late_s = context.settings.enforcement.orders_late_after_s
    with context.database.read() as connection:
        city = report.overview(connection, context.policy, measures(), context.now_s, context.office.today, late_s)
    return Answer(
        {
            "at": iso(context.now_s), "people_online": city.use.people, "sessions": city.use.sessions,
            "down_bps": city.use.down_bps, "up_bps": city.use.up_bps, "people": city.people,
            "refused_last_hour": city.refusals.refused, "attempts_last_hour": city.refusals.attempts,
            "silent_gateways": [line.name for line in city.silent], "scheduler_away_s": city.scheduler_away_s,
            "people_spent": city.spent,
            "reviews_due": [code for code, _since in city.reviews],
            "rounds_overdue": [each.id for each, _silent in city.rounds],
            "links": [
                {"name": one.line.name, "down_bps": one.use.down_bps, "up_bps": one.use.up_bps,
                 "capacity_down_bps": one.line.capacity_down_bps, "capacity_up_bps": one.line.capacity_up_bps,
                 "measured": one.use.is_measured, **_p95(one.p95)}
                for one in city.links
            ],
            "opds": [
                {"code": one.line.code, "down_bps": one.use.down_bps, "up_bps": one.use.up_bps,
                 "ceiling_down_bps": one.line.ceiling_down_bps, "ceiling_up_bps": one.line.ceiling_up_bps,
                 "sessions": one.use.sessions, "measured": one.use.is_measured, **_p95(one.p95)}
                for one in city.opds
            ],
        }
    )  # fmt: skip


def _p95(found: Percentiles | None) -> Json:
    """P95 of 30 days, and whether an interface told it."""
    if found is None:
        return {"p95_down_bps": None, "p95_measured": False}
    return {"p95_down_bps": found.down_bps, "p95_measured": found.is_measured}
