"""A gateway's configuration on a page: options, the files to copy or download, secrets after the password was given."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, IntegerField, SelectChoice, SelectField, StringField
from wtforms.validators import Length, NumberRange, Optional

from netquota.errors import InvalidValue, NotFound
from netquota.services.gateway_config import (
    DIALECTS,
    ConfigFile,
    ConfigOptions,
    Dialect,
    Note,
    Queues,
    Shown,
    configuration,
    dialect_of,
    note_text,
)
from netquota.services.gateway_secrets import GatewaySecrets, note_shown, secrets_of
from netquota.services.gateway_tokens import create_token
from web import conflicts
from web.admin.door import author, blueprint
from web.admin.gateway_setup import facts_of, interfaces_of
from web.auth.asking_again import AgainForm, is_the_person
from web.context import here
from web.rendering import current_language

_USUAL = {"routeros": "7", "queues": "simple", "hotspot_network": "10.5.50.0/24"}
_SHORT = [Optional(), Length(max=63)]


class OptionsForm(FlaskForm):
    """What only the admin knows of the gateway; empty = as usual for its make. It changes nothing, so it is a GET."""

    class Meta:
        csrf = False

    dialect = SelectField(_("Form"), choices=[SelectChoice(key, one.label) for key, one in DIALECTS.items()],
                          validate_choice=False)  # fmt: skip
    routeros = SelectField(_("RouterOS version"), choices=[SelectChoice("7", "7"), SelectChoice("6", "6")])
    queues = SelectField(
        _("An office's limit by"),
        choices=[
            SelectChoice("simple", _("one queue a site, its people's below it")),
            SelectChoice("tree", _("marks and a queue tree")),
        ],
    )
    wan_interface = StringField(_("Interface to the internet"), _SHORT)
    hotspot_interface = StringField(_("Interface with the users"), _SHORT)
    hotspot_network = StringField(_("The users' network"), _SHORT)
    fail_open_minutes = IntegerField(_("Let people through after, minutes"), [Optional(), NumberRange(1, 1440)])
    tunnel_address = StringField(_("Its address in the tunnel"), _SHORT)


class SecretsForm(AgainForm):
    """The password, and whether a token is to be made for fetching the queues' limits."""

    new_token = BooleanField(_("With a new token, with which it fetches its queues' limits"))


@dataclass(frozen=True, slots=True)
class _Wanted:
    found: GatewaySecrets
    dialect: Dialect
    options: ConfigOptions


@blueprint.get("/gateway-config/<path:name>")
def gateway_configuration(name: str) -> ResponseReturnValue:
    """The files with their secrets masked; `?file=` downloads one."""
    form = _options_form(name)
    wanted = _wanted(name, form)
    if wanted is None:
        return _page(name, form, SecretsForm(formdata=None), (), ()), 400
    files, notes = _files(wanted, Shown())
    asked = request.args.get("file")
    if asked is None:
        return _page(name, form, SecretsForm(formdata=None), files, notes)
    chosen = next((file for file in files if file.name == asked), None)
    return abort(404) if chosen is None else _download(chosen.name, chosen.text.encode(), "text/plain; charset=utf-8")


@blueprint.post("/gateway-config/<path:name>")
def gateway_configuration_secrets(name: str) -> ResponseReturnValue:
    """The files with their secrets, shown or downloaded, after the password was given; the audit trail notes it."""
    form, again = _options_form(name), SecretsForm()
    wanted = _wanted(name, form)
    if wanted is None:
        return _page(name, form, again, (), ()), 400
    masked, notes = _files(wanted, Shown())
    if not again.validate_on_submit():
        return _page(name, form, again, masked, notes), 400
    if not is_the_person(again):
        return _page(name, form, again, masked, notes), 403
    token = create_token(here().office, name, author()).text if again.new_token.data else ""
    note_shown(here().office, name, author())
    files, notes = _files(wanted, Shown(wanted.found.secret, wanted.found.uam_secret, token))
    if "download" in request.form:
        return _packed(name, files)
    answer = Response(_page(name, form, SecretsForm(formdata=None), files, notes, with_secrets=True))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _options_form(name: str) -> OptionsForm:
    """What was asked for, the rest as it is known of the gateway, or as usual for its make."""
    nas = next((each for each in here().policy.snapshot.nas_by_id.values() if each.name == name), None)
    usual = _USUAL | {"dialect": dialect_of("" if nas is None else nas.family).key}
    known = {} if nas is None else interfaces_of(nas)
    return OptionsForm(formdata=MultiDict(usual | known | request.values.to_dict()))


def _wanted(name: str, form: OptionsForm) -> _Wanted | None:
    """What is asked for; None where the options are wrong, which the form then says. Aborts for an unknown gateway."""
    try:
        found = secrets_of(here().policy.snapshot, name)
    except NotFound:
        abort(404)
    if not form.validate():
        return None
    minutes = form.fail_open_minutes.data
    try:
        dialect = dialect_of(found.nas.family, str(form.dialect.data))
        options = ConfigOptions(
            routeros=int(form.routeros.data or 7),
            wan_interface=form.wan_interface.data or None,
            hotspot_interface=form.hotspot_interface.data or None,
            hotspot_network=form.hotspot_network.data or "10.5.50.0/24",
            queues=Queues(form.queues.data or "simple"),
            fail_open_minutes=minutes if minutes is None else int(minutes),
            tunnel_address=form.tunnel_address.data or "",
        )
        wanted = _Wanted(found, dialect, options)
        _files(wanted, Shown())
    except (InvalidValue, NotFound) as error:
        _blame(form, error)
        return None
    return wanted


def _blame(form: OptionsForm, error: InvalidValue | NotFound) -> None:
    """The error beside its field; what no field is to blame for stands at the first."""
    named = error.field if isinstance(error, InvalidValue) and error.field in form else "dialect"
    remedy = error.remedy if isinstance(error, InvalidValue) else conflicts.told(error)
    if isinstance(error, InvalidValue) and error.field.startswith("gateways.tunnel"):
        named = "tunnel_address"
    form[named].errors = [*form[named].errors, remedy]


def _files(wanted: _Wanted, shown: Shown) -> tuple[tuple[ConfigFile, ...], tuple[Note, ...]]:
    facts = facts_of(wanted.found.nas, wanted.dialect, wanted.options, shown)
    return configuration(facts, wanted.dialect), facts.notes


def _page(
    name: str, form: OptionsForm, again: SecretsForm, files: Sequence[ConfigFile], notes: Sequence[Note],
    *, with_secrets: bool = False,
) -> str:  # fmt: skip
    chosen = {field.name: str(field.data) for field in form if field.data not in (None, "")}
    return render_template(
        "admin/gateway_configuration.html", name=name, form=form, again=again, files=files,
        notes=[note_text(note, current_language()) for note in notes],
        chosen=chosen, with_secrets=with_secrets, routeros=form.dialect.data == "routeros",
    )  # fmt: skip


def _packed(name: str, files: Sequence[ConfigFile]) -> Response:
    """One file as it is, several in a zip."""
    if len(files) == 1:
        return _download(files[0].name, files[0].text.encode(), "text/plain; charset=utf-8")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(file.place.lstrip("/"), file.text)
    return _download(f"{name}.zip", packed.getvalue(), "application/zip")


def _download(name: str, octets: bytes, kind: str) -> Response:
    answer = Response(octets, content_type=kind)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer
