"""First passwords on paper: who of an office waits for one, and slips with a code and its QR to print and cut."""

from __future__ import annotations

from dataclasses import dataclass

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from netquota.errors import Conflict
from netquota.services import activation, sight
from netquota.services.activation import LONGEST_DAYS, SHORTEST_DAYS, USUAL_DAYS, Slip
from web import conflicts
from web.admin.door import argument, author, blueprint
from web.context import here
from web.frame import open_menu
from web.svg import QrShape, qr_code


class SlipsForm(FlaskForm):
    """For how long they are good, and why they are made."""

    days = IntegerField(
        _("Good for days"),
        [InputRequired(_("Please fill this in.")), NumberRange(SHORTEST_DAYS, LONGEST_DAYS, _("From 1 to 60 days."))],
        default=USUAL_DAYS,
    )
    why = StringField(_("Why"), [InputRequired(_("Please fill this in.")), Length(max=200)])


@dataclass(frozen=True, slots=True)
class Drawn:
    """A slip with its QR code, which opens the page with the code filled in."""

    slip: Slip
    shape: QrShape


@blueprint.route("/slips", methods=["GET", "POST"])
def slips() -> ResponseReturnValue:
    """`?opd=`: who waits; sent, the slips themselves, shown this once."""
    open_menu("imports")
    context, form = here(), SlipsForm()
    offices = sight.offices(context.policy.snapshot, context.scope)
    opd = argument("opd") or (offices[0].code if len(offices) == 1 else "")
    people = activation.waiting(context.office, opd) if opd else []
    problem = ""
    if opd and form.validate_on_submit():
        chosen = frozenset(request.form.getlist("person"))
        try:
            made = activation.make_slips(context.office, opd, author(str(form.why.data)), form.days.data or 0, chosen)
        except Conflict as error:
            problem = gettext("Choose at least one person.") if not chosen else conflicts.told(error)
        else:
            return _sheet(opd, made)
    page = render_template(
        "admin/slips.html", form=form, opd=opd, offices=[one.code for one in offices], people=people, problem=problem,
        most=activation.MOST,
    )  # fmt: skip
    return page, 400 if form.is_submitted() else 200


def _sheet(opd: str, made: list[Slip]) -> ResponseReturnValue:
    base = here().settings.web.public_url or request.host_url.rstrip("/")
    drawn = [Drawn(slip, qr_code(base + url_for("password.by_code", code=slip.code))) for slip in made]
    office = sight.office_named(here().policy.snapshot, here().scope, opd)
    answer = make_response(
        render_template(
            "admin/slips_sheet.html", drawn=drawn, office=office, address=base + url_for("password.by_code"),
            help_contact=here().settings.city.help_contact,
        )
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer
