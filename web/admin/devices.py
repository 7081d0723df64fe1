"""Devices without a browser, known by their hardware address: those with an account, and those that ask without one."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext

from netquota.domain.people import Status
from netquota.errors import InvalidValue
from netquota.services import allocate, device_desk
from netquota.services.allocate import Wanted
from netquota.storage import mac_report
from web.admin import labels
from web.admin.door import PAGE_ROWS, argument, blueprint, instant, page_number, pager, sorted_column
from web.components import Column, Mood
from web.context import here

_SORTS = frozenset({"name", "mac", "opd", "status", "valid_until"})
_MOST_STRANGERS = 50
_MOODS = {Status.ACTIVE: Mood.PLAIN, Status.SUSPENDED: Mood.PAUSED, Status.LEFT: Mood.SILENT}


@blueprint.get("/devices")
def devices() -> str:
    """Both lists; that of the accounts is searched, sorted and paged by the address."""
    context = here()
    sort = argument("sort")
    sort = sort if sort.removeprefix("-") in _SORTS else "name"
    found = _listed(Wanted({}, sort, page_number(), PAGE_ROWS, argument("q")))
    with context.database.read() as connection:
        seen = mac_report.seen(connection, [int(record.row["id"]) for record in found.records])
    strangers = device_desk.strangers(context.office, context.policy.snapshot)
    nases = context.policy.snapshot.nas_by_id
    return render_template(
        "admin/devices.html",
        devices=[(record, seen[int(record.row["id"])]) for record in found.records],
        strangers=[(each, nases[each.nas_id].name if each.nas_id in nases else "")
                   for each in strangers[:_MOST_STRANGERS]],
        unknown=len(strangers), columns=_columns(sort), pages=pager(found.total, found.page),
        asked={"q": argument("q")}, moment=instant, moods=_MOODS, state_words=labels.choice, status_of=Status,
    )  # fmt: skip


def _listed(wanted: Wanted) -> allocate.Page:
    try:
        return allocate.listing(here().office, "device", wanted)
    except InvalidValue:
        return allocate.Page((), 0, 1, wanted.size)


def _columns(sort: str) -> list[Column]:
    return [
        sorted_column(gettext("Device"), "name", sort), sorted_column(gettext("Hardware address"), "mac", sort),
        sorted_column("OPD", "opd", sort), Column(gettext("Plan")),
        sorted_column(gettext("Valid until"), "valid_until", sort), Column(gettext("Seen")),
        sorted_column(gettext("Status"), "status", sort),
    ]  # fmt: skip
