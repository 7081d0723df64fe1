"""Use case: the leases of running sessions: tied to them when they first speak, renewed when due, freed when over.

Called from the counting (`follow`, `near`) and from reconcile (`Caps`), in their transactions; the first leases are
given at log-in (leases.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from netquota.domain.leasing import HeldLease
from netquota.domain.people import Subscriber
from netquota.domain.policy import Decision
from netquota.domain.quota import Lease
from netquota.services.class_token import Granted
from netquota.services.facts import Place, Policy, can_raise_cap
from netquota.services.leases import Ledger, hard_quotas, leasable, min_grant, open_ledger
from netquota.services.live import subject_id
from netquota.services.settling import STALE, Settled
from netquota.storage import grant_store
from netquota.storage.database import Connection
from netquota.storage.grant_store import NewLease
from netquota.storage.session_row import SessionRow

WANTED = -1
"""A cap that differs from any: a lease is to be given, which only a writing transaction may do."""


def follow(connection: Connection, policy: Policy, settled: Settled, now_s: int) -> None:
    """What a batch of reports means for leases. Costs nothing where no session has a cap."""
    for row, granted in settled.capped:
        _tie(connection, policy, row, granted)
    again = [row.id for row in settled.reopened if row.applied_cap is not None]
    grant_store.revive_leases(connection, again)
    if settled.new:
        gone = [row.id for row in settled.touched.values() if row.end_cause == STALE and row.applied_cap is not None]
        grant_store.free_leases_of_sessions(connection, gone, now_s)
    for gateway_id, began_s in _restarts(settled).items():  # without a word: whoever is silent there is gone
        grant_store.free_silent_leases_of_gateway(connection, gateway_id, began_s, now_s)


def _restarts(settled: Settled) -> dict[int, int]:
    """When gateways must have begun anew (epoch s), the last time, by gateway."""
    began: dict[int, int] = {}
    for row in settled.restarted:
        began[row.gateway_id] = max(row.started_s, began.get(row.gateway_id, row.started_s))
    return began


def _tie(connection: Connection, policy: Policy, row: SessionRow, granted: Granted) -> None:
    """The session that came of a log-in; without a lease (the database was away) its gateway keeps the cap anyway."""
    cap = granted.octet_cap or 0
    if grant_store.attach_lease(connection, granted.nonce, row.id, cap):
        return
    person = None if row.employee_id is None else policy.snapshot.subscriber_by_id.find(row.employee_id)
    if person is not None:
        grant_store.write_leases(connection, _leases(row, person, granted.nonce, Lease(cap, cap, 0)))


def _leases(row: SessionRow, person: Subscriber, number: int, lease: Lease) -> list[NewLease]:
    return [
        NewLease(
            number, quota.id, subject_id(quota.subject, person), person.id, row.mac, 0, "", lease.cap, row.interim_s,
            row.started_s, None, row.id, lease.last_grant, lease.used_at_grant,
        )
        for quota in hard_quotas(person)
    ]  # fmt: skip


def near(settled: Settled, place_of: Callable[[SessionRow], Place | None]) -> list[SessionRow]:
    """The capped sessions whose lease may be due, where more octets can be given at all."""
    return [
        row
        for row in settled.touched.values()
        if row.applied_cap is not None
        and 5 * (row.counted_input + row.counted_output) >= 4 * row.applied_cap
        and row.is_open
        and (place := place_of(row)) is not None
        and can_raise_cap(place)
    ]


@dataclass(slots=True)
class Caps:
    """The octet caps that running sessions should have where they can be raised; renews them where it may write."""

    connection: Connection
    writes: bool
    _held: Mapping[int, list[HeldLease]] = field(default_factory=dict[int, list[HeldLease]])
    _due: set[int] = field(default_factory=set[int])
    _ledger: Ledger | None = None

    def open(
        self, policy: Policy, rows: Sequence[tuple[SessionRow, Subscriber, Place]], now_s: int
    ) -> None:  # fmt: skip
        """Read the leases of these sessions; those who need one, or more, are worked out under their quotas' locks."""
        capped = [(row, person) for row, person, place in rows if hard_quotas(person) and can_raise_cap(place)]
        if not capped:
            return
        self._held = grant_store.leases_of_sessions(self.connection, [row.id for row, _ in capped])
        due = [(row, person) for row, person in capped if self._is_due(row)]
        self._due = {row.id for row, _ in due}
        if due and self.writes:
            self._ledger = open_ledger(self.connection, policy, [person for _, person in due], now_s)

    def _is_due(self, row: SessionRow) -> bool:
        held = self._held.get(row.id)
        return not held or any(one.lease.is_due(row.counted_input + row.counted_output) for one in held)

    def wanted(self, row: SessionRow, person: Subscriber, decision: Decision) -> int | None:
        """The cap in octets from the session's start; None: none. A grant of 0 leaves the cap as it is."""
        if decision.octet_cap is None:
            return None
        held = self._held.get(row.id, [])
        cap = min((one.lease.cap for one in held), default=row.applied_cap)
        if row.id not in self._due:
            return cap
        return self._granted(row, person, decision, held, cap) if self._ledger is not None else WANTED

    def _granted(
        self, row: SessionRow, person: Subscriber, decision: Decision, held: Sequence[HeldLease], cap: int | None
    ) -> int | None:
        ledger = self._ledger
        if ledger is None:
            return cap
        used = row.counted_input + row.counted_output
        pools = [ledger.pools[key] for key in leasable(ledger, person).values()]
        least = min_grant(decision)
        octets = min((pool.renewal(least) if held else pool.offer(least) for pool in pools), default=0)
        if octets <= 0:
            return cap
        for pool in pools:
            pool.take(octets, is_new=not held)
        self._due.discard(row.id)
        lease = Lease(max(used, cap or 0) + octets, octets, used)
        if held:
            for number in {one.number for one in held}:
                grant_store.renew_lease(self.connection, number, lease)
        else:
            grant_store.write_leases(self.connection, _leases(row, person, -row.id, lease))
        return lease.cap
