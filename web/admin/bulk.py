"""One change for many: those that a list's filter finds, one field, who is affected, then saved or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from netquota.errors import Conflict, InvalidValue
from netquota.services import allocate, bulk, drafts
from netquota.services.allocate import Record
from netquota.services.bulk import Bulk, Refused
from netquota.services.catalogue import KINDS, Kind
from web import conflicts, remedies
from web.admin import labels
from web.admin.door import author, blueprint, may, may_edit, role
from web.admin.exporting import wishes_of
from web.admin.thing_forms import Choices, ThingForm, form_for
from web.admin.things import list_url
from web.auth.rights import settable
from web.context import here

_WITH: Mapping[str, tuple[str, ...]] = {
    "status": ("status_why",), "override": ("override_until", "override_why"), "boost": ("boost_until", "boost_why"),
}  # fmt: skip
"""Fields that are asked for beside another."""
_BESIDE = frozenset(name for names in _WITH.values() for name in names)


@dataclass(frozen=True, slots=True)
class Affected:
    """One thing of the preview: its name, each field from what to what, and what should be better."""

    key: str
    fields: list[tuple[str, str, str]]
    warnings: tuple[str, ...] = ()


@blueprint.route("/bulk/<kind>", methods=["GET", "POST"])
def bulk_change(kind: str) -> ResponseReturnValue:
    """`?field=` and the list's filter: whom it concerns; sent, what it would do; sent with `apply`, it is done."""
    of = _kind(kind)
    fields = _fields(of)
    field = request.values.get("field", "")
    if field not in fields:
        field = ""
    wanted = wishes_of(of)
    page = allocate.listing(here().office, kind, replace(wanted, sort="", page=1, size=bulk.MOST))
    form = form_for(of, Choices(here().policy.snapshot, here().scope, role()), None)
    if request.method == "GET" or not field:
        return _page(of, field, form, page.records, page.total)
    keys, values = request.form.getlist("key"), _values(form, field)
    why = str(form.control("why").data or "")
    try:
        if "apply" in request.form:
            done = bulk.change_many(here().office, kind, keys, values, author(why))
            here().changed()
            for text in done.warnings:
                flash(conflicts.told_text(text), "warn")
            flash(gettext("%(number)s changed, %(same)s stood so already.", number=len(done.changes), same=done.same))
            return redirect(list_url(kind))
        if "draft" in request.form and kind in drafts.KINDS and may("admin.draft_act"):
            name = gettext("%(field)s of %(number)s", field=labels.short(kind, field), number=len(keys))
            number = drafts.make(here().office, name, [(kind, key, values) for key in keys], author(why))
            return redirect(url_for("admin.draft", number=number))
        done = bulk.change_many(here().office, kind, keys, values, author(why), dry_run=True)
    except Refused as error:
        return _page(of, field, form, page.records, page.total, said(error.error, error.key)), 400
    except InvalidValue as error:
        return _page(of, field, form, page.records, page.total, said(error)), 400
    except Conflict as error:
        return _page(of, field, form, page.records, page.total, conflicts.told(error)), 409
    return _page(of, field, form, page.records, page.total, done=done)


def affected(kind: str, done: Bulk) -> list[Affected]:
    """What a bulk change, or a way back, does, thing by thing."""
    return [
        Affected(
            each.key,
            [(labels.short(kind, name), labels.value(each.before.get(name, "")), labels.value(text))
             for name, text in each.after.items()],
            tuple(conflicts.told_text(text) for text in each.warnings),
        )
        for each in done.changes
    ]  # fmt: skip


def _page(
    of: Kind, field: str, form: ThingForm, records: Sequence[Record], total: int, problem: str = "",
    done: Bulk | None = None,
) -> str:  # fmt: skip
    names = (field, *_WITH.get(field, ())) if field else ()
    chosen = request.form.getlist("key") if request.method == "POST" else [record.key for record in records]
    fields = [(name, labels.short(of.name, name)) for name in _fields(of)]
    return render_template(
        "admin/bulk.html", kind=of.name, field=field, fields=fields,
        controls=[form.control(name) for name in names if name in form.names], why=form.control("why"),
        records=records, total=total, most=bulk.MOST, chosen=set(chosen), problem=problem, hint_of=labels.hint,
        done=done, affected=affected(of.name, done) if done else [], list_url=list_url(of.name),
        wishes={name: text for name, text in request.args.items() if name != "field"}, label=_label(of),
        may_draft=of.name in drafts.KINDS and may("admin.draft_act"),
    )  # fmt: skip


def _label(of: Kind) -> str:
    """The field that names a thing for people, beside its key."""
    return "name" if "name" in {each.name for each in of.fields} and of.key != "name" else ""


def _values(form: ThingForm, field: str) -> dict[str, str]:
    """What is to be set: the field, empty text included, and what is asked for beside it where it was given."""
    beside = {name: str(form.control(name).data or "").strip() for name in _WITH.get(field, ()) if name in form.names}
    return {field: str(form.control(field).data or "").strip(), **beside}


def _fields(of: Kind) -> list[str]:
    """What can be the same for many: neither what names a thing, nor secrets, nor what stands beside another field."""
    own = [
        each.name for each in of.fields
        if not (each.unique or each.format.is_secret or each.name in _BESIDE or each.name in {of.key, "name"})
    ]  # fmt: skip
    return settable(role(), of.name, own)


def _kind(name: str) -> Kind:
    if name not in KINDS or name in bulk.ONE_BY_ONE:
        abort(404)
    if not may_edit(name):
        abort(403)
    return KINDS[name]


def said(error: InvalidValue, key: str = "") -> str:
    """What is wrong with a value (of a thing), and what to do, in the page's language."""
    if error.field == "why":
        return gettext("Say why; others will read it.")
    if error.field == "key":
        return gettext("Choose from 1 to %(most)s of them.", most=bulk.MOST)
    told = f"{labels.short('', error.field)}: {remedies.told(error.remedy)}"
    return f"{key}, {told}" if key else told
