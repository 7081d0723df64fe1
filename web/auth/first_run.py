"""The first-run page: the one-time code of the log opens it; it makes the first admin, keeps zone and language."""

from __future__ import annotations

import os

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from netquota import lifeline
from netquota.errors import Conflict, InvalidValue, StorageUnavailable
from netquota.logging import get_logger
from netquota.services import first_run
from netquota.settings_layers import keep_chosen
from netquota.storage import admin_store
from web.auth import attempts, person
from web.auth.forms import refusal
from web.auth.signing_in import welcomed
from web.context import Context, here

blueprint = Blueprint("first_run", __name__)
log = get_logger("web")
_NEEDED = InputRequired(_("Please fill this in."))
_ZONES = {"Asia/Jakarta": "WIB (Asia/Jakarta)", "Asia/Makassar": "WITA (Asia/Makassar)",
          "Asia/Jayapura": "WIT (Asia/Jayapura)"}  # fmt: skip


class FirstRunForm(FlaskForm):
    """The code, the first admin, the city's zone and language."""

    code = StringField(_("Code from the server's log"), [_NEEDED, Length(max=40)])
    username = StringField(_("Username"), [_NEEDED, Length(max=64)])
    name = StringField(_("Full name"), [_NEEDED, Length(max=120)])
    password = PasswordField(_("Password"), [_NEEDED, Length(max=253)])
    zone = SelectField(_("Time zone"), validate_choice=False)
    language = SelectField(
        _("Language"), choices=[SelectChoice("id", "Bahasa Indonesia"), SelectChoice("en", "English")]
    )


def announce(context: Context) -> str | None:
    """Write the code and the page's address to the log, where there is no admin yet; the code."""
    try:
        code = first_run.new_code(context.whole_office)
    except StorageUnavailable as error:  # pages say so until it is back; a restart then shows a code
        log.error("first run cannot be looked for", error=str(error))
        return None
    if code is not None:
        web = context.settings.web
        base = web.public_url or f"http://{web.bind}:{web.port}"
        log.warning("first run: no admin yet; open the page and give the code", page=f"{base}/setup", code=code)
    return code


def is_needed() -> bool:
    """Whether there is no admin yet."""
    with here().database.read() as connection:
        return first_run.is_needed(connection)


@blueprint.route("/setup", methods=["GET", "POST"])
def set_up() -> ResponseReturnValue:
    """The page; not there any more once there is an admin."""
    if not is_needed():
        abort(404)
    form = _form()
    if request.method == "GET":
        return render_template("auth/first_run.html", form=form)
    if not form.validate_on_submit() or not _made(form):
        return render_template("auth/first_run.html", form=form), 400
    return _welcome(form)


def _form() -> FirstRunForm:
    city = here().settings.city
    form = FirstRunForm(zone=city.timezone, language=city.language)
    zones = _ZONES | {city.timezone: _ZONES.get(city.timezone, city.timezone)}
    form.zone.choices = [SelectChoice(key, text) for key, text in zones.items()]
    return form


def _made(form: FirstRunForm) -> bool:
    """Make the admin; where False, what was wrong stands at its field."""
    attempt = attempts.Attempt("first-run", person.remote_address())
    wait_s = attempt.wait_s()
    if wait_s:
        form.code.errors = [gettext("Too many attempts. Try again in %(seconds)s seconds.", seconds=wait_s)]
        return False
    values = {name: str(form[name].data) for name in ("username", "name", "password", "language")}
    try:
        first_run.set_up(here().whole_office, str(form.code.data), values)
    except InvalidValue as error:
        if error.field == "code":
            attempt.failed()
            form.code.errors = [gettext("This is not the code in the server's log. The newest one holds.")]
            return False
        form[error.field if error.field in form else "username"].errors = [refusal(error)]
        return False
    except Conflict:
        abort(404)
    log.info("first admin made", admin=values["username"], address=attempt.source)
    return True


def _welcome(form: FirstRunForm) -> Response:
    """Signed in at once; the second factor is offered. Another zone begins with the processes that start now."""
    with here().database.read() as connection:
        admin = admin_store.by_username(connection, str(form.username.data).strip())
    if admin is None:
        abort(404)
    city, zone = here().settings.city, str(form.zone.data)
    zone = zone if zone in _ZONES or zone == city.timezone else city.timezone
    changed = (zone, form.language.data) != (city.timezone, city.language)
    response = welcomed(admin, url_for("second_factor.offer"))
    if changed:
        _keep(zone, str(form.language.data), response)
    return response


def _keep(zone: str, language: str, response: Response) -> None:
    """Keep what was chosen; who supervises starts all anew, else somebody has to."""
    try:
        keep_chosen(here().settings.state_dir, zone, language)
    except OSError as error:
        log.error("the choice of time zone and language could not be kept", error=str(error))
        flash(gettext("Time zone and language could not be kept: set them in netquota.toml, table city."), "warn")
        return
    if os.environ.get(lifeline.SUPERVISOR_VARIABLE):
        response.call_on_close(lambda: lifeline.ask_to_renew(os.environ))
    else:
        flash(gettext("Restart netquota's services, so that the time zone holds everywhere."), "warn")


def lead_there() -> ResponseReturnValue:
    """From the sign-in of a server without any admin."""
    return redirect(url_for("first_run.set_up"))
