"""Use cases of the clock: what must happen to running sessions without a packet. Each only names sessions to look at.

A period, a window and an end are pure functions of time (model.md, Rotation), so doing one of these twice changes
nothing: what reconcile() ordered already is not ordered again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from netquota.domain.people import Subscriber
from netquota.services.enforce import differing, reconcile
from netquota.services.live import STALE_INTERVALS
from netquota.services.renewals import Caps
from netquota.services.shift import Shift, in_parts
from netquota.storage.feed_store import publish
from netquota.storage.order_store import end_orders_of_ended, ended_with_orders
from netquota.storage.presence import online_people, silent_sessions
from netquota.storage.session_row import SessionRow

PEOPLE_IN_STEP = 200
SESSIONS_IN_STEP = 50  # a few milliseconds under the writer's lock


def refill(shift: Shift, due_s: int) -> str:
    """Quota periods began: whoever was slowed or capped by one of them gets what the new period gives.

    The new ledger row opens by itself with the first packet.
    """
    begun = shift.almanac.quotas_begun(due_s)
    return look_again(shift, (p.id for p in _online(shift) if any(quota.id in begun for quota in p.quotas)))


def edges(shift: Shift, due_s: int) -> str:
    """A schedule's window began or ended, an override, a validity or a pause ended: the sessions that this concerns."""
    concerned = shift.almanac.people_at(due_s)
    return look_again(shift, (p.id for p in _online(shift) if concerned is None or p.id in concerned))


def slow_reconcile(shift: Shift, _due_s: int) -> str:
    """Look at everybody who is online: it heals whatever was missed."""
    with shift.reading() as (_, connection):
        people = online_people(connection)
    return look_again(shift, people)


def close_stale(shift: Shift, _due_s: int) -> str:
    """End sessions that were silent for three interim intervals, at their last news; they reopen if they speak."""
    with shift.reading() as (_, connection):
        silent = silent_sessions(connection, shift.now_s, STALE_INTERVALS)
    closed = sum(_close(shift, part) for part in in_parts(silent, SESSIONS_IN_STEP))
    return f"{closed} sessions ended at their last news"


def close_orders(shift: Shift, _due_s: int) -> str:
    """End the orders of sessions that ended: nobody is there for them any more."""
    with shift.reading() as (_, connection):
        left = ended_with_orders(connection)
    ended = 0
    for part in in_parts(left, SESSIONS_IN_STEP):
        with shift.step() as (page, connection):
            page.sessions_by_id(part)  # locked before their orders
            ended += end_orders_of_ended(connection, part, shift.now_ms)
    return f"{ended} orders superseded"


def look_again(shift: Shift, people: Iterable[int]) -> str:
    """Reconcile the open sessions of these people, part by part; only a part that needs orders is a write."""
    looked_at, ordered = 0, 0
    for part in in_parts(list(people), PEOPLE_IN_STEP):
        with shift.reading() as (page, connection):
            rows = page.open_sessions_of(part)
            caps = Caps(connection, writes=False)
            wanted = differing(page, shift.policy, shift.gateways, rows, shift.now_ms, caps=caps)
        looked_at += len(rows)
        for session_ids in in_parts([order.session_id for order in wanted], SESSIONS_IN_STEP):
            ordered += order_again(shift, session_ids)
    return f"{looked_at} sessions looked at, {ordered} orders"


def order_again(shift: Shift, session_ids: Sequence[int]) -> int:
    """Decide again on these sessions, locked, as something may have changed since they were read; how many orders."""
    with shift.step() as (page, connection):
        rows = page.sessions_by_id(sorted(session_ids))
        return len(reconcile(page, connection, shift.policy, shift.gateways, rows, shift.now_ms).ordered)


def _close(shift: Shift, session_ids: Sequence[int]) -> int:
    with shift.step() as (page, connection):
        rows = [row for row in page.sessions_by_id(session_ids) if _is_stale(row, shift.now_s)]
        for row in rows:
            row.ended_s, row.end_cause = row.last_event_s, "stale"
            row.now_down_bps = row.now_up_bps = None
        page.update_sessions(rows)
        end_orders_of_ended(connection, [row.id for row in rows], shift.now_ms)
        people = sorted({row.employee_id for row in rows if row.employee_id is not None})
        if people:
            publish(connection, shift.worker, json.dumps(people), shift.now_s)
    return len(rows)


def _is_stale(row: SessionRow, now_s: int) -> bool:
    return row.is_open and now_s - row.last_arrival_s > STALE_INTERVALS * row.interim_s


def _online(shift: Shift) -> list[Subscriber]:
    """Subscribers who are online; those without an account any more are the slow pass's affair."""
    with shift.reading() as (_, connection):
        ids = online_people(connection)
    by_id = shift.policy.snapshot.subscriber_by_id
    return [by_id[person] for person in ids if person in by_id]
