"""Sheets to take away: what each office used in a month, as a page, CSV, XLSX and Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from netquota.services.planning.monthly import Sheet, SheetRow, months_known, sheet
from web.admin.door import argument
from web.admin.exporting import file_of
from web.context import here
from web.planning.door import blueprint
from web.planning.files import parquet_of

_NAMES = (
    "kind", "name", "down_octets", "up_octets", "p95_down_bps", "p95_up_bps", "at_limit_permille", "coverage_permille",
    "source", "demand_p95_bps",
)  # fmt: skip


@blueprint.get("/reports")
def reports() -> ResponseReturnValue:
    """A month (`?month=2026-10`) of all offices and links; `?format=` gives the file."""
    context = here()
    with context.database.read() as connection:
        months = months_known(connection)
        month = argument("month", 7)
        chosen = month if month in months else (months[-1] if months else "")
        found = sheet(connection, chosen, context.scope) if chosen else Sheet("", ())
    form = request.args.get("format")
    if form in {"csv", "xlsx"} and chosen:
        return file_of(
            f"{gettext('month')}-{chosen}", gettext("Use in %(month)s", month=chosen), _columns(), _rows(found)
        )
    if form == "parquet" and chosen:
        return parquet_of(found.month, _NAMES, _rows(found), {"month": found.month})
    first = date.fromisoformat(f"{chosen}-01") if chosen else None
    return render_template("planning/reports.html", found=found, months=months[::-1], chosen=chosen, first=first)


def _columns() -> list[str]:
    return [
        gettext("Kind"), gettext("Name"), gettext("Down, octets"), gettext("Up, octets"), gettext("P95 down, bit/s"),
        gettext("P95 up, bit/s"), gettext("At its limit, ‰ of office hours"), gettext("Data, ‰"),
        gettext("Measured by"), gettext("P95 of demand, bit/s (an estimate)"),
    ]  # fmt: skip


def _values(row: SheetRow) -> tuple[str | int | None, ...]:
    return (
        row.word, row.key, row.down, row.up, row.p95_down_bps, row.p95_up_bps, row.at_limit_permille,
        row.coverage_permille, row.source, row.demand_bps,
    )  # fmt: skip


def _rows(found: Sheet) -> list[Sequence[str | int | None]]:
    return [_values(row) for row in found.rows]
