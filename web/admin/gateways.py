"""Gateways: heard when, how they sign, what was dropped and why, how they answer orders; their secret on request."""

from __future__ import annotations

from collections.abc import Mapping

from flask import make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from netquota.domain.people import username_key
from netquota.domain.places import Ability
from netquota.services import allocate
from netquota.services.office import Office
from netquota.services.report import is_silent
from netquota.storage import audit_store, report_store
from netquota.storage.audit_store import AuditFilter
from netquota.storage.report_store import ClientLine, OrderFilter
from netquota.storage.session_report import UseNow, use_now
from web.admin import gateway_setup, labels, orders, words
from web.admin.door import author, blueprint
from web.auth import attempts, person
from web.components import Mood
from web.context import here


class AgainForm(FlaskForm):
    """One's own password once more, before a secret is shown."""

    password = PasswordField(_("Your password"), [InputRequired(_("Please fill this in.")), Length(max=253)])


@blueprint.get("/gateways")
def gateways() -> str:
    """All clients, the silent ones first."""
    context = here()
    with context.database.read() as connection:
        found = report_store.clients(connection)
        use = use_now(connection)
    found = sorted(
        found, key=lambda line: (not is_silent(line, context.now_s), line.last_packet_s is not None, line.name)
    )
    return render_template(
        "admin/gateways.html",
        rows=[(line, state(line), _sessions(line, use.gateways), _signing(line)) for line in found],
        ago=words.ago, now_s=context.now_s,
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
    form, who = AgainForm(), person.present()
    if not form.validate_on_submit():
        return _page(name, form), 400
    attempt = attempts.Attempt(f"admin:{username_key(who.admin.username)}", person.remote_address())
    if attempt.wait_s() or not attempts.is_right(who.admin.password_hash, str(form.password.data)):
        attempt.failed()
        form.password.errors = [gettext("This is not your present password.")]
        return _page(name, form), 403
    answer = make_response(_page(name, AgainForm(formdata=None), _secret(here().office, name)))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _secret(office: Office, name: str) -> str:
    nas = next((each for each in here().policy.snapshot.nas_by_id.values() if each.name == name), None)
    with office.database.write() as connection:
        audit_store.append(
            connection, actor=author().name, action="show_secret", kind="nas", key=name, before={}, after={}, why="",
            now_s=office.now_s,
        )  # fmt: skip
    return "" if nas is None else nas.secret.decode("utf-8", "replace")


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
        now_s=context.now_s, choice=labels.choice, setup=gateway_setup.lines(line.family),
    )  # fmt: skip
