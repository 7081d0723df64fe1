"""Employees: found and listed with their quotas; one with the whole story of his limit, his use, sessions, refusals."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from netquota.domain.people import Status, Subscriber
from netquota.domain.quota import QuotaState
from netquota.errors import InvalidValue
from netquota.services import allocate, credentials, sight, usage
from netquota.services.allocate import Wanted
from netquota.services.explain import Explanation, explain
from netquota.services.made_codes import made_code
from netquota.services.slowness import why_slow
from netquota.services.standing import quotas_of_people
from netquota.storage import audit_store, report_store
from netquota.storage.audit_store import AuditFilter
from netquota.storage.ledger_store import page_on
from netquota.storage.report_store import DenialFilter, OrderFilter
from netquota.storage.session_report import SessionFilter, open_sessions, people_online
from web.admin import explaining, labels, orders, sessions, words
from web.admin import slow as slow_causes
from web.admin.door import (
    PAGE_ROWS,
    argument,
    author,
    blueprint,
    page_number,
    pager,
    sorted_column,
)
from web.admin.exporting import only_of
from web.auth.forms import refusal
from web.components import Column, Mood
from web.context import here

DAYS = 14
_REFUSALS_S = 30 * 86400
_SORTS = frozenset({"name", "nip", "username", "opd", "status"})
STANDINGS = {QuotaState.SPENT: _("Quota used up"), QuotaState.WARNED: _("Quota nearly used up")}
_MOODS = {Status.ACTIVE: Mood.PLAIN, Status.SUSPENDED: Mood.PAUSED, Status.LEFT: Mood.SILENT}


class WhyForm(FlaskForm):
    """Why something is done."""

    why = StringField(_("Why"), [InputRequired(_("Please fill this in.")), Length(max=200)])


class SpeedForm(FlaskForm):
    """A personal limit with its end and its reason; `version` is what the person saw."""

    rate = StringField(_("Personal limit, down/up"), [Length(max=40)])
    until = StringField(_("Until"), [Length(max=30)])
    why = StringField(_("Why"), [InputRequired(_("Please fill this in.")), Length(max=200)])


@blueprint.get("/employees")
def employees() -> str:
    """The list: 25 a page, searched, filtered and sorted by the address."""
    context, policy = here(), here().policy
    filters = {name: argument(name) for name in ("opd", "status", "plan") if argument(name)}
    sort = argument("sort")
    sort = sort if sort.removeprefix("-") in _SORTS else "name"
    found = _listed(Wanted(filters, sort, page_number(), PAGE_ROWS, _searched(argument("q")), only=only_of("employee")))
    people = [policy.snapshot.subscribers[record.row["username_key"]] for record in found.records
              if record.row["username_key"] in policy.snapshot.subscribers]  # fmt: skip
    with context.database.read() as connection:
        quotas = quotas_of_people(page_on(connection), policy, people, context.now_s)
        online = people_online(connection, [person.id for person in people])
    return render_template(
        "admin/employees.html", people=[(person, quotas[person.id], online.get(person.id, 0)) for person in people],
        columns=_columns(sort), pages=pager(found.total, found.page),
        asked=filters | {"q": argument("q"), "sort": sort, "quota": argument("quota")},
        standings=[(str(state), words) for state, words in STANDINGS.items()],
        opds=[opd.code for opd in sight.offices(policy.snapshot, context.scope)], scoped=not context.scope.is_all,
        statuses=[(str(status), labels.choice(status)) for status in Status], moods=_MOODS, state_words=labels.choice,
    )  # fmt: skip


def _listed(wanted: Wanted) -> allocate.Page:
    try:
        return allocate.listing(here().office, "employee", wanted)
    except InvalidValue:  # a filter that names nothing finds nobody
        return allocate.Page((), 0, 1, wanted.size)


def _searched(text: str) -> str:
    """A NIP is kept without its blanks."""
    digits = "".join(letter for letter in text if letter not in " .-")
    return digits if digits.isdecimal() else text


def _columns(sort: str) -> list[Column]:
    return [
        sorted_column(gettext("Employee"), "name", sort), sorted_column("NIP", "nip", sort),
        sorted_column("OPD", "opd", sort), Column(gettext("Plan")), Column(gettext("Limit"), number=True),
        Column(gettext("Quota")), Column(gettext("Devices online"), number=True),
        sorted_column(gettext("Status"), "status", sort),
    ]  # fmt: skip


@blueprint.get("/employees/<path:username>")
def employee(username: str) -> ResponseReturnValue:
    """One employee: what holds and why, quotas, use by day, sessions, refusals, changes. A guest has his batch."""
    context, policy = here(), here().policy
    person = _person(username)
    if person.batch_id is not None:
        return redirect(url_for("admin.voucher", key=f"V-{person.batch_id}"))
    today = context.office.today
    with context.database.read() as connection:
        found = explain(connection, policy, context.gateways, person, context.now_s)
        slow = why_slow(connection, policy, found, context.now_s)
        asked = SessionFilter(employee_id=person.id, scope=context.scope)
        page = open_sessions(connection, asked, context.now_s)
        since_s = context.now_s - _REFUSALS_S
        refused, refusals = report_store.denials(connection, DenialFilter(since_s, employee_id=person.id, size=8))
        values = {
            "quotas": quotas_of_people(page_on(connection), policy, [person], context.now_s)[person.id],
            "days": usage.days(
                connection, usage.PERSON, [person.id], today - timedelta(days=DAYS - 1), today, context.zone
            ),
            "rows": sessions.table_rows(connection, page),
            "history": audit_store.entries(connection, AuditFilter(kind="employee", key=person.username), limit=6),
        }
    told = orders.listed(OrderFilter(employee_id=person.id, most=10))
    return render_template(
        "admin/employee.html", person=person, found=found, steps=explaining.steps(found.decision),
        next_change=explaining.next_change(found.decision), place_name=_place_name(found),
        record=allocate.get(context.office, "employee", person.username),
        refusals=refusals, refused=[(each, words.last_reason(each.reasons)) for each in refused], orders=told,
        orders_url=url_for("admin.orders", employee=person.username), poll_s=orders.poll_s(told),
        slow=slow_causes.told(slow), **values,
    )  # fmt: skip


def _place_name(found: Explanation) -> str:
    """Where the decision is made for: a site with its office, else a gateway."""
    if found.place is None:
        return ""
    site = found.place.site
    return found.place.nas.name if site is None else f"{site.name} ({site.host.code})"


@blueprint.route("/employee-status/<path:username>", methods=["GET", "POST"])
def employee_status(username: str) -> ResponseReturnValue:
    """Suspend an account, or let it in again."""
    person, form = _person(username), WhyForm()
    suspends = person.status is Status.ACTIVE
    if form.validate_on_submit():
        status = Status.SUSPENDED if suspends else Status.ACTIVE
        why = str(form.why.data)
        values = {"status": str(status), "status_why": why if suspends else ""}
        allocate.change(here().office, "employee", person.username, values, author(why))
        here().changed()
        return redirect(url_for("admin.employee", username=person.username))
    return render_template("admin/employee_status.html", person=person, form=form, suspends=suspends)


@blueprint.route("/employee-password/<path:username>", methods=["GET", "POST"])
def employee_password(username: str) -> ResponseReturnValue:
    """A new password, made up and shown this once."""
    person, form = _person(username), WhyForm()
    if not form.validate_on_submit():
        return render_template("admin/employee_password.html", person=person, form=form, password="")
    password = made_code(3)
    credentials.set_password(here().office, person.username, password, author(str(form.why.data)))
    here().changed()
    answer = make_response(render_template("admin/employee_password.html", person=person, form=form, password=password))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.route("/employee-speed/<path:username>", methods=["GET", "POST"])
def employee_speed(username: str) -> ResponseReturnValue:
    """A personal limit, for a time or until changed; running sessions get it at once. Empty: the plan's again."""
    person, form = _person(username), SpeedForm()
    record = allocate.get(here().office, "employee", person.username)
    if request.method == "GET":
        form.rate.data = record.values["override"]
        form.until.data = record.values["override_until"]
        return render_template("admin/employee_speed.html", person=person, form=form, record=record, days=_days())
    if form.validate_on_submit() and _set_speed(person, form):
        return redirect(url_for("admin.employee", username=person.username))
    return render_template("admin/employee_speed.html", person=person, form=form, record=record, days=_days()), 400


def _days() -> list[tuple[str, str]]:
    """Days until whose end a limit is often wanted: as the field takes them, and in words."""
    context = here()
    today = context.now.astimezone(context.zone).date()
    named = [(0, gettext("today, until midnight")), (1, gettext("until tomorrow night")), (6, gettext("seven days"))]
    return [((today + timedelta(days=days)).isoformat(), text) for days, text in named]


def _set_speed(person: Subscriber, form: SpeedForm) -> bool:
    """Change it; where False, what was wrong stands at its field."""
    rate, until, why = (str(control.data or "").strip() for control in (form.rate, form.until, form.why))
    values = {"override": rate, "override_until": until if rate else "", "override_why": why if rate else ""}
    version = request.form.get("version", "")
    try:
        allocate.change(
            here().office, "employee", person.username, values, author(why),
            expected_version=int(version) if version.isdecimal() else None,
        )  # fmt: skip
    except InvalidValue as error:
        {"override": form.rate, "override_until": form.until}.get(error.field, form.why).errors = [refusal(error)]
        return False
    here().changed()
    flash(gettext("The limit is saved. Running sessions show below when their gateway has taken it."))
    return True


def _person(username: str) -> Subscriber:
    """The employee of an address; hidden (404) where he is of another office than the operator's."""
    return sight.person(here().policy.snapshot, here().scope, username)
