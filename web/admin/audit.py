"""The audit trail: who changed what, from what to what, why; whether the chain is whole. And the admins themselves."""

from __future__ import annotations

from datetime import date, time, timedelta

from flask import render_template, request
from flask_babel import gettext

from netquota.domain.periods import local_instant
from netquota.services import allocate
from netquota.services.allocate import Wanted
from netquota.storage import audit_store
from netquota.storage.audit_store import AuditFilter
from web.admin import labels
from web.admin.door import PAGE_ROWS, argument, blueprint, local_date
from web.components import Mood
from web.context import here
from web.frame import role_name
from web.preferences import link_with


@blueprint.get("/audit")
def audit() -> str:
    """Entries, newest first, by actor, action, kind, key and days; `?verify=1` checks the whole chain."""
    context = here()
    asked = {name: argument(name) for name in ("actor", "action", "kind", "key", "from", "until")}
    before = argument("before")
    badge: tuple[Mood, str] | None = None
    with context.database.read() as connection:
        found = audit_store.entries(
            connection, _filter(asked), int(before) if before.isdecimal() else None, limit=PAGE_ROWS + 1
        )
        if request.args.get("verify"):
            problems = audit_store.verify(connection)
            badge = (
                (Mood.BAD, problems[0])
                if problems
                else (Mood.OK, gettext("chain whole: nothing was altered or removed"))
            )
        head = audit_store.head(connection)
    admins = allocate.listing(context.office, "admin", Wanted(size=allocate.LARGEST_PAGE)).records
    older = link_with(before=str(found[PAGE_ROWS - 1].id)) if len(found) > PAGE_ROWS else None
    return render_template(
        "admin/audit.html", entries=found[:PAGE_ROWS], asked=asked, badge=badge, head=head, older=older, admins=admins,
        actions=labels.actions(), kinds=[(name, str(text)) for name, text in labels.KINDS.items()], kind_of=labels.kind,
        thing_of=labels.thing,
        role_of=role_name, verify_url=link_with(verify="1"), first_url=link_with(before="") if before else None,
    )  # fmt: skip


def _filter(asked: dict[str, str]) -> AuditFilter:
    """The address's wishes; days are local and both included."""
    first, last = local_date(asked["from"]), local_date(asked["until"])
    return AuditFilter(
        asked["actor"] or None, asked["action"] or None, asked["kind"] or None, asked["key"] or None,
        _start(first), _start(None if last is None else last + timedelta(days=1)),
    )  # fmt: skip


def _start(day: date | None) -> int | None:
    return None if day is None else int(local_instant(day, time(0), here().zone).timestamp())
