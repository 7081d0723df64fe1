"""First passwords on paper: who waits for one, by office, and slips with a code and its QR to print and cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import abort, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from netquota.domain.people import Opd
from netquota.errors import Conflict
from netquota.services import activation, sight
from netquota.services.activation import LONGEST_DAYS, SHORTEST_DAYS, USUAL_DAYS, OfficeWaiting, Sheets, Slip
from netquota.services.imports import running
from netquota.storage.import_store import Run
from web import conflicts
from web.admin.door import argument, author, blueprint
from web.admin.imports import whose
from web.context import here
from web.frame import open_menu
from web.svg import QrShape, qr_code

LONGEST_NUMBER: Final = 9


class SlipsForm(FlaskForm):
    """For how long they are good, and why they are made."""

    days = IntegerField(
        _("Good for days"),
        [InputRequired(_("Please fill this in.")), NumberRange(SHORTEST_DAYS, LONGEST_DAYS, _("From 1 to 60 days."))],
        default=USUAL_DAYS,
    )
    why = StringField(_("Why"), [InputRequired(_("Please fill this in.")), Length(max=200)])


class OfficesForm(SlipsForm):
    """The same for several OPDs at once."""

    again = BooleanField(_("Also for those whose slip is printed already"))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A slip with its QR code, which opens the page with the code filled in."""

    slip: Slip
    shape: QrShape


@blueprint.route("/slips", methods=["GET", "POST"])
def slips() -> ResponseReturnValue:
    """Which OPDs have people that wait (`?import=`: of that import), or who of one (`?opd=`); sent, the slips."""
    open_menu("imports")
    offices = sight.offices(here().policy.snapshot, here().scope)
    opd = argument("opd") or (offices[0].code if len(offices) == 1 else "")
    if opd and not argument("import"):
        return _one_office(sight.office_named(here().policy.snapshot, here().scope, opd), is_alone=len(offices) == 1)
    return _offices(_import())


def _one_office(opd: Opd, *, is_alone: bool) -> ResponseReturnValue:
    context, form, problem = here(), SlipsForm(), ""
    if form.validate_on_submit():
        chosen = frozenset(request.form.getlist("person"))
        try:
            made = activation.make_slips(
                context.office, opd.code, author(str(form.why.data)), form.days.data or 0, chosen
            )
        except Conflict as error:
            problem = gettext("Choose at least one person.") if not chosen else conflicts.told(error)
        else:
            return _sheet([Sheets(opd, made)])
    page = render_template(
        "admin/slips.html", form=form, opd=opd.code, people=activation.waiting(context.office, opd.code),
        problem=problem, most=activation.MOST, is_alone=is_alone,
    )  # fmt: skip
    return page, 400 if form.is_submitted() else 200


def _offices(run: Run | None) -> ResponseReturnValue:
    context, form, problem = here(), OfficesForm(), ""
    snapshot, among = context.policy.snapshot, None if run is None else running.touched(run)
    if form.validate_on_submit():
        chosen = frozenset(request.form.getlist("office"))
        try:
            made = activation.make_sheets(
                context.office, snapshot, chosen, author(str(form.why.data)), form.days.data or 0,
                among=among, is_again=bool(form.again.data),
            )  # fmt: skip
        except Conflict as error:
            problem = gettext("Choose at least one OPD.") if not chosen else conflicts.told(error)
        else:
            return _sheet(made)
    found = activation.offices_waiting(context.office, snapshot, among)
    page = render_template(
        "admin/slips_offices.html", form=form, run=run, found=found, problem=problem,
        fits=frozenset(request.form.getlist("office")) if form.is_submitted() else _fitting(found),
        most=activation.MOST, total=sum(one.people for one in found),
    )  # fmt: skip
    return page, 400 if form.is_submitted() else 200


def _import() -> Run | None:
    """The import that the address names, if he may see it."""
    number = argument("import")
    if not number:
        return None
    if not number.isdecimal() or len(number) > LONGEST_NUMBER:
        abort(404)
    run = running.told(here().office, int(number), whose())
    return run if run.kind == "employee" else abort(404)


def _fitting(found: Sequence[OfficeWaiting]) -> frozenset[str]:
    """The first offices with people without a slip, as many as one print job holds."""
    fitting, left = set[str](), activation.MOST
    for one in found:
        fresh = one.people - one.with_slip
        if fresh and fresh <= left:
            fitting.add(one.opd.code)
            left -= fresh
    return frozenset(fitting)


def _sheet(made: Sequence[Sheets]) -> ResponseReturnValue:
    base = here().settings.web.public_url or request.host_url.rstrip("/")
    drawn = [
        (one.opd, [Drawn(slip, qr_code(base + url_for("password.by_code", code=slip.code))) for slip in one.slips])
        for one in made
    ]
    answer = make_response(
        render_template(
            "admin/slips_sheet.html", drawn=drawn, address=base + url_for("password.by_code"),
            number=sum(len(one.slips) for one in made), help_contact=here().settings.city.help_contact,
        )
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer
