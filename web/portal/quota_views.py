"""An employee's own page: quota, speed and why, days, devices. Signed in by a link's token, never by a cookie."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext

from netquota.domain.people import Subscriber
from web.auth.csrf import carries_own_proof
from web.auth.person import remote_address
from web.context import Context, here
from web.portal import answers, devices, people, state, status, visits
from web.portal.deciding import open_sessions
from web.portal.pages import LoginPage, NoticePage, typed_password
from web.portal.state import Start, Visit

blueprint = Blueprint("kuota", __name__)


@blueprint.get("/kuota")
def show() -> ResponseReturnValue:
    """The page, where the link's token holds; else the form that asks who it is."""
    context = here()
    handed = request.args.get("h")
    if handed is not None:
        address = visits.taken_over(context, handed)
        return redirect(address or url_for("kuota.show"))
    found = visits.visitor(context)
    if found is None:
        problem = ""
        if state.FIELD in request.args:
            with force_locale(answers.language()):
                problem = gettext("Please log in again to see your quota.")
        return answers.answer(_form(answers.language(), error=problem))
    return _status(context, *found)


@blueprint.post("/kuota")
@carries_own_proof
def sign_in() -> ResponseReturnValue:
    """Name and password, for the quota alone: no gateway is asked."""
    context = here()
    typed, spoken = request.form.get("username", ""), answers.language()
    start = Start(source=remote_address(), began_s=context.now_s)
    with force_locale(spoken):
        found = people.admitted(context, start, typed, typed_password(request.form))
    if isinstance(found, people.Turned):
        return answers.answer(_form(spoken, typed, found.problem))
    return redirect(visits.begun(context, found.subscriber.id), 303)


@blueprint.post("/kuota/end")
@carries_own_proof
def end_device() -> ResponseReturnValue:
    """End one of one's own sessions."""
    context = here()
    found = visits.visitor(context)
    if found is None:
        return redirect(url_for("kuota.show"), 303)
    visit, person = found
    devices.end(context, person, request.form.get("session", ""))
    spoken = answers.language(person.language)
    with force_locale(spoken):
        page = NoticePage(
            answers.our_office(spoken), spoken, gettext("The session is being ended"),
            gettext("The gateway has been told. It takes a few seconds."),
            visits.address(context, visit), gettext("Back to your quota"), after_s=3,
        )  # fmt: skip
    return answers.answer(page)


@blueprint.post("/kuota/logout")
@carries_own_proof
def log_out() -> ResponseReturnValue:
    """End this device's session: by the gateway's own page where it is known, else by order."""
    context = here()
    found = visits.visitor(context)
    if found is None:
        return redirect(url_for("kuota.show"), 303)
    visit, person = found
    this = status.this_device(open_sessions(context, person), visit.mac, remote_address())
    visits.ended(context, visit)
    by_gateway = bool(visit.logout_url)
    devices.leave(context, person, visit.mac if this is None else this.mac)
    if this is not None and not by_gateway:
        devices.end_rows(context, [this])
    spoken = answers.language(person.language)
    with force_locale(spoken):
        page = NoticePage(
            answers.our_office(spoken), spoken, gettext("You are logged out"),
            gettext("This device is being taken off the internet.") if this is not None or by_gateway
            else gettext("Your quota page is closed."),
            visit.logout_url if by_gateway else url_for("kuota.show"),
            gettext("Finish") if by_gateway else gettext("Log in again"),
            after_s=0 if by_gateway else None,
        )  # fmt: skip
    return answers.answer(page)


def _status(context: Context, visit: Visit, person: Subscriber) -> ResponseReturnValue:
    spoken = answers.language(person.language)
    sealed = state.sealed_visit(context.keyring, visit)
    this = status.this_device(open_sessions(context, person), visit.mac, remote_address())
    chosen = answers.chosen_language()
    urls = {
        "end": url_for("kuota.end_device", **chosen),
        "device": url_for("device.show", s=sealed, **chosen),
        "more": url_for("more.ask", s=sealed, **chosen),
        "password": url_for("password.change", s=sealed, **chosen),
        "logout": url_for("kuota.log_out", **chosen),
        "language": answers.other_language_url(url_for("kuota.show"), spoken, **{state.FIELD: sealed}),
    }
    return answers.answer(status.status_page(context, person, spoken, this, ((state.FIELD, sealed),), urls))


def _form(spoken: str, username: str = "", error: str = "") -> LoginPage:
    action = url_for("kuota.sign_in", **answers.chosen_language())
    with force_locale(spoken):
        return LoginPage(
            answers.our_office(spoken), spoken, action, (), username=username[:253], error=error,
            other_language_url=answers.other_language_url(url_for("kuota.show"), spoken),
            forgot_url=url_for("password.forgot", **answers.chosen_language()),
            title=gettext("See your quota"), lead=gettext("Use your employee account. This works from anywhere."),
        )  # fmt: skip
