"""Drafts of limits: what they change, what last week would have been with them; published, timed, or run in shadow."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from netquota.domain.periods import local_instant
from netquota.errors import Conflict, InvalidValue, NotFound
from netquota.services import draft_simulation
from netquota.services import drafts as desk
from netquota.services.drafts import Tried
from netquota.storage import draft_store
from netquota.storage.draft_store import DayHit, Draft, DraftState
from web import conflicts, remedies
from web.admin import labels
from web.admin.bulk import Affected
from web.admin.door import author, blueprint
from web.components import Mood
from web.context import here
from web.frame import open_menu

SHOWN = 60
STATES = {
    DraftState.DRAFT: (Mood.PLAIN, _("draft")), DraftState.SCHEDULED: (Mood.INFO, _("waits for its time")),
    DraftState.SHADOW: (Mood.INFO, _("in shadow")), DraftState.PUBLISHED: (Mood.OK, _("published")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shadowed:
    """What shadow showed of one subject over the days: with use, with a cut, and how much was cut."""

    name: str
    days: int
    cut_days: int
    cut_bins: int
    cut_octets: int


@blueprint.get("/drafts", endpoint="drafts")
def all_drafts() -> str:
    """All drafts, the newest first."""
    open_menu("allocation")
    return render_template("admin/drafts.html", drafts=desk.listing(here().office), states=STATES)


@blueprint.get("/drafts/<int:number>")
def draft(number: int) -> ResponseReturnValue:
    """One draft: its changes, what last week would have been, and what can be done with it."""
    return _page(number)


@blueprint.post("/draft-act/<int:number>")
def draft_act(number: int) -> ResponseReturnValue:
    """Publish now or at a time, run in shadow, back to a draft, leave one out, discard: as the button says."""
    office, by, act = here().office, author(request.form.get("why", "")), request.form.get("act", "")
    acts: dict[str, Callable[[], object]] = {
        "publish": lambda: desk.publish(office, number, by, request.form.get("saw")),
        "schedule": lambda: desk.schedule(office, number, _moment(), by, request.form.get("saw")),
        "shadow": lambda: desk.begin_shadow(office, number, by),
        "back": lambda: desk.back_to_draft(office, number, by),
        "leave_out": lambda: desk.leave_out(office, number, *_left_out(), by),
        "discard": lambda: desk.discard(office, number, by),
    }
    if act not in acts:
        abort(404)
    try:
        acts[act]()
    except InvalidValue as error:
        told = gettext("Say why; others will read it.") if error.field == "why" else remedies.told(error.remedy)
        return _page(number, told), 400
    except Conflict as error:
        return _page(number, conflicts.told(error)), 409
    here().changed()
    flash(_said(act))
    return redirect(url_for("admin.drafts") if act == "discard" else url_for("admin.draft", number=number))


def _page(number: int, problem: str = "") -> ResponseReturnValue:
    open_menu("allocation")
    context = here()
    found = desk.opened(context.office, number)
    would: Tried | None = None
    if found.state is not DraftState.PUBLISHED:
        try:
            would = desk.tried(context.office, found)
        except (Conflict, NotFound) as error:
            problem = problem or conflicts.told(error)
    late = [] if found.state is DraftState.PUBLISHED else desk.overtaken(context.office, found)
    with context.database.read() as connection:
        simulated = draft_simulation.last_week(connection, context.policy, found, context.now_s)
        shadow = _shadowed(draft_store.hits(connection, number))
    people = sorted((each for each in simulated.people if each.cut_bins), key=lambda each: -each.cut_bins)
    return render_template(
        "admin/draft.html", draft=found, states=STATES, problem=problem, would=would, affected=_affected(found, would),
        simulated=simulated, people=people[:SHOWN], more_people=max(0, len(people) - SHOWN), shadow=shadow,
        is_open=found.state is not DraftState.PUBLISHED, kind_of=labels.kind, late=late,
        outcome=_outcome(found.outcome), saw=desk.sight(context.office, found),
        label_of_field=labels.short, shown=labels.value,
    )  # fmt: skip


def _outcome(text: str) -> str:
    """What came of it, in the page's language."""
    done = re.fullmatch(r"(\d+) changed", text)
    if done is not None:
        return ngettext("%(num)s change was made", "%(num)s changes were made", int(done[1]))
    kept = re.fullmatch(r"not published: (.*)", text)
    return text if kept is None else gettext("not published: %(why)s", why=conflicts.told(Conflict(kept[1])))


def _affected(found: Draft, would: Tried | None) -> list[tuple[str, Affected]]:
    """(kind, what changes) of each thing; as the draft says it where it cannot be tried."""
    if would is None:
        return [
            (
                kind,
                Affected(key, [(labels.short(kind, name), "–", labels.value(text)) for name, text in values.items()]),
            )
            for (kind, key), values in found.changes.items()
        ]
    return [
        (
            each.kind,
            Affected(
                each.key,
                [(labels.short(each.kind, name), labels.value(each.before.get(name, "")), labels.value(text))
                 for name, text in each.after.items()],
            ),
        )
        for each in would.changes
    ]  # fmt: skip


def _shadowed(hits: Sequence[DayHit]) -> list[Shadowed]:
    names = sorted({each.name for each in hits if each.name})
    found: list[Shadowed] = []
    for name in names:
        mine = [each for each in hits if each.name == name]
        cut = [each for each in mine if each.cut_bins]
        total = sum(each.cut_bins for each in mine), sum(each.cut_octets for each in mine)
        found.append(Shadowed(name, len({each.day for each in mine}), len({each.day for each in cut}), *total))
    return sorted(found, key=lambda each: (-each.cut_bins, each.name))


def _moment() -> int:
    """When it is to be published. Raises `InvalidValue`."""
    text = request.form.get("publish_at", "").replace("T", " ").strip()
    if not text:
        raise InvalidValue("publish_at", text, "give a moment to come")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        remedy = "give a local date or time such as 2026-12-31 or 2026-12-31 16:00"
        raise InvalidValue("publish_at", text, remedy) from None
    return int(local_instant(moment.date(), moment.time(), here().zone).timestamp())


def _left_out() -> tuple[str, str]:
    kind, _slash, key = request.form.get("what", "").partition("/")
    return kind, key


def _said(act: str) -> str:
    return {
        "publish": gettext("Published; running sessions follow."),
        "schedule": gettext("It will be published at its time."),
        "shadow": gettext("It runs in shadow for a month; nobody is touched."),
        "back": gettext("It is a draft again."),
        "leave_out": gettext("Left out."),
        "discard": gettext("The draft is forgotten."),
    }[act]
