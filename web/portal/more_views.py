"""Asking for more: how much, until when, what it is for. Written down for the ICT office, which answers there."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _

from netquota.domain.people import Subscriber
from netquota.domain.requests import OPEN, RequestState, Wanted
from netquota.domain.units import Rate
from netquota.errors import InvalidValue
from netquota.services.office import Author
from netquota.services.requests import Filing, file_request
from netquota.storage import request_store
from netquota.storage.request_store import Request
from web import formatting, moments
from web.auth.csrf import carries_own_proof
from web.context import Context, here
from web.portal import answers, state, visits
from web.portal.pages import AskedView, MorePage, NoticePage
from web.portal.state import Visit

blueprint = Blueprint("more", __name__, url_prefix="/kuota/more")
GIGABYTES: Final = (1, 2, 5, 10)
_GB: Final = 10**9
_SPEED: Final = "speed"
_MOST_SHOWN: Final = 5
_LONGEST_REASON: Final = 500
_STATES: Final = {
    RequestState.NEW: _("waits for an answer"), RequestState.ASSESSED: _("is being weighed"),
    RequestState.WAITS_FOR_HEAD: _("waits for the head of the office"), RequestState.APPROVED: _("approved"),
    RequestState.REFUSED: _("refused"), RequestState.BUDGET: _("in the budget plan"),
    RequestState.WITHDRAWN: _("withdrawn"),
}  # fmt: skip


@blueprint.get("")
def ask() -> ResponseReturnValue:
    """The form, and what was asked for before."""
    context = here()
    found = visits.employee_visitor(context)
    return redirect(url_for("kuota.show")) if found is None else _page(context, *found)


@blueprint.post("")
@carries_own_proof
def file() -> ResponseReturnValue:
    """Write the request down; one at a time."""
    context = here()
    found = visits.employee_visitor(context)
    if found is None:
        return redirect(url_for("kuota.show"), 303)
    visit, person = found
    spoken = answers.language(person.language)
    with force_locale(spoken):
        problem = _filed(context, person)
        if problem:
            return _page(context, visit, person, problem)
        page = NoticePage(
            answers.our_office(spoken), spoken, gettext("Your request is written down"),
            gettext("The city's ICT office answers it; you see the answer on this page."),
            visits.address(context, visit), gettext("Back to your quota"),
        )  # fmt: skip
    return answers.answer(page)


def _filed(context: Context, person: Subscriber) -> str:
    """File what the form says; why not, where it was not."""
    reason = " ".join(request.form.get("reason", "").split())[:_LONGEST_REASON]
    wanted = _wanted(person)
    if wanted is None:
        return gettext("Choose how much more you need.")
    if not reason:
        return gettext("Say what it is for; that decides.")
    if any(one.state in OPEN for one in _asked(context, person)):
        return gettext("You have a request that waits for its answer.")
    filing = Filing(person.opd.code, wanted, reason, employee=person.username)
    try:
        file_request(context.whole_office, filing, Author(f"employee:{person.username}", reason))
    except InvalidValue as error:
        if error.field == "until":
            return gettext("Give a day to come, or leave it empty.")
        return gettext("Choose how much more you need.")
    return ""


def _wanted(person: Subscriber) -> Wanted | None:
    choice, day = request.form.get("what", ""), request.form.get("until", "")
    try:
        until = date.fromisoformat(day) if day else None
    except ValueError:
        until = date.min
    if choice == _SPEED and (rate := _double(person)) is not None:
        return Wanted(rate=rate, until=until)
    if choice in {str(size) for size in GIGABYTES} and person.quotas:
        return Wanted(octets=int(choice) * _GB, until=until)
    return None


def _double(person: Subscriber) -> Rate | None:
    plan = person.plan
    return None if plan is None else Rate(2 * plan.rate.down_bps, 2 * plan.rate.up_bps)


def _asked(context: Context, person: Subscriber) -> list[Request]:
    with context.database.read() as connection:
        return request_store.requests(connection, employee_id=person.id, most=_MOST_SHOWN)


def _page(context: Context, visit: Visit, person: Subscriber, error: str = "") -> ResponseReturnValue:
    spoken = answers.language(person.language)
    sealed = state.sealed_visit(context.keyring, visit)
    asked = _asked(context, person)
    with force_locale(spoken):
        page = MorePage(
            answers.our_office(spoken), spoken, _choices(person, spoken),
            url_for("more.file", **answers.chosen_language()), ((state.FIELD, sealed),),
            tuple(_view(context, one, spoken) for one in asked),
            may_ask=not any(one.state in OPEN for one in asked), error=error,
            chosen=request.form.get("what", ""), reason=request.form.get("reason", "")[:_LONGEST_REASON],
            until=request.form.get("until", "")[:10], back_url=visits.address(context, visit),
            other_language_url=answers.other_language_url(url_for("more.ask"), spoken, s=sealed),
        )  # fmt: skip
    return answers.answer(page, 400 if error else 200)


def _choices(person: Subscriber, spoken: str) -> tuple[tuple[str, str], ...]:
    found = [(str(size), formatting.volume_limit(size * _GB, spoken)) for size in GIGABYTES] if person.quotas else []
    rate = _double(person)
    if rate is not None:
        pair = formatting.rate_pair(rate.down_bps, rate.up_bps, spoken)
        found.append((_SPEED, gettext("Double speed, %(pair)s Mbit/s", pair=pair)))
    return tuple(found)


def _view(context: Context, one: Request, spoken: str) -> AskedView:
    if one.wanted_octets is not None:
        what = formatting.volume_limit(one.wanted_octets, spoken)
    else:
        rate = one.wanted
        what = "" if rate is None else formatting.rate_pair(rate.down_bps, rate.up_bps, spoken) + " Mbit/s"
    day = moments.day_month(datetime.fromtimestamp(one.created_s, UTC), context.zone, spoken)
    return AskedView(one.number, what, str(_STATES[one.state]), day, one.decision)
