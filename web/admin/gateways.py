"""Gateways: heard when, how they sign, what was dropped and why, how they answer orders; their secret on request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from netquota.domain.places import Ability
from netquota.services import allocate, gateway_doctor
from netquota.services.class_token import class_signer
from netquota.services.gateway_secrets import note_shown, secrets_of
from netquota.services.report import is_silent
from netquota.storage import audit_store, report_store
from netquota.storage.audit_store import AuditFilter
from netquota.storage.report_store import ClientLine, OrderFilter
from netquota.storage.session_report import UseNow, use_now
from netquota.storage.unknown_store import unknown_sources
from web.admin import labels, orders, words
from web.admin.door import author, blueprint
from web.admin.gateway_setup import server_host
from web.auth.asking_again import AgainForm, is_the_person
from web.components import Mood
from web.context import here
from web.rendering import current_language

_STRANGERS_S = 86_400
_MOST_STRANGERS = 10
_MOODS = {
    gateway_doctor.Level.BAD: Mood.BAD,
    gateway_doctor.Level.WARN: Mood.WARN,
    gateway_doctor.Level.OK: Mood.PLAIN,
}


@blueprint.get("/gateways")
def gateways() -> str:
    """All clients, the silent ones first."""
    context = here()
    with context.database.read() as connection:
        found = report_store.clients(connection)
        use = use_now(connection)
        strangers = unknown_sources(connection, context.now_s - _STRANGERS_S)[:_MOST_STRANGERS]
    found = sorted(
        found, key=lambda line: (not is_silent(line, context.now_s), line.last_packet_s is not None, line.name)
    )
    return render_template(
        "admin/gateways.html",
        rows=[(line, state(line), _sessions(line, use.gateways), _signing(line)) for line in found],
        ago=words.ago, now_s=context.now_s, strangers=strangers,
    )  # fmt: skip


def state(line: ClientLine) -> tuple[Mood, str]:
    """Heard, silent since when, or never heard."""
    if line.last_packet_s is None:
        return Mood.SILENT, gettext("never heard")
    if is_silent(line, here().now_s):
        return Mood.BAD, gettext("silent for %(ago)s", ago=words.ago(here().now_s, line.last_packet_s))
    return Mood.PLAIN, gettext("heard")


def _sessions(line: ClientLine, by_gateway: Mapping[int, UseNow]) -> int:
    return sum(by_gateway[row.id].sessions for row in line.gateways if row.id in by_gateway)


def _signing(line: ClientLine) -> str:
    """How it stands with Message-Authenticator (reliability.md P11)."""
    if line.authenticator_policy == "off":
        return gettext("not asked for")
    if line.authenticator_policy == "required":
        return gettext("required")
    return gettext("signs; required since") if line.authenticator_seen else gettext("not seen yet")


def _ability(works: Ability) -> str:
    return {Ability.YES: gettext("works"), Ability.NO: gettext("does not work")}.get(works, gettext("not tried yet"))


@blueprint.get("/gateways/<path:name>")
def gateway(name: str) -> str:
    """One client: its gateways, problems by cause, orders with their answers, settings."""
    return _page(name, AgainForm())


@blueprint.post("/gateway-secret/<path:name>")
def gateway_secret(name: str) -> ResponseReturnValue:
    """Show the shared secret, after the password was given again; the audit trail notes it."""
    form = AgainForm()
    if not form.validate_on_submit():
        return _page(name, form), 400
    if not is_the_person(form):
        return _page(name, form), 403
    note_shown(here().office, name, author())
    answer = make_response(_page(name, AgainForm(formdata=None), secrets_of(here().policy.snapshot, name).secret))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _findings(name: str) -> list[tuple[gateway_doctor.Finding, Mood, str, str]]:
    """What is missing at the gateway or to be looked at, the worst first: how bad, what, what to do."""
    context, language = here(), current_language()
    signer = class_signer(context.keyring)
    with context.database.read() as connection:
        surgery = gateway_doctor.Surgery(
            connection, context.policy.snapshot, context.settings, signer, context.now_s, server_host()
        )
        found = gateway_doctor.examine_named(surgery, name)
    return [
        (one, _MOODS[one.level], gateway_doctor.told(in_words(one), language), gateway_doctor.remedy(one, language))
        for one in found
    ]


def in_words(one: gateway_doctor.Finding) -> gateway_doctor.Finding:
    """Why packets were dropped as the page says it."""
    if one.what is not gateway_doctor.What.DROPPED:
        return one
    return replace(one, values={**one.values, "cause": words.dropped(str(one.values["cause"]))})


def _page(name: str, form: AgainForm, secret: str = "") -> str:
    context = here()
    record = allocate.get(context.office, "nas", name)
    nas_id = int(record.row["id"])
    with context.database.read() as connection:
        (line,) = report_store.clients(connection, [nas_id])
        use = use_now(connection)
        history = audit_store.entries(connection, AuditFilter(kind="nas", key=name), limit=5)
    told = orders.listed(OrderFilter(nas_id=nas_id))
    sites = context.policy.snapshot.sites_of_nas(nas_id)
    return render_template(
        "admin/gateway.html", record=record, line=line, state=state(line), signing=_signing(line), form=form,
        secret=secret, gateways=[(row, use.gateways.get(row.id, UseNow()), _ability(row.coa_rate_works),
                                  _ability(row.disconnect_works)) for row in line.gateways],
        problems=[(problem, words.dropped(problem.cause)) for problem in line.problems], history=history, sites=sites,
        orders=told, orders_url=url_for("admin.orders", nas=name), poll_s=orders.poll_s(told), ago=words.ago,
        now_s=context.now_s, choice=labels.choice, findings=_findings(name),
    )  # fmt: skip
