"""Refused log-ins: when, who, where, why in words; grouped by cause."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext

from netquota.domain.policy import Code
from netquota.storage import report_store
from netquota.storage.report_store import Denial, DenialFilter
from web.admin import words
from web.admin.door import PAGE_ROWS, argument, blueprint, page_number, pager
from web.context import here

_SPANS = {"hour": 3600, "day": 86400, "week": 7 * 86400, "month": 30 * 86400}


@blueprint.get("/denials")
def denials() -> str:
    """The log, newest first; `?span=`, `?code=`, `?nas=`, `?q=`."""
    context, asked = here(), wanted()
    clients = {each.name: each.id for each in context.policy.snapshot.nas_by_id.values()}
    with context.database.read() as connection:
        found, total = report_store.denials(connection, asked)
        causes = report_store.denial_causes(connection, asked)
    return render_template(
        "admin/denials.html", found=[(each, *told(each)) for each in found],
        causes=[(code, cause(code), number) for code, number in causes], pages=pager(total, asked.page),
        asked={name: argument(name) for name in ("q", "code", "nas")} | {"span": _span()}, clients=sorted(clients),
        scoped=not context.scope.is_all,
        spans=[("hour", gettext("1 hour")), ("day", gettext("24 hours")), ("week", gettext("7 days")),
               ("month", gettext("30 days"))],
    )  # fmt: skip


def wanted() -> DenialFilter:
    """What the address asks for, within the person's scope."""
    context, nas = here(), argument("nas")
    nas_id = next((each.id for each in context.policy.snapshot.nas_by_id.values() if each.name == nas), -1)
    return DenialFilter(
        context.now_s - _SPANS[_span()], code=argument("code") or None, nas_id=nas_id if nas else None,
        search=argument("q"), page=page_number(), size=PAGE_ROWS, scope=context.scope,
    )  # fmt: skip


def _span() -> str:
    return argument("span") if argument("span") in _SPANS else "day"


def told(denial: Denial) -> tuple[str, str]:
    """A heading (or nothing) and what helps; only here it is said whether the name or the password was wrong."""
    match denial.code:
        case Code.UNKNOWN:
            return cause(denial.code), gettext("Nobody has this name. See how it is written, or add the person.")
        case Code.WRONG_PASSWORD:
            return cause(denial.code), gettext("The name is right. Where the password was forgotten, give a new one.")
        case _:
            return "", words.last_reason(denial.reasons) or cause(denial.code)


def cause(code: str) -> str:
    """A reason's code as a heading."""
    names = {
        Code.UNKNOWN: gettext("unknown name"), Code.WRONG_PASSWORD: gettext("wrong password"),
        Code.SUSPENDED: gettext("account suspended"), Code.LEFT: gettext("account closed"),
        Code.NOT_YET_VALID: gettext("not valid yet"), Code.EXPIRED: gettext("account expired"),
        Code.OPD_SUSPENDED: gettext("office suspended"), Code.NO_PLAN: gettext("no plan"),
        Code.NO_CEILING: gettext("no ceiling"), Code.ELSEWHERE: gettext("line of another site"),
        Code.DEVICES_FULL: gettext("too many devices"), Code.OUTSIDE_HOURS: gettext("outside hours"),
        Code.QUOTA_SPENT: gettext("quota spent"), Code.TRY_LATER: gettext("try again later"),
        Code.TOO_MANY_GATEWAYS: gettext("one gateway too many"),
        Code.HELD_OFF: gettext("too many wrong passwords"),
    }  # fmt: skip
    return next((text for known, text in names.items() if known == code), code)
