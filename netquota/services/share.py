"""Use case: a round over a shared ceiling. What its sessions have and want is read under its lock, planned, ordered.

Reductions leave at once, increases as their room is acknowledged: each answer, log-in and change of demand asks for
another round (share_desk.py). The orders are reconcile's, as all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netquota.domain.share_round import Member, Plan, plan
from netquota.services.enforce import decide_running, place_of, reconcile
from netquota.services.facts import Policy, can_change_rate
from netquota.services.gateways import GatewayBook
from netquota.services.live import load
from netquota.services.share_pool import Due, Reading, SharedPlace, ceiling_of, least_allowed, members, read
from netquota.storage.database import Connection
from netquota.storage.ledger_store import Page
from netquota.storage.session_row import SessionRow
from netquota.storage.share_store import GivenShare, drop_shares, lock_ceiling, note_round, write_shares

LEAST_BETWEEN_MS = 900
"""No two rounds over one ceiling are nearer, whoever makes them."""


@dataclass(frozen=True, slots=True)
class Round:
    """What a round found: sessions looked at, those ordered for, those whose increase waits for room."""

    looked_at: int
    ordered: tuple[int, ...]
    waiting: frozenset[int]


def rebalance(
    page: Page, connection: Connection, policy: Policy, gateways: GatewayBook, place: SharedPlace, now_ms: int
) -> Round | None:
    """Share the ceiling anew and order what may leave now; None where another round was just made."""
    last_ms = lock_ceiling(connection, place.opd.id)
    if 0 <= now_ms - last_ms < LEAST_BETWEEN_MS:
        return None
    note_round(connection, place.opd.id, now_ms)
    reading = read(page, connection, place, now_ms)
    drop_shares(connection, set(reading.shares).difference(row.id for row in reading.rows))
    dues = _dues(page, policy, gateways, reading.rows, now_ms // 1000)
    running = members(reading, lambda row: dues.get(row.id))
    planned = plan(ceiling_of(policy, reading), running)
    ordered = _order(page, connection, policy, gateways, reading, running, planned, now_ms)
    return Round(len(running), ordered, planned.waiting)


def _dues(page: Page, policy: Policy, gateways: GatewayBook, rows: Sequence[SessionRow], now_s: int) -> dict[int, Due]:
    """What each session would get without the sharing; those whom no order reaches, or who must go, are left out."""
    by_id = policy.snapshot.subscriber_by_id
    people = {row.employee_id: person for row in rows if row.employee_id and (person := by_id.get(row.employee_id))}
    live, pools = load(page, list(people.values()), now_s)
    figures = {figure.quota_id: figure for figure in pools}
    dues: dict[int, Due] = {}
    for row in rows:
        where = place_of(policy, gateways, row)
        person = None if row.employee_id is None else people.get(row.employee_id)
        if where is None or person is None or not can_change_rate(where):
            continue
        decision = decide_running(policy, person, where, live[person.id], figures, row, now_s)
        if decision.accepted and decision.needs_grant:  # while enforcement is paused nothing is shared
            dues[row.id] = Due(decision.rate, person.share_weight)
    return dues


def _order(
    page: Page,
    connection: Connection,
    policy: Policy,
    gateways: GatewayBook,
    reading: Reading,
    running: Sequence[Member],
    planned: Plan,
    now_ms: int,
) -> tuple[int, ...]:
    """Write the orders and, for those that were written, what the sessions have from now on."""
    wanted = dict(planned.orders)
    rows = {row.id: row for row in reading.rows}
    found = reconcile(page, connection, policy, gateways, [rows[key] for key in wanted], now_ms, wanted)
    has = {member.id: member.applied for member in running}
    now_s = now_ms // 1000
    given = [GivenShare(key, wanted[key], least_allowed(reading, rows[key], has[key]), now_s) for key in found.ordered]
    given += [GivenShare(key, has[key], has[key], 0) for key in has if key not in {*reading.shares, *found.ordered}]
    write_shares(connection, reading.place.opd.id, given)
    return found.ordered
