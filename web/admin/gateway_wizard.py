"""A new gateway from nothing to working: name and address, its configuration, then what arrives, line by line."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field as Control
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services import gateway_doctor, sight
from netquota.services.class_token import class_signer
from netquota.services.gateway_config import ConfigOptions, Shown, configuration, dialect_of, note_text
from netquota.services.gateway_doctor import Check, State, Step
from netquota.services.gateway_secrets import secrets_of
from netquota.services.new_gateway import add_gateway
from radius.families import FAMILIES
from web import conflicts
from web.admin import labels
from web.admin.door import argument, author, blueprint, is_part, may, text_of
from web.admin.gateway_setup import INTERFACES, facts_of, said_interfaces, server_host
from web.admin.gateways import in_words
from web.auth.forms import refusal
from web.components import Mood
from web.context import here
from web.frame import open_menu
from web.rendering import current_language

_NEEDED = InputRequired(_("Please fill this in."))
_COMMON = ("mikrotik", "chilli", "unifi", "omada", "ruijie", "openwrt")
POLL_S = 3
_SHOWN, _SHOWN_S = "gateway_shown", 900
"""Whose secret this browser may see without a password, and how long: it has just registered the gateway."""

STEPS: dict[Step, tuple[LazyString, LazyString]] = {
    Step.PACKET: (_("A packet arrives"), _("Enter the configuration at the gateway; its first packet shows here.")),
    Step.SECRET: (_("The shared secret is right"), _("Shown once it was proved by a packet.")),
    Step.SIGNED: (_("Requests are signed"), _("Shown with the first signed log-in.")),
    Step.SITE: (_("It belongs to a site"), _("Shown with its first packet: by its name it is found among the sites.")),
    Step.LOGIN: (_("Somebody logs in"), _("Log in at its hotspot with an account of yours.")),
    Step.ACCOUNTING: (_("Use is reported"), _("Comes right after the log-in.")),
    Step.INTERIM: (_("Reports come while it runs"), _("Comes with the first interval, minutes after the log-in.")),
    Step.COA: (
        _("Changed limits reach it"),
        _("Change the speed of the session that runs there; the gateway's answer shows here. It works without, too."),
    ),
}  # fmt: skip
_MOODS = {State.SEEN: Mood.OK, State.WRONG: Mood.BAD, State.AWAITED: Mood.SILENT}
_STATES = {State.SEEN: _("seen"), State.WRONG: _("put right"), State.AWAITED: _("awaited")}


class GatewayForm(FlaskForm):
    """What must be known of a gateway, and of the place behind it."""

    name = StringField(_("Name"), [_NEEDED, Length(max=80)])
    address = StringField(_("Address or network"), [_NEEDED, Length(max=64)])
    family = SelectField(_("Make"))
    opd = SelectField(_("Office at the place"))
    link = SelectField(_("Provider link"))
    wan_interface = StringField(_("Interface to the internet"), [Optional(), Length(max=63)])
    hotspot_interface = StringField(_("Interface with the users"), [Optional(), Length(max=63)])
    why = StringField(_("Why"), [Length(max=200)])


@dataclass(frozen=True, slots=True)
class Line:
    """One step in words: its mark, what was seen or is wrong, what to do, what to enter where."""

    title: str
    mood: Mood
    state: str
    told: str
    remedy: str
    enter: str
    command: str


@blueprint.route("/new-gateway", methods=["GET", "POST"])
def gateway_wizard() -> ResponseReturnValue:
    """Step one: the form. Sent, gateway and site are made, and step two follows: its configuration."""
    open_menu("gateways")
    form = _form()
    if not form.validate_on_submit():
        return render_template("admin/gateway_wizard.html", form=form), 400 if form.is_submitted() else 200
    name = text_of(form.name)
    try:
        values = {"name": name, "address": text_of(form.address), "family": str(form.family.data)}
        site = {"opd": str(form.opd.data), "link": str(form.link.data or "")} if form.opd.data else None
        add_gateway(here().office, values, site, author(text_of(form.why)))
        here().changed()
    except (InvalidValue, Conflict) as error:
        _blame(form, error)
        return render_template("admin/gateway_wizard.html", form=form), 400
    session[_SHOWN] = [name, here().now_s + _SHOWN_S]
    interfaces = {one: text_of(form[one]) for one in INTERFACES}
    options = {one: text for one, text in interfaces.items() if text}
    return redirect(url_for("admin.gateway_wizard_setup", name=name, **options), 303)


@blueprint.get("/new-gateway/<path:name>")
def gateway_wizard_setup(name: str) -> ResponseReturnValue:
    """Step two: the configuration with its secret, for who has just registered it; later it asks for the password."""
    open_menu("gateways")
    allowed, until_s = session.get(_SHOWN, ("", 0))
    if allowed != name or until_s <= here().now_s:
        return redirect(url_for("admin.gateway_configuration", name=name, **said_interfaces()))
    return _configuration(name)


@blueprint.get("/gateway-watch/<path:name>")
def gateway_watch(name: str) -> str:
    """Step three: what has arrived and what has not, renewed by itself until all has."""
    open_menu("gateways")
    checks = _checks(name)
    values = {
        "name": name, "lines": [_line(check) for check in checks], "done": gateway_doctor.is_complete(checks),
        "seen": sum(check.state is State.SEEN for check in checks), "poll_s": POLL_S,
        "setup_url": _setup_url(name) if may("admin.gateway_configuration") else "",
    }  # fmt: skip
    return render_template("admin/gateway_watch_live.html" if is_part() else "admin/gateway_watch.html", **values)


def _setup_url(name: str) -> str:
    return url_for("admin.gateway_configuration", name=name, **said_interfaces())


def _form() -> GatewayForm:
    form, snapshot = GatewayForm(), here().policy.snapshot
    known = [name for name in _COMMON if name in FAMILIES]
    names = [*known, *sorted(set(FAMILIES) - set(known))]
    form.family.choices = [(name, labels.choice(name)) for name in names]
    offices = sight.offices(snapshot, here().scope)
    form.opd.choices = [("", gettext("(choose later)")), *((opd.code, f"{opd.code} · {opd.name}") for opd in offices)]
    links = sorted(link.name for link in snapshot.links.values())
    form.link.choices = [("", "–"), *((link, link) for link in links)]
    if request.method == "GET" and argument("address"):
        form.address.data = argument("address")
    return form


def _configuration(name: str) -> ResponseReturnValue:
    snapshot = here().policy.snapshot
    try:
        found = secrets_of(snapshot, name)
    except NotFound:
        abort(404)
    options = ConfigOptions(
        wan_interface=argument("wan_interface") or None, hotspot_interface=argument("hotspot_interface") or None
    )
    dialect = dialect_of(found.nas.family)
    facts = facts_of(found.nas, dialect, options, Shown(found.secret, found.uam_secret, ""))
    notes = [note_text(note, current_language()) for note in facts.notes]
    answer = make_response(
        render_template(
            "admin/gateway_wizard_setup.html", name=name, said=said_interfaces(),
            has_site=bool(snapshot.sites_of_nas(found.nas.id)), secret=found.secret, notes=notes,
            files=configuration(facts, dialect),
        )
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _blame(form: GatewayForm, error: InvalidValue | Conflict) -> None:
    controls: dict[str, Control] = {control.name: control for control in form}
    field = error.field if isinstance(error, InvalidValue) else "name"
    said = refusal(error) if isinstance(error, InvalidValue) else conflicts.told(error)
    controls.get(field, form.name).errors = [said]


def _checks(name: str) -> list[Check]:
    context = here()
    signer = class_signer(context.keyring)
    with context.database.read() as connection:
        surgery = gateway_doctor.Surgery(
            connection, context.policy.snapshot, context.settings, signer, context.now_s, server_host()
        )
        return gateway_doctor.watch(surgery, name)


def _line(check: Check) -> Line:
    title, hint = STEPS[check.step]
    finding, language = check.finding, current_language()
    told = "" if finding is None else gateway_doctor.told(in_words(finding), language)
    remedy = "" if finding is None else gateway_doctor.remedy(finding, language)
    if check.state is State.AWAITED:
        told, remedy = str(hint), remedy if finding is not None and finding.enter else ""
    is_wrong = check.state is not State.SEEN and finding is not None
    return Line(
        str(title), _MOODS[check.state], str(_STATES[check.state]), told, remedy,
        finding.enter if is_wrong and finding else "", finding.command if is_wrong and finding else "",
    )  # fmt: skip
