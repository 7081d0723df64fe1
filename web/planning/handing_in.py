"""What to look at before a budget request is handed in: what stands well, what to mend, and where."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext, ngettext

from netquota.documents.inputs import BudgetInput
from netquota.domain.applications import Reporting
from netquota.services import applications
from netquota.storage.database import Connection
from web.context import here


@dataclass(frozen=True, slots=True)
class Check:
    """A line of the list; `url` leads to where it is mended."""

    is_good: bool
    text: str
    url: str = ""


def checks(connection: Connection, given: BudgetInput, traces: int) -> list[Check]:
    """Those of a version: its own figures, and what offices have told by now. `traces`: how many figures have one."""
    prices = all(link.asked_price_rp for link in given.links)
    forecast = all(link.outlook is not None for link in given.links)
    signed, coded = bool(given.head.name), bool(given.settings.activity_code)
    return [
        Check(prices, gettext("Prices of all links are known") if prices else gettext("A link has no price")),
        Check(forecast, gettext("Each link has a forecast") if forecast
              else gettext("A link has too little history for a forecast")),
        Check(True, gettext("Every figure has its trace (%(count)s)", count=traces)),
        _reported(connection),
        Check(signed, gettext("Who signs is named") if signed else gettext("Nobody is named to sign")),
        Check(coded, gettext("Activity code is set") if coded
              else gettext("The activity code is not set (planning.activity_code)")),
    ]  # fmt: skip


def _reported(connection: Connection) -> Check:
    silent = applications.board(here().office, connection).count[Reporting.SILENT]
    if not silent:
        return Check(True, gettext("All OPDs have told their applications"))
    told = ngettext(
        "%(num)s OPD has not told its applications", "%(num)s OPDs have not told their applications", silent
    )
    return Check(False, told, url_for("admin.applications"))
