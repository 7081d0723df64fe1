"""A site: who is limited there, by which way and why; whether its gateway has that in force; the gateway's tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from netquota.domain.places import Mode, Site
from netquota.domain.samples import SITE
from netquota.domain.units import Rate
from netquota.errors import NotFound
from netquota.services import allocate, gateway_tokens, queues
from netquota.services.measured import flow_now, measured
from netquota.services.site_standing import SiteStanding, site_standing
from netquota.services.way_words import way_name, why_name
from netquota.storage import audit_store
from netquota.storage.audit_store import AuditFilter
from netquota.storage.order_store import OrderState
from netquota.storage.queue_store import QueueOrder
from netquota.storage.session_report import UseNow
from web import formatting
from web.admin import labels
from web.admin.door import author, blueprint, instant, measures
from web.admin.measuring import panel
from web.components import Mood
from web.context import here
from web.rendering import current_language

LATE_S: Final = 600
"""A gateway that fetches its limits every minute and was not seen for so long has stopped."""


@blueprint.get("/sites/<path:name>")
def site(name: str) -> str:
    """One site: how it is limited and why, what its gateway has, orders, lines, tokens, what was changed."""
    context, snapshot = here(), here().policy.snapshot
    record = allocate.get(context.office, "site", name)
    with context.database.read() as connection:
        found = site_standing(connection, snapshot, record.key)
        use = flow_now(connection, context.now_s)
        by_interface = measured(connection, SITE, found.site.id, context.now_s)
        p95 = measures().of_sites(connection, context.now_s).get(found.site.id)
        history = audit_store.entries(connection, AuditFilter(kind="site", key=record.key), limit=5)
    return render_template(
        "admin/site.html", record=record, found=found, use=use.sites.get(found.site.id, UseNow()), history=history,
        way=way_words(found.site), state=_state(found), problem=_problem(found), rate=_rate,
        wanted=_rate(found.wanted), matches=_matches(found.site), whole=found.site.mode is Mode.WHOLE_OPD,
        orders=[(order, _rate(order.rate), *_order_state(order), instant(order.created_ms // 1000))
                for order in found.orders],
        since=_moment(found.state.since_s if found.state else None),
        confirmed=_moment(found.state.confirmed_s if found.state else None),
        carriers=_carriers(found), tokens=[(token, _moment(token.last_pull_s)) for token in found.tokens],
        measured=panel(by_interface), p95=p95, line_states=[(line, labels.choice(line.status)) for line in found.lines],
    )  # fmt: skip


@blueprint.post("/gateway-token/<name>")
def gateway_token(name: str) -> ResponseReturnValue:
    """A new token for a gateway, shown this once."""
    made = gateway_tokens.create_token(here().office, name, author())
    url = gateway_tokens.pull_url(here().settings.web.public_url or request.host_url)
    answer = make_response(
        render_template("admin/gateway_token.html", nas=name, token=made.text, url=url, next_url=_back(name))
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/gateway-token/<name>/<int:token_id>")
def gateway_token_revoke(name: str, token_id: int) -> ResponseReturnValue:
    """Let a token open nothing any more."""
    try:
        gateway_tokens.revoke_token(here().office, name, token_id, author())
    except NotFound:
        flash(gettext("This token was not good any more."), "info")
    else:
        flash(gettext("Token %(number)s of %(name)s opens nothing any more.", number=token_id, name=name))
    return redirect(_back(name))


def _back(nas: str) -> str:
    """The page from which the form came: a site of the gateway's, else the gateway."""
    wanted = request.form.get("site", "")
    known = any(site.name == wanted for site in here().policy.snapshot.sites.values())
    return url_for("admin.site", name=wanted) if known else url_for("admin.gateway", name=nas)


def way_words(site: Site) -> tuple[str, str]:
    """The way in force at a site and why, in the page's language."""
    language = current_language()
    return way_name(site.way, language), "" if site.way_why is None else why_name(site.way_why, language)


def _rate(rate: Rate | None) -> str:
    if rate is None:
        return "–"
    if not (rate.down_bps and rate.up_bps):
        return gettext("no limit")
    return f"{formatting.rate_pair(rate.down_bps, rate.up_bps, current_language())} Mbit/s"


def _state(found: SiteStanding) -> tuple[Mood, str]:
    """Whether the gateway has what it should."""
    if not found.holds_queue:
        return Mood.PLAIN, ""
    if not found.is_carried:
        return Mood.WARN, gettext("nothing carries the ceiling to the gateway")
    if found.is_in_force:
        late = not found.by_rest and here().now_s - (found.last_pull_s or 0) > LATE_S
        return (Mood.WARN, gettext("was in force; the gateway asks no more")) if late else (
            Mood.OK, gettext("in force at the gateway"))  # fmt: skip
    if found.state is None or found.state.confirmed_s is None:
        return Mood.WARN, gettext("not confirmed by the gateway yet")
    return Mood.WARN, gettext("the gateway has another limit")


def _problem(found: SiteStanding) -> str:
    """What the last try met; the words of services.queues and the courier are in the catalogue."""
    text = "" if found.state is None else found.state.problem
    known = {
        queues.NO_QUEUE: gettext("the gateway has no queue of this name"),
        queues.KEPT_ANOTHER: gettext("the gateway took the limit, but says another"),
    }
    return known.get(text, text)


def _order_state(order: QueueOrder) -> tuple[Mood, str]:
    return {
        OrderState.PENDING: (Mood.INFO, gettext("waits for the gateway")),
        OrderState.SENT: (Mood.INFO, gettext("handed over, not confirmed")),
        OrderState.ACKNOWLEDGED: (Mood.PLAIN, gettext("in force, read back")),
        OrderState.REFUSED: (Mood.BAD, gettext("refused")),
        OrderState.SUPERSEDED: (Mood.PLAIN, gettext("replaced by a newer one")),
        OrderState.GIVEN_UP: (Mood.BAD, gettext("given up: no confirmation")),
    }[order.state]


def _matches(site: Site) -> list[tuple[str, str]]:
    asked = (
        ("match_gateway", site.match_gateway), ("match_called_station", site.match_called_station),
        ("match_port", site.match_port), ("match_vlan", site.match_vlan),
    )  # fmt: skip
    return [(labels.field("site", name), str(value)) for name, value in asked if value]


def _moment(at_s: int | None) -> datetime | None:
    return instant(at_s)


def _carriers(found: SiteStanding) -> str:
    ways = [gettext("RouterOS REST")] * found.by_rest + [gettext("fetched by the gateway")] * bool(found.tokens)
    return ", ".join(ways) or gettext("none")
