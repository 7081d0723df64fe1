"""What everybody meets at the hotspots: the city's applications that are always reachable, and the terms of use."""

from __future__ import annotations

from datetime import date

from flask import render_template

from netquota.domain.terms import standing_terms
from netquota.services import allocate
from netquota.services.allocate import Wanted
from netquota.storage import terms_store
from web.admin.door import blueprint
from web.context import here


@blueprint.get("/hotspot-pages")
def hotspot() -> str:
    """The applications, and what else the settings file opens."""
    found = allocate.listing(here().office, "reachable", Wanted(size=allocate.LARGEST_PAGE)).records
    context = here()
    editions = context.policy.snapshot.rules.terms
    standing = standing_terms(editions, context.office.today)
    with context.database.read() as connection:
        accepted = terms_store.accepted_by(connection)
    return render_template(
        "admin/hotspot.html", reachable=found, by_file=context.settings.gateways.always_reachable,
        terms=[
            (each, date.fromisoformat(each.from_day), each is standing, accepted.get(each.id, 0))
            for each in sorted(editions, key=lambda each: (each.from_day, each.id), reverse=True)
        ],
    )  # fmt: skip
