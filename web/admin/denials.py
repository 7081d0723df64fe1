"""Refused log-ins: when, who, where, why in words; grouped by cause."""

from __future__ import annotations

from flask import render_template
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from netquota.domain.policy import Code
from netquota.storage import report_store
from netquota.storage.report_store import Denial, DenialFilter
from web.admin import words
from web.admin.door import PAGE_ROWS, argument, blueprint, page_number, pager
from web.context import here

_CAUSES: dict[Code, LazyString] = {
    Code.UNKNOWN: _("unknown name"),
    Code.WRONG_PASSWORD: _("wrong password"),
    Code.SUSPENDED: _("account suspended"),
    Code.LEFT: _("account closed"),
    Code.NOT_YET_VALID: _("not valid yet"),
    Code.EXPIRED: _("account expired"),
    Code.OPD_SUSPENDED: _("office suspended"),
    Code.NO_PLAN: _("no plan"),
    Code.NO_CEILING: _("no ceiling"),
    Code.ELSEWHERE: _("line of another site"),
    Code.DEVICES_FULL: _("too many devices"),
    Code.DEVICES_END_IDLE: _("ended for a newer device"),
    Code.OUTSIDE_HOURS: _("outside hours"),
    Code.CEILING_FULL: _("ceiling of the office full"),
    Code.QUOTA_SPENT: _("quota spent"),
    Code.QUOTA_HELD: _("rest of the quota held by other devices"),
    Code.TRY_LATER: _("try again later"),
    Code.TOO_MANY_GATEWAYS: _("one gateway too many"),
    Code.HELD_OFF: _("too many wrong passwords"),
    Code.ENDED_BY_ADMIN: _("ended by an admin"),
    Code.ENDED_BY_OWNER: _("ended by its owner"),
}
_SPANS = {"hour": 3600, "day": 86400, "week": 7 * 86400, "month": 30 * 86400}


@blueprint.get("/denials")
def denials() -> str:
    """The log, newest first; `?span=`, `?code=`, `?nas=`, `?opd=`, `?q=`."""
    context, asked = here(), wanted()
    clients = {each.name: each.id for each in context.policy.snapshot.nas_by_id.values()}
    with context.database.read() as connection:
        found, total = report_store.denials(connection, asked)
        causes = report_store.denial_causes(connection, asked)
    return render_template(
        "admin/denials.html", found=[(each, *told(each)) for each in found],
        causes=[(code, cause(code), number) for code, number in causes], pages=pager(total, asked.page),
        asked={name: argument(name) for name in ("q", "code", "nas", "opd")} | {"span": _span()},
        clients=sorted(clients), scoped=not context.scope.is_all,
        spans=[("hour", gettext("1 hour")), ("day", gettext("24 hours")), ("week", gettext("7 days")),
               ("month", gettext("30 days"))],
    )  # fmt: skip


def wanted() -> DenialFilter:
    """What the address asks for, within the person's scope."""
    context, nas = here(), argument("nas")
    opd = next((each for each in context.policy.snapshot.opds.values() if each.code == argument("opd")), None)
    nas_id = next((each.id for each in context.policy.snapshot.nas_by_id.values() if each.name == nas), -1)
    return DenialFilter(
        context.now_s - _SPANS[_span()], code=argument("code") or None, nas_id=nas_id if nas else None,
        opd_id=None if not argument("opd") else -1 if opd is None else opd.id,
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
    return str(_CAUSES[Code(code)]) if code in _CAUSES else code
