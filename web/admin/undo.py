"""Taking changes back: one's newest three for ten minutes by a strip, any of the audit trail by a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from netquota.errors import Conflict, NotFound
from netquota.services import bulk
from netquota.services.bulk import Refused, can_take_back
from netquota.storage import audit_store, report_store
from netquota.storage.audit_store import AuditEntry
from netquota.storage.database import Connection
from web import conflicts
from web.admin import labels, trail
from web.admin.bulk import affected, said
from web.admin.door import author, blueprint, may, may_edit
from web.admin.employees import WhyForm
from web.admin.things import page_url
from web.auth import guard, person
from web.components import Mood, Strip
from web.context import here
from web.frame import open_menu

UNDO_S = 600
_FRESH_S = 120
"""So long after it a change is told in full on every page; then it is folded with the others."""
_LOOKED_AT, _MOST_STRIPS = 50, 3


def strips() -> list[Strip]:
    """The strips of this person's newest changes, while they can be undone; for pages of the admin."""
    who = person.known_person()
    if who is None or not may("admin.undo"):
        return []
    with here().database.read() as connection:
        newest = audit_store.entries(connection, limit=_LOOKED_AT)
        mine = list(islice(_undoable(newest, who.admin.username), _MOST_STRIPS))
        return [_strip(connection, entry) for entry in mine]


def _undoable(newest: Sequence[AuditEntry], username: str) -> Iterator[AuditEntry]:
    """Of entries, newest first: one of each of the person's acts that can be undone, and that none overtook."""
    later: set[tuple[str, str]] = set()
    acts: set[str] = set()
    for entry in newest:
        thing, is_mine = (entry.kind, entry.key), entry.actor == username and here().now_s - entry.at_s <= UNDO_S
        is_open = thing not in later and (not entry.act or entry.act not in acts)
        if is_mine and is_open and can_take_back(entry) and may_edit(entry.kind, *entry.after):
            yield entry
        later.add(thing)
        acts.add(entry.act)


def _strip(connection: Connection, entry: AuditEntry) -> Strip:
    until = datetime.fromtimestamp(entry.at_s + UNDO_S, UTC)
    address = url_for("admin.undo", entry_id=entry.id, next=request.path)
    others = len(bulk.together(connection, entry)) - 1
    more = gettext("And %(number)s more alike.", number=others) if others else ""
    told = " ".join(part for part in (trail.change_words(entry), more, _taken(connection, entry)) if part)
    return Strip(told, Mood.OK, address, until, is_fresh=here().now_s - entry.at_s < _FRESH_S)


def may_take_back(entry: AuditEntry) -> bool:
    """Whether the person may: for the link beside an entry."""
    return can_take_back(entry) and may("admin.revert") and may_edit(entry.kind, *entry.after)


def _taken(connection: Connection, entry: AuditEntry) -> str:
    """How many running sessions have the change by now."""
    counts = report_store.orders_at(connection, entry.at_s * 1000)
    total = sum(counts.values())
    if not total:
        return ""
    return gettext("%(taken)s of %(all)s sessions have it.", taken=counts.get("acknowledged", 0), all=total)


@blueprint.post("/undo/<int:entry_id>")
def undo(entry_id: int) -> ResponseReturnValue:
    """Set back what an entry, and those made with it, changed, if nobody changed it since."""
    back = guard.own_path(request.args.get("next")) or url_for("admin.overview")
    entry = _entry(entry_id)
    if here().now_s - entry.at_s > UNDO_S:
        raise Conflict(gettext("Ten minutes are over; take it back from the audit trail, or change it by its form."))
    done = bulk.take_back(here().office, entry_id, author(gettext("Undone: change no. %(number)s", number=entry.id)))
    here().changed()
    for text in done.warnings:
        flash(conflicts.told_text(text), "warn")
    flash(gettext("Set back as it was."))
    return redirect(back)


@blueprint.route("/revert/<int:entry_id>", methods=["GET", "POST"])
def revert(entry_id: int) -> ResponseReturnValue:
    """What taking an entry back would do; sent, it is done."""
    open_menu("audit")
    entry, form, problem = _entry(entry_id), WhyForm(), ""
    back = guard.own_path(request.args.get("next")) or _back_to(entry)
    try:
        if form.validate_on_submit():
            done = bulk.take_back(here().office, entry_id, author(str(form.why.data)))
            here().changed()
            for text in done.warnings:
                flash(conflicts.told_text(text), "warn")
            flash(gettext("Set back as it was: %(number)s.", number=len(done.changes)))
            return redirect(back)
        would = bulk.take_back(here().office, entry_id, author("-"), dry_run=True)
    except Conflict as error:
        problem = said(error.error, error.key) if isinstance(error, Refused) else conflicts.told(error)
        would = bulk.Bulk((), 0, 0)
    page = render_template(
        "admin/revert.html", entry=entry, form=form, problem=problem, sessions=would.sessions,
        affected=affected(entry.kind, would), kind_of=labels.kind, back=back,
    )  # fmt: skip
    return page, 409 if problem else 400 if form.is_submitted() else 200


def _back_to(entry: AuditEntry) -> str:
    """The audit trail; the thing's page for who may not read that."""
    return url_for("admin.audit") if may("admin.audit") else page_url(entry.kind, entry.key)


def here_path() -> str:
    """The page that is shown, to come back to."""
    return request.path


def _entry(entry_id: int) -> AuditEntry:
    """An entry about a thing in this person's sight that he may set back. Raises `NotFound`."""
    with here().database.read() as connection:
        entry = bulk.entry_of(connection, here().office, entry_id)
    is_known = can_take_back(entry) or bulk.is_of_import(entry)  # of an import the service says why not
    if not is_known or not may_edit(entry.kind, *entry.after):
        raise NotFound("change", entry_id)
    return entry
