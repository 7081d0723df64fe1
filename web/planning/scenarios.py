"""What if: growth, a new application or office, a link lost, another price; and a link's capacity divided among its
offices."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import Length, NumberRange, Optional

from netquota.domain.samples import LINK, OPD
from netquota.domain.units import parse_rate
from netquota.errors import InvalidValue, NotFound
from netquota.planning.division import Division
from netquota.planning.scenario import Outcome
from netquota.services.planning import scenarios as desk
from netquota.services.planning.dimensioning import Book, divided
from netquota.services.planning.scenarios import NewApplication, NewOffice, Terms
from web.admin.door import argument, author, may, text_of
from web.auth.forms import refusal
from web.context import here
from web.planning.capacity import coming_year
from web.planning.door import blueprint, read_book

_CONTROLS = {
    "applications": "link", "offices": "office_link", "growth_percent": "growth", "price_percent": "price",
    "rate_bps": "rate",
}  # fmt: skip
"""Where a form shows what is wrong with a term that it names otherwise."""


class ScenarioForm(FlaskForm):
    """The terms of a scenario; per cent are of today."""

    name = StringField(_("Name"), [Length(max=desk.MOST_NAME)])
    growth = IntegerField(_("Growth on top of the forecast, %"), [Optional(), NumberRange(*desk.GROWTH_PERCENT)])
    price = IntegerField(_("Prices change by, %"), [Optional(), NumberRange(*desk.PRICE_PERCENT)])
    link = SelectField(_("New application on the link"))
    users = IntegerField(_("Its users"), [Optional(), NumberRange(0, desk.MOST_USERS)])
    rate = StringField(_("Rate of each, such as 2M"), [Length(max=20)])
    office_link = SelectField(_("New office on the link"))
    people = IntegerField(_("Its people"), [Optional(), NumberRange(0, desk.MOST_PEOPLE)])
    lost = SelectField(_("Link that is lost"))


@dataclass(frozen=True, slots=True)
class Line:
    """A scenario in the table; `problem`: why there is no outcome."""

    name: str
    outcome: Outcome | None
    by: str = ""
    problem: str = ""

    @property
    def capacity_bps(self) -> int:
        """Of all links together."""
        return 0 if self.outcome is None else sum(cost.capacity_bps for cost in self.outcome.links)


@blueprint.route("/scenarios", methods=["GET", "POST"])
def scenarios() -> ResponseReturnValue:
    """Try a scenario (`?` terms in the address), keep it, compare it with those kept."""
    found = read_book((LINK,))
    form = _form(found, request.form if request.method == "POST" else request.args)
    names = [link.name for link in found.links if found.study(LINK, link.id)]
    tried, status = None, 200
    try:
        terms = _terms(form) if names and form.validate() else None
        if terms is not None:
            tried = Line(text_of(form.name) or gettext("This one"), _played(found, terms))
        if request.method == "POST":
            if terms is None or not text_of(form.name):
                raise InvalidValue("name", "", gettext("give it a name under which it is kept"))
            return _keep(text_of(form.name), terms)
    except InvalidValue as error:
        control = _CONTROLS.get(error.field, error.field)
        getattr(form, control if control in form else "name").errors = [refusal(error)]
        status = 400
    return render_template(
        "planning/scenarios.html", form=form, tried=tried, rows=kept_lines(found), links=names
    ), status


def _form(found: Book, source: object) -> ScenarioForm:
    form = ScenarioForm(formdata=source, meta={"csrf": False})  # the guard checks every change itself
    names = [link.name for link in found.links]
    for control in (form.link, form.office_link, form.lost):
        control.choices = [("", "–"), *((name, name) for name in names)]
        control.data = control.data if control.data in names else ""
    return form


def _terms(form: ScenarioForm) -> Terms:
    """What was typed. Raises `InvalidValue`."""
    applications, offices = list[NewApplication](), list[NewOffice]()
    if form.link.data or form.users.data:
        rate = parse_rate(text_of(form.rate), "rate").down_bps
        applications.append(NewApplication(form.link.data or _no_link("applications"), form.users.data or 0, rate))
    if form.office_link.data or form.people.data:
        offices.append(NewOffice(form.office_link.data or _no_link("offices"), form.people.data or 0))
    lost = (form.lost.data,) if form.lost.data else ()
    return Terms(form.growth.data or 0, form.price.data or 0, tuple(applications), tuple(offices), lost)


def _no_link(term: str) -> str:
    raise InvalidValue(term, "", "choose a link that was studied, or compute the studies first")


def _played(found: Book, terms: Terms) -> Outcome:
    return desk.tried(found, terms, coming_year(here().office.today))


def _keep(name: str, terms: Terms) -> ResponseReturnValue:
    if not may("planning.compute"):
        abort(403)
    desk.keep(here().office, name, terms, coming_year(here().office.today), author())
    flash(gettext("Scenario %(name)s is kept.", name=name))
    return redirect(url_for("planning.scenarios"))


def kept_lines(found: Book) -> list[Line]:
    """The forecast itself, then the kept scenarios; none before the first study."""
    if not found.demands:
        return []
    level = coming_year(here().office.today)
    with here().database.read() as connection:
        rows = desk.kept(connection, found, level)
    return [Line(gettext("As forecast"), desk.tried(found, Terms(), level)), *(_line(row) for row in rows)]


def _line(row: desk.Kept) -> Line:
    problem = row.problem and refusal(InvalidValue("terms", "", row.problem))
    if row.missing:
        problem = gettext("The link %(name)s is no longer there.", name=row.missing)
    return Line(row.name, row.outcome, row.by, problem)


@blueprint.post("/scenarios/remove")
def scenario_remove() -> ResponseReturnValue:
    """Forget a kept scenario."""
    name = request.form.get("name", "")[: desk.MOST_NAME]
    try:
        desk.remove(here().office, name, author())
    except NotFound:
        abort(404)
    flash(gettext("Scenario %(name)s was removed.", name=name))
    return redirect(url_for("planning.scenarios"))


@blueprint.get("/division/<path:name>")
def division(name: str) -> ResponseReturnValue:
    """A link's capacity (`?total=`) among its offices: now, and so that the fewest office hours are at the limit."""
    found, problem = read_book((OPD,)), ""
    try:
        link = found.link(name)
    except NotFound:
        abort(404)
    asked = argument("total", 20)
    shares: Division | None = None
    try:
        total = parse_rate(asked, "total").down_bps if asked else link.down_bps
        shares = divided(found, link.id, total, coming_year(here().office.today))
    except InvalidValue as error:
        problem = refusal(error)
    rows = [(opd, None if shares is None else shares.allotted[opd.code]) for opd in found.opds_on(link.id)]
    return render_template(
        "planning/division.html", link=link, rows=rows, shares=shares, problem=problem, asked=asked,
        most=max([opd.ceiling_bps for opd, _ in rows] + [share or 0 for _, share in rows], default=1) or 1,
    ), 400 if problem else 200  # fmt: skip
