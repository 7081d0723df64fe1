"""The second factor's pages: its code at the sign-in, switching it on with a QR code, recovery codes, switching off."""

from __future__ import annotations

import segno
from cryptography.fernet import InvalidToken
from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from netquota.domain.people import username_key
from netquota.errors import ConfigurationError, InvalidValue
from netquota.logging import get_logger
from netquota.services import second_factor
from netquota.storage import admin_store
from web.auth import attempts, guard, person, second_step
from web.auth.asking_again import AgainForm, is_the_person
from web.auth.signing_in import welcomed
from web.context import here

blueprint = Blueprint("second_factor", __name__)
log = get_logger("web")
_NEEDED = InputRequired(_("Please fill this in."))


class CodeForm(FlaskForm):
    """The phone's six digits, or a recovery code."""

    code = StringField(_("Code"), [_NEEDED, Length(max=40)])


@blueprint.route("/login/code", methods=["GET", "POST"])
def ask() -> ResponseReturnValue:
    """After the password: the code. Without a password before it, back to the sign-in."""
    admin, wanted = second_step.awaited(), guard.own_path(request.args.get("next"))
    if admin is None:
        return redirect(url_for("auth.sign_in", next=wanted))
    form = CodeForm()
    if not form.validate_on_submit():
        return render_template("auth/code.html", form=form, wanted=wanted, name=admin.name)
    attempt = attempts.Attempt(f"code:{username_key(admin.username)}", person.remote_address())
    wait_s = attempt.wait_s()
    if not wait_s and second_factor.accepts(here().office, admin.id, admin.username, str(form.code.data)):
        with here().database.write() as connection:
            attempt.succeeded(connection)
        log.info("signed in with a code", admin=admin.username, address=attempt.source)
        response = welcomed(admin, wanted or url_for("admin.home"))
        second_step.end(response)
        return response
    wait_s = wait_s or attempt.failed().wait_s
    log.warning("code refused", admin=admin.username, address=attempt.source)
    form.code.errors = [_refused(wait_s)]
    return render_template("auth/code.html", form=form, wanted=wanted, name=admin.name), 401


def _refused(wait_s: int) -> str:
    if wait_s:
        return gettext("Too many attempts. Try again in %(seconds)s seconds.", seconds=wait_s)
    return gettext("This code is not right, or was used already. Wait for the next one.")


@blueprint.route("/account/second-factor", methods=["GET", "POST"])
def offer() -> ResponseReturnValue:
    """The QR code for the phone; on once it showed a right code."""
    who, form = person.present(), CodeForm()
    if who.admin.has_totp:
        return redirect(url_for("auth.account"))
    seed = _seed_of_form() or second_factor.new_seed()
    if not form.validate_on_submit():
        return _offer(form, seed)
    try:
        code = "".join(str(form.code.data).split())
        codes = second_factor.begin(here().office, who.admin.username, seed, code, who.author())
    except InvalidValue:
        form.code.errors = [gettext("This is not the code of this moment. Look at the phone's clock; give the next.")]
        return _offer(form, seed), 400
    response = _codes(codes)
    person.set_cookie(response, person.begin_session(who.admin.id))
    return response


@blueprint.post("/account/recovery-codes")
def recovery_codes() -> ResponseReturnValue:
    """Other recovery codes, after the password was given."""
    who, form = person.present(), AgainForm()
    if not who.admin.has_totp or not form.validate_on_submit() or not is_the_person(form):
        return _manage(form), 400
    return _codes(second_factor.renew_recovery_codes(here().office, who.admin.username, who.author()))


@blueprint.get("/account/second-factor/manage")
def manage() -> ResponseReturnValue:
    """How many recovery codes are left; new ones, or switching it off."""
    if not person.present().admin.has_totp:
        return redirect(url_for("second_factor.offer"))
    return _manage(AgainForm())


@blueprint.post("/account/second-factor/off")
def switch_off() -> ResponseReturnValue:
    """Off, after the password was given; other browsers are signed out."""
    who, form = person.present(), AgainForm()
    if not form.validate_on_submit() or not is_the_person(form):
        return _manage(form), 400
    second_factor.remove(here().office, who.admin.username, who.author())
    flash(gettext("The second factor is off. Other browsers were signed out."))
    response = redirect(url_for("auth.account"))
    person.set_cookie(response, person.begin_session(who.admin.id))
    return response


def _seed_of_form() -> str | None:
    """The seed that the page showed, sealed in the form by us; None where the page is new."""
    sealed = request.form.get("sealed", "")
    if not sealed:
        return None
    try:
        return here().keyring.decrypt_text(sealed.encode())
    except (ConfigurationError, InvalidToken, ValueError):
        abort(400)


def _offer(form: CodeForm, seed: str) -> str:
    who = person.present()
    address = second_factor.address(seed, who.admin.username, f"netquota {here().settings.city.name}")
    drawing = segno.make(address, error="m").svg_inline(scale=4, border=2, svgclass="qr", lineclass=None)
    return render_template(
        "auth/second_factor.html", form=form, sealed=here().keyring.encrypt_text(seed).decode(),
        seed=" ".join(seed[at : at + 4] for at in range(0, len(seed), 4)),
        drawing=Markup(drawing),  # noqa: S704 - drawn by us
    )  # fmt: skip


def _manage(form: AgainForm) -> str:
    who = person.present()
    with here().database.read() as connection:
        left = admin_store.recovery_codes_left(connection, who.admin.id)
    return render_template("auth/second_factor_manage.html", form=form, left=left)


def _codes(codes: list[str]) -> Response:
    """The recovery codes, shown this once."""
    answer = make_response(render_template("auth/recovery_codes.html", codes=codes))
    answer.headers["Cache-Control"] = "no-store"
    return answer
