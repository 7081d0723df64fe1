"""Requests for more: offices file them, the ICT office weighs them beside what was measured, and decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flask import Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field as Control
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from netquota.domain.link_parts import short_links_with
from netquota.domain.requests import OPEN, Advice, RequestState, Wanted
from netquota.domain.units import Rate, exact_octets, exact_rate, parse_octets, parse_rate
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services import requests as desk
from netquota.services import sight
from netquota.services.requests import Filing, Given
from netquota.services.sheet import MOST_ROWS, Cell
from netquota.storage import application_store, request_store
from netquota.storage.ceiling_grant_store import grant_of
from netquota.storage.request_store import Request
from web import conflicts, moments
from web.admin import labels
from web.admin.door import argument, author, blueprint, date_of, page_number, pager, role, text_of
from web.admin.exporting import file_of
from web.auth.forms import refusal
from web.auth.rights import Role
from web.components import Mood
from web.context import here

ROWS = 25
STATES = {
    RequestState.NEW: (Mood.INFO, _("new")), RequestState.ASSESSED: (Mood.PLAIN, _("assessed")),
    RequestState.WAITS_FOR_HEAD: (Mood.WARN, _("waits for the head of the office")),
    RequestState.APPROVED: (Mood.OK, _("approved")), RequestState.REFUSED: (Mood.BAD, _("refused")),
    RequestState.BUDGET: (Mood.PLAIN, _("in the budget plan")), RequestState.WITHDRAWN: (Mood.PLAIN, _("withdrawn")),
}  # fmt: skip
ADVICE = {
    Advice.NEEDED: (Mood.WARN, _("Needed: it is at its limit in over 1 % of office hours.")),
    Advice.ROOM_LEFT: (Mood.OK, _("There is room: it is hardly ever at its limit, and P95 leaves what is asked for.")),
    Advice.UNCLEAR: (Mood.PLAIN, _("The figures do not settle it; weigh the reason.")),
}  # fmt: skip
_NEEDED = InputRequired(_("Please fill this in."))


class FilingForm(FlaskForm):
    """An office's request."""

    opd = SelectField("OPD")
    rate = StringField(_("How much more, down/up"), [_NEEDED, Length(max=40)])
    until = StringField(_("Until"), [Length(max=10)])
    application = SelectField(_("For the application"))
    reason = StringField(_("What it is for"), [_NEEDED, Length(max=1000)])


class AssessForm(FlaskForm):
    """The ICT office's word, beside which the figures are frozen."""

    note = StringField(_("What the ICT office thinks of it"), [Length(max=1000)])


class DecisionForm(FlaskForm):
    """A decision; what is given is filled in with what was asked."""

    rate = StringField(_("Given, down/up"), [Length(max=40)])
    octets = StringField(_("Given volume"), [Length(max=40)])
    quota = SelectField(_("Of the quota"), validate_choice=False)
    until = StringField(_("Until"), [Length(max=10)])
    why = StringField(_("Why"), [_NEEDED, Length(max=1000)])


@blueprint.get("/requests")
def requests() -> str:
    """The requests, the newest first: `?state=` (open by default, `all`), `?opd=`."""
    asked = {"state": argument("state") or "open", "opd": argument("opd")}
    found, page = _found(asked), page_number()
    return render_template(
        "admin/requests.html", rows=found[(page - 1) * ROWS : page * ROWS], pages=pager(len(found), page, size=ROWS),
        states=STATES, asked=asked, opds=_opds(), choices=_state_choices(),
    )  # fmt: skip


@blueprint.get("/requests-file")
def requests_file() -> Response:
    """The requests that the page's filter finds, as CSV or XLSX."""
    found = _found({"state": argument("state") or "open", "opd": argument("opd")}, MOST_ROWS)
    columns = (
        gettext("Number"), "OPD", gettext("Employee"), gettext("What it is for"), gettext("For the application"),
        gettext("Wanted down, bit/s"), gettext("Wanted up, bit/s"), gettext("Wanted volume, octets"), gettext("Until"),
        gettext("State"), gettext("Filed"), gettext("Filed by"), gettext("ICT office"), gettext("Assessed by"),
        gettext("Decision"), gettext("Decided by"), gettext("Decided"),
    )  # fmt: skip
    return file_of("requests", gettext("Requests"), columns, [_row(one) for one in found])


def _row(one: Request) -> Sequence[Cell]:
    zone = here().zone
    return (
        one.number, one.opd, one.person or "", one.reason, one.application or "",
        None if one.wanted is None else one.wanted.down_bps, None if one.wanted is None else one.wanted.up_bps,
        one.wanted_octets, "" if one.until is None else one.until.isoformat(), str(STATES[one.state][1]),
        moments.local_iso(one.created_s, zone), one.by, one.assessment, one.assessed_by or "", one.decision,
        one.decided_by or "", moments.local_iso(one.decided_s, zone),
    )  # fmt: skip


def _found(asked: Mapping[str, str], most: int = 1000) -> list[Request]:
    """What a filter finds in one's offices, the newest first; a state that is none finds all."""
    state, scope = asked["state"], here().scope
    states = OPEN if state == "open" else frozenset({RequestState(state)}) if state in set(RequestState) else None
    with here().database.read() as connection:
        every = request_store.requests(connection, states=states, most=most, scope=scope)
    return [one for one in every if asked["opd"] in {"", one.opd}]


@blueprint.route("/new-request", methods=["GET", "POST"])
def request_new() -> ResponseReturnValue:
    """File a request of an office."""
    form = FilingForm()
    form.opd.choices = [(code, code) for code in _opds()]
    form.application.choices = [("", "–"), *_applications()]
    if not form.validate_on_submit():
        return render_template("admin/request_new.html", form=form), 400 if form.is_submitted() else 200
    try:
        wanted = Wanted(parse_rate(text_of(form.rate), "rate"), until=date_of(form.until))
        filing = Filing(form.opd.data, wanted, text_of(form.reason), application=form.application.data or None)
        filed = desk.file_request(here().office, filing, author(text_of(form.reason)))
    except InvalidValue as error:
        _blame(form, error)
        return render_template("admin/request_new.html", form=form), 400
    flash(gettext("Request %(number)s was filed.", number=filed.number))
    return redirect(url_for("admin.request", number=filed.number))


@blueprint.get("/requests/<number>", endpoint="request")
def one_request(number: str) -> str:
    """One request: what is asked, what was measured, how it was decided, and the forms to go on."""
    return _page(number, AssessForm(formdata=None), _decision_form(_request(number)))


@blueprint.post("/request-assess/<number>")
def request_assess(number: str) -> ResponseReturnValue:
    """Freeze the figures beside the request."""
    form, context = AssessForm(), here()
    if not form.validate_on_submit():
        return _page(number, form, _decision_form(_request(number))), 400
    return _done(
        number,
        lambda: desk.assess(context.office, context.policy, number, text_of(form.note), author(text_of(form.note))),
        None,
    )


@blueprint.post("/request-decide/<decision>/<number>")
def request_decide(decision: str, number: str) -> ResponseReturnValue:
    """Approve, refuse, or pass to the budget plan."""
    form = _decision_form(_request(number), submitted=True)
    if decision not in {"approve", "refuse", "budget"}:
        abort(404)
    if not form.validate_on_submit():
        return _page(number, AssessForm(formdata=None), form), 400
    return _done(number, lambda: _decide(decision, number, form), form)


@blueprint.post("/request-withdraw/<number>")
def request_withdraw(number: str) -> ResponseReturnValue:
    """Take a request back."""
    return _done(number, lambda: desk.withdraw(here().office, number, author()), None)


def _decide(decision: str, number: str, form: DecisionForm) -> Request:
    context, by = here(), author(text_of(form.why))
    if decision != "approve":
        return (desk.refuse if decision == "refuse" else desk.to_budget)(context.office, number, by)
    rate, octets = text_of(form.rate), text_of(form.octets) if "octets" in form else ""
    given = Given(
        parse_rate(rate, "rate") if rate else None, parse_octets(octets, "octets") if octets else None,
        date_of(form.until), (form.quota.data or "") if "quota" in form else "",
    )  # fmt: skip
    above = context.settings.requests.above
    head = role() == Role.HEAD_OF_OFFICE
    return desk.approve(context.office, context.policy, number, given, by, is_head=head, head_above=above)


def _done(number: str, act: Callable[[], Request], form: DecisionForm | None) -> ResponseReturnValue:
    try:
        moved = act()
    except InvalidValue as error:
        shown = form or _decision_form(_request(number))
        _blame(shown, error)
        return _page(number, AssessForm(formdata=None), shown), 400
    except Conflict as error:
        flash(conflicts.told(error), "warn")
        return redirect(url_for("admin.request", number=number))
    except NotFound:
        abort(404)
    here().changed()
    flash(gettext("Request %(number)s: %(state)s.", number=number, state=STATES[moved.state][1]))
    return redirect(url_for("admin.request", number=number))


def _page(number: str, assessing: AssessForm, deciding: DecisionForm) -> str:
    found = _request(number)
    figures = desk.figures_of(found)
    advised = desk.advice_on(found)
    granted = None
    if found.ceiling_grant_id is not None:
        with here().database.read() as connection:
            granted = grant_of(connection, found.ceiling_grant_id)
    return render_template(
        "admin/request.html", too_small=_too_small(found), one=found, granted=granted, figures=figures,
        advice=None if advised is None else ADVICE[advised],
        states=STATES, assessing=assessing, deciding=deciding, waits=found.state is RequestState.WAITS_FOR_HEAD,
        is_head=role() == Role.HEAD_OF_OFFICE,
    )  # fmt: skip


def _too_small(found: Request) -> list[str]:
    """Where granting what is asked would give the office no more, since its link is too small."""
    snapshot = here().policy.snapshot
    opd = snapshot.opds.get(found.opd_id)
    if not found.is_open or found.wanted is None or found.person or opd is None or opd.ceiling is None:
        return []
    then = Rate(opd.ceiling.down_bps + found.wanted.down_bps, opd.ceiling.up_bps + found.wanted.up_bps)
    sites = list(snapshot.sites.values())
    return [labels.too_small(link, opd.code, part) for link, part in short_links_with(sites, opd, then)]


def _request(number: str) -> Request:
    try:
        return desk.opened(here().office, number)
    except NotFound:
        abort(404)


def _decision_form(found: Request, *, submitted: bool = False) -> DecisionForm:
    asked = {
        "rate": "" if found.wanted is None else exact_rate(found.wanted),
        "octets": "" if found.wanted_octets is None else exact_octets(found.wanted_octets),
        "until": "" if found.until is None else found.until.isoformat(),
    }  # fmt: skip
    form = DecisionForm() if submitted else DecisionForm(formdata=None, data=asked)
    person = None if found.employee_id is None else here().policy.snapshot.subscriber_by_id.get(found.employee_id)
    form.quota.choices = [] if person is None else [(quota.key, quota.key) for quota in person.quotas]
    if found.employee_id is None or found.wanted_octets is None:
        del form.octets, form.quota
    return form


def _blame(form: FlaskForm, error: InvalidValue) -> None:
    name = {"wanted": "rate", "ceiling": "rate"}.get(error.field, error.field)
    controls: dict[str, Control] = {control.name: control for control in form}
    controls.get(name, next(iter(controls.values()))).errors = [refusal(error)]


def _opds() -> list[str]:
    return [opd.code for opd in sight.offices(here().policy.snapshot, here().scope)]


def _applications() -> list[tuple[str, str]]:
    context = here()
    with context.database.read() as connection:
        found = application_store.applications(connection)
    return [(one.code, f"{one.code} ({one.opd})") for one in found if context.scope.covers(one.opd_id)]


def _state_choices() -> list[tuple[str, object]]:
    return [("open", _("open")), ("all", _("all")), *((str(state), words) for state, (_mood, words) in STATES.items())]
