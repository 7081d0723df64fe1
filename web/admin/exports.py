"""Lists as files, as filtered: things in the form in which they can be imported again, sessions, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flask import Response, abort
from flask_babel import gettext

from netquota.errors import InvalidValue
from netquota.services import allocate
from netquota.services.allocate import Record
from netquota.services.catalogue import KINDS, Field, Kind
from netquota.services.fields import Shape
from netquota.services.imports.headings import HEADINGS
from netquota.services.sheet import MOST_ROWS, Cell
from netquota.storage import report_store
from netquota.storage.session_report import OpenSession, open_sessions
from web import moments
from web.admin import denials, labels, sessions, words
from web.admin.door import blueprint, role
from web.admin.exporting import file_of, wishes_of
from web.auth.rights import Role, reading
from web.context import here

_KEPT = frozenset({"admin"})
"""Kinds whose lists are no files."""
_EXACT = 15
"""Digits that a spreadsheet's numbers keep."""


@blueprint.get("/export/<kind>")
def export(kind: str) -> Response:
    """People, offices, applications that the address's filter finds."""
    return _things(kind) if Role.OPD_OPERATOR in reading(kind) else abort(404)


@blueprint.get("/export-city/<kind>")
def export_city(kind: str) -> Response:
    """The city's things: gateways, links, sites, plans, quotas and so on."""
    return _things(kind)


@blueprint.get("/sessions-file")
def sessions_file() -> Response:
    """The running sessions that the filter finds."""
    context = here()
    with context.database.read() as connection:
        page = open_sessions(connection, replace(sessions.wanted(), page=1, size=MOST_ROWS), context.now_s)
    columns = (
        gettext("Employee"), gettext("User name"), "NIP", "OPD", gettext("Site"), gettext("Gateway"), "IP", "MAC",
        gettext("Since"), gettext("Download, Mbit/s"), gettext("Upload, Mbit/s"), gettext("Limit down, Mbit/s"),
        gettext("Limit up, Mbit/s"), gettext("Downloaded, octets"), gettext("Uploaded, octets"), gettext("State"),
    )  # fmt: skip
    return file_of("sessions", gettext("Live sessions"), columns, [_session(each) for each in page.sessions])


@blueprint.get("/denials-file")
def denials_file() -> Response:
    """The refusals that the filter finds."""
    wanted = replace(denials.wanted(), page=1, size=MOST_ROWS)
    with here().database.read() as connection:
        found, _ = report_store.denials(connection, wanted)
    columns = (gettext("Time"), gettext("User name"), gettext("Employee"), gettext("Gateway"), "MAC", gettext("Why"))
    rows = [
        (_iso(each.at_s), each.username, each.name or "", each.gateway or each.nas or "", each.mac,
         words.last_reason(each.reasons))
        for each in found
    ]  # fmt: skip
    return file_of("denials", gettext("Denials"), columns, rows)


def _things(name: str) -> Response:
    """A kind's list, for those alone who may read it as a list."""
    if name not in KINDS or name in _KEPT:
        abort(404)
    if role() not in reading(name):
        abort(403)
    of = KINDS[name]
    shown = [each for each in of.fields if not each.format.is_secret]
    known = HEADINGS.get(name, {})
    columns = [known.get(each.name, (each.name,))[0] for each in shown]
    rows = [[_cell(each, record.values.get(each.name, "")) for each in shown] for record in _records(of)]
    return file_of(name, labels.kind(name), columns, rows)


def _records(of: Kind) -> Iterator[Record]:
    """All that the filter finds, in the order of the list."""
    wanted, number, size = wishes_of(of), 1, allocate.LARGEST_PAGE
    while (number - 1) * size < MOST_ROWS:
        try:
            page = allocate.listing(here().office, of.name, replace(wanted, page=number, size=size))
        except InvalidValue:  # a filter that names nothing finds nothing
            return
        yield from page.records
        if number * size >= page.total:
            return
        number += 1


def _cell(of: Field, text: str) -> Cell:
    """A number where the field is one: digits of a code or number plate keep their leading zeros."""
    is_number = of.format.shape is Shape.NUMBER and text.isascii() and text.isdecimal() and len(text) < _EXACT
    return int(text) if is_number else text


def _session(each: OpenSession) -> tuple[Cell, ...]:
    return (
        each.name or each.username, each.username, each.nip or "", each.opd or "", each.site or "", each.gateway,
        each.framed_ip, each.mac, _iso(each.started_s), _mega(each.now_down_bps), _mega(each.now_up_bps),
        _mega(each.applied_down_bps), _mega(each.applied_up_bps), each.counted_output, each.counted_input,
        words.session_state(each, here().now_ms)[1],
    )  # fmt: skip


def _mega(bps: int | None) -> float | None:
    return None if bps is None else bps / 1_000_000


def _iso(at_s: int) -> str:
    return moments.local_iso(at_s, here().zone)
