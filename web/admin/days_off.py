"""Days off of a year and Ramadan: what the calendar brought, what the office said; taking over what is known now."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from netquota.services.days_off import take_over
from netquota.storage import day_store
from web.admin import labels
from web.admin.door import argument, author, blueprint
from web.context import here


@blueprint.get("/days-off")
def days_off() -> str:
    """The table of a year, this one where none is asked for, and every Ramadan that stands in it."""
    year = _year()
    with here().database.read() as connection:
        days = day_store.days_off(connection, [year])
        ramadans = day_store.ramadans(connection)
    today = here().office.today
    return render_template(
        "admin/days_off.html", days=list(days.values()), ramadans=ramadans, year=year, today=today,
        years=[year - 1, year + 1], choice=labels.choice,
    )  # fmt: skip


@blueprint.post("/days-off/take")
def days_off_take() -> ResponseReturnValue:
    """Take over what the calendar knows of a year."""
    year = _year()
    taken = take_over(here().office, author(gettext("from the page of days off")), [year])
    here().changed()
    if taken.added or taken.gone:
        count = len(taken.added) + len(taken.gone)
        flash(ngettext("%(num)s day was added or taken out.", "%(num)s days were added or taken out.", count))
    else:
        flash(gettext("Nothing was missing: the table is as the calendar knows it."), "info")
    return redirect(url_for("admin.days_off", year=year))


def _year() -> int:
    text = argument("year", 4) or request.form.get("year", "")
    asked = int(text) if text.isdecimal() else 0
    return asked if 2000 <= asked <= 2100 else here().office.today.year
