"""Use case: accounting reports are counted. One transaction a batch; the answers wait for its commit.

Read the sessions locked, settle purely, write once; then the sessions of whoever crossed a line, and new ones, are
looked at again on the database's truth, and the orders that follow are written in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from netquota.domain.counters import Kind
from netquota.domain.quota import LedgerFigure, QuotaSubject, state
from netquota.services.enforce import reconcile
from netquota.services.facts import Policy
from netquota.services.gateways import GatewayBook
from netquota.services.settling import Entry, Settled, Settlement
from netquota.storage.database import Connection
from netquota.storage.feed_store import publish
from netquota.storage.ledger_store import Books, Page, charges_in_order
from netquota.storage.session_row import SessionRow
from radius.families.reports import ReportStatus

REMEMBERED_S = 14 * 86400  # a packet that late still finds its session


@dataclass(frozen=True, slots=True)
class Counted:
    """What a batch left in the books: sessions and figures as they now stand, people touched, sessions ordered for."""

    rows: list[SessionRow]
    figures: list[LedgerFigure]
    people: set[int]
    ordered: tuple[int, ...]
    kinds: list[Kind]


Extra = Callable[[Connection], None]


def count(
    books: Books, policy: Policy, gateways: GatewayBook, entries: Sequence[Entry], worker: str, now_ms: int,
    also: Extra | None = None,
) -> Counted:
    """Count a batch of reports, durably when this returns. `also` writes more in the same transaction.

    Raises `StorageUnavailable`: then nothing was counted and nobody may be answered.
    """
    with books.page() as (page, connection):
        settled = _settle(page, policy, entries)
        figures = _write(page, settled)
        rows = settled.changed()
        crossed = _crossed(policy, settled, figures)
        people = {row.employee_id for row in rows if row.employee_id is not None}
        _close_replaced(page, settled.new)
        looked_at = _to_look_at(page, policy, settled, crossed)
        found = reconcile(page, connection, policy, gateways, looked_at, now_ms)
        if people:
            publish(connection, worker, json.dumps(sorted(people)), now_ms // 1000)
        if also is not None:
            also(connection)
    return Counted(rows, figures, people, found.ordered, settled.kinds)


def _settle(page: Page, policy: Policy, entries: Sequence[Entry]) -> Settled:
    restarted = sorted({e.gateway_id for e in entries if e.report.status in (ReportStatus.ON, ReportStatus.OFF)})
    keys = sorted({(e.gateway_id, e.report.acct_session_id) for e in entries if e.report.concerns_session})
    since_s = min((e.arrival_s for e in entries), default=0) - REMEMBERED_S
    rows = page.sessions_of(keys, since_s)
    for gateway_id in restarted:
        rows += page.open_sessions_of_gateway(gateway_id)
    settlement = Settlement(rows, policy.calendar)
    for entry in entries:
        settlement.settle(entry)
    return settlement.settled


def _write(page: Page, settled: Settled) -> list[LedgerFigure]:
    page.insert_sessions(settled.new)
    page.update_sessions([settled.touched[key] for key in sorted(settled.touched)])
    figures = page.charge(charges_in_order(settled.charges))
    page.add_samples([(*key, *settled.samples[key]) for key in sorted(settled.samples)])
    return figures


@dataclass(frozen=True, slots=True)
class _Crossed:
    people: set[int]
    opds: set[int]


def _crossed(policy: Policy, settled: Settled, figures: Sequence[LedgerFigure]) -> _Crossed:
    """Whose quotas went over a line (a warning, the end) with what this batch added."""
    added: dict[tuple[int, int, int], int] = {}
    for charge in settled.charges:
        key = (charge.quota_id, charge.subject_id, charge.period_start_s)
        added[key] = added.get(key, 0) + charge.octets
    crossed = _Crossed(set(), set())
    for figure in figures:
        quota = policy.snapshot.quotas.get(figure.quota_id)
        octets = added[(figure.quota_id, figure.subject_id, figure.period_start_s)]
        if quota is None or state(quota, figure) is state(quota, replace(figure, used=figure.used - octets)):
            continue
        (crossed.people if quota.subject is QuotaSubject.PERSON else crossed.opds).add(figure.subject_id)
    return crossed


def _close_replaced(page: Page, new: Sequence[SessionRow]) -> None:
    """The same device logged in again: its older session's Stop was lost, and it ends at its last news."""
    people = [row.employee_id for row in new if row.employee_id is not None and row.mac]
    if not people:
        return
    begun = {(row.employee_id, row.mac): row for row in new}
    replaced: list[SessionRow] = []
    for row in page.open_sessions_of(people):
        newer = begun.get((row.employee_id, row.mac))
        if newer is not None and row.id != newer.id and row.started_s < newer.started_s:
            row.ended_s, row.end_cause = row.last_event_s, "stale"
            row.now_down_bps = row.now_up_bps = None
            replaced.append(row)
    page.update_sessions(replaced)


def _to_look_at(page: Page, policy: Policy, settled: Settled, crossed: _Crossed) -> list[SessionRow]:
    """The open sessions of whoever crossed a line, and those that speak for the first time."""
    people = {row.employee_id for row in settled.new if row.employee_id is not None} | crossed.people
    if crossed.opds:
        everybody = policy.snapshot.subscriber_by_id.values()
        people |= {person.id for person in everybody if person.opd.id in crossed.opds}
    return page.open_sessions_of(sorted(people)) if people else []
