"""Adding, changing and removing whatever the catalogue describes: one form each, the old value beside the new.

Every change says why, is checked against the version that the person saw, and can be looked at before it is saved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from netquota.domain.link_parts import short_links_with
from netquota.errors import Conflict, InvalidValue
from netquota.services import allocate
from netquota.services.allocate import Record
from netquota.services.catalogue import KINDS, Kind
from netquota.services.foresight import Reach, event_ceilings, foresee, foresee_new
from netquota.storage import ceiling_grant_store
from netquota.storage.ceiling_grant_store import CeilingGrant
from web import conflicts
from web.admin import gateway_setup, labels, words
from web.admin.door import author, blueprint, may_edit, role
from web.admin.thing_forms import FIRST, Choices, ThingForm, form_for, given
from web.auth.forms import refusal
from web.auth.rights import removing
from web.components import Change, TypedConfirmation
from web.context import here

_LISTS = {
    "opd": "admin.opds", "employee": "admin.employees", "plan": "admin.plans", "quota": "admin.quotas",
    "schedule": "admin.rotation", "nas": "admin.gateways", "link": "admin.links", "site": "admin.links",
    "admin": "admin.admins", "circuit": "admin.links", "device": "admin.devices", "application": "admin.applications",
    "holiday": "admin.days_off", "ramadan": "admin.days_off", "reachable": "admin.hotspot", "terms": "admin.hotspot",
    "rotation": "admin.rotation", "event": "admin.events",
}  # fmt: skip
_PAGES = {
    "opd": ("admin.opd", "code"), "employee": ("admin.employee", "username"), "nas": ("admin.gateway", "name"),
    "admin": ("admin.one_admin", "username"),
    "link": ("admin.link", "name"), "site": ("admin.site", "name"), "application": ("admin.application", "code"),
    "rotation": ("admin.turns", "key"),
}  # fmt: skip


FORESEEN = frozenset({"event"})
"""Kinds of which a new one can be looked at, too, before it is saved."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What saving would do: the fields that differ, and what running sessions have of it."""

    key: str
    changes: list[Change]
    reach: Reach
    held_by: str
    warnings: tuple[str, ...] = ()


def list_url(kind: str) -> str:
    """The list in which things of a kind stand."""
    return url_for(_LISTS[kind])


def page_url(kind: str, key: str) -> str:
    """The page of a thing; the list, where it has none."""
    page = _PAGES.get(kind)
    return list_url(kind) if page is None else url_for(page[0], **{page[1]: key})


@blueprint.route("/new/<kind>", methods=["GET", "POST"])
def new_thing(kind: str) -> ResponseReturnValue:
    """The form for a new thing; a secret that was made up is shown once."""
    of = _editable(kind)
    form = form_for(of, _choices(), request.args.to_dict() if request.method == "GET" else None)
    if request.method == "GET":
        return _page(of, form, None)
    if not form.validate_on_submit():
        return _page(of, form, None), 400
    try:
        values, by = given(form, of, None), author(str(form.control("why").data or ""))
        if request.form.get("preview") and kind in FORESEEN:
            return _page(of, form, None, _told(of, *foresee_new(here().office, here().after_change, kind, values, by)))
        done = allocate.add(here().office, kind, values, by)
    except (InvalidValue, Conflict) as error:
        _blame(form, error)
        return _page(of, form, None), 400
    here().changed()
    if done.generated:
        answer = make_response(
            render_template("admin/thing_secret.html", kind=kind, key=done.key, generated=done.generated,
                            next_url=page_url(kind, done.key), setup=_setup(done))
        )  # fmt: skip
        answer.headers["Cache-Control"] = "no-store"
        return answer
    for warning in done.warnings:
        flash(conflicts.told_text(warning), "warn")
    if kind == "employee":  # nobody logs in without one, and the form for new people has none
        flash(gettext("%(key)s was added. A password is still missing.", key=done.key))
        return redirect(url_for("admin.employee_password", username=done.key))
    flash(gettext("%(key)s was added.", key=done.key))
    return redirect(page_url(kind, done.key))


@blueprint.route("/edit/<kind>/<path:key>", methods=["GET", "POST"])
def edit_thing(kind: str, key: str) -> ResponseReturnValue:
    """The form of a thing as it stands; saved only if nobody changed it since it was shown."""
    of = _editable(kind)
    record = allocate.get(here().office, kind, key)
    form = form_for(of, _choices(), record.values)
    if request.method == "GET":
        return _page(of, form, record)
    if not form.validate_on_submit():
        return _page(of, form, record), 400
    try:
        values, by = given(form, of, record.values), author(str(form.control("why").data or ""))
        if request.form.get("preview"):
            return _page(of, form, record, _preview(of, record, values))
        done = allocate.change(here().office, kind, record.key, values, by, expected_version=_version())
    except (InvalidValue, Conflict) as error:
        _blame(form, error)
        return _page(of, form, record), 409 if isinstance(error, Conflict) else 400
    here().changed()
    for warning in done.warnings:
        flash(conflicts.told_text(warning), "warn")
    if done.action == "none":
        flash(gettext("Nothing was different; nothing was changed."), "info")
    return redirect(page_url(kind, done.key))


@blueprint.route("/remove/<kind>/<path:key>", methods=["GET", "POST"])
def remove_thing(kind: str, key: str) -> ResponseReturnValue:
    """Remove a thing that nothing refers to any more, once its name was typed."""
    of = _kind(kind)
    if role() not in removing(of.name):
        abort(403)
    record = allocate.get(here().office, kind, key)
    problem = ""
    if request.method == "POST":
        if request.form.get("phrase", "").strip() == record.key:
            try:
                allocate.remove(here().office, kind, record.key, author(), expected_version=_version())
            except Conflict as error:
                problem = conflicts.told(error)
            else:
                here().changed()
                flash(gettext("%(key)s was removed.", key=record.key))
                return redirect(list_url(kind))
        else:
            problem = gettext("That is not its name.")
    ask = TypedConfirmation(
        gettext("Remove %(kind)s %(key)s", kind=labels.kind(kind), key=record.key), record.key, gettext("Remove"),
        url_for("admin.remove_thing", kind=kind, key=record.key), page_url(kind, record.key),
        gettext("Its settings are lost."), gettext("What was counted, and the audit trail, are kept."), problem,
        {"version": str(record.version)},
    )  # fmt: skip
    return render_template("admin/thing_remove.html", ask=ask, kind=of.name), 409 if problem else 200


def _kind(name: str) -> Kind:
    if name not in KINDS:
        abort(404)
    return KINDS[name]


def _editable(name: str) -> Kind:
    """The kind, where this person may change things of it."""
    kind = _kind(name)
    if not may_edit(kind.name):
        abort(403)
    return kind


def _choices() -> Choices:
    return Choices(here().policy.snapshot, here().scope, role())


def _setup(done: allocate.Change) -> str:
    """What to enter at a new gateway; empty for other things."""
    if done.kind != "nas" or "secret" not in done.generated:
        return ""
    return gateway_setup.lines(done.after["family"], done.generated["secret"])


def _version() -> int | None:
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _blame(form: ThingForm, error: InvalidValue | Conflict) -> None:
    """Put what was wrong at the field it is about."""
    if isinstance(error, InvalidValue) and error.field in form.names:
        form.control(error.field).errors = [refusal(error)]
        return
    name = next(iter(form.names))
    form.control(name).errors = [conflicts.told(error)]


def _preview(of: Kind, record: Record, values: dict[str, str]) -> Preview:
    found = foresee(here().office, here().after_change, of.name, record.key, values, author(), _version())
    return _told(of, *found)


def _told(of: Kind, done: allocate.Change, reach: Reach) -> Preview:
    """The preview in words; of a new event also what becomes of its offices' ceilings."""
    changes = [
        Change(labels.field(of.name, name), labels.value(done.before.get(name, "")), labels.value(done.after[name]))
        for name in done.after
    ]
    if of.name == "event" and done.action == "add":
        changes += _ceilings(done.after)
    warnings = [conflicts.told_text(text) for text in done.warnings]
    if of.name == "event":
        warnings += _too_small(done.after)
    causes = sorted(reach.held_by.items(), key=lambda item: -item[1])
    held_by = ", ".join(f"{words.limit_cause(code) or gettext('not known')} ({number})" for code, number in causes)
    return Preview(done.key, changes, reach, held_by, tuple(warnings))


def _ceilings(event: Mapping[str, str]) -> list[Change]:
    found = event_ceilings(here().policy.snapshot.opds.values(), event)
    return [
        Change(gettext("Ceiling of %(opd)s meanwhile", opd=opd.code), labels.rate(now), labels.rate(then))
        for opd, now, then in found
    ]


def _too_small(event: Mapping[str, str]) -> list[str]:
    """Where a higher ceiling would give an office no more, since its link is too small."""
    snapshot = here().policy.snapshot
    return [
        labels.too_small(link, opd.code, part)
        for opd, _now, then in event_ceilings(snapshot.opds.values(), event)
        if then is not None
        for link, part in short_links_with(list(snapshot.sites.values()), opd, then)
    ]


def _page(of: Kind, form: ThingForm, record: Record | None, preview: Preview | None = None) -> str:
    first = FIRST.get(of.name, ())
    return render_template(
        "admin/thing_form.html", kind=of.name, form=form, record=record, preview=preview,
        first=[name for name in first if name in form.names], more=[name for name in form.names if name not in first],
        cancel_url=list_url(of.name) if record is None else page_url(of.name, record.key), hint_of=labels.hint,
        foreseen=FORESEEN, additions=_additions(of, record),
    )  # fmt: skip


def _additions(of: Kind, record: Record | None) -> list[CeilingGrant]:
    """What of an office's ceiling is added for a time: it is taken off again, whatever is typed meanwhile."""
    if of.name != "opd" or record is None:
        return []
    with here().database.read() as connection:
        return [each for each in ceiling_grant_store.grants(connection, record.row["id"]) if each.is_in_force]
