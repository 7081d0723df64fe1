"""OPDs: the list with use against ceilings; one with its use over time, quotas, sessions, people, busy hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from flask import render_template
from flask_babel import gettext

from netquota.domain.link_parts import short_links
from netquota.domain.people import Opd
from netquota.domain.periods import start_of
from netquota.domain.requests import OPEN
from netquota.domain.scope import Scope
from netquota.services import report, sight, usage
from netquota.services.busy_hours import shares_of_ceiling
from netquota.services.measured import flow_now
from netquota.services.report import OpdNow
from netquota.services.standing import counts_of_opd, quotas_of_opds
from netquota.services.usage import Subject
from netquota.storage import (
    audit_store,
    ceiling_grant_store,
    city_report,
    report_store,
    request_store,
    round_store,
    usage_report,
)
from netquota.storage.audit_store import AuditFilter
from netquota.storage.ledger_store import page_on
from netquota.storage.report_store import DenialFilter
from netquota.storage.session_report import SessionFilter, open_sessions
from web import formatting
from web.admin import denials, labels, sessions
from web.admin.charting import SPANS, span, usage_chart
from web.admin.door import argument, blueprint, measures, page_number, pager, sorted_column
from web.components import Column
from web.context import here
from web.rendering import current_language

ROWS = 25
DAY_S, HEAT_S = 86400, 28 * 86400
_SORTS = {
    "code": lambda each: each.line.code,
    "people": lambda each: each.people,
    "limit": lambda each: each.line.ceiling_down_bps or 0,
    "now": lambda each: each.use.down_bps,
    "share": lambda each: each.share or -1,
    "p95": lambda each: (each.p95.down_bps or 0) if each.p95 else -1,
}


@blueprint.get("/opds")
def opds() -> str:
    """All offices (an operator: his own), the fullest first."""
    context = here()
    with context.database.read() as connection:
        found = report.opds_now(connection, measures(), flow_now(connection, context.now_s), context.now_s)
        pools = quotas_of_opds(page_on(connection), context.policy, _all_opds(), context.now_s)
    text = argument("q").lower()
    found = [each for each in found if context.scope.covers(each.line.id)]
    found = [each for each in found if text in each.line.code.lower() or text in each.line.name.lower()]
    sort = argument("sort") or "-share"
    found = _sorted(found, sort)
    page = page_number()
    rows = [(each, pools.get(each.line.id, ())) for each in found[(page - 1) * ROWS : page * ROWS]]
    return render_template(
        "admin/opds.html", rows=rows, columns=_columns(sort), pages=pager(len(found), page, gettext("Mbit/s")),
        q=argument("q"), state_words=labels.choice,
    )  # fmt: skip


def _all_opds() -> Sequence[Opd]:
    return sight.offices(here().policy.snapshot, here().scope)


def _sorted(found: list[OpdNow], sort: str) -> list[OpdNow]:
    key = _SORTS.get(sort.removeprefix("-"), _SORTS["share"])
    return sorted(found, key=key, reverse=sort.startswith("-"))


def _columns(sort: str) -> list[Column]:
    return [
        sorted_column("OPD", "code", sort), Column(gettext("Name")),
        sorted_column(gettext("Employees"), "people", sort, number=True), Column(f"{gettext('Used')} · ┃ P95"),
        sorted_column(gettext("Now"), "now", sort, number=True),
        sorted_column(gettext("Limit"), "limit", sort, number=True),
        sorted_column("P95", "p95", sort, number=True), Column(gettext("Shared quota")),
        sorted_column(gettext("Full"), "share", sort, number=True),
    ]  # fmt: skip


@blueprint.get("/opds/<path:code>")
def opd(code: str) -> str:
    """One office: what holds, what flows, who uses it, when it is busy, what was changed."""
    context, chosen = here(), span()
    office = _office(code)
    month_s = _day_start(context.now_s - usage.MONTH_S)
    with context.database.read() as connection:
        use = flow_now(connection, context.now_s)
        everyone = report.opds_now(connection, measures(), use, context.now_s)
        found = next(each for each in everyone if each.line.id == office.id)
        sites = usage_report.site_ids(connection, office.id)
        series = usage.series(connection, usage.SITE, sites, *chosen.bounds(context.now_s), chosen.step_s)
        asked = SessionFilter(opd_id=office.id, size=10, scope=context.scope)
        page = open_sessions(connection, asked, context.now_s)
        values = {
            "rows": sessions.table_rows(connection, page),
            "total": page.total,
            "quotas": quotas_of_opds(page_on(connection), context.policy, [office], context.now_s)[office.id],
            "top": usage_report.top_people(connection, office.id, month_s, context.now_s),
            "used": usage.volume(connection, usage.SITE, sites, month_s, context.now_s),
            "heat": heat(connection, sites, office),
            "history": audit_store.entries(connection, AuditFilter(kind="opd", key=office.code), limit=5),
            "refused": report_store.denial_causes(
                connection, DenialFilter(context.now_s - DAY_S, scope=Scope(frozenset({office.id})))
            ),
            "near": counts_of_opd(connection, context.policy, office.id, context.now_s),
            "waiting": len(request_store.requests(connection, opd_id=office.id, states=OPEN)),
            "additions": [each for each in ceiling_grant_store.grants(connection, office.id) if each.ended_s is None],
            "sheets": round_store.awaiting(connection, office.id),
            "sites": city_report.sites_of_opds(connection).get(office.id, []),
        }  # fmt: skip
    ceiling = found.line.ceiling_down_bps
    chart = usage_chart(code, _summary(found), series, ceiling, found.p95.down_bps if found.p95 else None, chosen)
    return render_template(
        "admin/opd.html", office=office, found=found, chart=chart, spans=SPANS, span=chosen.name,
        places=context.policy.snapshot.sites, cause_of=denials.cause,
        short=short_links(list(context.policy.snapshot.sites.values()), office), **values,
    )  # fmt: skip


def _day_start(at_s: int) -> int:
    """The start of the local day that holds an epoch second."""
    day = datetime.fromtimestamp(at_s, UTC).astimezone(here().zone).date()
    return start_of(day, here().zone)


def _office(code: str) -> Opd:
    """The office of an address; hidden (404) where it is not the operator's."""
    return sight.office_named(here().policy.snapshot, here().scope, code)


def _summary(found: OpdNow) -> str:
    language = current_language()
    return gettext(
        "Use of %(name)s against its limit of %(most)s Mbit/s. Now download %(down)s, upload %(up)s Mbit/s.",
        name=found.line.code, most=formatting.megabits_limit(found.line.ceiling_down_bps, language),
        down=formatting.megabits(found.use.down_bps, language), up=formatting.megabits(found.use.up_bps, language),
    )  # fmt: skip


def heat(connection: usage.Connection, sites: Sequence[int], office: Opd) -> list[list[int | None]]:
    """Download by weekday and local hour in per cent of the ceiling of that time, 4 weeks; empty without either."""
    now_s, subject = here().now_s, Subject(usage.OPD, office.id, tuple(sites))
    shares = shares_of_ceiling(connection, subject, office.ceiling, now_s - HEAT_S, now_s, here().zone)
    return [[shares.get((day, hour)) for hour in range(24)] for day in range(7)] if shares else []
