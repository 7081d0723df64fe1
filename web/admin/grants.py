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
from web import formatting
from web.admin.door import author, blueprint
from web.auth.forms import refusal
from web.components import Change
from web.context import here
from web.rendering import current_language

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
    changes, missing = list[Change](), 0
    if request.form.get("preview"):
        then = _given(whom, standing, form, is_tried=True)
        if then is not None:
            changes, missing = _told(standing, then), then.used - then.entitled
    elif form.validate_on_submit() and (then := _given(whom, standing, form)) is not None:
        here().changed()
        flash(gettext("More is given until the period ends: %(left)s are left now.", left=_volume(then.left)))
        return redirect(back)
    page = render_template(
        "admin/quota_grant.html",
        form=form,
        whom=whom,
        standing=standing,
        back=back,
        changes=changes,
        missing=missing,
    )
    return page, 200 if request.method == "GET" or changes else 400


def _told(now: QuotaStanding, then: QuotaStanding) -> list[Change]:
    """What there is and what is left of it, before and after."""
    return [
        Change(gettext("Quota in this period"), _volume(now.entitled), _volume(then.entitled)),
        Change(gettext("Left of it"), _volume(now.left), _volume(then.left)),
    ]


def _volume(octets: int) -> str:
    return formatting.volume(octets, current_language())


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


def _given(
    whom: Subscriber | Opd, standing: QuotaStanding, form: GrantForm, *, is_tried: bool = False
) -> QuotaStanding | None:
    """Give it, or only try; how the quota stands then. Where None, what was wrong stands at its field."""
    context, why = here(), "-" if is_tried else str(form.why.data)
    try:
        octets = parse_signed_octets(str(form.octets.data or ""), "octets")
        done = grant_octets(
            context.office, context.policy, standing.quota.key, whom, octets, author(why), dry_run=is_tried
        )  # fmt: skip
    except InvalidValue as error:
        form.octets.errors = [refusal(error)]
        return None
    return QuotaStanding(standing.quota, done.figure)
