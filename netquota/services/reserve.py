"""Use case: log-ins that need an exact grant get it in the database before they are accepted. One transaction a batch.

A step takes the log-ins with their decisions so far and gives the decisions that the database's truth allows, having
written what it gave away. Which log-ins need none is the decision's own word (`Decision.needs_grant`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from netquota.domain.policy import Decision
from netquota.domain.units import Rate
from netquota.services import leases, share_admission
from netquota.services.admission import Asked, Desk
from netquota.services.facts import Policy
from netquota.storage.database import tried_again
from netquota.storage.ledger_store import Books

LEAST_SHARE = Rate(256_000, 256_000)


Step = Callable[[Desk, Sequence[Asked]], list[Decision]]
STEPS: tuple[Step, ...] = (share_admission.admit, leases.admit)
"""In this order; a step may lower a rate or a cap, or refuse, and is asked only for log-ins that are accepted still."""


def reserve(books: Books, policy: Policy, asked: Sequence[Asked], now_s: int) -> list[Decision]:
    """What each log-in gets, in the order asked; what was given away is durable when this returns.

    Raises `StorageUnavailable`: then nothing was reserved.
    """
    return tried_again(lambda: _reserved(books, policy, asked, now_s))


def _reserved(books: Books, policy: Policy, asked: Sequence[Asked], now_s: int) -> list[Decision]:
    decided = [one.decision for one in asked]
    with books.page() as (page, connection):
        desk = Desk(page, connection, policy, now_s)
        for step in STEPS:
            standing = [index for index, decision in enumerate(decided) if decision.accepted]
            granted = step(desk, [replace(asked[index], decision=decided[index]) for index in standing])
            for index, decision in zip(standing, granted, strict=True):
                decided[index] = decision
    return decided


def unreserved(decision: Decision) -> Decision:
    """What a log-in gets while the database is away and the city goes on serving: the smallest useful cap, or share.

    Nothing stands behind it; but each such session overshoots by no more, and asks again when it has used it.
    """
    if decision.octet_cap is None:  # what it waited for is a share of a ceiling
        return replace(decision, rate=decision.rate.capped_by(LEAST_SHARE))
    return replace(decision, octet_cap=min(decision.octet_cap, leases.min_grant(decision)))
