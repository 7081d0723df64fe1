"""The hotspot's log-in: a browser comes from a gateway, proves who sits at it, and goes back with a one-time token.

No cookie, no script: what must be remembered stands signed in the form (web.portal.state).
"""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext

from netquota.domain.people import Subscriber
from netquota.domain.periods import PeriodKind
from netquota.services.devices import make_room, remember_days
from netquota.storage import gateway_store
from web.auth.csrf import carries_own_proof
from web.auth.person import remote_address
from web.context import Context, here
from web.portal import (
    answers,
    arrival,
    chilli,
    deciding,
    devices,
    mikrotik,
    people,
    refusing,
    state,
    targets,
    terms,
    visits,
    vouchers,
)
from web.portal.pages import ErrorPage, ForwardPage, LoginPage, NoticePage, typed_password
from web.portal.state import Expired, Start

blueprint = Blueprint("portal", __name__)
_ENDING_S = 3


@blueprint.route("/portal/login", methods=["GET", "POST"])
@carries_own_proof
def login() -> ResponseReturnValue:
    """The form; a gateway may bring its fields by link or by a form that sends itself."""
    context = here()
    text = request.values.get(state.FIELD)
    try:
        if text is None:
            return _arrived(context)
        start = _opened(context, text)
    except Expired as error:
        return _expired(error.start)
    if request.method == "GET":
        return answers.answer(login_page(context, start, answers.language()))
    return _tried(context, start)


@blueprint.get("/portal/on")
def go_on() -> ResponseReturnValue:
    """Go on with a log-in whose password was right, such as after another device was ended."""
    context = here()
    try:
        start = _opened(context, request.args.get(state.FIELD, ""))
        person = context.policy.snapshot.subscriber_by_id.get(start.employee_id)
    except Expired as error:
        return _expired(error.start)
    if person is None:
        return answers.answer(login_page(context, start, answers.language()))
    return _let_through(context, start, person)


@blueprint.post("/portal/end")
@carries_own_proof
def end_device() -> ResponseReturnValue:
    """End one of one's own devices, to log in here in its place."""
    context = here()
    text = request.form.get(state.FIELD, "")
    try:
        start = _opened(context, text)
    except Expired as error:
        return _expired(error.start)
    person = context.policy.snapshot.subscriber_by_id.get(start.employee_id)
    if person is None:
        return answers.answer(login_page(context, start, answers.language()))
    devices.end(context, person, request.form.get("session", ""))
    spoken = answers.language(person.language)
    with force_locale(spoken):
        page = NoticePage(
            answers.our_office(spoken), spoken, gettext("The session is being ended"),
            gettext("It takes a few seconds until the gateway has done so; then this device is logged in."),
            url_for("portal.go_on", s=text, **answers.chosen_language()), gettext("Go on"), after_s=_ENDING_S,
        )  # fmt: skip
    return answers.answer(page)


@blueprint.post("/portal/terms")
@carries_own_proof
def accept_terms() -> ResponseReturnValue:
    """Accept the terms of use that were shown, and go on with the log-in."""
    context = here()
    try:
        start = _opened(context, request.form.get(state.FIELD, ""))
    except Expired as error:
        return _expired(error.start)
    person = context.policy.snapshot.subscriber_by_id.get(start.employee_id)
    if person is None:
        return answers.answer(login_page(context, start, answers.language()))
    terms.accepted(context, person, start, request.form.get(terms.FIELD, ""))
    return _let_through(context, start, person)


def login_page(
    context: Context, start: Start, spoken: str, username: str = "", error: str = "", code: str = ""
) -> LoginPage:  # fmt: skip
    """The form with what a person at this place usually gets."""
    sealed = state.sealed(context.keyring, start)
    site = deciding.place(context, start).site
    plan = None if site is None else site.host.default_plan
    months = () if plan is None else [q.octets for q in plan.quotas if q.period.kind is PeriodKind.MONTH]
    path, action = url_for("portal.login"), url_for("portal.login", **answers.chosen_language())
    return LoginPage(
        answers.our_office(spoken), spoken, action, ((state.FIELD, sealed),),
        username=username[:253],
        error=error,
        other_language_url=answers.other_language_url(path, spoken, **{state.FIELD: sealed}),
        usual_rate_bps=None if plan is None else plan.rate.down_bps,
        usual_quota_octets=max(months, default=None),
        forgot_url=url_for("password.forgot", **{state.FIELD: sealed}, **answers.chosen_language()),
        may_remember=_may_remember(context, start),
        remember="username" not in request.form or "remember" in request.form,
        takes_vouchers=any(plan.for_guests for plan in context.policy.snapshot.plans.values()),
        voucher=code or start.voucher,
        is_voucher_wrong=bool(code and error),
    )  # fmt: skip


def _may_remember(context: Context, start: Start) -> bool:
    """Whether anybody's device could log in again by itself at this gateway: whose plan it is, is not known yet."""
    plans = context.policy.snapshot.plans.values()
    return bool(start.login_url and start.mac) and any(plan.remember_days for plan in plans)


def _arrived(context: Context) -> ResponseReturnValue:
    fields = request.values
    if arrival.is_connected(fields):
        return redirect(url_for("kuota.show"))
    with context.database.read() as connection:
        gateways = gateway_store.gateways(connection)
    public_url = context.settings.web.public_url
    raw = request.query_string.decode("latin-1")  # as the gateway signed it, not as it would be quoted anew
    addresses = tuple(f"{base.rstrip('/')}{request.path}?{raw}" for base in (request.host_url, public_url) if base)
    around = arrival.Surroundings(
        context.policy.snapshot, context.settings, gateways, public_url, addresses, remote_address(), context.now_s
    )
    start = arrival.start_of(fields, around)
    spoken = answers.language()
    with force_locale(spoken):
        problem = arrival.gateway_says(fields)
    return answers.answer(login_page(context, start, spoken, fields.get("username", ""), problem))


def _tried(context: Context, start: Start) -> ResponseReturnValue:
    typed = request.form.get("username", "")
    spoken = answers.language()
    code = vouchers.typed()
    with force_locale(spoken):
        if code:
            found = vouchers.admitted(context.policy.snapshot, code)
        else:
            found = people.admitted(context, start, typed, typed_password(request.form))
    if isinstance(found, people.Turned):
        return answers.answer(login_page(context, start, spoken, typed, found.problem, code))
    person = found.subscriber
    start = replace(start, remember="remember" in request.form)
    return _let_through(context, start.proven(person.id, remote_address(), context.now_s), person)


def _let_through(context: Context, start: Start, person: Subscriber) -> ResponseReturnValue:
    """Decide as RADIUS will; then a token and the way to the gateway, or the page that says why not."""
    spoken = answers.language(person.language)
    decision = deciding.decide_login(context, start, person)
    if not decision.accepted:
        with context.database.write() as connection:
            people.note_refusal(connection, start, person, person.username, decision, context.now_s)
        sealed = state.sealed(context.keyring, start)
        page = refusing.denied_page(
            context, person, decision, spoken, again=_begin_again(context, start),
            end_url=url_for("portal.end_device", **answers.chosen_language()), hidden=((state.FIELD, sealed),),
        )  # fmt: skip
        return answers.answer(page)
    if not start.login_url:
        return redirect(visits.begun(context, person.id), 303)
    if (edition := terms.unread(context, person)) is not None:
        page = terms.terms_page(context, edition, start, spoken, _begin_again(context, start))
        return answers.answer(page)
    return answers.answer(ForwardPage(answers.our_office(spoken), spoken, _to_gateway(context, start, person)))


def _to_gateway(context: Context, start: Start, person: Subscriber) -> str:
    """The navigation that logs in with a fresh token; the gateway then leads to the wanted page, or to the quota."""
    days = remember_days(person, start.remember)
    with context.database.write() as connection:
        if days:
            make_room(connection, person, start.mac, context.now_s)
        token = context.tokens.issue(connection, person.id, start.mac, start.nas_id, context.now_s, days)
    if start.family == "chilli":
        nas_id = start.nas_id
        secret = None if nas_id is None else context.policy.snapshot.uam_secret(nas_id)
        response = chilli.chap_response(chilli.challenge_octets(start.challenge), secret, token)
        dst = _afterwards(context, start, person, chilli.logout_url(start.login_url))
        return chilli.login_url(start.login_url, person.username, response, dst)
    dst = _afterwards(context, start, person, mikrotik.logout_url(start.login_url))
    return mikrotik.login_url(start.login_url, person.username, token, dst, start.chap_id, start.challenge)


def _afterwards(context: Context, start: Start, person: Subscriber, logout_url: str) -> str:
    if start.dst and not targets.is_probe(start.dst):
        return start.dst
    base = (context.settings.web.public_url or request.host_url).rstrip("/")
    return base + visits.handed_over(context, person.id, start.mac, logout_url)


def _begin_again(context: Context, start: Start) -> str:
    fresh = Start() if not start.login_url else start
    fresh = fresh.proven(0, start.source, context.now_s)
    return url_for("portal.login", s=state.sealed(context.keyring, fresh))


def _opened(context: Context, text: str) -> Start:
    lifetime_s = context.settings.portal.form_lifetime_s
    return state.opened(context.keyring, text, remote_address(), context.now_s, lifetime_s)


def _expired(start: Start) -> Response:
    """The way back leads through the gateway, which makes a fresh challenge."""
    spoken = answers.language()
    with force_locale(spoken):
        page = ErrorPage(
            answers.our_office(spoken), spoken, gettext("This page was open for too long"),
            gettext("For safety a log-in must be finished within an hour."),
            gettext("Open the log-in page again."),
            action_url=targets.beside(start.login_url, "login") if start.login_url else url_for("portal.login"),
            action_text=gettext("Open the log-in page"),
        )  # fmt: skip
    return answers.answer(page, 410)
