"""Refused log-ins: when, who, where, why in words; grouped by cause."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext

from netquota.domain.policy import Code
from netquota.storage import report_store
from netquota.storage.report_store import Denial, DenialFilter
from web.admin import words
from web.admin.door import PAGE_ROWS, argument, blueprint, page_number, pager, scope_opd_id
from web.context import here

_SPANS = {"hour": 3600, "day": 86400, "week": 7 * 86400, "month": 30 * 86400}


@blueprint.get("/denials")
def denials() -> str:
    """The log, newest first; `?span=`, `?code=`, `?nas=`, `?q=`."""
    context = here()
    span = argument("span") if argument("span") in _SPANS else "day"
    nas = argument("nas")
    clients = {each.name: each.id for each in context.policy.snapshot.nas_by_id.values()}
    wanted = DenialFilter(
        context.now_s - _SPANS[span], code=argument("code") or None, nas_id=clients.get(nas, -1) if nas else None,
        opd_id=scope_opd_id(), search=argument("q"), page=page_number(), size=PAGE_ROWS,
    )  # fmt: skip
    with context.database.read() as connection:
        found, total = report_store.denials(connection, wanted)
        causes = report_store.denial_causes(connection, wanted)
    return render_template(
        "admin/denials.html", found=[(each, *told(each)) for each in found],
        causes=[(code, cause(code), number) for code, number in causes], pages=pager(total, wanted.page),
        asked={name: argument(name) for name in ("q", "code", "nas")} | {"span": span}, clients=sorted(clients),
        scoped=scope_opd_id() is not None,
        spans=[("hour", gettext("1 hour")), ("day", gettext("24 hours")), ("week", gettext("7 days")),
               ("month", gettext("30 days"))],
    )  # fmt: skip


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
        Code.DEVICES_FULL: gettext("too many devices"), Code.OUTSIDE_HOURS: gettext("outside hours"),
        Code.QUOTA_SPENT: gettext("quota spent"), Code.TRY_LATER: gettext("try again later"),
    }  # fmt: skip
    return next((text for known, text in names.items() if known == code), code)
