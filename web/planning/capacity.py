"""Capacity planning: each link with its P95, forecast and when it is full; offices by growth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import render_template
from flask_babel import gettext

from netquota.domain.samples import LINK, OPD
from netquota.services.planning.dimensioning import Level, Need, need
from netquota.services.planning.figures import Ahead, Study
from netquota.storage.plan_policy import PlannedLink, PlannedOpd
from web.admin.door import argument, page_number, pager, sorted_column
from web.components import Column
from web.context import here
from web.planning.door import blueprint, read_book, study_task

ROWS = 25


@dataclass(frozen=True, slots=True)
class LinkOutlook:
    """A link of the page: `month` the busiest of the next year; `full` from when it is at its limit."""

    link: PlannedLink
    study: Study
    need: Need | None
    month: Ahead | None
    full: date | None


@dataclass(frozen=True, slots=True)
class OpdOutlook:
    """An office of the page."""

    opd: PlannedOpd
    study: Study
    demand_bps: int | None
    at_limit: float | None
    growth: int | None
    full: date | None


def coming_year(today: date) -> Level:
    """The twelve months from the next on, at the installation's service level."""
    return Level.of_coming_year(today, here().settings.planning.service_permille)


@blueprint.get("/")
def capacity() -> str:
    """Links and offices: `?sort=` of the offices."""
    context = here()
    found, level = read_book((LINK,)), coming_year(context.office.today)
    links: list[LinkOutlook] = []
    for link in found.links:
        study = found.study(LINK, link.id)
        if study is not None:
            links.append(_link(link, study, need(study, found.demands[LINK, link.id], level), level))
    opds = [_opd(opd, study) for opd in found.opds if (study := found.study(OPD, opd.id)) is not None]
    chosen = argument("sort") or "-at_limit"
    rows, page = _sorted(opds, chosen), page_number()
    return render_template(
        "planning/capacity.html", links=links, rows=rows[(page - 1) * ROWS : page * ROWS],
        pages=pager(len(rows), page, size=ROWS), columns=_columns(chosen), oldest_s=found.oldest_s, now=context.now,
        task=study_task(), level=level, without=[link for link in found.links if found.study(LINK, link.id) is None],
    )  # fmt: skip


def _link(link: PlannedLink, study: Study, wanted: Need | None, level: Level) -> LinkOutlook:
    way = study.direction
    outlook, most = study.outlook(way), link.up_bps if way == "up" else link.down_bps
    month = None if outlook is None else outlook.busiest(level.first, level.last)
    return LinkOutlook(link, study, wanted, month, None if outlook is None else outlook.full_from(most))


def _opd(opd: PlannedOpd, study: Study) -> OpdOutlook:
    outlook = study.outlook("down")
    hidden = next((each for each in study.recent.hidden if each.direction == "down"), None)
    full = None if outlook is None or not opd.ceiling_bps else outlook.full_from(opd.ceiling_bps)
    demand = None if hidden is None else hidden.demand_bps
    return OpdOutlook(opd, study, demand, study.recent.office.at_limit_share, study.grew_permille, full)


def _sorted(rows: list[OpdOutlook], chosen: str) -> list[OpdOutlook]:
    name = chosen.removeprefix("-")
    keys = {
        "code": lambda row: row.opd.code, "demand": lambda row: row.demand_bps or -1,
        "at_limit": lambda row: -1.0 if row.at_limit is None else row.at_limit,
        "growth": lambda row: -(10**6) if row.growth is None else row.growth,
        "full": lambda row: -(row.full or date.max).toordinal(),
    }  # fmt: skip
    by_code = sorted(rows, key=lambda row: row.opd.code)
    return sorted(by_code, key=keys.get(name, keys["at_limit"]), reverse=chosen.startswith("-"))


def _columns(chosen: str) -> list[Column]:

    return [
        sorted_column("OPD", "code", chosen, css="o1"),
        Column(gettext("Ceiling"), number=True, css="x"),
        sorted_column(gettext("P95 of demand"), "demand", chosen, number=True),
        sorted_column(gettext("At its limit"), "at_limit", chosen, number=True),
        sorted_column(gettext("Growth in a year"), "growth", chosen, number=True, css="x"),
        sorted_column(gettext("Full from"), "full", chosen, number=True),
    ]
