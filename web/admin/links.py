"""Provider links and the sites that they serve: use against capacity, P95, price; one link with its month."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import Length

from netquota.domain.periods import local_instant
from netquota.errors import Conflict, InvalidValue
from netquota.services import allocate, allocation_board, report, usage
from netquota.services import outages as use_cases
from netquota.services.allocate import Wanted
from netquota.services.measured import flow_now, measured
from netquota.storage import city_report, outage_store, reach_report
from netquota.storage.session_report import UseNow
from web import conflicts, formatting
from web.admin.charting import SPANS, span, usage_chart
from web.admin.door import author, blueprint, measures, text_of
from web.admin.measuring import panel
from web.auth.forms import refusal
from web.context import here
from web.rendering import current_language


@blueprint.get("/links")
def links() -> str:
    """All links with their use now, and all sites."""
    context = here()
    with context.database.read() as connection:
        use = flow_now(connection, context.now_s)
        found = report.links_now(connection, measures(), use, context.now_s)
    records = {r.key: r for r in allocate.listing(context.office, "link", Wanted(size=allocate.LARGEST_PAGE)).records}
    sites = allocate.listing(context.office, "site", Wanted(size=allocate.LARGEST_PAGE)).records
    online = {context.policy.snapshot.sites[key].name: part for key, part in use.sites.items()
              if key in context.policy.snapshot.sites}  # fmt: skip
    with context.database.read() as connection:
        out = set(outage_store.links_out(connection).values())
    return render_template(
        "admin/links.html", links=[(each, records.get(each.line.name)) for each in found], sites=sites, online=online,
        out=out,
        nothing=UseNow(), places={place.name: place for place in context.policy.snapshot.sites.values()},
    )  # fmt: skip


class OutageForm(FlaskForm):
    """From when, until when, and why."""

    begins = StringField(_("From"), [Length(max=40)])
    until = StringField(_("Until"), [Length(max=40)])
    why = StringField(_("Why"), [Length(max=200)], render_kw={"required": True})


@blueprint.get("/links/<path:name>")
def link(name: str) -> str:
    """One link: use over a day, a week or a month against its capacity; its sites, its outages."""
    return _link_page(name, None)


@blueprint.post("/links/<path:name>/outage")
def link_outage(name: str) -> ResponseReturnValue:
    """The link is out, at once or from a moment on."""
    form = OutageForm()
    if not form.validate_on_submit():
        return _link_page(name, form), 400
    try:
        from_s, until_s = _moment(form.begins, whole_day=False), _moment(form.until, whole_day=True)
        use_cases.report_outage(here().office, name, author(text_of(form.why)), from_s=from_s, until_s=until_s)
    except (InvalidValue, Conflict) as error:
        field = error.field if isinstance(error, InvalidValue) else "begins"
        control = {"until": form.until, "why": form.why}.get(field, form.begins)
        control.errors = [refusal(error) if isinstance(error, InvalidValue) else conflicts.told(error)]
        return _link_page(name, form), 409 if isinstance(error, Conflict) else 400
    here().changed()
    flash(gettext("The outage of %(name)s is noted.", name=name))
    return redirect(url_for("admin.link", name=name))


@blueprint.post("/links/<path:name>/outage-over")
def link_outage_end(name: str) -> ResponseReturnValue:
    """The link serves again, or its planned outage is called off."""
    why = request.form.get("why", "").strip() or gettext("it serves again")
    use_cases.end_outage(here().office, name, author(why))
    here().changed()
    flash(gettext("The outage of %(name)s is over.", name=name))
    return redirect(url_for("admin.link", name=name))


def _moment(control: StringField, *, whole_day: bool) -> int | None:
    """A local day or time as epoch seconds; a day alone means its begin, or (`whole_day`) its end."""
    text = text_of(control)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        remedy = "give a local date or time such as 2026-12-31 or 2026-12-31 16:00"
        raise InvalidValue(control.name, text, remedy) from None
    if len(text) <= len("2026-12-31") and whole_day:
        moment = datetime.combine(moment.date() + timedelta(days=1), time(0))
    if moment.tzinfo is None:
        moment = local_instant(moment.date(), moment.time(), here().zone)
    return int(moment.timestamp())


def _link_page(name: str, form: OutageForm | None) -> str:
    context, chosen = here(), span()
    record = allocate.get(context.office, "link", name)
    link_id = int(record.row["id"])
    with context.database.read() as connection:
        use = flow_now(connection, context.now_s)
        found = next(
            each for each in report.links_now(connection, measures(), use, context.now_s) if each.line.id == link_id
        )
        series = usage.series(connection, usage.LINK, [link_id], *chosen.bounds(context.now_s), chosen.step_s)
        by_interface = measured(connection, usage.LINK, link_id, context.now_s)
        up = reach_report.availability(connection, link_id, context.now_s - usage.MONTH_S, context.now_s)
        people = city_report.people_by_opd(connection)
        of_opds = {opd: each.down_bps for opd, each in measures().of_opds(connection, context.now_s).items()}
    division = allocation_board.board(context.policy, context.policy.snapshot.links[link_id], people, of_opds)
    p95 = None if found.p95 is None else found.p95.down_bps
    language = current_language()
    summary = gettext(
        "Use of %(name)s against its capacity of %(most)s Mbit/s.", name=name,
        most=formatting.megabits_limit(found.line.capacity_down_bps, language),
    )  # fmt: skip
    chart = usage_chart(name, summary, series, found.line.capacity_down_bps, p95, chosen)
    sites = [
        site for site in context.policy.snapshot.sites.values() if site.link is not None and site.link.id == link_id
    ]
    with context.database.read() as connection:
        outages = outage_store.outages(connection, link_id)
    moved = [
        site for site in context.policy.snapshot.sites.values() if site.moved_from and site.moved_from.id == link_id
    ]
    return render_template(
        "admin/link.html", outages=outages, form=form or OutageForm(formdata=None), now_s=context.now_s,
        moved=sorted(moved, key=lambda s: s.name), record=record, found=found, chart=chart,
        spans=SPANS, span=chosen.name,
        measured=panel(by_interface),
        division=division, up=None if up is None else up[0] / up[1],
        sites=[(site, use.sites.get(site.id, UseNow())) for site in sorted(sites, key=lambda s: s.name)],
    )  # fmt: skip
