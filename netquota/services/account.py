"""Use case: accounting reports are counted. One transaction a batch; the answers wait for its commit.

Read the sessions locked, settle purely, write once; then the sessions of whoever crossed a line, and new ones, are
looked at again on the database's truth, and the orders that follow are written in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from netquota.domain.counters import Kind
from netquota.domain.quota import LedgerFigure, QuotaSubject
from netquota.services.enforce import reconcile
from netquota.services.facts import Policy
from netquota.services.gateways import GatewayBook
from netquota.services.settling import STALE, Entry, Settled, Settlement, end
from netquota.storage.database import Connection, Entangled
from netquota.storage.feed_store import publish
from netquota.storage.ledger_store import Books, LedgerKey, Page, charges_in_order
from netquota.storage.order_store import end_orders_of_ended
from netquota.storage.session_row import SessionRow
from netquota.storage.token_store import spend_tokens
from radius.families.reports import ReportStatus

ATTEMPTS = 3
REMEMBERED_S = 14 * 86400  # a packet that late still finds its session


@dataclass(frozen=True, slots=True)
class Counted:
    """What a batch left in the books: sessions and figures as they now stand, people touched.

    `decided`: the sessions that were decided for anew, by id; `ordered`: those of them for which orders were written.
    """

    rows: list[SessionRow]
    figures: list[LedgerFigure]
    people: set[int]
    decided: tuple[int, ...]
    ordered: tuple[int, ...]
    kinds: list[Kind]


Extra = Callable[[Connection], None]


def count(
    books: Books,
    policy: Policy,
    gateways: GatewayBook,
    entries: Sequence[Entry],
    worker: str,
    now_ms: int,
    also: Extra | None = None,
) -> Counted:
    """Count a batch of reports, durably when this returns. `also` writes more in the same transaction.

    Raises `StorageUnavailable`: then nothing was counted and nobody may be answered. Where another writer was in the
    way the batch is settled anew, on what that one left.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return _counted(books, policy, gateways, entries, worker, now_ms, also)
        except Entangled:
            continue
    return _counted(books, policy, gateways, entries, worker, now_ms, also)


def _counted(
    books: Books,
    policy: Policy,
    gateways: GatewayBook,
    entries: Sequence[Entry],
    worker: str,
    now_ms: int,
    also: Extra | None,
) -> Counted:
    with books.page() as (page, connection):
        settled = _settle(page, policy, entries)
        begun = _begun(settled)
        _end_replaced(page, settled, begun)
        spend_tokens(connection, begun)
        figures = _write(page, settled)
        rows = settled.changed()
        people = {row.employee_id for row in rows if row.employee_id is not None}
        end_orders_of_ended(connection, sorted(row.id for row in rows if not row.is_open), now_ms)
        looked_at = _to_look_at(page, settled, _crossed(policy, settled, figures))
        found = reconcile(page, connection, policy, gateways, looked_at, now_ms)
        if people:
            publish(connection, worker, json.dumps(sorted(people)), now_ms // 1000)
        if also is not None:
            also(connection)
    return Counted(rows, figures, people, tuple(row.id for row in looked_at), found.ordered, settled.kinds)


def _settle(page: Page, policy: Policy, entries: Sequence[Entry]) -> Settled:
    restarted = sorted({e.gateway_id for e in entries if e.report.status in (ReportStatus.ON, ReportStatus.OFF)})
    keys = sorted({(e.gateway_id, e.report.acct_session_id) for e in entries if e.report.concerns_session})
    since_s = min((e.arrival_s for e in entries), default=0) - REMEMBERED_S
    rows = page.sessions_of(keys, since_s)
    for gateway_id in restarted:
        rows += page.open_sessions_of_gateway(gateway_id)
    settlement = Settlement(rows, policy.calendar, policy.snapshot.subscriber_by_id)
    for entry in entries:
        settlement.settle(entry)
    return settlement.settled


def _write(page: Page, settled: Settled) -> list[LedgerFigure]:
    page.insert_sessions(settled.new)
    touched = [settled.touched[key] for key in sorted(settled.touched)]
    samples = sorted(settled.samples.items())
    bins = [(kind, subject, bin_s, down, up) for (kind, subject, bin_s), (down, up) in samples]
    return page.write(touched, charges_in_order(settled.charges), bins)


@dataclass(frozen=True, slots=True)
class _Crossed:
    people: set[int]
    opds: set[int]


def _crossed(policy: Policy, settled: Settled, figures: Sequence[LedgerFigure]) -> _Crossed:
    """Whose quotas were spent by what this batch added."""
    added: dict[LedgerKey, int] = {}
    for charge in settled.charges:
        key = (charge.quota_id, charge.subject_id, charge.period_start_s)
        added[key] = added.get(key, 0) + charge.octets
    crossed = _Crossed(set(), set())
    for figure in figures:
        quota = policy.snapshot.quotas.get(figure.quota_id)
        octets = added[(figure.quota_id, figure.subject_id, figure.period_start_s)]
        if quota is not None and figure.used - octets < figure.entitled(quota) <= figure.used:
            (crossed.people if quota.subject is QuotaSubject.PERSON else crossed.opds).add(figure.subject_id)
    return crossed


def _begun(settled: Settled) -> dict[tuple[int, str], int]:
    """When the sessions that were seen for the first time began, by (person, device); the newest of each."""
    begun: dict[tuple[int, str], int] = {}
    for row in settled.new:
        if row.employee_id is not None and row.mac:
            device = (row.employee_id, row.mac)
            begun[device] = max(row.started_s, begun.get(device, row.started_s))
    return begun


def _end_replaced(page: Page, settled: Settled, begun: Mapping[tuple[int, str], int]) -> None:
    """The same device logged in again: its older session's Stop was lost, and it ends at its last news.

    One that another worker counts just now is no older session without a Stop; it is left alone.
    """
    if not begun:
        return
    older = [row.id for row in page.open_sessions_of(sorted({who for who, _ in begun})) if _is_replaced(row, begun)]
    for row in page.idle_sessions_by_id([session_id for session_id in older if session_id not in settled.touched]):
        settled.touched[row.id] = row
    for row in settled.changed():
        if row.is_open and _is_replaced(row, begun):
            end(row, row.last_event_s, STALE)


def _is_replaced(row: SessionRow, begun: Mapping[tuple[int, str], int]) -> bool:
    return row.employee_id is not None and row.started_s < begun.get((row.employee_id, row.mac), row.started_s)


def _to_look_at(page: Page, settled: Settled, crossed: _Crossed) -> list[SessionRow]:
    """The open sessions of whoever spent a quota, and of those that speak for the first time, or again."""
    speaking = [row for row in (*settled.new, *settled.reopened) if row.is_open]
    people = {row.employee_id for row in speaking if row.employee_id is not None} | crossed.people
    found = page.open_sessions_of(sorted(people)) if people else []
    if crossed.opds:
        found += page.open_sessions_of_opds(sorted(crossed.opds))
    return list({row.id: row for row in found}.values())
