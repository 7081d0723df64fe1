"""`/capport/v1`: is this device behind a closed portal (RFC 8908)? For gateways that do not answer it themselves.

The device is known by the address that its gateway reported (Framed-IP-Address), so only where no translation of
addresses lies between; else the answer would be about somebody else, and there is none: the device then probes as ever.
"""

from __future__ import annotations

from ipaddress import ip_address

from flask import Blueprint, Response, abort, json, request, url_for
from flask_babel import force_locale, gettext

from netquota.domain.people import Subscriber
from netquota.domain.quota import Action
from netquota.services.explain import explain
from netquota.services.standing import quotas_of_people
from netquota.storage import gateway_store
from netquota.storage.ledger_store import page_on
from netquota.storage.nas_table import NasTable
from netquota.storage.portal_report import online_at
from web.auth.person import remote_address
from web.context import Context, here
from web.portal import answers
from web.portal.pages import NoticePage

blueprint = Blueprint("capport", __name__)
NOWHERE = "http://192.0.2.1/"
"""An address that is never routed (RFC 5737): whichever gateway is nearest leads from it to its log-in page."""


@blueprint.get("/capport/v1")
def state() -> Response:
    """The API's answer; 404 where it cannot be known which device asks."""
    context, source = here(), remote_address()
    with context.database.read() as connection:
        online = online_at(connection, source)
        gateways = {row.address for row in gateway_store.gateways(connection)}
    if len(online) > 1 or not _is_a_devices_own(context, source, gateways):
        abort(404)
    told: dict[str, object] = {"captive": not online, "can-extend-session": True} | _addresses(context)
    employee_id = online[0].employee_id if online else None
    person = None if employee_id is None else context.policy.snapshot.subscriber_by_id.get(employee_id)
    if person is not None:
        told |= _remaining(context, person)
    headers = {"Cache-Control": "private, max-age=60"}
    return Response(json.dumps(told), 200, headers, content_type="application/captive+json")


@blueprint.get("/portal/begin")
def begin() -> Response:
    """Where devices are led that learnt of the portal by the API: on to the gateway, which knows who asks."""
    spoken = answers.language()
    with force_locale(spoken):
        page = NoticePage(
            answers.our_office(spoken), spoken, gettext("Opening the log-in page"),
            gettext("Your hotspot's gateway shows it in a moment."), NOWHERE, gettext("Open the log-in page"),
            after_s=0,
        )  # fmt: skip
    return answers.answer(page)


def _is_a_devices_own(context: Context, source: str, gateways: set[str | None]) -> bool:
    """Whether an address is a device's own: private, and no gateway's."""
    try:
        address = ip_address(source.partition("%")[0])
    except ValueError:
        return False
    known = NasTable(context.policy.snapshot.nas_by_id.values()).find(source) is not None
    return address.is_private and not address.is_loopback and not known and source not in gateways


def _addresses(context: Context) -> dict[str, object]:
    """Both must be https (RFC 8908 §5); left out where this server has no such address."""
    base = context.settings.web.public_url or request.host_url.rstrip("/")
    if not base.startswith("https://"):
        return {}
    return {
        "user-portal-url": base + url_for("capport.begin"),
        "venue-info-url": base + url_for("kuota.show"),
    }


def _remaining(context: Context, person: Subscriber) -> dict[str, object]:
    """Seconds and octets until the gateway closes again, where something does close it."""
    with context.database.read() as connection:
        decision = explain(connection, context.policy, context.gateways, person, context.now_s).decision
        stands = quotas_of_people(page_on(connection), context.policy, [person], context.now_s)[person.id]
    found: dict[str, object] = {}
    if decision.accepted and decision.ends_at_s is not None:
        found["seconds-remaining"] = max(0, decision.ends_at_s - context.now_s)
    left = [max(0, each.entitled - each.used) for each in stands if each.quota.action is Action.DISCONNECT]
    if left:
        found["bytes-remaining"] = min(left)
    return found
