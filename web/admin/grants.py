"""More of a quota for one person or one office, until its period ends: a form with its reason."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from netquota.domain.people import Opd, Subscriber
from netquota.domain.units import parse_signed_octets
from netquota.errors import InvalidValue
from netquota.services import sight
from netquota.services.grants import grant_octets
from netquota.services.standing import QuotaStanding, quotas_of_opds, quotas_of_people
from netquota.storage.ledger_store import page_on
from web.admin.door import author, blueprint
from web.auth.forms import refusal
from web.context import here

_NEEDED = InputRequired(_("Please fill this in."))


class GrantForm(FlaskForm):
    """How much more, and why."""

    octets = StringField(_("How much more"), [_NEEDED, Length(max=40)])
    why = StringField(_("Why"), [_NEEDED, Length(max=200)])


@blueprint.route("/quota-grant/employee/<path:username>/<quota>", methods=["GET", "POST"])
def quota_grant(username: str, quota: str) -> ResponseReturnValue:
    """More of a person's own quota."""
    person = sight.person(here().policy.snapshot, here().scope, username)
    return _granted(person, quota, url_for("admin.employee", username=person.username))


@blueprint.route("/quota-grant/opd/<path:code>/<quota>", methods=["GET", "POST"])
def pool_grant(code: str, quota: str) -> ResponseReturnValue:
    """More of what an office's people use up together."""
    office = sight.office_named(here().policy.snapshot, here().scope, code)
    return _granted(office, quota, url_for("admin.opd", code=office.code))


def _granted(whom: Subscriber | Opd, quota: str, back: str) -> ResponseReturnValue:
    form, standing = GrantForm(), _standing(whom, quota)
    if form.validate_on_submit() and _give(whom, quota, form):
        return redirect(back)
    status = 200 if request.method == "GET" else 400
    return render_template("admin/quota_grant.html", form=form, whom=whom, standing=standing, back=back), status


def _standing(whom: Subscriber | Opd, quota: str) -> QuotaStanding:
    """How the quota stands; hidden (404) where nobody charges it for him."""
    context = here()
    with context.database.read() as connection:
        page, policy = page_on(connection), context.policy
        if isinstance(whom, Opd):
            found = quotas_of_opds(page, policy, [whom], context.now_s)[whom.id]
        else:
            found = quotas_of_people(page, policy, [whom], context.now_s)[whom.id]
    standing = next((one for one in found if one.quota.key == quota), None)
    if standing is None:
        abort(404)
    return standing


def _give(whom: Subscriber | Opd, quota: str, form: GrantForm) -> bool:
    """Give it; where False, what was wrong stands at its field."""
    context = here()
    try:
        octets = parse_signed_octets(str(form.octets.data), "octets")
        grant_octets(context.office, context.policy, quota, whom, octets, author(str(form.why.data)))
    except InvalidValue as error:
        form.octets.errors = [refusal(error)]
        return False
    context.changed()
    flash(gettext("More is given until the period ends. Running sessions follow at once."))
    return True
