"""The emergency brake: enforcement pauses for the city or one gateway, counting goes on; loud on every page."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from netquota.errors import InvalidValue
from netquota.services import pause as brake
from web.admin.door import author, blueprint
from web.auth.forms import refusal
from web.context import here

_NEEDED = InputRequired(_("Please fill this in."))
_HOURS = {"1": 1, "4": 4, "24": 24}


class PauseForm(FlaskForm):
    """For whom, for how long, why."""

    nas = SelectField(_("Where"), validate_choice=False)
    hours = SelectField(
        _("For how long"),
        choices=[
            SelectChoice("1", _("1 hour")),
            SelectChoice("4", _("4 hours")),
            SelectChoice("24", _("24 hours")),
            SelectChoice("", _("until somebody resumes")),
        ],
        validate_choice=False,
    )
    why = StringField(_("Why"), [_NEEDED, Length(max=200)])


class ResumeForm(FlaskForm):
    """Why it goes on."""

    why = StringField(_("Why"), [_NEEDED, Length(max=200)])


@blueprint.get("/enforcement")
def enforcement() -> str:
    """What stands, and the form to pause."""
    return _page(_form(), ResumeForm())


@blueprint.post("/enforcement/pause")
def enforcement_pause() -> ResponseReturnValue:
    """Pull the brake."""
    form = _form()
    if not form.validate_on_submit():
        return _page(form, ResumeForm(formdata=None)), 400
    try:
        brake.pause(
            here().office, author(str(form.why.data)), until=_until(str(form.hours.data)), nas=form.nas.data or None
        )
    except InvalidValue as error:
        form.why.errors = [refusal(error)]
        return _page(form, ResumeForm(formdata=None)), 400
    here().changed()
    flash(gettext("Enforcement is paused. Everybody gets the plan's speed; counting goes on."), "paused")
    return redirect(url_for("admin.enforcement"))


@blueprint.post("/enforcement/resume")
def enforcement_resume() -> ResponseReturnValue:
    """Let it go."""
    form = ResumeForm()
    if not form.validate_on_submit():
        return _page(_form(empty=True), form), 400
    brake.resume(here().office, author(str(form.why.data)), nas=request.form.get("nas") or None)
    here().changed()
    flash(gettext("Enforcement goes on; running sessions get their limits back."))
    return redirect(url_for("admin.enforcement"))


def _form(*, empty: bool = False) -> PauseForm:
    form = PauseForm(formdata=None) if empty else PauseForm()
    names = sorted(nas.name for nas in here().policy.snapshot.nas_by_id.values())
    form.nas.choices = [SelectChoice("", gettext("the whole city")), *(SelectChoice(name, name) for name in names)]
    return form


def _until(hours: str) -> datetime | None:
    return here().now + timedelta(hours=_HOURS[hours]) if hours in _HOURS else None


def _page(form: PauseForm, resume: ResumeForm) -> str:
    names = {nas.id: nas.name for nas in here().policy.snapshot.nas_by_id.values()}
    standing = [(each, names.get(each.nas_id or 0, "")) for each in brake.standing(here().office)]
    return render_template("admin/enforcement.html", form=form, resume=resume, standing=standing)
