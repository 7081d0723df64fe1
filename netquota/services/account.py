"""Use case: accounting reports are counted. One transaction a batch; the answers wait for its commit.

Settle purely, on sessions that are remembered or read locked; write once; then the sessions of whoever crossed a line,
and new ones, are looked at again on the database's truth, and the orders that follow are written in the same
transaction. A batch that changed nothing but counters leaves its commit to a thread, and the next one is settled.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from netquota.domain.counters import Kind
from netquota.domain.quota import LedgerFigure, QuotaSubject, crosses, line_passed
from netquota.domain.samples import late_hours
from netquota.errors import NetquotaError
from netquota.services.approach import Near, is_near, nearing
from netquota.services.enforce import place_of, reconcile
from netquota.services.facts import Policy
from netquota.services.gateways import GatewayBook
from netquota.services.notices import LinePassed, tell_of_quotas
from netquota.services.renewals import follow, near
from netquota.services.session_memory import SessionMemory
from netquota.services.settling import STALE, Entry, Settled, Settlement
from netquota.services.share_admission import take_over
from netquota.services.vouchers import first_used
from netquota.storage import sample_marks
from netquota.storage.database import Connection, tried_again
from netquota.storage.ledger_store import Books, LedgerKey, Page, charges_in_order
from netquota.storage.order_store import end_orders_of_ended
from netquota.storage.session_row import Leaves, SessionRow
from netquota.storage.token_store import spend_tokens
from radius.families.reports import ReportStatus

_RESTARTS = (ReportStatus.ON, ReportStatus.OFF)
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
Done = Callable[[Counted, NetquotaError | None], None]
"""Told once a batch is durable, or (error) that nothing of it was kept."""


def count(
    books: Books,
    policy: Policy,
    gateways: GatewayBook,
    entries: Sequence[Entry],
    worker: str,
    now_ms: int,
    also: Extra | None = None,
    memory: SessionMemory | None = None,
    cause_ms: int | None = None,
    done: Done | None = None,
) -> Counted:
    """Count a batch of reports, durably when this returns. `also` writes more in the same transaction.

    `memory`: the sessions that the caller's last batches left, so that only the others are read. `cause_ms`: when the
    oldest of the reports arrived (epoch ms), from which the orders that follow are timed. `done`: where it is given,
    this may return before the commit has ended; it is called then, perhaps in another thread, and after an error
    `memory` is to be cleared. Raises `StorageUnavailable`: then nothing was counted and nobody may be answered. Where
    another writer was in the way the batch is settled anew, on what that one left.
    """
    kept = SessionMemory() if memory is None else memory  # what is taken from it is forgotten: it will be read
    return tried_again(lambda: _counted(books, policy, gateways, entries, worker, now_ms, also, kept, cause_ms, done))


def _counted(
    books: Books,
    policy: Policy,
    gateways: GatewayBook,
    entries: Sequence[Entry],
    worker: str,
    now_ms: int,
    also: Extra | None,
    memory: SessionMemory,
    cause_ms: int | None,
    done: Done | None,
) -> Counted:
    settlement = _settle_remembered(policy, entries, memory)
    with books.turn() as turn:
        page, connection = turn.page, turn.connection
        if settlement is None:
            settlement = _settle(page, policy, entries, memory)
        settled = settlement.settled
        if settled.new:
            books.wait()  # what is looked at below must not miss a session that the batch before began
        begun = _begun(settled)
        replaced = _end_replaced(page, settled, begun)
        spend_tokens(connection, begun, now_ms // 1000)
        if begun:
            first_used(connection, (employee_id for employee_id, _mac in begun), now_ms // 1000)
        people = {row.employee_id for row in settled.changed() if row.employee_id is not None}
        figures = _write(page, settled, (worker, json.dumps(sorted(people)), now_ms // 1000) if people else None)
        rows = settled.changed()
        end_orders_of_ended(connection, sorted({row.id for row in settled.ended if not row.is_open}), now_ms)
        follow(connection, policy, settled, now_ms // 1000)
        take_over(connection, entries, now_ms // 1000)
        late = late_hours(settled.samples, now_ms // 1000)
        if late or settled.coarse:
            sample_marks.note(connection, settled.coarse, late)
        due = near(settled, lambda row: place_of(policy, gateways, row))
        crossed = _crossed(policy, settled, figures)
        looked_at = _to_look_at(page, settled, crossed, due)
        found = reconcile(page, connection, policy, gateways, looked_at, now_ms, cause_ms=cause_ms)
        tell_of_quotas(connection, crossed.told, now_ms // 1000)
        if also is not None:
            also(connection)
        counted = Counted(rows, figures, people, tuple(row.id for row in looked_at), found.ordered, settled.kinds)
        is_calm = not (settled.new or settled.reopened or settled.ended or looked_at or crossed.told)
        if done is not None and is_calm:
            turn.leave(partial(done, counted))
    if not any(entry.report.status in _RESTARTS for entry in entries):  # then not all rows of a key are known
        memory.keep(settlement.sessions())
    memory.forget(replaced)
    if done is not None and turn.then is None:
        done(counted, None)
    return counted


def _settle_remembered(policy: Policy, entries: Sequence[Entry], memory: SessionMemory) -> Settlement | None:
    """The batch settled before the books are opened, where nothing has to be read for it; else None."""
    if any(e.report.status in _RESTARTS for e in entries):
        return None
    keys = {(e.gateway_id, e.report.acct_session_id) for e in entries if e.report.concerns_session}
    if not memory.knows(keys):
        return None
    rows, _ = memory.take(keys)
    settlement = _settlement_of(policy, rows, entries)
    return None if settlement.settled.new else settlement  # another worker may know its beginning: all is read then


def _settle(page: Page, policy: Policy, entries: Sequence[Entry], memory: SessionMemory) -> Settlement:
    restarted = sorted({e.gateway_id for e in entries if e.report.status in _RESTARTS})
    keys = sorted({(e.gateway_id, e.report.acct_session_id) for e in entries if e.report.concerns_session})
    since_s = min((e.arrival_s for e in entries), default=0) - REMEMBERED_S
    if restarted:
        memory.clear()
    rows, unknown = memory.take(keys)
    remembered = {(row.gateway_id, row.acct_session_id) for row in rows}
    rows += page.sessions_of(unknown, since_s)
    for gateway_id in restarted:
        rows += page.open_sessions_of_gateway(gateway_id)
    settlement = _settlement_of(policy, rows, entries)
    if any((row.gateway_id, row.acct_session_id) in remembered for row in settlement.settled.new):
        return _settle(page, policy, entries, memory)  # another worker may know its beginning: all is read now
    return settlement


def _settlement_of(policy: Policy, rows: Sequence[SessionRow], entries: Sequence[Entry]) -> Settlement:
    settlement = Settlement(rows, policy.calendar, policy.snapshot.subscriber_by_id)
    for entry in entries:
        settlement.settle(entry)
    return settlement


def _write(page: Page, settled: Settled, news: tuple[str, str, int] | None) -> list[LedgerFigure]:
    page.insert_sessions(settled.new)
    touched = [settled.touched[key] for key in sorted(settled.touched)]
    samples = sorted(settled.samples.items())
    bins = [(kind, subject, bin_s, down, up) for (kind, subject, bin_s), (down, up) in samples]
    return page.write(touched, Leaves(charges_in_order(settled.charges), bins, news))


@dataclass(frozen=True, slots=True)
class _Crossed:
    people: set[int] = field(default_factory=set[int])
    opds: set[int] = field(default_factory=set[int])
    near: Near = field(default_factory=Near)
    told: list[LinePassed] = field(default_factory=list[LinePassed])


def _crossed(policy: Policy, settled: Settled, figures: Sequence[LedgerFigure]) -> _Crossed:
    """Whose quotas passed a line by what this batch added, whose may before their next reports, who is told of it."""
    added: dict[LedgerKey, tuple[int, int]] = {}
    for charge in settled.charges:
        key = (charge.quota_id, charge.subject_id, charge.period_start_s)
        octets, reach_octets = added.get(key, (0, 0))
        octets += charge.octets + (charge.rest > 0)  # with what others left over it may be one more
        added[key] = (octets, reach_octets + charge.reach_octets)
    crossed = _Crossed()
    for figure in figures:
        quota = policy.snapshot.quotas.get(figure.quota_id)
        if quota is None:
            continue
        octets, reach_octets = added[(figure.quota_id, figure.subject_id, figure.period_start_s)]
        left = figure.entitled(quota) - figure.used
        line = line_passed(quota, figure, octets)
        if line is not None:
            crossed.told.append(LinePassed(quota, figure, line))
        if (left <= 0 or quota.steps) and crosses(quota, figure, octets):
            (crossed.people if quota.subject is QuotaSubject.PERSON else crossed.opds).add(figure.subject_id)
        elif is_near(quota, left, reach_octets):
            crossed.near.note(quota, figure.subject_id, left)
    return crossed


def _begun(settled: Settled) -> dict[tuple[int, str], int]:
    """When the sessions that were seen for the first time began, by (person, device); the newest of each."""
    begun: dict[tuple[int, str], int] = {}
    for row in settled.new:
        if row.employee_id is not None and row.mac:
            device = (row.employee_id, row.mac)
            begun[device] = max(row.started_s, begun.get(device, row.started_s))
    return begun


def _end_replaced(page: Page, settled: Settled, begun: Mapping[tuple[int, str], int]) -> list[SessionRow]:
    """The same device logged in again: its older session's Stop was lost, and it ends at its last news.

    One that another worker counts just now is no older session without a Stop; it is left alone. Returns those that no
    report of the batch was about.
    """
    if not begun:
        return []
    older = [row.id for row in page.open_sessions_of(sorted({who for who, _ in begun})) if _is_replaced(row, begun)]
    others = page.idle_sessions_by_id([session_id for session_id in older if session_id not in settled.touched])
    settled.touched.update((row.id, row) for row in others)
    for row in settled.changed():
        if row.is_open and _is_replaced(row, begun):
            settled.end(row, row.last_event_s, STALE)
    return others


def _is_replaced(row: SessionRow, begun: Mapping[tuple[int, str], int]) -> bool:
    return row.employee_id is not None and row.started_s < begun.get((row.employee_id, row.mac), row.started_s)


def _to_look_at(page: Page, settled: Settled, crossed: _Crossed, due: Sequence[SessionRow]) -> list[SessionRow]:
    """The open sessions of whoever spent a quota, of those that speak for the first time, or again; those `due`."""
    speaking = [row for row in (*settled.new, *settled.reopened) if row.is_open]
    people = {row.employee_id for row in speaking if row.employee_id is not None} | crossed.people
    found = page.open_sessions_of(sorted(people)) if people else []
    if crossed.opds:
        found += page.open_sessions_of_opds(sorted(crossed.opds))
    if crossed.near.people or crossed.near.opds:
        found += nearing(page, crossed.near)
    return list({row.id: row for row in (*due, *found)}.values())
