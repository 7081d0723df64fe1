"""Orders to gateways as a part of other pages: what was asked, when, how the gateway answered; it renews itself."""

from __future__ import annotations

from dataclasses import replace

from flask import abort, render_template, request

from netquota.services import sight
from netquota.storage import report_store
from netquota.storage.order_store import OrderState
from netquota.storage.report_store import OrderFilter, OrderLine
from web.admin import words
from web.admin.door import argument, blueprint, may
from web.components import Mood
from web.context import here
from web.preferences import link_with

_OPEN = (OrderState.PENDING, OrderState.SENT)
Told = tuple[OrderLine, Mood, str]


@blueprint.get("/orders")
def orders() -> str:
    """The orders of one session, employee or gateway."""
    asked = request.args.get("session", "")
    employee, nas = argument("employee"), argument("nas")
    snapshot = here().policy.snapshot
    if employee:
        person = sight.person(snapshot, here().scope, employee)
        found = listed(OrderFilter(employee_id=person.id, most=10))
    elif nas and may("admin.gateway"):
        nas_id = next((each.id for each in snapshot.nas_by_id.values() if each.name == nas), -1)
        found = listed(OrderFilter(nas_id=nas_id))
    elif asked.isdecimal():
        found = listed(OrderFilter(session_id=int(asked), most=10))
    else:
        abort(404)
    return render_template("admin/orders_live.html", orders=found, orders_url=link_with(), poll_s=poll_s(found))


def listed(wanted: OrderFilter) -> list[Told]:
    """Orders with their ends in words, newest first."""
    with here().database.read() as connection:
        lines = report_store.order_lines(connection, replace(wanted, scope=here().scope))
    return [(line, *words.order_line(line)) for line in lines]


def poll_s(found: list[Told]) -> int:
    """How soon to look again: at once while an answer is awaited."""
    return 2 if any(order.state in _OPEN for order, _mood, _text in found) else 15
