"""Planning's tables as files: capacity, measures and scenarios as CSV and XLSX, capacity as Parquet, too."""

from __future__ import annotations

import importlib
import io
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, abort
from flask_babel import gettext

from netquota.domain.samples import LINK, OPD
from netquota.errors import ConfigurationError, InvalidValue, NotFound
from netquota.services.planning.dimensioning import Level, Need, need
from netquota.services.planning.figures import Part, Study
from netquota.sheets.formulas import Cell
from web.admin.door import argument
from web.admin.exporting import attached, file_of
from web.context import here
from web.planning.capacity import coming_year
from web.planning.door import blueprint, read_book
from web.planning.measures import asked_days, measured_range
from web.planning.scenarios import kept_lines

PARQUET = "application/vnd.apache.parquet"
_NAMES = (
    "kind", "key", "name", "limit_bps", "p95_down_bps", "p95_up_bps", "demand_p95_bps", "at_limit_permille",
    "growth_permille", "busiest_month", "forecast_bps", "forecast_low_bps", "forecast_high_bps", "full_from",
    "needed_bps", "needed_low_bps", "needed_high_bps",
)  # fmt: skip


@blueprint.get("/capacity-file")
def capacity_file() -> Response:
    """All links and offices that were studied, with what is to come (`?format=csv`, `xlsx` or `parquet`)."""
    found, level = read_book((LINK,)), coming_year(here().office.today)
    rows: list[Sequence[Cell]] = []
    for link in found.links:
        study = found.study(LINK, link.id)
        if study is not None:
            wanted = need(study, found.demands[LINK, link.id], level)
            most = link.up_bps if study.direction == "up" else link.down_bps
            rows.append(_outlook(study, study.direction, (link.name, most), wanted, level))
    for opd in found.opds:
        study = found.study(OPD, opd.id)
        if study is not None:
            rows.append(_outlook(study, "down", (opd.name, opd.ceiling_bps or None), None, level))
    if argument("format") == "parquet":
        return parquet_of("capacity", _NAMES, rows, {"computed_s": str(found.oldest_s or "")})
    columns = (
        gettext("Kind"), gettext("Key"), gettext("Name"), gettext("Contract or ceiling, bit/s"),
        gettext("P95 down, bit/s"), gettext("P95 up, bit/s"), gettext("P95 of demand, bit/s (an estimate)"),
        gettext("At its limit, ‰ of office hours"), gettext("Growth in a year, ‰"), gettext("Busiest month"),
        gettext("Forecast, bit/s"), gettext("Forecast, low"), gettext("Forecast, high"), gettext("Full from"),
        gettext("Needed, bit/s"), gettext("Needed, low"), gettext("Needed, high"),
    )  # fmt: skip
    return file_of("capacity", gettext("Capacity"), columns, rows)


def _outlook(
    study: Study, way: str, named: tuple[str, int | None], wanted: Need | None, level: Level
) -> Sequence[Cell]:
    """Of one direction, `down` or `up`; `named`: a name, and the contract or ceiling in bit/s."""
    (name, limit_bps), recent, outlook = named, study.recent, study.outlook(way)
    month = None if outlook is None else outlook.busiest(level.first, level.last)
    full = None if outlook is None or not limit_bps else outlook.full_from(limit_bps)
    hidden = next((each.demand_bps for each in recent.hidden if each.direction == way), None)
    return (
        study.word, study.key, name, limit_bps, recent.whole.p95_down_bps, recent.whole.p95_up_bps, hidden,
        _permille(recent.office), study.grew_permille,
        *((None,) * 4 if month is None else (month.month.isoformat(), month.bps, month.low_bps, month.high_bps)),
        None if full is None else full.isoformat(),
        *((None,) * 3 if wanted is None else (wanted.capacity_bps, wanted.low_bps, wanted.high_bps)),
    )  # fmt: skip


def _permille(part: Part) -> int | None:
    return None if part.at_limit_share is None else round(1000 * part.at_limit_share)


@blueprint.get("/measure-file/<kind>/<path:key>")
def measure_file(kind: str, key: str) -> Response:
    """Measures of any days, all hours, office hours and others a row each."""
    first, last = asked_days()
    try:
        found = measured_range(kind, key, first, last)
    except (NotFound, InvalidValue):
        abort(404)
    columns = (
        gettext("Hours"), gettext("Down, octets"), gettext("Up, octets"), gettext("Mean down, bit/s"),
        gettext("Mean up, bit/s"), gettext("P95 down, bit/s"), gettext("P95 up, bit/s"), gettext("Peak down, bit/s"),
        gettext("Peak up, bit/s"), gettext("At its limit, ‰"), gettext("Ceiling left unused, ‰"), gettext("Data, ‰"),
    )  # fmt: skip
    parts = ((gettext("all hours"), found.whole), (gettext("office hours"), found.office),
             (gettext("other hours"), found.other))  # fmt: skip
    title = gettext("Measures of %(name)s from %(first)s to %(last)s", name=key, first=first, last=last)
    return file_of(f"measures-{first}-{last}", title, columns, [_part(name, part) for name, part in parts])


def _part(name: str, part: Part) -> Sequence[Cell]:
    return (
        name, part.octets_down, part.octets_up, part.mean_down_bps, part.mean_up_bps, part.p95_down_bps,
        part.p95_up_bps, part.peak_down_bps, part.peak_up_bps, _permille(part), part.unused_permille,
        round(1000 * part.coverage),
    )  # fmt: skip


@blueprint.get("/scenarios-file")
def scenarios_file() -> Response:
    """The kept scenarios, a row for each of their links."""
    rows: list[Sequence[Cell]] = []
    for line in kept_lines(read_book((LINK,))):
        for cost in () if line.outcome is None else line.outcome.links:
            amounts = (cost.capacity_bps, cost.price_rp, cost.months, cost.amount_rp)
            rows.append((line.name, cost.link, *amounts, line.by))
    columns = (
        gettext("Scenario"), gettext("Link"), gettext("Capacity, bit/s"), gettext("Price per Mbit/s and month, Rp"),
        gettext("Months"), gettext("Before PPN, Rp"), gettext("By"),
    )  # fmt: skip
    return file_of("scenarios", gettext("What if"), columns, rows)


def parquet_of(name: str, names: Sequence[str], rows: Sequence[Sequence[Cell]], notes: Mapping[str, str]) -> Response:
    """Columns by their names in code, for programs. Raises `ConfigurationError` without the extra."""
    try:
        arrow: Any = importlib.import_module("pyarrow")
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise ConfigurationError(
            "Parquet needs the extra planning; install it: pip install 'netquota[planning]'"
        ) from None
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    table = arrow.table({name: list(values) for name, values in zip(names, columns, strict=True)})
    out = io.BytesIO()
    parquet.write_table(table.replace_schema_metadata({**notes, "source": "netquota"}), out)
    return attached(out.getvalue(), f"netquota-{name}.parquet", PARQUET)
