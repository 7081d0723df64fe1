"""A refusal as a page: what happened, whose limit, until when, what to do, in the order of the look's voice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from netquota.domain.people import AccountKind, Subscriber
from netquota.domain.policy import Code, Decision, Reason
from netquota.services.words import moment, sentence
from web.context import Context
from web.portal import answers, devices, state, visits
from web.portal.deciding import open_sessions
from web.portal.pages import DeniedPage, Hidden


@dataclass(frozen=True, slots=True)
class Told:
    """The fixed words of one kind of refusal; `label` names the moment at which it ends, empty where none is known.

    `what` is told in place of the reason's own sentence, which speaks of an account; its `time` is the reason's moment.
    """

    title: LazyString
    whose: LazyString
    remedy: LazyString
    label: LazyString | str = ""
    what: LazyString | str = ""


_OPERATOR = _("Ask your office's operator.")
_TOLD: dict[Code, Told] = {
    Code.SUSPENDED: Told(_("Your account is suspended"), _("your office's operator suspended it"), _OPERATOR),
    Code.LEFT: Told(_("Your account is closed"), _("the list of employees"), _OPERATOR),
    Code.NOT_YET_VALID: Told(
        _("Your account is not valid yet"), _("the account's own dates"), _("Log in again then."), _("Valid from")
    ),
    Code.EXPIRED: Told(_("Your account has expired"), _("the account's own dates"), _OPERATOR),
    Code.OPD_SUSPENDED: Told(
        _("Service for your office is suspended"), _("the city's ICT office"), _("Ask the city's ICT office.")
    ),
    Code.NO_PLAN: Told(_("Your account has no plan yet"), _("your office's plan"), _OPERATOR),
    Code.DEVICES_FULL: Told(
        _("All of your devices are in use"), _("your plan's number of devices"), _("End one of them to log in here.")
    ),
    Code.OUTSIDE_HOURS: Told(
        _("The hotspot is closed now"), _("the hours of your plan"), _("Log in again then."), _("Opens")
    ),
    Code.QUOTA_SPENT: Told(
        _("Your quota is spent"), _("the quota of your account"),
        _("Wait for the refill, or ask for more."), _("Refills"),
    ),
    Code.QUOTA_HELD: Told(
        _("Your other devices hold what is left"), _("the quota of your account"),
        _("Log out on another device, or try again later."), _("Refills"),
    ),
    Code.CEILING_FULL: Told(
        _("Your office's internet is fully used"), _("your office's shared limit"), _("Try again in a moment.")
    ),
}  # fmt: skip
_ASK_SPONSOR = _("Ask whoever gave it to you for another one.")
_OF_GUESTS: dict[Code, Told] = {
    Code.EXPIRED: Told(
        _("Your voucher has ended"), _("the voucher's own time"), _ASK_SPONSOR, what=_("It was good until %(time)s.")
    ),
    Code.SUSPENDED: Told(
        _("Your voucher was revoked"),
        _("the office that gave it to you"),
        _ASK_SPONSOR,
        what=_("Its code opens nothing any more."),
    ),
}
_ELSE = Told(_("You cannot log in now"), _("the hotspot service"), _("Try again in a moment, or ask for help."))


def denied_page(
    context: Context, person: Subscriber, decision: Decision, spoken: str, *, again: str, end_url: str, hidden: Hidden
) -> DeniedPage:
    """The page; `again` is where another account may log in, `end_url` ends a device that is in the way."""
    refusal = decision.refusal or Reason(decision.reasons[-1].rule, Code.TRY_LATER)
    told = _TOLD.get(refusal.code, _ELSE)
    if person.kind is AccountKind.GUEST:
        told = _OF_GUESTS.get(refusal.code, told)
    rows = open_sessions(context, person) if refusal.code is Code.DEVICES_FULL else []
    until_s = refusal.until_s if told.label else None
    with force_locale(spoken):
        return DeniedPage(
            answers.our_office(spoken), spoken, str(told.title),
            _what(refusal, told, spoken, context.zone),
            _whose(person, refusal, told),
            str(told.remedy),
            hidden=hidden,
            ends_label=str(told.label),
            ends_at=None if until_s is None else datetime.fromtimestamp(until_s, UTC),
            ends_in_s=None if until_s is None else max(0, until_s - context.now_s),
            who_helps=gettext("Operator of %(opd)s", opd=person.opd.name),
            devices=devices.views(context, person, rows, devices.Links(end_url)),
            action_url=_ask_url(context, person)
            if refusal.code is Code.QUOTA_SPENT and person.kind is AccountKind.PERSON else None,
            action_text=gettext("Ask for more"),
            back_url=again,
        )  # fmt: skip


def _ask_url(context: Context, person: Subscriber) -> str:
    """Where somebody who is let in nowhere asks for more: his password was right, so a visit begins."""
    visit = visits.begun_visit(context, person.id)
    return url_for("more.ask", s=state.sealed_visit(context.keyring, visit), **answers.chosen_language())


def _what(refusal: Reason, told: Told, spoken: str, zone: ZoneInfo) -> str:
    if not told.what:
        return sentence(refusal, spoken, zone)
    return str(told.what) % {"time": "" if refusal.until_s is None else moment(refusal.until_s, spoken, zone)}


def _whose(person: Subscriber, refusal: Reason, told: Told) -> str:
    pool = any(quota.key == refusal.source for quota in person.opd.pools)
    return gettext("the shared quota of %(opd)s", opd=person.opd.name) if pool else str(told.whose)
