"""One of one's own devices: named, or forgotten. Signed in by the visit's token, as the quota page is."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext

from netquota.domain.mac import normalised_mac
from netquota.domain.people import Subscriber
from netquota.errors import InvalidValue
from netquota.services import devices as owned
from web.auth.csrf import carries_own_proof
from web.auth.person import remote_address
from web.context import Context, here
from web.portal import answers, devices, state, status, visits
from web.portal.deciding import open_sessions
from web.portal.pages import DevicePage, NoticePage
from web.portal.state import Visit

blueprint = Blueprint("device", __name__, url_prefix="/kuota/device")


@blueprint.get("")
def show() -> ResponseReturnValue:
    """The device's page."""
    context = here()
    found = visits.visitor(context)
    return redirect(url_for("kuota.show")) if found is None else _page(context, *found)


@blueprint.post("/name")
@carries_own_proof
def rename() -> ResponseReturnValue:
    """Call it by a name."""
    context = here()
    found = visits.visitor(context)
    if found is None:
        return redirect(url_for("kuota.show"), 303)
    visit, person = found
    try:
        with context.database.write() as connection:
            owned.name(connection, person, _mac(context, person), request.form.get("name", ""), context.now_s)
    except InvalidValue:
        with force_locale(answers.language(person.language)):
            problem = gettext("Use a shorter name, at most %(num)s characters.", num=owned.LONGEST_NAME)
        return _page(context, visit, person, problem)
    return redirect(visits.address(context, visit), 303)


@blueprint.post("/forget")
@carries_own_proof
def forget() -> ResponseReturnValue:
    """Know it no more; one that is online elsewhere is taken off."""
    context = here()
    found = visits.visitor(context)
    if found is None:
        return redirect(url_for("kuota.show"), 303)
    visit, person = found
    mac = _mac(context, person)
    rows = open_sessions(context, person)
    this = status.this_device(rows, visit.mac, remote_address())
    with context.database.write() as connection:
        owned.end(connection, [row for row in rows if row.mac == mac and row is not this], context.now_ms)
        owned.forget(connection, person, mac)
    spoken = answers.language(person.language)
    with force_locale(spoken):
        page = NoticePage(
            answers.our_office(spoken), spoken, gettext("The device is forgotten"),
            gettext("It needs the password at its next log-in."),
            visits.address(context, visit), gettext("Back to your quota"), after_s=3,
        )  # fmt: skip
    return answers.answer(page)


def _mac(context: Context, person: Subscriber) -> str:
    """The device that is asked for, one of his own. Raises `InvalidValue`."""
    mac = normalised_mac(request.values.get("mac", "")[:64])
    mine = {each.mac for each in devices.known_devices(context, person)}
    if mac not in mine | {row.mac for row in open_sessions(context, person)}:
        raise InvalidValue("mac", mac, "choose one of your own devices on the quota page")
    return mac


def _page(context: Context, visit: Visit, person: Subscriber, error: str = "") -> ResponseReturnValue:
    mac = _mac(context, person)
    known = next((each for each in devices.known_devices(context, person) if each.mac == mac), None)
    until_s = None if known is None else known.until_s
    this = status.this_device(open_sessions(context, person), visit.mac, remote_address())
    spoken, chosen = answers.language(person.language), answers.chosen_language()
    sealed = state.sealed_visit(context.keyring, visit)
    with force_locale(spoken):
        own_name = "" if known is None else known.name
        page = DevicePage(
            answers.our_office(spoken), spoken, devices.name_of(mac, own_name),
            request.form.get("name", "")[:80] if error else own_name, mac, ((state.FIELD, sealed), ("mac", mac)),
            url_for("device.rename", **chosen), url_for("device.forget", **chosen), visits.address(context, visit),
            this_one=this is not None and this.mac == mac,
            remembered_until=None if until_s is None else datetime.fromtimestamp(until_s, UTC), error=error,
            other_language_url=answers.other_language_url(url_for("device.show"), spoken, s=sealed, mac=mac),
        )  # fmt: skip
    return answers.answer(page, 400 if error else 200)
