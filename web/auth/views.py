"""The admin's own pages: sign in, sign out, account (password, language and theme, browsers that are signed in)."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from netquota.domain.people import username_key
from netquota.errors import InvalidValue
from netquota.logging import get_logger
from netquota.services import allocate, credentials
from netquota.storage import admin_store, web_session_store
from netquota.storage.admin_store import Admin
from web.auth import attempts, first_run, guard, person, second_step
from web.auth.forms import AppearanceForm, PasswordForm, SignInForm, refusal
from web.auth.signing_in import keep_look, welcomed
from web.context import here

blueprint = Blueprint("auth", __name__)
log = get_logger("web")


@blueprint.route("/login", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Ask for name and password; lead back to where somebody wanted to go."""
    wanted = guard.own_path(request.args.get("next"))
    if request.method == "GET" and person.signed_in() is not None:
        return redirect(wanted or home())
    if request.method == "GET" and first_run.is_needed():
        return first_run.lead_there()
    form = SignInForm()
    problem = ""
    if form.validate_on_submit():
        admin, problem = _admitted(str(form.username.data).strip(), str(form.password.data))
        if admin is not None:
            return _first_step_done(admin, wanted)
    status = 401 if problem else 200
    return render_template("auth/sign_in.html", form=form, problem=problem, wanted=wanted), status


@blueprint.post("/logout")
def sign_out() -> ResponseReturnValue:
    """End this browser's session."""
    with here().database.write() as connection:
        web_session_store.end(connection, person.present().session.digest)
    session.clear()
    response = redirect(url_for("auth.sign_in"))
    person.drop_cookie(response)
    return response


@blueprint.get("/account")
def account() -> ResponseReturnValue:
    """One's own settings."""
    return _account_page(PasswordForm())


@blueprint.post("/account/password")
def change_password() -> ResponseReturnValue:
    """Set a new password; every other browser is signed out."""
    who, form = person.present(), PasswordForm()
    if not form.validate_on_submit():
        return _account_page(form), 400
    attempt = attempts.Attempt(f"admin:{username_key(who.admin.username)}", person.remote_address())
    if attempt.wait_s() or not attempts.is_right(who.admin.password_hash, str(form.current.data)):
        attempt.failed()
        form.current.errors = [gettext("This is not your present password.")]
        return _account_page(form), 400
    try:
        credentials.set_password(here().office, who.admin.username, str(form.new.data), who.author(), kind="admin")
    except InvalidValue as error:
        form.new.errors = [refusal(error)]
        return _account_page(form), 400
    flash(gettext("Your password was changed. Other browsers were signed out."))
    response = redirect(url_for("auth.account"))
    person.set_cookie(response, person.begin_session(who.admin.id))
    return response


@blueprint.post("/account/appearance")
def change_appearance() -> ResponseReturnValue:
    """Keep language and theme, for every browser of this person."""
    who, form = person.present(), AppearanceForm()
    if not form.validate_on_submit():
        return _account_page(PasswordForm(), form), 400
    wishes = {"language": str(form.language.data), "theme": str(form.theme.data)}
    allocate.change(here().whole_office, "admin", who.admin.username, wishes, who.author())
    response = redirect(url_for("auth.account"))
    keep_look(response, wishes["language"], wishes["theme"])
    return response


@blueprint.post("/account/sessions/end")
def end_session() -> ResponseReturnValue:
    """Sign out one's other browsers: the one that is named, or all."""
    who = person.present()
    wanted = request.form.get("session", "")
    context = here()
    with context.database.write() as connection:
        if wanted == "others":
            web_session_store.end_all(connection, "admin", who.admin.id, keep=who.session.digest)
        mine = web_session_store.listing(connection, "admin", who.admin.id, context.now_s, context.session_limits)
        for other in mine:
            if other.digest.hex() == wanted and other.digest != who.session.digest:
                web_session_store.end(connection, other.digest)
    flash(gettext("Signed out there."))
    return redirect(url_for("auth.account"))


def home() -> str:
    """The first page of a signed-in person."""
    return url_for("admin.home")


def _admitted(username: str, password: str) -> tuple[Admin | None, str]:
    """The admin whose name and password these are, else None and what to tell; takes as long for an unknown name."""
    context = here()
    attempt = attempts.Attempt(f"admin:{username_key(username)}", person.remote_address())
    wait_s = attempt.wait_s()
    if wait_s:
        return None, _slow_down(wait_s)
    with context.database.read() as connection:
        admin = admin_store.by_username(connection, username)
    if not attempts.is_right(admin.password_hash if admin is not None else None, password):
        wait_s = attempt.failed().wait_s
        log.warning("sign-in refused", admin=username, address=attempt.source)
        return None, _slow_down(wait_s) if wait_s else gettext("Username or password does not match. Check capitals.")
    if admin is None or not admin.active:
        return None, gettext("This account is switched off. Ask a network admin.")
    with context.database.write() as connection:
        attempt.succeeded(connection)
    credentials.renew_hash(context.office, "admin", admin.id, admin.password_hash, password)
    log.info("signed in", admin=username, address=attempt.source)
    return admin, ""


def _first_step_done(admin: Admin, wanted: str | None) -> Response:
    """Signed in; with a second factor the code is asked for first."""
    if not admin.has_totp:
        return welcomed(admin, wanted or home())
    response = make_response(redirect(url_for("second_factor.ask", next=wanted)))
    second_step.begin(response, admin)
    return response


def _slow_down(wait_s: int) -> str:
    return gettext("Too many attempts. Try again in %(seconds)s seconds.", seconds=wait_s)


def _account_page(password: PasswordForm, appearance: AppearanceForm | None = None) -> str:
    who, context = person.present(), here()
    appearance = appearance or AppearanceForm(language=who.admin.language, theme=who.admin.theme)
    with context.database.read() as connection:
        sessions = web_session_store.listing(connection, "admin", who.admin.id, context.now_s, context.session_limits)
    return render_template("auth/account.html", who=who, password=password, appearance=appearance, sessions=sessions)
