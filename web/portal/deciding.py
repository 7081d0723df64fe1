"""What the gateway's question would be answered, asked before the gateway is: so that a refusal is told on our page."""

from __future__ import annotations

from netquota.domain.deciding import Asking
from netquota.domain.people import Subscriber
from netquota.domain.places import Ability, Nas
from netquota.domain.policy import Decision
from netquota.services.facts import Place, decision_for, site_of
from netquota.services.live import load
from netquota.storage.ledger_store import Books
from netquota.storage.session_row import SessionRow
from web.context import Context
from web.portal.state import Start

_UNKNOWN = Nas(0, "", "0.0.0.0", b"", "plain")


def place(context: Context, start: Start) -> Place:
    """Where the log-in comes from, as far as it is known; an unknown client limits nothing."""
    snapshot = context.policy.snapshot
    nas = None if start.nas_id is None else snapshot.nas_by_id.get(start.nas_id)
    if nas is None:
        return Place(_UNKNOWN, None)
    gateway = context.gateways.named(nas.id, start.identity)
    works, ends = (Ability.LEARN, Ability.LEARN) if gateway is None else (gateway.rate_works, gateway.ends)
    return Place(nas, site_of(snapshot, nas, start.identity, start.server, ""), works, ends)


def decide_login(context: Context, start: Start, person: Subscriber) -> Decision:
    """The decision that the log-in would get now."""
    with Books(context.database).reading() as page:
        live, pools = load(page, [person], context.now_s)
    mine, shared = live[person.id], {figure.quota_id: figure for figure in pools}
    return decision_for(
        context.policy, person, place(context, start), mine.figures, shared, tuple(mine.sessions.values()),
        Asking(start.mac), context.now_s,
    )  # fmt: skip


def open_sessions(context: Context, person: Subscriber) -> list[SessionRow]:
    """The person's running sessions, the oldest first."""
    with Books(context.database).reading() as page:
        return sorted(page.open_sessions_of([person.id]), key=lambda row: (row.started_s, row.id))
