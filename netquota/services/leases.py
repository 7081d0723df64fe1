"""Use case: octet leases: devices that share a hard quota can never spend its remainder twice (planning.md §5.3).

A session gets a part of each hard quota it is charged to; its gateway's cap is the least of them, and just that much
is reserved of each, under the quotas' row locks. What follows of it at running sessions: renewals.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from netquota.domain.deciding import Asking
from netquota.domain.leasing import HeldLease, Pool
from netquota.domain.people import Subscriber
from netquota.domain.policy import Decision
from netquota.domain.quota import LedgerFigure, Quota, QuotaState, Strictness, default_min_grant, state
from netquota.services.admission import Asked, Desk
from netquota.services.facts import Place, Policy, decision_for
from netquota.services.live import load, subject_id
from netquota.storage.database import Connection
from netquota.storage.grant_store import NewLease, PoolKey, free_leases, held_leases, locked_figures, write_leases


def admit(desk: Desk, asked: Sequence[Asked]) -> list[Decision]:
    """A first lease for each log-in that needs one; refused or slowed by its quota's action where nothing is free."""
    capped = [one for one in asked if one.decision.octet_cap is not None]
    if not capped:
        return [one.decision for one in asked]
    ledger = open_ledger(desk.connection, desk.policy, [one.subscriber for one in capped], desk.now_s)
    _free_of_devices(ledger, desk, capped)
    decided: list[Decision] = []
    fresh: list[NewLease] = []
    for one in asked:
        decision, leases = (one.decision, []) if one.decision.octet_cap is None else _granted(ledger, desk, one)
        decided.append(decision)
        fresh += leases
    write_leases(desk.connection, fresh)
    return decided


@dataclass(slots=True)
class Ledger:
    """Hard quotas of some people while their rows are locked: figures, leases that stand, and pools to grant from."""

    figures: dict[PoolKey, LedgerFigure]
    held: list[HeldLease]
    pools: dict[PoolKey, Pool]


def open_ledger(connection: Connection, policy: Policy, people: Iterable[Subscriber], now_s: int) -> Ledger:
    """Lock the rows of these people's hard quotas and read what is leased out; leases that are over are freed."""
    quotas = {(q.id, subject_id(q.subject, person)): q for person in people for q in hard_quotas(person)}
    figures = locked_figures(connection, {key: policy.calendar.period(quota, now_s) for key, quota in quotas.items()})
    held = held_leases(connection, quotas)
    free_leases(connection, [lease.number for lease in held if lease.is_over(now_s)], now_s)
    standing = [lease for lease in held if not lease.is_over(now_s)]
    by_pool: dict[PoolKey, list[HeldLease]] = {key: [] for key in quotas}
    for lease in standing:
        by_pool[lease.quota_id, lease.subject_id].append(lease)
    pools = {
        key: Pool.of(figures[key].entitled(quota), figures[key].used, by_pool[key]) for key, quota in quotas.items()
    }
    return Ledger(figures, standing, pools)


def hard_quotas(person: Subscriber) -> list[Quota]:
    """The quotas of a person for which gateways are given caps."""
    return [quota for quota in person.quotas if quota.strictness is Strictness.HARD]


def leasable(ledger: Ledger, person: Subscriber) -> dict[int, PoolKey]:
    """The hard quotas of a person that are not spent, by id; a spent one has its action instead of a cap."""
    keys = {quota.id: (quota.id, subject_id(quota.subject, person)) for quota in hard_quotas(person)}
    return {
        quota.id: keys[quota.id]
        for quota in hard_quotas(person)
        if state(quota, ledger.figures[keys[quota.id]]) is not QuotaState.SPENT
    }


def min_grant(decision: Decision) -> int:
    """The smallest useful lease at the decision's rate."""
    return default_min_grant(decision.rate.down_bps + decision.rate.up_bps, decision.interim_s)


def _free_of_devices(ledger: Ledger, desk: Desk, asked: Sequence[Asked]) -> None:
    """A device that logs in again has no other session: what its older ones hold is free."""
    devices = {(one.subscriber.id, one.place.mac) for one in asked if one.place.mac}
    old = [lease for lease in ledger.held if (lease.employee_id, lease.mac) in devices]
    if not old:
        return
    free_leases(desk.connection, [lease.number for lease in old], desk.now_s)
    for lease in old:
        pool = ledger.pools[lease.quota_id, lease.subject_id]
        pool.leased_out -= lease.unused
        pool.open_sessions -= 1
    freed = {lease.number for lease in old}
    ledger.held = [lease for lease in ledger.held if lease.number not in freed]


def _granted(ledger: Ledger, desk: Desk, one: Asked) -> tuple[Decision, list[NewLease]]:
    open_ones = leasable(ledger, one.subscriber)
    offers = {quota_id: ledger.pools[key].offer(min_grant(one.decision)) for quota_id, key in open_ones.items()}
    exhausted = frozenset(quota_id for quota_id, octets in offers.items() if octets <= 0)
    decision = one.decision
    if exhausted or len(open_ones) < len(hard_quotas(one.subscriber)):
        decision = _decided_anew(desk, one, exhausted)
    offers = {quota_id: octets for quota_id, octets in offers.items() if octets > 0}
    if not decision.accepted or not offers:
        return replace(decision, octet_cap=None), []
    cap = min(offers.values())
    for quota_id in offers:
        ledger.pools[open_ones[quota_id]].take(cap, is_new=True)
    until_s = decision.ends_at_s
    place = one.place
    leases = [
        NewLease(
            one.number, *open_ones[quota_id], one.subscriber.id, place.mac, place.nas.id, place.gateway, cap,
            decision.interim_s, desk.now_s, until_s, last_grant=cap,
        )
        for quota_id in offers
    ]  # fmt: skip
    return replace(decision, octet_cap=cap), leases


def _decided_anew(desk: Desk, one: Asked, exhausted: frozenset[int]) -> Decision:
    """The decision on the database's truth, with the quotas of which nothing is free."""
    people, pools = load(desk.page, [one.subscriber], desk.now_s)
    live = people[one.subscriber.id]
    sites = desk.policy.snapshot.sites_of_nas(one.place.nas.id)
    site = next((site for site in sites if site.id == one.site_id), None)
    place = Place(one.place.nas, site, one.place.rate_works, one.place.ends)
    shared = {figure.quota_id: figure for figure in pools}
    found = decision_for(
        desk.policy, one.subscriber, place, live.figures, shared, live.sessions.values(), Asking(one.place.mac),
        desk.now_s, exhausted,
    )  # fmt: skip
    return replace(found, rate=found.rate.capped_by(one.decision.rate)) if found.accepted else found
