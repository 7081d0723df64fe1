"""What was enforced: refused and slowed log-ins, new limits and ended sessions with their answers; as CSV too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from flask import Response, render_template, url_for
from flask_babel import gettext

from netquota.domain.people import username_key
from netquota.domain.periods import start_of
from netquota.services import enforced as told
from netquota.storage.enforced_report import Cursor, Enforced, EnforcedFilter, EnforcedKind, enforced
from netquota.storage.order_store import OrderState
from web.admin.door import PAGE_ROWS, argument, blueprint, local_date
from web.components import Mood
from web.context import here
from web.preferences import link_with
from web.rendering import current_language

_DAYS_BACK = 7
_MOST_EXPORTED = 20_000
_FIELDS = ("q", "user", "opd", "nas", "kind", "from", "until")
_MOODS = {
    OrderState.ACKNOWLEDGED: Mood.OK, OrderState.REFUSED: Mood.BAD, OrderState.GIVEN_UP: Mood.BAD,
    OrderState.SUPERSEDED: Mood.PLAIN,
}  # fmt: skip


@blueprint.get("/enforced", endpoint="enforced")
def enforced_page() -> str:
    """The log, newest first; `?user=`, `?opd=`, `?nas=`, `?kind=`, `?from=`, `?until=`, `?q=`, `?after=`."""
    context = here()
    with context.database.read() as connection:
        found, following = enforced(connection, _wanted(PAGE_ROWS))
    language, snapshot = current_language(), context.policy.snapshot
    after = None if following is None else link_with(after=f"{following.decision}.{following.order}")
    return render_template(
        "admin/enforced.html", found=[_shown(one) for one in found], older=after,
        first_url=link_with(after="") if argument("after") else None, scoped=not context.scope.is_all,
        asked={name: argument(name) for name in _FIELDS}, csv_url=_csv_url(),
        kinds=[(kind.value, told.done(kind, language)) for kind in EnforcedKind],
        opds=sorted(opd.code for opd in snapshot.opds.values()),
        clients=sorted(nas.name for nas in snapshot.nas_by_id.values()),
    )  # fmt: skip


@blueprint.get("/enforced.csv")
def enforced_csv() -> Response:
    """All that the filter finds, up to 20,000 entries, as CSV for a spreadsheet."""
    context = here()
    with context.database.read() as connection:
        found, _ = enforced(connection, replace(_wanted(_MOST_EXPORTED), after=None))
    lines = told.as_csv(found, current_language(), context.zone)
    name = f"netquota-enforced-{context.now:%Y%m%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response("\ufeff" + "".join(lines), mimetype="text/csv", headers=headers)


def _csv_url() -> str:
    """The file of what the page asks for, however far one has turned."""
    return url_for("admin.enforced_csv", **{name: text for name in _FIELDS if (text := argument(name))})


def _wanted(most: int) -> EnforcedFilter:
    """The address's wishes; days are local and both included; without them the last week."""
    context, snapshot = here(), here().policy.snapshot
    first, last = local_date(argument("from")), local_date(argument("until"))
    clients = {nas.name: nas.id for nas in snapshot.nas_by_id.values()}
    offices = {opd.code: opd.id for opd in snapshot.opds.values()}
    user, nas, opd, kind = argument("user"), argument("nas"), argument("opd"), argument("kind")
    person = snapshot.subscribers.get(username_key(user)) if user else None
    return EnforcedFilter(
        context.now_s - _DAYS_BACK * 86400 if first is None else _start(first),
        None if last is None else _start(last + timedelta(days=1)),
        EnforcedKind(kind) if kind in set(EnforcedKind) else None,
        None if not user else -1 if person is None else person.id,
        offices.get(opd, -1) if opd else None,
        clients.get(nas, -1) if nas else None, argument("q"), _cursor(argument("after")), most,
        context.scope,
    )  # fmt: skip


def _start(day: date) -> int:
    return start_of(day, here().zone)


def _cursor(text: str) -> Cursor | None:
    decision, _, order = text.partition(".")
    return Cursor(int(decision), int(order)) if decision.isdecimal() and order.isdecimal() and len(text) < 40 else None


def _shown(one: Enforced) -> tuple[Enforced, str, str, list[str], Mood, str]:
    """An entry with what was done, why, all reasons, and how it ended."""
    language, zone = current_language(), here().zone
    mood = Mood.PLAIN if one.state is None else _MOODS.get(one.state, Mood.INFO)
    why = told.why(one, language, zone) or gettext("no reason was noted")
    return one, told.what(one, language), why, told.steps(one, language, zone), mood, told.answer(one, language)
