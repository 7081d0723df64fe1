"""Provider links and the sites that they serve: use against capacity, P95, price; one link with its month."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext

from netquota.services import allocate, report, usage
from netquota.services.allocate import Wanted
from netquota.storage.session_report import UseNow, use_now
from web import formatting
from web.admin.charting import SPANS, span, usage_chart
from web.admin.door import blueprint, measures
from web.context import here
from web.rendering import current_language


@blueprint.get("/links")
def links() -> str:
    """All links with their use now, and all sites."""
    context = here()
    with context.database.read() as connection:
        use = use_now(connection)
        found = report.links_now(connection, measures(), use, context.now_s)
    records = {r.key: r for r in allocate.listing(context.office, "link", Wanted(size=allocate.LARGEST_PAGE)).records}
    sites = allocate.listing(context.office, "site", Wanted(size=allocate.LARGEST_PAGE)).records
    online = {context.policy.snapshot.sites[key].name: part for key, part in use.sites.items()
              if key in context.policy.snapshot.sites}  # fmt: skip
    return render_template(
        "admin/links.html", links=[(each, records.get(each.line.name)) for each in found], sites=sites, online=online,
        nothing=UseNow(),
    )  # fmt: skip


@blueprint.get("/links/<path:name>")
def link(name: str) -> str:
    """One link: use over a day, a week or a month against its capacity; its sites."""
    context, chosen = here(), span()
    record = allocate.get(context.office, "link", name)
    link_id = int(record.row["id"])
    with context.database.read() as connection:
        use = use_now(connection)
        found = next(
            each for each in report.links_now(connection, measures(), use, context.now_s) if each.line.id == link_id
        )
        series = usage.series(connection, usage.LINK, [link_id], *chosen.bounds(context.now_s), chosen.step_s)
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
    return render_template(
        "admin/link.html", record=record, found=found, chart=chart, spans=SPANS, span=chosen.name,
        sites=[(site, use.sites.get(site.id, UseNow())) for site in sorted(sites, key=lambda s: s.name)],
    )  # fmt: skip
