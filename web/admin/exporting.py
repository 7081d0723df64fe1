"""A list as a file: `?format=csv` or `xlsx`, with the filter that the page has; named by us, never kept by a cache."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from flask import Response, request
from flask_babel import gettext

from netquota.services import standing
from netquota.services.allocate import Wanted
from netquota.services.kinds import Kind
from netquota.services.sheet import Cell, csv_octets, xlsx_octets
from web import moments
from web.context import here
from web.rendering import current_language

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def wishes_of(of: Kind) -> Wanted:
    """What the address asks of a list of things: filters by their fields, a text, an order."""
    known = {each.name for each in of.fields if each.format.is_sorted and not each.format.is_secret}
    filters = {name: text.strip()[:120] for name, text in request.args.items() if name in known and text.strip()}
    sort = request.args.get("sort", "")
    sort = sort if sort.removeprefix("-") in known else ""
    return Wanted(filters, sort, search=request.args.get("q", "").strip()[:120], only=only_of(of.name))


def only_of(kind: str) -> Collection[int] | None:
    """Of employees, who `?quota=spent` or `?quota=warned` asks for; None where the address does not ask."""
    asked = request.args.get("quota", "")
    if kind != "employee" or asked not in standing.ASKED:
        return None
    context = here()
    with context.database.read() as connection:
        return standing.ids_at(connection, context.policy, context.now_s, asked)


def file_of(name: str, title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """The rows as the file that the address asks for."""
    context = here()
    stem = f"netquota-{name}-{context.now.astimezone(context.zone):%Y%m%d}"
    if request.args.get("format") == "xlsx":
        wishes = ", ".join(f"{key}={text}" for key, text in request.args.items() if text and key != "format")
        stamp = moments.stamp(context.now, context.zone, current_language())
        notes = (gettext("Filter: %(filter)s", filter=wishes or "–"), gettext("Made: %(time)s", time=stamp),
                 gettext("Time zone: %(zone)s", zone=context.zone.key))  # fmt: skip
        return attached(xlsx_octets(title, notes, columns, rows), f"{stem}.xlsx", XLSX)
    return attached(csv_octets(columns, rows), f"{stem}.csv", "text/csv; charset=utf-8")


def attached(octets: bytes, name: str, kind: str) -> Response:
    """A file to take away, of a content type; never kept by a cache."""
    response = Response(octets, content_type=kind)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    return response
