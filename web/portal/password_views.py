"""A new password: changed by whoever knows the present one, or set with a code from operator, mail or slip."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext

from netquota.domain.people import Subscriber
from netquota.errors import InvalidValue
from netquota.services import credentials, password_codes
from netquota.services.office import Author
from web.auth.attempts import Attempt
from web.auth.csrf import carries_own_proof
from web.auth.forms import refusal
from web.auth.person import remote_address
from web.context import Context, here
from web.portal import answers, code_mail, people, proving, state, visits
from web.portal.pages import ForgotPage, NoticePage, PasswordPage
from web.portal.state import Visit

blueprint = Blueprint("password", __name__, url_prefix="/kuota/password")
_LONGEST = 253


@blueprint.get("")
def change() -> ResponseReturnValue:
    """The form of somebody who is signed in."""
    context = here()
    found = visits.employee_visitor(context)
    return redirect(url_for("kuota.show")) if found is None else answers.answer(_own_form(context, *found))


@blueprint.post("")
@carries_own_proof
def set_own() -> ResponseReturnValue:
    """Set it; every other page of this person, and every remembered device, asks for the new one."""
    context = here()
    found = visits.employee_visitor(context)
    if found is None:
        return redirect(url_for("kuota.show"), 303)
    visit, person = found
    with force_locale(answers.language(person.language)):
        problem = _changed(context, person)
    if problem:
        return answers.answer(_own_form(context, visit, person, problem), 400)
    context.changed()
    return _done(person, visits.begun(context, person.id, visit.mac, visit.logout_url))


@blueprint.route("/code", methods=["GET", "POST"])
@carries_own_proof
def by_code() -> ResponseReturnValue:
    """Set a password with a code; a printed one brings it in its address."""
    context = here()
    code = request.values.get("code", "")[:_LONGEST]
    if request.method == "GET":
        return answers.answer(_code_form(code))
    spoken = answers.language()
    with force_locale(spoken):
        try:
            employee_id = password_codes.redeem(context.whole_office, code, request.form.get("new", ""))
        except InvalidValue as error:
            return answers.answer(_code_form(code, _told(error)), 400)
    context.changed()
    person = context.policy.snapshot.subscriber_by_id[employee_id]
    return _done(person, _way_back() or visits.begun(context, employee_id))


@blueprint.route("/forgot", methods=["GET", "POST"])
@carries_own_proof
def forgot() -> ResponseReturnValue:
    """Where a code comes from; by mail it is sent from here."""
    context, spoken = here(), answers.language()
    asked = request.method == "POST" and code_mail.is_set(context)
    if asked:
        code_mail.send(
            context, people.find(context.policy.snapshot, request.form.get("username", "")[:_LONGEST].strip())
        )
    kept = _kept()
    with force_locale(spoken):
        page = ForgotPage(
            answers.our_office(spoken), spoken, url_for("password.by_code", **dict(kept), **answers.chosen_language()),
            url_for("password.forgot", **answers.chosen_language()) if code_mail.is_set(context) else None, kept,
            asked=asked, username=request.values.get("username", "")[:_LONGEST],
            back_url=_way_back() or url_for("kuota.show"),
            other_language_url=answers.other_language_url(url_for("password.forgot"), spoken, **dict(kept)),
        )  # fmt: skip
    return answers.answer(page)


def _changed(context: Context, person: Subscriber) -> str:
    """Change the person's password; why not, in the page's language, where it was not done."""
    if proving.keeps_no_password(context, person):
        return gettext("Your password is that of the city's directory; change it there.")
    attempt = Attempt(f"employee:{person.id}", remote_address())
    if attempt.wait_s():
        return gettext("Too many attempts. Try again in a minute.")
    if not proving.is_own_password(context, person, request.form.get("current", "")):
        attempt.failed()
        return gettext("This is not your present password.")
    by = Author(f"employee:{person.username}", "")
    try:
        credentials.set_password(context.whole_office, person.username, request.form.get("new", ""), by)
    except InvalidValue as error:
        return refusal(error)
    return ""


def _told(error: InvalidValue) -> str:
    if error.field == "code":
        return gettext("This code is not good: it was used, is too old, or was misread. Ask for a new one.")
    return refusal(error)


def _own_form(context: Context, visit: Visit, person: Subscriber, error: str = "") -> PasswordPage:
    spoken = answers.language(person.language)
    sealed = state.sealed_visit(context.keyring, visit)
    with force_locale(spoken):
        return PasswordPage(
            answers.our_office(spoken), spoken, gettext("Change the password"), person.name,
            url_for("password.set_own", **answers.chosen_language()), ((state.FIELD, sealed),), error=error,
            username=person.username, back_url=visits.address(context, visit), back_text=gettext("Back to your quota"),
            other_language_url=answers.other_language_url(url_for("password.change"), spoken, s=sealed),
        )  # fmt: skip


def _code_form(code: str, error: str = "") -> PasswordPage:
    spoken, kept = answers.language(), _kept()
    with force_locale(spoken):
        return PasswordPage(
            answers.our_office(spoken), spoken, gettext("Set a password"),
            gettext("With the code from your office's operator, from a mail or a printed slip."),
            url_for("password.by_code", **answers.chosen_language()), kept, error=error, by_code=True, code=code,
            back_url=_way_back() or url_for("kuota.show"), back_text=gettext("Back to the log-in page"),
            other_language_url=answers.other_language_url(url_for("password.by_code"), spoken, **dict(kept)),
        )  # fmt: skip


def _kept() -> tuple[tuple[str, str], ...]:
    """The log-in that was under way at a gateway, carried along."""
    text = request.values.get(state.FIELD, "")
    return ((state.FIELD, text),) if text else ()


def _way_back() -> str | None:
    """The log-in page of the gateway that this person came from."""
    kept = dict(_kept())
    return url_for("portal.login", **kept, **answers.chosen_language()) if kept else None


def _done(person: Subscriber, onward: str) -> ResponseReturnValue:
    spoken = answers.language(person.language)
    with force_locale(spoken):
        page = NoticePage(
            answers.our_office(spoken), spoken, gettext("The password is changed"),
            gettext("Your devices ask for the new one at their next log-in."), onward, gettext("Go on"),
        )  # fmt: skip
    return answers.answer(page)
