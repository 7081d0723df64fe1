"""The audit trail: who changed what, from what to what, why; whether the chain is whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Response, render_template, request, url_for
from flask_babel import gettext

from netquota.domain.periods import start_of
from netquota.services.office import SCHEDULER
from netquota.services.sheet import MOST_ROWS, Cell
from netquota.storage import audit_store
from netquota.storage.audit_store import AuditEntry, AuditFilter
from web.admin import labels, trail
from web.admin.door import PAGE_ROWS, argument, blueprint, local_date
from web.admin.exporting import file_of
from web.components import Mood
from web.context import here
from web.preferences import link_with

_LOOKED_AT = 10 * PAGE_ROWS


@dataclass(frozen=True, slots=True)
class Fold:
    """Entries that one act made alike of several things; the newest is shown, the others are named."""

    shown: AuditEntry
    others: list[AuditEntry]


@blueprint.get("/audit")
def audit() -> str:
    """Entries, newest first, by actor, action, kind, key and days; `?verify=1` checks the whole chain.

    What one act did alike to several things stands in one line; `?each=1` gives each its own.
    """
    context = here()
    asked = {name: argument(name) for name in ("actor", "action", "kind", "key", "from", "until")}
    before = argument("before")
    badge: tuple[Mood, str] | None = None
    with context.database.read() as connection:
        found = audit_store.entries(
            connection, _filter(asked), int(before) if before.isdecimal() else None, limit=_LOOKED_AT + 1
        )
        if request.args.get("verify"):
            problems = audit_store.verify(connection)
            badge = (
                (Mood.BAD, problems[0])
                if problems
                else (Mood.OK, gettext("chain whole: nothing was altered or removed"))
            )
        head = audit_store.head(connection)
    folds = _folded(found[:_LOOKED_AT], each=bool(argument("each")))[:PAGE_ROWS]
    last = [folds[-1].shown, *folds[-1].others][-1] if folds else None
    older = link_with(before=str(last.id)) if last is not None and last.id != found[-1].id else None
    wishes = {name: text for name, text in asked.items() if text}
    return render_template(
        "admin/audit.html", csv_url=url_for("admin.audit_file", format="csv", **wishes),
        xlsx_url=url_for("admin.audit_file", format="xlsx", **wishes),
        folds=folds, each_url=link_with(each="1"), asked=asked, badge=badge, head=head, older=older,
        actions=trail.actions(), kinds=[(name, str(text)) for name, text in labels.KINDS.items()], kind_of=labels.kind,
        thing_of=labels.thing,
        verify_url=link_with(verify="1"), first_url=link_with(before="") if before else None,
    )  # fmt: skip


def _folded(entries: Sequence[AuditEntry], *, each: bool) -> list[Fold]:
    folds: list[Fold] = []
    for entry in entries:
        if folds and not each and _act_of(folds[-1].shown) == _act_of(entry):
            folds[-1].others.append(entry)
        else:
            folds.append(Fold(entry, []))
    return folds


def _act_of(entry: AuditEntry) -> tuple[object, ...]:
    """What stands in one line: what belongs to one act, and what the clock did in one second to things of a kind."""
    if entry.act:
        return entry.act, entry.action, entry.kind
    return (entry.at_s, entry.action, entry.kind) if entry.actor == SCHEDULER else (entry.id,)


@blueprint.get("/audit/file")
def audit_file() -> Response:
    """The entries that the filter finds, newest first, as CSV or XLSX."""
    asked = {name: argument(name) for name in ("actor", "action", "kind", "key", "from", "until")}
    with here().database.read() as connection:
        found = audit_store.entries(connection, _filter(asked), limit=MOST_ROWS)
    columns = (gettext("Time"), gettext("Who"), gettext("What was done"), gettext("Of what kind"), gettext("Which one"),
               gettext("From"), gettext("Becomes"), gettext("Why"))  # fmt: skip
    return file_of("audit", gettext("Audit trail"), columns, [_row(entry) for entry in found])


def _row(entry: AuditEntry) -> tuple[Cell, ...]:
    at = datetime.fromtimestamp(entry.at_s, here().zone).isoformat(timespec="seconds")
    return (
        at, entry.actor, trail.action(entry.action), labels.kind(entry.kind), entry.key,
        trail.told(entry.kind, entry.before), trail.told(entry.kind, entry.after), entry.why,
    )  # fmt: skip


def _filter(asked: dict[str, str]) -> AuditFilter:
    """The address's wishes; days are local and both included."""
    first, last = local_date(asked["from"]), local_date(asked["until"])
    return AuditFilter(
        asked["actor"] or None, asked["action"] or None, asked["kind"] or None, asked["key"] or None,
        _start(first), _start(None if last is None else last + timedelta(days=1)),
    )  # fmt: skip


def _start(day: date | None) -> int | None:
    return None if day is None else start_of(day, here().zone)
