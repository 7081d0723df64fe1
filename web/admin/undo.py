"""Taking back the newest change of this person, for ten minutes, from the audit trail; undoing is a change too."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from netquota.errors import Conflict, NotFound
from netquota.services import allocate
from netquota.services.catalogue import KINDS
from netquota.services.fields import HIDDEN
from netquota.storage import audit_store, report_store
from netquota.storage.audit_store import AuditEntry
from netquota.storage.database import Connection
from web.admin import labels
from web.admin.door import author, blueprint
from web.auth import guard, person
from web.components import Mood, Strip
from web.context import here

UNDO_S = 600
_LOOKED_AT = 50
_FREE_OF_UNDO = frozenset({"admin"})


def strips() -> list[Strip]:
    """The strip of this person's newest change, while it can be undone; for pages of the admin."""
    who = person.known_person()
    if who is None:
        return []
    context = here()
    with context.database.read() as connection:
        newest = audit_store.entries(connection, limit=_LOOKED_AT)
        mine = next((entry for entry in newest if entry.actor == who.admin.username), None)
        if mine is None or context.now_s - mine.at_s > UNDO_S or not can_undo(mine):
            return []
        taken = _taken(connection, mine)
    until = datetime.fromtimestamp(mine.at_s + UNDO_S, UTC)
    address = url_for("admin.undo", entry_id=mine.id, next=request.path)
    return [Strip(f"{labels.change_words(mine)} {taken}".strip(), Mood.OK, address, until)]


def can_undo(entry: AuditEntry) -> bool:
    """Whether before and after are both known: changes of catalogue things without secrets."""
    values = (*entry.before.values(), *entry.after.values())
    known = entry.kind in KINDS and entry.kind not in _FREE_OF_UNDO
    return known and entry.action == "change" and HIDDEN not in values


def _taken(connection: Connection, entry: AuditEntry) -> str:
    """How many running sessions have the change by now."""
    counts = report_store.orders_at(connection, entry.at_s * 1000)
    total = sum(counts.values())
    if not total:
        return ""
    return gettext("%(taken)s of %(all)s sessions have it.", taken=counts.get("acknowledged", 0), all=total)


@blueprint.post("/undo/<int:entry_id>")
def undo(entry_id: int) -> ResponseReturnValue:
    """Set back what an entry changed, if nobody changed it since."""
    context = here()
    back = guard.own_path(request.args.get("next")) or url_for("admin.overview")
    with context.database.read() as connection:
        found = audit_store.entries(connection, before_id=entry_id + 1, limit=1)
    entry = found[0] if found and found[0].id == entry_id else None
    if entry is None or not can_undo(entry):
        raise NotFound("change", entry_id)
    if context.now_s - entry.at_s > UNDO_S:
        raise Conflict(gettext("Ten minutes are over; change it by its form instead."))
    record = allocate.get(context.office, entry.kind, entry.key)
    if any(record.values.get(name) != value for name, value in entry.after.items()):
        raise Conflict(gettext("It was changed again since; look at it and change it by its form."))
    by = author(gettext("Undone: change no. %(number)s", number=entry.id))
    allocate.change(
        context.office, entry.kind, entry.key, entry.before, by, expected_version=record.version
    )  # fmt: skip
    context.changed()
    flash(gettext("Set back as it was."))
    return redirect(back)
