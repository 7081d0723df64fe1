""" "My quota": the page that says what is used and left, how fast it goes and why, from the same facts as a log-in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from netquota.domain.people import AccountKind, Subscriber
from netquota.domain.periods import PeriodKind
from netquota.domain.policy import Code, Decision, Reason, Rule
from netquota.domain.quota import Action, QuotaState
from netquota.services.explain import Explanation, explain
from netquota.services.standing import QuotaStanding, quotas_of_people
from netquota.services.usage import PERSON, days
from netquota.services.words import moment, told
from netquota.storage.ledger_store import page_on
from netquota.storage.session_row import SessionRow
from web import formatting, moments
from web.components import ChainStep, Outcome
from web.context import Context
from web.portal import answers, devices, proving
from web.portal.deciding import open_sessions
from web.portal.pages import DayView, Hidden, QuotaView, StatusPage

_DAYS = 30
_RULES: dict[Rule, LazyString] = {
    Rule.PLAN: _("Plan"),
    Rule.SCHEDULE: _("Schedule"),
    Rule.OVERRIDE: _("Personal limit"),
    Rule.ROTATION: _("Turn"),
    Rule.EVENT: _("Extra or cut"),
    Rule.CEILING: _("Office's ceiling"),
    Rule.QUOTA: _("Quota"),
    Rule.FLOOR: _("Least speed"),
    Rule.PAUSE: _("Enforcement"),
}
_PERIODS: dict[PeriodKind, LazyString] = {
    PeriodKind.DAY: _("Today's quota"),
    PeriodKind.WEEK: _("This week's quota"),
    PeriodKind.QUARTER: _("This quarter's quota"),
    PeriodKind.YEAR: _("This year's quota"),
    PeriodKind.EVERY: _("Quota of this period"),
}


def this_device(rows: Sequence[SessionRow], mac: str, address: str) -> SessionRow | None:
    """The session of the device that asks: by its hardware address from the portal, else by its network address."""
    by_mac = next((row for row in rows if mac and row.mac == mac), None)
    return by_mac or next((row for row in rows if row.framed_ip and row.framed_ip == address), None)


def status_page(
    context: Context, person: Subscriber, spoken: str, this: SessionRow | None, hidden: Hidden, urls: dict[str, str]
) -> StatusPage:
    """The page; `urls` has `end`, `device`, `more`, `password`, `logout` and `language`."""
    now_s = context.now_s
    with context.database.read() as connection:
        explained = explain(connection, context.policy, context.gateways, person, now_s)
        stands = quotas_of_people(page_on(connection), context.policy, [person], now_s)[person.id]
    decision = _decision(explained, this)
    with force_locale(spoken):
        return StatusPage(
            answers.our_office(spoken), spoken, person.name, person.opd.name,
            _quotas(context, person, stands, spoken),
            decision.rate.down_bps if decision.accepted else None,
            decision.rate.up_bps if decision.accepted else None,
            _told(context, person, decision, spoken, this),
            hidden,
            connected_since=None if this is None else datetime.fromtimestamp(this.started_s, UTC),
            slowed=decision.cause is Code.QUOTA_THROTTLED,
            chain=_chain(context, decision, spoken),
            days=_days(context, person),
            devices=devices.views(
                context, person, open_sessions(context, person), devices.Links(urls["end"], urls["device"]), this
            ),
            devices_allowed=None if person.plan is None else person.plan.simultaneous,
            request_url=urls["more"] if person.kind is AccountKind.PERSON else None,
            password_url=urls["password"]
            if person.kind is AccountKind.PERSON and not proving.keeps_no_password(context, person) else None,
            logout_url=urls["logout"],
            self_service=_short_name(context),
            self_service_url=_self_service(context),
            other_language_url=urls["language"],
        )  # fmt: skip


def _told(context: Context, person: Subscriber, decision: Decision, spoken: str, this: SessionRow | None) -> str:
    """Why it is as fast as it is; and of a guest's voucher, until when it is good; this may be its first use."""
    found = told(decision, spoken, context.zone)
    ends_s = person.good_until_s(context.now_s if this is None else this.started_s)
    if person.kind is not AccountKind.GUEST or ends_s is None or not decision.accepted:
        return found
    until = gettext("Good until %(time)s.", time=moment(ends_s, spoken, context.zone))
    return f"{found} {until}".strip()


def _decision(explained: Explanation, this: SessionRow | None) -> Decision:
    """What holds for the device that asks; else for the one that was heard last, or for a log-in."""
    mine = (one.decision for one in explained.sessions if this is not None and one.session.id == this.id)
    return next(mine, None) or explained.decision


def _quotas(
    context: Context, person: Subscriber, stands: Sequence[QuotaStanding], spoken: str
) -> tuple[QuotaView, ...]:
    """Each quota as a bar; one that slows and one that stops over the same period are one bar with a mark."""
    left = list(stands)
    found: list[QuotaView] = []
    for each in stands:
        if each not in left:
            continue
        left.remove(each)
        view = _quota(context, person, each, spoken)
        twin = next((other for other in left if _slows_before(each, other) or _slows_before(other, each)), None)
        if twin is not None:
            left.remove(twin)
            soft, hard = (each, twin) if each.entitled < twin.entitled else (twin, each)
            view = replace(_quota(context, person, hard, spoken), slowed_from_octets=soft.entitled)
        found.append(view)
    return tuple(found)


def _slows_before(soft: QuotaStanding, hard: QuotaStanding) -> bool:
    same = (soft.quota.subject, soft.quota.direction, soft.quota.period) == (
        hard.quota.subject, hard.quota.direction, hard.quota.period,
    )  # fmt: skip
    slows = soft.quota.action is Action.THROTTLE and hard.quota.action is Action.DISCONNECT
    return same and slows and soft.entitled < hard.entitled


def _quota(context: Context, person: Subscriber, each: QuotaStanding, spoken: str) -> QuotaView:
    ends_s = each.figure.period_end_s
    return QuotaView(
        _quota_name(context, person, each, spoken), each.used, each.entitled,
        refills_at=datetime.fromtimestamp(ends_s, UTC), refills_in_s=max(0, ends_s - context.now_s),
        note=_note(each, spoken), alert=_alert(each, spoken),
    )  # fmt: skip


def _quota_name(context: Context, person: Subscriber, each: QuotaStanding, spoken: str) -> str:
    if each.quota in person.opd.pools:
        return gettext("Shared quota of %(opd)s", opd=person.opd.name)
    if each.quota.period.kind is PeriodKind.MONTH:
        begins = datetime.fromtimestamp(each.figure.period_start_s, UTC)
        return gettext("Quota of %(month)s", month=moments.month_name(begins, context.zone, spoken))
    return str(_PERIODS[each.quota.period.kind])


def _note(each: QuotaStanding, spoken: str) -> str:
    """What happens once it is spent."""
    throttle = each.quota.throttle
    match each.quota.action:
        case Action.THROTTLE if throttle is not None:
            rate = formatting.rate(throttle.down_bps, spoken)
            return gettext("Once it is spent, the speed is %(rate)s.", rate=rate)
        case Action.DISCONNECT:
            return gettext("Once it is spent, the internet stops until the refill.")
        case _:
            return ""


def _alert(each: QuotaStanding, spoken: str) -> str:
    """That the first line of the quota, or all of it, is used: as it was told by mail, where that is set up."""
    if each.state is QuotaState.SPENT:
        return gettext("This quota is spent.")
    if each.state is QuotaState.WARNED:
        return gettext("%(share)s of this quota is used.", share=formatting.percent(each.share, spoken))
    return ""


def _days(context: Context, person: Subscriber) -> tuple[DayView, ...]:
    today = context.now.astimezone(context.zone).date()
    first = today - timedelta(days=_DAYS - 1)
    with context.database.read() as connection:
        found = days(connection, PERSON, [person.id], first, today, context.zone)
    return tuple(DayView(day.day, day.total) for day in found)


def _chain(context: Context, decision: Decision, spoken: str) -> tuple[ChainStep, ...]:
    """The rules that set or could have set the speed, as they were asked; one alone is told above."""
    steps = [reason for reason in decision.reasons if reason.rate is not None and reason.rule in _RULES]
    return tuple(_step(context, reason, decision, spoken) for reason in steps) if len(steps) > 1 else ()


def _step(context: Context, reason: Reason, decision: Decision, spoken: str) -> ChainStep:
    rate = reason.rate
    value = "" if rate is None else formatting.rate_pair(rate.down_bps, rate.up_bps, spoken)
    until = (
        "" if reason.until_s is None else gettext("until %(time)s", time=moment(reason.until_s, spoken, context.zone))
    )
    source = " · ".join(part for part in (reason.source.rpartition(":")[2], reason.note, until) if part)
    if reason.code is Code.CEILING_ABOVE:
        outcome = Outcome.KEPT
    elif not reason.in_force:
        outcome = Outcome.OVERRULED
    else:
        outcome = Outcome.WINS if reason.code is decision.cause else Outcome.KEPT
    return ChainStep(str(_RULES[reason.rule]), value, source, outcome)


def _self_service(context: Context) -> str:
    base = context.settings.web.public_url
    return f"{base}/kuota" if base else ""


def _short_name(context: Context) -> str:
    base = context.settings.web.public_url
    return f"{urlsplit(base).netloc}/kuota" if base else ""
