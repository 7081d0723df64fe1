"""Days off of a year, Ramadan, office hours: what the calendar brought, what the office said; taking over the rest."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import Length

from netquota.domain.office_hours import MOST, in_words
from netquota.errors import InvalidValue
from netquota.services.days_off import take_over
from netquota.services.planning import hours
from netquota.storage import day_store
from web.admin import labels
from web.admin.door import argument, author, blueprint, text_of, weekday
from web.auth.forms import refusal
from web.context import here


class HoursForm(FlaskForm):
    """The city's office hours."""

    office_hours = StringField(_("Office hours of the city"), [Length(max=MOST)])


@blueprint.get("/days-off")
def days_off() -> str:
    """The table of a year, this one where none is asked for, every Ramadan that stands in it, and the office hours."""
    with here().database.read() as connection:
        return _page(HoursForm(office_hours=hours.city_text(connection)))


def _page(form: HoursForm) -> str:
    year = _year()
    with here().database.read() as connection:
        days = day_store.days_off(connection, [year])
        ramadans = day_store.ramadans(connection)
        city, own = hours.of_city(connection), bool(hours.city_text(connection))
    names = [weekday(number) for number in range(7)]
    return render_template(
        "admin/days_off.html", days=list(days.values()), ramadans=ramadans, year=year, today=here().office.today,
        years=[year - 1, year + 1], choice=labels.choice, form=form, own=own, usual=in_words(city.usual, names),
        fasting=in_words(city.ramadan, names),
    )  # fmt: skip


@blueprint.post("/days-off/hours")
def days_off_hours() -> ResponseReturnValue:
    """Set the office hours of every office without its own; empty: those of Perpres 21/2023."""
    form = HoursForm()
    try:
        if form.validate():
            if hours.set_city(here().office, text_of(form.office_hours), author(gettext("from the page of days off"))):
                flash(gettext("The office hours hold from now on; the studies are being computed anew."))
            return redirect(url_for("admin.days_off"))
    except InvalidValue as error:
        form.office_hours.errors = [refusal(error)]
    return _page(form), 400


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
