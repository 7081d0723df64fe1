"""Vouchers for guests: an office's batches within its allowance, making and revoking them, and the sheet to print."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from netquota.domain.people import Status, guest_name
from netquota.domain.policy import Plan
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services import sight
from netquota.services import vouchers as desk
from netquota.services.voucher_needs import Needs, make_with
from netquota.services.vouchers import Wish, until_of
from netquota.storage.voucher_store import Batch, Voucher, VoucherState
from web import conflicts
from web.admin.door import author, blueprint, may_edit, text_of
from web.admin.door import instant as moment
from web.auth.forms import refusal
from web.components import Mood
from web.context import here
from web.portal.vouchers import voucher_address
from web.svg import QrShape, qr_code

STATES = {
    VoucherState.UNUSED: (Mood.PLAIN, _("not used yet")), VoucherState.RUNNING: (Mood.OK, _("in use")),
    VoucherState.ENDED: (Mood.SILENT, _("ended")), VoucherState.REVOKED: (Mood.BAD, _("revoked")),
}  # fmt: skip
_DAY_S = 86_400
_SPANS = {
    "4h": (4 * 3600, _("4 hours")), "1d": (_DAY_S, _("1 day")), "2d": (2 * _DAY_S, _("2 days")),
    "3d": (3 * _DAY_S, _("3 days")), "7d": (7 * _DAY_S, _("7 days")), "30d": (30 * _DAY_S, _("30 days")),
}  # fmt: skip
_CONTROLS = {
    "valid_for": "span", "valid_until": "until", "key": "new_plan", "rate": "new_rate", "guests": "allowance",
}  # fmt: skip
"""Where the form has what a refusal names otherwise."""
_NEEDED = InputRequired(_("Please fill this in."))


class VoucherForm(FlaskForm):
    """A batch: how many, for whom, how fast and how long."""

    opd = SelectField("OPD")
    purpose = StringField(_("Whose guests, or what for"), [_NEEDED, Length(max=200)])
    count = IntegerField(_("How many"), [_NEEDED, NumberRange(1, desk.MOST_AT_ONCE)])
    plan = SelectField(_("Plan"))
    span = SelectField(_("Valid from the first use for"))
    until = StringField(_("Or until a date"), [Length(max=20)])
    new_plan = StringField(_("Short name of the new plan"), [Length(max=64)], default="tamu")
    new_rate = StringField(_("Speed of the new plan, down/up"), [Length(max=40)])
    allowance = IntegerField(_("Vouchers that the OPD may have at once"), [Optional(), NumberRange(0, 10_000)])

    def keep_to_batches(self) -> None:
        """Leave out what the ICT office alone gives."""
        for name in ("new_plan", "new_rate", "allowance"):
            delattr(self, name)


class RevokeForm(FlaskForm):
    """Why vouchers are good no more."""

    why = StringField(_("Why"), [_NEEDED, Length(max=200)])


@dataclass(frozen=True, slots=True)
class Slip:
    """One voucher as it is printed."""

    code: str
    address: str
    qr: QrShape


@blueprint.get("/vouchers")
def vouchers() -> str:
    """The batches of one's own offices, and how much of each allowance is used."""
    context = here()
    found = desk.listing(context.office)
    offices = [opd.code for opd in sight.offices(context.policy.snapshot, context.scope)]
    used = [(code, *desk.allowance(context.office, code)) for code in offices] if not context.scope.is_all else []
    return render_template("admin/vouchers.html", batches=found, used=used, moment=moment)


@blueprint.route("/new-vouchers", methods=["GET", "POST"])
def voucher_new() -> ResponseReturnValue:
    """Make a batch, then look at it; a network admin makes the guest plan and the allowance with it."""
    form, plans = _form()
    if not form.validate_on_submit():
        return _new_page(form, plans), 400 if form.is_submitted() else 200
    try:
        batch = make_with(here().office, _wish(form), _needs(form), author(text_of(form.purpose)))
    except (InvalidValue, Conflict, NotFound) as error:
        _blame(form, error)
        return _new_page(form, plans), 400
    here().changed()
    flash(ngettext("%(num)s voucher was made.", "%(num)s vouchers were made.", batch.count))
    return redirect(url_for("admin.voucher", key=batch.key))


def _form() -> tuple[VoucherForm, list[Plan]]:
    """The form with what it offers, and the plans for guests."""
    context, form = here(), VoucherForm()
    form.opd.choices = [(opd.code, opd.code) for opd in sight.offices(context.policy.snapshot, context.scope)]
    plans = sorted((plan for plan in context.policy.snapshot.plans.values() if plan.for_guests), key=lambda p: p.key)
    form.plan.choices = [(plan.key, plan.name) for plan in plans]
    form.span.choices = [
        ("", gettext("until the date below")),
        *((key, str(text)) for key, (_s, text) in _SPANS.items()),
    ]
    if request.method == "GET":
        form.span.data = "1d"
    if _may_give():
        form.plan.choices.append(("", gettext("a new one, made below")))
    else:
        form.keep_to_batches()
    return form, plans


def _may_give() -> bool:
    return may_edit("plan", "for_guests") and may_edit("opd", "guests")


def _new_page(form: VoucherForm, plans: list[Plan]) -> str:
    return render_template("admin/voucher_new.html", form=form, plans=plans, may_give=_may_give())


@blueprint.get("/vouchers/<key>")
def voucher(key: str) -> str:
    """One batch: its vouchers and how they stand."""
    context = here()
    batch, found = desk.show(context.office, key)
    shown = [(desk.code_in_groups(one.code), guest_name(batch.id, one.code), one) for one in found]
    rows = [(*each, *STATES[each[-1].state(context.now_s)]) for each in shown]
    return render_template("admin/voucher.html", batch=batch, rows=rows, moment=moment)


@blueprint.get("/vouchers/<key>/sheet")
def voucher_sheet(key: str) -> ResponseReturnValue:
    """The slips of those that are good, to be printed and cut."""
    context = here()
    batch, found = desk.show(context.office, key)
    good = [one for one in found if one.state(context.now_s) in (VoucherState.UNUSED, VoucherState.RUNNING)]
    plan = context.policy.snapshot.plans.get(batch.plan_id)
    answer = make_response(
        render_template(
            "admin/voucher_sheet.html", batch=batch, slips=[_slip(one) for one in good], plan=plan,
            city=context.settings.city.name, until=moment(batch.valid_until_s), span=_span(batch),
        )
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.route("/vouchers/<key>/revoke", methods=["GET", "POST"])
def voucher_revoke(key: str) -> ResponseReturnValue:
    """Ask first; then end the batch, or the one voucher that `?code=` or the form names."""
    context, form = here(), RevokeForm()
    batch, found = desk.show(context.office, key)
    code = request.values.get("code", "").strip()
    if code and not any(code in (one.code, guest_name(batch.id, one.code)) for one in found):
        abort(404)  # of this batch alone
    if not form.validate_on_submit():
        good = [one for one in found if code in ("", guest_name(batch.id, one.code)) and one.status == Status.ACTIVE]
        page = render_template("admin/voucher_revoke.html", batch=batch, code=code, number=len(good), form=form)
        return page, 400 if form.is_submitted() else 200
    ended = desk.revoke(context.office, code or batch.key, author(text_of(form.why)))
    context.changed()
    flash(ngettext("%(num)s voucher was revoked.", "%(num)s vouchers were revoked.", ended))
    return redirect(url_for("admin.voucher", key=batch.key))


def _wish(form: VoucherForm) -> Wish:
    """What is wanted; a time and a date together are refused, since only one of them could hold."""
    chosen, date = _SPANS.get(str(form.span.data)), text_of(form.until)
    span = None if chosen is None else chosen[0]
    if span is not None and date:
        raise InvalidValue("valid_until", date, "choose “until the date below” if the date holds, or leave it empty")
    until_s = until_of(here().office, date) if date else None
    plan = str(form.plan.data) or text_of(form.new_plan)
    return Wish(
        str(form.opd.data), plan, int(form.count.data or 0), text_of(form.purpose), span, until_s
    )  # fmt: skip


def _needs(form: VoucherForm) -> Needs:
    """What is given with the batch. Raises `InvalidValue` for a new plan without a speed or a name of its own."""
    if not _may_give():
        return Needs()
    allowance = "" if form.allowance.data is None else str(form.allowance.data)
    if form.plan.data:
        return Needs(allowance=allowance)
    if text_of(form.new_plan) in {plan.key for plan in here().policy.snapshot.plans.values()}:
        raise InvalidValue("key", text_of(form.new_plan), "there is a plan of this name; choose another name")
    if not text_of(form.new_rate):
        raise InvalidValue("rate", "", "write a rate such as 10M, 1.5 Mbit/s or 512k")
    return Needs(text_of(form.new_rate), allowance)


def _blame(form: VoucherForm, error: InvalidValue | Conflict | NotFound) -> None:
    name = error.field if isinstance(error, InvalidValue) else "count"
    named = _CONTROLS.get(name, name)
    control = form[named if named in form else "count"]
    control.errors = [refusal(error) if isinstance(error, InvalidValue) else conflicts.told(error)]


def _slip(one: Voucher) -> Slip:
    address = voucher_address(one.code)
    return Slip(desk.code_in_groups(one.code).upper(), address, qr_code(address))


def _span(batch: Batch) -> str:
    return next((str(text) for span_s, text in _SPANS.values() if span_s == batch.valid_for_s), "")
