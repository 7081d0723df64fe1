"""What if: growth, a new application, a link lost, another price; and a link's capacity divided among its offices."""

from __future__ import annotations

import json
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
from netquota.planning.capacity import Application
from netquota.planning.division import Division
from netquota.planning.scenario import Outcome, WhatIf
from netquota.services.planning.dimensioning import Book, divided, played
from netquota.storage import plan_store
from web.admin.door import argument, author, may, text_of
from web.auth.forms import refusal
from web.context import here
from web.planning.capacity import coming_year
from web.planning.door import blueprint, read_book

_PERCENT = NumberRange(-90, 900)


class ScenarioForm(FlaskForm):
    """The terms of a scenario; per cent are of today."""

    name = StringField(_("Name"), [Length(max=80)])
    growth = IntegerField(_("Growth on top of the forecast, %"), [Optional(), _PERCENT])
    price = IntegerField(_("Prices change by, %"), [Optional(), NumberRange(-100, 900)])
    link = SelectField(_("New application on the link"))
    users = IntegerField(_("Its users"), [Optional(), NumberRange(0, 10_000_000)])
    rate = StringField(_("Rate of each, such as 2M"), [Length(max=20)])
    lost = SelectField(_("Link that is lost"))


@dataclass(frozen=True, slots=True)
class Line:
    """A scenario in the table."""

    name: str
    outcome: Outcome
    by: str = ""

    @property
    def capacity_bps(self) -> int:
        """Of all links together."""
        return sum(cost.capacity_bps for cost in self.outcome.links)


@blueprint.route("/scenarios", methods=["GET", "POST"])
def scenarios() -> ResponseReturnValue:
    """Try a scenario (`?` terms in the address), keep it, compare it with those kept."""
    found = read_book((LINK,))
    form = _form(found, request.form if request.method == "POST" else request.args)
    names = [link.name for link in found.links if found.study(LINK, link.id)]
    tried, status = None, 200
    try:
        what_if = what_if_of(_terms(form)) if names and form.validate() else None
        tried = None if what_if is None else Line(what_if.name, _play(found, what_if))
        if request.method == "POST":
            if what_if is None or not text_of(form.name):
                raise InvalidValue("name", "", gettext("give it a name under which it is kept"))
            return _keep(text_of(form.name), _terms(form))
    except InvalidValue as error:
        getattr(form, error.field if error.field in form else "name").errors = [refusal(error)]
        status = 400
    except NotFound as error:
        form.name.errors, status = [str(error)], 400
    return render_template("planning/scenarios.html", form=form, tried=tried, rows=_kept(found), links=names), status


def _form(found: Book, source: object) -> ScenarioForm:
    form = ScenarioForm(formdata=source, meta={"csrf": False})  # the guard checks every change itself
    names = [link.name for link in found.links]
    form.link.choices = [("", "–"), *((name, name) for name in names)]
    form.lost.choices = [("", "–"), *((name, name) for name in names)]
    for control in (form.link, form.lost):
        control.data = control.data if control.data in names else ""
    return form


def _terms(form: ScenarioForm) -> dict[str, object]:
    return {
        "name": text_of(form.name), "growth": form.growth.data or 0, "price": form.price.data or 0,
        "link": form.link.data or "", "users": form.users.data or 0, "rate": text_of(form.rate),
        "lost": form.lost.data or "",
    }  # fmt: skip


def what_if_of(terms: dict[str, object]) -> WhatIf:
    """The scenario that terms describe. Raises `InvalidValue`."""
    link, users = str(terms["link"]), int(str(terms["users"]))
    applications: dict[str, list[Application]] = {}
    if link and users:
        rate = parse_rate(str(terms["rate"]), "rate").down_bps
        applications[link] = [Application(users, rate)]
    lost = str(terms["lost"])
    return WhatIf(
        str(terms["name"]) or gettext("This one"), 1000 + 10 * int(str(terms["growth"])),
        1000 + 10 * int(str(terms["price"])), applications, frozenset({lost} if lost else ()),
    )  # fmt: skip


def _play(found: Book, what_if: WhatIf) -> Outcome:
    return played(found, what_if, coming_year(here().office.today), {}, 12)


def _keep(name: str, terms: dict[str, object]) -> ResponseReturnValue:
    if not may("planning.compute"):
        abort(403)
    context = here()
    with context.database.write() as connection:
        plan_store.put_scenario(connection, name, json.dumps(terms), author().name, context.now_s)
    flash(gettext("Scenario %(name)s is kept.", name=name))
    return redirect(url_for("planning.scenarios"))


def _kept(found: Book) -> list[Line]:
    with here().database.read() as connection:
        rows = plan_store.scenarios(connection)
    lines = [Line(gettext("As forecast"), _play(found, WhatIf("")))] if found.demands else []
    for row in rows if found.demands else ():
        try:
            lines.append(Line(row.name, _play(found, what_if_of(json.loads(row.terms))), row.by))
        except NotFound:
            continue  # its link is gone
    return lines


@blueprint.post("/scenarios/remove")
def scenario_remove() -> ResponseReturnValue:
    """Forget a kept scenario."""
    name = request.form.get("name", "")[:80]
    with here().database.write() as connection:
        plan_store.forget_scenario(connection, name)
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
