"""What is done to running sessions: another speed for their people, or an end; one by one or those that are ticked.

A speed is the employee's personal limit (audited, undoable); the order leaves in the same transaction, and the list
shows what each gateway answered.
"""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from netquota.domain.units import parse_rate
from netquota.errors import InvalidValue
from netquota.services import allocate
from netquota.services.disconnect import disconnect
from netquota.services.office import Author
from netquota.storage.session_report import OpenSession, SessionFilter, open_sessions
from web.admin.door import argument, author, blueprint, may
from web.admin.sessions import ASKED, picked_ids
from web.auth.forms import refusal
from web.components import Mood
from web.context import here

MOST_AT_ONCE = 25
_NEEDED = InputRequired(_("Please fill this in."))


class SpeedForm(FlaskForm):
    """Another speed, for a time or until changed, and why."""

    rate = StringField(_("New speed, down/up"), [_NEEDED, Length(max=40)])
    until = StringField(_("Until"), [Length(max=30)])
    why = StringField(_("Why"), [_NEEDED, Length(max=200)])


class EndForm(FlaskForm):
    """Why a session is ended."""

    why = StringField(_("Why"), [_NEEDED, Length(max=200)])


@blueprint.get("/sessions/act")
def session_act() -> ResponseReturnValue:
    """The form for the sessions that are ticked: `?do=speed` or `?do=end`; back to the list where none is."""
    if not picked_ids():
        flash(gettext("Tick sessions in the list first, then choose what to do with them."), Mood.WARN)
        return redirect(url_for("admin.sessions", **{name: argument(name) for name in ASKED if argument(name)}))
    if request.args.get("do") == "end" or not may("admin.session_speed"):
        return _page("end", EndForm())
    return _page("speed", SpeedForm())


@blueprint.post("/sessions/speed")
def session_speed() -> ResponseReturnValue:
    """Give the people of these sessions another speed."""
    form, chosen = SpeedForm(), _chosen()
    if not form.validate_on_submit():
        return _page("speed", form), 400
    try:
        parse_rate(str(form.rate.data), "rate")
        people = {session.login: session for session in chosen if session.login is not None}
        for username in people:
            _give(username, form)
    except InvalidValue as error:
        {"override": form.rate, "override_until": form.until}.get(error.field, form.rate).errors = [refusal(error)]
        return _page("speed", form), 400
    here().changed()
    flash(gettext("The new limit is on its way to %(number)s sessions.", number=len(chosen)))
    return _back(chosen)


@blueprint.post("/sessions/end")
def session_end() -> ResponseReturnValue:
    """End these sessions."""
    form, chosen = EndForm(), _chosen()
    if not form.validate_on_submit():
        return _page("end", form), 400
    by: Author = author(str(form.why.data))
    ordered = disconnect(here().office, [session.id for session in chosen], by)
    flash(gettext("%(number)s sessions are being ended.", number=len(ordered)), Mood.OK)
    return _back(chosen)


def _give(username: str, form: SpeedForm) -> None:
    why = str(form.why.data)
    values = {
        "override": str(form.rate.data), "override_until": str(form.until.data or ""), "override_why": why,
    }  # fmt: skip
    allocate.change(here().office, "employee", username, values, author(why))


def _chosen() -> list[OpenSession]:
    """The ticked sessions that still run and are not being ended, within the person's scope."""
    context, ids = here(), picked_ids()[:MOST_AT_ONCE]
    asked = SessionFilter(session_ids=ids, sort="name", size=MOST_AT_ONCE, scope=context.scope)
    with context.database.read() as connection:
        found = open_sessions(connection, asked, context.now_s).sessions
    return [session for session in found if not session.is_ending]


def _page(what: str, form: FlaskForm) -> str:
    chosen = _chosen()
    return render_template(f"admin/session_{what}.html", form=form, chosen=chosen)


def _back(chosen: list[OpenSession]) -> ResponseReturnValue:
    """To the session itself, or to the list with the same ones ticked."""
    if len(chosen) == 1:
        return redirect(url_for("admin.session", session_id=chosen[0].id))
    return redirect(url_for("admin.sessions", session=[session.id for session in chosen]))
