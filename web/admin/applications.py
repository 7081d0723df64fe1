"""Applications that offices reported: who has, who has not; each with the steps by which the ICT office follows it."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field as Control
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import Length, NumberRange, Optional

from netquota.domain.applications import OUTCOMES, Outcome, Progress, Reporting, Step, Taken
from netquota.domain.units import Rate, parse_rate
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services import application_use
from netquota.services import applications as record
from netquota.services.application_use import Known
from netquota.services.applications import Followed
from web import conflicts
from web.admin.door import argument, author, blueprint, date_of, page_number, pager, text_of
from web.auth.forms import refusal
from web.components import Mood
from web.context import here

ROWS = 25
STEPS = {
    Step.VERIFY: _("Verify"), Step.ADVISE: _("Advise"), Step.SOCIALISE: _("Socialise"), Step.EVALUATE: _("Evaluate"),
    Step.PROVIDE: _("Provide bandwidth"),
}  # fmt: skip
OUTCOME_WORDS = {
    Outcome.SERVES_TASK: _("serves the office's task"), Outcome.NOT_THE_TASK: _("does not serve the office's task"),
    Outcome.DUPLICATE: _("another office has one like it"), Outcome.ADVISED: _("advice given"),
    Outcome.HELD: _("held"), Outcome.USED: _("is used"), Outcome.LITTLE_USED: _("is little used"),
    Outcome.UNUSED: _("is not used"), Outcome.SHARE: _("a share of bandwidth"),
    Outcome.BUDGET: _("goes into the next budget plan"), Outcome.NO_NEED: _("needs nothing more"),
}  # fmt: skip
PROGRESS = {
    Progress.REPORTED: (Mood.INFO, _("newly reported")), Progress.FOLLOWED: (Mood.PLAIN, _("under way")),
    Progress.RETURNED: (Mood.WARN, _("returned to the office")), Progress.DONE: (Mood.OK, _("settled")),
    Progress.REVIEW_DUE: (Mood.WARN, _("review is due")),
}  # fmt: skip
REPORTING = {
    Reporting.REPORTED: (Mood.OK, _("reported")), Reporting.NONE: (Mood.PLAIN, _("has none")),
    Reporting.SILENT: (Mood.WARN, _("not yet reported")),
}  # fmt: skip

UNMEASURED = {
    Known.NO_ADDRESS: _("Not measured: it is not said where it answers."),
    Known.NO_HOST: _("Not measured: where it answers names no host, address or network."),
    Known.TOO_MANY: _("Not measured: gateways count so many hosts, and others come first by code."),
    Known.NOT_REPORTED: _("Not measured yet: no gateway has reported it."),
    Known.NO_FIGURES: _("Not measured in these 30 days: the reports have only begun, or have stopped."),
}  # fmt: skip


class StepForm(FlaskForm):
    """A step of the ICT office; which fields it needs depends on the step."""

    outcome = SelectField(_("What it came to"))
    on = StringField(_("Date"), [Length(max=10)])
    note = StringField(_("In words"), [Length(max=1000)])
    material = StringField(_("What was shown or handed out"), [Length(max=400)])
    users = IntegerField(_("People who really use it"), [Optional(), NumberRange(0, 10_000_000)])
    rate = StringField(_("Share of bandwidth, down/up"), [Length(max=40)])
    until = StringField(_("Until"), [Length(max=10)])
    review_on = StringField(_("Looked at again on"), [Length(max=10)])


FIELDS: dict[Step, tuple[str, ...]] = {
    Step.VERIFY: ("outcome", "on", "note"),
    Step.ADVISE: ("outcome", "on", "note"),
    Step.SOCIALISE: ("outcome", "on", "material", "note"),
    Step.EVALUATE: ("outcome", "on", "users", "note"),
    Step.PROVIDE: ("outcome", "on", "rate", "until", "review_on", "note"),
}
"""What each step's form asks."""


@blueprint.get("/applications")
def applications() -> str:
    """The board of offices, and the applications: `?opd=`, `?progress=`, `?q=`."""
    context = here()
    with context.database.read() as connection:
        board = record.board(context.office, connection)
        found = [one for one in record.followed(context.office, connection) if _wanted(one)]
    page = page_number()
    return render_template(
        "admin/applications.html", board=board, rows=found[(page - 1) * ROWS : page * ROWS],
        pages=pager(len(found), page, size=ROWS), progress=PROGRESS, reporting=REPORTING, steps=STEPS,
        asked={name: argument(name) for name in ("opd", "progress", "q")},
        opds=[one.record.code for one in board.offices], scoped=not context.scope.is_all,
        progresses=[(str(each), PROGRESS[each][1]) for each in Progress], silent=Reporting.SILENT, none=Reporting.NONE,
    )  # fmt: skip


def _wanted(one: Followed) -> bool:
    opd, progress, text = argument("opd"), argument("progress"), argument("q").lower()
    said = f"{one.application.code} {one.application.name} {one.application.function}".lower()
    return (
        (not opd or one.application.opd == opd) and (not progress or one.standing.progress == progress) and text in said
    )


@blueprint.post("/applications/none/<path:code>")
def applications_none(code: str) -> ResponseReturnValue:
    """An office declares that it has no application, or takes that back (`withdraw`)."""
    try:
        if request.form.get("withdraw"):
            record.withdraw_none(here().office, code, author(gettext("taken back on the page of applications")))
        else:
            record.declare_none(here().office, code, author())
    except Conflict as error:
        flash(conflicts.told(error), "warn")
    except NotFound:
        abort(404)
    return redirect(url_for("admin.applications"))


@blueprint.post("/applications/remind")
def applications_remind() -> ResponseReturnValue:
    """Tell the operators of the offices that have reported nothing."""
    told = record.remind(here().office, author(gettext("reminder of the applications")))
    flash(
        gettext("Reminded: %(names)s.", names=", ".join(told))
        if told
        else gettext("Nobody was reminded: all have reported, or were reminded today.")
    )
    return redirect(url_for("admin.applications"))


@blueprint.get("/applications/of/<path:code>")
def application(code: str) -> str:
    """One application: what was reported, the steps taken, others that do much the same, the next step."""
    return _page(code, None)


@blueprint.post("/application-step/<step>/<path:code>")
def application_step(step: str, code: str) -> ResponseReturnValue:
    """Take a step."""
    if step not in set(Step):
        abort(404)
    form = _form(Step(step))
    if not form.validate_on_submit():
        return _page(code, form), 400
    try:
        record.take_step(here().office, code, _taken(Step(step), form), author(text_of(form.note)))
    except InvalidValue as error:
        field = {"ceiling": "rate"}.get(error.field, error.field)
        blamed: Control = form[field] if field in FIELDS[Step(step)] else form["outcome"]
        blamed.errors = [refusal(error)]
        return _page(code, form), 400
    except Conflict as error:
        flash(conflicts.told(error), "warn")
        return redirect(url_for("admin.application", code=code))
    except NotFound:
        abort(404)
    here().changed()
    flash(gettext("The step was noted."))
    return redirect(url_for("admin.application", code=code))


def _page(code: str, form: StepForm | None) -> str:
    context = here()
    with context.database.read() as connection:
        try:
            found = record.one_followed(context.office, connection, code)
        except NotFound:
            abort(404)
        use = application_use.use_of(connection, context.office, found.application)
    wanted = request.view_args.get("step") if request.view_args and form is not None else argument("step")
    step = Step(wanted) if wanted in set(Step) else found.standing.next_step
    if form is None and step is not None:
        form = _form(step)
    return render_template(
        "admin/application.html", found=found, one=found.application, form=form, step=step, fields=FIELDS,
        steps=STEPS, outcomes=OUTCOME_WORDS, progress=PROGRESS, use=use, unmeasured=UNMEASURED,
    )  # fmt: skip


def _form(step: Step) -> StepForm:
    form = StepForm()
    form.outcome.choices = [(str(each), str(OUTCOME_WORDS[each])) for each in OUTCOMES[step]]
    return form


def _taken(step: Step, form: StepForm) -> Taken:
    users = form.users.data
    return Taken(
        step, Outcome(form.outcome.data), date_of(form.on) or here().office.today, author().name,
        text_of(form.note), text_of(form.material), None if users is None else int(users),
        _rate_of(form.rate), date_of(form.until), date_of(form.review_on),
    )  # fmt: skip


def _rate_of(control: StringField) -> Rate | None:
    return parse_rate(text_of(control), control.name) if text_of(control) else None
